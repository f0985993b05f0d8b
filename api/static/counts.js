/* A store's counts: one is opened with a touch, by the terms of the policy or by the form.
   One rule for the editor: a count is open when the service says so, and its own page is where it is made. */

import { again } from "./kit-again.js";
import { listen } from "./kit-live.js";
import { NotConnected, post } from "./kit-net.js";

const store = Number(document.body.dataset.store);
const told = document.getElementById("told");
const strip = document.getElementById("cut-off");

addEventListener("click", (event) => {
  const button = event.target.closest("[data-open]");
  if (!button) return;
  const { open: sort, kinds, blind, two, docks } = button.dataset;
  start(button, { sort, kinds: kinds.split(",").filter(Boolean), blind: blind !== undefined, two_person: two !== undefined,
    docks: docks !== undefined });
});

document.querySelector("form[data-spot]").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  start(event.submitter, {
    sort: "SPOT", kinds: form.getAll("kinds"), pool: form.get("pool") || null,
    place_id: form.get("place") ? Number(form.get("place")) : null,
    blind: form.has("blind"), two_person: form.has("two"), docks: form.has("docks"),
  });
});

async function start(button, wish) {
  button.setAttribute("aria-busy", "true");
  try {
    const { id } = await post("/api/v1/counts", { store_id: store, ...wish });
    location.assign(`/counts/${id}`);
  } catch (problem) {
    told.textContent = problem instanceof NotConnected ? "Not connected: no count was opened. Try again." : problem.message;
    told.hidden = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

listen({
  topics: [`store:${store}`],
  heard: (said) => (said.type === "count" || said.type === "reset") && again(),
  changed: (isConnected) => { strip.hidden = isConnected; },
});
