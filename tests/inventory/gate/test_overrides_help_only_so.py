"""Whatever overrides there are, however many and by whom: a HARD reason stands, and only a fitting one answers a SOFT.

One rule for the editor: what fits is written out here once more, in plain words, and not asked of the gate.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.gate.ask import Override
from inventory.gate.decision import Refusal, decide, judge_person
from inventory.gate.facts import Facts
from inventory.gate.override_rules import (
    BY_RULE,
    DUTY_INSPECTOR,
    NOBODY,
    ON_SECTION_5,
    SUPERVISOR,
    least,
    offered,
)
from inventory.gate.rules import BY_CODE, RULES
from inventory.schema.words import OVERRIDERS
from inventory.stock.kit_facts import LotFacts
from tests.inventory.gate.cases import DUTY_ENDS_US, ISSUER, NOW_US, PC_4417, case_of, policy_named
from tests.inventory.gate.phrases import apply
from tests.inventory.gate.test_fail_closed import CED_DRAWS, likely

DEMO, OTHER = policy_named("demo"), policy_named("other")
ALL_DRAWS = (*CED_DRAWS, "camera", "spit guard", "spit guard lot", "training set", "T7 set and camera")
SOFT_ONES = ("CAMERA_CHARGE_LOW", "STORE_CLOSED", "PPST_OUT_OF_DATE", "DUTY_RESTRICTED", "BWV_USER_NOT_TRAINED")

SOFT_DRAWS = (
    ("camera", "camera bay charge 50"), ("camera", "BWV_USER never"), ("camera", "camera bay charge 50; store closed"),
    ("spit guard", "PPST never"), ("spit guard lot", "PPST never"), ("training set", "PPST never"),
    ("camera", "limited to nothing from 2026-11-01 00:00"), ("T7 set", "handle in_service_on 2019-01-10"),
    ("T7 set and camera", "camera bay charge 50"), ("camera", "camera bay charge 50; camera hold DEFECT"),
)  # fmt: skip

codes = st.sampled_from([*SOFT_ONES * 20, *sorted(BY_CODE)])
givers = st.sampled_from([60, 61, 62, PC_4417, ISSUER])
ends = st.sampled_from([DUTY_ENDS_US, DUTY_ENDS_US + 10**9, DUTY_ENDS_US - 1, NOW_US])
overrides = st.builds(
    Override, st.integers(1, 9), codes, st.sampled_from([None, 5, 1, 6]), givers,
    st.sampled_from([SUPERVISOR, DUTY_INSPECTOR, "ISSUER"]), st.sampled_from(["relief", "", "relief", "relief"]), ends,
    st.sampled_from([False, False, True]),
)  # fmt: skip
many = st.lists(overrides, max_size=12, unique_by=lambda each: each.id).map(tuple)


def refused_softly(row: tuple[str, str]) -> Facts:
    """A draw with something SOFT against it."""
    case = case_of(row[0])
    for difference in row[1].split("; "):
        apply(case, difference)
    return case.facts()


softly = st.sampled_from(SOFT_DRAWS).map(refused_softly)


def fits(each: Override, refusal: Refusal, facts: Facts) -> bool:
    """Whether an override answers a refusal: everything that must be so, in a row."""
    needs = DUTY_INSPECTOR if refusal.override_by == DUTY_INSPECTOR else SUPERVISOR
    enough = each.capability == DUTY_INSPECTOR or each.capability == needs
    ends_us = facts.ask.planned_return_us
    return (
        refusal.weight == "SOFT"
        and refusal.rule_id in BY_RULE
        and each.code == refusal.code
        and (each.item_id is None or each.item_id == refusal.item_id)
        and enough
        and each.by_person_id != facts.ask.person_id
        and each.by_person_id != facts.ask.by_person_id
        and not each.is_party
        and each.reason.strip() != ""
        and ends_us is not None
        and each.until_us > facts.now_us
        and each.until_us >= max(ends_us, facts.now_us)
    )


@given(softly | likely(ALL_DRAWS), many, st.sampled_from([DEMO, OTHER]))
@settings(max_examples=500)
def test_no_sequence_of_overrides_moves_a_hard_reason(facts: Facts, given_to_it: tuple[Override, ...], policy) -> None:  # type: ignore[no-untyped-def]
    without = decide(facts, policy)
    made = decide(replace(facts, overrides=given_to_it), policy)
    hard = [each.code for each in without.refusals if each.weight == "HARD"]
    assert [each.code for each in made.refusals if each.weight == "HARD" and each.stops] == hard
    if hard:
        assert made.verdict == "DENY"
    assert [each.code for each in made.refusals] == [each.code for each in without.refusals]


@given(softly | likely(ALL_DRAWS), many)
@settings(max_examples=1000)
def test_a_reason_is_overridden_exactly_where_an_override_fits_it(
    facts: Facts, given_to_it: tuple[Override, ...]
) -> None:
    facts = replace(facts, overrides=given_to_it)
    made = decide(facts, OTHER)
    for refusal in made.refusals:
        fitting = [each for each in given_to_it if fits(each, refusal, facts)]
        assert refusal.overridden == bool(fitting), refusal
        assert refusal.override_id in ([each.id for each in fitting] or [None])
    if made.allowed:
        relied = [each for each in given_to_it if each.id in {one.override_id for one in made.refusals}]
        assert all(made.valid_until_us <= each.until_us for each in relied)


SPOILT: dict[str, dict[str, Any]] = {
    "expired": {"until_us": NOW_US},
    "for a shorter duty": {"until_us": DUTY_ENDS_US - 1},
    "by the officer": {"by_person_id": PC_4417},
    "by the issuer": {"by_person_id": ISSUER},
    "by a linked record of either": {"is_party": True},
    "by somebody who may not": {"capability": "ISSUER"},
    "without a reason": {"reason": " "},
    "for another item": {"item_id": 404},
    "of another rule": {"code": "DEFECTIVE"},
}


@given(softly, st.data())
@settings(max_examples=500)
def test_an_override_that_is_spoilt_in_any_one_way_never_helps(facts: Facts, data: st.DataObject) -> None:
    refusals = decide(facts, OTHER).refusals
    good = [
        Override(n, each.code, each.item_id, 60, DUTY_INSPECTOR, "relief", DUTY_ENDS_US)
        for n, each in enumerate(refusals, 1)
    ]
    answerable = any(each.override_by for each in refusals)
    assert any(each.overridden for each in decide(replace(facts, overrides=tuple(good)), OTHER).refusals) == answerable
    useless = tuple(replace(each, **SPOILT[data.draw(st.sampled_from(sorted(SPOILT)))]) for each in good)
    made = decide(replace(facts, overrides=useless), OTHER)
    assert (made.verdict, made.refusals) == ("DENY", refusals)


# ---- who may answer what -------------------------------------------------------------------------------


def test_only_rules_the_design_names_are_answered_and_nothing_that_it_lets_nobody_answer() -> None:
    nobody = {"O-01", "O-02", "O-03", "O-04", "O-10", "O-11", "M-01", "M-05", "M-06", "O-16"}
    nobody |= {f"I-{n:02}" for n in (*range(1, 13), 14, 15)}
    assert nobody.isdisjoint(BY_RULE)
    assert nobody.isdisjoint(ON_SECTION_5)
    assert set(BY_RULE) <= {rule.rule_id for rule in RULES}
    assert {*BY_RULE.values(), *ON_SECTION_5.values()} == set(OVERRIDERS)
    assert least("O-05", section_5=True) == DUTY_INSPECTOR
    assert least("O-05", section_5=False) == least("I-13", section_5=True) == SUPERVISOR
    assert least("I-15", section_5=False) == least("Z-99", section_5=False) == NOBODY


@pytest.mark.parametrize(
    ("draws", "differences", "by"),
    [
        ("camera", "camera bay charge 50", SUPERVISOR),
        ("camera", "camera bay charge 50; camera hold DEFECT", NOBODY),
        ("camera", "-", NOBODY),
        ("T7 set", "PPST never", NOBODY),
        ("training set", "PPST never", DUTY_INSPECTOR),
        ("spit guard", "PPST never; store closed", SUPERVISOR),
    ],
)  # fmt: skip
def test_what_a_screen_may_offer(draws: str, differences: str, by: str) -> None:
    case = case_of(draws)
    case.policy = "other"
    apply(case, differences)
    assert offered(decide(case.facts(), OTHER).refusals) == by


def test_a_sergeants_word_for_a_guard_is_none_for_the_ced_beside_it() -> None:
    case = case_of("training set")
    apply(case, "PPST never")
    case.lots = [LotFacts(90, "SBG", "NIPPON", "24-11", "SAFE HOOD", 1, 40, None, frozenset())]
    word = Override(1, "PPST_OUT_OF_DATE", None, 60, SUPERVISOR, "relief", DUTY_ENDS_US)
    made = {}
    for capability in OVERRIDERS:
        case.overrides = (replace(word, capability=capability),)
        made[capability] = [each for each in decide(case.facts(), OTHER).refusals if each.code == "PPST_OUT_OF_DATE"]
    assert [each.overridden for each in made[SUPERVISOR]] == [False]
    assert [each.overridden for each in made[DUTY_INSPECTOR]] == [True]


def test_what_a_person_may_draw_counts_overrides_too() -> None:
    case = case_of("camera")
    apply(case, "BWV_USER never")
    case.overrides = (Override(1, "BWV_USER_NOT_TRAINED", None, 60, SUPERVISOR, "relief", DUTY_ENDS_US),)
    told = judge_person(case.facts(), DEMO, "BWV_CAMERA", "BODY 3")
    assert [(each.code, each.stops) for each in told] == [("BWV_USER_NOT_TRAINED", False)]
