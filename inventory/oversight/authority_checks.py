"""What must hold of acts on authority over the whole record, for `audit`.

One rule for the editor: as in `audit`, a check reads everything it needs and changes nothing.
"""

from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import add_months
from inventory.schema.authority import authority_act
from inventory.schema.people import authority_stop, carry_authorisation, person

Said = tuple[str, str]
MONTHS_MAX = 12
"""No permission that was written down here is longer (S14)."""


def authority_acts_are_anothers(conn: sa.Connection) -> list[Said]:
    """Nobody acted on their own authority, but for their own choice to carry."""
    theirs, doer = person.alias("theirs"), person.alias("doer")
    same = sa.func.coalesce(theirs.c.same_as, theirs.c.id) == sa.func.coalesce(doer.c.same_as, doer.c.id)
    found = (
        sa.select(authority_act.c.id, authority_act.c.act, authority_act.c.person_id)
        .select_from(
            authority_act.join(theirs, theirs.c.id == authority_act.c.person_id).join(
                doer, doer.c.id == authority_act.c.by_person
            )
        )
        .where(authority_act.c.act.not_in(("OPTED_IN", "OPTED_OUT")), same)
    )
    return [
        (f"person {person_id}", f"act {act_id} ({act}) on their authority was their own")
        for act_id, act, person_id in conn.execute(found)
    ]


def suspensions_are_lifted_by_another(conn: sa.Connection) -> list[Said]:
    """What was suspended here was lifted here, by an act of somebody else."""
    began, over = authority_act.alias("began"), authority_act.alias("over")
    found = (
        sa.select(authority_stop.c.id, authority_stop.c.person_id, over.c.id)
        .select_from(
            authority_stop.join(
                began, sa.and_(began.c.stop_id == authority_stop.c.id, began.c.act == "SUSPENDED")
            ).outerjoin(over, sa.and_(over.c.stop_id == authority_stop.c.id, over.c.act == "LIFTED"))
        )
        .where(
            authority_stop.c.to_us.is_not(None),
            sa.or_(over.c.id.is_(None), over.c.by_person == began.c.by_person),
        )
    )
    return [
        (f"person {person_id}", f"suspension {stop_id} was lifted " + ("by who made it" if act else "by no act"))
        for stop_id, person_id, act in conn.execute(found)
    ]


def permissions_last_a_year_at_most(conn: sa.Connection) -> list[Said]:
    """No permission written down here lasts longer than twelve months."""
    granted = sa.select(
        carry_authorisation.c.id, carry_authorisation.c.person_id, carry_authorisation.c.from_on,
        carry_authorisation.c.to_on,
    ).join(authority_act, authority_act.c.authorisation_id == carry_authorisation.c.id)  # fmt: skip
    return [
        (f"person {person_id}", f"permission {grant_id} lasts from {from_on} to {to_on}")
        for grant_id, person_id, from_on, to_on in conn.execute(granted)
        if date.fromisoformat(to_on) > add_months(date.fromisoformat(from_on), MONTHS_MAX)
    ]


CHECKS = (authority_acts_are_anothers, suspensions_are_lifted_by_another, permissions_last_a_year_at_most)
