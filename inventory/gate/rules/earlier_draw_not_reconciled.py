"""O-11: nothing of an earlier CED draw is still out with the person when a handle is drawn."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import BOTH, CED, Answer, Finding, Rule, Terms
from inventory.gate.wording import how_many


def condition(_facts: Facts, person: PersonFacts, _terms: Terms) -> Answer:
    left = [each for each in person.holding or () if each.kind in CED]
    if not left or any(each.kind == "CED_HANDLE" for each in left):
        return None
    pieces = how_many(len(left), "piece")
    return Finding(
        f"You still have {pieces} of an earlier CED draw.", "Hand it back first, or say what became of it."
    )


RULE = Rule(
    code="EARLIER_DRAW_NOT_RECONCILED",
    rule_id="O-11",
    must="Nothing of an earlier CED draw is still out.",
    scope="KIND",
    condition=condition,
    kinds=frozenset({"CED_HANDLE"}),
    firm=BOTH,
)
