"""Training results as the training unit writes them by hand: recorded with a document, or taken back.

One rule for the editor: a result is never edited. A wrong one is retracted and stays readable, and whoever
calls acts on the person's id afterwards (`custody.lapse`), because currency may have changed.

Source: design `domain.md` section 4.2 (manual entry needs a document and a second person).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.curricula import Curriculum
from inventory.people.errors import BadField
from inventory.people.people import root_of
from inventory.people.training import BY_MODEL, FAMILIES
from inventory.schema import words
from inventory.schema.ids import Ids
from inventory.schema.people import person, training_result
from inventory.schema.training import training_retraction

MANUAL, CLASS = "MANUAL", "CLASS"
BY_TWO = (MANUAL, CLASS)
"""Sources that two people vouch for: no file and no feed may come under these names (`schema.training_triggers`)."""
MINUTES_MAX = 60 * 500


@dataclass(frozen=True, slots=True)
class ManualResult:
    """A result entered by hand: `document` is what it was read from; two different people vouch for it.

    `curriculum` names the version it was taught by, where the document does; `session_id` is the course day that a
    whole class was written down of (`source` is CLASS then).
    """

    person_id: int
    course: str
    model: str | None
    attended_on: date
    minutes: int
    outcome: str
    document: str
    recorded_by: int
    second_person: int
    assessor: str | None = None
    curriculum: str | None = None
    session_id: int | None = None
    source: str = MANUAL


@dataclass(frozen=True, slots=True)
class Retraction:
    """That a result should not have been recorded: why, by what document, and the two who say so."""

    result_id: int
    reason: str
    document: str
    by_person: int
    second_person: int


def record_by_hand(
    conn: sa.Connection, ids: Ids, new: ManualResult, now_us: int, curricula: Iterable[Curriculum] = ()
) -> int:
    """Record a result marked MANUAL (or CLASS) and return its id. Raises BadField naming what is wrong.

    `curricula` are the versions that one may name; a version of another course, or unknown, is refused.
    """
    check(new, local_day(now_us), curricula)
    two_people(conn, new.recorded_by, new.second_person, new.person_id)
    if conn.execute(sa.select(person.c.id).where(person.c.id == new.person_id)).first() is None:
        raise BadField("person_id", new.person_id, "the number of a person on record")
    same = sa.select(training_result.c.id).where(
        training_result.c.source == new.source,
        training_result.c.source_ref == new.document,
        training_result.c.retracted_us.is_(None),
    )
    if conn.execute(same).first():
        raise BadField("document", new.document, "a document no other result was entered from")
    new_id = ids.take()
    row = {
        "id": new_id, "person_id": new.person_id, "course": new.course, "model": new.model,
        "attended_on": new.attended_on.isoformat(), "minutes": new.minutes, "outcome": new.outcome,
        "assessor": new.assessor, "source": new.source, "source_ref": new.document, "recorded_us": now_us,
        "recorded_by": new.recorded_by, "second_person": new.second_person, "curriculum": new.curriculum,
        "session_id": new.session_id,
    }  # fmt: skip
    conn.execute(sa.insert(training_result), row)
    return new_id


def check(new: ManualResult, today: date, curricula: Iterable[Curriculum] = ()) -> None:
    """Raise BadField for what is wrong with a result by itself."""
    needs_model = FAMILIES.get(new.course) in BY_MODEL
    named = new.curriculum is None or any(
        each.name == new.curriculum and each.course == new.course for each in curricula
    )
    faults = (
        (new.course not in words.COURSES, "course", new.course, f"one of {', '.join(words.COURSES)}"),
        (needs_model and not new.model, "model", new.model, "the CED model the course was for"),
        (not needs_model and bool(new.model), "model", new.model, "no model for this course"),
        (new.attended_on > today, "attended_on", new.attended_on, "a date not in the future"),
        (not 0 <= new.minutes <= MINUTES_MAX, "minutes", new.minutes, f"minutes of attendance, 0 to {MINUTES_MAX}"),
        (new.outcome not in words.OUTCOMES, "outcome", new.outcome, f"one of {', '.join(words.OUTCOMES)}"),
        (not new.document.strip(), "document", new.document, "the document it was read from"),
        (not named, "curriculum", new.curriculum, f"a version of the curriculum of {new.course}"),
        (new.recorded_by == new.second_person, "second_person", new.second_person, "a different person"),
    )
    for wrong, field, value, expected in faults:
        if wrong:
            raise BadField(field, value, expected)


def two_people(conn: sa.Connection, first: int, second: int, about: int) -> None:
    """Raise BadField unless two different people vouch, and neither for their own record."""
    one, other, whose = (root_of(conn, each) for each in (first, second, about))
    if one == other:
        raise BadField("second_person", second, "a different person")
    if whose in (one, other):
        raise BadField("person_id", about, "somebody else: nobody vouches for their own training")


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


def retract_by_two(conn: sa.Connection, back: Retraction, now_us: int) -> int:
    """Retract a result by two people, with the reason kept beside it; returns the person's id. Raises BadField."""
    for field, value in (("reason", back.reason), ("document", back.document)):
        if not value.strip():
            raise BadField(field, value, "words that say why, and what shows it")
    whose = conn.execute(
        sa.select(training_result.c.person_id).where(training_result.c.id == back.result_id)
    ).scalar()
    if whose is None:
        raise BadField("result_id", back.result_id, "a result that stands")
    two_people(conn, back.by_person, back.second_person, whose)
    person_id = retract(conn, back.result_id, now_us)
    row = {
        "result_id": back.result_id, "at_us": now_us, "by_person": back.by_person,
        "second_person": back.second_person, "reason": back.reason, "document": back.document,
    }  # fmt: skip
    conn.execute(sa.insert(training_retraction), row)
    return person_id
