"""Targets of availability: how many of a kind are to be carried on a shift of a store, by the assessment that said so.

There is no national ratio: the chief constable decides by a strategic threat and risk assessment, made again each year
and reviewed at least every six months (design `domain.md` 5.3 and A10, A11). A target is versioned with it.

One rule for the editor: an assessment is written down once, with all its targets, by two people, and never edited. A
later one takes its place whole from a date on. Dates are Europe/London days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import add_months, local_day
from inventory.people.errors import BadField
from inventory.people.imports.fields import Unfit, whole
from inventory.people.imports.report import RowProblem
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, read
from inventory.people.people import root_of
from inventory.schema import words
from inventory.schema.fast import Fast, Row
from inventory.schema.people import shift_pattern, store
from inventory.schema.targets import assessment, availability_target
from inventory.schema.tx import Tx

REVIEW_MONTHS = 6
PIECES_MAX = 10_000
TARGETS_MAX = 1_500
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Target:
    """`pieces` of a kind to be carried on a shift of a store. `shift` "": on every one. `role` "": by everybody, else
    by that team alone."""

    store_id: int
    shift: str
    kind: str
    role: str
    pieces: int


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """An assessment to be written down. `review_on` None: six months after `assessed_on`; never later than that."""

    title: str
    reference: str
    assessed_on: date
    approved_by: str
    from_on: date
    targets: tuple[Target, ...]
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """One on record. `until_on`: the day another takes its place (exclusive); None where none does."""

    id: int
    title: str
    reference: str
    assessed_on: date
    approved_by: str
    from_on: date
    review_on: date
    recorded_us: int
    recorded_by: int
    second_person: int
    until_on: date | None = None

    def is_in_force(self, on: date) -> bool:
        """Whether its targets are those of the day."""
        return self.from_on <= on and (self.until_on is None or on < self.until_on)


_ALL = Fast(
    sa.select(
        assessment.c.id, assessment.c.title, assessment.c.reference, assessment.c.assessed_on,
        assessment.c.approved_by, assessment.c.from_on, assessment.c.review_on, assessment.c.recorded_us,
        assessment.c.recorded_by, assessment.c.second_person,
    ).order_by(assessment.c.from_on, assessment.c.id)
)  # fmt: skip
_TARGETS = Fast(
    sa.select(
        availability_target.c.store_id, availability_target.c.shift, availability_target.c.kind,
        availability_target.c.role, availability_target.c.pieces,
    )
    .where(availability_target.c.assessment_id == sa.bindparam("assessment_id"))
    .order_by(availability_target.c.store_id, availability_target.c.id)
)  # fmt: skip
_STORES = Fast(sa.select(store.c.code, store.c.id))
_SHIFTS = Fast(sa.select(shift_pattern.c.store_id, shift_pattern.c.name).distinct())


# ---- reading ---------------------------------------------------------------------------------------


def assessments(conn: sa.Connection) -> list[Assessment]:
    """Every assessment, the newest last. Two from the same day: the later written one takes the place of the other."""
    rows = _ALL.rows(conn)
    begins: list[date | None] = [date.fromisoformat(row[5]) for row in rows[1:]]
    return [_made(row, until) for row, until in zip(rows, [*begins, None], strict=False)]


def _made(row: Row, until_on: date | None) -> Assessment:
    assessed_on, from_on, review_on = (date.fromisoformat(row[n]) for n in (3, 5, 6))
    return Assessment(
        row[0], row[1], row[2], assessed_on, row[4], from_on, review_on, row[7], row[8], row[9], until_on
    )


def in_force(conn: sa.Connection, on: date) -> Assessment | None:
    """The assessment whose targets are those of the day; None before the first."""
    return next((each for each in assessments(conn) if each.is_in_force(on)), None)


def targets_of(conn: sa.Connection, assessment_id: int) -> list[Target]:
    """The targets that one assessment set."""
    return [Target(*row) for row in _TARGETS.rows(conn, {"assessment_id": assessment_id})]


def targets_on(conn: sa.Connection, on: date) -> list[Target]:
    """The targets of a day; none where no assessment is in force."""
    found = in_force(conn, on)
    return targets_of(conn, found.id) if found else []


# ---- writing ---------------------------------------------------------------------------------------


def record(tx: Tx, new: NewAssessment, by_person: int, second_person: int) -> int:
    """Write an assessment and its targets down; returns its id.

    Raises BadField for an empty text, a reference on record, dates out of order, a second person who is the first, no
    target at all, or two for the same store, shift, kind and role.
    """
    review_on = new.review_on or add_months(new.assessed_on, REVIEW_MONTHS)
    _check(tx.conn, new, review_on)
    if root_of(tx.conn, second_person) == root_of(tx.conn, by_person):
        raise BadField("second", second_person, "somebody else than who writes it down")
    new_id = tx.ids.take()
    row = {
        "id": new_id, "title": new.title.strip(), "reference": new.reference.strip(),
        "assessed_on": new.assessed_on.isoformat(), "approved_by": new.approved_by.strip(),
        "from_on": new.from_on.isoformat(), "review_on": review_on.isoformat(), "recorded_us": tx.now_us,
        "recorded_by": by_person, "second_person": second_person,
    }  # fmt: skip
    tx.conn.execute(sa.insert(assessment), row)
    rows = [
        {"id": tx.ids.take(), "assessment_id": new_id, "store_id": each.store_id, "shift": each.shift,
         "kind": each.kind, "role": each.role, "pieces": each.pieces}
        for each in new.targets
    ]  # fmt: skip
    tx.conn.execute(sa.insert(availability_target), rows)
    tx.say("all", {"type": "targets", "assessment_id": new_id, "at_us": tx.now_us})
    return new_id


def _check(conn: sa.Connection, new: NewAssessment, review_on: date) -> None:
    for field in ("title", "reference", "approved_by"):
        value = getattr(new, field).strip()
        if not value or len(value) > TEXT_MAX:
            raise BadField(field, value, f"a text of 1 to {TEXT_MAX} characters")
    if not new.assessed_on < review_on <= add_months(new.assessed_on, REVIEW_MONTHS):
        raise BadField("review_on", review_on, f"a day within {REVIEW_MONTHS} months after {new.assessed_on}")
    known = assessments(conn)
    if any(each.reference == new.reference.strip() for each in known):
        raise BadField("reference", new.reference, "a reference that no other assessment has")
    if known and new.from_on < known[-1].from_on:
        raise BadField("from_on", new.from_on, f"a day not before {known[-1].from_on}, when the last one began")
    if new.from_on < new.assessed_on:
        raise BadField("from_on", new.from_on, f"a day not before it was made, {new.assessed_on}")
    _check_targets(conn, new.targets)


def _check_targets(conn: sa.Connection, targets: Sequence[Target]) -> None:
    stores, shifts = {row[1] for row in _STORES.rows(conn)}, _shifts(conn)
    if not 1 <= len(targets) <= TARGETS_MAX:
        raise BadField("targets", len(targets), f"1 to {TARGETS_MAX} targets")
    seen = set()
    for each in targets:
        key = (each.store_id, each.shift, each.kind, each.role)
        if each.store_id not in stores:
            raise BadField("store_id", each.store_id, "a store on record")
        if each.shift and each.shift not in shifts.get(each.store_id, ()):
            raise BadField("shift", each.shift, "the name of a shift of that store, or nothing for every shift")
        if each.kind not in words.ITEM_KINDS:
            raise BadField("kind", each.kind, f"one of {', '.join(words.ITEM_KINDS)}")
        if not 0 <= each.pieces <= PIECES_MAX:
            raise BadField("pieces", each.pieces, f"0 to {PIECES_MAX}")
        if key in seen:
            raise BadField("targets", each.shift or "every shift", "one target for a store, shift, kind and role")
        seen.add(key)


def _shifts(conn: sa.Connection) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for store_id, name in _SHIFTS.rows(conn):
        found.setdefault(store_id, set()).add(name)
    return found


# ---- a file of them --------------------------------------------------------------------------------


def _kind(text: str) -> str:
    kind = text.strip().upper()
    if kind not in words.ITEM_KINDS:
        raise Unfit(f"one of {', '.join(words.ITEM_KINDS)}")
    return kind


COLUMNS = (
    Column("store", needed=True, aliases=("store_code", "code")),
    Column("shift"),
    Column("kind", _kind, needed=True),
    Column("role", aliases=("team",)),
    Column("pieces", whole(0, PIECES_MAX), aliases=("target", "number"), needed=True),
)


def read_targets(conn: sa.Connection, data: Source) -> tuple[list[Target], list[RowProblem]]:
    """The targets in a file (CSV or a sheet), and a problem for each row that cannot be taken. Nothing is written."""
    table = read(data, COLUMNS)
    codes: dict[str, int] = dict(_STORES.rows(conn))
    shifts = _shifts(conn)
    problems, found, seen = list(table.problems), [], set()
    for row in table.rows:
        store_id = codes.get(row["store"].strip().upper())
        shift = row["shift"] or ""
        target = Target(store_id or 0, shift, row["kind"], row["role"] or "", row["pieces"])
        key = (target.store_id, shift, target.kind, target.role)
        if store_id is None:
            problems.append(RowProblem(row.line, "store", row["store"], "the code of a store on record"))
        elif shift and shift not in shifts.get(store_id, ()):
            problems.append(RowProblem(row.line, "shift", shift, "the name of a shift of that store, or nothing"))
        elif key in seen:
            problems.append(RowProblem(row.line, "shift", shift, "one row for a store, shift, kind and role"))
        else:
            seen.add(key)
            found.append(target)
    return found, problems


def due_for_review(known: Iterable[Assessment], now_us: int) -> Assessment | None:
    """The assessment in force, where its review is due or overdue; None where it is not, or none is in force."""
    today = local_day(now_us)
    return next((each for each in known if each.is_in_force(today) and each.review_on <= today), None)
