/* Reservations of a store: the form that reserves, and the one that ends one early.
   One rule for the editor: what the service answers is said as it says it, and the page is drawn again by the service. */

import { again } from "./kit-again.js";
import { NotConnected, post } from "./kit-net.js";

const told = document.getElementById("told");
const storeId = Number(document.body.dataset.store);
const words = (text) => text.split(/[\s,;]+/).filter(Boolean);
const moment = (text) => new Date(text).getTime() * 1000;

const form = document.querySelector("form[data-reserve]");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.reportValidity()) done(reserve);
});
form.querySelector("[data-takes-scans]").addEventListener("scanned", (event) => {
  const field = event.target;
  field.value = [...new Set([...words(field.value), event.detail])].join(" ");
});

document.addEventListener("submit", (event) => {
  const ending = event.target.closest("form[data-end]");
  if (!ending) return;
  event.preventDefault();
  if (!ending.reportValidity()) return;
  done(async () => {
    await post(`/api/v1/reservations/${ending.dataset.end}/end`, { reason: ending.elements.reason.value });
    say("good", `Reservation ${ending.dataset.end} is ended; what it kept is free again.`);
  });
});

async function reserve() {
  const { people, from, to, serials, kind, quantity, reason } = Object.fromEntries(new FormData(form));
  const [name, ...model] = kind.split(" ");
  const kinds = kind ? [{ kind: name, quantity: Number(quantity), ...(model.length ? { model: model.join(" ") } : {}) }] : [];
  const made = await post("/api/v1/reservations", {
    store_id: storeId, reason, from_us: moment(from), to_us: moment(to), kinds,
    people: words(people).map((collar) => ({ collar })), items: words(serials).map((serial) => ({ serial })),
  });
  form.reset();
  document.getElementById("new").open = false;
  say("good", `Reservation ${made.id}: ${made.lines.map((line) => line.said).join(", ")} for ${made.people.join(", ")}.`);
}

async function done(act) {
  try {
    await act();
  } catch (problem) {
    say("bad", problem instanceof NotConnected ? "Not connected: nothing was changed. Do it again." : problem.message);
  }
}

function say(tone, sentence) {
  told.textContent = sentence;
  told.className = `say ${tone}`;
  told.hidden = false;
  again(0);
}
