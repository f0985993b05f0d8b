"""Cartridges named after their use was declared: fired, and nobody could say then which.

One rule for the editor: they are checked and held as those declared at once, and only the naming answers the point.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.fittings import lock_fitted
from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.returns import Back, return_kit
from inventory.custody.uses.hands import last_hands
from inventory.custody.uses.parts import Part, write_parts
from inventory.custody.uses.points import Answer, open_points, point_of, write_answer
from inventory.custody.uses.spending import Spent, check_spent, to_exhibits
from inventory.gate.kind_policy import Policy
from inventory.schema.fast import Fast
from inventory.schema.tx import Tx
from inventory.schema.uses import use_declared, use_point


@dataclass(frozen=True, slots=True)
class Naming:
    """Cartridges that were discharged in a use declared before."""

    use_id: int
    by_person: int
    spent: tuple[Spent, ...]


_USE = Fast(
    sa.select(
        use_declared.c.item_id, use_declared.c.store_id, use_declared.c.sort, use_declared.c.dsi, use_declared.c.used_us
    ).where(use_declared.c.id == sa.bindparam("of_use"))
)
_POINTS = Fast(sa.select(use_point.c.point).where(use_point.c.use_id == sa.bindparam("of_use")))


def name_spent(tx: Tx, said: Naming, policy: Policy) -> list[int]:
    """Name cartridges of a use; gives their ids, now held for good.

    Raises LookupError for a use that is not known, BadEvidence for a cartridge that cannot have been discharged so.
    """
    rows = _USE.rows(tx.conn, {"of_use": said.use_id})
    if not rows or rows[0][0] is None:
        raise LookupError(f"use {said.use_id} of a handle is not known")
    item_id, store_id, sort, dsi, used_us = rows[0]
    if not said.spent:
        raise BadEvidence("cartridges", "one or more")
    ids = [each.item_id for each in said.spent]
    lock_fitted(tx, [item_id, *ids])
    hands = last_hands(tx.conn, ids)
    check_spent(tx.conn, said.spent, hands)
    out = [e.item_id for e in said.spent if hands[e.item_id].holder in ("PERSON", "UNKNOWN", "CARRIER")]
    own = {e.item_id for e in said.spent if e.is_exhibit and hands[e.item_id].holder == "PERSON"}
    return_kit(tx, [Back(each, store_id, said.by_person) for each in out if each not in own])
    to_exhibits(tx, said.spent, said.by_person, None)
    entry = Entry(
        chain=item_chain(item_id), kind="USED", item_id=item_id, by_person=said.by_person,
        reason="Cartridges named", payload={"use": said.use_id, "spent": ids},
    )  # fmt: skip
    append(tx, [entry])
    parts = [Part("SPENT", hands[each.item_id], each.sort or sort) for each in said.spent]
    write_parts(tx, said.use_id, parts, said.by_person, policy.uses.authority if dsi else None)
    _what_follows(tx, said, frozenset({"DISCHARGE", *(part.sort or sort for part in parts)}), policy, used_us)
    tx.say(f"store:{store_id}", {"type": "used", "item_ids": ids, "use_id": said.use_id, "at_us": tx.now_us})
    return ids


def _what_follows(tx: Tx, said: Naming, words: frozenset[str], policy: Policy, used_us: int) -> None:
    """The naming answers its own point; what is owed for a discharge is owed from the use, unless it was already."""
    owed = point_of(tx.conn, said.use_id, "CARTRIDGES")
    if owed is not None:
        write_answer(tx, owed, Answer(said.by_person, {"cartridges": len(said.spent)}))
    before = {row[0] for row in _POINTS.rows(tx.conn, {"of_use": said.use_id})} | {"INCIDENT_REF"}
    new = [each for each in policy.uses.owed(words) if each.point not in before]
    open_points(tx, said.use_id, new, used_us)
