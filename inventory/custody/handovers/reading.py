"""Hand-overs as they are read: newest first, with who gave what to whom.

One rule for the editor: read only. The movements themselves are the ledger's; here stands what holds two together.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from inventory.schema.fast import Fast, among
from inventory.schema.handovers import handover, handover_item
from inventory.schema.stock import item


@dataclass(frozen=True, slots=True)
class Handed:
    """One item of a hand-over, with the entries of both its movements."""

    item_id: int
    kind: str
    serial: str
    returned_entry: int
    issued_entry: int


@dataclass(frozen=True, slots=True)
class Handover:
    """One hand-over, as it was written."""

    id: int
    store_id: int
    giver_id: int
    receiver_id: int
    decision_id: int
    by_person: int
    giver_proof: str
    receiver_proof: str
    at_us: int
    reason: str | None
    items: tuple[Handed, ...] = ()

    @property
    def people(self) -> tuple[int, int, int]:
        """Everybody who has a part in it."""
        return self.giver_id, self.receiver_id, self.by_person


_COLUMNS = [handover.c[name] for name in Handover.__dataclass_fields__ if name != "items"]


def _newest(*holds: sa.ColumnElement[bool]) -> Fast:
    return Fast(
        sa.select(*_COLUMNS)
        .where(handover.c.id < sa.bindparam("before", type_=sa.BigInteger), *holds)
        .order_by(handover.c.id.desc())
        .limit(sa.bindparam("most"))
    )


_OF_ALL, _OF_STORES = _newest(), _newest(among(handover.c.store_id, "stores"))
_ITEMS = Fast(
    sa.select(
        handover_item.c.handover_id, item.c.id, item.c.kind, item.c.serial, handover_item.c.returned_entry,
        handover_item.c.issued_entry,
    )
    .select_from(handover_item.join(item, item.c.id == handover_item.c.item_id))
    .where(among(handover_item.c.handover_id, "ids"))
    .order_by(item.c.kind, item.c.serial)
)  # fmt: skip


def newest(conn: sa.Connection, stores: Iterable[int] | None, before: int, most: int) -> list[Handover]:
    """The newest hand-overs at these stores (None: everywhere) with a number below `before`."""
    asked = {"before": before, "most": most}
    rows = (
        _OF_ALL.rows(conn, asked) if stores is None else _OF_STORES.rows(conn, asked | {"stores": sorted(stores)})
    )
    return _with_items(conn, [Handover(*row) for row in rows])


def _with_items(conn: sa.Connection, some: Sequence[Handover]) -> list[Handover]:
    found: dict[int, list[Handed]] = defaultdict(list)
    for row in _ITEMS.rows(conn, {"ids": [each.id for each in some]}) if some else []:
        found[row[0]].append(Handed(*row[1:]))
    return [replace(each, items=tuple(found[each.id])) for each in some]
