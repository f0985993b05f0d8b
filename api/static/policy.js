/* Policy: what a change would do, drawn as bars and a table; and proposing one.
   One rule for the editor: what is withheld is said to be withheld, and is drawn as nothing. */

import { el } from "./kit-dom.js";
import { NotConnected, get, post } from "./kit-net.js";

const PATIENCE_MS = 60_000;
const form = document.getElementById("proposal");
const preview = document.getElementById("preview");
const stores = JSON.parse(preview?.dataset.stores ?? "{}");

// ---- proposing -------------------------------------------------------------------------------------------------

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const asked = { ...said(), reason: of("reason"), document: of("document"), in_force_on: of("in_force_on") };
  const empty = ["reason", "document", "in_force_on"].find((name) => !of(name));
  if (empty) return problem(`Fill in: ${form.elements[empty].labels[0].firstChild.textContent.trim().toLowerCase()}.`);
  await doing(async () => {
    const made = await post("/api/v1/policy/changes", asked);
    location.assign(`/policy/changes/${made.id}`);
  });
});

document.getElementById("try")?.addEventListener("click", () => doing(async () => {
  draw(await post("/api/v1/policy/changes/try", said(), PATIENCE_MS));
}));

function of(name) {
  return form.elements[name].value.trim();
}

function said() {
  const { family, key, kind } = form.dataset;
  return { family, key, value: form.elements.back.checked ? null : read(of("value"), kind) };
}

function read(text, kind) {
  if (kind === "yes") return text === "true";
  if (kind === "number") return /^-?\d+$/.test(text) ? Number(text) : text;
  if (kind === "list") return text.split(",").map((each) => each.trim()).filter(Boolean);
  return text;
}

async function doing(act) {
  problem("");
  for (const each of form.querySelectorAll("button")) each.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (wrong) {
    problem(wrong instanceof NotConnected ? "Not connected: nothing was written down. Try again." : wrong.message);
  } finally {
    for (const each of form.querySelectorAll("button")) each.removeAttribute("aria-busy");
  }
}

function problem(sentence) {
  const at = form.querySelector(".problem");
  at.textContent = sentence;
  at.hidden = sentence === "";
}

// ---- what it would do --------------------------------------------------------------------------------------------

if (preview?.dataset.shown) draw(JSON.parse(preview.dataset.shown));
else if (preview?.dataset.from) show(preview.dataset.from);

async function show(path) {
  try {
    draw(await get(path, PATIENCE_MS));
  } catch (wrong) {
    preview.replaceChildren(el("p", { class: "problem" }, wrong instanceof NotConnected ? "Not connected." : wrong.message));
  }
}

function draw(groups) {
  const [people, kit] = ["PEOPLE", "KIT"].map((of) => groups.filter((each) => each.of === of));
  if (groups.length === 0) return preview.replaceChildren(el("p", { class: "clear" }, "Nobody and nothing would be judged otherwise today."));
  preview.replaceChildren(...[["People", people], ["Kit", kit]].flatMap(([name, some]) => part(name, some)));
}

function part(name, groups) {
  if (groups.length === 0) return [el("h3", {}, name), el("p", { class: "quiet" }, `No ${name.toLowerCase()} would be judged otherwise today.`)];
  const table = el("table", { class: "register stacks what-if" });
  const heads = ["Group", "Asked", "Newly refused", "Newly allowed", "Because of"];
  table.append(el("caption", {}, name), el("thead"), el("tbody"));
  table.tHead.append(row("th", heads));
  const most = Math.max(1, ...groups.map((each) => each.asked ?? 0));
  for (const each of groups) table.tBodies[0].append(line(each, heads, most));
  const notes = groups.some((each) => each.denied === null || each.allowed === null)
    ? [el("p", { class: "fine quiet" }, "Withheld: fewer than ten people, or it would let fewer than ten be worked out.")] : [];
  return [table, ...notes];
}

function row(tag, texts) {
  const tr = el("tr");
  for (const each of texts) {
    const cell = el(tag, {}, each);
    if (tag === "th") cell.scope = "col";
    tr.append(cell);
  }
  return tr;
}

function line(each, heads, most) {
  const reasons = each.reasons.map(([code, count]) => `${code}${count === null ? "" : ` (${count})`}`).join(", ");
  const tr = row("td", [null, number(each.asked), number(each.denied), number(each.allowed), reasons || "–"].map((text) => text ?? ""));
  const head = el("th", {}, group(each));
  head.scope = "row";
  tr.firstChild.replaceWith(head);
  [...tr.children].forEach((cell, at) => { if (at) cell.dataset.name = heads[at]; });
  for (const [at, count, tone] of [[2, each.denied, "bad"], [3, each.allowed, "good"]]) {
    if (count) tr.children[at].append(bar(count / most, tone));
  }
  return tr;
}

function number(count) {
  return count === null ? "withheld" : String(count);
}

function group(each) {
  const store = stores[each.store_id] ?? (each.store_id ? `Store ${each.store_id}` : "No store");
  const team = each.team === "" ? "no team" : each.team;
  const where = each.store_id === null ? "The whole force" : [store, team].filter(Boolean).join(", ");
  const kind = each.kind.toLowerCase().replaceAll("_", " ").replace(/\b(ced|sbg|bwv)\b/, (short) => short.toUpperCase());
  return `${where}: ${kind} ${each.model}`.trim();
}

function bar(share, tone) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const rect = document.createElementNS(space, "rect");
  const about = { class: `share ${tone}`, viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(about)) svg.setAttribute(name, value);
  for (const [name, value] of [["width", Math.max(1, 100 * share)], ["height", 8]]) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}
