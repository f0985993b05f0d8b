"""I-02: the CED passed its function test at this draw (or lately enough, where the force lets that do)."""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import label_of
from inventory.people.calendar import HOUR_US
from inventory.stock.kit_facts import ItemFacts

EACH_DRAW = Number("function_test_at_each_draw", "bool")
HOURS = Number("function_test_hours_max", minimum=1, maximum=24)


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    if item.id in facts.ask.function_tests or _tested_lately(facts, item, terms):
        return None
    return Finding(
        f"{label_of(item)} has not passed its function test.", "Test it, and touch PASSED.",
        f"Function test of {item.label} to go",
    )  # fmt: skip


def _tested_lately(facts: Facts, item: ItemFacts, terms: Terms) -> bool:
    test = item.function_test
    if terms.is_on(EACH_DRAW.name) or test is None or not test.passed:
        return False
    return facts.now_us - test.at_us <= (terms.count(HOURS.name) or 0) * HOUR_US


RULE = Rule(
    code="FUNCTION_TEST_MISSING",
    rule_id="I-02",
    must="It passed its function test at this draw.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_HANDLE"}),
    firm=DUTY,
    awaits=True,
    numbers=(EACH_DRAW, HOURS),
)
