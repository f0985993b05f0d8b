"""Course days: planned with their seats, people put on them, and the whole class written down in one act.

One rule for the editor: a class is written down whole or not at all, and every row that cannot be taken is named. A
seat is not attendance, and attendance is no pass: only an outcome is.

Source: design `domain.md` 4.2 and 6 (B12: attendance is not a pass; B13: the training unit records).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.people.as_known import Recorded, records_of
from inventory.people.calendar import local_day
from inventory.people.curricula import Curriculum
from inventory.people.errors import BadField, BadRows
from inventory.people.people import root_of
from inventory.people.results import CLASS, ManualResult, check, record_by_hand, two_people
from inventory.people.training import BY_MODEL, FAMILIES
from inventory.schema import words
from inventory.schema.fast import Fast, among
from inventory.schema.ids import Ids
from inventory.schema.people import person, training_result
from inventory.schema.training import training_seat, training_session, training_session_ended

SEATS_MAX = 500
HELD, CANCELLED = "HELD", "CANCELLED"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A course day to come, or one already held. `starts` is a London wall time, "09:00"."""

    course: str
    model: str | None
    held_on: date
    seats: int
    place: str
    recorded_by: int
    starts: str | None = None
    assessor: str | None = None
    curriculum: str | None = None


@dataclass(frozen=True, slots=True)
class ClassRow:
    """What one of the class came away with."""

    person_id: int
    outcome: str
    minutes: int


@dataclass(frozen=True, slots=True)
class ClassHeld:
    """A whole class: everybody who had a seat, or came without one. `document` is the class register."""

    session_id: int
    rows: Sequence[ClassRow]
    document: str
    recorded_by: int
    second_person: int


@dataclass(frozen=True, slots=True)
class Session:
    """A course day as it stands. `taken` counts live seats; `how` is HELD, CANCELLED or None while to come."""

    id: int
    course: str
    model: str | None
    held_on: date
    starts: str | None
    seats: int
    place: str
    assessor: str | None
    curriculum: str | None
    taken: int
    how: str | None
    ended_us: int | None
    document: str | None


_SESSIONS = (
    sa.select(
        training_session.c.id, training_session.c.course, training_session.c.model, training_session.c.held_on,
        training_session.c.starts, training_session.c.seats, training_session.c.place, training_session.c.assessor,
        training_session.c.curriculum, training_session_ended.c.how, training_session_ended.c.at_us,
        training_session_ended.c.document,
    )
    .select_from(
        training_session.outerjoin(
            training_session_ended, training_session_ended.c.session_id == training_session.c.id
        )
    )
)  # fmt: skip
_BETWEEN = Fast(
    _SESSIONS.where(
        training_session.c.held_on >= sa.bindparam("from_on"), training_session.c.held_on <= sa.bindparam("to_on")
    ).order_by(training_session.c.held_on, training_session.c.id)
)
_ONE = Fast(_SESSIONS.where(training_session.c.id == sa.bindparam("session_id")))
_TAKEN = Fast(
    sa.select(training_seat.c.session_id, training_seat.c.person_id).where(
        among(training_seat.c.session_id, "sessions"), training_seat.c.released_us.is_(None)
    )
)
_KNOWN = Fast(sa.select(person.c.id).where(among(person.c.id, "ids")))


_CLASS = Fast(
    sa.select(training_result.c.person_id).where(training_result.c.session_id == sa.bindparam("session_id"))
)


# ---- planning ------------------------------------------------------------------------------------------


