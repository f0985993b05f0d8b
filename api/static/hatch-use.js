/* What was done with kit that came back: one touch a use, one a cartridge, one to record it. The rest may follow later.
   One rule for the editor: nothing is asked before "Record" but what was done; what is not said is owed, not waited for. */

import { el, icon } from "./kit-dom.js";

const USES = [
  ["DRAWN", "Drawn"], ["AIMED", "Aimed"], ["RED_DOT", "Red dot"], ["ARCED", "Arced"],
  ["DRIVE_STUN", "Drive-stun"], ["ANGLED_DRIVE_STUN", "Angled drive-stun"], ["FIRED", "Fired"],
];
const SORTS = [["OPERATIONAL", "On duty"], ["TRAINING", "In training"], ["UNINTENTIONAL", "Unintentional"]];
const REASONS = [["USED", "Used"], ["DAMAGED", "Damaged"], ["EXPIRED", "Past its date"],
  ["CONTAMINATED", "Contaminated"], ["OPENED", "Packing opened"]];

/** On the line of a handle or guard that came back: the way to say that it was used. False for other lines. */
export function useOf(line, visit, acts) {
  if (line.word !== "RETURNED" || !["CED_HANDLE", "SBG"].includes(line.kind) || line.lot_id) return false;
  if (line.said) return el("div", { class: "touches" }, el("span", { class: "quiet" }, icon("warning"), "Use recorded"));
  return el("div", { class: "touches" }, el("button", {
    type: "button", class: "act reach quiet", "data-key": `use-${line.id}`,
    "aria-label": `Used: ${line.kind_label} ${line.serial ?? ""}`, on: { click: () => acts.use(visit, line) },
  }, "Used?"));
}

/** Open the form; gives what is declared, or null. */
export function askUse(line, visit) {
  return line.kind === "SBG" ? open(line, guardForm()) : open(line, handleForm(cartridgesOf(visit)));
}

function cartridgesOf(visit) {
  const back = visit.lines.filter((row) => row.word === "RETURNED" && row.kind === "CED_CARTRIDGE" && !row.said);
  const out = visit.holding.filter((row) => row.kind === "CED_CARTRIDGE");
  return [...new Map([...back, ...out].map((row) => [row.item_id, row])).values()];
}

function handleForm(cartridges) {
  const uses = toggles("uses", "What was done", USES, true);
  const spent = toggles("spent", "Cartridges discharged", cartridges.map((row) => [String(row.item_id), row.serial]), true);
  const sort = toggles("sort", "Discharged", SORTS, false, "OPERATIONAL");
  const dsi = el("input", { type: "checkbox", id: "use-dsi" });
  const refs = references();
  return {
    parts: [uses.part, cartridges.length > 0 && spent.part,
      el("details", {}, el("summary", { class: "reach" }, "More, if it is known now"), sort.part,
        el("div", { class: "part" }, el("label", { for: "use-dsi" }, dsi, " Somebody died or was seriously injured")),
        refs.parts)],
    lacks: () => (uses.chosen().length === 0 ? "Touch what was done with it." : ""),
    said: () => ({ uses: uses.chosen(), sort: sort.chosen()[0], dsi: dsi.checked,
      cartridges: spent.chosen().map((id) => ({ item_id: Number(id) })), ...refs.said() }),
  };
}

function guardForm() {
  const reason = toggles("reason", "Why it is replaced", REASONS, false);
  const refs = references();
  return { parts: [reason.part, refs.parts], lacks: () => (reason.chosen().length === 0 ? "Touch why it is replaced." : ""),
    said: () => ({ reason: reason.chosen()[0], ...refs.said() }) };
}

function references() {
  const field = (id, name) => {
    const input = el("input", { id, type: "text", autocomplete: "off", maxlength: "120" });
    return { input, part: el("div", { class: "part" }, el("label", { for: id }, name), input) };
  };
  const incident = field("use-incident", "Incident reference");
  const force = field("use-force", "Use of force reference");
  const given = (name, input) => (input.value.trim() ? { [name]: input.value.trim() } : {});
  return { parts: [incident.part, force.part],
    said: () => ({ ...given("incident_ref", incident.input), ...given("uof_ref", force.input) }) };
}

function toggles(name, title, options, isMany, first = null) {
  const buttons = options.map(([value, text]) => el("button", {
    type: "button", class: "act", "data-value": value, "aria-pressed": String(value === first),
    on: { click: (event) => press(event.currentTarget) },
  }, text));
  const press = (button) => {
    const was = button.getAttribute("aria-pressed") === "true";
    if (!isMany) buttons.forEach((each) => each.setAttribute("aria-pressed", "false"));
    button.setAttribute("aria-pressed", String(isMany ? !was : true));
  };
  return {
    part: el("div", { class: "part", role: "group", "aria-label": title }, el("p", {}, title),
      el("div", { class: "uses" }, buttons)),
    chosen: () => buttons.filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => each.dataset.value),
  };
}

function open(line, form) {
  return new Promise((done) => {
    const dialog = el("dialog", { class: "pad use", "aria-labelledby": "use-title" });
    const problem = el("p", { class: "problem", role: "alert", hidden: true });
    const close = (value) => {
      dialog.close();
      dialog.remove();
      done(value);
    };
    const submit = (event) => {
      event.preventDefault();
      problem.textContent = form.lacks();
      problem.hidden = problem.textContent === "";
      if (problem.hidden) close(form.said());
    };
    dialog.append(el("form", { method: "dialog", on: { submit } },
      el("h2", { id: "use-title" }, `${line.kind_label} ${line.serial ?? ""}: what was done`),
      form.parts, problem,
      el("div", { class: "ends" },
        el("button", { type: "button", class: "act", on: { click: () => close(null) } }, "Cancel"),
        el("button", { type: "submit", class: "act first" }, "Record the use"))));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(null);
    });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("button[data-value]").focus();
  });
}
