/* Who is at the hatch, what they may draw and already hold, who is parked, and what a code may have meant.
   One rule for the editor: a reason shown here came from the service word for word; none is made up here. */

import { el, icon, show, showList, word } from "./kit-dom.js";
import { clock, when } from "./kit-time.js";
import { nextOf } from "./hatch-bays.js";
import { insideOf } from "./hatch-set.js";

const MOST_GUARDS = 9;
const who = document.getElementById("who");
const beside = document.getElementById("beside");
const parked = document.getElementById("parked");
const choices = document.getElementById("choices");

/** The person at the hatch: number, name, shift, the fitness declaration. */
export function showWho(visit, acts) {
  who.hidden = !visit;
  if (!visit) return;
  const { person } = visit;
  show(who, [visit.id, person, visit.shift_name, visit.planned_return_us, visit.shifts, visit.fit_declared,
    visit.fit_needed, visit.state], () => [
    el("div", { class: "name" },
      el("p", { class: "collar" }, person.collar ?? "No collar"),
      el("h2", {}, person.name),
      el("p", { class: "quiet" }, [person.rank, kindOf(person.kind)].filter(Boolean).join(" · "))),
    el("div", { class: "duty" },
      el("p", { class: "over" }, "Shift"),
      el("div", { class: "choice", role: "group", "aria-label": "Shift" }, visit.shifts.map((name) =>
        el("button", { type: "button", "data-key": `shift-${name}`, "aria-pressed": String(name === visit.shift_name),
          on: { click: () => acts.shift(visit, name) } }, name))),
      visit.planned_return_us && el("p", {}, "Back by ", el("strong", {}, clock(visit.planned_return_us)))),
    visit.fit_needed && fitOf(visit, acts),
  ]);
}

function fitOf(visit, acts) {
  if (visit.fit_declared) return el("p", { class: "fit done" }, word("good", "tick", "Declared fit to carry"));
  return el("button", { type: "button", class: "act fit", "data-key": "fit", on: { click: () => acts.declareFit(visit) } },
    el("span", {}, el("strong", {}, "I am fit to carry"),
      el("span", { class: "fine" }, "The officer touches this")));
}

const KINDS = {
  REGULAR: "Regular officer", STUDENT: "Student officer", SPECIAL: "Special constable", PCSO: "PCSO",
  DETENTION_OFFICER: "Detention officer", POLICE_STAFF: "Police staff", VOLUNTEER: "Volunteer",
  VISITING_OFFICER: "Visiting officer",
};

function kindOf(kind) {
  return KINDS[kind] ?? kind;
}

/** What may be drawn tonight and why not; what is out with the person; spit guards to add by touch. */
export function showBeside(view, acts) {
  const { visit } = view;
  beside.hidden = !visit || view.choices.length > 0;
  if (!visit) return;
  const given = new Set(visit.lines.filter((line) => line.word === "REFUSED").flatMap((line) => line.sentences));
  const rows = [...visit.may_draw].sort((one, other) => Number(other.may) - Number(one.may));
  show(beside, [visit.id, visit.proposed, rows, [...given], visit.holding, view.lots], () => [
    nextOf(visit, acts),
    part("May draw now", el("ul", { class: "may" }, rows.map((row) => mayOf(row, given)))),
    view.lots.length > 0 && guards(view.lots, visit, acts),
    visit.holding.length > 0 && part("Already holds", el("ul", { class: "holding" },
      visit.holding.filter((row) => !row.within).map((row) => heldOf(row, insideOf(row, visit.holding))))),
  ]);
}

function part(title, ...children) {
  return el("section", { class: "part" }, el("h3", {}, title), children);
}

