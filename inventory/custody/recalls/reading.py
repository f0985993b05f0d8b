"""A recall as it stands: each line of its chase list, where that is now, who was told, and how it ended.

One rule for the editor: reads only, and nothing here is stored. A line is accounted for when its thing is held in a
store, gone for good, or when its end was written down; the database keeps the same (`schema.recall_triggers`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.recalls.which import CRITERIA, Criteria, criteria_of
from inventory.gate.chase_terms import ChaseTerms
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.recalls import recall, recall_event, recall_line
from inventory.schema.stock import hold, hold_lift, item, lot, lot_balance

WHERE = {
    None: "AWAITED", "STORE": "HELD", "EXHIBIT": "HELD", "PERSON": "OUT", "CARRIER": "IN_TRANSIT",
    "UNKNOWN": "UNACCOUNTED", "SUPPLIER": "SENT_BACK", "DISPOSAL": "DESTROYED",
}  # fmt: skip
"""Holder -> how a line stands whose end was not written down."""
OUTSTANDING = ("OUT", "IN_TRANSIT", "UNACCOUNTED")


@dataclass(frozen=True, slots=True)
class RecallEvent:
    """One thing that was written down in a recall."""

    id: int
    line_id: int | None
    act: str
    at_us: int
    happened_us: int
    by_person: int
    told: str | None
    outcome: str | None
    reference: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chase list. `holder` and `holder_id`: who has it now; `held`: this recall's hold is in force.

    For pieces of a lot `serial` is the lot's number, and `quantity` what that holder has of it now.
    """

    id: int
    item_id: int | None
    lot_id: int | None
    model: str
    serial: str
    store_id: int | None
    holder: str | None
    holder_id: int | None
    quantity: int | None
    held: bool
    hold_id: int | None
    found_us: int
    late: bool
    events: tuple[RecallEvent, ...]

    @property
    def end(self) -> RecallEvent | None:
        """The act that ended it, where one was written down."""
        return next((each for each in self.events if each.act == "ENDED"), None)

    @property
    def told(self) -> RecallEvent | None:
        """When somebody was last told."""
        return next((each for each in reversed(self.events) if each.act == "TOLD"), None)

    @property
    def state(self) -> str:
        """Its end, or where it is: HELD, OUT, IN_TRANSIT, UNACCOUNTED, AWAITED, SENT_BACK, DESTROYED."""
        if self.end is not None:
            return str(self.end.outcome)
        if self.lot_id is not None and self.quantity == 0:
            return "HELD"
        return WHERE[self.holder]

    @property
    def is_outstanding(self) -> bool:
        """Whether it is still to be accounted for."""
        return self.state in OUTSTANDING

    def due_us(self, terms: ChaseTerms) -> int | None:
        """By when the next step is due: somebody is told, or it is back; None where nothing is."""
        if not self.is_outstanding:
            return None
        return self.found_us + terms.tell_us if self.told is None else self.told.happened_us + terms.back_us


@dataclass(frozen=True, slots=True)
class Recall:
    """One recall with its chase list."""

    id: int
    criteria: Criteria
    notice_from: str
    notice_ref: str
    detail: str
    opened_us: int
    opened_by: int
    lines: tuple[Line, ...]
    events: tuple[RecallEvent, ...]

    def _last(self, act: str) -> RecallEvent | None:
        return next((each for each in reversed(self.events) if each.act == act), None)

    @property
    def lifted(self) -> RecallEvent | None:
        """The act that lifted it."""
        return self._last("LIFTED")

    @property
    def closed(self) -> RecallEvent | None:
        """The act that closed it."""
        return self._last("CLOSED")

    @property
    def state(self) -> str:
        """OPEN, CLOSED, LIFTED; REOPENED where something turned up after it was closed and is not accounted for."""
        if self.lifted is not None:
            return "LIFTED"
        if self.closed is None:
            return "OPEN"
        return "REOPENED" if self.outstanding else "CLOSED"

    @property
    def outstanding(self) -> list[Line]:
        """The lines still to be accounted for."""
        return [line for line in self.lines if line.is_outstanding]

    def counts(self) -> dict[str, int]:
        """How many lines stand how."""
        found: dict[str, int] = defaultdict(int)
        for line in self.lines:
            found[line.state] += 1
        return dict(found)


