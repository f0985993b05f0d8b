/* The hatch: what the service says is shown, what is scanned or touched is sent. It holds no draft of its own.
   One rule for the editor: nothing scanned while not connected is kept or pretended done. */

import { el, icon, show, whenReleased } from "./kit-dom.js";
import { listen } from "./kit-live.js";
import { NotConnected, get, post } from "./kit-net.js";
import { openSound, play } from "./kit-sound.js";
import { clock, hear, nowUs, sayAgain } from "./kit-time.js";
import { catchScans } from "./kit-wedge.js";
import { askOverride } from "./hatch-override.js";
import { askUse } from "./hatch-use.js";
import { showBays } from "./hatch-bays.js";
import { handoverOf, showHandover, showKept } from "./hatch-handover.js";
import { ask, isPin } from "./hatch-pad.js";
import { showBeside, showChoices, showParked, showWho } from "./hatch-people.js";
import { showSet } from "./hatch-set.js";
import { showVerdict } from "./hatch-verdict.js";

const WARN_US = 30_000_000;
const CUT_OFF = { outcome: "NOT_CONNECTED", tone: "warning", title: "Not connected: use the paper register",
  sentences: ["Nothing scanned now is recorded. This screen comes back by itself."], remedies: [] };
const NOT_RECORDED = { ...CUT_OFF, outcome: "NOT_RECORDED",
  sentences: ["That was not recorded. Write it in the paper register."] };
const READY = { outcome: "READY", tone: "none", title: "Ready", sentences: [], remedies: [] };

const first = JSON.parse(document.getElementById("first").textContent);
const place = document.body.dataset.place;
const isHere = document.body.dataset.here === "true";
const hatch = { view: first.view, verdict: first.verdict, at: 0, isConnected: true, saidLeft: 0 };

/* ---- what the service says ---- */

function take(view, verdict) {
  hear(view.at_us);
  if (view.at_us < hatch.at) return;
  hatch.at = view.at_us;
  hatch.view = view;
  if (verdict) takeVerdict(verdict);
  whenReleased(paint);
}

function takeVerdict(verdict) {
  const { visit } = hatch.view;
  if (isHere && visit && !document.querySelector("dialog[open]")) {
    if (verdict.outcome === "COUNTERSIGN_NEEDED") acts.byPin(visit);
    if (verdict.outcome === "GIVER_NEEDED" && visit.handover?.giver && !visit.handover.giver_proof) acts.giverByPin(visit);
    if (verdict.outcome === "OVERRIDE_NEEDED") acts.overrideByCard(visit, verdict.sentences[0]);
  }
  const known = hatch.verdict;
  const isNew = !known || known.at_us !== verdict.at_us || known.outcome !== verdict.outcome
    || JSON.stringify(known.sentences) !== JSON.stringify(verdict.sentences);
  hatch.verdict = verdict;
  showVerdict(verdict, isNew);
}

function say(verdict) {
  takeVerdict({ remedies: [], at_us: Math.round(nowUs()), ...verdict });
}

function answered(answer) {
  const { view, ...verdict } = answer;
  if (view) take(view, verdict.outcome ? { at_us: view.at_us, ...verdict } : null);
}

/* ---- what is scanned and touched ---- */

let turn = Promise.resolve();

/** One after the other, in the order of scanning: a card must be answered before the kit scanned after it is sent. */
function send(path, body) {
  turn = turn.then(() => sendNow(path, body));
  return turn;
}

async function sendNow(path, body) {
  if (!isHere) return; // watched from elsewhere
  if (!hatch.isConnected) return say(NOT_RECORDED);
  try {
    answered(await post(path, body));
  } catch (problem) {
    if (problem instanceof NotConnected) {
      live.lost();
      say(NOT_RECORDED);
    } else {
      say({ outcome: "NOT_DONE", tone: "warning", title: "Not done", sentences: [problem.message] });
      if (problem.code === 401) location.reload();
    }
  }
}

const scan = (text) => send(`/api/v1/hatch/${place}/scan`, { text });
const ofVisit = (visit, act, body) => send(`/api/v1/visits/${visit.id}/${act}`, body);
const ofLine = (visit, line, act, body) => ofVisit(visit, `lines/${line.id}/${act}`, body);

