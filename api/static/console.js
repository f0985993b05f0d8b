/* Lending from the console: a suggestion becomes an open consignment with its pieces on the list, for two people to sign.
   One rule for the editor: nothing is sent here; who lends looks the list over and signs for it as for any other. */

import { NotConnected, post } from "./kit-net.js";

const told = document.getElementById("told");
const MOST = 40; // pieces of one request

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-lend]");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  told.hidden = true;
  try {
    location.assign(`/transfers/${await opened(button.dataset)}`);
  } catch (problem) {
    const said = problem instanceof NotConnected ? "Not connected. Nothing was opened; try again." : problem.message;
    told.className = "say bad";
    told.textContent = said;
    told.hidden = false;
    told.scrollIntoView({ block: "nearest" });
  } finally {
    button.removeAttribute("aria-busy");
  }
});

/** Open the consignment and list its pieces; its number. */
async function opened({ from, to, items, why }) {
  const body = { from_store_id: Number(from), to_store_id: Number(to), stock: "OPERATIONAL", terms: "FOR_GOOD", reason: why.slice(0, 400) };
  const consignment = await post("/api/v1/transfers", body);
  const all = items.split(" ").map((id) => ({ item_id: Number(id) }));
  for (let at = 0; at < all.length; at += MOST) {
    await post(`/api/v1/transfers/${consignment.id}/lines`, { items: all.slice(at, at + MOST) });
  }
  return consignment.id;
}
