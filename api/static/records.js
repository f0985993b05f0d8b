/* A file of training records: read here, its columns mapped by a person, looked over by the service.
   One rule for the editor: nothing is taken in on this page; what was looked over has a page of its own. */

import { el } from "./kit-dom.js";
import { BYTES_MAX, dropped, inBase64, watched } from "./kit-file.js";
import { NotConnected, post } from "./kit-net.js";

const PATIENCE_MS = 300_000;
const at = (id) => document.getElementById(id);
const mapping = at("mapping");
const SAID = JSON.parse(mapping.dataset.said);
const rows = at("columns").tBodies[0];
let upload = null;
let shown = null;
let words = {};

// ---- the file ----------------------------------------------------------------------------------------------

at("chosen").addEventListener("change", () => choose(at("chosen").files[0]));
dropped(at("drop"), (file) => {
  const list = new DataTransfer();
  list.items.add(file);
  at("chosen").files = list.files;
  choose(file);
});
for (const id of ["delimiter", "encoding", "heading-row", "sheet", "kind"]) at(id).addEventListener("change", columns);
at("file").addEventListener("submit", (event) => event.preventDefault());

async function choose(chosen) {
  mapping.hidden = true;
  problem("file-problem", "");
  upload = null;
  if (!chosen) return;
  if (chosen.size > BYTES_MAX) return problem("file-problem", "The file is larger than 32 MB. Export fewer rows at a time.");
  at("sheet").value = "";
  upload = { file_name: chosen.name, content: await inBase64(chosen) };
  at("reading").hidden = false;
  await columns();
}

function reading() {
  const [delimiter, encoding, headingRow] = ["delimiter", "encoding", "heading-row"].map((id) => at(id).value);
  return { delimiter, encoding, heading_row: Number(headingRow) || 0 };
}

async function columns() {
  at("source-field").hidden = at("kind").value !== "training";
  if (!upload) return;
  upload.sheet = at("sheet").value.trim();
  const found = await asked("file-problem", "/columns", { ...upload, kind: at("kind").value, ...reading() });
  mapping.hidden = !found || found.columns.length === 0;
  if (!found) return;
  if (found.bad.length > 0 && found.columns.length === 0) return problem("file-problem", `Expected ${found.bad[0].expected}.`);
  show(found);
}

// ---- its columns ---------------------------------------------------------------------------------------------

function show(found) {
  shown = found;
  words = structuredClone(found.mapping?.words ?? {});
  rows.replaceChildren(...found.columns.map(column));
  const saved = found.mapping;
  at("known").hidden = !saved;
  if (saved) {
    at("known").lastElementChild.textContent = `Read as "${saved.name}" was, which had the same columns. Look over what it says before you go on.`;
    for (const id of ["name", "times"]) at(id).value = saved[id];
    at("zone").value = saved.zone || "Europe/London";
  }
  at("strange").hidden = at("anyway").hidden = true;
  at("told").textContent = `${found.columns.length} columns, ${found.row_count} rows.`;
  fits(saved?.fixed ?? {});
}

function column(each) {
  const options = shown.fields.map((field) => el("option", { value: field.name }, SAID[field.name] ?? field.name));
  const choice = el("select", { "aria-label": `What the column ${each.name} says`, "data-column": each.name, on: { change: () => fits() } },
    el("option", { value: "" }, "Leave it out"), options);
  choice.value = each.field ?? "";
  const samples = each.samples.map((text) => el("span", { class: "sample" }, text));
  return el("tr", {}, el("th", { scope: "row" }, each.name),
    el("td", { "data-name": "Values" }, samples.length ? samples : el("span", { class: "quiet" }, "nothing")),
    el("td", { "data-name": "Says" }, choice));
}

function choices() {
  return [...rows.querySelectorAll("select")];
}

