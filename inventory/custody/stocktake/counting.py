"""Counting: a count is opened over what the ledger says is there, takes sightings, and is closed by who may.

One rule for the editor: nothing here moves anything. A sighting is kept whatever it is of; a repeat under its key is
answered as the first was; what comes after the close is kept as late. Counts with a close at the same moment wait.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, store_chain
from inventory.custody.stocktake.reading import (
    Count,
    count_of,
    expected_in,
    lines_now,
    lots_said,
    open_counts,
    spans_of,
)
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.people import place
from inventory.schema.stock import bay
from inventory.schema.stocktake import stocktake, stocktake_closed, stocktake_sighting
from inventory.schema.tx import Tx
from inventory.stock.counting import Line, Scope, as_text, digest, holder_at, tally
from inventory.stock.last_seen import Sighted, saw

LOCK = 0x6B69740D
CODE_MAX = 400
ALL = Scope()
DOCK_FRESH_US = 600_000_000
"""A bay's word older than this says nothing of what stands in it now."""


class NotPossible(ValueError):
    """A count cannot be opened, closed or settled so; the message says what is possible instead."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A count to be opened. `scope.items` is left alone; `recount_of` counts again what a closed one missed."""

    store_id: int
    sort: str
    by_person: int
    scope: Scope = ALL
    blind: bool = False
    two_person: bool = False
    docks: bool = False
    recount_of: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something seen in a count. `key` is the client's own, the same when it is sent again."""

    key: str
    code: str
    way: str
    seen_us: int
    item_id: int | None = None
    matches: int = 0
    by_person: int | None = None
    device: str | None = None
    place_id: int | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What is said of a sighting: FOUND, AGAIN, STRAYED, BESIDE, UNKNOWN or LATE; SEEN in a blind count."""

    key: str
    word: str
    item_id: int | None


_ADD = Inserter(stocktake)
_SEE = Inserter(stocktake_sighting)
_CLOSE = Inserter(stocktake_closed)
_KNOWN = Fast(
    sa.select(stocktake_sighting.c.reading_key, stocktake_sighting.c.item_id).where(
        stocktake_sighting.c.stocktake_id == sa.bindparam("count_id"),
        among(stocktake_sighting.c.reading_key, "keys", texts=True),
    )
)
_SEEN_ALREADY = Fast(
    sa.select(stocktake_sighting.c.item_id, stocktake_sighting.c.seen_us).where(
        stocktake_sighting.c.stocktake_id == sa.bindparam("count_id"),
        among(stocktake_sighting.c.item_id, "ids"),
    )
)
_DOCKED = Fast(
    sa.select(bay.c.item_id, bay.c.dock, bay.c.bay, bay.c.serial, bay.c.observed_us).where(
        bay.c.store_id == sa.bindparam("store_id"), bay.c.present == 1, bay.c.item_id.is_not(None),
        bay.c.received_us > sa.bindparam("since_us"),
    )
)  # fmt: skip
_PLACE = Fast(sa.select(place.c.store_id).where(place.c.id == sa.bindparam("place_id")))


def open_count(tx: Tx, opening: Opening) -> Count:
    """Open a count over what the ledger says is there now. Raises NotPossible, NotCounted."""
    scope = opening.scope
    if scope.place_id is not None and _PLACE.rows(tx.conn, {"place_id": scope.place_id}) != [
        (opening.store_id,)
    ]:
        raise NotPossible("place_id: expected a place of this store")
    if opening.recount_of is not None:
        scope = Scope(items=_missed_in(tx.conn, opening))
    count_id, expected = tx.ids.take(), expected_in(tx.conn, opening.store_id, scope)
    says = f"{opening.sort} count {count_id} of {len(expected)} items"
    said = Entry(store_chain(opening.store_id), "COUNT_OPENED", by_person=opening.by_person, reason=says)
    row = {
        "id": count_id, "tx_id": tx.id, "store_id": opening.store_id, "sort": opening.sort,
        "kinds": ",".join(scope.kinds) or None, "models": json.dumps(scope.models) if scope.models else None,
        "pool": scope.pool, "place_id": scope.place_id, "recount_of": opening.recount_of, "blind": int(opening.blind),
        "two_person": int(opening.two_person), "docks": int(opening.docks), "expected": json.dumps(expected),
        "opened_us": tx.now_us, "opened_by": opening.by_person, "entry_id": append(tx, [said])[0],
    }  # fmt: skip
    _ADD.add(tx.conn, [row])
    count = count_of(tx.conn, count_id)
    _see_docks(tx, count)
    _tell(tx, count, "opened")
    return count


def _missed_in(conn: sa.Connection, opening: Opening) -> frozenset[int]:
    before = count_of(conn, opening.recount_of or 0)
    if before.store_id != opening.store_id or before.outcome != "CLOSED":
        raise NotPossible("recount_of: expected a closed count of this store")
    missed = frozenset(
        line.item_id for line in lines_now(conn, before) if line.word == "MISSING" and line.item_id
    )
    if not missed:
        raise NotPossible("recount_of: nothing was missing in that count; open a count of its own instead")
    return missed


def sight(tx: Tx, count_id: int, sightings: Sequence[Sighting]) -> list[Answered]:
    """Take sightings, in order, and say what each is. Raises NotCounted."""
    wait(tx, count_id, for_close=False)
    count = count_of(tx.conn, count_id)
    return _take(tx, count, sightings)


def _take(tx: Tx, count: Count, sightings: Sequence[Sighting]) -> list[Answered]:
    ids = sorted({each.item_id for each in sightings if each.item_id is not None})
    spans = spans_of(tx.conn, ids, count.opened_us)
    known = dict(_KNOWN.rows(tx.conn, {"count_id": count.id, "keys": [each.key for each in sightings]}))
    before = {row[0] for row in _SEEN_ALREADY.rows(tx.conn, {"count_id": count.id, "ids": ids})}
    expected, rows, answers = count.expected_items, [], []
    here = set(expected_in(tx.conn, count.store_id, count.scope)) if ids and not count.blind else set()
    for each in sightings:
        seen_us = min(max(each.seen_us, count.opened_us), tx.now_us)
        holder = holder_at(spans.get(each.item_id or 0, ()), seen_us)
        word = _word(count, each, holder, here | expected, before)
        answers.append(Answered(each.key, word, each.item_id))
        if each.key in known:
            continue
        known[each.key] = each.item_id
        before.add(each.item_id or 0)
        rows.append(_row(tx, count, each, holder, seen_us))
    _SEE.add(tx.conn, rows)
    saw(tx, _sighted(count, rows, {each.key: each for each in sightings}))
    if rows:
        _tell(tx, count, "seen", len(rows))
    return answers


def _word(
    count: Count, each: Sighting, holder: tuple[str, int] | None, counted: set[int], before: set[int]
) -> str:
    if not count.is_open:
        return "LATE"
    if each.item_id is None:
        return "UNKNOWN"
    if each.item_id in before:
        return "AGAIN"
    if count.blind:
        return "SEEN"
    if holder != ("STORE", count.store_id):
        return "STRAYED"
    return "FOUND" if each.item_id in counted else "BESIDE"


def _row(
    tx: Tx, count: Count, each: Sighting, holder: tuple[str, int] | None, seen_us: int
) -> dict[str, object]:
    return {
        "id": tx.ids.take(), "stocktake_id": count.id, "item_id": each.item_id, "matches": each.matches,
        "code": each.code[:CODE_MAX], "evidence": each.evidence, "way": each.way, "by_person": each.by_person,
        "device": each.device, "holder": holder[0] if holder else None, "holder_id": holder[1] if holder else None,
        "seen_us": seen_us, "received_us": tx.now_us, "late": int(not count.is_open), "reading_key": each.key,
    }  # fmt: skip


def _sighted(count: Count, rows: Sequence[dict[str, object]], given: dict[str, Sighting]) -> list[Sighted]:
    found = {}
    for row in rows:
        each = given[str(row["reading_key"])]
        if each.item_id is not None and each.way in ("SCAN", "TYPED", "TOUCH"):
            by = each.device or f"person {each.by_person}"
            key = f"count/{count.id}/{each.key}"
            place_id = each.place_id or count.place_id
            found[each.item_id] = Sighted(
                each.item_id, count.store_id, place_id, "COUNT", by, int(str(row["seen_us"])), key
            )
    return list(found.values())


def swept(tx: Tx, store_id: int, place_id: int | None, sightings: Sequence[Sighting]) -> None:
    """Let the open counts of a store know of a sweep: each thing once a count and reader."""
    for count in open_counts(tx.conn, store_id):
        if count.place_id in (None, place_id):
            mine = [_once_a_count(each) for each in sightings]
            wait(tx, count.id, for_close=False)
            _take(tx, count_of(tx.conn, count.id), mine)


def _once_a_count(each: Sighting) -> Sighting:
    """A sweep's sighting under a key that the next sweep of the same tag by the same reader has too."""
    return Sighting(
        f"sweep/{each.device}/{each.item_id or each.code}", each.code, each.way, each.seen_us, each.item_id,
        each.matches, None, each.device, each.place_id, each.evidence,
    )  # fmt: skip


