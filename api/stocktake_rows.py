"""Counts as clients and pages have them: a count, its lines, and how each variance stands now.

One rule for the editor: reads only; of a blind count that is open nothing is told but that it is.
"""

from dataclasses import asdict
from typing import Any

import msgspec
import sqlalchemy as sa

from api.guards import holding
from api.problems import errors, not_found
from inventory.custody.stocktake import settling
from inventory.custody.stocktake.reading import Count, NotCounted, count_of, counts_of, items_named, lines_now
from inventory.stock.counting import Line, tally

COUNTERS = ("ISSUER", "STORE_MANAGER", "TECHNICIAN", "CED_SPOC", "AUDITOR")
"""Who may open a count and count in it. An auditor checks, and so may count; what follows is for others."""


class LineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what is said of an item, or of a code that is not one known item."""

    word: str
    item_id: int | None
    kind: str | None
    model: str | None
    serial: str | None
    code: str | None
    seen_us: int | None
    times: int
    holder: str | None
    holder_id: int | None
    now: str | None = None
    act: str | None = None


class CountRow(msgspec.Struct, frozen=True, kw_only=True):
    """A count. `tally` is null while a blind one is open."""

    id: int
    store_id: int
    sort: str
    kinds: list[str]
    models: list[str]
    pool: str | None
    place_id: int | None
    recount_of: int | None
    blind: bool
    two_person: bool
    opened_us: int
    opened_by: int
    outcome: str | None
    closed_us: int | None
    closed_by: int | None
    second_person: int | None
    reason: str | None
    result_hash: str | None
    expected: int | None
    tally: dict[str, int] | None


class OneCount(msgspec.Struct, frozen=True, kw_only=True):
    """A count with its lines: as it stands, or as it was closed. In a blind count that is open there are none."""

    count: CountRow
    lines: list[LineRow]


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sort of count that a store owes, and by what policy."""

    sort: str
    every_hours: int
    kinds: list[str]
    blind: bool
    two_person: bool
    last_us: int | None
    due_us: int
    overdue: bool
    origin: str
    source: str


class UnseenRow(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the store and when it was last seen or taken in; `way` is null where nothing but a hand saw it."""

    item_id: int
    kind: str
    model: str
    serial: str
    seen_us: int
    way: str | None
    device: str | None


OPT: dict[str, Any] = {
    "guards": [holding(*COUNTERS)],
    "responses": errors(401, 403, 404, 409, 422),
    "tags": ["counts"],
}


def row_of(count: Count, lines: list[Line] | None) -> CountRow:
    """A count as clients have it; `lines` None: nobody is told."""
    scope = count.scope
    return CountRow(
        id=count.id, store_id=count.store_id, sort=count.sort, kinds=list(scope.kinds), models=list(scope.models),
        pool=scope.pool, place_id=count.place_id, recount_of=count.recount_of, blind=bool(count.blind),
        two_person=bool(count.two_person), opened_us=count.opened_us, opened_by=count.opened_by, outcome=count.outcome,
        closed_us=count.closed_us, closed_by=count.closed_by, second_person=count.second_person, reason=count.reason,
        result_hash=count.result_hash, expected=None if count.hides else len(count.expected_items),
        tally=None if lines is None else tally(lines),
    )  # fmt: skip


def one_of(conn: sa.Connection, count_id: int) -> OneCount:
    """A count with its lines. Raises the 404 problem."""
    count = found(conn, count_id)
    if count.hides or count.outcome == "ABANDONED":
        return OneCount(count=row_of(count, None), lines=[])
    lines = lines_now(conn, count)
    names = items_named(conn, [line.item_id for line in lines if line.item_id is not None])
    stands = {v.line.item_id: v for v in settling.variances(conn, count, lines)} if not count.is_open else {}
    return OneCount(
        count=row_of(count, lines), lines=[_line(line, names, stands.get(line.item_id)) for line in lines]
    )


def _line(line: Line, names: dict[int, tuple[str, str, str]], stands: settling.Variance | None) -> LineRow:
    kind, model, serial = names.get(line.item_id or 0, (None, None, None))
    now, act = (stands.word_now, stands.act or None) if stands else (None, None)
    return LineRow(**asdict(line), kind=kind, model=model, serial=serial, now=now, act=act)


def found(conn: sa.Connection, count_id: int) -> Count:
    """The count. Raises the 404 problem."""
    try:
        return count_of(conn, count_id)
    except NotCounted:
        raise not_found("count with this id") from None


def rows_of(conn: sa.Connection, store_id: int, most: int) -> list[CountRow]:
    """The counts of a store as rows."""
    counts = counts_of(conn, store_id, most)
    return [row_of(each, lines_now(conn, each) if each.outcome == "CLOSED" else None) for each in counts]
