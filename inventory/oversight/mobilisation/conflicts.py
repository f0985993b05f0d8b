"""Professional standards and their own kit: who looks into a loss at a store, and who drew kit there meanwhile.

One rule for the editor: a person investigates a case in which they, holding PSD now, wrote an act, while it is open.
It keeps them off the list of those who would draw there; what they drew before is shown, never undone.

Source: design `domain.md` 6 row B8 (PSD conflict-of-interest check).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.custody import custody, decision
from inventory.schema.fast import Fast
from inventory.schema.losses import loss_case, loss_event
from inventory.schema.people import capability_grant, person

_ROOT = sa.func.coalesce(person.c.same_as, person.c.id)
_NOW: sa.BindParameter[int] = sa.bindparam("now_us", type_=sa.BigInteger)
_OWNS = Fast(
    sa.select(_ROOT.label("who"), loss_case.c.store_id, loss_case.c.id, loss_case.c.opened_us)
    .select_from(
        loss_case.join(loss_event, loss_event.c.case_id == loss_case.c.id)
        .join(person, person.c.id == loss_event.c.by_person)
        .join(capability_grant, capability_grant.c.person_id == person.c.id)
    )
    .where(
        loss_case.c.closed_event.is_(None),
        capability_grant.c.capability == sa.literal_column("'PSD'"),
        capability_grant.c.from_us <= _NOW,
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > _NOW),
    )
    .distinct()
)
_DREW = Fast(
    sa.select(_ROOT.label("who"), decision.c.store_id, custody.c.item_id, custody.c.opened_us)
    .select_from(
        loss_case.join(decision, decision.c.store_id == loss_case.c.store_id)
        .join(custody, custody.c.decision_id == decision.c.id)
        .join(person, person.c.id == decision.c.person_id)
        .join(capability_grant, capability_grant.c.person_id == person.c.id)
    )
    .where(
        loss_case.c.closed_event.is_(None),
        custody.c.opened_us >= loss_case.c.opened_us,
        capability_grant.c.capability == sa.literal_column("'PSD'"),
        capability_grant.c.from_us <= _NOW,
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > _NOW),
    )
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody of PSD who looks into a case at a store; `drew`: items they drew there since it was opened."""

    person_id: int
    store_id: int
    case_id: int
    opened_us: int
    drew: tuple[int, ...] = ()


def conflicts(conn: sa.Connection, now_us: int) -> list[Conflict]:
    """Every open case that somebody of PSD looks into, with what they drew at that store since."""
    drawn: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    owns = _OWNS.rows(conn, {"now_us": now_us})
    if owns:
        for who, store_id, item_id, at_us in _DREW.rows(conn, {"now_us": now_us}):
            drawn[who, store_id].append((at_us, item_id))
    return [
        Conflict(who, store_id, case_id, opened_us,
                 tuple(item for at_us, item in sorted(drawn[who, store_id]) if at_us >= opened_us))
        for who, store_id, case_id, opened_us in sorted(owns)
    ]  # fmt: skip


def investigating(conn: sa.Connection, now_us: int) -> Mapping[int, frozenset[int]]:
    """Person -> the stores where they look into a loss, and so do not draw."""
    found: dict[int, set[int]] = defaultdict(set)
    for who, store_id, _, _ in _OWNS.rows(conn, {"now_us": now_us}):
        found[who].add(store_id)
    return {who: frozenset(some) for who, some in found.items()}
