/* A store's docks, live: a bay is drawn again when its dock speaks.
   One rule for the editor: words and shapes are those of api/pages/bay_words.py; what is ready is the gate's word. */

import { el, icon } from "./kit-dom.js";
import { listen } from "./kit-live.js";

const WORDS = {
  EMPTY: ["still", "empty", "Empty"],
  CHARGING: ["back", "battery", "Charging"],
  UPLOADING: ["back", "upload", "Uploading"],
  UPDATING: ["back", "upload", "Updating"],
  READY: ["good", "tick", "Charged"],
  FAULT: ["bad", "warning", "Fault"],
  UNKNOWN: ["warn", "warning", "Unknown"],
};

const strip = document.getElementById("cut-off");

function drawBay(said) {
  const dock = document.querySelector(`[data-dock="${CSS.escape(said.dock)}"]`);
  const old = dock?.querySelector(`[data-bay="${CSS.escape(String(said.bay))}"]`);
  if (!old) return; // a bay not on the page yet: it comes with the next load
  const [tone, shape, says] = WORDS[said.word] ?? WORDS.UNKNOWN;
  const isEmpty = said.word === "EMPTY";
  const serial = isEmpty ? null : old.querySelector(".serial")?.textContent;
  const leads = !isEmpty && said.item_id;
  old.replaceWith(el(leads ? "a" : "div",
    { class: `bay ${tone} fresh`, "data-bay": said.bay, href: leads ? `/items/${said.item_id}` : null },
    el("span", { class: "top" }, el("span", {}, said.bay), icon(shape)),
    !isEmpty && said.charge_percent !== null && el("span", { class: "charge" }, `${said.charge_percent} %`),
    el("span", { class: "says" }, says),
    serial && el("span", { class: "serial fine" }, serial)));
}

listen({
  topics: [`store:${document.body.dataset.store}`],
  heard: (said) => said.type === "bay" && drawBay(said),
  changed: (isConnected) => { strip.hidden = isConnected; },
});
