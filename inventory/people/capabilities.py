"""Capabilities: what a person may do in the kit store, per store and date. Not job titles; rank is another fact.

One rule for the editor: a capability is granted by a row and ended by a date, and nobody may hold two that
the policy calls incompatible.
"""

import sqlalchemy as sa

from inventory.schema.fast import Fast
from inventory.schema.people import capability_grant

_LIVE = Fast(
    sa.select(capability_grant.c.capability, capability_grant.c.store_id).where(
        capability_grant.c.person_id == sa.bindparam("person_id"),
        capability_grant.c.from_us <= sa.bindparam("now_us"),
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > sa.bindparam("now_us")),
    )
)


def capabilities(conn: sa.Connection, person_id: int, now_us: int) -> frozenset[tuple[str, int | None]]:
    """What the person may do now: (capability, store id; None for every store)."""
    return frozenset((word, store) for word, store in _LIVE.rows(conn, {"person_id": person_id, "now_us": now_us}))


def may(conn: sa.Connection, person_id: int, capability: str, store_id: int | None, now_us: int) -> bool:
    """True when the person holds `capability` for that store or for every store."""
    held = capabilities(conn, person_id, now_us)
    return (capability, None) in held or (store_id is not None and (capability, store_id) in held)
