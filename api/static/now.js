/* The first page, live: fetched again when an alarm is raised or settled or kit goes out, and every few minutes.
   One rule for the editor: each fetch is a look at the people on it and a line of the processing log: not oftener than of use. */

import { again } from "./kit-again.js";
import { listen } from "./kit-live.js";

const CHANGES = ["alarm", "alarm_settled", "issued", "device", "reset"];
const SOON_MS = 5000;
const BY_ITSELF_MS = 300_000; // what is late is late without anybody's word

const strip = document.getElementById("cut-off");
const topics = document.body.dataset.topics.split(" ").filter(Boolean);

if (topics.length > 0) listen({
  topics,
  heard: (said) => CHANGES.includes(said.type) && again(SOON_MS),
  changed: (isConnected) => { strip.hidden = isConnected; },
});
setInterval(() => again(0), BY_ITSELF_MS);
