"""I-19: the dock it stands in runs the firmware the force asks of such docks, where the force holds its bays back for
that. A dock that tells no firmware is no bar; one whose firmware cannot be compared is."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts
from inventory.stock.versions import standing


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    runs = item.bay.dock_firmware if item.bay else None
    asked = terms.devices.get(item.bay.dock_driver or "") if item.bay else None
    if not runs or asked is None or not asked.not_ready or standing(runs, asked.minimum) == "ENOUGH":
        return None
    return Finding(
        f"{label_of(item)}: its dock runs firmware {runs}; {asked.minimum} is needed.",
        "Take one from another dock, and have this dock updated.",
    )


RULE = Rule(
    code="DOCK_FIRMWARE_OLD",
    rule_id="I-19",
    must="Its dock runs the firmware the force asks for.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA", "CED_BATTERY", "CED_HANDLE"}),
    person_free=True,
)
