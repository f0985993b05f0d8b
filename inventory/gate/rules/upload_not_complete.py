"""I-17: every film has been uploaded."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, how_many, label_of
from inventory.stock.kit_facts import ItemFacts


def condition(_facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.bay is None or item.bay.files_pending == 0:
        return None
    if item.bay.files_pending is None:
        return Finding(f"It is not known whether {item.label} has uploaded its films.", TAKE_ANOTHER)
    waiting = how_many(item.bay.files_pending, "film")
    return Finding(f"{label_of(item)} still has {waiting} to upload.", TAKE_ANOTHER)


RULE = Rule(
    code="UPLOAD_NOT_COMPLETE",
    rule_id="I-17",
    must="Its films are uploaded, none is left on it.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
    person_free=True,
)
