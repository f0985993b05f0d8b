"""O-11: nothing of an earlier CED draw is still out with the person when a handle is drawn."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, CED, Answer, Finding, Rule, Terms
from inventory.gate.wording import how_many


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    left = [each for each in facts.holding if each.kind in CED]
    if not facts.handles or not left or any(each.kind == "CED_HANDLE" for each in left):
        return None
    pieces = how_many(len(left), "piece", "pieces")
    return Finding(
        f"You still have {pieces} of an earlier CED draw.", "Hand it back first, or say what became of it."
    )


RULE = Rule(
    code="EARLIER_DRAW_NOT_RECONCILED",
    rule_id="O-11",
    must="Nothing of an earlier CED draw is still out.",
    scope="SET",
    condition=condition,
    kinds=frozenset({"CED_HANDLE"}),
    firm=BOTH,
)