function mayOf(row, given) {
  const isGiven = row.sentences.length > 0 && row.sentences.every((sentence) => given.has(sentence));
  return el("li", {},
    el("p", {}, word(row.may ? "good" : "bad", row.may ? "tick" : "cross", row.kind_label),
      " ", el("span", { class: "quiet" }, row.model ?? "")),
    isGiven && el("p", { class: "fine" }, "Not now, for the reasons given."),
    !isGiven && row.sentences.map((sentence) => el("p", { class: "fine" }, sentence)),
    !isGiven && row.remedies.map((remedy) => el("p", { class: "fine quiet" }, remedy)));
}

function heldOf(row, inside) {
  return el("li", {},
    el("p", {}, el("strong", {}, row.kind_label), " ", el("span", { class: "serial" }, row.serial), inside),
    el("p", { class: "fine quiet" }, "Since ", when(row.since_us),
      row.planned_return_us ? [", due ", when(row.planned_return_us)] : ""));
}

function guards(lots, visit, acts) {
  const amount = el("output", { class: "amount", "aria-label": "How many" }, "1");
  const step = (by) => () => {
    amount.textContent = String(Math.min(MOST_GUARDS, Math.max(1, Number(amount.textContent) + by)));
  };
  const stepper = (name, drawing, by) => el("button", { type: "button", class: "act reach", "aria-label": name,
    on: { click: step(by) } }, icon(drawing));
  return el("section", { class: "part", "aria-label": "Spit guards" },
    el("div", { class: "titled" }, el("h3", {}, "Add spit guards"),
      el("div", { class: "adder" }, stepper("One fewer", "minus", -1), amount, stepper("One more", "plus", 1))),
    el("ul", { class: "lots" }, lots.map((lot) => el("li", {},
      el("button", { type: "button", class: "act reach", "data-key": `lot-${lot.lot_id}`,
        "aria-label": `Add spit guards of lot ${lot.lot_no}`,
        on: { click: () => acts.addLot(visit, lot, Number(amount.textContent)) } },
      el("span", {}, lot.product, " ", el("span", { class: "serial" }, lot.lot_no)),
      el("span", { class: "quiet fine" }, `${lot.quantity} here`))))));
}

/** Visits set aside while somebody else was served. */
export function showParked(view, acts) {
  parked.hidden = view.parked.length === 0;
  showList(parked, view.parked, (each) => each.id, (each) => el("li", {},
    icon("parked"),
    el("span", {}, el("span", { class: "over" }, "Parked "), el("strong", {}, each.person.collar, " ", each.person.name),
      `, ${each.lines} ${each.lines === 1 ? "item" : "items"}`),
    el("button", { type: "button", class: "act reach", on: { click: () => acts.resume(each) },
      "aria-label": `Bring back ${each.person.name}` }, "Bring back")));
}

/** A code on several things: whoever has it in their hand says which. A person is chosen by name, kit by what it is. */
export function showChoices(view, acts) {
  choices.hidden = view.choices.length === 0;
  document.getElementById("empty").hidden = Boolean(view.visit) || !choices.hidden;
  show(choices, view.choices, () => view.choices.length > 0 && [
    el("h2", {}, asked(view.choices)),
    el("ul", {}, view.choices.map((each) => el("li", {},
      el("button", { type: "button", class: "act", "data-key": `choice-${each.person_id ?? ""}-${each.item_id ?? ""}`,
        on: { click: () => acts.choose(each) } },
        el("span", { class: "kind" }, each.kind_label, " ", el("span", { class: "quiet" }, each.model)),
        el("span", { class: each.person_id === null ? "serial" : "called" }, each.serial),
        each.where && el("span", { class: "place" }, icon(each.held_by === null ? "hatch" : "person"), each.where))))),
    el("button", { type: "button", class: "act none", "data-key": "choice-none", on: { click: acts.chooseNone } }, "None of these"),
  ]);
}

function asked(things) {
  const kit = things.filter((each) => each.person_id === null).length;
  if (kit === things.length) return `This code is on ${kit} items. Touch the one in your hand.`;
  return kit === 0 ? "This number is on more than one card. Touch whose it is." : "Touch whose card it is, or the item in your hand.";
}
