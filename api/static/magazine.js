/* Loading a magazine: a scan of a cartridge loads it, a scan of anything else opens that; a touch takes one out.
   One rule for the editor: what the service answers is said as it says it, and the places are fetched again. */

import { again } from "./kit-again.js";
import { NotConnected, get, post } from "./kit-net.js";

const SHOWN_IN_WORDS = 2;
const magazine = document.querySelector("[data-magazine]");
const form = magazine.querySelector("form[data-load]");
const told = document.getElementById("told");
const path = `/api/v1/magazines/${magazine.dataset.magazine}`;
let turn = Promise.resolve();

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  scanned(form.elements.code.value.trim());
  form.reset();
});
form?.elements.code.addEventListener("scanned", (event) => scanned(event.detail));
magazine.addEventListener("click", (event) => {
  const button = event.target.closest("[data-unload]");
  if (!button) return;
  const ids = button.dataset.unload.split(" ").map(Number);
  button.closest("details")?.removeAttribute("open");
  inTurn(() => unload(ids));
});

function scanned(text) {
  if (text) inTurn(() => take(text));
}

/** One after the other, in the order of scanning. */
function inTurn(act) {
  turn = turn.then(act).catch((problem) => {
    say("bad", problem instanceof NotConnected ? "Not connected: nothing was changed. Scan it again." : problem.message);
  });
}

async function take(text) {
  const { exact_items: found } = await get(`/api/v1/search?q=${encodeURIComponent(text)}`);
  const cartridges = found.filter((item) => item.kind === "CED_CARTRIDGE");
  if (found.length === 0) return say("bad", `Nothing is known by ${text}.`);
  if (cartridges.length !== 1) return location.assign(`/search?scan=1&q=${encodeURIComponent(text)}`);
  const [cartridge] = cartridges;
  const now = await post(`${path}/load`, { cartridges: [{ item_id: cartridge.item_id }] });
  const there = now.cartridges.find((each) => each.item_id === cartridge.item_id);
  say("good", `Cartridge ${cartridge.serial} is in it, place ${there.place}. ${filled(now)}`);
}

async function unload(ids) {
  const now = await post(`${path}/unload`, { cartridges: ids.map((id) => ({ item_id: id })) });
  say("good", `${ids.length < SHOWN_IN_WORDS ? "One cartridge is" : `${ids.length} cartridges are`} out of it. ${filled(now)}`);
}

function filled(now) {
  if (now.told.length === 0) return "It is full and ready to go out.";
  return now.capacity === null ? "" : `${now.cartridges.length} of ${now.capacity}.`;
}

function say(tone, sentence) {
  told.textContent = sentence;
  told.className = `say ${tone}`;
  told.hidden = false;
  again(0);
}
