/* A store's page, live: a bay is drawn again when its dock speaks, shelf and readers when kit or a reader moves.
   One rule for the editor: words and shapes are those of api/pages/bay_words.py; what is ready is the gate's word. */

import { again } from "./kit-again.js";
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
const BAYS_MS = 15_000; // a rack that is filled tells a hundred bays; the shelf follows when it is quiet
const A_MINUTE_MS = 60_000;
const HATCHES_MOST = 18;
const MOVES = ["RETURNED", "COMPLETED"];

const strip = document.getElementById("cut-off");
const { store, places } = document.body.dataset;
let wasCutOff = false;

function drawBay(said) {
  const dock = document.querySelector(`[data-dock="${CSS.escape(said.dock)}"]`);
  const old = dock?.querySelector(`[data-bay="${CSS.escape(String(said.bay))}"]`);
  if (!old) return again(); // a bay not on the page yet
  const [tone, shape, says] = WORDS[said.word] ?? WORDS.UNKNOWN;
  const isLit = old.classList.contains("lit");
  const files = said.files_pending ? `, ${said.files_pending} files` : "";
  old.replaceWith(el(said.item_id ? "a" : "div",
    { class: `bay ${tone} fresh`, "data-bay": said.bay, href: said.item_id ? `/items/${said.item_id}` : null, title: said.fault },
    el("span", { class: "top" }, el("span", {}, said.bay), icon(shape)),
    said.charge_percent !== null && el("span", { class: "charge" }, `${said.charge_percent} %`),
    el("span", { class: "says" }, says, files),
    said.serial && el("span", { class: "serial fine" }, said.serial)));
  light({ ...said, is_lit: isLit });
  return again(BAYS_MS);
}

function light({ dock, bay, is_lit: isLit }) {
  const cell = document.querySelector(`[data-dock="${CSS.escape(dock)}"] [data-bay="${CSS.escape(String(bay))}"]`);
  cell?.querySelector(".light")?.remove();
  cell?.classList.toggle("lit", isLit);
  if (isLit) cell?.querySelector(".top > :first-child").after(el("span", { class: "light" }, icon("dot"), " Lit"));
}

function heard(said) {
  if (said.type === "bay") drawBay(said);
  else if (said.type === "bay_light") light(said);
  else again(said.type !== "hatch" || MOVES.includes(said.verdict.outcome) ? undefined : BAYS_MS);
}

function changed(isConnected) {
  strip.hidden = isConnected;
  if (isConnected && wasCutOff) again(0);
  wasCutOff = !isConnected;
}

const hatches = places.split(" ").filter(Boolean).slice(0, HATCHES_MOST);
listen({ topics: [`store:${store}`, ...hatches.map((id) => `place:${id}`)], heard, changed });
setInterval(() => again(0), A_MINUTE_MS); // what a bay said grows old, and kit falls due, without anybody's word
