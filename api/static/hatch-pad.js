/* The keys on the glass: a collar or serial where there is no scanner, a PIN, a percentage. Big enough for gloves.
   One rule for the editor: what is typed here that cannot be a PIN is a scan, because a card read while the
   pad is open must not be lost in it. */

import { el, icon } from "./kit-dom.js";

const DIGITS = [..."1234567890"];
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ-/"];
const PADS = {
  code: { title: "Type a collar or a serial", keys: [...DIGITS, ...LETTERS], secret: false, done: "Use it" },
  pin: { title: "PIN of the officer, or of an issuer", keys: DIGITS, secret: true, done: "Issue" },
  percent: { title: "Battery charge, per cent", keys: DIGITS, secret: false, done: "Set" },
};

/** Open a pad and give back what was typed, or null. */
export function ask(kind, about = "") {
  const pad = PADS[kind];
  return new Promise((done) => {
    const field = el("input", {
      id: "pad-field", type: pad.secret ? "password" : "text", autocomplete: "off", autocapitalize: "characters",
      spellcheck: "false", inputmode: "none", "aria-describedby": "pad-about",
    });
    const dialog = el("dialog", { class: `pad ${kind}`, "aria-labelledby": "pad-title" });
    const close = (value) => {
      dialog.close();
      dialog.remove();
      done(value);
    };
    const form = el("form", { method: "dialog", on: { submit: (event) => {
      event.preventDefault();
      if (field.value.trim()) close(field.value.trim());
    } } },
      el("h2", { id: "pad-title" }, el("label", { for: "pad-field" }, pad.title)),
      el("p", { id: "pad-about", class: "quiet" }, about),
      field,
      el("div", { class: "keys" }, pad.keys.map((key) => press(key, () => { field.value += key; })),
        press("Delete", () => { field.value = field.value.slice(0, -1); }, "backspace")),
      el("div", { class: "ends" },
        el("button", { type: "button", class: "act", on: { click: () => close(null) } }, "Cancel"),
        el("button", { type: "submit", class: "act first" }, pad.done)));
    dialog.append(form);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(null);
    });
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}

function press(name, act, drawing = null) {
  return el("button", { type: "button", class: "act key", "aria-label": name, on: { click: act } },
    drawing ? icon(drawing) : name);
}

/** Whether `text` can be a PIN: four to twelve digits. */
export function isPin(text) {
  return /^[0-9]{4,12}$/.test(text);
}
