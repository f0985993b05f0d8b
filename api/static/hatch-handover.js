/* A hand-over at the hatch: who gives to whom, whether the giver has proved who they are, and what is kept for who is here.
   One rule for the editor: it says what the service says of the visit, and begins, proves or calls off by a touch. */

import { el, icon, show, word } from "./kit-dom.js";

const region = document.getElementById("handing");
const kept = document.getElementById("kept");

/** Show the hand-over of this visit, if there is one. */
export function showHandover(visit, acts) {
  const handing = visit?.handover;
  region.hidden = !handing;
  if (!handing) return;
  show(region, [visit.id, handing], () => [
    el("p", {}, icon("moved"), " ", el("strong", {}, sentenceOf(visit, handing))),
    handing.giver && handing.side === "TAKES" && proofOf(visit, handing, acts),
    el("button", { type: "button", class: "act reach quiet", "data-key": "no-handover",
      on: { click: () => acts.handover(visit, null) } }, icon("cross"), "No hand-over"),
  ]);
}

function sentenceOf(visit, { side, giver }) {
  if (side === "GIVES") return "Now the card of who takes over.";
  return giver ? `${nameOf(giver)} hands over to ${nameOf(visit.person)}.` : "Scan the kit that is handed over.";
}

function proofOf(visit, handing, acts) {
  if (handing.giver_proof) return word("good", "tick", `${nameOf(handing.giver)}: ${handing.giver_proof === "PIN" ? "PIN given" : "face checked"}`);
  return el("div", { class: "touches", role: "group", "aria-label": `Who hands over: ${nameOf(handing.giver)}` },
    el("button", { type: "button", class: "act reach asks", "data-key": "giver-pin",
      on: { click: () => acts.giverByPin(visit) } }, icon("key"), `PIN of ${nameOf(handing.giver)}`),
    el("button", { type: "button", class: "act reach", "data-key": "giver-face",
      on: { click: () => acts.giverByFace(visit) } }, icon("person"), "Their face is checked"));
}

function nameOf(person) {
  return [person.rank, person.name.split(" ").pop(), person.collar].filter(Boolean).join(" ");
}

/** The button that begins one: who has kit hands over, who has none takes over. */
export function handoverOf(visit, acts) {
  if (visit.handover) return false;
  const side = visit.holding.length > 0 ? "GIVES" : "TAKES";
  return el("button", { type: "button", class: "act", "data-key": "handover",
    on: { click: () => acts.handover(visit, side) } }, icon("moved"), side === "GIVES" ? "Hand over" : "Take over");
}

/** What is reserved for who is at the hatch. */
export function showKept(visit) {
  const rows = (visit?.reserved ?? []).filter((row) => row.what.length > 0);
  kept.hidden = rows.length === 0;
  show(kept, rows, () => rows.map((row) =>
    el("li", {}, icon("lock"), el("span", {}, `Reserved for them: ${row.what.join(", ")} (${row.reason})`))));
}
