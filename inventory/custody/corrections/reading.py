"""What there is to read of corrections: the entry that is to be put right, and what was put right, by store or item.

One rule for the editor: read only. Whether an entry is still the last word on its item is asked of custody alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.corrections import correction, told_later
from inventory.schema.custody import custody, ledger
from inventory.schema.fast import Fast
from inventory.schema.stock import item


@dataclass(frozen=True, slots=True)
class EntryRead:
    """An entry of an item that may be put right, and how its item stands now: its open custody and what opened that."""

    id: int
    kind: str
    at_us: int
    item_id: int
    giver: str | None
    giver_id: int | None
    taker: str | None
    taker_id: int | None
    decision_id: int | None
    by_person: int | None
    reason: str | None
    item_kind: str
    serial: str
    maker: str
    home_store_id: int
    holder: str | None
    holder_id: int | None
    opened_entry: int | None
    opened_us: int | None
    corrected_by: int | None
    told_since_us: int | None

    @property
    def since_us(self) -> int:
        """Since when what it says had been so: an entry that was told later tells of the past."""
        return self.at_us if self.told_since_us is None else self.told_since_us

    @property
    def is_last(self) -> bool:
        """Whether the item has not moved since."""
        return self.opened_entry == self.id

    @property
    def store_id(self) -> int | None:
        """The store whose entry it is: it took the item, or gave it."""
        ends = ((self.taker, self.taker_id), (self.giver, self.giver_id))
        return next((end_id for end, end_id in ends if end == "STORE"), None)


@dataclass(frozen=True, slots=True)
class Corrected:
    """One correction as it stands: which entry was wrong, which makes up for it, by whom and why."""

    id: int
    sort: str
    corrects: int
    entry_id: int
    item_id: int
    kind: str
    serial: str
    store_id: int
    by_person: int
    second_person: int | None
    at_us: int
    reason: str
    document: str | None
    was: str | None
    became: str | None
    wrong_kind: str
    wrong_us: int


_WAS = ledger.alias("was")
_ENTRY = Fast(
    sa.select(
        ledger.c.id, ledger.c.kind, ledger.c.at_us, ledger.c.item_id, ledger.c.giver, ledger.c.giver_id,
        ledger.c.taker, ledger.c.taker_id, ledger.c.decision_id, ledger.c.by_person, ledger.c.reason, item.c.kind,
        item.c.serial, item.c.maker, item.c.home_store_id, custody.c.holder, custody.c.holder_id,
        custody.c.opened_entry, custody.c.opened_us, correction.c.entry_id, told_later.c.from_us,
    )
    .select_from(
        ledger.join(item, item.c.id == ledger.c.item_id)
        .outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
        .outerjoin(correction, correction.c.corrects == ledger.c.id)
        .outerjoin(
            told_later, sa.and_(told_later.c.item_id == ledger.c.item_id, told_later.c.entry_id == ledger.c.id)
        )
    )
    .where(ledger.c.id == sa.bindparam("entry_id"))
)  # fmt: skip
_COLUMNS = sa.select(
    correction.c.id, correction.c.sort, correction.c.corrects, correction.c.entry_id, correction.c.item_id,
    item.c.kind, item.c.serial, correction.c.store_id, correction.c.by_person, correction.c.second_person,
    correction.c.at_us, correction.c.reason, correction.c.document, correction.c.was, correction.c.became,
    _WAS.c.kind, _WAS.c.at_us,
).select_from(
    correction.join(item, item.c.id == correction.c.item_id).join(_WAS, _WAS.c.id == correction.c.corrects)
)  # fmt: skip
_OF_STORE = Fast(
    _COLUMNS.where(correction.c.store_id == sa.bindparam("store_id"))
    .order_by(correction.c.at_us.desc(), correction.c.id.desc())
    .limit(sa.bindparam("most"))
)
_OF_ITEM = Fast(_COLUMNS.where(correction.c.item_id == sa.bindparam("item_id")).order_by(correction.c.at_us))


def entry_of(conn: sa.Connection, entry_id: int) -> EntryRead:
    """The entry, and how its item stands now. Raises LookupError where there is no such entry of an item."""
    rows = _ENTRY.rows(conn, {"entry_id": entry_id})
    if not rows:
        raise LookupError(f"entry {entry_id} of an item is not known")
    return EntryRead(*rows[0])


def of_store(conn: sa.Connection, store_id: int, most: int) -> Sequence[Corrected]:
    """What was put right in a store, the newest first."""
    return [Corrected(*row) for row in _OF_STORE.rows(conn, {"store_id": store_id, "most": most})]


def of_item(conn: sa.Connection, item_id: int) -> Sequence[Corrected]:
    """What was put right about an item, the oldest first."""
    return [Corrected(*row) for row in _OF_ITEM.rows(conn, {"item_id": item_id})]
