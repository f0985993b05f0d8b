"""Lapse in hand: a person whose training, authority or duty status ended while they hold a prohibited weapon.

One rule for the editor: the gate's own rules say whether the holder is still eligible; software raises it at once
and disarms nobody. Imports and the clock hand over person ids; this file looks and raises.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.gate.ask import ADDING, Ask
from inventory.gate.decision import judge_person
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.schema.tx import Tx

ABOUT_THE_DRAW = frozenset(
    {
        "ALREADY_HOLDS_HANDLE", "EARLIER_DRAW_NOT_RECONCILED", "HOLDS_ENOUGH", "TRAINING_FEED_STALE",
        "DUTY_WINDOW_UNKNOWN", "DUTY_ALREADY_OVER", "DUTY_TOO_LONG", "STORE_CLOSED", "STORE_UNKNOWN",
        "POLICY_INCOMPLETE", "MODEL_NOT_APPROVED",
    }
)  # fmt: skip
"""Reasons that speak of a new draw, not of the person who holds kit already."""

_HOLDING = (
    sa.select(
        custody.c.person_id, item.c.kind, item.c.model, custody.c.purpose, item.c.home_store_id, item.c.id
    )
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.closed_entry.is_(None),
        custody.c.person_id.is_not(None),
        item.c.kind.in_(("CED_HANDLE", "CED_CARTRIDGE")),
    )
    .order_by(custody.c.person_id, item.c.kind.desc(), item.c.id)
)
_HOLDING_OF = Fast(_HOLDING.where(among(custody.c.person_id, "people")))
_HOLDING_ALL = Fast(_HOLDING)


def raise_ineligible(tx: Tx, policy: Policy, person_ids: Sequence[int] | None = None) -> list[int]:
    """Raise HOLDER_INELIGIBLE for each of `person_ids` (None: everybody) who holds a CED and may not; returns them."""
    rows = (
        _HOLDING_ALL.rows(tx.conn)
        if person_ids is None
        else _HOLDING_OF.rows(tx.conn, {"people": sorted(set(person_ids))})
    )
    first = {row[0]: row for row in reversed(rows)}  # the handle where there is one
    asks = [
        _ask(person_id, purpose or "OPERATIONAL", store)
        for person_id, _, _, purpose, store, _ in first.values()
    ]
    raised = []
    for facts, (person_id, kind, model, _, store_id, item_id) in zip(
        gather(tx.conn, asks, policy, tx.now_us), first.values(), strict=True
    ):
        stops = [
            r for r in judge_person(facts, policy, kind, model) if r.stops and r.code not in ABOUT_THE_DRAW
        ]
        if stops:
            codes = ", ".join(dict.fromkeys(r.public_code for r in stops))
            raised.append(Raise("HOLDER_INELIGIBLE", codes, store_id, item_id, person_id))
    raise_alarms(tx, raised)
    return [each.person_id for each in raised if each.person_id is not None]


def _ask(person_id: int, purpose: str, store_id: int) -> Ask:
    return Ask(
        person_id=person_id,
        store_id=store_id,
        item_ids=(),
        lots=(),
        purpose=purpose,
        planned_return_us=None,
        door="lapse",
        by_person_id=None,
        stage=ADDING,
    )
