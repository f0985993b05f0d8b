"""A person's training and authority laid over one time line: what lasts until when, and what it stops them drawing.

One rule for the editor: the dates are those the gate judges by (`people.standing`); none is worked out here. What
limits somebody is never told apart (suspended, ended, restricted): the page says no more than the hatch does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.pages.strips import DAY_US, Axis, Bar, bar
from api.pages.times import days_said
from inventory.gate.kind_policy import Policy
from inventory.gate.wording import day_in_words, day_of, last_day_of
from inventory.people.calendar import day_start_us, local_day
from inventory.people.standing import Standing
from inventory.people.training import Currency, Ending
from inventory.stock.kinds import label

NAMES = {
    "PPST": "Personal safety (PPST)", "FIRST_AID": "First aid", "JRFT": "Job-related fitness", "CED": "CED course",
    "SBG": "Spit guard", "BWV_USER": "Body-worn video",
}  # fmt: skip
ORDER = ("CED", "PPST", "FIRST_AID", "JRFT", "SBG", "BWV_USER")
STOPS_CODES = {
    "PPST": ("PPST_OUT_OF_DATE",), "FIRST_AID": ("FIRST_AID_OUT_OF_DATE",), "JRFT": ("JRFT_OUT_OF_DATE",),
    "CED": ("CED_OUT_OF_DATE", "CED_NOT_TRAINED"), "SBG": ("SBG_NOT_TRAINED",), "BWV_USER": ("BWV_USER_NOT_TRAINED",),
}  # fmt: skip
"""Qualification -> the refusals that its end brings."""

DUE_DAYS = 60
BACK_DAYS, AHEAD_DAYS = 300, 420


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One row: a name, a word with its tone and shape, until when in words, its bar, what its end stops."""

    name: str
    model: str
    tone: str
    shape: str
    word: str
    until: str
    distance: str
    bar: Bar | None
    stops: str


def axis_of(now_us: int) -> Axis:
    """About ten months back and fourteen ahead."""
    return Axis(now_us - BACK_DAYS * DAY_US, now_us + AHEAD_DAYS * DAY_US)


def training_rows(standing: Standing, policy: Policy, axis: Axis, now_us: int) -> list[TrainingRow]:
    """Every qualification on record, those that some kit asks for and that were never passed, and each authority."""
    held = sorted(standing.training.items(), key=lambda pair: (_rank(pair[0][0]), pair[0][1] or ""))
    rows = [_qualification(key, currency, policy, axis, now_us) for key, currency in held]
    passed = {key[0] for key, _ in held}
    lacking = [
        name for name in ORDER if name in policy.courses and name not in passed and _stops(name, policy)
    ]
    rows += [TrainingRow(NAMES[name], "", "still", "empty", "Never passed", "", "", None, _stops(name, policy))
             for name in lacking]  # fmt: skip
    return rows + [_authority(standing, each.model, (each.from_us, each.to_us), axis, now_us) for each in
                   standing.authorisations]  # fmt: skip


def _rank(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _qualification(
    key: tuple[str, str | None], currency: Currency, policy: Policy, axis: Axis, now_us: int
) -> TrainingRow:
    from_us = day_start_us(currency.last_pass_on)
    tone, shape, word = _word(currency.valid_until_us, now_us, failed=currency.ended_by is Ending.FAIL)
    last = currency.last_good_day
    until_us = axis.until_us if currency.valid_until_us is None else currency.valid_until_us
    kind = {"good": "ok", "warn": "due", "bad": "over"}[tone]
    name = NAMES.get(key[0], key[0])
    title = f"{name}: {day_in_words(currency.last_pass_on)} to {day_in_words(last) if last else 'no end'}"
    return TrainingRow(
        name=name, model=key[1] or "", tone=tone, shape=shape, word=word,
        until=_until_said(currency.valid_until_us, now_us), distance=_distance(last, now_us),
        bar=bar(axis, from_us, until_us, kind, title), stops=_stops(key[0], policy),
    )  # fmt: skip


def _word(until_us: int | None, now_us: int, *, failed: bool = False) -> tuple[str, str, str]:
    if until_us is not None and until_us <= now_us:
        return "bad", "cross", "Failed" if failed else "Out of date"
    if until_us is not None and until_us - now_us < DUE_DAYS * DAY_US:
        return "warn", "clock", "Runs out soon"
    return "good", "tick", "In date"


def _until_said(until_us: int | None, now_us: int) -> str:
    """As the gate says it: the last good day while it lasts, the day it ran out on afterwards."""
    if until_us is None:
        return "has no end"
    return (
        f"ran out on {day_of(until_us)}" if until_us <= now_us else f"last good day {last_day_of(until_us)}"
    )


def _distance(last: date | None, now_us: int) -> str:
    if last is None:
        return ""
    days = (last - local_day(now_us)).days
    return f"ends {days_said(days)}" if days >= 0 else days_said(days)


def _authority(
    standing: Standing, model: str, window: tuple[int, int], axis: Axis, now_us: int
) -> TrainingRow:
    from_us, to_us = window
    suspended = standing.suspended_from_us(now_us)
    tone, shape, word = _word(to_us, now_us)
    trained = standing.training.get(("CED", model))
    asleep = to_us > now_us and (trained is None or not trained.covers(now_us + 1))
    if suspended is not None and to_us > now_us:
        tone, shape, word = "bad", "lock", "Not in force"
    elif asleep:
        tone, shape, word = "warn", "clock", "Dormant"
    last = local_day(to_us - 1)
    kind = "stopped" if suspended is not None else {"good": "ok", "warn": "due", "bad": "over"}[tone]
    title = f"Authority to carry the {model}: {day_in_words(local_day(from_us))} to {day_in_words(last)}"
    until = "until the CED course is passed again" if word == "Dormant" else _until_said(to_us, now_us)
    return TrainingRow(
        name="Authority to carry", model=model, tone=tone, shape=shape, word=word, until=until,
        distance=_distance(last, now_us), bar=bar(axis, from_us, to_us, kind, title), stops=label("CED_HANDLE"),
    )  # fmt: skip


def stops_kit(qualification: str, policy: Policy) -> bool:
    """Whether some kit is not issued without it."""
    return bool(_stops(qualification, policy))


def _stops(qualification: str, policy: Policy) -> str:
    """What its end stops, in words: 'TASER handle, spit guard'."""
    return ", ".join(_kinds_asking(STOPS_CODES.get(qualification, ()), policy))


def _kinds_asking(codes: Iterable[str], policy: Policy) -> list[str]:
    shown = ("CED_HANDLE", "SBG", "BWV_CAMERA")
    asked = [policy.kind(kind, "OPERATIONAL") for kind in shown]
    wanted = tuple(codes)
    return [label(each.kind) for each in asked if each and any(each.asks(code) for code in wanted)]
