"""The overrides in force for people who draw: read from the database with the other facts, never stated by an ask.

One rule for the editor: this reads and never judges. Whether an override answers a refusal is the decision's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from inventory.gate.ask import Ask, Override
from inventory.schema.fast import Fast, Row, among
from inventory.schema.overrides import override, override_revoked
from inventory.schema.people import person

_NOW: sa.BindParameter[Any] = sa.bindparam("now_us", type_=sa.BigInteger)
IN_FORCE = Fast(
    sa.select(
        override.c.person_id, override.c.store_id, override.c.purpose,
        override.c.id, override.c.code, override.c.item_id, override.c.by_person, override.c.capability,
        override.c.reason, override.c.until_us,
        sa.func.coalesce(person.c.same_as, person.c.id),
    )
    .select_from(
        override.join(person, person.c.id == override.c.by_person).outerjoin(
            override_revoked, override_revoked.c.override_id == override.c.id
        )
    )
    .where(
        among(override.c.person_id, "ids"),
        override.c.until_us > _NOW,
        override.c.given_us <= _NOW,
        override_revoked.c.override_id.is_(None),
    )
    .order_by(override.c.id)
)  # fmt: skip
"""Of the people "ids" at "now_us": for whom, where, what for; the override; the record that counts of who gave it."""


def overrides_of(ask: Ask, rows: Sequence[Row], roots: Mapping[int, int]) -> tuple[Override, ...]:
    """The overrides of `rows` that are for this ask's person, store and purpose. `roots`: record -> the one that
    counts, of who draws and who issues."""
    wanted = (ask.person_id, ask.store_id, ask.purpose)
    parties = {roots.get(each, each) for each in (ask.person_id, ask.by_person_id) if each is not None}
    return tuple(
        Override(number, code, item_id, by, capability, reason, until_us, giver in parties)
        for *whose, number, code, item_id, by, capability, reason, until_us, giver in rows
        if tuple(whose) == wanted
    )
