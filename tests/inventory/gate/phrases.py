"""The phrases of the policy table, each a pattern and what it changes in a case.

One rule for the editor: a phrase reads as a storekeeper would say it, and changes one thing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from inventory.gate.ask import Override
from inventory.gate.facts import Attested, Authority, Held, PersonFacts, Restriction, Suspension
from inventory.people.training import Ending
from inventory.stock.kit_facts import BayFacts, CheckFacts, Kept, VendorFacts
from tests.inventory.gate.cases import STORE, Case, held_until, us

Change = Callable[..., None]
WHEN = r"(\d{4}-\d\d-\d\d \d\d:\d\d)"
DAY = r"(\d{4}-\d\d-\d\d)"
ITEM = r"(handle|battery|magazine|camera|guard|spray|cartridge \d+)"
PHRASES: list[tuple[re.Pattern[str], Change]] = []


def phrase(pattern: str) -> Callable[[Change], Change]:
    """Register what a phrase changes."""

    def register(change: Change) -> Change:
        PHRASES.append((re.compile(pattern), change))
        return change

    return register


def apply(case: Case, text: str) -> None:
    """Change `case` by each phrase in a cell of the table; '-' changes nothing."""
    for each in re.split(r"\s*;\s*", text.strip()):
        if each not in ("", "-"):
            _apply(case, each)


def _apply(case: Case, text: str) -> None:
    for pattern, change in PHRASES:
        if match := pattern.fullmatch(text):
            change(case, *match.groups())
            return
    raise ValueError(f"no phrase of the table: {text!r}")


def _person(case: Case, **changed: Any) -> None:
    assert case.person is not None
    case.person = replace(case.person, **changed)


def _item(case: Case, name: str, **changed: Any) -> None:
    case.items[name] = replace(case.items[name], **changed)


def _of(case: Case) -> PersonFacts:
    assert case.person is not None
    return case.person


def _time(text: str | None) -> int | None:
    return us(text) if text else None


# ---- the officer -----------------------------------------------------------------------------------


@phrase("nobody on record")
def _nobody(case: Case) -> None:
    case.person = None


@phrase(r"is a ([A-Z_]+)")
def _kind(case: Case, kind: str) -> None:
    _person(case, kind=kind)


@phrase(rf"([A-Z_]+)(?: (X2|T7|T10))? (until|failed on|never|for ever)(?: {WHEN})?")
def _training(case: Case, course: str, model: str | None, how: str, when: str | None) -> None:
    training = dict(_of(case).training)
    training.pop((course, model), None)
    if how != "never":
        ended_by = Ending.FAIL if how == "failed on" else Ending.TIME
        training[course, model] = held_until(_time(when), ended_by)
    _person(case, training=training)


@phrase(rf"authority (X2|T7|T10)(?: (COVERT))? (none|(?:from {WHEN} )?until {WHEN})")
def _authority(
    case: Case, model: str, mode: str | None, how: str, start: str | None, end: str | None
) -> None:
    others = tuple(each for each in _of(case).authorities if each.model != model)
    if how == "none":
        _person(case, authorities=others)
        return
    granted = Authority(model, mode or "OVERT", us(start or "2026-01-06 00:00"), us(end or ""))
    _person(case, authorities=(*others, granted))


@phrase(rf"also authority (X2|T7|T10) until {WHEN}")
def _also(case: Case, model: str, end: str) -> None:
    more = Authority(model, "OVERT", us("2026-02-01 00:00"), us(end))
    _person(case, authorities=(*_of(case).authorities, more))


@phrase(rf"suspended(?: for (X2|T7|T10))?(?: (OVERT|COVERT))? from {WHEN}(?: to {WHEN})?")
def _suspended(case: Case, model: str | None, mode: str | None, start: str, end: str | None) -> None:
    more = Suspension(us(start), _time(end), model, mode)
    _person(case, suspensions=(*(_of(case).suspensions or ()), more))


@phrase("(suspensions|restrictions|holding) unknown")
def _unknown(case: Case, what: str) -> None:
    _person(case, **{what: None})


@phrase(rf"limited to ([A-Z_,]+|nothing) from {WHEN}(?: to {WHEN})?")
def _limited(case: Case, kinds: str, start: str, end: str | None) -> None:
    allowed = frozenset() if kinds == "nothing" else frozenset(kinds.split(","))
    more = Restriction(allowed, us(start), _time(end))
    _person(case, restrictions=(*(_of(case).restrictions or ()), more))


@phrase("opt-in (no|unknown)")
def _opt_in(case: Case, how: str) -> None:
    _person(case, opted_in=False if how == "no" else None)


@phrase(rf"attested (X2|T7|T10) from {WHEN} until {WHEN}")
def _attested(case: Case, model: str, start: str, end: str) -> None:
    word = Attested(model, us(start), us(end))
    _person(case, attested=(*_of(case).attested, word))


@phrase(r"gate ([A-Z0-9_]+)")
def _gate(case: Case, gate: str) -> None:
    _person(case, gates={**_of(case).gates, gate: date(2026, 3, 1)})


@phrase("no gates")
def _no_gates(case: Case) -> None:
    _person(case, gates={})


@phrase(rf"joined (?:on {DAY}|unknown)")
def _joined(case: Case, day: str | None) -> None:
    _person(case, joined_on=date.fromisoformat(day) if day else None)


@phrase(rf"leaves at {WHEN}")
def _leaves(case: Case, when: str) -> None:
    _person(case, leaves_us=us(when))


@phrase("not in a frontline posting")
def _posting(case: Case) -> None:
    _person(case, frontline=False)


@phrase(r"has (\d+) ([A-Z_]+) (\S+)(?: type ([A-Z]+))?(?: for (TRAINING|OPERATIONAL|nothing))?")
def _has(case: Case, count: str, kind: str, model: str, variant: str | None, purpose: str | None) -> None:
    held = _of(case).holding or ()
    of = None if purpose == "nothing" else purpose or "OPERATIONAL"
    more = tuple(Held(900 + len(held) + n, kind, model, variant, of) for n in range(int(count)))
    _person(case, holding=(*held, *more))


@phrase(r"has (\d+) ([A-Z_]+) by lot")
def _has_by_lot(case: Case, count: str, kind: str) -> None:
    _person(case, lots_held={kind: int(count)})


# ---- the kit ---------------------------------------------------------------------------------------


@phrase(rf"{ITEM} at ([A-Z]+) (\d+)")
def _at(case: Case, name: str, holder: str, number: str) -> None:
    _item(case, name, holder=holder, holder_id=int(number))


@phrase(rf"{ITEM} at no known place")
def _nowhere(case: Case, name: str) -> None:
    _item(case, name, holder=None, holder_id=None)


@phrase(rf"{ITEM} hold ([A-Z_]+)")
def _hold(case: Case, name: str, reason: str) -> None:
    _item(case, name, holds=frozenset({reason}))


@phrase(rf"{ITEM} holds unknown")
def _holds_unknown(case: Case, name: str) -> None:
    _item(case, name, holds=None)


@phrase(rf"{ITEM} (model|pool|purpose|variant) (\S+)")
def _word(case: Case, name: str, what: str, word: str) -> None:
    _item(case, name, **{what: None if word == "unknown" else word})


@phrase(rf"{ITEM} (home_store_id|personal_to|fitted_in|bays) (\d+)")
def _number(case: Case, name: str, what: str, number: str) -> None:
    _item(case, name, **{what: int(number)})


@phrase(rf"{ITEM} (expires_on|in_service_on) (?:{DAY}|unknown)")
def _dated(case: Case, name: str, what: str, day: str | None) -> None:
    _item(case, name, **{what: date.fromisoformat(day) if day else None})


@phrase(rf"{ITEM} (full check|function test) (?:(failed )?at {WHEN}|never)")
def _check(case: Case, name: str, what: str, failed: str | None, when: str | None) -> None:
    check = CheckFacts(us(when), failed is None) if when else None
    _item(case, name, **{what.replace(" ", "_"): check})


@phrase(rf"{ITEM} docked (?:at {WHEN}|never)")
def _docked(case: Case, name: str, when: str | None) -> None:
    _item(case, name, docked_us=_time(when))


@phrase(rf"{ITEM} in no bay")
def _no_bay(case: Case, name: str) -> None:
    _item(case, name, bay=None)


@phrase(rf"{ITEM} bay (store|charge|files|free|clock|firmware|fault|observed|present) (.+)")
def _bay(case: Case, name: str, what: str, text: str) -> None:
    columns = {"store": "store_id", "charge": "charge_percent", "files": "files_pending", "free": "free_mb",
               "clock": "clock_offset_ms", "observed": "observed_us"}  # fmt: skip
    values: Mapping[str, Any] = {"unknown": None, "yes": True, "no": False}
    value: Any = values.get(text, text)
    if what == "observed":
        value = us(text)
    elif isinstance(value, str) and what not in ("firmware", "fault"):
        value = int(text)
    bay = case.items[name].bay or BayFacts(7, None, us("2026-11-21 21:44"))
    _item(case, name, bay=replace(bay, **{columns.get(what, what): value}))


@phrase(rf"{ITEM} vendor (charge|firmware) (\S+) at (\d\d:\d\d)")
def _vendor(case: Case, name: str, what: str, text: str, at: str) -> None:
    at_us = us(f"2026-11-21 {at}")
    told = VendorFacts(charge_percent=int(text), charge_us=at_us) if what == "charge" else VendorFacts(
        firmware=text, firmware_us=at_us
    )  # fmt: skip
    _item(case, name, vendor=told)


@phrase(rf"{ITEM} bay dock (\S+) (\S+)")
def _dock(case: Case, name: str, driver: str, firmware: str) -> None:
    bay = case.items[name].bay or BayFacts(7, None, us("2026-11-21 21:44"))
    told = None if firmware == "untold" else firmware
    _item(case, name, bay=replace(bay, dock_driver=driver, dock_firmware=told))


@phrase(r"magazine loaded with (\d+)")
def _loaded(case: Case, count: str) -> None:
    inside = [name for name, item in case.items.items() if item.fitted_in is not None]
    for name in inside[int(count) :]:
        del case.items[name]
    _item(case, "magazine", fitted=case.items["magazine"].fitted[: int(count)])


@phrase(r"magazine one more")
def _one_more(case: Case) -> None:
    extra = replace(case.items["cartridge 10"], id=21, serial="S21")
    case.items["cartridge 11"] = extra
    _item(case, "magazine", fitted=(*case.items["magazine"].fitted, 21))


@phrase(r"another ([a-z]+)(?: type ([A-Z]+))?(?: model (\S+))?")
def _another(case: Case, name: str, variant: str | None, model: str | None) -> None:
    like = next(item for each, item in case.items.items() if each.startswith(name))
    number = 200 + len(case.items)
    more = replace(like, id=number, serial=f"S{number}", fitted=(), fitted_in=None)
    more = replace(more, variant=variant or more.variant, model=model or more.model)
    case.items[f"{name} {number}"] = more
    case.asked.append(f"{name} {number}")


@phrase(r"lot (quantity|balance) (-?\d+)")
def _lot_number(case: Case, what: str, number: str) -> None:
    case.lots = [replace(case.lots[0], **{what: int(number)})]


@phrase(r"lot (model|hold) (.+)")
def _lot_word(case: Case, what: str, word: str) -> None:
    change: dict[str, Any] = {"holds": frozenset({word})} if what == "hold" else {"model": word}
    case.lots = [replace(case.lots[0], **change)]


@phrase(rf"lot expires {DAY}")
def _lot_expires(case: Case, day: str) -> None:
    case.lots = [replace(case.lots[0], expires_on=date.fromisoformat(day))]


@phrase("an? (item|lot) nobody knows")
def _unknown_kit(case: Case, what: str) -> None:
    if what == "item":
        case.unknown_items = (404,)
    else:
        case.unknown_lots = (404,)


# ---- the moment ------------------------------------------------------------------------------------


@phrase("policy (shipped|demo|other)")
def _policy(case: Case, name: str) -> None:
    case.policy = name


@phrase(rf"now {WHEN}")
def _now(case: Case, when: str) -> None:
    case.now_us = us(when)


@phrase(rf"duty (?:until {WHEN}|end unknown)")
def _duty(case: Case, when: str | None) -> None:
    case.ask["planned_return_us"] = _time(when)


@phrase(rf"records came (?:at {WHEN}|never)")
def _feed(case: Case, when: str | None) -> None:
    case.feed_us = _time(when)


@phrase("store (closed|unknown)")
def _store(case: Case, how: str) -> None:
    case.store = replace(case.store, open=False) if case.store and how == "closed" else None


@phrase("issuer (none|themselves|their duplicate|unknown|not entitled)")
def _issuer(case: Case, how: str) -> None:
    assert case.issuer is not None
    if how in ("none", "themselves"):
        case.ask["by_person_id"] = None if how == "none" else 4417
    case.issuer = {
        "none": None,
        "unknown": None,
        "themselves": replace(case.issuer, id=4417, is_recipient=True),
        "their duplicate": replace(case.issuer, is_recipient=True),
        "not entitled": replace(case.issuer, may_issue=False),
    }[how]


@phrase("(purpose|stage|mode) ([A-Z]+)")
def _said(case: Case, what: str, word: str) -> None:
    case.ask[what] = word


@phrase("proof (none|PIN|FACE|CARD)")
def _proof(case: Case, how: str) -> None:
    case.ask["authenticated_by"] = None if how == "none" else how


@phrase("(not fit|not tested|no charge typed|armour (?:on|off)|crewed (?:alone|double)|as a duplicate)")
def _declared(case: Case, how: str) -> None:
    case.ask |= {
        "not fit": {"fit_declared": False},
        "not tested": {"function_tests": frozenset()},
        "no charge typed": {"charges": ()},
        "armour on": {"armour_worn": True},
        "armour off": {"armour_worn": False},
        "crewed alone": {"single_crewed": True},
        "crewed double": {"single_crewed": False},
        "as a duplicate": {"person_id": 4418},
    }[how]


@phrase(r"charge typed ([\d ,]+)")
def _typed(case: Case, percents: str) -> None:
    battery = case.items["battery"]
    case.ask["charges"] = tuple((battery.id, int(percent)) for percent in percents.split(","))


GIVEN_BY = r"(\d+)(?: as (their duplicate|[A-Z_]+))?"


@phrase(rf"override ([A-Z_]+)(?: of (\d+))? by {GIVEN_BY} (because \w+|without reason) until {WHEN}")
def _override(case: Case, *said: str) -> None:
    code, item, by, as_what, why, until = said
    given = Override(
        id=len(case.overrides) + 1,
        code=code,
        item_id=int(item) if item else None,
        by_person_id=int(by),
        capability=as_what if as_what and as_what.isupper() else "SUPERVISOR",
        reason="" if why == "without reason" else why,
        until_us=us(until),
        is_party=as_what == "their duplicate",
    )
    case.overrides = (*case.overrides, given)


# ---- what is reserved ------------------------------------------------------------------------------


@phrase(rf"{ITEM} kept for (\d+) from {WHEN} to {WHEN}")
def _kept(case: Case, name: str, whose: str, start: str, end: str) -> None:
    kit = case.items[name]
    more = Kept(1, STORE, frozenset({int(whose)}), us(start), us(end), item_id=kit.id)
    _item(case, name, kept=(*kit.kept, more))


@phrase(rf"(\d+) ([A-Z_]+) (?:([A-Z0-9]+) )?kept for (\d+)(?: from {WHEN})?")
def _kept_by_number(
    case: Case, pieces: str, kind: str, model: str | None, whose: str, start: str | None
) -> None:
    begun = us(start or "2026-11-21 18:00")
    more = Kept(2, STORE, frozenset({int(whose)}), begun, us("2026-11-22 07:00"), None, kind, model, int(pieces))
    case.kept = (*case.kept, more)


@phrase(r"(\d+) ([A-Z_]+) ([A-Z0-9]+) left")
def _left(case: Case, pieces: str, kind: str, model: str) -> None:
    case.left[kind, model] = int(pieces)
