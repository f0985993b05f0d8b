"""Return: kit comes back. Never blocked, whoever brings it and whatever is wrong with it.

One rule for the editor: nothing in this file refuses. What is not as it should be is written down (a hold, an
alarm, a sentence), after the kit is back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.holds import Placing, place_holds
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, lock, pass_items
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.schema.tx import Tx

CONDITIONS = {
    "GOOD": None,
    "DAMAGED": ("QUARANTINE", "Handed in damaged"),
    "WET": ("WET", "Handed in wet: dry for 24 hours, then the technician's test"),
    "USED": ("DOWNLOAD", "Use declared: its log must be downloaded before it may go out again"),
    "FAULTY": ("DEFECT", "Handed in faulty"),
}
"""What the storekeeper may say of returned kit -> the hold it places (design `domain.md` 2.2)."""


@dataclass(frozen=True, slots=True)
class Back:
    """One item handed in at a store. `condition` is a word of CONDITIONS."""

    item_id: int
    store_id: int
    by_person: int | None = None
    condition: str = "GOOD"
    visit_id: int | None = None
    reading_key: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of one item handed in.

    `word`: RETURNED (it was with a person, a carrier or unaccounted for), ALREADY_HERE (this store holds it), or
    STRAYED (another holder's kit: seen here, an alarm raised, custody unchanged).
    """

    item_id: int
    word: str
    from_person: int | None = None
    entry_id: int | None = None
    held_since_us: int | None = None
    decision_id: int | None = None
    hold: str | None = None


_WHERE = Fast(
    sa.select(item.c.id, custody.c.holder, custody.c.holder_id)
    .select_from(
        item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
    )
    .where(among(item.c.id, "items"))
)
_BACK_FROM = {"PERSON": "RETURNED", "CARRIER": "TRANSFERRED", "UNKNOWN": "FOUND"}


def return_kit(tx: Tx, backs: Sequence[Back]) -> list[Returned]:
    """Take every item back. Items must be distinct. Raises LookupError for an item that is not known."""
    lock(tx, [], [back.item_id for back in backs])
    where = {row[0]: row for row in _WHERE.rows(tx.conn, {"items": [back.item_id for back in backs]})}
    unknown = [back.item_id for back in backs if back.item_id not in where]
    if unknown:
        raise LookupError(f"item {unknown[0]} is not known")
    coming = [back for back in backs if where[back.item_id][1] in _BACK_FROM]
    passed = pass_items(tx, [_passage(back, where[back.item_id][1]) for back in coming])
    by_item = {p.item_id: p for p in passed}
    held = [back for back in coming if CONDITIONS[back.condition] is not None]
    place_holds(tx, [_hold(back) for back in held])
    answers = []
    strays = []
    for back in backs:
        done = by_item.get(back.item_id)
        _, holder, holder_id = where[back.item_id]
        if done is not None:
            person = done.giver.id if done.giver and done.giver.word == "PERSON" else None
            hold = CONDITIONS[back.condition]
            answers.append(
                Returned(back.item_id, "RETURNED", person, done.entry_id, done.held_since_us, done.decision_id,
                         hold[0] if hold else None)
            )  # fmt: skip
        elif (holder, holder_id) == ("STORE", back.store_id):
            answers.append(Returned(back.item_id, "ALREADY_HERE"))
        else:
            answers.append(Returned(back.item_id, "STRAYED"))
            strays.append(
                Raise(
                    "STRAYED",
                    f"Seen at this hatch, held by {holder or 'nobody'}",
                    back.store_id,
                    back.item_id,
                )
            )
    raise_alarms(tx, strays)
    return answers


def _passage(back: Back, holder: str) -> Passage:
    return Passage(
        item_id=back.item_id,
        kind=_BACK_FROM[holder],
        taker=Holder("STORE", back.store_id),
        by_person=back.by_person,
        visit_id=back.visit_id,
        reading_key=back.reading_key,
        reason=None if back.condition == "GOOD" else back.condition,
    )


def _hold(back: Back) -> Placing:
    reason, detail = CONDITIONS[back.condition] or ("QUARANTINE", "")
    return Placing(item_id=back.item_id, reason=reason, detail=detail, placed_by=back.by_person)
