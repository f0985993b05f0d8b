/* What a vendor's file amounts to, drawn: counts, contradictions, what is new, and what cannot be taken.
   One rule for the editor: every row stands here with its line, and nothing is drawn that the service did not say. */

import { el, word } from "./kit-dom.js";

const FACTS = {
  FIRMWARE: "firmware", LOG_SYNCED: "log synced", CHARGE: "charge", HEALTH: "battery health", WARRANTY: "warranty to",
  EXPIRES: "expires", DOCKED: "last docked", DOCK: "dock", BAY: "bay", STATE: "vendor's state", ASSIGNEE: "vendor's assignee",
  ASSIGNED_COLLAR: "vendor's assignee, collar",
};
const SHOWN_MAX = 500;

/** A problem of a row as a sentence. */
export function said(bad) {
  return `Line ${bad.line}, ${bad.field}: expected ${bad.expected}${bad.value ? `, got "${bad.value}"` : ""}.`;
}

/** The parts of a preview, contradictions first. */
export function preview(found) {
  const known = found.rows.filter((row) => row.item_id !== null);
  const against = known.filter((row) => row.contradicts.length > 0);
  const news = known.filter((row) => row.contradicts.length === 0);
  return [counted(found), before(found), part("warn", "warning", "Contradicts our records", against, contradiction,
    "Each becomes an alarm once. Custody stays as it is."),
  part("good", "tick", "New", news, row), bad(found)].filter(Boolean);
}

function counted(found) {
  const counts = [["say something new", found.new], ["nothing new", found.unchanged], ["contradict our records anew", found.contradicted],
    ["about nothing of ours", found.unknown], ["cannot be taken", found.refused]];
  return el("dl", { class: "counted" }, counts.map(([name, number]) =>
    el("div", { class: number ? null : "none" }, el("dt", {}, name), el("dd", {}, String(number)))));
}

function before(found) {
  if (found.before_id === null) return null;
  const rest = found.new ? "; some of what it says has become new since." : ". It says nothing new.";
  return el("div", { class: "say still" }, el("p", {}, "This file was ", el("a", { href: `/vendor-files/${found.before_id}` }, "taken in before"), rest));
}

function part(tone, shape, title, rows, draw, fine = "") {
  if (rows.length === 0) return null;
  const shown = rows.slice(0, SHOWN_MAX);
  return el("section", {}, el("h3", {}, word(tone, shape, title), el("span", { class: "quiet" }, String(rows.length)),
    fine && el("span", { class: "quiet fine" }, fine)), table(title, ["Line", "Item", "What the file says"], shown.map((each) => draw(each))));
}

function table(label, heads, rows) {
  return el("div", { class: "scroll" }, el("table", { class: "register stacks", "aria-label": label },
    el("thead", {}, el("tr", {}, heads.map((name, n) => el("th", { scope: "col", class: n ? null : "number" }, name)))), el("tbody", {}, rows)));
}

function row(each, sentences = []) {
  const changes = each.changes.filter((change) => change.word !== "SAME").map(changed);
  const notes = [...each.notes, ...(each.counts_as_docked ? ["Counts as docked for the docking period."] : [])];
  return el("tr", {},
    el("td", { class: "number", "data-name": "Line" }, String(each.line)),
    el("th", { scope: "row" }, el("a", { href: `/items/${each.item_id}`, class: "serial" }, each.serial)),
    el("td", { class: "text", "data-name": "Says" }, el("div", { class: "says" }, sentences,
      changes.length > 0 && el("p", { class: "changes" }, changes), notes.map((note) => el("p", { class: "quiet" }, note)))));
}

function contradiction(each) {
  return row(each, each.contradicts.map((told) => el("p", {}, el("strong", {}, told.says),
    !told.is_new && el("span", { class: "quiet" }, " Told before."))));
}

function changed(change) {
  const name = el("span", { class: "named" }, `${FACTS[change.fact] ?? change.fact} `);
  if (change.word === "OLDER") return el("span", {}, name, change.before, el("span", { class: "quiet" }, ` stays; ${change.after} is older`));
  if (change.word === "CONFIRMED") return el("span", {}, name, change.after, el("span", { class: "quiet" }, " still"));
  return el("span", {}, name, change.before && [el("span", { class: "was" }, change.before), " "], change.after);
}

function bad(found) {
  if (found.bad.length === 0) return null;
  const rows = found.bad.map((each) => el("tr", {},
    el("td", { class: "number", "data-name": "Line" }, String(each.line)), el("th", { scope: "row" }, each.field.replaceAll("_", " ")),
    el("td", { class: "text", "data-name": "Stands there" }, each.value), el("td", { class: "text", "data-name": "Expected" }, each.expected)));
  return el("section", {}, el("h3", {}, word("bad", "cross", "Left out"), el("span", { class: "quiet" }, String(found.unknown + found.refused))),
    table("Left out", ["Line", "Field", "Stands there", "Expected"], rows));
}
