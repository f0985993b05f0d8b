/* Settling an alarm: the words go to the service; what it answers is said, and the lists are fetched again.
   One rule for the editor: an alarm is settled when the service says so, and never looks settled before. */

import { again } from "./kit-again.js";
import { listen } from "./kit-live.js";
import { NotConnected, post } from "./kit-net.js";

const WORDS_LEAST = 3;
const told = document.getElementById("told");
const strip = document.getElementById("cut-off");

addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-alarm]");
  if (!form) return;
  event.preventDefault();
  settle(form);
});

async function settle(form) {
  const field = form.elements.settlement;
  const button = form.querySelector("button");
  const found = field.value.trim();
  if (found.length < WORDS_LEAST) return refuse(form, "Say what was found, in a sentence. The alarm stays open without it.");
  button.setAttribute("aria-busy", "true");
  try {
    await post(`/api/v1/alarms/${form.dataset.alarm}/settle`, { settlement: found });
    done(form, "The alarm is settled.");
  } catch (problem) {
    if (problem.code === 409) return done(form, problem.message);
    refuse(form, problem instanceof NotConnected ? "Not connected: the alarm is still open. Try again." : problem.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function refuse(form, sentence) {
  const field = form.elements.settlement;
  const problem = form.querySelector(".problem");
  problem.textContent = sentence;
  problem.hidden = false;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

function done(form, sentence) {
  told.textContent = sentence;
  form.reset();
  form.closest("details").open = false;
  document.getElementById("main").focus();
  again(0);
}

function openNamed() {
  const named = document.getElementById(location.hash.slice(1))?.querySelector("details");
  if (!named) return;
  named.open = true;
  named.querySelector("textarea").focus();
}

let wasCutOff = false;
const topics = document.body.dataset.topics.split(" ").filter(Boolean);
if (topics.length > 0) listen({
  topics,
  heard: (said) => (said.type.startsWith("alarm") || said.type === "reset") && again(),
  changed(isConnected) {
    strip.hidden = isConnected;
    if (isConnected && wasCutOff) again(0);
    wasCutOff = !isConnected;
  },
});
addEventListener("hashchange", openNamed);
addEventListener("load", () => setTimeout(openNamed, 0)); // the browser takes the focus from us when it goes to the place named
