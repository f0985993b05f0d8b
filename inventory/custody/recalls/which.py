"""Which items and lots a recall is about: a kind, and of it a model, a lot, a range or list of serials, a firmware.

One rule for the editor: everything that is named must fit, and what cannot be compared does not fit but is counted. A
serial is opaque text: a range is of serials as long as its ends, compared character by character.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Row, among
from inventory.schema.recalls import recall, recall_event
from inventory.schema.stock import item, lot, lot_balance
from inventory.stock.item_facts import read_items
from inventory.stock.versions import read_version, standing

SERIALS_MAX = 5_000
CRITERIA = (
    "kind", "maker", "model", "lot_no", "serial_from", "serial_to", "serials", "firmware_from", "firmware_to",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a notice is about. None: it does not say. Firmware from and to are both included."""

    kind: str
    maker: str | None = None
    model: str | None = None
    lot_no: str | None = None
    serial_from: str | None = None
    serial_to: str | None = None
    serials: tuple[str, ...] = ()
    firmware_from: str | None = None
    firmware_to: str | None = None

    @property
    def of_lots(self) -> bool:
        """Whether pieces without serials can be meant."""
        return self.lot_no is not None or (self.model is not None and not self.of_items)

    @property
    def of_items(self) -> bool:
        """Whether it speaks of what only a thing with a serial has."""
        return bool(self.serials or self.serial_from or self.firmware_to)


@dataclass(frozen=True, slots=True)
class Found:
    """An item that fits, and who has it (None: nobody yet)."""

    item_id: int
    serial: str
    model: str
    store_id: int
    holder: str | None
    holder_id: int | None


@dataclass(frozen=True, slots=True)
class FoundLot:
    """Pieces of a lot that fit, with one holder."""

    lot_id: int
    lot_no: str
    holder: str
    holder_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Matches:
    """What fits. `unread` counts items that would fit but for their firmware, which nobody has read."""

    items: tuple[Found, ...] = ()
    lots: tuple[FoundLot, ...] = ()
    unread: int = 0


_COLUMNS = (
    item.c.id, item.c.serial, item.c.model, item.c.home_store_id, custody.c.holder, custody.c.holder_id, item.c.kind,
    item.c.maker, lot.c.lot_no,
)  # fmt: skip
_ITEMS = sa.select(*_COLUMNS).select_from(
    item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))).outerjoin(
        lot, lot.c.id == item.c.lot_id
    )
)
_OF_KIND = Fast(_ITEMS.where(item.c.kind == sa.bindparam("kind")).order_by(item.c.id))
_NAMED = Fast(_ITEMS.where(among(item.c.id, "ids")).order_by(item.c.id))
_LOTS = (
    sa.select(
        lot.c.id, lot.c.lot_no, lot_balance.c.holder, lot_balance.c.holder_id, lot_balance.c.quantity, lot.c.kind,
        lot.c.maker, lot.c.product,
    )
    .select_from(lot.join(lot_balance, lot_balance.c.lot_id == lot.c.id))
    .where(lot_balance.c.quantity > 0)
    .order_by(lot.c.id, lot_balance.c.holder, lot_balance.c.holder_id)
)  # fmt: skip
_LOTS_OF_KIND = Fast(_LOTS.where(lot.c.kind == sa.bindparam("kind")))
_LOTS_NAMED = Fast(_LOTS.where(among(lot.c.id, "ids")))
_IN_FORCE = Fast(
    sa.select(recall.c.id, *(recall.c[name] for name in CRITERIA), recall.c.notice_from, recall.c.notice_ref)
    .where(
        ~sa.exists(
            sa.select(recall_event.c.id).where(
                recall_event.c.recall_id == recall.c.id, recall_event.c.act == sa.literal_column("'LIFTED'")
            )
        )
    )
    .order_by(recall.c.id)
)


@dataclass(frozen=True, slots=True)
class InForce:
    """A recall that was not lifted."""

    id: int
    criteria: Criteria
    notice_from: str
    notice_ref: str


def criteria_of(values: Sequence[object]) -> Criteria:
    """The criteria out of a row's columns, in the order of CRITERIA."""
    said = dict(zip(CRITERIA, values, strict=True))
    serials = said.pop("serials")
    return Criteria(**said, serials=tuple(json.loads(str(serials))) if serials else ())  # type: ignore[arg-type]


