"""Losses and late kit as clients have them.

One rule for the editor: every figure is worked out by `custody.losses`; nothing is counted here but rows.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import msgspec
import sqlalchemy as sa

from inventory.custody.losses.acts import possible
from inventory.custody.losses.case import Case, CaseEvent, Owed, to_do
from inventory.custody.losses.late import Late
from inventory.gate.loss_terms import LossTerms
from inventory.schema.fast import Fast, among
from inventory.schema.people import capability_grant, person

MINUTE_US = 60_000_000
SUPERVISORS = ("SUPERVISOR", "DUTY_INSPECTOR")


class OwedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to be told. `due_us` null: not before it is declared; `waived`: why it is not owed any more."""

    to: str
    due_us: int | None
    told_us: int | None
    waived: str
    late: bool
    overdue: bool


class LossRow(msgspec.Struct, frozen=True, kw_only=True):
    """One loss. `state`: UNACCOUNTED, LOST, STOLEN, FOUND (back, no statement yet), RECOVERED, DISPOSED or CLOSED.

    `time_to_notice_us` is from the last certain sighting (`last_seen_us`) to the report; null where it was never seen.
    """

    id: int
    item_id: int
    kind: str
    model: str
    serial: str
    store_id: int
    state: str
    missing: bool
    opened_us: int
    last_seen_us: int | None
    last_seen_way: str | None
    time_to_notice_us: int | None
    closed_us: int | None
    next_due_us: int | None
    overdue: int
    to_do: list[str]


class LossEventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was written down: `at_us` when, `happened_us` when it was done."""

    id: int
    act: str
    at_us: int
    happened_us: int
    by_person: int
    second_person: int | None
    told: str | None
    reference: str | None
    detail: str
    facts: dict[str, Any]


class LossPage(msgspec.Struct, frozen=True, kw_only=True):
    """One loss whole: what was known as it was missed (`facts`), who is to be told, what was done, what is possible."""

    loss: LossRow
    detail: str
    person_id: int | None
    opened_by: int | None
    facts: dict[str, Any]
    owed: list[OwedRow]
    events: list[LossEventRow]
    possible: list[str]

    @classmethod
    def of(cls, case: Case, terms: LossTerms, now_us: int) -> "LossPage":
        """A case as it stands now."""
        return cls(
            loss=loss_row(case, terms, now_us), detail=case.detail, person_id=case.person_id, opened_by=case.opened_by,
            facts=dict(case.facts), owed=[_owed_row(each, now_us) for each in case.owed(terms)],
            events=[_event_row(each) for each in case.events], possible=possible(case, terms),
        )  # fmt: skip


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """How long losses of one kind took to be noticed. `cases` counts those never seen before too, the times do not."""

    kind: str
    cases: int
    median_us: int | None
    longest_us: int | None
    longest_case_id: int | None


class NamedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person by name."""

    person_id: int
    name: str


class LateItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """One item that is late."""

    item_id: int
    kind: str
    serial: str


class LateRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one person should have brought back: the step reached (OFFICER, SERGEANT, INSPECTOR, LOSS; null before the
    first), what is to be done, and when the next step comes."""

    person_id: int
    store_id: int
    due_us: int
    late_us: int
    step: str | None
    remedy: str
    next_step: str | None
    next_us: int | None
    items: list[LateItemRow]
    supervisors: list[NamedPerson]


def loss_row(case: Case, terms: LossTerms, now_us: int) -> LossRow:
    """A case in a list."""
    outstanding = [each for each in case.owed(terms) if each.is_outstanding and case.closed_us is None]
    return LossRow(
        id=case.id, item_id=case.item_id, kind=case.kind, model=case.model, serial=case.serial, store_id=case.store_id,
        state=case.state, missing=case.is_missing, opened_us=case.opened_us, last_seen_us=case.last_seen_us,
        last_seen_way=case.last_seen_way, time_to_notice_us=case.time_to_notice_us, closed_us=case.closed_us,
        next_due_us=min((each.due_us for each in outstanding if each.due_us is not None), default=None),
        overdue=sum(each.is_overdue(now_us) for each in outstanding), to_do=to_do(case, terms),
    )  # fmt: skip


def _owed_row(each: Owed, now_us: int) -> OwedRow:
    return OwedRow(
        to=each.to, due_us=each.due_us, told_us=each.told_us, waived="" if each.told_us is not None else each.waived,
        late=each.was_late, overdue=each.is_overdue(now_us),
    )  # fmt: skip


def _event_row(each: CaseEvent) -> LossEventRow:
    return LossEventRow(
        id=each.id, act=each.act, at_us=each.at_us, happened_us=each.happened_us, by_person=each.by_person,
        second_person=each.second_person, told=each.told, reference=each.reference, detail=each.detail,
        facts=dict(each.facts),
    )  # fmt: skip


def notice_rows(found: Sequence[Case]) -> list[NoticeRow]:
    """Time to notice by kind, those that took longest first."""
    by_kind: dict[str, list[Case]] = defaultdict(list)
    for case in found:
        by_kind[case.kind].append(case)
    rows = [_notice(kind, some) for kind, some in by_kind.items()]
    return sorted(rows, key=lambda row: (-(row.longest_us or 0), row.kind))


def _notice(kind: str, some: Sequence[Case]) -> NoticeRow:
    timed = sorted((each.time_to_notice_us, each.id) for each in some if each.time_to_notice_us is not None)
    longest = timed[-1] if timed else (None, None)
    middle = int(median(took for took, _ in timed)) if timed else None
    return NoticeRow(
        kind=kind, cases=len(some), median_us=middle, longest_us=longest[0], longest_case_id=longest[1]
    )


_TEAMS = Fast(sa.select(person.c.id, person.c.team, person.c.home_store_id).where(among(person.c.id, "ids")))
_OF_TEAMS = Fast(
    sa.select(person.c.id, person.c.team, person.c.rank, person.c.given_name, person.c.family_name)
    .distinct()
    .select_from(capability_grant.join(person, person.c.id == capability_grant.c.person_id))
    .where(
        among(capability_grant.c.capability, "words", texts=True), capability_grant.c.from_us <= sa.bindparam("now_us"),
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > sa.bindparam("now_us")),
        among(person.c.team, "teams", texts=True),
    )
    .order_by(person.c.family_name, person.c.id)
)  # fmt: skip


def late_rows(conn: sa.Connection, late: Sequence[Late], now_us: int) -> list[LateRow]:
    """Late kit as clients have it, with the supervisors of each person's own team."""
    tell = supervisors_of(conn, sorted({each.person_id for each in late}), now_us)
    return [_late_row(each, tell.get(each.person_id, []), now_us) for each in late]


