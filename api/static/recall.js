/* Counting what a recall would hold before it is opened: the same fields, asked of the service, holding nothing.
   One rule for the editor: what is counted is what the form says at that moment; a later change makes it void. */

import { NotConnected, post } from "./kit-net.js";

const form = document.querySelector(".recall-form");
const fits = document.getElementById("fits");
const OF_THE_NOTICE = ["notice_from", "notice_ref", "detail"];
const PLACES = { STORE: "in stores", PERSON: "out", CARRIER: "on their way", UNKNOWN: "missing", EXHIBIT: "exhibits",
  SUPPLIER: "with the maker", DISPOSAL: "destroyed already", NOBODY: "not received yet" };

document.getElementById("count")?.addEventListener("click", async () => {
  fits.textContent = "Counting …";
  try {
    fits.textContent = said(await post("/api/v1/recalls/matches", asked()));
  } catch (problem) {
    fits.textContent = problem instanceof NotConnected ? "Not connected: nothing was counted." : problem.message;
  }
});

form?.addEventListener("input", () => { fits.textContent = ""; });

function asked() {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || OF_THE_NOTICE.includes(field.name) || field.value.trim() === "") continue;
    const value = field.value.trim();
    body[field.name] = field.dataset.is === "list" ? value.split(/[\s,;]+/) : value;
  }
  return body;
}

function said(found) {
  const places = Object.entries(found.by_holder).map(([holder, count]) => `${count} ${PLACES[holder] ?? holder}`);
  const pieces = found.pieces ? ` and ${found.pieces} pieces of lots` : "";
  const unread = found.unread ? ` ${found.unread} more run a firmware nobody has read.` : "";
  return `${found.items} fit${found.items === 1 ? "s" : ""}${places.length ? ` (${places.join(", ")})` : ""}${pieces}.${unread}`;
}
