"""Prints docs/rules.md from the rules and the shipped policy, so that the page cannot say anything else.

One rule for the editor: every fact on the page is read from a rule or a policy file; a test compares the page with
what is printed here.
"""

import json
from collections.abc import Iterable
from typing import Any

from inventory.gate.course_policy import in_turn
from inventory.gate.documents import shipped
from inventory.gate.kind_policy import Policy
from inventory.gate.override_rules import BY_RULE, least
from inventory.gate.policy import load
from inventory.gate.rule import EVERY_KIND, Number, Rule
from inventory.gate.rules import RULES
from inventory.stock.kinds import label

HEAD = """# What the gate asks

Printed from the rules in `inventory/gate/rules/` and the policies in `inventory/gate/policies/`; do not edit it by
hand. `python -m inventory.gate.rules_page` prints it again, and a test compares.

Every rule is asked of every issue it concerns, and every reason is given at once, in this order. On section 5 kit
(CED handle, battery, cartridge, magazine) whatever is unknown, stale or in conflict is a no.

- **Weight**: HARD refuses and nobody overrides it; SOFT refuses unless a second person overrides it for one duty
  (below); WARN is said and refuses nothing; *off* is not asked, *–* does not concern the policy's kinds. **!** marks
  what no policy may soften or leave out.
- **Asked**: *scan* at every scan and again before issue; *to go* while the set is being built it is listed as still
  to come, before issue it refuses; *issue* only before issue. **ready** means it also decides whether an item counts
  as ready when nobody is asking.
- **Hatch**: *refer* means that the hatch says only REFER_TO_SUPERVISOR; the real code goes to the record.
- Rule ids are those of the design (O officer, I item, M moment, D ours). A tag that is not bound to an item never
  reaches the gate, and of an item drawn by its fitted parent (cartridges in a magazine) every one is judged.
"""
NUMBERS_HEAD = """
## Numbers

The force sets these in the policy files, each with its origin (LAW statute, N national, M maker, L local, D design)
and source. "NONE" says that it does not apply to a model. A model whose number is not set answers POLICY_INCOMPLETE.
"""
OVERRIDES_HEAD = """
## Who may override what

A SOFT refusal gives way to an override: given by somebody else than who draws and who issues, with a reason, for one
duty of at most twelve hours. SUPERVISOR is a sergeant or above, DUTY_INSPECTOR an inspector or above, each for the
stores they are posted to. A rule that is not here is overridden by nobody, even where a policy weighs it SOFT; section
5 kit is a CED handle, battery, cartridge or magazine.
"""
NOT_ASKED = """
## What the design names and the gate does not ask

- O-15 has nothing to ask: plain clothes are no exemption, so cameras are asked of everybody alike.
- M-08 asks whether the store is open; a freeze during a stock count waits for stock counts to be recorded.
- I-19's encryption is not reported by any dock we read. The other three of I-19 are asked where the dock tells.
- I-12's hours of drying and three discharges are a technician's, who lifts the WET hold when they are done.
- O-17's review after each use by a student is chased and written down ([training](training.md)); it refuses nothing.
"""
COURSES_HEAD = """
## How long training lasts

Calendar months from the day of the course; EXCLUSIVE means that the last good day is the day before the anniversary.
A result keeps the rule of its own day; one for all also takes in what was passed before ([training](training.md)).
"""


DEVICES_HEAD = """
## Firmware of readers, docks and bridges

By driver. One below its minimum is amber on the devices page; where its bays are *not ready*, DOCK_FIRMWARE_OLD stops
what stands in them. What kit itself must run is the number `firmware_min` above, model by model, and
`firmware_not_ready` says whether less than that stops it. A version that cannot be compared is said to be so, and
counts as too old. As shipped nothing is asked here: the force names what it has tested.
"""
DOCUMENTS_HEAD = """
## Documents

What the sources above stand for. When each is to be looked at again stands on the policy page of the service.
"""


