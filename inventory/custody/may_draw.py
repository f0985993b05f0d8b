"""What a person may draw here now, and why not: the gate's own rules, asked before any item is chosen.

One rule for the editor: nothing is judged here; the words are the gate's, and only those that may be shown.
"""

from typing import Any

import sqlalchemy as sa

from inventory.custody.reasons import reasons_shown
from inventory.custody.visits import Visit
from inventory.gate.ask import ADDING, Ask
from inventory.gate.decision import judge_person
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.stock import item
from inventory.stock.kinds import title

OFFERED = ("CED_HANDLE", "BWV_CAMERA", "SBG")
"""The kinds a person asks for by name; batteries and cartridges come with the handle."""

_MODELS = Fast(
    sa.select(item.c.kind, item.c.model)
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.closed_entry.is_(None),
        custody.c.holder == "STORE",
        custody.c.holder_id == sa.bindparam("store_id"),
        item.c.kind.in_(("CED_HANDLE", "BWV_CAMERA")),
        item.c.pool == "OPERATIONAL",
    )
    .distinct()
    .order_by(item.c.kind, item.c.model)
)
_BY_MODEL = ("CED_HANDLE",)


def may_draw(conn: sa.Connection, visit: Visit, policy: Policy, now_us: int) -> list[dict[str, Any]]:
    """One row a kind (for CEDs one a model in this store): may the visit's person draw it for this duty?"""
    ask = Ask(
        person_id=visit.person_id,
        store_id=visit.store_id,
        item_ids=(),
        lots=(),
        purpose=visit.purpose,
        planned_return_us=visit.planned_return_us,
        door="view",
        by_person_id=None,
        stage=ADDING,
    )
    facts = gather(conn, [ask], policy, now_us)[0]
    rows = []
    for kind, model in offered(conn, visit.store_id):
        stops = [reason for reason in judge_person(facts, policy, kind, model) if reason.stops]
        sentences, remedies = reasons_shown(stops)
        rows.append(
            {
                "kind": kind,
                "kind_label": title(kind),
                "model": model if kind in _BY_MODEL else "",
                "may": not stops,
                "sentences": sentences,
                "remedies": remedies,
            }
        )
    return rows


def offered(conn: sa.Connection, store_id: int) -> list[tuple[str, str]]:
    """(kind, model) of what people ask for by name here; no model where the kind alone decides and none is in store."""
    here = _MODELS.rows(conn, {"store_id": store_id})
    asked_for: list[tuple[str, str]] = []
    for kind in OFFERED:
        models = [model for k, model in here if k == kind]
        if kind in _BY_MODEL:
            asked_for += [(kind, model) for model in models]
        else:
            asked_for.append((kind, models[0] if models else ""))
    return asked_for