_RECALLS = sa.select(
    recall.c.id, *(recall.c[name] for name in CRITERIA), recall.c.notice_from, recall.c.notice_ref, recall.c.detail,
    recall.c.opened_us, recall.c.opened_by,
).order_by(recall.c.id.desc())  # fmt: skip
_PAGE = Fast(_RECALLS.where(recall.c.id < sa.bindparam("before")).limit(sa.bindparam("most")))
_NAMED = Fast(_RECALLS.where(among(recall.c.id, "ids")))
_LINES = Fast(
    sa.select(
        recall_line.c.recall_id, recall_line.c.id, recall_line.c.item_id, recall_line.c.lot_id,
        sa.func.coalesce(item.c.model, lot.c.product), sa.func.coalesce(item.c.serial, lot.c.lot_no),
        item.c.home_store_id, custody.c.holder, custody.c.holder_id, recall_line.c.holder, recall_line.c.holder_id,
        lot_balance.c.quantity, hold.c.id, hold_lift.c.hold_id, recall_line.c.found_us, recall_line.c.late,
    )
    .select_from(
        recall_line.outerjoin(item, item.c.id == recall_line.c.item_id)
        .outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
        .outerjoin(lot, lot.c.id == recall_line.c.lot_id)
        .outerjoin(
            lot_balance,
            sa.and_(
                lot_balance.c.lot_id == recall_line.c.lot_id, lot_balance.c.holder == recall_line.c.holder,
                lot_balance.c.holder_id == recall_line.c.holder_id,
            ),
        )
        .outerjoin(hold, hold.c.id == recall_line.c.hold_id)
        .outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id)
    )
    .where(among(recall_line.c.recall_id, "ids"))
    .order_by(recall_line.c.id)
)  # fmt: skip
_EVENTS = Fast(
    sa.select(
        recall_event.c.recall_id, recall_event.c.id, recall_event.c.line_id, recall_event.c.act, recall_event.c.at_us,
        recall_event.c.happened_us, recall_event.c.by_person, recall_event.c.told, recall_event.c.outcome,
        recall_event.c.reference, recall_event.c.detail,
    )
    .where(among(recall_event.c.recall_id, "ids"))
    .order_by(recall_event.c.id)
)  # fmt: skip
_OF_LINE = Fast(sa.select(recall_line.c.recall_id).where(recall_line.c.hold_id == sa.bindparam("hold_id")))
EVER = 2**62


def recalls(conn: sa.Connection, ids: Sequence[int]) -> dict[int, Recall]:
    """The recalls with these ids; an unknown one has no entry."""
    return {each.id: each for each in _made(conn, _NAMED.rows(conn, {"ids": list(ids)}))}


def page_of_recalls(conn: sa.Connection, most: int, before: int = EVER) -> list[Recall]:
    """`most` recalls before the id `before`, newest first."""
    return _made(conn, _PAGE.rows(conn, {"before": before, "most": most}))


def recall_of_hold(conn: sa.Connection, hold_id: int) -> int | None:
    """The recall that placed a hold; None where none did."""
    rows = _OF_LINE.rows(conn, {"hold_id": hold_id})
    return int(rows[0][0]) if rows else None


def _made(conn: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> list[Recall]:
    if not rows:
        return []
    ids = {"ids": [row[0] for row in rows]}
    events: dict[int, list[RecallEvent]] = defaultdict(list)
    of_line: dict[int, list[RecallEvent]] = defaultdict(list)
    for recall_id, *said in _EVENTS.rows(conn, ids):
        event = RecallEvent(*said)
        events[recall_id].append(event)
        if event.line_id is not None:
            of_line[event.line_id].append(event)
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in _LINES.rows(conn, ids):
        lines[row[0]].append(_line(row[1:], tuple(of_line[row[1]])))
    upto = 1 + len(CRITERIA)
    made = []
    for row in rows:
        notice_from, notice_ref, detail, opened_us, opened_by = row[upto:]
        made.append(
            Recall(
                row[0], criteria_of(row[1:upto]), notice_from, notice_ref, detail, opened_us, opened_by,
                tuple(lines[row[0]]), tuple(events[row[0]]),
            )
        )  # fmt: skip
    return made


def _line(row: tuple[Any, ...], events: tuple[RecallEvent, ...]) -> Line:
    (line_id, item_id, lot_id, model, serial, home, holder, holder_id, first, first_id, quantity, hold_id, lifted,
     found_us, late) = row  # fmt: skip
    if lot_id is not None:
        holder, holder_id = first, first_id
    store_id = holder_id if holder == "STORE" else home
    return Line(
        line_id, item_id, lot_id, model, serial, store_id, holder, holder_id,
        (quantity or 0) if lot_id is not None else None, hold_id is not None and lifted is None, hold_id, found_us,
        bool(late), events,
    )  # fmt: skip
