"""I-10: the cartridges loaded in a T7 are of one type; spares may be of the other."""

from collections import Counter

from inventory.gate.facts import Facts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import asked_of_kind

PAIR = Number("loaded_of_one_type", by_model=True, minimum=1, never_none=("T7",))


def condition(facts: Facts, _subject: None, terms: Terms) -> Answer:
    pair = terms.count(PAIR.name)
    asked = asked_of_kind(facts, "CED_CARTRIDGE")
    if pair is None or facts.handle_model is None or not asked:
        return None
    types = [item.variant for item in asked] + [h.variant for h in facts.holding if h.kind == "CED_CARTRIDGE"]
    known = Counter(variant for variant in types if variant is not None)
    if len(types) < pair or max(known.values(), default=0) >= pair:
        return None
    return Finding(
        f"A {facts.handle_model} is loaded with {pair} cartridges of the same type.",
        "Change one so that they match.",
        f"{pair} cartridges of one type to go",
    )


RULE = Rule(
    code="TYPES_DIFFER",
    rule_id="I-10",
    must="The cartridges loaded together are of one type.",
    scope="SET",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    awaits=True,
    numbers=(PAIR,),
)
