/* What may be done with an item: each form goes to the service with its evidence, and the page is fetched anew.
   One rule for the editor: nothing looks done before the service says so, and what it refuses is said as it says it. */

import { NotConnected, get, post } from "./kit-net.js";

const SAID = "kit-passed";
const section = document.querySelector("[data-passages]");
const itemId = Number(section.dataset.passages);
const told = document.getElementById("passed");
const also = new WeakMap();

const READ = {
  yes: (field) => field.checked || undefined,
  number: (field) => (field.value === "" ? undefined : Number(field.value)),
};

tellWhatWasDone();

section.addEventListener("submit", (event) => {
  event.preventDefault();
  act(event.target);
});
section.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-takes-scans]")) return;
  event.preventDefault(); // a scanner ends with Enter, which would send a form half filled in
  if (event.target.matches("[data-also]")) add(event.target, event.target.value.trim());
});
section.addEventListener("scanned", (event) => {
  if (event.target.matches("[data-also]")) return add(event.target, event.detail);
  event.target.value = event.detail;
}, true);
section.addEventListener("toggle", (event) => event.target.open && event.target.querySelector("input, select")?.focus(), true);

async function act(form) {
  const button = form.querySelector("button[type=submit]");
  const second = secondOf(form);
  const body = { evidence: evidenceOf(form), also: [...(also.get(form)?.keys() ?? [])].map((id) => ({ item_id: id })) };
  button.setAttribute("aria-busy", "true");
  try {
    const done = await post(`/api/v1/items/${itemId}/passages/${form.dataset.act}`, second ? { ...body, second } : body);
    const count = done.length === 1 ? "" : ` for ${done.length} items`;
    sessionStorage.setItem(SAID, `${form.dataset.title}: done${count}.`);
    location.reload();
  } catch (problem) {
    refuse(form, problem instanceof NotConnected ? "Not connected: nothing was done. Try again." : problem.message, problem);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function evidenceOf(form) {
  const found = {};
  for (const field of form.querySelectorAll("[data-evidence]")) {
    const value = (READ[field.dataset.evidence] ?? ((each) => each.value.trim() || undefined))(field);
    if (value !== undefined) found[field.name] = value;
  }
  return found;
}

function secondOf(form) {
  const [name, pin] = ["name", "pin"].map((each) => form.querySelector(`[data-second=${each}]`)?.value.trim());
  return name && pin ? { name, pin } : null;
}

async function add(field, text) {
  const form = field.closest("form");
  const found = text ? await itemsBy(form, text) : null;
  if (!found) return;
  if (found.length !== 1) return refuse(form, found.length ? `Several things are known by ${text}.` : `Nothing is known by ${text}.`);
  const [item] = found;
  if (item.item_id === itemId) return refuse(form, `${text} is this one.`);
  const those = also.get(form) ?? new Map();
  also.set(form, those.set(item.item_id, item.serial));
  form.querySelector(".also").replaceChildren(...[...those.values()].map(line));
  form.querySelector(".problem").hidden = true;
  field.value = "";
}

async function itemsBy(form, text) {
  try {
    return (await get(`/api/v1/search?q=${encodeURIComponent(text)}`)).exact_items;
  } catch (problem) {
    refuse(form, problem instanceof NotConnected ? "Not connected. Scan it again." : problem.message);
    return null;
  }
}

function line(serial) {
  const made = document.createElement("li");
  made.className = "serial";
  made.textContent = serial;
  return made;
}

function refuse(form, sentence, problem) {
  const place = form.querySelector(".problem");
  place.textContent = sentence;
  place.hidden = false;
  for (const each of form.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
  const name = problem?.errors?.[0]?.field ?? "";
  const field = form.querySelector(`[name="${CSS.escape(name.replace("evidence.", ""))}"]`)
    ?? form.querySelector(`[data-second="${name === "pin" ? "pin" : name === "second.name" ? "name" : "-"}"]`);
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
}

function tellWhatWasDone() {
  const sentence = sessionStorage.getItem(SAID);
  if (!sentence) return;
  sessionStorage.removeItem(SAID);
  told.textContent = sentence;
  told.hidden = false;
}