/** Ask only for what the columns leave open: what every row needs and none says, and how dates are written. */
function fits(kept = fixed()) {
  const said = new Set(choices().map((each) => each.value).filter(Boolean));
  for (const each of choices()) each.closest("tr").classList.toggle("left-out", !each.value);
  const open = shown.fields.filter((field) => !said.has(field.name) && (field.is_needed || ["hours", "model"].includes(field.name)));
  const fields = open.map((field) => {
    const input = el("input", { id: `fixed-${field.name}`, maxlength: 100, autocomplete: "off", "data-fixed": field.name });
    input.value = kept[field.name] ?? "";
    const label = `${SAID[field.name] ?? field.name}${field.is_needed ? " (needed)" : ""}`;
    return el("div", { class: "field" }, el("label", { for: input.id }, label), input);
  });
  at("fixed").replaceChildren(at("fixed").firstElementChild, ...fields);
  at("fixed").hidden = fields.length === 0;
  const isTimed = shown.fields.some((field) => field.is_timed && said.has(field.name));
  for (const each of mapping.querySelectorAll("div[data-timed]")) each.hidden = !isTimed;
}

function fixed() {
  const filled = [...at("fixed").querySelectorAll("input")].filter((each) => each.value.trim());
  return Object.fromEntries(filled.map((each) => [each.dataset.fixed, each.value.trim()]));
}

/** What they call otherwise, and which of our words it is. */
function strange(found) {
  const fields = found.strange.map((each, n) => {
    const choice = el("select", { id: `strange-${n}`, "data-field": each.field, "data-value": each.value },
      el("option", { value: "" }, "leave these rows out"), each.choices.map((word) => el("option", {}, word)));
    const label = `${each.value} (${each.row_count} ${each.row_count === 1 ? "row" : "rows"})`;
    return el("div", { class: "field" }, el("label", { for: choice.id }, label), choice);
  });
  at("strange").replaceChildren(at("strange").firstElementChild, ...fields);
  at("strange").hidden = fields.length === 0;
  at("anyway").hidden = false;
  at("anyway").href = `/records/${found.seen.id}`;
}

// ---- looking it over -------------------------------------------------------------------------------------------

function body(ticket) {
  for (const each of at("strange").querySelectorAll("select")) {
    if (each.value) (words[each.dataset.field] ??= {})[each.dataset.value] = each.value;
  }
  const value = (id) => (at(id).closest(".field").hidden ? "" : at(id).value.trim());
  const chosen = Object.fromEntries(choices().filter((each) => each.value).map((each) => [each.dataset.column, each.value]));
  return {
    ...upload, ticket, kind: at("kind").value, source: value("source") || "file",
    mapping: { name: value("name"), times: value("times"), zone: value("times") ? value("zone") : "", columns: chosen,
      fixed: fixed(), words, ...reading() },
  };
}

mapping.addEventListener("submit", async (event) => {
  event.preventDefault();
  const twice = choices().map((each) => each.value).find((value, n, all) => value && all.indexOf(value) !== n);
  if (twice) return problem("mapping-problem", "Two columns are said to hold the same. Leave one of them out.");
  const work = watched(at("progress"));
  const found = await asked("mapping-problem", "", body(work.ticket), mapping.querySelector("button"));
  work.end();
  if (!found) return;
  const isNew = found.strange.some((each) => !words[each.field]?.[each.value]);
  if (!isNew || at("strange").hidden === false) return location.assign(`/records/${found.seen.id}`);
  strange(found);
  at("told").textContent = `${found.strange.length} words of theirs are none of ours. Say what they are.`;
  at("strange").querySelector("select").focus();
});

async function asked(where, path, what, button = null) {
  problem(where, "");
  button?.setAttribute("aria-busy", "true");
  try {
    return await post(`/api/v1/file-previews${path}`, what, PATIENCE_MS);
  } catch (trouble) {
    problem(where, trouble instanceof NotConnected ? "Not connected: nothing was looked over. Try again." : trouble.message);
    return null;
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

function problem(where, sentence) {
  at(where).textContent = sentence;
  at(where).hidden = !sentence;
}
