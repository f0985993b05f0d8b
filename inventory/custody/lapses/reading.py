"""A lapse as it stands: what the person holds still, what a supervisor said, and what comes next by when.

One rule for the editor: reads only; nothing here is stored, and no reason is known here but its public code.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.gate.chase_terms import ChaseTerms
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.lapses import lapse, lapse_event
from inventory.schema.stock import item

FIRST = ("CED_HANDLE", "CED_CARTRIDGE", "CED_MAGAZINE", "CED_BATTERY", "BWV_CAMERA", "SBG")
"""What somebody holds, in the order in which it matters."""
DECISIONS = ("RETURN_NOW", "RETAIN_UNTIL")


@dataclass(frozen=True, slots=True)
class LapseEvent:
    """One thing that was written down in a lapse; `by_person` None: the service saw it."""

    id: int
    act: str
    at_us: int
    by_person: int | None
    until_us: int | None
    how: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class HeldItem:
    """Something the person has still."""

    item_id: int
    kind: str
    model: str
    serial: str
    planned_return_us: int | None


@dataclass(frozen=True, slots=True)
class Lapse:
    """Somebody who holds kit and may no longer. `must_return`: nobody may let them keep it."""

    id: int
    person_id: int
    store_id: int
    item_id: int
    serial: str
    kind: str
    codes: str
    must_return: bool
    opened_us: int
    holds: tuple[HeldItem, ...]
    events: tuple[LapseEvent, ...]

    @property
    def decision(self) -> LapseEvent | None:
        """What a supervisor said last."""
        return next((each for each in reversed(self.events) if each.act in DECISIONS), None)

    @property
    def ended(self) -> LapseEvent | None:
        """How it ended."""
        return next((each for each in self.events if each.act == "ENDED"), None)

    def state(self, now_us: int) -> str:
        """ENDED, UNDECIDED, RETURN_NOW, RETAINED, or RETAIN_OVER once that time is past."""
        if self.ended is not None:
            return "ENDED"
        if self.decision is None:
            return "RETURN_NOW" if self.must_return else "UNDECIDED"
        if self.decision.act == "RETURN_NOW" or self.decision.until_us is None:
            return "RETURN_NOW"
        return "RETAINED" if now_us < self.decision.until_us else "RETAIN_OVER"

    def due_us(self, terms: ChaseTerms) -> int:
        """By when what is asked for now is done: a word said, the kit back."""
        said = self.decision
        if said is None:
            return self.opened_us + (terms.return_us if self.must_return else terms.decide_us)
        return said.until_us if said.until_us is not None else said.at_us + terms.return_us

    def latest_us(self, terms: ChaseTerms) -> int:
        """The latest moment until which it may be kept: the end of the duty, and the force's own limit."""
        ends = [each.planned_return_us for each in self.holds if each.planned_return_us is not None]
        return min([self.opened_us + terms.retain_max_us, *ends])


_LAPSES = (
    sa.select(
        lapse.c.id, lapse.c.person_id, lapse.c.store_id, lapse.c.item_id, item.c.serial, item.c.kind, lapse.c.codes,
        lapse.c.must_return, lapse.c.opened_us,
    )
    .select_from(lapse.join(item, item.c.id == lapse.c.item_id))
    .order_by(lapse.c.id.desc())
)  # fmt: skip
_IS_OPEN = ~sa.exists(
    sa.select(lapse_event.c.id).where(
        lapse_event.c.lapse_id == lapse.c.id, lapse_event.c.act == sa.literal_column("'ENDED'")
    )
)
_OPEN = Fast(_LAPSES.where(_IS_OPEN))
_NAMED = Fast(_LAPSES.where(among(lapse.c.id, "ids")))
_PAGE = Fast(_LAPSES.where(lapse.c.id < sa.bindparam("before")).limit(sa.bindparam("most")))
_EVENTS = Fast(
    sa.select(
        lapse_event.c.lapse_id, lapse_event.c.id, lapse_event.c.act, lapse_event.c.at_us, lapse_event.c.by_person,
        lapse_event.c.until_us, lapse_event.c.how, lapse_event.c.detail,
    )
    .where(among(lapse_event.c.lapse_id, "ids"))
    .order_by(lapse_event.c.id)
)  # fmt: skip
_HOLDS = Fast(
    sa.select(
        custody.c.person_id, item.c.id, item.c.kind, item.c.model, item.c.serial, custody.c.planned_return_us
    )
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(among(custody.c.person_id, "people"), custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None))
    .order_by(item.c.kind, item.c.id)
)
EVER = 2**62


def open_lapses(conn: sa.Connection) -> list[Lapse]:
    """Every lapse that is not over, newest first."""
    return _made(conn, _OPEN.rows(conn))


def lapses(conn: sa.Connection, ids: Sequence[int]) -> dict[int, Lapse]:
    """The lapses with these ids; an unknown one has no entry."""
    return {each.id: each for each in _made(conn, _NAMED.rows(conn, {"ids": list(ids)}))}


def page_of_lapses(conn: sa.Connection, most: int, before: int = EVER) -> list[Lapse]:
    """`most` lapses before the id `before`, newest first, over or not."""
    return _made(conn, _PAGE.rows(conn, {"before": before, "most": most}))


def _made(conn: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> list[Lapse]:
    if not rows:
        return []
    events: dict[int, list[LapseEvent]] = defaultdict(list)
    for lapse_id, *said in _EVENTS.rows(conn, {"ids": [row[0] for row in rows]}):
        events[lapse_id].append(LapseEvent(*said))
    holds: dict[int, list[HeldItem]] = defaultdict(list)
    for person_id, *said in _HOLDS.rows(conn, {"people": sorted({row[1] for row in rows})}):
        holds[person_id].append(HeldItem(*said))
    for has in holds.values():
        has.sort(key=lambda one: (FIRST.index(one.kind), one.item_id))
    return [_lapse(row, tuple(holds[row[1]]), tuple(events[row[0]])) for row in rows]


def _lapse(row: tuple[Any, ...], holds: tuple[HeldItem, ...], events: tuple[LapseEvent, ...]) -> Lapse:
    lapse_id, person_id, store_id, item_id, serial, kind, codes, must_return, opened_us = row
    return Lapse(
        lapse_id, person_id, store_id, item_id, serial, kind, codes, bool(must_return), opened_us, holds, events
    )