const acts = {
  declareFit: (visit) => ofVisit(visit, "declare-fit"),
  shift: (visit, name) => ofVisit(visit, "shift", { name }),
  functionTest: (visit, line, passed) => ofLine(visit, line, "function-test", { passed }),
  remove: (visit, line) => ofLine(visit, line, "remove"),
  cartridge: (visit, line, seen) => ofLine(visit, line, "cartridge", { word: seen }),
  async use(visit, line) {
    const said = await askUse(line, visit);
    if (said !== null) await ofLine(visit, line, "use", said);
  },
  addLot: (visit, lot, quantity) => ofVisit(visit, "lots", { lot_id: lot.lot_id, quantity }),
  park: (visit) => ofVisit(visit, "park"),
  resume: (visit) => ofVisit(visit, "resume"),
  drop: (visit) => ofVisit(visit, "drop"),
  choose: (choice) => send(`/api/v1/hatch/${place}/choose`,
    choice.person_id === null ? { item_id: choice.item_id } : { person_id: choice.person_id }),
  chooseNone: () => refresh().then(() => say({ outcome: "NONE_CHOSEN", tone: "none", title: READY.title, sentences: [] }),
    () => live.lost()),
  handover: (visit, side) => ofVisit(visit, "handover", { side }),
  giverByFace: (visit) => ofVisit(visit, "giver", { check: "FACE" }),
  async giverByPin(visit) {
    const typed = await ask("pin", "The PIN of the officer who hands over.");
    if (typed === null) return;
    await (isPin(typed) ? ofVisit(visit, "giver", { check: "PIN", pin: typed }) : scan(typed));
  },
  byFace: (visit) => ofVisit(visit, "complete", { check: "FACE" }),
  async byPin(visit) {
    const typed = await ask("pin", "The officer's own proves who they are; an issuer's countersigns.");
    if (typed === null) return;
    await (isPin(typed) ? ofVisit(visit, "complete", { check: "PIN", pin: typed }) : scan(typed));
  },
  async override(visit, line, shown = "") {
    const given = await askOverride(line, visit.supervisors, shown);
    if (given === null) return;
    await (given.scan ? scan(given.scan) : ofLine(visit, line, "override", given));
  },
  async overrideByCard(visit, shown) {
    const line = visit.lines.filter((each) => each.word === "REFUSED" && each.override_by).pop();
    if (line) await acts.override(visit, line, shown);
  },
  async charge(visit, line) {
    const typed = await ask("percent", `${line.kind_label} ${line.serial ?? ""}, as the battery itself shows it.`);
    if (typed === null) return;
    const percent = Number(typed);
    const isPercent = /^[0-9]{1,3}$/.test(typed) && percent <= 100;
    await (isPercent ? ofLine(visit, line, "charge", { percent }) : scan(typed));
  },
};

/* ---- what is shown ---- */

function paint() {
  const { view } = hatch;
  showWho(view.visit, acts);
  showSet(view, acts);
  showBeside(view, acts);
  showBays(view);
  showHandover(view.visit, acts);
  showKept(view.visit);
  showParked(view, acts);
  showChoices(view, acts);
  showActs(view.visit);
  countDown();
}

function showActs(visit) {
  const foot = document.getElementById("acts");
  foot.hidden = !visit;
  if (!visit) return;
  const drawn = visit.lines.filter((line) => line.word === "IN_SET").reduce((sum, line) => sum + line.quantity, 0);
  const lacks = lackOf(visit, drawn);
  const isReady = lacks === "";
  show(foot, [visit.id, drawn, lacks, visit.handover, visit.holding.length > 0], () => [
    el("div", { class: "aside" },
      el("button", { type: "button", class: "act", "data-key": "park", on: { click: () => acts.park(visit) } },
        icon("parked"), "Park"),
      el("button", { type: "button", class: "act", "data-key": "drop", on: { click: () => acts.drop(visit) } },
        icon("cross"), drawn > 0 ? "Cancel visit" : "Finish"),
      handoverOf(visit, acts)),
    el("p", { class: `lacks ${isReady ? "" : "waits"}`, id: "lacks" }, lacks || "Ready for the issuer"),
    drawn > 0 && el("div", { class: "countersign", role: "group", "aria-label": "Countersign by the issuer" },
      completing("pin", "key", "Issue with a PIN", isReady && (() => acts.byPin(visit))),
      completing("face", "issued", `Face checked: issue ${drawn} ${drawn === 1 ? "item" : "items"}`,
        isReady && (() => acts.byFace(visit)))),
  ]);
}

