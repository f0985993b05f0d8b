"""Whose hands kit was in last, and by which issue: the parent of whatever is declared of it.

One rule for the editor: read only; the answer is custody's, never what somebody says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item


@dataclass(frozen=True, slots=True)
class Hands:
    """One item: who has it now, and the custody in which a person had it last (None: nobody ever had it)."""

    item_id: int
    kind: str
    holder: str | None
    custody_id: int | None
    person_id: int | None
    decision_id: int | None
    opened_us: int | None


_NOW = Fast(
    sa.select(item.c.id, item.c.kind, custody.c.holder)
    .select_from(
        item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
    )
    .where(among(item.c.id, "ids"))
)
_HAD = Fast(
    sa.select(custody.c.id, custody.c.person_id, custody.c.decision_id, custody.c.opened_us)
    .where(custody.c.item_id == sa.bindparam("of_item"), custody.c.person_id.is_not(None))
    .order_by(custody.c.opened_us.desc(), custody.c.id.desc())
    .limit(1)
)
_SET = Fast(sa.select(custody.c.item_id).where(custody.c.decision_id == sa.bindparam("issue")))


def last_hands(conn: sa.Connection, item_ids: Sequence[int]) -> dict[int, Hands]:
    """Whose hands each was in last; an unknown id has no entry."""
    found = {}
    for item_id, kind, holder in _NOW.rows(conn, {"ids": sorted(set(item_ids))}):
        rows = _HAD.rows(conn, {"of_item": item_id})
        custody_id, person_id, decision_id, opened_us = rows[0] if rows else (None, None, None, None)
        found[item_id] = Hands(item_id, kind, holder, custody_id, person_id, decision_id, opened_us)
    return found


def set_of(conn: sa.Connection, own: Hands) -> list[Hands]:
    """What was issued together with an item, and was in nobody else's hands since."""
    if own.decision_id is None:
        return []
    ids = [row[0] for row in _SET.rows(conn, {"issue": own.decision_id})]
    return [each for each in last_hands(conn, ids).values() if each.decision_id == own.decision_id]
