/* A delivery is unpacked: scan the label, scan it again (or type it), scan its tag, next.
   One rule for the editor: the service compares and decides; here is kept only the one reading that waits for its second. */

import { again } from "./kit-again.js";
import { listen } from "./kit-live.js";
import { NotConnected, Refused, post } from "./kit-net.js";
import { openSound, play } from "./kit-sound.js";

const told = document.getElementById("told");
const path = `/api/v1/deliveries/${document.body.dataset.delivery}`;
const form = document.getElementById("reading");
const line = document.getElementById("line");
const STEPS = ["FIRST", "SECOND", "TAG"];
const HINTS = {
  FIRST: "A scan works anywhere on this page.", SECOND: "Both readings are compared. After a date, press Enter.", TAG: "",
};
const at = { step: "FIRST", first: null, second: null, unit: null };
const heardOf = {};
let turn = Promise.resolve();
openSound(() => {});

if (form) {
  form.elements.code.addEventListener("scanned", (event) => inTurn(() => read(event.detail, "SCAN")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.code.value.trim();
    document.activeElement?.blur(); // so that the next scan is seen as one, wherever the typing was
    inTurn(() => (text ? read(text, "TYPED") : wait()));
  });
  line.addEventListener("change", () => begin());
  for (const field of [line, ...form.querySelectorAll("select")]) field.addEventListener("change", () => field.blur());
  form.elements.expires_on.addEventListener("change", (event) => event.target.matches(":hover") && event.target.blur());
  document.getElementById("skip").addEventListener("click", () => inTurn(async () => begin()));
  document.getElementById("again").addEventListener("click", () => begin());
  begin();
}

const from = document.getElementById("from");
if (form && from) {
  from.addEventListener("change", () => hearBench());
  hearBench();
}

/** A bridge's scanner at a bench is heard once this screen was told that it unpacks there. */
function hearBench() {
  from.blur();
  const bench = from.value;
  if (!bench || bench in heardOf) return;
  const said = document.getElementById("bench-said");
  heardOf[bench] = listen({
    topics: [`place:${bench}`],
    heard: (told) => told.type === "read_here" && from.value === bench && inTurn(() => read(told.text, "SCAN")),
    changed: (isThere) => { said.textContent = isThere ? "" : "Not connected: that scanner is not heard. Type what it says."; },
  });
}

/** A reading at whatever step this is. */
async function read(text, way) {
  form.elements.code.value = "";
  if (at.step === "TAG") return tag(text);
  if (at.step === "FIRST") {
    const answer = await post(`${path}/units`, { line_id: Number(line.value), first: { text, way } });
    at.first = { text, way };
    if (answer.expires_on && form.elements.expires_on) form.elements.expires_on.value = answer.expires_on;
    if (answer.lot && !byLot()) form.elements.lot.value = answer.lot;
    const bars = answer.bars.filter((bar) => bar.word !== "NO_DATE");
    if (bars.length) doubts(bars);
    return step("SECOND", answer.value);
  }
  at.second = { text, way };
  return take();
}

/** Both readings are there: the service compares them. */
async function take() {
  const expires = shown("expires_on"), lot = shown("lot"), why = shown("why");
  try {
    const { unit } = await post(`${path}/units`, {
      line_id: Number(line.value), first: at.first, second: at.second, expires_on: expires || null, lot: lot || null,
      quantity: byLot() ? Number(form.elements.quantity.value) : 1, why: why || null,
    });
    at.unit = unit.id;
    say("good", `${unit.name} is read.`);
    play("issued");
    return unit.serial ? step("TAG", unit.serial, `Stick its label on (${unit.code}) and scan it.`) : begin(false);
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    play("refused");
    if (/first reading says/.test(problem.message)) { begin(); throw problem; }
    document.getElementById("why-asked").hidden = false;
    throw problem;
  }
}

/** Something is changed and both readings are there already. */
async function wait() {
  if (at.step === "SECOND" && at.second) return take();
  const wanted = { FIRST: "Scan the label.", SECOND: "Scan it again, or type what it says.", TAG: "Scan the tag, or go on." };
  say("warn", wanted[at.step]);
}

