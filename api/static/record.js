/* Taking a file in that was looked over: by its fingerprint, with the second person where one is asked for.
   One rule for the editor: the page is asked for anew afterwards, and the service says what became of it. */

import { watched } from "./kit-file.js";
import { NotConnected, post } from "./kit-net.js";

const PATIENCE_MS = 300_000;
const form = document.getElementById("take");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = document.getElementById("take-problem");
  const [name, pin] = ["second-name", "second-pin"].map((id) => document.getElementById(id));
  const work = watched(document.getElementById("progress"));
  const second = name ? { second: { name: name.value.trim(), pin: pin.value } } : {};
  told.hidden = true;
  try {
    await post(form.dataset.take, { sha256: form.dataset.sha256, ticket: work.ticket, ...second }, PATIENCE_MS);
    location.reload();
  } catch (trouble) {
    told.textContent = trouble instanceof NotConnected ? "Not connected: look again whether it was taken in." : trouble.message;
    told.hidden = false;
    if (pin) pin.value = "";
  } finally {
    work.end();
  }
});
