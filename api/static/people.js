/* Acts on a person's authority, and a person's own word on their own page: a form goes to the service as it stands.
   One rule for the editor: nothing looks done before the service says so, and what is ticked is what is sent. */

import { NotConnected, post } from "./kit-net.js";

const READ = { text: (value) => value, yes: (value) => value === "yes" };

addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form) return;
  event.preventDefault();
  send(form);
});

async function send(form) {
  const empty = [...form.elements].find((field) => field.required && field.value.trim() === "");
  if (empty) return refuse(form, `Fill in: ${nameOf(empty)}.`, empty);
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    await post(form.dataset.post, bodyOf(form));
    location.reload();
  } catch (problem) {
    refuse(form, problem instanceof NotConnected ? "Not connected: nothing was written down. Try again." : problem.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** A field's name in words: the label's own text, without what is chosen inside it. */
function nameOf(field) {
  return field.labels[0].firstChild.textContent.trim().toLowerCase();
}

function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") {
      body[field.name] ??= [];
      if (field.checked) body[field.name].push(field.value);
    } else if (field.value.trim() !== "") {
      body[field.name] = (READ[field.dataset.is] ?? READ.text)(field.value.trim());
    }
  }
  return body;
}

function refuse(form, sentence, field) {
  const problem = form.querySelector(".problem");
  problem.textContent = sentence;
  problem.hidden = false;
  for (const each of form.elements) each.removeAttribute("aria-invalid");
  field?.setAttribute("aria-invalid", "true");
  (field ?? form.querySelector("button")).focus();
}

/* What one was reminded of: shown here is seen, and a button says that one knows. */
const ids = (list) => [...list].map((each) => Number(each.dataset.reminder));
const unseen = ids(document.querySelectorAll("[data-reminder][data-unseen]"));
if (unseen.length) post("/api/v1/me/reminders", { reminder_ids: unseen }).catch(() => {}); // it is shown again next time

document.querySelector("#known")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.setAttribute("aria-busy", "true");
  try {
    await post("/api/v1/me/reminders", { reminder_ids: ids(document.querySelectorAll("[data-reminder]")), known: true });
    location.reload();
  } catch (problem) {
    button.removeAttribute("aria-busy");
    document.querySelector("#known-told").textContent = problem instanceof NotConnected ? "Not connected. Try again." : problem.message;
  }
});
