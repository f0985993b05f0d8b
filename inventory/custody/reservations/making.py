"""Kit is reserved for people, for a shift or an operation, and a reservation is ended before its time.

One rule for the editor: nothing moves and nothing is decided here. What a reservation stops is the gate's rule
RESERVED, which reads the same rows; it is over by itself at its own end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, store_chain
from inventory.custody.locks import lock
from inventory.custody.reservations.bars import Bar, NotReserved, Wanted, bars_of
from inventory.people.errors import BadField
from inventory.people.people import root_of
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.people import person, store
from inventory.schema.reservations import reservation, reservation_ended, reservation_line, reservation_person
from inventory.schema.tx import Tx

HOUR_US = 3_600_000_000
LONGEST_HOURS = 14 * 24
"""A reservation lasts two weeks at most: who needs kit for longer is issued it (design default)."""
AHEAD_DAYS = 90
"""How far ahead kit is reserved at most (design default)."""
PEOPLE_MAX = 60


@dataclass(frozen=True, slots=True)
class Reserving:
    """What is to be kept: `items` by id, and `kinds` as (kind, model or None for any, pieces), at a store, for people,
    from `from_us` to `to_us` (exclusive), by whom and why."""

    store_id: int
    people: tuple[int, ...]
    from_us: int
    to_us: int
    reason: str
    by_person: int
    items: tuple[int, ...] = ()
    kinds: tuple[tuple[str, str | None, int], ...] = ()


_STORE = Fast(
    sa.select(store.c.id).where(store.c.id == sa.bindparam("store_id"), store.c.closed_us.is_(None))
)
_KNOWN = Fast(sa.select(person.c.id).where(among(person.c.id, "ids"), person.c.left_on.is_(None)))
_OF = Fast(
    sa.select(reservation.c.store_id, reservation.c.to_us, reservation_ended.c.at_us)
    .select_from(
        reservation.outerjoin(reservation_ended, reservation_ended.c.reservation_id == reservation.c.id)
    )
    .where(reservation.c.id == sa.bindparam("number"))
)
_RESERVATION, _PERSON = Inserter(reservation), Inserter(reservation_person)
_LINE, _ENDED = Inserter(reservation_line), Inserter(reservation_ended)


def reserve(tx: Tx, new: Reserving) -> int:
    """Keep kit for people; returns the reservation's number.

    Raises BadField for what does not fit, NotReserved with every reason where the kit cannot be promised.
    """
    _check(tx, new)
    lock(tx, new.people, new.items)
    people = sorted({root_of(tx.conn, each) for each in new.people})
    number = tx.ids.take()
    # The store's chain is locked by its entry: two that promise the last of a kind come one after the other.
    entry = append(tx, [_entry(new, number, people)])[0]
    bars = bars_of(tx, Wanted(new.store_id, new.from_us, new.to_us, new.items, new.kinds))
    if bars:
        raise NotReserved(bars)
    _RESERVATION.add(
        tx.conn,
        [
            {"id": number, "tx_id": tx.id, "store_id": new.store_id, "reason": new.reason.strip(),
             "from_us": new.from_us, "to_us": new.to_us, "made_us": tx.now_us, "made_by": new.by_person,
             "entry_id": entry}
        ],
    )  # fmt: skip
    own = {"tx_id": tx.id, "reservation_id": number}
    _PERSON.add(tx.conn, [own | {"id": tx.ids.take(), "person_id": each} for each in people])
    nothing: dict[str, Any] = {"item_id": None, "kind": None, "model": None, "quantity": 1}
    lines = [nothing | {"item_id": each} for each in new.items]
    lines += [nothing | {"kind": kind, "model": model, "quantity": count} for kind, model, count in new.kinds]
    _LINE.add(tx.conn, [own | {"id": tx.ids.take()} | line for line in lines])
    _say(tx, new.store_id, number)
    return number


def end_reservation(tx: Tx, number: int, by_person: int, why: str) -> None:
    """End a reservation before its time. Raises LookupError for an unknown one, NotReserved for one that is over."""
    rows = _OF.rows(tx.conn, {"number": number})
    if not rows:
        raise LookupError(f"reservation {number} is not known")
    if len(why.strip()) < 3:
        raise BadField("reason", why, "why it ends, in 3 characters or more")
    store_id, to_us, _ = rows[0]
    entry = append(tx, [_ending(store_id, number, by_person, why)])[0]
    ended_us = _OF.rows(tx.conn, {"number": number})[0][2]
    if ended_us is not None or to_us <= tx.now_us:
        raise NotReserved([Bar(f"Reservation {number} is over already.", "It keeps nothing any more.")])
    ended = {"reservation_id": number, "tx_id": tx.id, "at_us": tx.now_us, "by_person": by_person,
             "reason": why.strip(), "entry_id": entry}  # fmt: skip
    _ENDED.add(tx.conn, [ended])
    _say(tx, store_id, number)


def _check(tx: Tx, new: Reserving) -> None:
    if not _STORE.rows(tx.conn, {"store_id": new.store_id}):
        raise BadField("store_id", new.store_id, "a store that is open")
    if len(new.reason.strip()) < 3:
        raise BadField("reason", new.reason, "the shift or operation, in 3 characters or more")
    if not new.people or len(set(new.people)) > PEOPLE_MAX:
        raise BadField("people", len(new.people), f"between 1 and {PEOPLE_MAX} people")
    unknown = set(new.people) - {row[0] for row in _KNOWN.rows(tx.conn, {"ids": sorted(set(new.people))})}
    if unknown:
        raise BadField("people", min(unknown), "people who are on record and have not left")
    if not new.from_us < new.to_us <= new.from_us + LONGEST_HOURS * HOUR_US or new.to_us <= tx.now_us:
        raise BadField("to_us", new.to_us, f"an end to come, at most {LONGEST_HOURS // 24} days after the beginning")
    if new.from_us > tx.now_us + AHEAD_DAYS * 24 * HOUR_US:
        raise BadField("from_us", new.from_us, f"a beginning within {AHEAD_DAYS} days")
    if not new.items and not new.kinds:
        raise BadField("items", "nothing", "items, or a number of a kind")
    _check_lines(new.items, new.kinds)


def _check_lines(items: Sequence[int], kinds: Sequence[tuple[str, str | None, int]]) -> None:
    if len(set(items)) < len(items):
        raise BadField("items", "twice", "each item once")
    if len({each[:2] for each in kinds}) < len(kinds):
        raise BadField("kinds", "twice", "each kind and model once")
    if any(count < 1 for _, _, count in kinds):
        raise BadField("kinds", 0, "1 piece or more")


def _entry(new: Reserving, number: int, people: Sequence[int]) -> Entry:
    return Entry(
        chain=store_chain(new.store_id),
        kind="RESERVED",
        by_person=new.by_person,
        reason=f"Reservation {number}",
        payload={
            "reservation": number, "people": list(people), "from_us": new.from_us, "to_us": new.to_us,
            "items": list(new.items), "kinds": [list(each) for each in new.kinds], "reason": new.reason.strip(),
        },
    )  # fmt: skip


def _ending(store_id: int, number: int, by_person: int, why: str) -> Entry:
    return Entry(
        chain=store_chain(store_id), kind="UNRESERVED", by_person=by_person, reason=f"Reservation {number}",
        payload={"reservation": number, "reason": why.strip()},
    )  # fmt: skip


def _say(tx: Tx, store_id: int, number: int) -> None:
    tx.say(f"store:{store_id}", {"type": "reservation", "reservation_id": number, "at_us": tx.now_us})