def _see_docks(tx: Tx, count: Count) -> None:
    """What bays say stands in them now, where this count takes their word."""
    if not count.docks:
        return
    rows = _DOCKED.rows(tx.conn, {"store_id": count.store_id, "since_us": tx.now_us - DOCK_FRESH_US})
    wanted = count.expected_items
    docked = [
        Sighting(
            f"dock/{dock}/{number}/{item_id}",
            serial or "",
            "DOCK",
            tx.now_us,
            item_id,
            1,
            device=f"{dock} {number}",
        )
        for item_id, dock, number, serial, _ in rows
        if item_id in wanted
    ]
    _take(tx, count, docked)


def close_count(
    tx: Tx, count_id: int, by_person: int, second_person: int | None = None
) -> tuple[Count, list[Line]]:
    """Close a count: its result is worked out, hashed and named in the ledger. Raises NotPossible, NotCounted."""
    count = _open_for(tx, count_id)
    if count.two_person and second_person is None:
        raise NotPossible("This count is signed by two people: the second gives their own PIN")
    if second_person == by_person:
        raise NotPossible("The second person is somebody else")
    _see_docks(tx, count)
    lines = lines_now(tx.conn, count)
    _end(tx, count, "CLOSED", lines, (by_person, second_person, None))
    return count_of(tx.conn, count_id), lines