def page(policy: Policy) -> str:
    """The whole page, for `policy`."""
    whole: dict[str, Any] = json.loads(policy.body)
    families = [name for name, data in whole.items() if "rules" in data]
    lines = [HEAD, _row(["Code", "Id", "What must be true", "Kinds", "Asked", "Hatch", *families])]
    lines.append(_row(["---"] * (6 + len(families))))
    lines += [_row(_cells(rule, [whole[name] for name in families])) for rule in RULES]
    lines += [
        NUMBERS_HEAD,
        _row(["Number", "Policy", "Value", "Bounds", "Origin", "Source"]),
        _row(["---"] * 6),
    ]
    lines += [row for name in families for row in _numbers(name, whole[name].get("numbers", {}))]
    lines += [DEVICES_HEAD, _row(["Driver", "At least", "Bays below it", "Origin", "Source"]), _row(["---"] * 5)]
    lines += [
        _row([f"`{driver}`", each.minimum, "not ready" if each.not_ready else "as they are", each.origin, each.source])
        for driver, each in sorted(policy.devices.items())
    ]
    lines += [
        COURSES_HEAD,
        _row(["Qualification", "Months", "Boundary", "Shortest course", "Origin", "Source"]),
    ]
    lines += [_row(["---"] * 6), *_courses(whole), OVERRIDES_HEAD]
    lines += [_row(["Id", "Rules", "By", "On section 5 kit, by"]), _row(["---"] * 4), *_overrides(), NOT_ASKED]
    lines += [DOCUMENTS_HEAD, _row(["Document", "Cited as", "Title", "Owner"]), _row(["---"] * 4)]
    lines += [
        _row([f"`{each.reference}`", ", ".join(each.cited_as) or each.reference, each.title, each.owner])
        for each in shipped().values()
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(rule: Rule, families: Iterable[dict[str, Any]]) -> list[str]:
    asked = "to go" if rule.awaits else "issue" if rule.completing else "scan"
    return [
        f"`{rule.code}`",
        rule.rule_id,
        rule.must,
        "all" if rule.kinds == EVERY_KIND else ", ".join(sorted(label(kind) for kind in rule.kinds)),
        f"{asked}, **ready**" if rule.person_free else asked,
        "refer" if rule.secret else "as it is",
        *(_weight(rule, family) for family in families),
    ]


def _weight(rule: Rule, family: dict[str, Any]) -> str:
    """What one policy gives a rule; "–" where it has no kind that the rule concerns."""
    if rule.always:
        return "HARD!"
    if not rule.kinds & set(family["kinds"]):
        return "–"
    firm = family["section_5"] and set(rule.firm) & set(family["purposes"])
    return f"{family['rules'].get(rule.code, 'off')}{'!' if firm else ''}"


def _numbers(family: str, tables: dict[str, Any]) -> list[str]:
    known: dict[str, Number] = {number.name: number for rule in RULES for number in rule.numbers}
    return [
        _row(
            [
                f"`{name}`",
                family,
                _value(table["value"]),
                _bounds(known[name]),
                table["origin"],
                table["source"],
            ]
        )
        for name, table in sorted(tables.items())
    ]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{model} {_value(each)}" for model, each in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bounds(number: Number) -> str:
    if number.kind_of != "int":
        return f"among {', '.join(number.among)}" if number.among else "any"
    most = "" if number.maximum is None else f" to {number.maximum}"
    return f"{number.minimum}{most}" if most else f"{number.minimum} or more"


def _courses(whole: dict[str, Any]) -> list[str]:
    courses: dict[str, Any] = next(data["courses"] for data in whole.values() if "courses" in data)
    rows = []
    for name, table in sorted(courses.items()):
        for number, rule in enumerate(in_turn(table)):
            since = f" from {rule['from']}" if number else ""
            everybody = ", for all" if rule.get("for_all") else ""
            least = "; ".join(f"{course} {least} min" for course, least in rule.get("minutes_min", {}).items())
            cells = (str(rule["months"]), rule.get("boundary", "EXCLUSIVE"), least or "any")
            rows.append(_row([f"{name}{since}{everybody}", *cells, rule["origin"], rule["source"]]))
    return rows


def _overrides() -> list[str]:
    return [
        _row([
            rule_id,
            ", ".join(f"`{rule.code}`" for rule in RULES if rule.rule_id == rule_id),
            least(rule_id, section_5=False),
            least(rule_id, section_5=True),
        ])
        for rule_id in sorted(BY_RULE)
    ]  # fmt: skip


if __name__ == "__main__":
    print(page(load()), end="")
