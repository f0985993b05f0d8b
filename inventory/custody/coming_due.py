"""What comes due on kit by the calendar: full checks, dockings, reviews of kit for keeps, and printed dates; by store,
the soonest first.

One rule for the editor: reads only, and the numbers are the policy's, the same that the gate asks. A date is caught
before it is reached: what is out stands on the list beside what is on the shelf.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.stock import bay, inspection, item, lot, lot_balance
from inventory.stock.item_facts import day_or_none

OVERDUE, LATER, NEVER, NOT_SET = "OVERDUE", "LATER", "NEVER", "NOT_SET"
REVIEW = "REVIEW"
"""A look at kit that its officer keeps for good, on the day that its issue set: it is handed in and drawn again."""
_MONTHS = ((14, "DUE_14"), (30, "DUE_30"))
AHEAD = {"FULL_CHECK": _MONTHS, "DOCKED": ((3, "DUE_3"), (7, "DUE_7")), REVIEW: _MONTHS}
"""Check -> days left at most, and the band: what is docked every 30 days is due within 30 days at any time."""
BANDS = (OVERDUE, NEVER, "DUE_3", "DUE_7", "DUE_14", "DUE_30", LATER, NOT_SET)
"""In the order in which they matter. NEVER: no such check is on record; NOT_SET: the force has set no interval."""
GONE: tuple[sa.ColumnElement[str], ...] = tuple(sa.literal_column(f"'{each}'") for each in ("DISPOSAL", "SUPPLIER"))
"""Whose kit nobody checks or looks for by its date."""
CHECKS = {"FULL_CHECK": "CED_HANDLE", "DOCKED": "CED_BATTERY"}
"""Check -> the kind it is asked of."""


@dataclass(frozen=True, slots=True)
class CheckDue:
    """One item and one check: when it was last done and passed, and the last day on which that still counts.

    `store_id` is the store that has it, or owns it while it is out. `failed`: its newest full check did not pass.
    """

    item_id: int
    kind: str
    model: str
    serial: str
    store_id: int
    holder: str | None
    person_id: int | None
    check: str
    last_us: int | None
    due_on: date | None
    band: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Expiring:
    """Something whose printed date comes. `quantity` 1 for an item; `serial` is the lot's number for pieces of one."""

    item_id: int | None
    lot_id: int | None
    kind: str
    model: str
    serial: str
    store_id: int
    holder: str
    person_id: int | None
    quantity: int
    expires_on: date
    days: int
    due_back_us: int | None

    @property
    def is_out(self) -> bool:
        """Whether a person has it."""
        return self.holder == "PERSON"

    @property
    def is_out_past(self) -> bool:
        """Whether it is out, and comes back only after its date, or not by any time."""
        return self.is_out and (self.due_back_us is None or local_day(self.due_back_us) > self.expires_on)


def _newest(kind: str) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.case((inspection.c.passed == 1, inspection.c.at_us), else_=-inspection.c.at_us))
        .where(inspection.c.item_id == item.c.id, inspection.c.kind == kind)
        .order_by(inspection.c.at_us.desc(), inspection.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


_IN_BAY = (
    sa.select(sa.func.max(bay.c.observed_us)).where(bay.c.item_id == item.c.id, bay.c.present == 1).scalar_subquery()
)
_OPEN = sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))


def _checked(check: str, kind: str) -> Fast:
    return Fast(
        sa.select(
            item.c.id, item.c.kind, item.c.model, item.c.serial, item.c.home_store_id, custody.c.holder,
            custody.c.holder_id, _newest(check), _IN_BAY if check == "DOCKED" else sa.null(),
        )
        .select_from(item.join(custody, _OPEN))
        .where(item.c.kind == kind, custody.c.holder.not_in(GONE))
        .order_by(item.c.id)
    )  # fmt: skip


_DUE = {check: _checked(check, kind) for check, kind in CHECKS.items()}
_FOR_KEEPS = Fast(
    sa.select(
        item.c.id, item.c.kind, item.c.model, item.c.serial, item.c.home_store_id, custody.c.holder_id,
        custody.c.opened_us, custody.c.review_on,
    )
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None),
        custody.c.return_mode == sa.literal_column("'PERSONAL'"), custody.c.review_on.is_not(None),
    )
    .order_by(custody.c.review_on, item.c.id)
)  # fmt: skip
_DATE = (
    sa.case(
        (item.c.expires_on.is_(None), lot.c.expires_on), (lot.c.expires_on.is_(None), item.c.expires_on),
        (item.c.expires_on < lot.c.expires_on, item.c.expires_on), else_=lot.c.expires_on,
    )
)  # fmt: skip
_EXPIRES_COLUMNS = (
    item.c.id, item.c.kind, item.c.model, item.c.serial, item.c.home_store_id, custody.c.holder, custody.c.holder_id,
    _DATE, custody.c.planned_return_us,
)  # fmt: skip
_EXPIRING = Fast(
    sa.select(*_EXPIRES_COLUMNS)
    .select_from(item.join(custody, _OPEN).outerjoin(lot, lot.c.id == item.c.lot_id))
    .where(item.c.expires_on <= sa.bindparam("day"), custody.c.holder.not_in(GONE))
    .union(
        sa.select(*_EXPIRES_COLUMNS)
        .select_from(lot.join(item, item.c.lot_id == lot.c.id).join(custody, _OPEN))
        .where(lot.c.expires_on <= sa.bindparam("day"), item.c.lot_id.is_not(None), custody.c.holder.not_in(GONE))
    )
)
_LOTS = Fast(
    sa.select(
        lot.c.id, lot.c.kind, lot.c.product, lot.c.lot_no, lot_balance.c.holder, lot_balance.c.holder_id,
        lot_balance.c.quantity, lot.c.expires_on,
    )
    .select_from(lot.join(lot_balance, lot_balance.c.lot_id == lot.c.id))
    .where(lot.c.expires_on <= sa.bindparam("day"), lot_balance.c.quantity > 0, lot_balance.c.holder.not_in(GONE))
)  # fmt: skip


