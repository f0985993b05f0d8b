/* A store's devices, one device, or their firmware, live: drawn again when a bridge, a device or a bay says something.
   One rule for the editor: the service draws; a heartbeat changes no word, so the page is fetched again by the clock too. */

import { again } from "./kit-again.js";
import { listen } from "./kit-live.js";

const WAIT_MS = { device: 500, firmware: 500, alarm: 500, alarm_settled: 500 };
const BAYS_MS = 15_000; // a rack that is filled tells a hundred bays
const HEARTBEATS_MS = 20_000;

const strip = document.getElementById("cut-off");
let wasCutOff = false;

listen({
  topics: (document.body.dataset.topics ?? `store:${document.body.dataset.store}`).split(" ").filter(Boolean),
  heard: (said) => again(WAIT_MS[said.type] ?? BAYS_MS),
  changed(isConnected) {
    strip.hidden = isConnected;
    if (isConnected && wasCutOff) again(0);
    wasCutOff = !isConnected;
  },
});
setInterval(() => again(0), HEARTBEATS_MS);