def abandon_count(tx: Tx, count_id: int, by_person: int, reason: str) -> Count:
    """End a count without a result, and say why. It counts for nothing. Raises NotPossible, NotCounted."""
    _end(tx, _open_for(tx, count_id), "ABANDONED", [], (by_person, None, reason))
    return count_of(tx.conn, count_id)


def _open_for(tx: Tx, count_id: int) -> Count:
    wait(tx, count_id, for_close=True)
    count = count_of(tx.conn, count_id)
    if not count.is_open:
        raise NotPossible(f"This count is {str(count.outcome).lower()} already; open another")
    return count


def _end(
    tx: Tx, count: Count, outcome: str, lines: Sequence[Line], by: tuple[int, int | None, str | None]
) -> None:
    text = as_text(lines)
    told = (
        ", ".join(f"{word.lower()} {number}" for word, number in tally(lines).items() if number) or "nothing"
    )
    told += lots_said(tx.conn, count.id)
    says = f"{count.sort} count {count.id} {outcome.lower()}: {told}; SHA-256 {digest(text)}"
    entry = Entry(
        store_chain(count.store_id), "COUNT_CLOSED", by_person=by[0], second_person=by[1], reason=says,
        payload={"reason": by[2]} if by[2] else None,
    )  # fmt: skip
    row = {
        "stocktake_id": count.id, "tx_id": tx.id, "outcome": outcome, "closed_us": tx.now_us, "closed_by": by[0],
        "second_person": by[1], "reason": by[2], "result": text, "result_hash": digest(text),
        "entry_id": append(tx, [entry])[0],
    }  # fmt: skip
    _CLOSE.add(tx.conn, [row])
    _tell(tx, count, "closed")


def wait(tx: Tx, count_id: int, *, for_close: bool) -> None:
    """On PostgreSQL: sightings pass each other, and wait for a close as it waits for them."""
    if tx.conn.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock if for_close else sa.func.pg_advisory_xact_lock_shared
        tx.conn.execute(sa.select(lock(sa.cast(LOCK, sa.Integer), sa.cast(count_id % 2**31, sa.Integer))))


def named(count: Count, reason: str) -> str:
    """How a movement names the count that it answers."""
    return f"Count {count.id}: {reason.strip()}"


def _tell(tx: Tx, count: Count, what: str, number: int = 0) -> None:
    tx.say(f"store:{count.store_id}", {"type": "count", "count_id": count.id, "what": what, "number": number})
