"""Reads what is kept for whom: reservations that are not over, what is still to be drawn, and what is left beside.

One rule for the editor: this gathers and never judges. What is over, by its own end or ended early, is not read at all,
so that history slows nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Row, among
from inventory.schema.reservations import (
    reservation,
    reservation_ended,
    reservation_line,
    reservation_person,
)  # fmt: skip
from inventory.schema.steps import Steps, read
from inventory.schema.stock import hold, hold_lift, item
from inventory.stock.kit_facts import ItemFacts, Kept


@dataclass(frozen=True, slots=True)
class KeptRead:
    """`lines` of reservations that are not over; `left`: (store, pool, kind, model) -> pieces in that store that
    nothing holds back and nobody in particular is promised, where a number of that kind is promised there."""

    lines: tuple[Kept, ...] = ()
    left: Mapping[tuple[int, str, str, str], int] = field(default_factory=dict)


_COLUMNS = (
    reservation.c.id, reservation.c.store_id, reservation.c.from_us, reservation.c.to_us, reservation_line.c.item_id,
    reservation_line.c.kind, reservation_line.c.model, reservation_line.c.quantity,
)  # fmt: skip
_LIVE = sa.and_(
    reservation.c.to_us > sa.bindparam("now_us", type_=sa.BigInteger), reservation_ended.c.reservation_id.is_(None)
)


def _lines_where(holds: sa.ColumnElement[bool]) -> sa.Select[Any]:
    joined = reservation.join(reservation_line, reservation_line.c.reservation_id == reservation.c.id).outerjoin(
        reservation_ended, reservation_ended.c.reservation_id == reservation.c.id
    )
    return sa.select(*_COLUMNS).select_from(joined).where(holds, _LIVE)


_LINES = Fast(
    sa.union(
        _lines_where(
            sa.and_(among(reservation.c.store_id, "stores"), reservation_line.c.item_id.is_(None))
        ),
        _lines_where(among(reservation_line.c.item_id, "items")),
    )
)
_PEOPLE = Fast(
    sa.select(reservation_person.c.reservation_id, reservation_person.c.person_id).where(
        among(reservation_person.c.reservation_id, "ids")
    )
)
_DRAWN = Fast(
    sa.select(reservation_person.c.reservation_id, item.c.kind, item.c.model, sa.func.count())
    .select_from(
        reservation_person.join(reservation, reservation.c.id == reservation_person.c.reservation_id)
        .join(custody, custody.c.person_id == reservation_person.c.person_id)
        .join(item, item.c.id == custody.c.item_id)
    )
    .where(
        among(reservation_person.c.reservation_id, "ids"),
        custody.c.person_id.is_not(None),
        custody.c.closed_entry.is_(None),
        custody.c.opened_us >= reservation.c.made_us,
    )
    .group_by(reservation_person.c.reservation_id, item.c.kind, item.c.model)
)
_HELD = (
    sa.select(hold.c.id)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(hold_lift.c.hold_id.is_(None), sa.or_(hold.c.item_id == item.c.id, hold.c.lot_id == item.c.lot_id))
)
_PROMISED = (
    sa.select(reservation_line.c.id)
    .select_from(
        reservation_line.join(reservation, reservation.c.id == reservation_line.c.reservation_id).outerjoin(
            reservation_ended, reservation_ended.c.reservation_id == reservation.c.id
        )
    )
    .where(
        reservation_line.c.item_id == item.c.id,
        reservation.c.from_us < sa.bindparam("until_us", type_=sa.BigInteger),
        _LIVE,
    )
)
_LEFT = Fast(
    sa.select(custody.c.holder_id, item.c.pool, item.c.kind, item.c.model, sa.func.count())
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.holder == sa.literal_column("'STORE'"),
        among(custody.c.holder_id, "stores"),
        custody.c.closed_entry.is_(None),
        among(item.c.kind, "kinds", texts=True),
        ~_HELD.exists(),
        ~_PROMISED.exists(),
    )
    .group_by(custody.c.holder_id, item.c.pool, item.c.kind, item.c.model)
)


def kept_steps(
    stores: Sequence[int], items: Sequence[int], now_us: int, until_us: int | None = None
) -> Steps[KeptRead]:
    """The reader of every line that is not over: those that promise a number of a kind in `stores`, and those that
    promise one of `items`. What is left beside is reckoned up to `until_us`, where it is asked for."""
    (rows,) = yield [(_LINES, {"stores": list(stores), "items": list(items), "now_us": now_us})]
    if not rows:
        return KeptRead()
    ids, kinds = sorted({row[0] for row in rows}), sorted({row[5] for row in rows if row[5] is not None})
    wanted: list[tuple[Fast, Mapping[str, Any]]] = [(_PEOPLE, {"ids": ids})]
    if kinds:
        wanted.append((_DRAWN, {"ids": ids}))
    if kinds and until_us is not None:
        left = {"stores": list(stores), "kinds": kinds, "now_us": now_us, "until_us": until_us}
        wanted.append((_LEFT, left))
    people, *others = yield wanted
    drawn = others[0] if others else []
    left_rows = others[1] if len(others) > 1 else []
    return KeptRead(_made(rows, people, drawn), {tuple(row[:4]): int(row[4]) for row in left_rows})


def _made(rows: Sequence[Row], people: Sequence[Row], drawn: Sequence[Row]) -> tuple[Kept, ...]:
    whose: dict[int, set[int]] = defaultdict(set)
    for reservation_id, person_id in people:
        whose[reservation_id].add(person_id)
    out: Counter[tuple[int, str, str]] = Counter()
    for reservation_id, kind, model, count in drawn:
        out[reservation_id, kind, model] += int(count)
    return tuple(
        Kept(
            reservation_id=row[0],
            store_id=row[1],
            people=frozenset(whose[row[0]]),
            from_us=row[2],
            to_us=row[3],
            item_id=row[4],
            kind=row[5],
            model=row[6],
            pieces=max(0, row[7] - _taken(row, out)),
        )
        for row in sorted(rows, key=lambda row: (row[2], row[0]))
    )


def _taken(row: Row, out: Mapping[tuple[int, str, str], int]) -> int:
    """How many pieces of a line its people have by now."""
    return sum(
        count
        for (reservation_id, kind, model), count in out.items()
        if (reservation_id, kind) == (row[0], row[5]) and row[6] in (None, model)
    )


def by_item(lines: Iterable[Kept]) -> dict[int, tuple[Kept, ...]]:
    """The lines that promise an item itself, by item."""
    found: dict[int, list[Kept]] = defaultdict(list)
    for line in lines:
        if line.item_id is not None:
            found[line.item_id].append(line)
    return {item_id: tuple(some) for item_id, some in found.items()}


def with_kept(items: Mapping[int, ItemFacts], lines: Iterable[Kept]) -> dict[int, ItemFacts]:
    """The facts of items with what is promised of each."""
    found = by_item(lines)
    return {item_id: replace(each, kept=found[item_id]) if item_id in found else each
            for item_id, each in items.items()}  # fmt: skip


def keep_in_mind(conn: sa.Connection, items: Mapping[int, ItemFacts], now_us: int) -> dict[int, ItemFacts]:
    """The same, read now."""
    return with_kept(items, read(conn, kept_steps((), sorted(items), now_us)).lines) if items else dict(items)
