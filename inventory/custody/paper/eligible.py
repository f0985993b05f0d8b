"""Who may draw what at a store now and for a day, by the gate's own rules: the list that is printed beforehand.

One rule for the editor: nothing is judged here. A later duty is judged as of its beginning; training records are as old
then as they are now, because nobody can say what will come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from inventory.custody.hatch_names import people_said
from inventory.custody.may_draw import offered
from inventory.gate.ask import ADDING, Ask
from inventory.gate.decision import judge_person
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import HOUR_US, LEAD_US, ShiftPattern, local_day, shift_window
from inventory.people.stores import shift_patterns
from inventory.schema.fast import Fast
from inventory.schema.people import person

DAY_US = 24 * HOUR_US
NO_PATTERN_US = 12 * HOUR_US
"""The duty that is judged where a store has no shift pattern."""
WINDOWS_MAX = 6


@dataclass(frozen=True, slots=True)
class Window:
    """One duty of the day to come, and the letter that stands for it in the list."""

    letter: str
    name: str
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class MayDraw:
    """One person of the store: for each column of the list, the letters of the duties for which they may draw it."""

    person_id: int
    said: str
    letters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EligibleList:
    """Who may draw what. `columns` are (kind, model); whoever may draw nothing at all is counted and not named."""

    columns: tuple[tuple[str, str], ...]
    windows: tuple[Window, ...]
    people: tuple[MayDraw, ...]
    nothing: int


_PEOPLE = Fast(
    sa.select(person.c.id)
    .where(
        person.c.home_store_id == sa.bindparam("store_id"),
        person.c.same_as.is_(None),
        sa.or_(person.c.left_on.is_(None), person.c.left_on >= sa.bindparam("today")),
    )
    .order_by(person.c.family_name, person.c.given_name, person.c.id)
)


def windows_of(patterns: Sequence[ShiftPattern], now_us: int) -> tuple[Window, ...]:
    """The duties that are on now or begin within a day, in order."""
    today = local_day(now_us)
    days = [local_day(now_us - DAY_US), today, local_day(now_us + DAY_US)]
    found = [each for pattern in patterns for on in days if (each := shift_window(pattern, on))]
    coming = sorted(
        {each for each in found if each.ends_us > now_us + LEAD_US and each.starts_us < now_us + DAY_US},
        key=lambda each: (each.starts_us, each.ends_us),
    )[:WINDOWS_MAX]
    if not coming:
        return (Window("A", "Next 12 hours", now_us, now_us + NO_PATTERN_US),)
    return tuple(
        Window(chr(ord("A") + place), each.name, each.starts_us, each.ends_us)
        for place, each in enumerate(coming)
    )


def eligible(conn: sa.Connection, store_id: int, policy: Policy, now_us: int) -> EligibleList:
    """Who of the store's own people may draw what, in each duty of the day to come."""
    windows = windows_of(shift_patterns(conn, store_id), now_us)
    columns = tuple(offered(conn, store_id))
    today = local_day(now_us).isoformat()
    ids = [row[0] for row in _PEOPLE.rows(conn, {"store_id": store_id, "today": today})]
    letters: dict[int, list[str]] = {each: [""] * len(columns) for each in ids}
    for window in windows:
        _judge(conn, letters, Judging(store_id, window, columns, now_us), policy)
    named = people_said(conn, ids)
    rows = [MayDraw(each, named[each], tuple(letters[each])) for each in ids if any(letters[each])]
    return EligibleList(columns, windows, tuple(rows), len(ids) - len(rows))


@dataclass(frozen=True, slots=True)
class Judging:
    """One duty of a store that everybody is judged for."""

    store_id: int
    window: Window
    columns: tuple[tuple[str, str], ...]
    now_us: int


def _judge(conn: sa.Connection, letters: dict[int, list[str]], of: Judging, policy: Policy) -> None:
    at_us = max(of.now_us, of.window.from_us)
    asks = [_ask(each, of) for each in letters]
    for facts in gather(conn, asks, policy, at_us):
        fed = None if facts.feed_us is None else facts.feed_us + at_us - of.now_us
        as_fresh = replace(facts, feed_us=fed)
        for place, (kind, model) in enumerate(of.columns):
            if not any(reason.stops for reason in judge_person(as_fresh, policy, kind, model)):
                letters[facts.ask.person_id][place] += of.window.letter


def _ask(person_id: int, of: Judging) -> Ask:
    return Ask(
        person_id=person_id, store_id=of.store_id, item_ids=(), lots=(), purpose="OPERATIONAL",
        planned_return_us=of.window.until_us, door="paper", by_person_id=None, stage=ADDING,
    )  # fmt: skip
