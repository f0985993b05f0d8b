"""What a role's move does to a permission to carry: it ends, it is looked at again, or nothing, as policy says.

One rule for the editor: an end is written down once for each move; "to be reviewed" is worked out, and over with the
review, a new permission, or an end.

Source: design `domain.md` 4.4: authority ends with a role move out of profile, resignation, transfer, or leaving.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.custody.carrying.writing import write
from inventory.custody.lapse import raise_ineligible
from inventory.gate.authority_terms import DAY_US, MOVE_ENDS, MOVE_REVIEW, AuthorityTerms
from inventory.gate.kind_policy import Policy
from inventory.people.authority import StopOrder, stop
from inventory.people.calendar import day_end_us, local_day
from inventory.schema.authority import authority_act, role_move
from inventory.schema.fast import Fast, Row, among
from inventory.schema.people import carry_authorisation, person
from inventory.schema.tx import Tx

LOOKED_BACK_US = 800 * DAY_US
"""No permission that stood at an older move is in force still: none lasts longer than a year."""
_WHO = sa.func.coalesce(person.c.same_as, person.c.id)
_LATER_END = sa.exists(
    sa.select(authority_act.c.id).where(
        authority_act.c.person_id == role_move.c.person_id,
        authority_act.c.act.in_(("ENDED", "OPTED_OUT")),
        authority_act.c.at_us >= role_move.c.at_us,
    )
)
_ANSWERED = sa.exists(
    sa.select(authority_act.c.id).where(
        authority_act.c.person_id == role_move.c.person_id,
        authority_act.c.act.in_(("REVIEWED", "GRANTED", "ENDED", "OPTED_OUT")),
        authority_act.c.at_us >= role_move.c.at_us,
    )
)
_PERMITTED = sa.exists(
    sa.select(carry_authorisation.c.id).where(
        carry_authorisation.c.person_id == role_move.c.person_id,
        carry_authorisation.c.recorded_us <= role_move.c.at_us,
        carry_authorisation.c.to_on > sa.bindparam("today"),
    )
)


def _moves(answered: sa.ColumnElement[bool]) -> Fast:
    return Fast(
        sa.select(
            role_move.c.id, _WHO, role_move.c.what, role_move.c.was, role_move.c.becomes, role_move.c.at_us,
            person.c.left_on,
        )
        .select_from(role_move.join(person, person.c.id == role_move.c.person_id))
        .where(
            role_move.c.at_us > sa.bindparam("since_us"), among(role_move.c.what, "sorts", texts=True), _PERMITTED,
            ~answered,
        )
        .order_by(role_move.c.at_us, role_move.c.id)
    )  # fmt: skip


_TO_END, _TO_REVIEW = _moves(_LATER_END), _moves(_ANSWERED)


@dataclass(frozen=True, slots=True)
class Move:
    """One move of somebody's role: `what` moved, what it `was` and `becomes`, as the file that brought it says."""

    id: int
    person_id: int
    what: str
    was: str
    becomes: str
    at_us: int


def _asked(terms: AuthorityTerms, answer: str, now_us: int) -> dict[str, Any]:
    sorts = sorted(what for what, does in terms.moves.items() if does == answer)
    return {"sorts": sorts, "today": local_day(now_us).isoformat(), "since_us": now_us - LOOKED_BACK_US}


def to_end(conn: sa.Connection, terms: AuthorityTerms, now_us: int) -> list[Move]:
    """The moves that end a permission and have not yet; of a leaver once their last day is over."""
    rows = _TO_END.rows(conn, _asked(terms, MOVE_ENDS, now_us))
    due = [Move(*row[:6]) for row in rows if _is_due(row, now_us)]
    return list({each.person_id: each for each in reversed(due)}.values())


def _is_due(row: Row, now_us: int) -> bool:
    what, left_on = row[2], row[6]
    return what != "LEFT" or (left_on is not None and day_end_us(date.fromisoformat(left_on)) <= now_us)


def reviews(conn: sa.Connection, terms: AuthorityTerms, now_us: int) -> dict[int, Move]:
    """Whose permission is to be looked at again, by the first move since it was: person's id -> that move."""
    moves = [Move(*row[:6]) for row in _TO_REVIEW.rows(conn, _asked(terms, MOVE_REVIEW, now_us))]
    return {each.person_id: each for each in reversed(moves)}


def end_moved(tx: Tx, policy: Policy) -> list[int]:
    """End the permissions of those whose role moved so; the ids of the people."""
    ended = []
    for move in to_end(tx.conn, policy.authority, tx.now_us):
        order = StopOrder(move.person_id, "ENDED", tx.now_us, "POLICY", f"MOVE-{move.id}", move.what)
        said = {"person_id": move.person_id, "act": "ENDED", "by_person": None, "document": f"Role moved: {move.what}"}
        write(tx, said, stop_id=stop(tx.conn, tx.ids, order, tx.now_us), move_id=move.id)
        ended.append(move.person_id)
    return sorted(ended)


def look_after(tx: Tx, policy: Policy, changed: Iterable[int]) -> list[int]:
    """After people were changed: what their moves end, ends; who holds kit and may no longer is raised. Their ids."""
    people: Sequence[int] = sorted({*changed, *end_moved(tx, policy)})
    return raise_ineligible(tx, policy, people) if people else []
