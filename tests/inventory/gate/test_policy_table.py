"""The policy table, row by row; and that it speaks of every rule."""

import pytest

from inventory.gate.rules import BY_CODE, RULES
from tests.inventory.gate.policy_rows import Row, codes_of, judged, rows


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_the_gate_answers_as_the_table_says(row: Row) -> None:
    decision = judged(row)

    assert codes_of(decision) == row.codes
    assert decision.missing == row.missing
    if row.until_us is not None:
        assert decision.valid_until_us == row.until_us
    if row.says is not None:
        assert decision.refusals[0].sentence == row.says


def test_each_rule_alone_turns_a_sound_draw_into_exactly_its_code() -> None:
    alone = {row.codes[-1].rstrip("?!") for row in rows() if len({c for c in row.codes if c != "ALLOW"}) == 1}

    assert [rule.code for rule in RULES if rule.code not in alone] == []


def test_the_table_names_no_rule_that_does_not_exist() -> None:
    named = {code.rstrip("?!") for row in rows() for code in row.codes} - {"ALLOW"}

    assert named - set(BY_CODE) == set()


def test_no_row_stands_twice() -> None:
    seen = [(row.draws, row.differences) for row in rows()]

    assert len(seen) == len(set(seen))
