/* Building the page by hand: elements, icons, and lists that keep the nodes that did not change.
   One rule for the editor: data becomes text nodes and attributes here, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** An element: `el("p", { class: "quiet", "data-id": 3, on: { click: act } }, "text", child)`. */
export function el(name, about = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(about)) {
    if (key === "on") {
      for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    } else if (value === true) {
      node.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(key, String(value));
    }
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** One drawing of the page's own set (templates/icons.svg); the words stand beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A fact with its shape and colour: never colour alone. */
export function word(tone, shape, ...text) {
  return el("span", { class: `word ${tone}` }, icon(shape), el("span", {}, ...text));
}

/** Replace what `region` shows, unless `from` is what it already shows; focus stays where it was. */
export function show(region, from, make) {
  const print = JSON.stringify(from);
  if (region.dataset.print === print) return;
  const focused = region.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const made = make();
  region.replaceChildren(...[made].flat(2).filter(Boolean));
  region.dataset.print = print;
  if (focused) region.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

/** As `show`, for a list: an entry whose data did not change keeps its node, and so its half-made touch. */
export function showList(list, entries, keyOf, make) {
  const kept = new Map([...list.children].map((node) => [node.dataset.entry, node]));
  const nodes = entries.map((entry) => {
    const key = String(keyOf(entry));
    const print = JSON.stringify(entry);
    const old = kept.get(key);
    if (old && old.dataset.print === print) return old;
    const node = make(entry);
    node.dataset.entry = key;
    node.dataset.print = print;
    return node;
  });
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  if (nodes.length !== list.children.length || nodes.some((node, at) => node !== list.children[at])) {
    list.replaceChildren(...nodes);
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }
}

let pressed = false;
let waiting = null;

/** Run `paint` now, or as soon as the finger is off the screen: a redraw never takes a button from under it. */
export function whenReleased(paint) {
  if (pressed) waiting = paint;
  else paint();
}

function release() {
  pressed = false;
  setTimeout(() => {
    const paint = waiting;
    waiting = null;
    if (paint && !pressed) paint();
    else if (paint) waiting = paint;
  }, 0);
}

addEventListener("pointerdown", () => { pressed = true; }, true);
addEventListener("pointerup", release, true);
addEventListener("pointercancel", release, true);
