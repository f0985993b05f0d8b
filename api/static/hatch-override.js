/* A supervisor overrides what was refused: who, why, and their own PIN, in one form over the screen.
   One rule for the editor: it names whom the service named, and sends; what may be overridden is the service's to say. */

import { el, icon } from "./kit-dom.js";
import { isPin } from "./hatch-pad.js";

export const OVERRIDERS = { SUPERVISOR: "A sergeant or above", DUTY_INSPECTOR: "An inspector or above" };
const MOST_NAMED = 3;
const REASON_MIN = 3;
const REASON_MAX = 400;

/** Those of `supervisors` who may override a line. */
export function ableFor(line, supervisors) {
  return supervisors.filter((each) => each.may.includes(line.override_by));
}

/** Under a refusal: that it may be overridden, by whom, and the way to it. False where nobody may. */
export function overrideOf(line, visit, acts) {
  if (!line.override_by) return false;
  const able = ableFor(line, visit.supervisors);
  const more = able.length - MOST_NAMED;
  const named = able.slice(0, MOST_NAMED).map(nameOf).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return el("div", { class: "overriding" },
    el("p", {}, el("strong", {}, `${OVERRIDERS[line.override_by]} may override this for one duty.`), " ",
      el("span", { class: "quiet" }, able.length > 0 ? `At this store: ${named}.` : "Nobody is named for this store.")),
    able.length > 0 && el("button", {
      type: "button", class: "act reach", "data-key": `override-${line.id}`,
      "aria-label": `Override the refusal of ${line.kind_label} ${line.serial ?? ""}`.trim(),
      on: { click: () => acts.override(visit, line) },
    }, icon("person"), "Override"));
}

function nameOf(person) {
  return [person.rank, person.name.split(" ").pop(), person.collar].filter(Boolean).join(" ");
}

/** Open the form; gives `{person_id, reason, pin}`, `{scan}` where the PIN was a card read into it, or null.
    `shown` is the sentence that names whose card was just shown: then nobody is chosen. */
export function askOverride(line, supervisors, shown = "") {
  return new Promise((done) => {
    const dialog = el("dialog", { class: "pad override", "aria-labelledby": "override-title" });
    const who = shown ? null : chooser(ableFor(line, supervisors));
    const why = el("textarea", { id: "override-why", rows: "2", minlength: REASON_MIN, maxlength: REASON_MAX, required: true });
    const pin = el("input", { id: "override-pin", type: "password", autocomplete: "off", inputmode: "numeric", required: true });
    const close = (value) => {
      dialog.close();
      dialog.remove();
      done(value);
    };
    const given = () => ({ reason: why.value.trim(), pin: pin.value.trim(), ...(who ? { person_id: Number(who.value) } : {}) });
    const submit = (event) => {
      event.preventDefault();
      const typed = pin.value.trim();
      why.setCustomValidity(why.value.trim().length < REASON_MIN ? "Say why, in words." : "");
      if (!isPin(typed)) close({ scan: typed });
      else if (why.reportValidity()) close(given());
    };
    why.addEventListener("input", () => why.setCustomValidity(""));
    dialog.append(el("form", { method: "dialog", on: { submit } },
      el("h2", { id: "override-title" }, "Override for this duty"),
      el("p", { class: "quiet" }, reasonOf(line)),
      shown ? el("p", {}, el("strong", {}, shown)) : part("override-who", "Supervisor", who),
      part("override-why", "Why (kept, and reported every week)", why),
      part("override-pin", "The supervisor's own PIN", pin),
      el("div", { class: "ends" },
        el("button", { type: "button", class: "act", on: { click: () => close(null) } }, "Cancel"),
        el("button", { type: "submit", class: "act first" }, "Override"))));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(null);
    });
    document.body.append(dialog);
    dialog.showModal();
    (who ?? why).focus();
  });
}

/** What was refused and why; a sentence that names the serial says both. */
function reasonOf(line) {
  const said = line.sentences.join(" ");
  const serial = line.serial ?? "";
  return serial && said.includes(serial) ? said : `${line.kind_label} ${serial}: ${said}`;
}

function chooser(able) {
  return el("select", { id: "override-who", required: true },
    able.length > 1 && el("option", { value: "" }, "Choose who you are"),
    able.map((each) => el("option", { value: each.id }, nameOf(each))));
}

function part(id, name, field) {
  return el("div", { class: "part" }, el("label", { for: id }, name), field);
}
