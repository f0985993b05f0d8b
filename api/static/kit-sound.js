/* Tones that tell issued, returned, refused and warning apart with eyes on the kit.
   One rule for the editor: each differs from the others in rhythm and direction, not in pitch alone. */

/* tone -> [frequency Hz, starts at s, lasts s] */
const TONES = {
  ok: { wave: "sine", notes: [[1320, 0, 0.07]] },
  issued: { wave: "sine", notes: [[660, 0, 0.1], [880, 0.1, 0.1], [1320, 0.2, 0.26]] },
  returned: { wave: "triangle", notes: [[988, 0, 0.12], [659, 0.14, 0.24]] },
  refused: { wave: "sawtooth", notes: [[165, 0, 0.22], [165, 0.3, 0.42]] },
  warning: { wave: "square", notes: [[740, 0, 0.08], [740, 0.16, 0.08], [740, 0.32, 0.08]] },
  tick: { wave: "sine", notes: [[990, 0, 0.04]] },
};

let speaker = null;

/** Browsers keep sound shut until somebody touches: open it then. `opened` is told once it is. */
export function openSound(opened) {
  const wake = async () => {
    speaker ??= new AudioContext();
    await speaker.resume();
    if (speaker.state !== "running") return;
    removeEventListener("pointerdown", wake, true);
    removeEventListener("keydown", wake, true);
    opened();
  };
  addEventListener("pointerdown", wake, true);
  addEventListener("keydown", wake, true);
}

/** Play one tone; silent until sound is open. Returns whether it was played. */
export function play(tone) {
  const found = TONES[tone];
  document.documentElement.dataset.lastTone = found ? tone : "";
  if (!found || speaker?.state !== "running") return false;
  for (const [frequency, starts, lasts] of found.notes) {
    const from = speaker.currentTime + 0.01 + starts;
    const note = new OscillatorNode(speaker, { type: found.wave, frequency });
    const level = new GainNode(speaker, { gain: 0 });
    level.gain.setValueAtTime(0, from);
    level.gain.linearRampToValueAtTime(found.wave === "sine" ? 0.5 : 0.22, from + 0.008);
    level.gain.setValueAtTime(found.wave === "sine" ? 0.5 : 0.22, from + lasts - 0.02);
    level.gain.linearRampToValueAtTime(0, from + lasts);
    note.connect(level).connect(speaker.destination);
    note.start(from);
    note.stop(from + lasts);
  }
  return true;
}
