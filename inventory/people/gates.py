"""What special populations need beside training, as the training unit writes it down: approvals of students and
specials, a donor force's word on its officers, and the review after each use by a student.

One rule for the editor: each is a record with its document and is never edited; a donor force's word ends with the
operation, and whoever calls acts on the person's id afterwards (`custody.lapse`).

Source: design `domain.md` 4.5 and 2.1 (O-17, M-07).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.errors import BadField
from inventory.people.people import root_of
from inventory.people.results import two_people
from inventory.schema.fast import Fast, among
from inventory.schema.ids import Ids
from inventory.schema.people import person, person_gate
from inventory.schema.training import use_review, visitor_attestation
from inventory.schema.uses import use_declared

VISITOR = "VISITING_OFFICER"
DAY_US = 86_400_000_000
LONGEST_DAYS = 184
"""A donor force's word for longer is refused: aid of that length is a secondment (design `domain.md` 5.3)."""


@dataclass(frozen=True, slots=True)
class GateMet:
    """A gate of the policy that somebody met: `document` is where that stands."""

    person_id: int
    gate: str
    met_on: date
    document: str
    recorded_by: int


@dataclass(frozen=True, slots=True)
class Attestation:
    """A donor force's word that its officer is current on `model`, for one operation and up to its end (exclusive)."""

    person_id: int
    donor_force: str
    attested_by: str
    model: str
    operation: str
    from_us: int
    until_us: int
    document: str
    recorded_by: int
    second_person: int


@dataclass(frozen=True, slots=True)
class UseReview:
    """That a supervisor went through a use of a CED with the student who used it."""

    use_id: int
    reviewed_on: date
    reviewed_by: int
    document: str
    recorded_by: int


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """A declared use of a CED by a student that no supervisor has gone through with them yet."""

    use_id: int
    person_id: int
    used_us: int
    uses: str
    store_id: int
    item_id: int


def _need_words(**fields: str) -> None:
    for field, value in fields.items():
        if not value.strip():
            raise BadField(field, value, "words")


def _kind_of(conn: sa.Connection, person_id: int) -> str:
    kind = conn.execute(sa.select(person.c.kind).where(person.c.id == root_of(conn, person_id))).scalar()
    if kind is None:
        raise BadField("person_id", person_id, "the number of a person on record")
    return str(kind)


def meet_gate(conn: sa.Connection, ids: Ids, met: GateMet, known: Iterable[str], now_us: int) -> int:
    """Write down that somebody met a gate; returns its id. `known` are the gates of the policy. Raises BadField."""
    _kind_of(conn, met.person_id)
    _need_words(document=met.document)
    gates = sorted(set(known))
    if met.gate not in gates:
        raise BadField("gate", met.gate, f"one of {', '.join(gates)}")
    if met.met_on > local_day(now_us):
        raise BadField("met_on", met.met_on, "a date not in the future")
    if root_of(conn, met.person_id) == root_of(conn, met.recorded_by):
        raise BadField("person_id", met.person_id, "somebody else: nobody approves themselves")
    there = sa.select(person_gate.c.id).where(
        person_gate.c.person_id == met.person_id, person_gate.c.gate == met.gate,
        person_gate.c.met_on == met.met_on.isoformat(),
    )  # fmt: skip
    if conn.execute(there).first():
        raise BadField("met_on", met.met_on, "a day on which this gate is not on record already")
    gate_id = ids.take()
    row = {
        "id": gate_id, "person_id": met.person_id, "gate": met.gate, "met_on": met.met_on.isoformat(),
        "document": met.document.strip(), "recorded_us": now_us, "recorded_by": met.recorded_by,
    }  # fmt: skip
    conn.execute(sa.insert(person_gate), row)
    return gate_id


