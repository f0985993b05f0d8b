"""The person has not left the force, and does not leave before the duty ends."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule
from inventory.gate.wording import last_day_of


def condition(facts: Facts, _subject: None, _terms: None) -> Answer:
    leaves_us = facts.person.leaves_us if facts.person else None
    if leaves_us is None:
        return None
    if facts.lasts(leaves_us):
        return leaves_us
    return Finding(f"Your last day on record is {last_day_of(leaves_us)}.", "Speak to your supervisor.")


RULE = Rule(
    code="PERSON_LEFT",
    rule_id="D-04",
    must="The person is in the force for the whole duty.",
    scope="ASK",
    condition=condition,
    always=True,
)
