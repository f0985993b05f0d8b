/* Which bay holds what the store would give next, and what bays did or did not do.
   One rule for the editor: which unit, and why that one, is the service's to say; any other may be scanned instead. */

import { el, icon, show, word } from "./kit-dom.js";

const strip = document.getElementById("bays");

/** Under the bar: bays that are open, and bays that did not do as they were told. */
export function showBays(view) {
  strip.hidden = view.bays.length === 0;
  show(strip, view.bays, () => view.bays.map((each) =>
    el("li", { "data-tone": each.tone }, word(each.tone, each.tone === "good" ? "tick" : "warning", each.sentence))));
}

/** What to take next, each with its bay; one touch puts it into the set, for a bay that is locked until it is issued. */
export function nextOf(visit, acts) {
  return visit.proposed.length > 0 && el("section", { class: "part", "aria-label": "Next, from the bays" },
    el("h3", {}, "Next, from the bays"),
    el("ul", { class: "next" }, visit.proposed.map((each) => el("li", {},
      el("div", {},
        el("p", {}, el("strong", {}, each.kind_label), " ", el("span", { class: "serial" }, each.serial)),
        el("p", { class: "where" }, icon("hatch"), " ", each.where),
        each.because && el("p", { class: "fine quiet" }, because(each.because))),
      el("button", { type: "button", class: "act reach", "data-key": `next-${each.item_id}`,
        "aria-label": `Add ${each.kind_label} ${each.serial}`,
        on: { click: () => acts.choose({ item_id: each.item_id, person_id: null }) } }, "Add")))));
}

function because(words) {
  return words[0].toUpperCase() + words.slice(1);
}
