"""The visit: one person standing at one hatch, and the draft of what they are drawing.

One rule for the editor: a visit is working data, not history. It can be dropped without a trace in the ledger,
because no custody exists before it is completed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import ShiftPattern, ShiftWindow, current_or_next
from inventory.schema.custody import visit, visit_line
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.handovers import visit_handover
from inventory.schema.people import place, shift_pattern
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Place:
    """A hatch, shelf or dock of a store."""

    id: int
    store_id: int
    name: str
    activity: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One row of `visit`, and of the hand-over it is on the way to: `hands` is whose visit it is, GIVES or TAKES, None
    where nothing is handed over; `giver_id` hands over, and `giver_proof` says how they proved who they are."""

    id: int
    store_id: int
    place_id: int
    person_id: int
    state: str
    purpose: str
    shift_name: str | None
    planned_return_us: int | None
    opened_us: int
    touched_us: int
    fit_declared: int
    authenticated_by: str | None
    hands: str | None = None
    giver_id: int | None = None
    giver_proof: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of `visit_line`: something scanned in this visit and what became of it."""

    id: int
    item_id: int | None
    lot_id: int | None
    quantity: int
    word: str
    detail: str
    at_us: int
    function_test_passed: int
    charge_percent: int | None


_OWN = [name for name in Visit.__dataclass_fields__ if name in visit.c]
_VISIT = [
    *(visit.c[name] for name in _OWN), visit_handover.c.side, visit_handover.c.giver_id, visit_handover.c.giver_proof,
]  # fmt: skip
_JOINED = visit.outerjoin(
    visit_handover, sa.and_(visit_handover.c.visit_id == visit.c.id, visit_handover.c.is_on == sa.literal_column("1"))
)
_LINE = [visit_line.c[name] for name in Line.__dataclass_fields__]
HERE = visit.c.state.in_([sa.literal_column("'OPEN'"), sa.literal_column("'PARKED'")])
"""Somebody stands there, or their draft is set aside: written out, as in the index of these visits."""

_BY_ID = Fast(sa.select(*_VISIT).select_from(_JOINED).where(visit.c.id == sa.bindparam("visit_id")))
_AT_PLACE = Fast(
    sa.select(*_VISIT)
    .select_from(_JOINED)
    .where(visit.c.place_id == sa.bindparam("place_id"), HERE)
    .order_by(visit.c.opened_us)
)
_LINES = Fast(
    sa.select(visit_line.c.visit_id, *_LINE)
    .where(among(visit_line.c.visit_id, "visits"))
    .order_by(visit_line.c.id)
)
_PLACE = Fast(
    sa.select(place.c.id, place.c.store_id, place.c.name, place.c.activity).where(
        place.c.id == sa.bindparam("place_id")
    )
)
_SHIFTS = Fast(
    sa.select(
        shift_pattern.c.name,
        shift_pattern.c.starts,
        shift_pattern.c.ends,
        shift_pattern.c.from_on,
        shift_pattern.c.to_on,
    ).where(shift_pattern.c.store_id == sa.bindparam("store_id"))
)
_IDLE = Fast(
    sa.select(*_VISIT)
    .select_from(_JOINED)
    .where(visit.c.state == sa.literal_column("'OPEN'"), visit.c.touched_us < sa.bindparam("before_us"))
)
_ADD = Inserter(visit)
_ADD_LINE = Inserter(visit_line)


def place_of(conn: sa.Connection, place_id: int) -> Place:
    """The place. Raises LookupError where there is none."""
    rows = _PLACE.rows(conn, {"place_id": place_id})
    if not rows:
        raise LookupError(f"place {place_id} is not known")
    return Place(*rows[0])


def visit_of(conn: sa.Connection, visit_id: int) -> Visit:
    """The visit. Raises LookupError where there is none."""
    rows = _BY_ID.rows(conn, {"visit_id": visit_id})
    if not rows:
        raise LookupError(f"visit {visit_id} is not known")
    return Visit(*rows[0])


def at_place(conn: sa.Connection, place_id: int) -> tuple[Visit | None, list[Visit]]:
    """The open visit at a hatch, and the parked ones."""
    rows = [Visit(*row) for row in _AT_PLACE.rows(conn, {"place_id": place_id})]
    return next((v for v in rows if v.state == "OPEN"), None), [v for v in rows if v.state == "PARKED"]


def lines_of(conn: sa.Connection, visit_ids: Sequence[int]) -> dict[int, list[Line]]:
    """The lines of each visit, oldest first."""
    found: dict[int, list[Line]] = {visit_id: [] for visit_id in visit_ids}
    for row in _LINES.rows(conn, {"visits": list(visit_ids)}):
        found[row[0]].append(Line(*row[1:]))
    return found


def idle_since(conn: sa.Connection, before_us: int) -> list[Visit]:
    """Open visits nobody has touched since `before_us`."""
    return [Visit(*row) for row in _IDLE.rows(conn, {"before_us": before_us})]


def shifts(conn: sa.Connection, store_id: int) -> list[ShiftPattern]:
    """The shift patterns of a store."""
    rows = _SHIFTS.rows(conn, {"store_id": store_id})
    return [
        ShiftPattern(name, time.fromisoformat(starts), time.fromisoformat(ends), date.fromisoformat(since),
                     date.fromisoformat(until) if until else None)
        for name, starts, ends, since, until in rows
    ]  # fmt: skip


def shift_at(conn: sa.Connection, store_id: int, now_us: int, name: str | None = None) -> ShiftWindow | None:
    """The current or next shift of a store, or the current or next one called `name`."""
    patterns = [p for p in shifts(conn, store_id) if name is None or p.name == name]
    return current_or_next(patterns, now_us)


def open_visit(tx: Tx, at: Place, person_id: int) -> Visit:
    """Open a visit for the current or next shift of the store."""
    window = shift_at(tx.conn, at.store_id, tx.now_us)
    row = Visit(
        id=tx.ids.take(),
        store_id=at.store_id,
        place_id=at.id,
        person_id=person_id,
        state="OPEN",
        purpose="OPERATIONAL",
        shift_name=window.name if window else None,
        planned_return_us=window.ends_us if window else None,
        opened_us=tx.now_us,
        touched_us=tx.now_us,
        fit_declared=0,
        authenticated_by=None,
    )
    _ADD.add(tx.conn, [{name: getattr(row, name) for name in _OWN}])
    return row


def change(tx: Tx, visit_id: int, **values: Any) -> None:
    """Set columns of a visit; it counts as touched."""
    tx.conn.execute(sa.update(visit).where(visit.c.id == visit_id).values(touched_us=tx.now_us, **values))


def add_line(tx: Tx, visit_id: int, word: str, detail: str, **values: Any) -> int:
    """Add a line; returns its id."""
    line_id = tx.ids.take()
    row = {
        "id": line_id,
        "visit_id": visit_id,
        "word": word,
        "detail": detail,
        "at_us": tx.now_us,
        "quantity": 1,
    }
    _ADD_LINE.add(tx.conn, [row | {"function_test_passed": 0} | values])
    return line_id


def change_line(tx: Tx, line_id: int, **values: Any) -> None:
    """Set columns of a line."""
    tx.conn.execute(sa.update(visit_line).where(visit_line.c.id == line_id).values(**values))
