"""Capabilities: what a person may do in the kit store, per store and date. Not job titles; rank is apart.

One rule for the editor: a capability is granted by a row and ended by a date, a grant for no store is a grant
for every store, and nothing else widens one. Every grant, from whatever door, goes through `give`, which refuses
the pairs that nobody may hold together. Times are UTC microseconds, the end exclusive.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.people.errors import BadField
from inventory.people.people import root_of
from inventory.schema import words
from inventory.schema.fast import Fast, among
from inventory.schema.ids import Ids
from inventory.schema.people import capability_grant, person

WORKING = (
    "ISSUER", "COUNTERSIGNER", "TRAINING_RECORDER", "TECHNICIAN", "CED_SPOC", "EXHIBITS", "PSD", "INSTRUCTOR",
    "STORE_MANAGER", "ADMINISTRATOR", "SUPERVISOR", "DUTY_INSPECTOR",
)  # fmt: skip
INCOMPATIBLE: frozenset[frozenset[str]] = frozenset(
    {
        *(frozenset({"AUDITOR", each}) for each in WORKING),
        *(frozenset({"LOG_READER", each}) for each in WORKING),
        *(frozenset({"EQUALITY_ANALYST", each}) for each in WORKING),
        frozenset({"TRAINING_RECORDER", "CED_SPOC"}),
        frozenset({"PSD", "STORE_MANAGER"}),
    }
)
"""Whoever checks does no work that is checked (L6), whoever counts how people are treated treats nobody, whoever
records training grants no authority to carry, and whoever investigates a loss does not answer for the store. A pair
holds wherever the two stores may meet."""


@dataclass(frozen=True, slots=True)
class Held:
    """A capability in force; `store_id` None is every store."""

    capability: str
    store_id: int | None


@dataclass(frozen=True, slots=True)
class CapabilityGrant:
    """A capability to be given, with the reason why and who gave it (None only at first start)."""

    person_id: int
    capability: str
    store_id: int | None
    reason: str
    granted_by: int | None = None
    to_us: int | None = None


_HELD = Fast(
    sa.select(capability_grant.c.person_id, capability_grant.c.capability, capability_grant.c.store_id).where(
        among(capability_grant.c.person_id, "ids"),
        capability_grant.c.from_us <= sa.bindparam("now_us"),
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > sa.bindparam("now_us")),
    )
)

_WHO = Fast(
    sa.select(capability_grant.c.person_id)
    .distinct()
    .where(
        among(capability_grant.c.capability, "capabilities", texts=True),
        sa.or_(
            capability_grant.c.store_id.is_(None), capability_grant.c.store_id == sa.bindparam("store_id")
        ),
        capability_grant.c.from_us <= sa.bindparam("now_us"),
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > sa.bindparam("now_us")),
    )
    .order_by(capability_grant.c.person_id)
)
_THEIRS = Fast(
    sa.select(capability_grant.c.capability, capability_grant.c.store_id)
    .select_from(capability_grant.join(person, person.c.id == capability_grant.c.person_id))
    .where(
        sa.or_(person.c.id == sa.bindparam("root"), person.c.same_as == sa.bindparam("root")),
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > sa.bindparam("now_us")),
    )
)
"""What a person holds or will hold, under whichever of their records."""


def held_by(conn: sa.Connection, person_ids: list[int], now_us: int) -> dict[int, frozenset[Held]]:
    """What each person may do at `now_us`; a person with nothing has the empty set."""
    found: dict[int, set[Held]] = {each: set() for each in person_ids}
    for person_id, capability, store_id in _HELD.rows(conn, {"ids": person_ids, "now_us": now_us}):
        found[person_id].add(Held(capability, store_id))
    return {person_id: frozenset(held) for person_id, held in found.items()}


def may(conn: sa.Connection, person_id: int, capability: str, store_id: int | None, now_us: int) -> bool:
    """True when the person holds `capability` for that store or for every store; None asks for all."""
    held = held_by(conn, [person_id], now_us)[person_id]
    return Held(capability, None) in held or (store_id is not None and Held(capability, store_id) in held)


def who_may(conn: sa.Connection, capabilities: Sequence[str], store_id: int, now_us: int) -> list[int]:
    """Everybody who holds one of these for that store or for every store."""
    asked = {"capabilities": list(capabilities), "store_id": store_id, "now_us": now_us}
    return [row[0] for row in _WHO.rows(conn, asked)]


def give(conn: sa.Connection, ids: Ids, new: CapabilityGrant, now_us: int) -> int:
    """Grant a capability from now; returns the grant's id.

    Raises BadField for an unknown one, and for one that may not be held together with another in force.
    """
    if new.capability not in words.CAPABILITIES:
        raise BadField("capability", new.capability, f"one of {', '.join(words.CAPABILITIES)}")
    if new.to_us is not None and new.to_us <= now_us:
        raise BadField("to_us", new.to_us, "a time after now")
    other = clash(conn, new, now_us)
    if other is not None:
        raise BadField("capability", new.capability, f"one that may be held together with {other}")
    grant_id = ids.take()
    row = {
        "id": grant_id, "person_id": new.person_id, "capability": new.capability, "store_id": new.store_id,
        "from_us": now_us, "to_us": new.to_us, "granted_by": new.granted_by, "reason": new.reason,
    }  # fmt: skip
    conn.execute(sa.insert(capability_grant), row)
    return grant_id


def clash(conn: sa.Connection, new: CapabilityGrant, now_us: int) -> str | None:
    """A capability in force that may not be held together with the new one where the two may meet."""
    for capability, store_id in _THEIRS.rows(conn, {"root": root_of(conn, new.person_id), "now_us": now_us}):
        meets = store_id is None or new.store_id is None or store_id == new.store_id
        if meets and frozenset({capability, new.capability}) in INCOMPATIBLE:
            return str(capability)
    return None


def take_away(conn: sa.Connection, grant_id: int, now_us: int) -> None:
    """End a grant now. Raises BadField where it is not in force."""
    open_still = sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > now_us)
    ended = conn.execute(
        sa.update(capability_grant).where(capability_grant.c.id == grant_id, open_still).values(to_us=now_us)
    )
    if ended.rowcount != 1:
        raise BadField("grant_id", grant_id, "a grant that is in force")
