/* A vendor's file: read here, shown by the service, mapped by a person, taken in when they say so.
   One rule for the editor: what was previewed is what is taken in; any change after a preview puts it away. */

import { again } from "./kit-again.js";
import { el } from "./kit-dom.js";
import { BYTES_MAX, inBase64 } from "./kit-file.js";
import { NotConnected, post } from "./kit-net.js";
import { preview as drawn, said } from "./vendor-preview.js";

const PATIENCE_MS = 120_000;
const at = (id) => document.getElementById(id);
const [file, mapping, preview] = [at("file"), at("mapping"), at("preview")];
const rows = at("columns").tBodies[0];
let upload = null;
let sent = null;

// ---- the file ----------------------------------------------------------------------------------------------

at("chosen").addEventListener("change", () => choose(at("chosen").files[0]));
for (const id of ["delimiter", "encoding", "heading-row", "sheet"]) at(id).addEventListener("change", columns);
file.addEventListener("submit", (event) => event.preventDefault());

async function choose(chosen) {
  mapping.hidden = preview.hidden = true;
  problem("file-problem", "");
  upload = null;
  if (!chosen) return;
  if (chosen.size > BYTES_MAX) return problem("file-problem", "The file is larger than 32 MB. Export fewer items at a time.");
  at("sheet").value = "";
  upload = { file_name: chosen.name, content: await inBase64(chosen) };
  at("as-of").value = localTime(Math.min(chosen.lastModified, Date.now()));
  at("reading").hidden = false;
  await columns();
}

/** The time as <input type="datetime-local"> holds it, in this computer's zone. */
function localTime(ms) {
  const when = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return when.toISOString().slice(0, 19);
}

function reading() {
  const [delimiter, encoding, headingRow] = ["delimiter", "encoding", "heading-row"].map((id) => at(id).value);
  return { delimiter, encoding, heading_row: Number(headingRow) || 0 };
}

async function columns() {
  if (!upload) return;
  preview.hidden = true;
  upload.sheet = at("sheet").value.trim();
  const found = await asked("file-problem", "columns", { ...upload, ...reading() });
  mapping.hidden = !found || found.columns.length === 0;
  if (!found) return;
  if (found.bad.length > 0 && found.columns.length === 0) return problem("file-problem", said(found.bad[0]));
  show(found);
}

// ---- its columns ---------------------------------------------------------------------------------------------

function show(found) {
  rows.replaceChildren(...found.columns.map(column));
  const saved = found.mapping;
  at("known").hidden = !saved;
  if (saved) {
    at("known").lastElementChild.textContent = `Read as "${saved.name}" was, which had the same columns. Look it over before you go on.`;
    for (const id of ["vendor", "name", "maker", "kind", "times", "zone"]) at(id).value = saved[id];
  }
  const where = found.sheet ? `sheet ${found.sheet}` : `${found.encoding}, separated by ${named(found.delimiter)}`;
  at("told").textContent = `${found.columns.length} columns, ${found.row_count} rows; ${where}.`;
  fits();
}

function named(delimiter) {
  return { ",": "commas", ";": "semicolons", "\t": "tabs" }[delimiter] ?? delimiter;
}

function column(each) {
  const choice = at("field-choice").content.firstElementChild.cloneNode(true);
  choice.setAttribute("aria-label", `What the column ${each.name} says`);
  choice.dataset.column = each.name;
  choice.value = each.field ?? "";
  const samples = each.samples.map((text) => el("span", { class: "sample" }, text));
  const none = el("span", { class: "quiet" }, "nothing");
  return el("tr", {}, el("th", { scope: "row" }, each.name),
    el("td", { "data-name": "Values" }, samples.length ? samples : none), el("td", { "data-name": "Says" }, choice));
}

mapping.addEventListener("change", fits);
mapping.addEventListener("input", () => { preview.hidden = true; });

function choices() {
  return [...rows.querySelectorAll("select")];
}

/** Ask only for what the columns leave open; nothing that was shown before holds any more. */
function fits() {
  preview.hidden = true;
  const chosen = choices().filter((each) => each.value);
  const fields = new Set(chosen.map((each) => each.value));
  const isTimed = chosen.some((each) => each.selectedOptions[0].hasAttribute("data-timed"));
  for (const each of choices()) each.closest("tr").classList.toggle("left-out", !each.value);
  for (const each of mapping.querySelectorAll("[data-unless]")) each.hidden = fields.has(each.dataset.unless);
  for (const each of mapping.querySelectorAll("div[data-timed]")) each.hidden = !isTimed;
}

// ---- what it would change --------------------------------------------------------------------------------------

/** How the file is read, of the fields that are asked for. */
function body() {
  const value = (id) => (at(id).closest(".field").hidden ? "" : at(id).value.trim());
  const chosen = Object.fromEntries(choices().filter((each) => each.value).map((each) => [each.dataset.column, each.value]));
  const [name, vendor, maker, kind, times, zone] = ["name", "vendor", "maker", "kind", "times", "zone"].map(value);
  const asOf = value("as-of");
  return {
    ...upload,
    mapping: { name, vendor, maker, kind, times, zone, columns: chosen, ...reading() },
    as_of_us: asOf ? Math.floor(new Date(asOf).getTime()) * 1000 : null,
  };
}

mapping.addEventListener("submit", async (event) => {
  event.preventDefault();
  const twice = choices().map((each) => each.value).find((value, n, all) => value && all.indexOf(value) !== n);
  if (twice) return problem("mapping-problem", "Two columns are said to hold the same. Leave one of them out.");
  sent = body();
  const found = await asked("mapping-problem", "preview", sent, mapping.querySelector("button"));
  preview.hidden = !found;
  if (!found) return;
  at("preview-title").textContent = "What it would change";
  at("preview-of").textContent = `${sent.file_name}, ${found.row_count} rows`;
  at("preview-shown").replaceChildren(...drawn(found));
  at("take").closest("p").hidden = found.new === 0 && found.before_id !== null;
  problem("take-problem", "");
  at("preview-title").focus();
});

at("take").addEventListener("click", async () => {
  const found = await asked("take-problem", "", sent, at("take"));
  if (!found) return;
  at("preview-title").textContent = found.import_id ? "What was taken in" : "Nothing to take in";
  at("preview-shown").replaceChildren(...drawn(found));
  at("take").closest("p").hidden = true;
  at("told").textContent = found.import_id ? `Taken in: ${found.new} rows said something new.` : "The file said nothing new.";
  at("preview-title").focus();
  file.reset();
  upload = null;
  mapping.hidden = at("reading").hidden = true;
  again(0);
});

async function asked(where, path, what, button = null) {
  problem(where, "");
  button?.setAttribute("aria-busy", "true");
  try {
    return await post(`/api/v1/vendor-imports${path && `/${path}`}`, what, PATIENCE_MS);
  } catch (trouble) {
    problem(where, trouble instanceof NotConnected ? "Not connected: nothing was written. Try again." : trouble.message);
    return null;
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

function problem(where, sentence) {
  at(where).textContent = sentence;
  at(where).hidden = !sentence;
}
