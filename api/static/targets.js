/* A new strategic assessment: its file is looked over as soon as it is chosen, and signed for by two.
   One rule for the editor: what is written down is what the service read out of the file, shown before anybody signs. */

import { NotConnected, post, postFile } from "./kit-net.js";

const told = document.getElementById("told");
const found = document.getElementById("found");
const bad = document.getElementById("bad");
const form = document.querySelector("form[data-assessment]");
let rows = [];

form?.elements.file.addEventListener("change", async ({ target }) => {
  rows = [];
  bad.replaceChildren();
  bad.hidden = true;
  const file = target.files[0];
  if (!file) { found.textContent = ""; return; }
  found.textContent = "Looking it over…";
  try {
    const read = await postFile("/api/v1/assessments/read", file);
    rows = read.bad.length ? [] : read.rows;
    found.textContent = read.bad.length
      ? `${read.bad.length} rows cannot be taken. Put them right in the file, and choose it again.`
      : `${read.rows.length} targets in ${new Set(read.rows.map((row) => row.store_id)).size} stores.`;
    bad.append(...read.bad.slice(0, 20).map((row) => line(`Line ${row.line}, ${row.field}: expected ${row.expected}, got “${row.value}”.`)));
    bad.hidden = read.bad.length === 0;
  } catch (problem) {
    found.textContent = "";
    say(problem);
  }
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (rows.length === 0) { say(new Error("Choose a file with targets first.")); return; }
  const { name, pin, file: _file, review_on: review, ...rest } = Object.fromEntries(new FormData(form));
  form.elements.pin.value = "";
  const body = { ...rest, targets: rows, second: { name, pin }, ...(review ? { review_on: review } : {}) };
  try {
    const made = await post("/api/v1/assessments", body);
    location.assign(`/targets?of=${made.id}`);
  } catch (problem) {
    say(problem);
  }
});

function line(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

function say(problem) {
  const fields = (problem.errors ?? []).map((each) => `${each.field}: expected ${each.expected}.`).join(" ");
  told.className = "say bad";
  told.textContent = problem instanceof NotConnected ? "Not connected. Nothing was written down." : `${problem.message} ${fields}`;
  told.hidden = false;
  told.scrollIntoView({ block: "nearest" });
}
