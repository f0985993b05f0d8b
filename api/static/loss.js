/* Acts in the case of a loss, and reporting one: a form goes to the service as it stands, and the page is shown again.
   One rule for the editor: nothing looks done before the service says so, and a PIN is never left standing. */

import { NotConnected, post } from "./kit-net.js";

const READ = {
  text: (value) => value,
  number: (value) => Number(value),
  list: (value) => value.split(/[\s,;]+/).filter(Boolean),
  ids: (value) => value.split(",").map(Number),
  moment: (value) => new Date(value).getTime() * 1000,
};

addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form) return;
  event.preventDefault();
  send(form);
});

async function send(form) {
  const empty = [...form.elements].find((field) => field.required && field.value.trim() === "");
  if (empty) return refuse(form, `Fill in: ${empty.labels[0].textContent.trim().toLowerCase()}.`, empty);
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await post(form.dataset.post, bodyOf(form), Number(form.dataset.patience) || undefined);
    if (form.dataset.then) return location.assign(`${form.dataset.then}${answer.case_id ?? answer.id}`);
    location.reload();
  } catch (problem) {
    refuse(form, problem instanceof NotConnected ? "Not connected: nothing was written down. Try again." : problem.message);
  } finally {
    button.removeAttribute("aria-busy");
    for (const field of form.querySelectorAll("input[type=password]")) field.value = "";
  }
}

/** The fields that are filled in; "second.pin" is the field `pin` of `second`. */
function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.value.trim() === "") continue;
    if (field.dataset.with && form.elements[field.dataset.with].value.trim() === "") continue; // it only goes with that one
    const path = field.name.split(".");
    const last = path.pop();
    const at = path.reduce((inside, name) => (inside[name] ??= {}), body);
    at[last] = READ[field.dataset.is ?? "text"](field.value.trim());
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
