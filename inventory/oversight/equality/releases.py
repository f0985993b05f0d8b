"""A quarter's figures: counted once, when the quarter is over, and then for ever what was published.

One rule for the editor: a quarter is published once. Counted again after one more declaration, it would tell what that
one was. Nobody sees figures before they are published, for the same reason.

Source: design `domain.md` 5.3 Q20, 6 rows A13 and B15, 7.5 (PSED: publish at least annually).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.oversight.equality.answers import ANSWERS, NOT_DECLARED
from inventory.oversight.equality.cutting import Figure, Member, cut, rounded
from inventory.oversight.equality.declared import ANALYST
from inventory.oversight.equality.quarters import Quarter, quarter_named
from inventory.people.capabilities import may
from inventory.schema.custody import decision
from inventory.schema.equality import equality_declared, equality_figure, equality_file, equality_release
from inventory.schema.fast import Fast, Inserter
from inventory.schema.people import authority_stop, carry_authorisation, person, store, training_result
from inventory.schema.training import training_seat, training_session
from inventory.schema.tx import Tx

NO_DIVISION = "No division"
DAYS, MOMENTS = ("first", "after"), ("from_us", "to_us")
BY_DAY = ("OFFERED", "ATTENDED", "PASSED", "AUTHORISED")
"""What is dated by London days; the rest by moments."""


class AlreadyPublished(ValueError):
    """The quarter was published; its figures stay as they are."""


@dataclass(frozen=True, slots=True)
class Release:
    """A quarter that was published, when, and by whom."""

    id: int
    quarter: str
    released_us: int
    released_by: int
    reason: str


_PEOPLE = Fast(
    sa.select(person.c.id, sa.func.coalesce(person.c.same_as, person.c.id), store.c.division)
    .select_from(person.outerjoin(store, store.c.id == person.c.home_store_id))
    .where(
        person.c.kind != "VISITING_OFFICER",
        sa.or_(person.c.joined_on.is_(None), person.c.joined_on < sa.bindparam("after")),
        sa.or_(person.c.left_on.is_(None), person.c.left_on >= sa.bindparam("first")),
    )
)
_DECLARED = Fast(
    sa.select(
        equality_declared.c.person_id, equality_declared.c.characteristic, equality_declared.c.answer
    ).order_by(equality_declared.c.recorded_us)
)
_RESULT = training_result.c
_ON_DAYS = (_RESULT.attended_on >= sa.bindparam("first"), _RESULT.attended_on < sa.bindparam("after"))
_IN_TIME = (decision.c.decided_us >= sa.bindparam("from_us"), decision.c.decided_us < sa.bindparam("to_us"))
_COUNTED: dict[str, Fast] = {
    "OFFERED": Fast(
        sa.select(training_seat.c.person_id)
        .distinct()
        .select_from(training_seat.join(training_session, training_session.c.id == training_seat.c.session_id))
        .where(training_session.c.held_on >= sa.bindparam("first"), training_session.c.held_on < sa.bindparam("after"))
    ),
    "ATTENDED": Fast(sa.select(_RESULT.person_id).distinct().where(_RESULT.retracted_us.is_(None), *_ON_DAYS)),
    "PASSED": Fast(
        sa.select(_RESULT.person_id)
        .distinct()
        .where(_RESULT.retracted_us.is_(None), _RESULT.outcome == "PASS", *_ON_DAYS)
    ),
    "AUTHORISED": Fast(
        sa.select(carry_authorisation.c.person_id)
        .distinct()
        .where(
            carry_authorisation.c.from_on >= sa.bindparam("first"),
            carry_authorisation.c.from_on < sa.bindparam("after"),
        )
    ),
    "SUSPENDED": Fast(
        sa.select(authority_stop.c.person_id)
        .distinct()
        .where(
            authority_stop.c.kind == "SUSPENDED",
            authority_stop.c.from_us >= sa.bindparam("from_us"),
            authority_stop.c.from_us < sa.bindparam("to_us"),
        )
    ),
    "ASKED": Fast(sa.select(decision.c.person_id).distinct().where(decision.c.purpose == "OPERATIONAL", *_IN_TIME)),
    "DENIED": Fast(
        sa.select(decision.c.person_id)
        .distinct()
        .where(decision.c.purpose == "OPERATIONAL", decision.c.verdict == "DENY", *_IN_TIME)
    ),
}
"""Measure -> who counts in it."""
_RELEASES = Fast(
    sa.select(
        equality_release.c.id, equality_release.c.quarter, equality_release.c.released_us,
        equality_release.c.released_by, equality_release.c.reason,
    ).order_by(equality_release.c.quarter.desc())
)  # fmt: skip
_FIGURES = Fast(
    sa.select(
        equality_figure.c.division, equality_figure.c.characteristic, equality_figure.c.answers,
        equality_figure.c.measure, equality_figure.c.people,
    )
    .where(equality_figure.c.release_id == sa.bindparam("release_id"))
    .order_by(equality_figure.c.id)
)  # fmt: skip
_FILES = Fast(
    sa.select(equality_file.c.taken_us, equality_file.c.document, equality_file.c.rows, equality_file.c.left_out)
    .order_by(equality_file.c.taken_us.desc())
    .limit(20)
)  # fmt: skip
_RELEASE = Inserter(equality_release)
_FIGURE = Inserter(equality_figure)


def counted(conn: sa.Connection, quarter: Quarter) -> list[Figure]:
    """The figures of a quarter as they may be told. This is where who declared what meets what happened to whom."""
    when: dict[str, str | int] = {
        "first": quarter.first.isoformat(), "after": quarter.after.isoformat(), "from_us": quarter.from_us,
        "to_us": quarter.to_us,
    }  # fmt: skip
    roots = {number: (root, division) for number, root, division in _PEOPLE.rows(conn, _of(when, *DAYS))}
    measures: dict[int, set[str]] = defaultdict(set)
    for measure, statement in _COUNTED.items():
        for (person_id,) in statement.rows(conn, _of(when, *(DAYS if measure in BY_DAY else MOMENTS))):
            if person_id in roots:
                measures[roots[person_id][0]].add(measure)
    answers: dict[int, dict[str, str]] = defaultdict(dict)
    for person_id, what, answer in _DECLARED.rows(conn):
        answers[person_id][what] = answer or NOT_DECLARED
    divisions = {root: division or NO_DIVISION for root, division in roots.values()}
    members = [Member(where, answers[who], frozenset(measures[who])) for who, where in divisions.items()]
    return rounded(cut(members, ANSWERS))


def _of(when: dict[str, str | int], *names: str) -> dict[str, str | int]:
    return {name: when[name] for name in names}


def publish(tx: Tx, name: str, reason: str, by_person: int, told: Sequence[Figure] | None = None) -> int:
    """Publish a quarter that is over, once; the release's id. `told` is what `counted` found a moment ago, where nobody
    who writes should wait for the counting.

    Raises PermissionError, AlreadyPublished, and ValueError naming the field that is not right.
    """
    if not may(tx.conn, by_person, ANALYST, None, tx.now_us):
        raise PermissionError("Equality figures are published by the equality analyst alone.")
    quarter = quarter_named(name)
    if quarter.to_us > tx.now_us:
        raise ValueError("quarter: one that is over")
    if len(reason.strip()) < 2:
        raise ValueError("reason: for what it is published")
    if any(each.quarter == name for each in releases(tx.conn)):
        raise AlreadyPublished(f"{name} was published already. Its figures stay as they are.")
    release_id = tx.ids.take()
    _RELEASE.add(tx.conn, [{
        "id": release_id, "quarter": name, "from_us": quarter.from_us, "to_us": quarter.to_us,
        "released_us": tx.now_us, "released_by": by_person, "reason": reason.strip(),
    }])  # fmt: skip
    _FIGURE.add(tx.conn, [_row(tx, release_id, each) for each in (counted(tx.conn, quarter) if told is None else told)])
    return release_id


def _row(tx: Tx, release_id: int, figure: Figure) -> dict[str, object]:
    return {
        "id": tx.ids.take(), "release_id": release_id, "division": figure.division,
        "characteristic": figure.characteristic, "answers": json.dumps(figure.answers), "measure": figure.measure,
        "people": figure.people,
    }  # fmt: skip


def releases(conn: sa.Connection) -> list[Release]:
    """What was published, the newest quarter first."""
    return [Release(*row) for row in _RELEASES.rows(conn)]


def figures(conn: sa.Connection, release_id: int) -> list[Figure]:
    """The figures of one release, as they were published."""
    return [
        Figure(division, what, tuple(json.loads(answers)), measure, people)
        for division, what, answers, measure, people in _FIGURES.rows(conn, {"release_id": release_id})
    ]


def files(conn: sa.Connection) -> Sequence[tuple[int, str, int, int]]:
    """The newest files of HR: when, by what document, how many rows, how many cells left out. Nothing of whom."""
    return [(at_us, document, rows, left) for at_us, document, rows, left in _FILES.rows(conn)]


def divisions_of(found: Iterable[Figure]) -> list[str]:
    """The divisions that are told apart."""
    return sorted({each.division for each in found if each.division is not None})
