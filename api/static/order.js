/* Orders from suppliers: one is written down line by line, a line ends, a delivery is unpacked.
   One rule for the editor: what the service answers is said as it says it, and the page is drawn again by the service. */

import { again } from "./kit-again.js";
import { NotConnected, post } from "./kit-net.js";

const told = document.getElementById("told");
const path = `/api/v1/purchases/${document.body.dataset.order ?? ""}`;
const lines = document.getElementById("lines-asked");
let count = 1;

document.getElementById("more-lines")?.addEventListener("click", () => {
  count += 1;
  const made = document.getElementById("a-line").content.cloneNode(true);
  made.querySelector("legend").textContent = `Line ${count}`;
  for (const each of made.querySelectorAll("[id], [for]")) {
    for (const name of ["id", "for"]) {
      if (each.hasAttribute(name)) each.setAttribute(name, each.getAttribute(name).replace(/-0$/, `-${count}`));
    }
  }
  lines.append(made);
  lines.lastElementChild.querySelector("select").focus();
  shown();
});

lines?.addEventListener("change", shown);
if (lines) shown();

/** A field that belongs to some kinds alone is there for those alone. */
function shown() {
  for (const line of lines.querySelectorAll("[data-line]")) {
    const kind = line.querySelector("[name=kind]").value;
    for (const field of line.querySelectorAll("[data-for]")) field.hidden = !field.dataset.for.split(" ").includes(kind);
  }
}

on("form[data-order]", async (form) => {
  const value = (name) => form.elements[name].value.trim();
  const made = await post("/api/v1/purchases", {
    order_ref: value("order_ref"), supplier: value("supplier"), funding: value("funding"),
    store_id: Number(value("store_id")), ordered_on: value("ordered_on") || null,
    lines: [...lines.querySelectorAll("[data-line]")].map(lineOf),
  });
  location.assign(`/receiving/${made.id}`);
});

function lineOf(line) {
  const value = (name) => line.querySelector(`[name=${name}]`);
  const used = (name) => (value(name).closest("[hidden]") ? "" : value(name).value.trim());
  return {
    kind: used("kind"), maker: used("maker"), model: used("model"), quantity: Number(used("quantity")),
    pool: used("pool"), purpose: used("purpose") || null, variant: used("variant") || null, by_lot: used("by_lot") === "yes",
  };
}

on("form[data-deliver]", async (form) => {
  const made = await post(`${path}/deliveries`, Object.fromEntries(new FormData(form)));
  location.assign(`/receiving/deliveries/${made.id}`);
});

on("form[data-end-line]", async (form) => {
  await post(`${path}/lines/${form.dataset.endLine}/end`, Object.fromEntries(new FormData(form)));
  location.reload();
});

function on(which, act) {
  for (const form of document.querySelectorAll(which)) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!form.reportValidity()) return;
      try {
        await act(form);
      } catch (problem) {
        told.textContent = problem instanceof NotConnected ? "Not connected: nothing was written. Do it again." : problem.message;
        told.className = "say bad";
        told.hidden = false;
        again(0);
      }
    });
  }
}
