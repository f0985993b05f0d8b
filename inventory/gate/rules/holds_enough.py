"""The person does not end up with more of a kind than the force lets one person have."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import asked_of_kind
from inventory.gate.wording import how_many
from inventory.stock.kinds import label

MOST = Number("carry_max", minimum=1)


def condition(facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    kind = terms.kind
    asked = len(asked_of_kind(facts, kind)) + sum(lot.quantity for lot in facts.lots if lot.kind == kind)
    held = sum(each.kind == kind for each in facts.holding) + person.lots_held.get(kind, 0)
    there, most = (
        held + max(asked, 1),
        terms.count(MOST.name),
    )  # with nothing scanned yet: could they draw one?
    if most is None or there <= most:
        return None
    return Finding(
        f"You would have {how_many(there, label(kind), label(kind, 2))}; the most is {most}.",
        "Hand one back first.",
    )


RULE = Rule(
    code="HOLDS_ENOUGH",
    rule_id="D-07",
    must="The person ends up with no more than the force lets one person have.",
    scope="KIND",
    condition=condition,
    kinds=frozenset({"SBG", "BWV_CAMERA"}),
    numbers=(MOST,),
)
