"""Section 3.6: the camera's dock spoke of it lately; a silent dock makes it unknown, not ready."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import MINUTE_US
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts

MINUTES = Number("dock_feed_minutes_max", minimum=1)
REMEDY = "Put it in a working dock for a minute, or take another."


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    if item.bay is None:
        return Finding(f"{label_of(item)} has not been seen in a dock.", REMEDY)
    if facts.now_us - item.bay.observed_us <= (terms.count(MINUTES.name) or 0) * MINUTE_US:
        return None
    return Finding(f"Nothing has been heard of {item.label} from its dock lately.", REMEDY)


RULE = Rule(
    code="DOCK_FEED_STALE",
    rule_id="I-17",
    must="Its dock spoke of it lately.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
    person_free=True,
    numbers=(MINUTES,),
)
