"""Q24: documents past their review date, and those whose review comes due.

One rule for the editor: the clock is `gate.documents.review_of`, the policy page's own; a date that nobody stated is
listed as unknown and never left out.
"""

import sqlalchemy as sa

from inventory.gate.documents import Review, cited
from inventory.gate.policy_changes import terms
from inventory.oversight.policy.register import OWNER, register
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Report, Row
from inventory.people.calendar import local_day

SAID = {"OVERDUE": "Overdue", "DUE": "Due soon", "GOOD": "In time", "UNKNOWN": "No date is known"}
ORDER = tuple(SAID)


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Every document that is overdue or due within the days asked for; all of them where `all` is asked."""
    today, ahead = local_day(asked.now_us), asked.given["days"]
    assert isinstance(ahead, int), "the parameter has a default"
    entries = register(conn, today)
    known = {name: entry.document for name, entry in entries.items()}
    named = [reference for each in terms(asked.policy) for reference in cited(each.source, known)]
    wanted = [
        (name, entry)
        for name, entry in entries.items()
        if asked.given["which"] == "ALL" or _is_late(entry.review, ahead)
    ]
    wanted.sort(key=lambda row: (ORDER.index(row[1].review.state), row[1].review.days or 0, row[0]))
    rows: list[Row] = [
        (
            name, entry.document.title, entry.document.owner, entry.document.contact, entry.document.risk,
            entry.document.reviewed_on, entry.document.next_review_on, SAID[entry.review.state], entry.review.days,
            entry.review.months or None, named.count(name),
        )
        for name, entry in wanted
    ]  # fmt: skip
    unknown = sum(1 for entry in entries.values() if entry.review.state == "UNKNOWN")
    notes = (f"Of {unknown} of {len(entries)} documents nobody has written down when they are to be reviewed.",)
    over = sum(1 for _, entry in wanted if entry.review.state == "OVERDUE")
    return Answer(rows, notes if unknown else (), totals={"overdue": over})


def _is_late(review: Review, ahead: int) -> bool:
    return review.days is not None and review.days <= ahead


REPORT = Report(
    name="policy-clock",
    question="Q24",
    title="Policy documents and their reviews",
    definition=(
        "Documents of the register whose next review is over, or comes within the days asked for. A month without a"
        " day ends with its last day; months late are calendar months. Numbers: how many numbers in force cite the"
        " document."
    ),
    trap=(
        "A newer version may exist that nobody has written down here: ask the owner before calling a policy out of"
        " date. What no date is known of is late for all anybody can say."
    ),
    source="Design domain.md 5.3, Q24; 6, rows B17 and B20",
    seers=(OWNER, "AUDITOR", "CED_SPOC", "DUTY_INSPECTOR", "ADMINISTRATOR", "PLANNER"),
    columns=(
        Column("reference", "Document"), Column("title", "Title"), Column("owner", "Owner"),
        Column("contact", "Contact"),
        Column("risk", "Risk"), Column("reviewed", "Last reviewed"), Column("next", "Next review"),
        Column("state", "So it stands"), Column("days", "Days left", "count"), Column("months", "Months late", "count"),
        Column("numbers", "Numbers", "count"),
    ),
    ask=ask,
    parameters=(
        Parameter("days", "Days ahead", "number", default=60, least=0, most=3650),
        Parameter("which", "Which", "word", default="LATE", choices=("LATE", "ALL")),
    ),
)  # fmt: skip
