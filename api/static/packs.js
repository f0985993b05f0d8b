/* Packs and exports: a form goes to the service, and what comes back is kept as a file.
   One rule for the editor: a file is only offered whole; what the service refuses is said in its own words. */

const TOKEN = document.querySelector('meta[name="csrf"]')?.content ?? "";

addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-file]");
  if (!form) return;
  event.preventDefault();
  fetched(form);
});

async function fetched(form) {
  const empty = [...form.elements].find((field) => field.required && field.value.trim() === "");
  if (empty) return say(form, `Fill in: ${empty.labels[0].textContent.trim().toLowerCase()}.`, true);
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  say(form, "Being put together …", false);
  try {
    const answer = await fetch(pathOf(form), {
      method: "POST", credentials: "same-origin", body: JSON.stringify(bodyOf(form)),
      headers: { "Content-Type": "application/json", "X-CSRF": TOKEN },
    });
    if (!answer.ok) return say(form, (await answer.json()).detail ?? `The service answered ${answer.status}.`, true);
    keep(await answer.blob(), answer.headers.get("Content-Disposition"));
    say(form, "Kept as a file. It stands on record with its hash.", false);
  } catch (problem) {
    say(form, "Not connected: nothing was put together. Try again.", true);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** "/api/v1/decisions/{decision}/pack" with the field of that name in it. */
function pathOf(form) {
  return form.dataset.file.replace(/\{(\w+)\}/, (_, name) => encodeURIComponent(form.elements[name].value.trim()));
}

function bodyOf(form) {
  const inPath = /\{(\w+)\}/.exec(form.dataset.file)?.[1];
  const fields = [...form.elements].filter((field) => field.name && field.name !== inPath && field.value.trim() !== "");
  return Object.fromEntries(fields.map((field) => [field.name, field.value.trim()]));
}

function keep(body, disposition) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(body);
  link.download = /filename="([^"]+)"/.exec(disposition ?? "")?.[1] ?? "pack.zip";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function say(form, sentence, isProblem) {
  const problem = form.querySelector(".problem");
  const told = form.querySelector(".told");
  problem.hidden = !isProblem;
  problem.textContent = isProblem ? sentence : "";
  told.textContent = isProblem ? "" : sentence;
}
