/* Reports: rows sorted by a column and narrowed by words, and reports in the background asked for and waited for.
   One rule for the editor: the page is whole without this; a number here is never another than the service's. */

import { NotConnected, get, post } from "./kit-net.js";

const EVERY_MS = 1500;
const by = new Intl.Collator("en-GB", { numeric: true });

for (const head of document.querySelectorAll("#found thead th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sort";
  button.textContent = head.textContent;
  head.replaceChildren(button);
  button.addEventListener("click", () => sort(head));
}

function sort(head) {
  const table = head.closest("table");
  const place = [...head.parentNode.children].indexOf(head);
  const upwards = head.getAttribute("aria-sort") !== "ascending";
  const rows = [...table.tBodies[0].rows].map((row) => [row.cells[place].dataset.sort, row]);
  // What is not known stands last, whichever way the rest goes.
  rows.sort(([a], [b]) => (a === "" || b === "" ? (a === "") - (b === "") : by.compare(a, b) * (upwards ? 1 : -1)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
  for (const each of head.parentNode.children) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", upwards ? "ascending" : "descending");
}

for (const field of document.querySelectorAll("[data-narrows]")) {
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const each of document.querySelectorAll(field.dataset.narrows)) {
      each.hidden = !words.every((word) => each.textContent.toLowerCase().includes(word));
      shown += !each.hidden;
    }
    for (const group of document.querySelectorAll("section.part:has(.report-list)")) {
      group.hidden = !group.querySelector(".report-list > li:not([hidden])");
    }
    const none = document.getElementById("none");
    if (none) none.hidden = shown > 0;
    const said = document.getElementById("narrowed");
    if (said) said.textContent = `${shown} rows`;
  });
}

document.querySelector("[data-takes-scans]")?.addEventListener("scanned", (event) => {
  event.target.value = event.detail;
  event.target.form.requestSubmit();
});

addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-runs]");
  if (!form) return;
  event.preventDefault();
  const asked = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim() !== ""));
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    const run = await post(form.dataset.runs, { asked });
    location.assign(`/reports/runs/${run.run_id}`);
  } catch (problem) {
    const place = form.querySelector("[data-problem]");
    place.textContent = problem instanceof NotConnected ? "Not connected: nothing was asked for. Try again." : problem.message;
    place.hidden = false;
    button.removeAttribute("aria-busy");
  }
});

const run = document.querySelector("[data-run]");
if (run) setTimeout(look, EVERY_MS);

async function look() {
  try {
    const now = await get(run.dataset.run);
    if (now.state !== "RUNNING") return location.reload();
    run.querySelector("progress").value = now.share * 1000;
    run.querySelector("[data-share]").textContent = `${Math.floor(now.share * 100)} %`;
    document.getElementById("cut-off").hidden = true;
  } catch (problem) {
    if (!(problem instanceof NotConnected)) return location.reload();
    document.getElementById("cut-off").hidden = false;
  }
  setTimeout(look, EVERY_MS);
}