def plan_session(
    conn: sa.Connection, ids: Ids, new: NewSession, now_us: int, curricula: Iterable[Curriculum] = ()
) -> int:
    """Put a course day on record and return its id. Raises BadField."""
    needs_model = FAMILIES.get(new.course) in BY_MODEL
    named = new.curriculum is None or any(
        each.name == new.curriculum and each.course == new.course for each in curricula
    )
    faults: tuple[tuple[bool, str, Any, str], ...] = (
        (new.course not in words.COURSES, "course", new.course, f"one of {', '.join(words.COURSES)}"),
        (needs_model and not new.model, "model", new.model, "the CED model the course is for"),
        (not needs_model and bool(new.model), "model", new.model, "no model for this course"),
        (not 1 <= new.seats <= SEATS_MAX, "seats", new.seats, f"seats, 1 to {SEATS_MAX}"),
        (not new.place.strip(), "place", new.place, "where it is held"),
        (not named, "curriculum", new.curriculum, f"a version of the curriculum of {new.course}"),
    )
    for wrong, field, value, expected in faults:
        if wrong:
            raise BadField(field, value, expected)
    session_id = ids.take()
    row = {
        "id": session_id, "course": new.course, "model": new.model, "held_on": new.held_on.isoformat(),
        "starts": new.starts, "seats": new.seats, "place": new.place.strip(), "assessor": new.assessor,
        "curriculum": new.curriculum, "recorded_us": now_us, "recorded_by": new.recorded_by,
    }  # fmt: skip
    conn.execute(sa.insert(training_session), row)
    return session_id


def take_seats(
    conn: sa.Connection, ids: Ids, session_id: int, person_ids: Sequence[int], by: tuple[int, int]
) -> int:
    """Put people on a course day, all of them or none; returns how many seats are left. `by`: who, and when (us).

    Raises BadRows for who cannot be put on it, BadField where it is over or has too few seats.
    """
    session = _to_come(conn, session_id)
    has = {root_of(conn, each) for each in on_it(conn, [session_id])[session_id]}
    known = {row[0] for row in _KNOWN.rows(conn, {"ids": list(person_ids)})}
    bad, new = [], []
    for number, person_id in enumerate(person_ids):
        field = f"person_ids.{number}"
        if person_id not in known:
            bad.append(BadField(field, person_id, "the number of a person on record"))
        elif root_of(conn, person_id) in has:
            bad.append(BadField(field, person_id, "somebody who has no seat on it yet"))
        else:
            has.add(root_of(conn, person_id))
            new.append(person_id)
    if bad:
        raise BadRows(bad)
    left = session.seats - session.taken - len(new)
    if left < 0:
        raise BadField("person_ids", len(new), f"at most {session.seats - session.taken} more people")
    rows = [
        {"id": ids.take(), "session_id": session_id, "person_id": each, "taken_us": by[1], "taken_by": by[0]}
        for each in new
    ]
    if rows:
        conn.execute(sa.insert(training_seat), rows)
    return left


def release_seat(conn: sa.Connection, session_id: int, person_id: int, now_us: int) -> None:
    """Take somebody off a course day. Raises BadField where it is over, or they have no seat on it."""
    _to_come(conn, session_id)
    ended = conn.execute(
        sa.update(training_seat)
        .where(
            training_seat.c.session_id == session_id, training_seat.c.person_id == person_id,
            training_seat.c.released_us.is_(None),
        )
        .values(released_us=now_us)
    )  # fmt: skip
    if ended.rowcount != 1:
        raise BadField("person_id", person_id, "somebody with a seat on this course day")


def cancel_session(conn: sa.Connection, session_id: int, reason: str, by: tuple[int, int]) -> None:
    """Call a course day off. `by`: who, and when (us). Raises BadField where it is over already, or says no reason."""
    _to_come(conn, session_id)
    if not reason.strip():
        raise BadField("reason", reason, "why it was called off")
    row = {"session_id": session_id, "how": CANCELLED, "at_us": by[1], "by_person": by[0], "document": reason}
    conn.execute(sa.insert(training_session_ended), row)


# ---- the class -----------------------------------------------------------------------------------------


def write_class(
    conn: sa.Connection, ids: Ids, held: ClassHeld, now_us: int, curricula: Iterable[Curriculum] = ()
) -> dict[int, int]:
    """Write a whole class down in one act; returns person -> the result's id.

    Raises BadRows naming every row that cannot be taken, BadField for what is wrong with the class itself; nothing is
    written then.
    """
    session = _to_come(conn, held.session_id)
    today = local_day(now_us)
    if session.held_on > today:
        raise BadField("session_id", held.session_id, f"a course day that has come; this one is on {session.held_on}")
    if not held.document.strip():
        raise BadField("document", held.document, "the class register it is read from")
    known_curricula = tuple(curricula)
    made = [_result(session, held, row) for row in held.rows]
    bad = _bad_rows(conn, session, made, today, known_curricula)
    if bad:
        raise BadRows(bad)
    done = {each.person_id: record_by_hand(conn, ids, each, now_us, known_curricula) for each in made}
    row = {
        "session_id": session.id, "how": HELD, "at_us": now_us, "by_person": held.recorded_by,
        "second_person": held.second_person, "document": held.document.strip(),
    }  # fmt: skip
    conn.execute(sa.insert(training_session_ended), row)
    return done


