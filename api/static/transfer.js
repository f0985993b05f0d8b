/* Consignments: a scan lists what goes or says what has come, a touch takes it back, both sides sign.
   One rule for the editor: what the service answers is said as it says it, and the page is drawn again by the service. */

import { again } from "./kit-again.js";
import { NotConnected, get, post } from "./kit-net.js";

const told = document.getElementById("told");
const path = `/api/v1/transfers/${document.body.dataset.transfer ?? ""}`;
let turn = Promise.resolve();

on("form[data-open]", async (form) => {
  const asked = values(form);
  const terms = asked.back_on ? { terms: "LOAN", back_on: asked.back_on } : { terms: "FOR_GOOD" };
  const opened = await post("/api/v1/transfers", {
    from_store_id: Number(asked.from_store_id), to_store_id: Number(asked.to_store_id), stock: asked.stock,
    reason: asked.reason, ...terms,
  });
  location.assign(`/transfers/${opened.id}`);
});

on("form[data-scan]", (form) => take(form, form.elements.code.value.trim()));
for (const field of document.querySelectorAll("form[data-scan] [data-takes-scans]")) {
  field.addEventListener("scanned", (event) => inTurn(() => take(field.form, event.detail)));
}

on("form[data-lots]", async (form) => {
  const { lot_id: lot, quantity } = values(form);
  const lots = [{ lot_id: Number(lot), quantity: Number(quantity) }];
  await post(`${path}/${form.dataset.lots}`, { ...at(form), lots });
  form.elements.quantity.value = "";
  say("good", `${quantity} pieces are written down.`);
});

on("form[data-sign]", async (form) => {
  const { counted, seals, name, pin } = values(form);
  const body = { counted: Number(counted), seals: seals.split(/[\s,;]+/).filter(Boolean), carrier: { name, pin } };
  form.elements.pin.value = "";
  await post(`${path}/${form.dataset.sign === "send" ? "send" : "receive"}`, { ...at(form), ...body });
  location.reload();
});

on("form[data-cancel]", async (form) => {
  await post(`${path}/cancel`, values(form));
  location.reload();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-drop]");
  if (!button) return;
  const { drop, item, lot } = button.dataset;
  const what = item ? { items: [{ item_id: Number(item) }] } : { lots: [{ lot_id: Number(lot), quantity: 1 }] };
  inTurn(async () => {
    await post(`${path}/${drop}/remove`, { ...at(button), ...what });
    say("good", "Taken back.");
  });
});

async function take(form, text) {
  if (!text) return;
  form.elements.code.value = "";
  const { exact_items: found } = await get(`/api/v1/search?q=${encodeURIComponent(text)}`);
  if (found.length === 0) return say("bad", `Nothing is known by ${text}.`);
  if (found.length > 1) return say("bad", `${found.length} items are known by ${text}: scan its own tag instead.`);
  const how = form.elements.condition ? { condition: form.elements.condition.value } : {};
  await post(`${path}/${form.dataset.scan}`, { ...at(form), ...how, items: [{ item_id: found[0].item_id }] });
  if (form.elements.condition) form.elements.condition.value = "GOOD";
  say("good", `${found[0].kind_label ?? "Item"} ${found[0].serial} is ${form.dataset.scan === "seen" ? "here" : "listed"}.`);
}

/** The store that a form or button is about, where it says one. */
function at(node) {
  const store = node.closest("[data-at]")?.dataset.at;
  return store ? { store_id: Number(store) } : {};
}

function values(form) {
  return Object.fromEntries(new FormData(form));
}

/** Run `act` when a form of this sort is sent, one after the other. */
function on(which, act) {
  for (const form of document.querySelectorAll(which)) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.reportValidity()) inTurn(() => act(form));
    });
  }
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
