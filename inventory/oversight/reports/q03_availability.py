"""Q3: what was really carried against the targets of the strategic assessment, shift by shift and hour by hour.

One rule for the editor: what was out is read from custody (`oversight.profile`), and a target is the one of the
assessment that was in force on that day.
"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from inventory.oversight.moments import StoreSaid, open_stores
from inventory.oversight.profile import drawn, hourly, shifts_carried
from inventory.oversight.reports.report import Answer, Asked, Cell, Column, Parameter, Plot, Report
from inventory.oversight.targets import Target, in_force, targets_of
from inventory.people.calendar import day_end_us, day_start_us, local_day

KINDS = ("CED_HANDLE", "BWV_CAMERA")
SEERS = ("STORE_MANAGER", "CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR", "PLANNER", "AUDITOR", "ADMINISTRATOR")
DEFINITION = (
    "Carried: the time that the store's own pieces were with people, by the ledger. Target: what the assessment in"
    " force on the day asked to be carried, times the length of the shift."
)
TRAP = (
    "What is kept between duties is left out: nobody knows whether it was worn. A day that is not over yet is counted"
    " up to now."
)


def _yesterday(now_us: int) -> Cell:
    return local_day(day_start_us(local_day(now_us)) - 1).isoformat()


PARAMETERS = (
    Parameter("store", "Store", "store", optional=True),
    Parameter("kind", "Kind", "word", default="CED_HANDLE", choices=KINDS),
    Parameter("day", "Day", "day", default=_yesterday),
)


def _read(conn: sa.Connection, asked: Asked) -> tuple[list[StoreSaid], list[Target], tuple[str, ...], date]:
    day, wanted = date.fromisoformat(str(asked.given["day"])), asked.given.get("store")
    stores = [each for each in open_stores(conn) if wanted in (None, each.id)]
    found = in_force(conn, day)
    if found is None:
        return stores, [], ("No strategic assessment was in force on that day: there are no targets.",), day
    note = f"Targets of {found.reference}, {found.title}, in force from {found.from_on.isoformat()}."
    return stores, targets_of(conn, found.id), (note,), day


def by_shift(conn: sa.Connection, asked: Asked) -> Answer:
    """A row for each store and shift that began on the day."""
    stores, targets, notes, day = _read(conn, asked)
    kind = str(asked.given["kind"])
    out = drawn(conn, kind, day_start_us(day), min(asked.now_us, day_end_us(day) + 86_400_000_000))
    found = shifts_carried(out, stores, targets, kind, day)
    rows = [
        (each.store_id, each.shift, round(each.carried_hours, 2), round(each.target_hours, 2),
         None if each.percent is None else round(each.percent, 1))
        for each in found
    ]  # fmt: skip
    carried, wanted = sum(each.carried_hours for each in found), sum(each.target_hours for each in found)
    totals = {"carried": round(carried, 2), "target": round(wanted, 2)}
    return Answer(rows, notes, frozenset(), totals)


def by_hour(conn: sa.Connection, asked: Asked) -> Answer:
    """A row for each hour of the day: 24, or 23 or 25 where the clocks change."""
    stores, targets, notes, day = _read(conn, asked)
    kind = str(asked.given["kind"])
    out = drawn(conn, kind, day_start_us(day), min(asked.now_us, day_end_us(day)))
    found = hourly(out, stores, targets, kind, day)
    rows = [(hour_said(each.begins_us, day), round(each.out, 2), round(each.target, 2)) for each in found]
    return Answer(rows, notes)


def hour_said(begins_us: int, day: date) -> str:
    """The hour of the London day as its clocks say it; the hour they repeat is said to be the second."""
    n = (begins_us - day_start_us(day)) // 3_600_000_000
    hours = (day_end_us(day) - day_start_us(day)) // 3_600_000_000
    if hours == 24 or n < 1:
        return f"{n:02d}:00"
    if hours == 25:
        return "01:00 again" if n == 2 else f"{n if n < 2 else n - 1:02d}:00"
    return f"{n + 1:02d}:00"


def _report(name: str, title: str, how: tuple[str, str], columns: Sequence[Column], plot: Plot, ask: object) -> Report:
    return Report(
        name=name, question="Q3", title=title, definition=f"{DEFINITION} {how[0]}", trap=f"{TRAP} {how[1]}",
        source="Design domain.md 5.3, Q3, and 6, A10 and A11", seers=SEERS, columns=tuple(columns), ask=ask,  # type: ignore[arg-type]
        parameters=PARAMETERS, plot=plot,
    )  # fmt: skip


SHIFTS = _report(
    "availability-by-shift", "Carried hours against the target, by shift",
    ("A draw belongs to the one shift that it overlaps longest, and counts there for the time that it does.",
     "So the hours of a shift are never more than were carried in it, and overtime counts for none."),
    (Column("store", "Store", "store"), Column("shift", "Shift"), Column("carried", "Carried", "hours"),
     Column("target", "Target", "hours"), Column("percent", "Of the target", "percent")),
    Plot("bars", "store", ("carried", "target")), by_shift,
)  # fmt: skip
HOURS = _report(
    "availability-by-hour", "What was out, hour by hour, against the target",
    ("Each hour: pieces out on average, and what was asked; where two shifts overlap, both ask.",
     "An hour above the target does not make up for one below it."),
    (Column("hour", "Hour"), Column("out", "Out", "count"), Column("target", "Target", "count")),
    Plot("line", "hour", ("out", "target")), by_hour,
)  # fmt: skip
