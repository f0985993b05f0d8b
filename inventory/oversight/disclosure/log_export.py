"""The processing log about and by one person, for the Information Commissioner or a court (DPA 2018 s.62(4), (5)).

One rule for the editor: every line leaves whole, with its number, the hash before it and its own, so that
whoever has it can compute each hash again; nothing is counted.
"""

from datetime import date

import sqlalchemy as sa

from inventory.oversight import standalone
from inventory.oversight.disclosure.rows import Values, rows_of
from inventory.people.calendar import day_end_us, day_start_us
from inventory.people.people import PersonRecord, by_collar, by_ref
from inventory.schema.oversight import processing_log
from inventory.schema.people import person

LINES_MAX = 200_000
PURPOSES = {
    "LAWFULNESS": "verifying the lawfulness of processing", "SELF_MONITORING": "self-monitoring, discipline included",
    "INTEGRITY": "ensuring the integrity and security of personal data", "CRIMINAL": "criminal proceedings",
    "COMMISSIONER": "made available to the Information Commissioner on request",
}  # fmt: skip
"""What the log may be used for (s.62(4) and (5)), and nothing else."""
UNTOLD_ROUTES = (
    "GET /api/v1/processing-log", "GET /log", "POST /api/v1/ico-exports", "kitstore ico-export",
    "POST /api/v1/decisions/{decision_id}/pack", "GET /data-protection", "GET /api/v1/retention",
    "POST /api/v1/legal-holds", "kitstore report who-looked", "kitstore report evidence-of-a-draw",
)  # fmt: skip
UNTOLD_REPORTS = ('"report": "who-looked"', '"report": "evidence-of-a-draw"')
"""Readings of the log itself, evidence and legal holds: to be told of them is to be told of an investigation (decision
record 0014; DPA 2018 s.45(4))."""
HASHED_SO = (
    "Each line's hash is SHA-256 over \"1|\" + prev_hash + \"|\" + the fields " + ", ".join(standalone.LOG_FIELDS)
    + " as a JSON list without blanks."
)  # fmt: skip


def is_untold(route: str, query: str | None) -> bool:
    """Whether a line is left out of what the person it is about is told."""
    return route in UNTOLD_ROUTES or any(each in (query or "") for each in UNTOLD_REPORTS)


def person_known(conn: sa.Connection, named: str) -> PersonRecord:
    """The person of this collar or force number. Raises LookupError."""
    found = by_ref(conn, named) or by_collar(conn, named)
    if found is None:
        raise LookupError(f"{named}: expected the collar or the force's number of a person")
    return found


def records_of(conn: sa.Connection, person_id: int) -> list[int]:
    """Every record of this person, duplicates too."""
    whose = sa.select(person.c.id).where(sa.or_(person.c.id == person_id, person.c.same_as == person_id))
    return sorted(conn.execute(whose).scalars())


def log_of(conn: sa.Connection, person_id: int, first: date, last: date) -> list[Values]:
    """The lines about or by a person from the first day to the last, in order."""
    log, records = processing_log.c, records_of(conn, person_id)
    inner = sa.literal(",") + sa.func.substr(log.subjects, 2, sa.func.length(log.subjects) - 2) + sa.literal(",")
    theirs = sa.or_(
        sa.and_(log.actor_kind == "PERSON", log.actor_id.in_(records)), *(inner.like(f"%,{each},%") for each in records)
    )
    span = sa.and_(log.at_us >= day_start_us(first), log.at_us < day_end_us(last))
    found = rows_of(conn, processing_log, sa.and_(span, theirs))
    if len(found) > LINES_MAX:
        raise ValueError(f"to: expected fewer days; these hold {len(found)} lines")
    return sorted(found, key=lambda row: (row["at_us"], row["chain"], row["seq"]))


def is_whole(rows: list[Values]) -> bool:
    """Whether every line's hash is the one of its content."""
    return all(
        standalone.link(row["prev_hash"], [row[name] for name in standalone.LOG_FIELDS]) == row["hash"] for row in rows
    )
