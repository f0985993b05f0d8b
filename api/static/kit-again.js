/* Parts of a page that are fetched again when something has changed, and put in place without disturbing who reads.
   One rule for the editor: the service draws; here its drawing is only put where the old one stood. */

import { whenReleased } from "./kit-dom.js";

const WAIT_MS = 3000;
const line = { due: Infinity, timer: 0, isAsking: false };

/** Fetch the parts ([data-again], each with an id) again, at most `waitMs` from now. */
export function again(waitMs = 1500) {
  const due = Date.now() + waitMs;
  if (due >= line.due) return;
  line.due = due;
  clearTimeout(line.timer);
  line.timer = setTimeout(fetchParts, waitMs);
}

async function fetchParts() {
  line.due = Infinity;
  if (line.isAsking || document.hidden || isSelecting()) return again(WAIT_MS);
  line.isAsking = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(8000) });
    if (!answer.ok || answer.redirected) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    whenReleased(() => document.querySelectorAll("[data-again]").forEach((old) => put(old, made.getElementById(old.id))));
  } catch {
    return; // said by the strip of kit-live; the next event asks again
  } finally {
    line.isAsking = false;
  }
}

function put(old, fresh) {
  if (!fresh || print(old) === print(fresh)) return;
  if (isWriting(old)) return again(WAIT_MS);
  const focused = old.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  const scrolled = [...old.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  old.replaceChildren(...fresh.childNodes);
  [...old.querySelectorAll(".scroll")].forEach((each, at) => { each.scrollLeft = scrolled[at] ?? 0; });
  if (focused) old.querySelector(focused)?.focus();
}

/** What a part says, but for times that have only grown older. */
function print(part) {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll("time[data-us]")) time.textContent = "";
  for (const each of copy.querySelectorAll("details")) each.removeAttribute("open");
  for (const mark of copy.querySelectorAll(".fresh")) mark.classList.remove("fresh");
  return copy.innerHTML.replace(/\s+/g, " ");
}

function keyOf(node) {
  const href = node.getAttribute("href");
  if (href) return `a[href="${CSS.escape(href)}"]`;
  return node.id ? `#${CSS.escape(node.id)}` : null;
}

function isSelecting() {
  const selection = getSelection();
  return Boolean(selection && !selection.isCollapsed);
}

/** Whether somebody has opened something in a part, or written in it: it is left to them. */
function isWriting(part) {
  return [...part.querySelectorAll("textarea, details")].some((each) => each.value || each.open);
}
