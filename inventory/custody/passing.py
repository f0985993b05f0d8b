"""The one write path of custody: closes who held an item, opens who holds it now, and writes the ledger entry.

One rule for the editor: nothing else in the house inserts into or updates `custody` (a test reads the source to
prove it). Custody with a person is ISSUED or ASSERTED, and the database checks both (`schema.triggers`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody import moves
from inventory.custody.ledger import Entry, append, head_steps, item_chain
from inventory.custody.recalls.holding import ARRIVES, held_on_arrival
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Inserter, Updater, among
from inventory.schema.steps import abreast, once, read
from inventory.schema.stock import item
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Passage:
    """One item passing to a new holder.

    `kind` is the ledger's word. For a person: `decision_id`, `purpose`, `return_mode` and `planned_return_us`
    (ISSUED), or `asserted_by`, `asserted_second` and `document` (ASSERTED). `corrects` is the entry that it puts right.
    """

    item_id: int
    kind: str
    taker: moves.Holder
    by_person: int | None = None
    second_person: int | None = None
    decision_id: int | None = None
    purpose: str | None = None
    return_mode: str | None = None
    planned_return_us: int | None = None
    review_on: str | None = None
    visit_id: int | None = None
    reading_key: str | None = None
    policy_hash: str | None = None
    reason: str | None = None
    document: str | None = None
    payload: Mapping[str, Any] | None = None
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """What was written: the ledger entry, the new custody, and who held the item before (None: nobody yet)."""

    item_id: int
    kind: str
    entry_id: int
    custody_id: int
    giver: moves.Holder | None
    held_since_us: int | None
    decision_id: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """An item's open custody, as read under lock."""

    custody_id: int
    holder: moves.Holder
    since_us: int
    decision_id: int | None


_OPEN = Fast(
    sa.select(
        item.c.id, item.c.kind, custody.c.id, custody.c.holder, custody.c.holder_id, custody.c.opened_us,
        custody.c.decision_id,
    )
    .select_from(
        item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
    )
    .where(among(item.c.id, "items"))
)  # fmt: skip
_CLOSE = Updater(custody, "id", ("closed_entry", "closed_us"), while_null="closed_entry")
_INSERT = Inserter(custody, [c.name for c in custody.columns if not c.name.startswith("closed_")])


def pass_items(tx: Tx, passages: Sequence[Passage]) -> list[Passed]:
    """Pass every item on, in order. Items must be distinct.

    Raises NotPossible where the table of passages has no such move, LookupError for an unknown item, ClockBehind where
    an item came where it is after this transaction began, and the driver's IntegrityError where the database refuses.
    """
    if not passages:
        return []
    open_now, heads = read(
        tx.conn,
        abreast(
            once(_OPEN, {"items": [p.item_id for p in passages]}),
            head_steps(tx, [item_chain(p.item_id) for p in passages]),
        ),
    )
    found = {row[0]: row for row in open_now}
    rows = [found.get(p.item_id) for p in passages]
    for passage, row in zip(passages, rows, strict=True):
        if row is None:
            raise LookupError(f"item {passage.item_id} is not known")
        moves.check(row[3], passage.taker.word, passage.kind)
    held = [_held(row) for row in rows if row is not None]
    tx.follows(max((each.since_us for each in held if each is not None), default=0))
    entries = append(tx, [_entry(p, h) for p, h in zip(passages, held, strict=True)], heads)
    closing = [
        {"id": h.custody_id, "closed_entry": entry, "closed_us": tx.now_us}
        for h, entry in zip(held, entries, strict=True)
        if h is not None
    ]
    _CLOSE.change(tx.conn, closing)
    opening = [
        _opening(tx, passage, row[1], entry)
        for passage, row, entry in zip(passages, rows, entries, strict=True)
        if row
    ]
    _INSERT.add(tx.conn, opening)
    arrived = [p.item_id for p in passages if p.kind in ARRIVES]
    if arrived:
        held_on_arrival(tx, arrived)
    return [
        Passed(p.item_id, p.kind, entry, new["id"], h.holder if h else None, h.since_us if h else None,
               h.decision_id if h else None)
        for p, h, entry, new in zip(passages, held, entries, opening, strict=True)
    ]  # fmt: skip


def _held(row: tuple[Any, ...]) -> Held | None:
    _, _, custody_id, holder, holder_id, since_us, decision_id = row
    return (
        None
        if custody_id is None
        else Held(custody_id, moves.Holder(holder, holder_id), since_us, decision_id)
    )


def _entry(passage: Passage, held: Held | None) -> Entry:
    return Entry(
        chain=item_chain(passage.item_id),
        kind=passage.kind,
        item_id=passage.item_id,
        giver=held.holder.word if held else None,
        giver_id=held.holder.id if held else None,
        taker=passage.taker.word,
        taker_id=passage.taker.id,
        decision_id=passage.decision_id,
        visit_id=passage.visit_id,
        by_person=passage.by_person,
        second_person=passage.second_person,
        reading_key=passage.reading_key,
        policy_hash=passage.policy_hash,
        corrects=passage.corrects,
        reason=passage.reason,
        payload=passage.payload,
    )


def _opening(tx: Tx, passage: Passage, kind: str, entry: int) -> dict[str, Any]:
    to_person = passage.taker.word == "PERSON"
    asserted = to_person and passage.kind == "ASSERTED"
    return {
        "id": tx.ids.take(),
        "tx_id": tx.id,
        "item_id": passage.item_id,
        "holder": passage.taker.word,
        "holder_id": passage.taker.id,
        "person_id": passage.taker.id if to_person else None,
        "is_handle": int(kind == "CED_HANDLE"),
        "basis": "ASSERTED" if asserted else "ISSUED" if to_person else "HELD",
        "purpose": passage.purpose,
        "decision_id": passage.decision_id,
        "return_mode": passage.return_mode,
        "planned_return_us": passage.planned_return_us,
        "review_on": passage.review_on,
        "visit_id": passage.visit_id,
        "opened_entry": entry,
        "opened_us": tx.now_us,
        "asserted_by": passage.by_person if asserted else None,
        "asserted_second": passage.second_person if asserted else None,
        "document": passage.document,
    }