async function tag(text) {
  const { material, place } = form.elements;
  await post(`${path}/units/${at.unit}/marks`, { text, material: material.value, place: place.value });
  say("good", `${text} is its tag. Next.`);
  play("issued");
  begin(false);
}

function begin(quiet = true) {
  Object.assign(at, { first: null, second: null, unit: null });
  for (const name of ["code", "why"]) form.elements[name].value = "";
  document.getElementById("why-asked").hidden = true;
  if (quiet) told.hidden = true;
  step("FIRST", "");
  again(0);
}

function step(name, value, fine = "") {
  at.step = name;
  const texts = {
    FIRST: byLot() ? "Scan the label with the lot" : "Scan the label with the serial",
    SECOND: "Scan it again, or type what it says", TAG: "Scan the tag you put on it",
  };
  document.getElementById("next-title").textContent = texts[name];
  document.getElementById("value").textContent = value;
  document.getElementById("next-fine").textContent = fine || HINTS[name];
  document.getElementById("skip").hidden = name !== "TAG";
  document.getElementById("again").hidden = name !== "SECOND";
  for (const each of document.querySelectorAll("[data-step]")) {
    const order = STEPS.indexOf(each.dataset.step) - STEPS.indexOf(name);
    each.dataset.is = order < 0 ? "done" : order === 0 ? "now" : "";
  }
  const kind = line.selectedOptions[0].dataset.kind;
  for (const field of form.querySelectorAll("[data-for]")) {
    field.hidden = name === "TAG" || field.dataset.for !== (byLot() ? "LOT" : kind);
  }
  for (const field of form.querySelectorAll("[data-at]")) field.hidden = field.dataset.at !== name;
}

/** Whether the line in hand is counted by lot. */
function byLot() {
  return line.selectedOptions[0].dataset.byLot === "yes";
}

/** What a field holds, where it is on the page now. */
function shown(name) {
  const field = form.elements[name];
  return field.closest("[hidden]") ? "" : field.value.trim();
}

function doubts(bars) {
  play("warning");
  say("warn", bars.map((bar) => `${bar.sentence} ${bar.remedy}`).join(" "));
  if (bars.some((bar) => /say why/i.test(bar.remedy))) document.getElementById("why-asked").hidden = false;
}

on("sign", async (asked) => {
  const { counted, name, pin } = Object.fromEntries(new FormData(asked));
  asked.elements.pin.value = "";
  await post(`${path}/sign`, { counted: Number(counted), second: { name, pin } }, 30_000);
  location.reload();
});

on("end", async (asked) => {
  await post(`${path}/end`, { reason: asked.elements.reason.value.trim() || null });
  location.reload();
});

on("list", async (asked) => {
  const file = asked.elements.file.files[0];
  const answer = await post(`${path}/list`, { file_name: file.name, content: await base64(file) }, 60_000);
  const bad = document.getElementById("bad-rows");
  bad.replaceChildren(...answer.bad.map((row) => {
    const item = document.createElement("li");
    item.textContent = `Line ${row.line}, ${row.field}: expected ${row.expected}, got “${row.value}”.`;
    return item;
  }));
  say(answer.refused ? "warn" : "good", `${answer.listed} listed, ${answer.before} listed before, ${answer.refused} left out.`);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-drop]");
  if (button) inTurn(async () => { await post(`${path}/units/${button.dataset.drop}/remove`); say("good", "Taken back."); });
});

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let n = 0; n < bytes.length; n += 0x8000) text += String.fromCharCode(...bytes.subarray(n, n + 0x8000));
  return btoa(text);
}

function on(id, act) {
  const asked = document.getElementById(id);
  asked?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (asked.reportValidity()) inTurn(() => act(asked));
  });
}

function inTurn(act) {
  turn = turn.then(act).catch((problem) => {
    say("bad", problem instanceof NotConnected ? "Not connected: nothing was written. Do it again." : problem.message);
  });
}

function say(tone, sentence) {
  told.textContent = sentence;
  told.className = `say ${tone}`;
  told.hidden = false;
  again(0);
}
