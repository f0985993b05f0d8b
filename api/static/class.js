/* A whole class written down in one act, and seats given back: each line that cannot be taken says so where it stands.
   One rule for the editor: nothing looks done before the service says so, and a PIN is never left standing. */

import { NotConnected, post } from "./kit-net.js";

const form = document.getElementById("class");

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation(); // loss.js sends what stands in a form as it is; this one is a table
  send();
});

form?.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-release]");
  if (!button) return;
  const line = button.closest("tr");
  try {
    await post(button.dataset.release, { person_id: Number(line.dataset.person) });
    location.reload();
  } catch (problem) {
    say(line.querySelector(".problem"), problem);
  }
});

async function send() {
  clear();
  const lines = [...form.querySelectorAll("tr[data-person]")];
  const open = lines.find((line) => !value(line, "outcome") || !value(line, "minutes"));
  if (open) return mark(open, "Say the outcome and the minutes.");
  const empty = [...form.elements].find((field) => field.required && field.value.trim() === "");
  if (empty) {
    say(form.querySelector(".entry .problem"), new Error(`Fill in: ${empty.labels[0].textContent.trim().toLowerCase()}.`));
    return empty.focus();
  }
  const button = form.querySelector("button[type=submit]");
  button.setAttribute("aria-busy", "true");
  try {
    await post(form.dataset.post, bodyOf(lines));
    location.reload();
  } catch (problem) {
    for (const each of problem.errors ?? []) {
      const number = /^rows\.(\d+)\./.exec(each.field)?.[1];
      if (number !== undefined) mark(lines[Number(number)], `Expected ${each.expected}.`);
    }
    say(form.querySelector(".entry .problem"), problem);
  } finally {
    button.removeAttribute("aria-busy");
    form.elements["second.pin"].value = "";
  }
}

function bodyOf(lines) {
  const rows = lines.map((line) => ({
    person_id: Number(line.dataset.person), outcome: value(line, "outcome"), minutes: Number(value(line, "minutes")),
  }));
  const field = (name) => form.elements[name].value.trim();
  return { rows, document: field("document"), second: { name: field("second.name"), pin: field("second.pin") } };
}

function value(line, name) {
  return line.querySelector(`[data-name-of=${name}]`).value.trim();
}

function clear() {
  for (const each of form.querySelectorAll(".problem")) each.hidden = true;
  for (const each of form.querySelectorAll("tr.wrong")) each.classList.remove("wrong");
}

function mark(line, sentence) {
  line.classList.add("wrong");
  say(line.querySelector(".problem"), new Error(sentence));
  line.querySelector("select").focus();
}

function say(place, problem) {
  place.textContent = problem instanceof NotConnected ? "Not connected: nothing was written down. Try again." : problem.message;
  place.hidden = false;
}
