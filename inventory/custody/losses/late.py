"""What is late and what runs out while it is out: the force's ladders and its days, and the alarms they make.

One rule for the editor: a step is an alarm of its own, said once while it lasts, and settled by itself when the kit is
back or its duty was extended. Hours are elapsed hours, whatever the clocks do.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise
from inventory.gate.loss_terms import Ladder, LossTerms, Step
from inventory.gate.wording import day_in_words, day_of
from inventory.people.calendar import LONDON, SECOND_US, day_start_us, local_day
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Row
from inventory.schema.stock import item, lot
from inventory.stock.kinds import title

EXPIRES = "EXPIRES_WHILE_OUT"
KINDS = ("OVERDUE_OFFICER", "OVERDUE_SERGEANT", "OVERDUE_INSPECTOR", "OVERDUE_LOSS", EXPIRES)
TELL = {
    "OFFICER": "Tell the officer.", "SERGEANT": "Tell the officer's sergeant.", "INSPECTOR": "Tell the duty inspector.",
    "LOSS": "Tell the duty inspector.",
}  # fmt: skip
_FIRST = ("CED_HANDLE", "BWV_CAMERA", "CED_MAGAZINE", "CED_BATTERY", "CED_CARTRIDGE", "SBG")

_OUT = sa.and_(custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None))
_LATE = Fast(
    sa.select(
        custody.c.item_id, item.c.kind, item.c.model, item.c.serial, custody.c.person_id, custody.c.planned_return_us,
        item.c.home_store_id,
    )
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(_OUT, custody.c.planned_return_us <= sa.bindparam("now_us"))
)  # fmt: skip
# The earlier of what is printed on it and on its lot, as the gate reads it.
_DATE = sa.case(
    (lot.c.expires_on < item.c.expires_on, lot.c.expires_on),
    else_=sa.func.coalesce(item.c.expires_on, lot.c.expires_on),
)
_EXPIRING = Fast(
    sa.select(
        custody.c.item_id, item.c.kind, item.c.serial, custody.c.person_id, custody.c.planned_return_us,
        item.c.home_store_id, _DATE,
    )
    .select_from(custody.join(item, item.c.id == custody.c.item_id).outerjoin(lot, lot.c.id == item.c.lot_id))
    .where(
        _OUT, _DATE.is_not(None),
        sa.or_(sa.bindparam("day") >= _DATE, custody.c.planned_return_us > sa.bindparam("far_us")),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LateItem:
    """One item of what is late."""

    item_id: int
    kind: str
    model: str
    serial: str


@dataclass(frozen=True, slots=True)
class Late:
    """What one person should have brought back at one time, under one ladder; its first item stands for the rest."""

    person_id: int
    store_id: int
    due_us: int
    ladder: Ladder
    items: tuple[LateItem, ...]

    def reached(self, now_us: int) -> list[Step]:
        """The steps whose time has come."""
        return [step for step in self.ladder.steps if self.due_us + step.after_us <= now_us]

    def coming(self, now_us: int) -> Step | None:
        """The next step; None where the last was reached."""
        return next((step for step in self.ladder.steps if self.due_us + step.after_us > now_us), None)

    @property
    def said(self) -> str:
        """'TASER handle X00201 and 5 more were due back on 22 November 2026 at 16:00 GMT'."""
        first, more = self.items[0], len(self.items) - 1
        what = f"{title(first.kind)} {first.serial}"
        were = f"{what} and {more} more were" if more else f"{what} was"
        return f"{were} due back on {moment_said(self.due_us)}"


def moment_said(at_us: int) -> str:
    """'22 November 2026 at 16:00 GMT': it names the zone, because one hour a year comes twice."""
    at = datetime.fromtimestamp(at_us // SECOND_US, LONDON)
    return f"{day_of(at_us)} at {at:%H:%M %Z}"


def late_now(conn: sa.Connection, terms: LossTerms, now_us: int) -> list[Late]:
    """Everything that is late, the longest first. Kit of a kind without a ladder is not among it."""
    together: dict[tuple[int, int, str], list[Row]] = defaultdict(list)
    for row in _LATE.rows(conn, {"now_us": now_us}):
        ladder = terms.ladders.get(row[1])
        if ladder is not None:
            together[row[5], row[4], ladder.name].append(row)
    return [_late(rows, terms) for _, rows in sorted(together.items())]


def _late(rows: Sequence[Row], terms: LossTerms) -> Late:
    ordered = sorted(rows, key=lambda row: (_FIRST.index(row[1]), row[0]))
    first = ordered[0]
    items = tuple(LateItem(*row[:4]) for row in ordered)
    return Late(first[4], first[6], first[5], terms.ladders[first[1]], items)


def late_alarms(late: Sequence[Late], now_us: int) -> list[Lasting]:
    """An alarm for each step that was reached."""
    return [
        Lasting(
            Raise(
                f"OVERDUE_{step.tell}", f"{each.said}. {TELL[step.tell]} {step.remedy}", each.store_id,
                each.items[0].item_id, each.person_id,
            ),
            each.due_us + step.after_us,
        )
        for each in late
        for step in each.reached(now_us)
    ]  # fmt: skip


def expiry_alarms(conn: sa.Connection, terms: LossTerms, now_us: int) -> list[Lasting]:
    """An alarm for each thing that is out and whose date comes before it is due back, or within the days set."""
    if not terms.expiry_days:
        return []
    last = local_day(now_us) + timedelta(days=terms.expiry_days)
    far_us = day_start_us(last + timedelta(days=1))
    found = []
    for item_id, kind, serial, person_id, due_us, store_id, on in _EXPIRING.rows(
        conn, {"day": last.isoformat(), "far_us": far_us}
    ):
        ends = date.fromisoformat(on)
        if ends > last and (due_us is None or local_day(due_us) <= ends):
            continue
        said = f"{title(kind)} {serial} is out, and its printed date is {day_in_words(ends)}."
        said += " Have it exchanged before then: it must not be carried after that day."
        since_us = day_start_us(ends - timedelta(days=terms.expiry_days))
        found.append(Lasting(Raise(EXPIRES, said, store_id, item_id, person_id), since_us))
    return found
