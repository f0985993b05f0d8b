"""What must hold of every decision, whatever the facts: Hypothesis makes them up.

One rule for the editor: these say nothing of any one rule; the policy table does.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.gate.ask import Ask, Override
from inventory.gate.decision import Decision, decide
from inventory.gate.facts import (
    Authority,
    Facts,
    Held,
    IssuerFacts,
    PersonFacts,
    Restriction,
    StoreFacts,
    Suspension,
)
from inventory.gate.rules import BY_CODE, PRECEDENCE
from inventory.people.training import Currency, Ending
from inventory.stock.kit_facts import BayFacts, CheckFacts, ItemFacts, LotFacts
from tests.inventory.gate.cases import NOW_US, case_of, policy_named, us
from tests.inventory.gate.phrases import apply
from tests.inventory.gate.policy_rows import rows

DEMO = policy_named("demo")

# ---- any facts at all ------------------------------------------------------------------------------

ids = st.integers(1, 6)
times = st.integers(NOW_US - 10**14, NOW_US + 10**14)
maybe_time = st.none() | times
days = st.dates(date(2020, 1, 1), date(2031, 1, 1))
words = st.sampled_from(["T7", "T10", "X2", "X26", "OVERT", "TRAINING", "OPERATIONAL", "LIVE_DUTY", "é", ""])
kinds = st.sampled_from([
    "CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE", "SBG", "BWV_CAMERA", "PAVA", "",
])  # fmt: skip
numbers = st.none() | st.integers(-(10**6), 10**6)
holds = st.none() | st.frozensets(
    st.sampled_from(["WET", "DEFECT", "EVIDENTIAL", "SOMETHING NEW"]), max_size=2
)
bays = st.builds(
    BayFacts, ids, st.none() | st.booleans(), times, numbers, numbers, numbers, st.none() | st.text(max_size=9),
    numbers, st.none() | words,
)  # fmt: skip
checks = st.none() | st.builds(CheckFacts, times, st.booleans())
items = st.builds(
    ItemFacts, id=ids, kind=kinds, maker=words, serial=words, model=words, home_store_id=ids, pool=words,
    purpose=st.none() | words, variant=st.none() | words, expires_on=st.none() | days,
    in_service_on=st.none() | days, personal_to=st.none() | ids, lot_id=st.none() | ids,
    holder=st.none() | st.sampled_from(["STORE", "PERSON", "EXHIBIT", "UNKNOWN", "MOON"]), holder_id=st.none() | ids,
    holds=holds, fitted_in=st.none() | ids, fitted=st.lists(ids, max_size=3).map(tuple), full_check=checks,
    function_test=checks, docked_us=maybe_time, bay=st.none() | bays, bays=st.integers(0, 3),
)  # fmt: skip
lots = st.builds(
    LotFacts, ids, kinds, words, words, words, st.integers(-3, 9), st.integers(0, 9), st.none() | days, holds
)
currencies = st.builds(Currency, days, st.none() | days, maybe_time, st.sampled_from(Ending))
keys = st.sampled_from([("CED", "T7"), ("CED", "T10"), ("PPST", None), ("JRFT", None), ("FIRST_AID", None)])
people = st.builds(
    PersonFacts, id=ids, kind=st.sampled_from(["REGULAR", "SPECIAL", "STUDENT", "VISITING_OFFICER", "PCSO", "?"]),
    name=words, collar=st.none() | words, leaves_us=maybe_time, joined_on=st.none() | days,
    frontline=st.booleans(), opted_in=st.none() | st.booleans(), training=st.dictionaries(keys, currencies),
    authorities=st.lists(st.builds(Authority, words, words, times, times), max_size=2).map(tuple),
    suspensions=st.none() | st.lists(st.builds(Suspension, times, maybe_time), max_size=1).map(tuple),
    restrictions=st.none()
    | st.lists(st.builds(Restriction, st.frozensets(kinds), times, maybe_time), max_size=1).map(tuple),
    gates=st.dictionaries(words, days, max_size=2),
    holding=st.none() | st.lists(st.builds(Held, ids, kinds, words), max_size=2).map(tuple),
    lots_held=st.dictionaries(kinds, st.integers(0, 9), max_size=2),
)  # fmt: skip
asks = st.builds(
    Ask, ids, ids, st.lists(ids, max_size=3).map(tuple), st.lists(st.tuples(ids, ids), max_size=1).map(tuple),
    st.sampled_from(["OPERATIONAL", "TRAINING", "HOLIDAY"]), maybe_time, st.just("hatch"), st.none() | ids,
    st.sampled_from(["ADDING", "COMPLETING", "SOMEHOW"]), st.booleans(), st.frozensets(ids),
    st.lists(st.tuples(ids, st.integers(-5, 200)), max_size=2).map(tuple),
    st.sampled_from(["PIN", "FACE", "CARD", None]), words, st.none() | st.booleans(), st.none() | st.booleans(),
)  # fmt: skip
overrides = st.builds(
    Override, ids, st.sampled_from(sorted(BY_CODE)), st.none() | ids, ids,
    st.sampled_from(["SUPERVISOR", "DUTY_INSPECTOR", "ISSUER"]), words, times, st.booleans(),
)  # fmt: skip
anything = st.builds(
    Facts, ask=asks, now_us=st.just(NOW_US), today=st.just(date(2026, 11, 21)), person=st.none() | people,
    items=st.lists(items, max_size=4).map(tuple), lots=st.lists(lots, max_size=1).map(tuple),
    store=st.none() | st.builds(StoreFacts, ids, words, st.booleans()),
    issuer=st.none() | st.builds(IssuerFacts, ids, st.booleans(), st.booleans()), feed_us=maybe_time,
    unknown_items=st.lists(ids, max_size=1).map(tuple), overrides=st.lists(overrides, max_size=2).map(tuple),
)  # fmt: skip

# ---- likely facts: a sound draw with the differences of some rows of the table ----------------------

CED_DRAWS = ("T7 set", "T7 set and spares", "T10 set", "X2 set", "T7 battery", "T7 cartridge")
LEFT_OUT = (
    "policy", "purpose", "magazine", "override", "charge typed",  # change what is asked, not what is known
    "nobody", "issuer none", "issuer unknown", "store",  # the tests below forget these themselves
    "cartridge 2", "cartridge 3", "cartridge 4", "cartridge 5", "cartridge 7", "cartridge 9",  # not in every set
)  # fmt: skip
DIFFERENCES = sorted(
    {
        each
        for row in rows()
        for cell in row.differences
        for each in cell.split("; ")
        if each != "-" and not each.startswith(LEFT_OUT)
    }
)


def drawn(draws: str, differences: list[str]) -> Facts:
    """The draw with what can be changed of it changed."""
    case = case_of(draws)
    for each in differences:
        name = each.split(" ")[0]
        speaks_of_kit = name in (
            "handle",
            "battery",
            "camera",
            "guard",
            "spray",
            "cartridge",
            "lot",
            "another",
        )
        if not speaks_of_kit or any(item.startswith(name) for item in case.items):
            apply(case, each)
    return case.facts()


def likely(draws: tuple[str, ...] = CED_DRAWS) -> st.SearchStrategy[Facts]:
    return st.builds(
        drawn, st.sampled_from(draws), st.lists(st.sampled_from(DIFFERENCES), max_size=3, unique=True)
    )


# ---- forgetting and spoiling -----------------------------------------------------------------------


def of_person(**unknown: Any) -> Callable[[Facts], Facts]:
    return lambda facts: replace(facts, person=replace(facts.person, **unknown)) if facts.person else facts


def of_items(**unknown: Any) -> Callable[[Facts], Facts]:
    return lambda facts: replace(facts, items=tuple(replace(item, **unknown) for item in facts.items))


def without_last_item(facts: Facts) -> Facts:
    if not facts.items:
        return facts
    return replace(facts, items=facts.items[:-1], unknown_items=(facts.items[-1].id,))


def without_bays(facts: Facts) -> Facts:
    """Docks fall silent. Left alone where something else still speaks for the dock, or spoke against it.

    A charge typed at the hatch stands in for a dock's word, and a dock's fault or a dock elsewhere is a reason to
    refuse, not a fact that an issue rests on: forgetting those is not knowing less of what allows.
    """
    if any(item.bay and _is_more_than_a_proof(item, facts) for item in facts.items):
        return facts
    return replace(facts, items=tuple(replace(item, bay=None) for item in facts.items))


def _is_more_than_a_proof(item: ItemFacts, facts: Facts) -> bool:
    typed = facts.charge_typed(item.id) is not None
    return typed or bool(item.bay and (item.bay.fault or item.bay.store_id != item.holder_id))


FORGET: dict[str, Callable[[Facts], Facts]] = {
    "the person": lambda facts: replace(facts, person=None),
    "the store": lambda facts: replace(facts, store=None),
    "the issuer": lambda facts: replace(facts, issuer=None),
    "the feed": lambda facts: replace(facts, feed_us=None),
    "training": of_person(training={}),
    "authorities": of_person(authorities=()),
    "suspensions": of_person(suspensions=None),
    "restrictions": of_person(restrictions=None),
    "opting in": of_person(opted_in=None),
    "gates": of_person(gates={}),
    "joining": of_person(joined_on=None),
    "places": of_items(holder=None, holder_id=None),
    "holds": of_items(holds=None),
    "expiries": of_items(expires_on=None),
    "cartridge purposes": of_items(purpose=None),
    "types": of_items(variant=None),
    "in-service dates": of_items(in_service_on=None),
    "full checks": of_items(full_check=None),
    "dockings": of_items(docked_us=None),
    "bays": without_bays,
    "an item": without_last_item,
}
SPOIL: dict[str, Callable[[Facts], Facts]] = {
    "a hold": of_items(holds=frozenset({"EVIDENTIAL"})),
    "a suspension": of_person(suspensions=(Suspension(0, None),)),
    "a restriction": of_person(restrictions=(Restriction(frozenset(), 0, None),)),
    "a stale feed": lambda facts: replace(facts, feed_us=us("2020-01-01 00:00")),
    "a closed store": lambda facts: replace(facts, store=StoreFacts(7, "Medway", open=False)),
    "an old check": of_items(full_check=CheckFacts(0, passed=False)),
    "another's hands": of_items(holder="PERSON", holder_id=99),
}


@given(anything)
@settings(max_examples=400)
def test_no_facts_make_the_gate_raise(facts: Facts) -> None:
    decision = decide(facts, DEMO)

    assert decision.verdict in ("ALLOW", "DENY")
    assert_is_coherent(decision, facts)


@given(likely((*CED_DRAWS, "camera", "spit guard", "spit guard lot", "training set", "T7 set and camera")))
def test_a_decision_agrees_with_its_own_reasons(facts: Facts) -> None:
    assert_is_coherent(decide(facts, DEMO), facts)


def assert_is_coherent(decision: Decision, facts: Facts) -> None:
    refused = any(
        each.weight == "HARD" or (each.weight == "SOFT" and not each.overridden) for each in decision.refusals
    )
    assert (decision.verdict == "DENY") == refused
    places = [PRECEDENCE[each.code] for each in decision.refusals]
    assert places == sorted(places)
    assert all(each.sentence and each.remedy for each in decision.refusals)
    secret = {each.code for each in decision.refusals if BY_CODE[each.code].secret}
    assert secret & {each.code for each in decision.shown()} == set()
    if decision.allowed and (facts.items or facts.lots):
        assert decision.valid_until_us > facts.now_us
        assert decision.valid_until_us >= (facts.ask.planned_return_us or 0)


@given(likely(), st.sampled_from(sorted(FORGET)))
@settings(max_examples=600)
def test_knowing_less_never_lets_a_ced_out(facts: Facts, what: str) -> None:
    if decide(facts, DEMO).verdict == "DENY":
        assert decide(FORGET[what](facts), DEMO).verdict == "DENY"


@given(likely(), st.sampled_from(sorted(SPOIL)))
@settings(max_examples=400)
def test_one_more_reason_never_turns_a_no_into_a_yes(facts: Facts, what: str) -> None:
    if decide(facts, DEMO).verdict == "DENY":
        assert decide(SPOIL[what](facts), DEMO).verdict == "DENY"


@given(likely())
def test_a_decision_depends_on_its_facts_and_nothing_else(facts: Facts) -> None:
    assert decide(facts, DEMO) == decide(facts, DEMO)


def test_nothing_known_is_a_no_with_every_reason() -> None:
    facts = case_of("T7 set").facts()
    for forget in FORGET.values():
        facts = forget(facts)
    decision = decide(facts, DEMO)

    assert decision.verdict == "DENY"
    assert {"PERSON_UNKNOWN", "STORE_UNKNOWN", "ITEM_UNKNOWN", "PLACE_UNKNOWN", "HOLDS_UNKNOWN"} <= {
        each.code for each in decision.refusals
    }
