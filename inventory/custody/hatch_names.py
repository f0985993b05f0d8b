"""How people and items are named in a sentence at the hatch.

One rule for the editor: a person is rank, family name and collar; an item is what it is called and its serial.
"""

import sqlalchemy as sa

from inventory.schema.fast import Fast, among
from inventory.schema.people import binding, person
from inventory.stock.kinds import title
from inventory.stock.marks import Match

_IS_WORN = sa.and_(binding.c.technology == "COLLAR", binding.c.to_us.is_(None))
# What is worn is picked out of a person's few credentials, not asked for as a condition: a planner without statistics
# would take the index of live credentials for it and walk every collar of the force, once for each person.
_COLLAR = (
    sa.select(sa.func.max(sa.case((_IS_WORN, binding.c.value))))
    .where(binding.c.person_id == person.c.id)
    .scalar_subquery()
)
_PEOPLE = Fast(
    sa.select(
        person.c.id, person.c.rank, person.c.given_name, person.c.family_name, person.c.kind, _COLLAR
    ).where(among(person.c.id, "ids"))
)  # fmt: skip


def people_named(conn: sa.Connection, person_ids: list[int]) -> dict[int, dict[str, object]]:
    """Each person as screens show them: id, name, rank, kind, collar."""
    rows = _PEOPLE.rows(conn, {"ids": person_ids})
    return {
        person_id: {
            "id": person_id,
            "name": f"{given} {family}",
            "rank": rank,
            "kind": kind,
            "collar": collar,
        }
        for person_id, rank, given, family, kind, collar in rows
    }


def people_said(conn: sa.Connection, person_ids: list[int]) -> dict[int, str]:
    """Each person as sentences name them: "PC Hollis 4417"; the given name where there is no rank."""
    return {
        person_id: " ".join(part for part in (rank or given, family, collar) if part)
        for person_id, rank, given, family, _, collar in _PEOPLE.rows(conn, {"ids": person_ids})
    }


def person_name(conn: sa.Connection, person_id: int) -> str:
    """ "PC Hollis 4417". Raises LookupError for an unknown person."""
    found = people_said(conn, [person_id])
    if not found:
        raise LookupError(f"person {person_id} is not known")
    return found[person_id]


def item_name(match: Match) -> str:
    """ "TASER handle X30001234"."""
    return f"{title(match.kind)} {match.serial}"
