"""I-03: a competent person has fully checked the handle within the weeks set, to the end of the duty."""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import days_after_us, lasting
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts

WEEKS = Number("full_check_weeks", by_model=True, minimum=1, maximum=24, never_none=("*",))


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    weeks, check = terms.count(WEEKS.name), item.full_check
    if weeks is None:
        return None
    if check is None:
        return Finding(f"{label_of(item)} has no full check on record.", TAKE_ANOTHER)
    if not check.passed:
        return Finding(f"{label_of(item)} failed its last full check.", TAKE_ANOTHER)
    return lasting(
        facts, days_after_us(check.at_us, 7 * weeks), f"The full check of {item.label}", TAKE_ANOTHER
    )


RULE = Rule(
    code="FULL_CHECK_OVERDUE",
    rule_id="I-03",
    must="A competent person has fully checked it within the weeks set.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_HANDLE"}),
    firm=DUTY,
    person_free=True,
    numbers=(WEEKS,),
)
