"""A case is opened for each item that is missed, with all that was known of it at that moment.

One rule for the editor: it is opened in the transaction of the movement that misses the item, and what it holds of
people is their ids.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.passing import Passed
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.losses import loss_case
from inventory.schema.stock import bay, inspection, sighting
from inventory.schema.tx import Tx

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Opening:
    """An item that was missed: where and by whom, how, and the movement that says so."""

    store_id: int
    by_person: int | None
    detail: str
    passed: Passed


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """One certain sighting: a word of LAST_SEEN_WAYS, when, and where in words of ours."""

    way: str
    at_us: int
    where: str


_INSERT = Inserter(loss_case, [each.name for each in loss_case.columns if not each.name.startswith("closed_")])
_OPEN = Fast(
    sa.select(loss_case.c.item_id).where(among(loss_case.c.item_id, "ids"), loss_case.c.closed_event.is_(None))
)
_TAGS = Fast(
    sa.select(sighting.c.item_id, sighting.c.seen_us, sighting.c.device).where(among(sighting.c.item_id, "ids"))
)
_BAYS = Fast(
    sa.select(bay.c.item_id, bay.c.observed_us, bay.c.dock, bay.c.bay, bay.c.files_pending).where(
        among(bay.c.item_id, "ids")
    )
)
_CHECKS = Fast(
    sa.select(inspection.c.item_id, sa.func.max(inspection.c.at_us))
    .where(among(inspection.c.item_id, "ids"), inspection.c.by_person.is_not(None))
    .group_by(inspection.c.item_id)
)


def open_cases(tx: Tx, openings: Sequence[Opening]) -> list[int]:
    """Open a case for each, and return their ids. Where one is open still, its item is missed again, and it goes on."""
    going_on = {row[0] for row in _OPEN.rows(tx.conn, {"ids": [each.passed.item_id for each in openings]})}
    openings = [each for each in openings if each.passed.item_id not in going_on]
    ids = {"ids": [each.passed.item_id for each in openings]}
    seen: dict[int, list[SeenBefore]] = defaultdict(list)
    uploaded: dict[int, dict[str, Any]] = {}
    for item_id, at_us, device in _TAGS.rows(tx.conn, ids):
        seen[item_id].append(SeenBefore("TAG", at_us, device))
    for item_id, at_us, dock, number, pending in _BAYS.rows(tx.conn, ids):
        seen[item_id].append(SeenBefore("DOCK", at_us, f"{dock} bay {number}"))
        uploaded[item_id] = {"dock_us": at_us, "files_pending": pending}
    for item_id, at_us in _CHECKS.rows(tx.conn, ids):
        seen[item_id].append(SeenBefore("CHECK", at_us, "checked by hand"))
    rows = [_row(tx, each, seen[each.passed.item_id], uploaded.get(each.passed.item_id, {})) for each in openings]
    _INSERT.add(tx.conn, rows)
    for row in rows:
        tx.say(f"store:{row['store_id']}", {"type": "loss", "case_id": row["id"], "item_id": row["item_id"]})
    return [row["id"] for row in rows]


def _row(tx: Tx, each: Opening, seen: Sequence[SeenBefore], uploaded: Mapping[str, Any]) -> dict[str, Any]:
    giver, since_us = each.passed.giver, each.passed.held_since_us
    known = [one for one in seen if one.at_us <= tx.now_us]
    if giver is not None and since_us is not None:
        known.append(SeenBefore("MOVEMENT", since_us, f"passed to {giver.word.lower()} {giver.id}"))
    known.sort(key=lambda one: (one.at_us, one.way), reverse=True)
    last = known[0] if known else None
    return {
        "id": tx.ids.take(),
        "tx_id": tx.id,
        "item_id": each.passed.item_id,
        "store_id": each.store_id,
        "opened_us": tx.now_us,
        "opened_by": each.by_person,
        "detail": each.detail,
        "entry_id": each.passed.entry_id,
        "person_id": giver.id if giver is not None and giver.word == "PERSON" else None,
        "last_seen_us": last.at_us if last else None,
        "last_seen_way": last.way if last else None,
        "facts": json.dumps(_facts(tx.now_us, each.passed, known, uploaded), separators=(",", ":")),
    }


def _facts(now_us: int, passed: Passed, known: Sequence[SeenBefore], uploaded: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept: every sighting, the decision it went out by, and what a dock said of films on it."""
    facts: dict[str, Any] = {"seen": [[one.way, one.at_us, one.where] for one in known]}
    if passed.decision_id is not None:
        facts["decision_id"] = passed.decision_id
    if uploaded:
        clear = uploaded["files_pending"] == 0
        since_us = max(uploaded["dock_us"] if clear else 0, passed.held_since_us or 0)
        facts["last_upload_us"] = uploaded["dock_us"] if clear else None
        facts["files_pending"] = uploaded["files_pending"]
        facts["unuploaded_minutes_max"] = max(0, now_us - since_us) // MINUTE_US
    return facts