def attest(conn: sa.Connection, ids: Ids, word: Attestation, now_us: int) -> int:
    """Write down a donor force's word; returns its id. Raises BadField."""
    if _kind_of(conn, word.person_id) != VISITOR:
        raise BadField("person_id", word.person_id, "a visiting officer")
    _need_words(
        donor_force=word.donor_force, attested_by=word.attested_by, model=word.model, operation=word.operation,
        document=word.document,
    )  # fmt: skip
    two_people(conn, word.recorded_by, word.second_person, word.person_id)
    if not max(word.from_us, now_us) < word.until_us:
        raise BadField("until_us", word.until_us, "the end of the operation, after now and after its start")
    if word.until_us - word.from_us > LONGEST_DAYS * DAY_US:
        raise BadField("until_us", word.until_us, f"at most {LONGEST_DAYS} days: longer aid is a secondment")
    number = ids.take()
    row = {
        "id": number, "person_id": word.person_id, "donor_force": word.donor_force.strip(),
        "attested_by": word.attested_by.strip(), "model": word.model.strip().upper(),
        "operation": word.operation.strip(), "from_us": word.from_us, "until_us": word.until_us,
        "document": word.document.strip(), "recorded_us": now_us, "recorded_by": word.recorded_by,
        "second_person": word.second_person,
    }  # fmt: skip
    conn.execute(sa.insert(visitor_attestation), row)
    return number


def withdraw_attestation(conn: sa.Connection, number: int, now_us: int) -> int:
    """End a donor force's word now: it takes it back, or the operation is over. Returns the person's id."""
    whose = conn.execute(
        sa.update(visitor_attestation)
        .where(
            visitor_attestation.c.id == number, visitor_attestation.c.withdrawn_us.is_(None),
            visitor_attestation.c.until_us > now_us,
        )
        .values(withdrawn_us=now_us)
        .returning(visitor_attestation.c.person_id)
    ).scalar()  # fmt: skip
    if whose is None:
        raise BadField("attestation_id", number, "a donor force's word that is in force")
    return int(whose)


# ---- the review after each use by a student ------------------------------------------------------------

_STUDENTS = Fast(sa.select(person.c.id).where(sa.literal_column("kind = 'STUDENT'")))
_DUE_OF = Fast(
    sa.select(
        use_declared.c.id, use_declared.c.person_id, use_declared.c.used_us, use_declared.c.uses,
        use_declared.c.store_id, use_declared.c.item_id,
    )
    .select_from(use_declared.outerjoin(use_review, use_review.c.use_id == use_declared.c.id))
    .where(
        among(use_declared.c.person_id, "people"), use_declared.c.item_id.is_not(None),
        use_declared.c.sort != "TRAINING", use_review.c.use_id.is_(None),
    )
    .order_by(use_declared.c.used_us, use_declared.c.id)
)  # fmt: skip


def reviews_due(conn: sa.Connection, store_id: int | None = None) -> list[ReviewDue]:
    """Uses of a CED by students that are still to be gone through with a supervisor, the oldest first."""
    found = reviews_due_of(conn, [row[0] for row in _STUDENTS.rows(conn)])
    return [each for each in found if store_id in (None, each.store_id)]


def reviews_due_of(conn: sa.Connection, student_ids: Iterable[int]) -> list[ReviewDue]:
    """The same, of these students."""
    return [ReviewDue(*row) for row in _DUE_OF.rows(conn, {"people": sorted(set(student_ids))})]


def review_use(conn: sa.Connection, review: UseReview, now_us: int) -> int:
    """Write down that a use was gone through; returns the student's id. Raises BadField."""
    asked = sa.select(use_declared.c.person_id, use_declared.c.used_us).where(use_declared.c.id == review.use_id)
    found = conn.execute(asked).first()
    if found is None or found[0] is None:
        raise BadField("use_id", review.use_id, "a declared use by somebody")
    whose, used_us = found
    _need_words(document=review.document)
    if conn.execute(sa.select(use_review.c.use_id).where(use_review.c.use_id == review.use_id)).first():
        raise BadField("use_id", review.use_id, "a use that was not gone through yet")
    if not local_day(used_us) <= review.reviewed_on <= local_day(now_us):
        raise BadField("reviewed_on", review.reviewed_on, "a day after the use, and not in the future")
    if root_of(conn, review.reviewed_by) == root_of(conn, whose):
        raise BadField("second.name", review.reviewed_by, "a supervisor, not the student themselves")
    two_people(conn, review.recorded_by, review.reviewed_by, whose)
    row = {
        "use_id": review.use_id, "person_id": whose, "reviewed_on": review.reviewed_on.isoformat(),
        "reviewed_by": review.reviewed_by, "document": review.document.strip(), "recorded_us": now_us,
        "recorded_by": review.recorded_by,
    }  # fmt: skip
    conn.execute(sa.insert(use_review), row)
    return int(whose)
