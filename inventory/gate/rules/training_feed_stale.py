"""M-05: training records came in lately enough to be believed."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import day_of
from inventory.people.calendar import HOUR_US

HOURS = Number("feed_hours_max", minimum=1, maximum=72)


def condition(facts: Facts, _person: PersonFacts, terms: Terms) -> Answer:
    remedy = "Tell the store manager; until records come in, no CED can be issued."
    if facts.feed_us is None:
        return Finding("Training records have never come in.", remedy)
    if facts.now_us - facts.feed_us <= (terms.count(HOURS.name) or 0) * HOUR_US:
        return None
    return Finding(f"Training records have not come in since {day_of(facts.feed_us)}.", remedy)


RULE = Rule(
    code="TRAINING_FEED_STALE",
    rule_id="M-05",
    must="Training records are fresh.",
    scope="PERSON",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    numbers=(HOURS,),
)