/** What still keeps the set from the countersign, "" for nothing: the first thing the service says is missing. */
function lackOf(visit, drawn) {
  if (drawn === 0) return "Scan kit to draw it or give it back";
  const [first, ...rest] = visit.missing;
  if (visit.handover?.giver && !visit.handover.giver_proof && visit.ready_to_complete) return "Who hands over: PIN or face to go";
  if (first) return rest.length > 0 ? `${first}, and ${rest.length} more` : first;
  return visit.ready_to_complete ? "" : "Not ready to issue";
}

function completing(key, drawing, text, act) {
  return el("button", { type: "button", class: `act ${key === "face" ? "first" : ""}`, "data-key": key,
    "aria-disabled": String(!act), "aria-describedby": "lacks", on: { click: () => act && act() } }, icon(drawing), text);
}

function countDown() {
  const { visit } = hatch.view;
  const strip = document.getElementById("closing");
  const leftUs = visit?.drops_at_us ? visit.drops_at_us - nowUs() : Infinity;
  const isNear = leftUs <= WARN_US && hatch.isConnected;
  strip.hidden = !isNear;
  if (!isNear) return;
  const left = Math.max(0, Math.ceil(leftUs / 1_000_000));
  document.getElementById("closing-left").textContent = String(left);
  document.getElementById("closing-bar").value = left;
  const isSaid = left <= 20 && left % 10 === 0 && left !== hatch.saidLeft;
  if (!isSaid) return;
  hatch.saidLeft = left;
  document.getElementById("closing-aloud").textContent = `This visit is dropped in ${left} seconds.`;
  play("tick");
}

function everySecond() {
  document.getElementById("clock").textContent = clock(nowUs());
  sayAgain();
  countDown();
}

/* ---- starting ---- */

async function refresh() {
  const view = await get(`/api/v1/hatch/${place}`);
  hatch.at = 0;
  take(view, null);
}

function connection(isConnected) {
  hatch.isConnected = isConnected;
  document.body.dataset.connected = String(isConnected);
  document.getElementById("line").textContent = isConnected ? "Connected" : "Not connected";
  if (!isConnected) return say(CUT_OFF);
  return refresh().then(() => {
    say({ outcome: "BACK", tone: "ok", title: "Connected again", sentences: ["Scan again what was not recorded."] });
  }, () => live.lost());
}

const wedge = isHere && catchScans({
  prefix: document.body.dataset.scanPrefix,
  suffix: document.body.dataset.scanSuffix,
  scanned: scan,
  building(text, isStale) {
    const strip = document.getElementById("typing");
    strip.hidden = text === "";
    document.getElementById("typing-text").textContent = text;
    document.getElementById("typing-stale").hidden = !isStale;
  },
});

document.getElementById("typing-use").addEventListener("click", () => wedge.take());
document.getElementById("typing-clear").addEventListener("click", () => wedge.clear());
document.getElementById("closing-keep").addEventListener("click", () => acts.resume(hatch.view.visit));
document.getElementById("type-code")?.addEventListener("click", async () => {
  const typed = await ask("code", "For a damaged label or a forgotten card.");
  if (typed !== null) await scan(typed);
});

const live = listen({
  topics: [`place:${place}`],
  heard(said) {
    if (said.type === "hatch") take(said.view, said.verdict);
    if (said.type === "hatch_bays") {
      hatch.view.bays = said.bays;
      whenReleased(paint);
    }
    if (said.type === "reset") refresh().catch(() => live.lost());
  },
  changed: connection,
});
openSound(() => document.getElementById("sound").classList.add("open"));
hear(hatch.view.at_us);
showVerdict(hatch.verdict ?? READY, false);
paint();
everySecond();
setInterval(everySecond, 1000);
document.body.dataset.ready = "true";