def supervisors_of(conn: sa.Connection, ids: Sequence[int], now_us: int) -> dict[int, list[NamedPerson]]:
    """The supervisors of each person's own team, but for themselves; nobody where it is in no team."""
    teams = {row[0]: row[1] for row in _TEAMS.rows(conn, {"ids": ids})} if ids else {}
    wanted = sorted({team for team in teams.values() if team})
    by_team: dict[str, list[NamedPerson]] = defaultdict(list)
    asked = {"words": list(SUPERVISORS), "now_us": now_us, "teams": wanted}
    for person_id, team, rank, given, family in _OF_TEAMS.rows(conn, asked) if wanted else []:
        by_team[team].append(NamedPerson(person_id=person_id, name=f"{rank or given} {family}"))
    return {
        each: [one for one in by_team.get(team, []) if one.person_id != each] for each, team in teams.items() if team
    }


def _late_row(each: Late, supervisors: Sequence[NamedPerson], now_us: int) -> LateRow:
    reached, coming = each.reached(now_us), each.coming(now_us)
    now = reached[-1] if reached else None
    return LateRow(
        person_id=each.person_id, store_id=each.store_id, due_us=each.due_us, late_us=now_us - each.due_us,
        step=now.tell if now else None, remedy=now.remedy if now else "", next_step=coming.tell if coming else None,
        next_us=each.due_us + coming.after_us if coming else None,
        items=[LateItemRow(item_id=one.item_id, kind=one.kind, serial=one.serial) for one in each.items],
        supervisors=list(supervisors),
    )  # fmt: skip


CSV_COLUMNS = (
    "case", "state", "kind", "model", "serial", "store", "reported", "last_seen", "last_seen_by", "minutes_to_notice",
    "declared", "incident_ref", "crime_ref", "recovered", "closed", "told_late_or_not_yet",
)  # fmt: skip


def losses_csv(found: Sequence[Case], terms: LossTerms, stores: dict[int, str]) -> str:
    """Losses as a table, one line each, times in UTC, naming nobody. What a spreadsheet would run is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for case in found:
        writer.writerow([_cell(each) for each in _csv_line(case, terms, stores)])
    return out.getvalue()


def _csv_line(case: Case, terms: LossTerms, stores: dict[int, str]) -> list[object]:
    declared, back = case.last("DECLARED_LOST", "DECLARED_STOLEN"), case.last("RECOVERED", "DISPOSED")
    minutes = None if case.time_to_notice_us is None else case.time_to_notice_us // MINUTE_US
    short = [each.to for each in case.owed(terms) if each.was_late or each.is_outstanding]
    return [
        case.id, case.state, case.kind, case.model, case.serial, stores.get(case.store_id, case.store_id),
        _utc(case.opened_us), _utc(case.last_seen_us) if case.last_seen_us else "", case.last_seen_way, minutes,
        case.declared, declared.reference if declared else None, declared.facts.get("crime_ref") if declared else None,
        _utc(back.at_us) if back else "", _utc(case.closed_us) if case.closed_us else "", " ".join(short),
    ]  # fmt: skip


def _utc(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).isoformat()


def _cell(value: object) -> object:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
