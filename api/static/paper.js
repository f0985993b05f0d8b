/* Writing a page of the paper register up: its lines, its scan, and two who sign; all of it goes to the service at once.
   One rule for the editor: nothing looks written before the service says so, and a PIN is never left standing. */

import { el } from "./kit-dom.js";
import { NotConnected, post } from "./kit-net.js";

const PATIENCE_MS = 60_000;
const form = document.getElementById("page");
const lines = document.getElementById("lines");
const wrong = document.getElementById("wrong");
const made = { count: 0 };

function another() {
  const line = document.getElementById("line").content.cloneNode(true);
  made.count += 1;
  for (const field of line.querySelectorAll(".field")) {
    const [label, input] = [field.querySelector("label"), field.querySelector("input, select")];
    input.id = `line-${made.count}-${input.name}`;
    label.htmlFor = input.id;
  }
  const serials = line.querySelector("[name=serials]");
  serials.addEventListener("scanned", (event) => { serials.value = `${serials.value} ${event.detail}`.trim(); });
  lines.append(line);
  [...lines.querySelectorAll("legend .number")].forEach((each, at) => { each.textContent = String(at + 1); });
  return lines.lastElementChild;
}

document.getElementById("more").addEventListener("click", () => another().querySelector("input").focus());
another();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});

async function send() {
  const empty = [...form.elements].find((field) => field.required && field.value.trim() === "");
  if (empty) return refuse([`Fill in: ${empty.labels[0].textContent.trim().toLowerCase()}.`], empty);
  const button = form.querySelector("button[type=submit]");
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await post(`/api/v1/stores/${form.dataset.store}/paper-pages`, await body(), PATIENCE_MS);
    location.hash = `page-${answer.page_id}`;
    location.reload();
  } catch (problem) {
    const lost = problem instanceof NotConnected;
    refuse(lost ? ["Not connected: nothing was written up. Try again."] : problem.message.split(/(?=Line \d+: )/));
  } finally {
    button.removeAttribute("aria-busy");
    form.elements["second.pin"].value = "";
  }
}

async function body() {
  const said = (name) => form.elements[name].value.trim();
  const file = form.elements.scan.files[0];
  const page = {
    sort: said("sort"), document: said("document"), media: file.type, scan: await inBase64(file),
    lines: [...lines.children].flatMap(linesOf), second: { name: said("second.name"), pin: said("second.pin") },
  };
  if (said("register")) Object.assign(page, { register: said("register"), page_no: Number(said("page_no") || 1) });
  return page;
}

/** A line of paper is one draw, and one return where it came back. */
function linesOf(node) {
  const field = (name) => node.querySelector(`[name=${name}]`);
  const said = (name) => field(name)?.value.trim() ?? "";
  const moment = (name) => (said(name) ? new Date(said(name)).getTime() * 1000 : undefined);
  const items = said("serials").split(/[\s,;]+/).filter(Boolean).map((serial) => ({ serial }));
  const lots = said("lot") ? [{ lot_id: Number(said("lot")), quantity: Number(said("quantity")) }] : [];
  const drawn = {
    act: "DRAWN", collar: said("collar"), at_us: moment("out"), items, lots, issuer_collar: said("issuer") || undefined,
    fit: field("fit").checked, tested: field("tested").checked, charge: said("charge") ? Number(said("charge")) : undefined,
    planned_return_us: moment("due"),
  };
  if (!said("back")) return [drawn];
  const back = { act: "RETURNED", collar: drawn.collar, at_us: moment("back"), items, lots, condition: said("condition") };
  return [drawn, back];
}

function inBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

function refuse(sentences, field) {
  wrong.replaceChildren(...sentences.map((sentence) => el("li", {}, sentence)));
  wrong.hidden = false;
  for (const each of form.elements) each.removeAttribute("aria-invalid");
  field?.setAttribute("aria-invalid", "true");
  (field ?? form.querySelector("button[type=submit]")).focus();
}
