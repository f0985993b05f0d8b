"""Q22: who looked at an officer's record or changed it: the processing log of one person, for the uses the law allows.

One rule for the editor: DPA 2018 s.62(4) says what these lines may be used for. Nothing is counted by person, and the
use they are asked for stands in the answer and in the log.
"""

from datetime import date, timedelta

import sqlalchemy as sa

from inventory.oversight.disclosure.log_export import PURPOSES, log_of
from inventory.oversight.reports.report import Answer, Asked, Cell, Column, Parameter, Report
from inventory.people.calendar import local_day


def week_ago(now_us: int) -> Cell:
    """Seven days before today."""
    return (local_day(now_us) - timedelta(days=7)).isoformat()


def today(now_us: int) -> Cell:
    """Today."""
    return local_day(now_us).isoformat()


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """The lines about or by the person, in order."""
    person_id = asked.given["person"]
    first, last = (date.fromisoformat(str(asked.given[key])) for key in ("from", "to"))
    found = log_of(conn, person_id if isinstance(person_id, int) else 0, first, last)
    rows = [
        (
            row["at_us"], row["operation"].capitalize(), row["actor_id"] if row["actor_kind"] == "PERSON" else None,
            row["actor_kind"].capitalize(), row["route"], row["recipient"], row["outcome"], row["hash"],
        )
        for row in found
    ]  # fmt: skip
    used = PURPOSES[str(asked.given["use"])]
    people = {row[2] for row in rows if isinstance(row[2], int)}
    people |= {person_id} if isinstance(person_id, int) else set()
    return Answer(rows, (f"Given for {used} (DPA 2018 s.62(4)), and for no other use.",), frozenset(people))


REPORT = Report(
    name="who-looked",
    question="Q22",
    title="Who looked at an officer's record",
    definition=(
        "Lines of the processing log (DPA 2018 s.62) about or by the person on these days: what was done, by whom,"
        " when, to whom it was disclosed, and each line's hash."
    ),
    trap="Not a measure of anybody's work: the log may not be used so (s.62(4)). Most lines are a hatch doing its job.",
    source="design 5.3 Q22, 7.2; DPA 2018 s.62",
    seers=("LOG_READER",),
    columns=(
        Column("at", "When", "moment"), Column("operation", "Operation"), Column("by", "By", "person"),
        Column("kind", "Kind of actor"), Column("route", "Asked of the service"), Column("recipient", "Disclosed to"),
        Column("outcome", "Outcome"), Column("hash", "Hash"),
    ),
    ask=ask,
    parameters=(
        Parameter("person", "Officer", "person"),
        Parameter("from", "From", "day", default=week_ago),
        Parameter("to", "To", "day", default=today),
        Parameter("use", "For which use", "word", default="LAWFULNESS", choices=tuple(PURPOSES)),
    ),
    names_people=True,
)  # fmt: skip
