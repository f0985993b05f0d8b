/* Pairing this device: the code goes to the service, which answers with the cookie of a kiosk.
   One rule for the editor: a device is a hatch's screen only by a code that somebody handed over. */

import { NotConnected, post } from "./kit-net.js";

const form = document.getElementById("pair");
const problem = document.getElementById("problem");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = form.elements.code;
  try {
    await post("/api/v1/kiosks/pair", { code: field.value.trim() });
    location.assign("/sign-in");
  } catch (told) {
    document.getElementById("problem-says").textContent = told instanceof NotConnected ? "Not connected. Try again." : told.message;
    problem.hidden = false;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }
});