def _result(session: Session, held: ClassHeld, row: ClassRow) -> ManualResult:
    return ManualResult(
        row.person_id, session.course, session.model, session.held_on, row.minutes, row.outcome,
        f"{session.id}/{row.person_id}", held.recorded_by, held.second_person, session.assessor, session.curriculum,
        session.id, CLASS,
    )  # fmt: skip


def _bad_rows(
    conn: sa.Connection, session: Session, made: Sequence[ManualResult], today: date,
    curricula: tuple[Curriculum, ...],
) -> list[BadField]:  # fmt: skip
    known = {row[0] for row in _KNOWN.rows(conn, {"ids": [each.person_id for each in made]})}
    seated = on_it(conn, [session.id])[session.id]
    times = Counter(root_of(conn, each.person_id) for each in made if each.person_id in known)
    bad = []
    for number, each in enumerate(made):
        try:
            if each.person_id not in known:
                raise BadField("person_id", each.person_id, "the number of a person on record")
            if times[root_of(conn, each.person_id)] > 1:
                raise BadField("person_id", each.person_id, "each person once")
            check(each, today, curricula)
            two_people(conn, each.recorded_by, each.second_person, each.person_id)
        except BadField as error:
            bad.append(BadField(f"rows.{number}.{error.field}", error.value, error.expected))
    missing = {root_of(conn, each) for each in seated} - set(times)
    bad += [
        BadField("rows", each, "a row for everybody with a seat; take off who did not come")
        for each in sorted(missing)
    ]
    return bad


# ---- reading -------------------------------------------------------------------------------------------


def sessions_between(conn: sa.Connection, from_on: date, to_on: date) -> list[Session]:
    """The course days from one London day to another, both included, by date."""
    rows = _BETWEEN.rows(conn, {"from_on": from_on.isoformat(), "to_on": to_on.isoformat()})
    taken = on_it(conn, [row[0] for row in rows])
    return [_session(row, len(taken[row[0]])) for row in rows]


def session_of(conn: sa.Connection, session_id: int) -> Session:
    """One course day. Raises LookupError where there is none."""
    rows = _ONE.rows(conn, {"session_id": session_id})
    if not rows:
        raise LookupError(f"there is no course day {session_id}")
    return _session(rows[0], len(on_it(conn, [session_id])[session_id]))


def on_it(conn: sa.Connection, session_ids: Sequence[int]) -> dict[int, list[int]]:
    """Who has a seat on each of these course days, in the order they got it."""
    found: dict[int, list[int]] = {each: [] for each in session_ids}
    for session_id, person_id in _TAKEN.rows(conn, {"sessions": list(session_ids)}):
        found[session_id].append(person_id)
    return found


def class_of(conn: sa.Connection, session_id: int) -> list[Recorded]:
    """What was written down of a course day, by person; taken back ones too."""
    seats = {row[0] for row in _CLASS.rows(conn, {"session_id": session_id})}
    records = records_of(conn, seats) if seats else {}
    return [each for some in records.values() for each in some if each.session_id == session_id]


def _to_come(conn: sa.Connection, session_id: int) -> Session:
    session = session_of(conn, session_id)
    if session.how is not None:
        raise BadField("session_id", session_id, f"a course day that is not over; this one was {session.how.lower()}")
    return session


def _session(row: tuple[Any, ...], taken: int) -> Session:
    number, course, model, held_on, starts, seats, place, assessor, curriculum, how, at_us, document = row
    return Session(
        number, course, model, date.fromisoformat(held_on), starts, seats, place, assessor, curriculum, taken, how,
        at_us, document,
    )  # fmt: skip
