/* Scanners that type: their characters are caught anywhere on the page, whatever has the focus.
   A scan begins with the prefix key, where the scanner is set to send one, and ends with the suffix (Enter, Tab).
   One rule for the editor: what is a scan is told by these keys and never by how fast they came. */

const STALE_MS = 4000;
const SUFFIXES = { enter: ["Enter"], tab: ["Tab"], either: ["Enter", "Tab"] };
const LONGEST = 512;

/** Catch scans. `scanned(text)` for each; `building(text, isStale)` while one is typed, "" when none is.
    `prefix` is a character or a key's name ("F9"); without one, any character outside a field begins a scan. */
export function catchScans({ prefix = "", suffix = "enter", scanned, building }) {
  const held = { text: "", began: false, stale: false, timer: 0 };
  const ends = SUFFIXES[suffix] ?? SUFFIXES.enter;

  const clear = () => {
    clearTimeout(held.timer);
    Object.assign(held, { text: "", began: false, stale: false });
    building("", false);
  };
  const take = () => {
    const text = held.text.trim();
    clear();
    if (text) scanned(text);
  };
  const grow = (character) => {
    held.text = ((held.stale ? "" : held.text) + character).slice(0, LONGEST);
    held.stale = false;
    clearTimeout(held.timer);
    held.timer = setTimeout(() => {
      held.stale = true; // shown, and left for a person to use or clear: never sent by itself
      building(held.text, true);
    }, STALE_MS);
    building(held.text, false);
  };
  const hear = (event) => {
    if (event.isComposing) return;
    const character = characterOf(event);
    if (prefix && event.key === prefix) {
      clear();
      held.began = true;
      return swallow(event);
    }
    held.began ||= !prefix && character !== null && character !== " " && !isField(event.target);
    if (!held.began) return;
    if (event.key === "Escape") return clear();
    if (ends.includes(event.key) && !held.stale) {
      swallow(event);
      return take();
    }
    if (character !== null) {
      swallow(event);
      grow(character);
    }
  };
  addEventListener("keydown", hear, true);
  return { take, clear };
}

function isField(node) {
  return node instanceof HTMLElement && (node.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName));
}

/** The character a key gives, or null. Ctrl+] is how a scanner types the GS1 separator. */
function characterOf(event) {
  if (event.ctrlKey && event.key === "]") return "\u001d";
  if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return null;
  return event.key;
}

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
