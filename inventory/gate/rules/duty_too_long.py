"""M-01: kit that comes back at the end of a duty is not drawn for longer than a duty lasts."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.people.calendar import HOUR_US

HOURS = Number("duty_hours_max", minimum=1)


def condition(facts: Facts, _subject: None, terms: Terms) -> Answer:
    ends_us, hours = facts.ask.planned_return_us, terms.count(HOURS.name)
    if ends_us is None or hours is None or ends_us - facts.now_us <= hours * HOUR_US:
        return None
    return Finding(f"The duty given is longer than {hours} hours.", "Choose your shift on the screen.")


RULE = Rule(
    code="DUTY_TOO_LONG",
    rule_id="M-01",
    must="The duty is no longer than the force's longest.",
    scope="SET",
    condition=condition,
    numbers=(HOURS,),
)