def checks_due(
    conn: sa.Connection, check: str, days_by_model: Mapping[str, int | None], now_us: int
) -> list[CheckDue]:
    """Every item that a check is asked of, the most pressing first. `days_by_model`: how long a check counts, None
    where none is asked; a model that is not in it is NOT_SET."""
    today = local_day(now_us)
    rows = [_check(row, check, days_by_model, today) for row in _DUE[check].rows(conn)]
    asked = [each for each in rows if each is not None]
    return sorted(asked, key=lambda each: (BANDS.index(each.band), each.due_on or today, each.serial))


def _check(
    row: tuple[Any, ...], check: str, days_by_model: Mapping[str, int | None], today: date
) -> CheckDue | None:
    item_id, kind, model, serial, home, holder, holder_id, signed_us, in_bay_us = row
    days = days_by_model.get(model, 0)
    if days is None:
        return None
    failed = signed_us is not None and signed_us < 0 and check == "FULL_CHECK"
    passed = [at_us for at_us in (signed_us, in_bay_us) if at_us is not None and at_us > 0]
    last_us = max(passed, default=None)
    due_on = None if last_us is None or not days else local_day(last_us) + timedelta(days=days)
    return CheckDue(
        item_id, kind, model, serial, holder_id if holder == "STORE" else home, holder,
        holder_id if holder == "PERSON" else None, check, last_us, due_on, _band(check, due_on, days, today), failed,
    )  # fmt: skip


def _band(check: str, due_on: date | None, days: int, today: date) -> str:
    if not days:
        return NOT_SET
    if due_on is None:
        return NEVER
    left = (due_on - today).days
    bands = ((0, OVERDUE), *AHEAD[check])
    return next((band for most, band in bands if left <= most), LATER)


def reviews_due(conn: sa.Connection, now_us: int) -> list[CheckDue]:
    """Everything that somebody has for keeps and that has a day of review, the soonest first; `last_us` is its issue.
    """
    today = local_day(now_us)
    found = []
    for item_id, kind, model, serial, store_id, person_id, since_us, on in _FOR_KEEPS.rows(conn):
        due_on = date.fromisoformat(on)
        left = (due_on - today).days
        band = next((band for most, band in ((0, OVERDUE), *AHEAD[REVIEW]) if left <= most), LATER)
        found.append(
            CheckDue(item_id, kind, model, serial, store_id, "PERSON", person_id, REVIEW, since_us, due_on, band)
        )
    return found


def expiring(conn: sa.Connection, days: int, now_us: int) -> list[Expiring]:
    """Everything whose printed date is past or comes within `days`, the first to expire first, on the shelf or out."""
    today = local_day(now_us)
    last = {"day": (today + timedelta(days=days)).isoformat()}
    found = [_item(row, today) for row in _EXPIRING.rows(conn, last)]
    found += [_pieces(row, today) for row in _LOTS.rows(conn, last)]
    return sorted(_dated(found), key=lambda each: (each.expires_on, each.serial, each.item_id or 0))


def _dated(found: Iterable[Expiring | None]) -> list[Expiring]:
    return [each for each in found if each is not None]


def _item(row: tuple[Any, ...], today: date) -> Expiring | None:
    item_id, kind, model, serial, home, holder, holder_id, on, due_back_us = row
    ends = day_or_none(on)
    if ends is None:
        return None
    return Expiring(
        item_id, None, kind, model, serial, holder_id if holder == "STORE" else home, holder,
        holder_id if holder == "PERSON" else None, 1, ends, (ends - today).days, due_back_us,
    )  # fmt: skip


def _pieces(row: tuple[Any, ...], today: date) -> Expiring | None:
    lot_id, kind, product, lot_no, holder, holder_id, quantity, on = row
    ends = day_or_none(on)
    if ends is None:
        return None
    return Expiring(
        None, lot_id, kind, product, lot_no, holder_id if holder == "STORE" else 0, holder,
        holder_id if holder == "PERSON" else None, quantity, ends, (ends - today).days, None,
    )  # fmt: skip
