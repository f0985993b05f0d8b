/* Making a count: each scan is kept here until the service has it; what several count is seen by all of them.
   One rule for the editor: the service says what a thing is; here it is only said that it is kept. */

import { again } from "./kit-again.js";
import { el } from "./kit-dom.js";
import { listen } from "./kit-live.js";
import { NotConnected, post } from "./kit-net.js";
import { openSound, play } from "./kit-sound.js";
import { queueOf } from "./count-queue.js";

const GOOD = ["FOUND", "SEEN", "AGAIN"];
const LISTED = 30;
const { store, count, isOpen } = document.body.dataset;
const told = document.getElementById("told");
const strip = document.getElementById("cut-off");
const unsent = document.getElementById("unsent");
let wasCutOff = false;
let queue = null;

function say(tone, sentence) {
  if (!told) return;
  told.textContent = sentence;
  told.className = `say ${tone}`;
  told.hidden = false;
}

function changed(waiting) {
  if (!unsent) return;
  unsent.hidden = waiting.length === 0;
  document.getElementById("unsent-says").textContent = waiting.length === 1
    ? "1 scan is kept in this browser and not yet sent." : `${waiting.length} scans are kept in this browser and not yet sent.`;
  document.getElementById("unsent-list").replaceChildren(
    ...waiting.slice(0, LISTED).map((each) => el("li", { class: "serial" }, each.text ?? each.code)));
}

function answered(said) {
  const isGood = GOOD.includes(said.word);
  play(isGood ? "ok" : "warning");
  say(isGood ? "good" : "warn", said.says);
  again(0);
}

function scanned(text, way) {
  if (!text) return;
  if (!queue.add({ text: text.slice(0, 400), way })) say("bad", "This browser keeps no more: wait until it is connected.");
  else if (!strip.hidden || !navigator.onLine) say("warn", `${text} is kept here and not sent yet.`);
}

if (isOpen !== undefined) {
  queue = queueOf(count, { changed, answered, refused: (problem) => say("bad", problem.message) });
  const form = document.querySelector("form[data-scan]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    scanned(form.elements.code.value.trim(), "TYPED");
    form.reset();
  });
  form.elements.code.addEventListener("scanned", (event) => scanned(event.detail, "SCAN"));
  openSound(() => {});
}

else queueOf(count, { changed, answered: () => {}, refused: () => {} }); // what waited when it closed is kept as late

addEventListener("click", (event) => {
  const here = event.target.closest("[data-here]");
  if (here) {
    here.disabled = true;
    return queue.add({ item_id: Number(here.dataset.here), way: "TOUCH", code: here.dataset.code });
  }
  if (event.target.closest("[data-recount]")) recount();
});

async function recount() {
  try {
    const made = await post("/api/v1/counts", { store_id: Number(store), sort: "SPOT", recount_of: Number(count) });
    location.assign(`/counts/${made.id}`);
  } catch (problem) {
    say("bad", problem.message);
  }
}

const ENDS = {
  close: (form) => [`/api/v1/counts/${count}/close`, second(form)],
  abandon: (form) => [`/api/v1/counts/${count}/abandon`, { reason: form.elements.reason.value.trim() }],
  settle: (form) => [`/api/v1/counts/${count}/settle`, {
    item_id: Number(form.dataset.settle), act: form.dataset.act, reason: form.elements.reason.value.trim(), ...second(form),
  }],
};

function second(form) {
  const who = form.elements.second_person?.value;
  return who ? { second_person: Number(who), pin: form.elements.pin.value } : {};
}

addEventListener("submit", async (event) => {
  const form = event.target;
  const act = ["close", "abandon", "settle"].find((each) => form.dataset[each] !== undefined);
  if (!act) return;
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  button.setAttribute("aria-busy", "true");
  try {
    await post(...ENDS[act](form));
    location.reload();
  } catch (problem) {
    const said = form.querySelector(".problem");
    said.textContent = problem instanceof NotConnected ? "Not connected: nothing was done. Try again." : problem.message;
    said.hidden = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
});

listen({
  topics: [`store:${store}`],
  heard(said) {
    if (said.type === "count" && said.count_id === Number(count)) {
      if (said.what === "closed" && isOpen !== undefined) location.reload();
      else again();
    } else if (said.type === "reset") again();
  },
  changed(isConnected) {
    strip.hidden = isConnected;
    if (isConnected && wasCutOff) {
      queue?.send();
      again(0);
    }
    wasCutOff = !isConnected;
  },
});
