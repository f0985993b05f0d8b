"""docs/rules.md says what the rules and the shipped policy say."""

from pathlib import Path

from inventory.gate.policy import HERE, load
from inventory.gate.rules import RULES
from inventory.gate.rules_page import page

DOCS = Path(__file__).resolve().parents[3] / "docs" / "rules.md"
FOLDER = HERE.parent / "rules"


def test_the_page_is_in_step_with_the_rules() -> None:
    assert DOCS.read_text("utf-8") == page(load())


def test_every_file_of_a_rule_is_registered_and_says_what_it_is_for() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    text = (FOLDER / "__init__.py").read_text("utf-8")

    assert len(files) == len(RULES)
    assert [
        name for name in files if text.count(f"    {name},\n") != 1 or text.count(f"    {name}.RULE,") != 1
    ] == []


def test_no_code_and_no_place_is_taken_twice() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.must.endswith(".") for rule in RULES)


def test_a_rule_that_hides_its_reason_says_only_where_to_turn() -> None:
    assert {rule.code for rule in RULES if rule.secret} == {
        "AUTHORITY_SUSPENDED",
        "NOT_AUTHORISED",
        "DUTY_RESTRICTED",
    }
