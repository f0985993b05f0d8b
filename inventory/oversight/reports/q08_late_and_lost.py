"""Q8: what is late, what is missing, what was lost, and for how long: to be handed out as it is, with or without names.

One rule for the editor: a loss that was closed stays in it. What is late and what a case comes to is read by
`custody.losses`, which the pages of losses and the alarms ask too.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from inventory.custody.losses.case import Case
from inventory.custody.losses.late import Late, late_now
from inventory.custody.losses.looking import cases_opened
from inventory.oversight.reports.report import Answer, Asked, Cell, Column, Parameter, Plot, Report, Row
from inventory.stock.kinds import title

HOUR_US = 3_600_000_000
NAMED, LEFT_OUT = "NAMED", "LEFT_OUT"
STATES = {
    "LATE": "Late", "UNACCOUNTED": "Missing", "LOST": "Lost", "STOLEN": "Stolen", "FOUND": "Found, no statement yet",
    "RECOVERED": "Back, case open", "DISPOSED": "Written off", "CLOSED": "Closed",
}  # fmt: skip
"""State of a case, or LATE -> what it is called."""


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Late kit, the longest first; then every loss that is not closed; then every one that was."""
    store_id, now_us = asked.given["store"], asked.now_us
    late = [each for each in late_now(conn, asked.policy.losses, now_us) if store_id in (None, each.store_id)]
    cases = [each for each in cases_opened(conn, 0) if store_id in (None, each.store_id)]
    cases.sort(key=lambda case: (case.closed_us is not None, case.missed_us, case.id))
    rows = [
        *(row for each in late for row in _late_rows(each, now_us)),
        *(_case_row(each, now_us) for each in cases),
    ]
    totals: dict[str, Cell] = {
        "late": sum(len(each.items) for each in late),
        "missing_now": sum(each.is_missing for each in cases if each.closed_us is None),
        "cases_open": sum(each.closed_us is None for each in cases),
        "cases_closed": sum(each.closed_us is not None for each in cases),
    }
    if asked.given["people"] == LEFT_OUT:
        rows = [(*row[:4], None, *row[5:]) for row in rows]
        return Answer(rows, ("Names were left out on purpose.",), frozenset(), totals)
    return Answer(rows, (), frozenset(), totals)


def _late_rows(late: Late, now_us: int) -> Iterator[Row]:
    for each in late.items:
        yield (
            STATES["LATE"], each.item_id, title(each.kind), late.store_id, late.person_id, late.due_us,
            _hours(now_us - late.due_us), None, None, None,
        )  # fmt: skip


def _case_row(case: Case, now_us: int) -> Row:
    ended = case.closed_us if case.closed_us is not None else case.back_us
    age_us = (ended if ended is not None else now_us) - case.missed_us
    noticed = case.time_to_notice_us
    return (
        STATES[case.state], case.item_id, title(case.kind), case.store_id, case.person_id, case.missed_us,
        _hours(age_us), None if noticed is None else _hours(noticed), case.closed_us, case.id,
    )  # fmt: skip


def _hours(span_us: int) -> float:
    return round(span_us / HOUR_US, 1)


COLUMNS = (
    Column("state", "State"), Column("item", "Item", "item"), Column("kind", "Kind"), Column("store", "Store", "store"),
    Column("person", "Who had it", "person"), Column("since", "Since", "moment"), Column("age", "For", "hours"),
    Column("noticed", "Noticed after", "hours"), Column("closed", "Closed", "moment"), Column("case", "Case"),
)  # fmt: skip

REPORT = Report(
    name="late-and-lost",
    question="Q8",
    title="Late, missing and lost",
    definition=(
        "Late: every item out after its planned return, of a kind for which the force has set who is told when; since"
        " that return. Missing, lost, stolen, back, written off, closed: every case of a loss there ever was, since its"
        " item was last missed, until it came back or its case was closed. Noticed after: from the last certain"
        " sighting to the report."
    ),
    trap=(
        "Zero is the target, and a closed case is no zero: closed losses stay in this list. A case is of the store that"
        " it was opened for, which need not be where the item was lost. Case numbers are not a count."
    ),
    source="Design domain.md 5.3, Q8, and section 7.5: a force must be able to say what is missing (FOI)",
    seers=("STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "CED_SPOC", "PSD", "AUDITOR", "ADMINISTRATOR"),
    columns=COLUMNS,
    ask=ask,
    parameters=(
        Parameter("store", "Store", "store", optional=True),
        Parameter("people", "Names of people", "word", default=NAMED, choices=(NAMED, LEFT_OUT)),
    ),
    plot=Plot("ages", "state", ("age",)),
    names_people=True,
)
