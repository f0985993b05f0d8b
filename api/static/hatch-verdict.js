/* What happened last, said so that nobody can miss it: the band of words, the frame round the screen, the tone.
   One rule for the editor: a verdict is colour and shape and word and sound, and its words stay until the next. */

import { el, icon, show } from "./kit-dom.js";
import { play } from "./kit-sound.js";
import { when } from "./kit-time.js";

const SHAPES = {
  issued: "issued", returned: "returned", refused: "refused", warning: "warning", ok: "tick", none: "hatch",
};
const SOUNDED = ["ok", "issued", "returned", "refused", "warning"];
const FRAME_MS = { ok: 2500, issued: 6000, returned: 5000, refused: 12000, warning: 9000 };

const band = document.getElementById("verdict");
const frame = document.getElementById("frame");
let fading = 0;

/** Show one verdict. `isNew` is false for what a reloaded screen only repeats: it is not sounded again. */
export function showVerdict(verdict, isNew) {
  const tone = SOUNDED.includes(verdict.tone) ? verdict.tone : "none";
  band.dataset.tone = tone;
  band.dataset.outcome = verdict.outcome ?? "";
  show(band, verdict, () => words(verdict, tone));
  if (!isNew) return;
  play(tone);
  light(tone);
}

function light(tone) {
  clearTimeout(fading);
  frame.dataset.tone = tone;
  frame.classList.remove("on");
  void frame.offsetWidth; // so that the same verdict twice is seen twice
  frame.classList.add("on");
  fading = setTimeout(() => frame.classList.remove("on"), FRAME_MS[tone] ?? 0);
}

function words(verdict, tone) {
  const sentences = verdict.sentences ?? [];
  const remedies = verdict.remedies ?? [];
  return [
    el("div", { class: "shape" }, icon(SHAPES[tone])),
    el("div", { class: "what" },
      el("p", { class: "title" }, verdict.title),
      sentences.length === 1 ? el("p", { class: "sentence" }, sentences[0]) : list(sentences, "sentence")),
    remedies.length > 0 && el("div", { class: "remedy" },
      el("p", { class: "over" }, "What puts it right"), list(remedies, "")),
    verdict.at_us && el("p", { class: "since" }, when(verdict.at_us)),
  ];
}

function list(lines, kind) {
  return lines.length > 0 && el("ul", { class: kind }, lines.map((line) => el("li", {}, line)));
}
