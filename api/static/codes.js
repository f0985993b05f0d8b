/* The codes of an item: a scan binds a tag, a touch ends one.
   One rule for the editor: what the service answers is said as it says it, and the page is drawn again by the service. */

import { again } from "./kit-again.js";
import { NotConnected, post } from "./kit-net.js";

const told = document.getElementById("told");
const path = `/api/v1/items/${document.body.dataset.codesOf}/marks`;
const form = document.getElementById("bind");
let turn = Promise.resolve();

form?.elements.text.addEventListener("scanned", (event) => inTurn(() => bind(event.detail)));
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.reportValidity()) inTurn(() => bind(form.elements.text.value.trim()));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-end]");
  if (!button) return;
  const reason = document.getElementById(`end-${button.dataset.end}`).value;
  inTurn(async () => {
    await post(`${path}/${button.dataset.end}/end`, { reason });
    say("good", "It stands for it no longer.");
  });
});

async function bind(text) {
  const { material, place, clearance } = form.elements;
  await post(path, {
    text, material: material.value, place: place.value, clearance: clearance.value.trim() || null,
  });
  form.elements.text.value = "";
  say("good", `${text} stands for it now.`);
}

function inTurn(act) {
  turn = turn.then(act).catch((problem) => {
    say("bad", problem instanceof NotConnected ? "Not connected: nothing was changed. Do it again." : problem.message);
  });
}

function say(tone, sentence) {
  told.textContent = sentence;
  told.className = `say ${tone}`;
  told.hidden = false;
  again(0);
}
