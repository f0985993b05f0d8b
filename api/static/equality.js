/* Taking in a file of what persons declared. One rule for the editor: nothing of the file is shown but line and column. */

import { el } from "./kit-dom.js";
import { NotConnected, postFile } from "./kit-net.js";

const form = document.getElementById("declared");
const taken = document.getElementById("taken");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file, document_] = [form.elements.file.files[0], form.elements.document.value.trim()];
  if (!file || !document_) return problem("Choose a file, and say by what HR sent it.");
  problem("");
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    show(await postFile(`/api/v1/equality/files?document=${encodeURIComponent(document_)}`, file));
  } catch (wrong) {
    problem(wrong instanceof NotConnected ? "Not connected: nothing was taken in. Try again." : wrong.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
});

function show(told) {
  const list = el("ul", { class: "bad-rows" });
  for (const each of told.faults) list.append(el("li", {}, `Line ${each.line}, ${each.field}: expected ${each.expected}.`));
  taken.replaceChildren(el("p", {}, `${told.rows} rows read, ${told.changed} declarations new or changed, ${told.left_out} left out.`), list);
}

function problem(sentence) {
  const at = form.querySelector(".problem");
  at.textContent = sentence;
  at.hidden = sentence === "";
}