def in_force(conn: sa.Connection) -> list[InForce]:
    """Every recall that was not lifted, closed ones too: what turns up later is held."""
    return [InForce(row[0], criteria_of(row[1:-2]), row[-2], row[-1]) for row in _IN_FORCE.rows(conn)]


def check_criteria(asked: Criteria) -> None:
    """Raises ValueError naming the field that is missing or not what was expected."""
    if not (asked.model or asked.lot_no or asked.serial_from or asked.serials or asked.firmware_to):
        raise ValueError("lot_no: a lot, serials, a firmware or a model: a recall says which")
    if (asked.serial_from is None) != (asked.serial_to is None):
        raise ValueError("serial_to: both ends of a range")
    low, high = asked.serial_from or "", asked.serial_to or ""
    if len(low) != len(high) or low > high:
        raise ValueError("serial_to: as long as serial_from, and not before it")
    if len(asked.serials) > SERIALS_MAX:
        raise ValueError(f"serials: at most {SERIALS_MAX}")
    if asked.firmware_from is not None and asked.firmware_to is None:
        raise ValueError("firmware_to: the last version that is meant")
    for name in ("firmware_from", "firmware_to"):
        value = getattr(asked, name)
        if value is not None and read_version(value) is None:
            raise ValueError(f"{name}: a version that can be compared, like 1.24.3")


def matches(conn: sa.Connection, asked: Criteria) -> Matches:
    """Everything that fits, over every store and every holder."""
    found, unread = _fit(conn, asked, _OF_KIND.rows(conn, {"kind": asked.kind}))
    lots = _LOTS_OF_KIND.rows(conn, {"kind": asked.kind}) if asked.of_lots and not asked.of_items else []
    return Matches(tuple(found), tuple(_lots(asked, lots)), unread)


def among_items(conn: sa.Connection, asked: Sequence[InForce], item_ids: Iterable[int]) -> list[tuple[InForce, Found]]:
    """Which of these items each recall is about."""
    rows = _NAMED.rows(conn, {"ids": list(item_ids)})
    return [(each, one) for each in asked for one in _fit(conn, each.criteria, rows)[0]]


def among_lots(conn: sa.Connection, asked: Sequence[InForce], lot_ids: Iterable[int]) -> list[tuple[InForce, FoundLot]]:
    """Which pieces of these lots each recall is about."""
    rows = _LOTS_NAMED.rows(conn, {"ids": list(lot_ids)})
    meant = [each for each in asked if each.criteria.of_lots and not each.criteria.of_items]
    return [(each, one) for each in meant for one in _lots(each.criteria, rows)]


def _fit(conn: sa.Connection, asked: Criteria, rows: Iterable[Row]) -> tuple[list[Found], int]:
    found = [Found(*row[:6]) for row in rows if _fits(asked, row)]
    if asked.firmware_to is None or not found:
        return found, 0
    known = {each.id: each.firmware for each in read_items(conn, [one.item_id for one in found]).values()}
    runs = [(one, known.get(one.item_id)) for one in found]
    unread = sum(1 for _, version in runs if version is None or read_version(version) is None)
    return [one for one, version in runs if version is not None and _runs(asked, version)], unread


def _fits(asked: Criteria, row: Row) -> bool:
    _, serial, model, _, _, _, kind, maker, lot_no = row
    said = ((asked.kind, kind), (asked.maker, maker), (asked.model, model), (asked.lot_no, lot_no))
    if any(wanted is not None and wanted != has for wanted, has in said):
        return False
    if asked.serials and serial not in asked.serials:
        return False
    if asked.serial_from is None or asked.serial_to is None:
        return True
    return len(serial) == len(asked.serial_from) and asked.serial_from <= serial <= asked.serial_to


def _runs(asked: Criteria, version: str) -> bool:
    low = asked.firmware_from is None or standing(version, asked.firmware_from) == "ENOUGH"
    return low and standing(asked.firmware_to or "", version) == "ENOUGH"


def _lots(asked: Criteria, rows: Iterable[Row]) -> list[FoundLot]:
    return [
        FoundLot(*row[:5])
        for row in rows
        if row[5] == asked.kind
        and (asked.lot_no is None or row[1] == asked.lot_no)
        and (asked.maker is None or row[6] == asked.maker)
        and (asked.model is None or row[7] == asked.model)
    ]
