"""Who may carry, of a store or of the force: everybody ever permitted, what it amounts to now, and what is to be done.

One rule for the editor: reads only, in bulk, with the same functions that say it of one person.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.carrying.moves import Move, reviews
from inventory.gate.kind_policy import Policy
from inventory.people.authority_state import CarryingState, carrying_states
from inventory.people.standing import Standing, standings
from inventory.schema.fast import Fast
from inventory.schema.people import carry_authorisation, person

_PERMITTED = Fast(
    sa.select(sa.func.coalesce(person.c.same_as, person.c.id), person.c.team)
    .select_from(carry_authorisation.join(person, person.c.id == carry_authorisation.c.person_id))
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """Somebody who is or was permitted to carry: the standing, the states by model, and the move to be reviewed."""

    standing: Standing
    team: str
    states: tuple[CarryingState, ...]
    review: Move | None


def carriers(conn: sa.Connection, policy: Policy, now_us: int) -> list[Carrier]:
    """Everybody who was ever permitted to carry and has not left, by name."""
    teams = {row[0]: row[1] or "" for row in _PERMITTED.rows(conn)}
    to_review = reviews(conn, policy.authority, now_us)
    found = [
        Carrier(of, teams[each], tuple(carrying_states(of, now_us)), to_review.get(each))
        for each, of in standings(conn, list(teams), now_us, policy.courses).items()
        if not of.left
    ]
    return sorted(found, key=lambda each: (each.standing.name.split()[-1], each.standing.name, each.standing.ref))
