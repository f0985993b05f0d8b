"""O-17: a special constable has served long enough."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import SPOC, day_in_words
from inventory.people.calendar import add_months

MONTHS = Number("special_service_months")


def condition(facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    months = terms.count(MONTHS.name)
    if person.kind != "SPECIAL" or months is None:
        return None
    if person.joined_on is None:
        return Finding("The day you joined is not on your record.", SPOC)
    served_on = add_months(person.joined_on, months)
    if facts.today >= served_on:
        return None
    return Finding(f"As a special constable you may carry a CED from {day_in_words(served_on)}.", SPOC)


RULE = Rule(
    code="SPECIAL_SERVICE_TOO_SHORT",
    rule_id="O-17",
    must="A special constable has served long enough.",
    scope="PERSON",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    numbers=(MONTHS,),
)
