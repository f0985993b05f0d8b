/* Writing down what is owed after a use: the fields go to the service; what it answers is said, and the lists come again.
   One rule for the editor: a point is answered when the service says so, and never looks answered before. */

import { again } from "./kit-again.js";
import { listen } from "./kit-live.js";
import { NotConnected, post } from "./kit-net.js";

const told = document.getElementById("told");
const strip = document.getElementById("cut-off");

addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-use]");
  if (!form) return;
  event.preventDefault();
  answer(form);
});

async function answer(form) {
  const empty = [...form.querySelectorAll("[required]")].find((field) => field.value.trim() === "");
  if (empty) return refuse(form, "This is needed. The point stays owed without it.", empty);
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    await post(...said(form));
    done(form, "It is written down.");
  } catch (problem) {
    if (problem.code === 409) return done(form, problem.message);
    refuse(form, problem instanceof NotConnected ? "Not connected: nothing was written down. Try again." : problem.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function said(form) {
  const path = `/api/v1/uses/${form.dataset.use}`;
  const serials = form.querySelector('[data-kind="serials"]');
  if (serials) {
    const cartridges = serials.value.trim().split(/[\s,;]+/).map((serial) => ({ kind: "CED_CARTRIDGE", serial }));
    return [`${path}/cartridges`, { cartridges }];
  }
  const fields = [...form.querySelectorAll("[data-kind]")].filter((field) => field.value.trim() !== "");
  const facts = Object.fromEntries(fields.map((field) =>
    [field.name, field.dataset.kind === "number" ? Number(field.value) : field.value.trim()]));
  return [`${path}/answers`, { point: form.dataset.point, facts }];
}

function refuse(form, sentence, field = form.querySelector("[data-kind]")) {
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

let wasCutOff = false;
listen({
  topics: document.body.dataset.topics.split(" ").filter(Boolean),
  heard: (heard) => (heard.type.startsWith("use") || heard.type === "reset") && again(),
  changed(isConnected) {
    strip.hidden = isConnected;
    if (isConnected && wasCutOff) again(0);
    wasCutOff = !isConnected;
  },
});
