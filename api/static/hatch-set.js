/* The set so far: a line for each thing scanned, grouped by what became of it, an empty place for what is missing.
   One rule for the editor: a line shows what the service said of it and decides nothing. */

import { el, icon, show, showList, word } from "./kit-dom.js";
import { overrideOf } from "./hatch-override.js";
import { useOf } from "./hatch-use.js";

const GROUPS = [
  ["REFUSED", "bad", "refused", "Refused"],
  ["SHORT", "bad", "warning", "Not there"],
  ["IN_SET", "good", "tick", "In the set"],
  ["ISSUED", "good", "issued", "Issued"],
  ["RETURNED", "back", "returned", "Returned"],
];
const KINDS = ["CED_HANDLE", "CED_BATTERY", "CED_MAGAZINE", "CED_CARTRIDGE", "SBG", "BWV_CAMERA"];

const region = document.getElementById("set");
const groups = document.getElementById("groups");
const gaps = document.getElementById("gaps");

/** Show the visit's lines; `acts` are what a touch on a line does. */
export function showSet({ visit, choices }, acts) {
  region.hidden = !visit || choices.length > 0;
  if (!visit) return;
  const shown = visit.lines.filter((line, at) => !isSuperseded(line, visit.lines.slice(at + 1)));
  const present = GROUPS.filter(([name]) => shown.some((line) => groupNameOf(line) === name));
  showList(groups, present, ([name]) => name, groupOf);
  for (const [name] of present) {
    const lines = shown.filter((line) => groupNameOf(line) === name).sort(byKind);
    const section = groups.querySelector(`[data-entry="${name}"]`);
    section.querySelector(".count").textContent = String(lines.reduce((sum, line) => sum + line.quantity, 0));
    showList(section.querySelector("ul"), lines, (line) => line.id, (line) => lineOf(line, visit, acts));
  }
  const returned = present.some(([name]) => name === "RETURNED");
  const out = returned ? visit.holding.filter((row) => row.planned_return_us && !row.within)
    .map((row) => `Still out: ${nameOf(row)}${insideOf(row, visit.holding)}`) : [];
  const lacking = present.length === 0 ? ["Scan the first item"] : [...visit.missing, ...out];
  show(gaps, lacking, () => lacking.map((sentence) =>
    el("li", {}, icon("empty"), el("strong", {}, sentence))));
}

function nameOf(row) {
  return `${row.kind_label} ${row.serial ?? ""}`.trim();
}

/** What is loaded in something that is held, as far as it is held with it: " and the 10 in it". */
export function insideOf(row, holding) {
  const inside = holding.filter((other) => other.within && other.within === row.item_id).length;
  return inside > 0 ? ` and the ${inside} in it` : "";
}

/** What became of a line; a cartridge that was not in its magazine did not come back. */
function groupNameOf(line) {
  return line.said === "MISSING" ? "SHORT" : line.word;
}

/** A refusal is of no more interest once the same thing was scanned again. */
function isSuperseded(line, later) {
  return line.word === "REFUSED"
    && later.some((other) => other.item_id === line.item_id && other.lot_id === line.lot_id);
}

function byKind(one, other) {
  return KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) || byPlace(one, other)
    || one.at_us - other.at_us || one.id - other.id;
}

/** What came back in one magazine stays in its order, whatever was said of one of them since. */
function byPlace(one, other) {
  return one.came_in && one.came_in === other.came_in ? (one.serial < other.serial ? -1 : 1) : 0;
}

function groupOf([name, tone, shape, title]) {
  return el("section", { class: "group", "data-word": name },
    el("h3", {}, word(tone, shape, title, " "), " ", el("span", { class: "count quiet" })),
    el("ul", { "aria-label": title }));
}

function lineOf(line, visit, acts) {
  const isRefused = line.word === "REFUSED";
  return el("li", { class: line.came_in ? "line along" : "line", "data-word": line.word },
    el("div", {},
      el("span", { class: "kind" }, `${line.kind_label}${line.quantity > 1 ? ` × ${line.quantity}` : ""}`),
      el("span", { class: line.came_in && line.said !== "MISSING" ? "unseen" : "model quiet" }, modelOf(line))),
    el("span", { class: "serial" }, line.serial ?? ""),
    line.word === "IN_SET" && touches(line, visit, acts),
    line.came_in && seenOf(line, visit, acts),
    useOf(line, visit, acts),
    isRefused && el("div", { class: "touches" }, removing(line, visit, acts, "Take off")),
    line.title === "OVERRIDDEN" && el("p", { class: "overridden" }, word("warn", "person", line.sentences.join(" "))),
    isRefused && reasonsOf(line),
    isRefused && overrideOf(line, visit, acts));
}

/** What stands under a line's name: its model, or the magazine above it that it came back in, or did not. */
function modelOf(line) {
  return line.came_in ? `${line.said === "MISSING" ? "not " : ""}in ${line.came_in}` : line.model;
}

/** What is seen of a cartridge that came back in its magazine, once somebody looks. */
function seenOf(line, visit, acts) {
  if (line.said === "USED") return el("div", { class: "touches" }, word("warn", "warning", "Used"));
  if (line.said) return false;
  const button = (seen, text) => el("button", {
    type: "button", class: "act reach quiet", "data-key": `seen-${seen}-${line.id}`, "aria-label": `${text}: ${nameOf(line)}`,
    on: { click: () => acts.cartridge(visit, line, seen) },
  }, text);
  return el("div", { class: "touches" }, button("USED", "Used"), button("MISSING", "Not there"));
}

function reasonsOf(line) {
  return el("div", { class: "reasons" },
    el("ul", {}, line.sentences.map((sentence) => el("li", {}, sentence))),
    el("ul", { class: "remedies quiet" }, line.remedies.map((remedy) => el("li", {}, remedy))));
}

function touches(line, visit, acts) {
  const about = nameOf(line);
  const charge = line.charge_percent;
  return el("div", { class: "touches" },
    line.function_test_needed && testOf(line, visit, acts, about),
    line.charge_needed && el("button", {
      type: "button", class: `act reach ${charge === null ? "asks" : ""}`, "data-key": `charge-${line.id}`,
      "aria-label": `Charge of ${about}: ${charge === null ? "not known" : `${charge} per cent`}`,
      on: { click: () => acts.charge(visit, line) },
    }, icon("battery"), charge === null ? "Charge?" : `${charge} %`),
    !line.charge_needed && charge !== null && el("span", { class: "charge quiet" }, icon("battery"), `${charge} %`),
    removing(line, visit, acts, "Put back"));
}

function removing(line, visit, acts, text) {
  return el("button", {
    type: "button", class: "act reach quiet", "data-key": `remove-${line.id}`, "aria-label": `${text} ${nameOf(line)}`,
    on: { click: () => acts.remove(visit, line) },
  }, text);
}

function testOf(line, visit, acts, about) {
  const isPassed = line.function_test_passed;
  const button = (passed, text) => el("button", {
    type: "button", "data-key": `test-${passed}-${line.id}`, "aria-pressed": String(passed && isPassed),
    on: { click: () => acts.functionTest(visit, line, passed) },
  }, text);
  return el("div", { class: `choice test ${isPassed ? "" : "asks"}`, role: "group", "aria-label": `Function test of ${about}` },
    button(true, "Test passed"), button(false, "Failed"));
}
