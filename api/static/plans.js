/* Plans: saving parameters, writing down reviews, opening the transfer that an answer asks for.
   One rule for the editor: nothing looks done before the service says so, and a transfer is only opened and listed here;
   its page, and its two signatures, send it. */

import { NotConnected, post } from "./kit-net.js";

const told = document.getElementById("told");
const AT_ONCE = 40; // what one request lists

addEventListener("click", async (event) => {
  const button = event.target.closest("[data-save], [data-move]");
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  try {
    if (button.dataset.save) await save(button);
    else await open(JSON.parse(button.dataset.move));
  } catch (problem) {
    say("bad", problem instanceof NotConnected ? "Not connected: nothing was written down. Try again." : problem.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
});

addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-send]");
  if (!form) return;
  event.preventDefault();
  const body = Object.fromEntries(new FormData(form));
  const path = form.dataset.path.replace("{role_id}", body.role_id ?? "");
  delete body.role_id;
  const problem = form.querySelector(".problem");
  const empty = [...form.elements].find((field) => field.required && field.value.trim() === "");
  if (empty) return refuse(problem, `Fill in: ${empty.labels[0].textContent.trim().toLowerCase()}.`, empty);
  try {
    await post(path, body);
    location.reload();
  } catch (wrong) {
    refuse(problem, wrong instanceof NotConnected ? "Not connected: nothing was written down. Try again." : wrong.message);
  }
});

async function save(button) {
  const { id } = await post(button.dataset.save, JSON.parse(button.dataset.body));
  const here = new URL(location.href);
  here.search = `?saved=${id}`;
  location.assign(here);
}

/** Open a consignment with these items and lots, then its page. */
async function open({ items, lots, ...asked }) {
  const { id } = await post("/api/v1/transfers", { ...asked, stock: "OPERATIONAL", terms: "FOR_GOOD" });
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await post(`/api/v1/transfers/${id}/lines`, { items: items.slice(from, from + AT_ONCE).map((each) => ({ item_id: each })) });
  }
  const pieces = Object.entries(lots).map(([lot, quantity]) => ({ lot_id: Number(lot), quantity }));
  if (pieces.length) await post(`/api/v1/transfers/${id}/lines`, { lots: pieces });
  location.assign(`/transfers/${id}`);
}

function refuse(problem, sentence, field) {
  problem.textContent = sentence;
  problem.hidden = false;
  field?.focus();
}

function say(tone, sentence) {
  told.className = `say ${tone}`;
  told.textContent = sentence;
  told.hidden = false;
}
