"""Who is rostered at a store between two moments, and what duties a person has coming.

One rule for the editor: a roster says who is meant to be on, and neither allows nor refuses anything. A duty that a
linked duplicate record is rostered for is the person's. Two sources may name the same duty: count people, not duties.

Times are UTC microseconds, the end of a window and of a duty exclusive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import HOUR_US
from inventory.people.standing import EVERYTHING
from inventory.schema.fast import Fast, Row, among
from inventory.schema.people import person, store
from inventory.schema.roster import roster

DUTY_MAX_US = 24 * HOUR_US
"""No duty on a roster is longer (`schema.roster`)."""

AHEAD_US = 28 * DUTY_MAX_US
"""How far ahead a next duty is looked for: rosters beyond four weeks are plans."""


@dataclass(frozen=True, slots=True)
class RosteredDuty:
    """One duty: whose (the record that counts), the store where kit is drawn for it, and what it is called there."""

    person_id: int
    store_id: int
    starts_us: int
    ends_us: int
    duty: str | None
    source: str


_WHO: sa.ColumnElement[int] = sa.func.coalesce(person.c.same_as, person.c.id)


def _duties(*where: sa.ColumnElement[bool]) -> Fast:
    known: sa.ColumnElement[int] = sa.bindparam("known_us", type_=sa.BigInteger)
    return Fast(
        sa.select(_WHO, roster.c.store_id, roster.c.starts_us, roster.c.ends_us, roster.c.duty, roster.c.source)
        .select_from(roster.join(person, person.c.id == roster.c.person_id))
        .where(
            roster.c.starts_us > sa.bindparam("back_us", type_=sa.BigInteger),
            roster.c.starts_us < sa.bindparam("until_us", type_=sa.BigInteger),
            roster.c.ends_us > sa.bindparam("from_us", type_=sa.BigInteger),
            roster.c.recorded_us <= known,
            sa.or_(roster.c.withdrawn_us.is_(None), roster.c.withdrawn_us > known),
            *where,
        )
        .order_by(roster.c.starts_us, roster.c.person_id, roster.c.id)
    )


_EVERYWHERE = _duties()
_AT_STORE = _duties(roster.c.store_id == sa.bindparam("store_id"))
_OF_PEOPLE = _duties(among(roster.c.person_id, "ids"))
_RECORDS = Fast(
    sa.select(person.c.id, _WHO).where(
        sa.or_(
            among(person.c.id, "ids"),
            among(person.c.same_as, "ids"),
        )
    )
)
_UPTO = Fast(
    sa.select(
        store.c.id,
        sa.select(roster.c.starts_us)
        .where(roster.c.store_id == store.c.id, roster.c.withdrawn_us.is_(None))
        .order_by(roster.c.starts_us.desc())
        .limit(sa.literal_column("1"))
        .scalar_subquery(),
    )
)


def rostered(
    conn: sa.Connection, store_id: int | None, from_us: int, until_us: int, known_us: int | None = None
) -> tuple[RosteredDuty, ...]:
    """The duties at a store (None: at any) that touch the window, by their start. `known_us`: as we knew it then."""
    params = _window(from_us, until_us, known_us)
    if store_id is None:
        return _read(_EVERYWHERE.rows(conn, params))
    return _read(_AT_STORE.rows(conn, {**params, "store_id": store_id}))


def duties_of(
    conn: sa.Connection, person_ids: Iterable[int], from_us: int, until_us: int, known_us: int | None = None
) -> dict[int, tuple[RosteredDuty, ...]]:
    """The duties of each person that touch the window, by their start; whoever has none has no entry.

    Also where a duplicate record was asked for, or is rostered, it is the person's; keyed by the id asked for.
    """
    asked = sorted(set(person_ids))
    whose: dict[int, int] = dict(_RECORDS.rows(conn, {"ids": asked}))
    whole: dict[int, int] = dict(_RECORDS.rows(conn, {"ids": sorted({*whose, *whose.values()})}))
    rows = _OF_PEOPLE.rows(conn, {**_window(from_us, until_us, known_us), "ids": sorted(whole)})
    found: dict[int, list[RosteredDuty]] = {}
    for each in _read(rows):
        found.setdefault(each.person_id, []).append(each)
    return {each: tuple(found[whose[each]]) for each in asked if whose.get(each, 0) in found}


def next_duties(conn: sa.Connection, person_ids: Iterable[int], after_us: int) -> dict[int, RosteredDuty]:
    """The duty that each person is on at `after_us`, or else the next one within four weeks."""
    found = duties_of(conn, person_ids, after_us, after_us + AHEAD_US)
    return {each: duties[0] for each, duties in found.items()}


def rostered_upto(conn: sa.Connection) -> dict[int, int]:
    """When the last duty on record at each store starts: beyond it nobody said who is on, which is not nobody."""
    return {store_id: starts_us for store_id, starts_us in _UPTO.rows(conn) if starts_us is not None}


def _window(from_us: int, until_us: int, known_us: int | None) -> dict[str, Any]:
    known = EVERYTHING if known_us is None else known_us
    return {"from_us": from_us, "until_us": until_us, "back_us": from_us - DUTY_MAX_US, "known_us": known}


def _read(rows: Iterable[Row]) -> tuple[RosteredDuty, ...]:
    return tuple(RosteredDuty(*row) for row in rows)
