"""Training results as the training recorder writes them by hand: recorded with a document, or retracted.

One rule for the editor: a result is never edited. A wrong one is retracted and stays readable, and whoever
calls acts on the person's id afterwards (`custody.lapse`), because currency may have changed.

Source: design `domain.md` section 4.2 (manual entry needs a document and a second person).
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.errors import BadField
from inventory.people.training import BY_MODEL, FAMILIES
from inventory.schema import words
from inventory.schema.ids import Ids
from inventory.schema.people import training_result

MANUAL = "MANUAL"


@dataclass(frozen=True, slots=True)
class ManualResult:
    """A result entered by hand: `document` is what it was read from; two different people vouch for it."""

    person_id: int
    course: str
    model: str | None
    attended_on: date
    minutes: int
    outcome: str
    document: str
    recorded_by: int
    second_person: int


def record_by_hand(conn: sa.Connection, ids: Ids, new: ManualResult, now_us: int) -> int:
    """Record a result marked MANUAL and return its id. Raises BadField naming what is wrong."""
    _check(new, local_day(now_us))
    same = sa.select(training_result.c.id).where(
        training_result.c.source == MANUAL,
        training_result.c.source_ref == new.document,
        training_result.c.retracted_us.is_(None),
    )
    if conn.execute(same).first():
        raise BadField("document", new.document, "a document no other result was entered from")
    new_id = ids.take()
    row = {
        "id": new_id, "person_id": new.person_id, "course": new.course, "model": new.model,
        "attended_on": new.attended_on.isoformat(), "minutes": new.minutes, "outcome": new.outcome,
        "source": MANUAL, "source_ref": new.document, "recorded_us": now_us,
        "recorded_by": new.recorded_by, "second_person": new.second_person,
    }  # fmt: skip
    conn.execute(sa.insert(training_result), row)
    return new_id


def _check(new: ManualResult, today: date) -> None:
    needs_model = FAMILIES.get(new.course) in BY_MODEL
    faults = (
        (new.course not in words.COURSES, "course", new.course, f"one of {', '.join(words.COURSES)}"),
        (needs_model and not new.model, "model", new.model, "the CED model the course was for"),
        (not needs_model and bool(new.model), "model", new.model, "no model for this course"),
        (new.attended_on > today, "attended_on", new.attended_on, "a date not in the future"),
        (new.minutes < 0, "minutes", new.minutes, "minutes of attendance, 0 or more"),
        (new.outcome not in words.OUTCOMES, "outcome", new.outcome, f"one of {', '.join(words.OUTCOMES)}"),
        (not new.document.strip(), "document", new.document, "the document it was read from"),
        (new.recorded_by == new.second_person, "second_person", new.second_person, "a different person"),
    )
    for wrong, field, value, expected in faults:
        if wrong:
            raise BadField(field, value, expected)


def retract(conn: sa.Connection, result_id: int, now_us: int) -> int:
    """Retract a result that should not have been recorded; returns the person's id. It stays readable.

    Raises BadField where it is unknown or already retracted.
    """
    person_id = conn.execute(
        sa.update(training_result)
        .where(training_result.c.id == result_id, training_result.c.retracted_us.is_(None))
        .values(retracted_us=now_us)
        .returning(training_result.c.person_id)
    ).scalar()
    if person_id is None:
        raise BadField("result_id", result_id, "a result that stands")
    return int(person_id)
