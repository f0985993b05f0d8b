"""M-07: a visiting officer draws a CED only where the force allows it, and while the donor force's word on the model
lasts: up to the end of the operation they came for."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import lasting
from inventory.gate.wording import SPOC

VISITORS = Number("visitors_draw", "bool")


def condition(facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    if person.kind != "VISITING_OFFICER":
        return None
    of_model = [each for each in person.attested if each.model == terms.model]
    begun = [each.until_us for each in of_model if each.from_us <= facts.now_us]
    if not terms.is_on(VISITORS.name) or not begun:
        return Finding(f"Your own force has not attested your {terms.model} currency here.", SPOC)
    return lasting(facts, max(begun), f"Your own force's word on your {terms.model}", SPOC)


RULE = Rule(
    code="VISITOR_NOT_ATTESTED",
    rule_id="M-07",
    must="A visiting officer's currency on the model is attested by their own force.",
    scope="MODEL",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    numbers=(VISITORS,),
)
