"""The files of lots (kit without serials) and of checks on items.

One rule for the editor: a lot comes into a store once by file. Later deliveries go through custody, because a
file sent twice must never double a count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from inventory.people.credentials import SERIAL
from inventory.people.imports import fields
from inventory.people.imports.items_file import KIND_NAMES
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import (
    ImportRun,
    Pending,
    carry_out,
    open_stores,
    people_by_ref,
    store_expected,
)
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.schema import words
from inventory.schema.fast import Fast, among
from inventory.schema.people import binding
from inventory.schema.stock import inspection, item, lot, lot_balance

QUANTITY_MAX = 1_000_000

_MAKER = Column("maker", fields.upper, ("manufacturer",), needed=True, chars_max=60)
_KIND = Column("kind", fields.choice(words.ITEM_KINDS, KIND_NAMES), ("item kind",), needed=True)
LOT_COLUMNS = (
    _MAKER,
    _KIND,
    Column("lot", fields.upper, ("lot number", "lot no", "batch"), needed=True, chars_max=60),
    Column("product", fields.upper, ("model",), needed=True, chars_max=60),
    Column("store", fields.upper, ("store code",), needed=True, chars_max=20),
    Column("quantity", fields.whole(1, QUANTITY_MAX), ("count",), needed=True),
    Column("expires_on", fields.day, ("expiry", "expiry date", "use by")),
    Column("label", fields.upper, ("mark", "barcode"), chars_max=128),
)
CHECKS_BY_FILE = tuple(each for each in words.CHECKS if each not in ("SANITISED", "CLOCK"))
"""A wiping is signed by two people, and a clock is a dock's to tell: neither comes by file."""

CHECK_COLUMNS = (
    _MAKER,
    _KIND,
    Column("serial", fields.upper, ("serial number", "serial no"), needed=True, chars_max=60),
    Column("check", fields.choice(CHECKS_BY_FILE), ("inspection",), needed=True),
    Column("at", fields.moment, ("time", "when"), needed=True),
    Column("passed", fields.yes_no, needed=True),
    Column("by", aliases=("checked by", "technician"), chars_max=40),
    Column("detail", aliases=("remarks",), chars_max=400),
)
LABEL = SERIAL
"""What a plain bar code on a box reads as: scanners tell nobody that it is a lot's and not a serial."""

_LOTS = Fast(sa.select(lot.c.maker, lot.c.kind, lot.c.lot_no, lot.c.id, lot.c.product, lot.c.expires_on))
_PLACED = Fast(
    sa.select(lot_balance.c.lot_id, lot_balance.c.holder_id).where(
        lot_balance.c.holder == sa.literal_column("'STORE'")
    )
)
_LABELS = Fast(
    sa.select(binding.c.value, binding.c.lot_id).where(
        binding.c.technology == sa.literal_column(f"'{LABEL}'"),
        binding.c.to_us.is_(None),
        among(binding.c.value, "values", texts=True),
    )
)
_ITEMS = Fast(
    sa.select(item.c.maker, item.c.kind, item.c.serial, item.c.id).where(
        among(item.c.serial, "serials", texts=True)
    )
)
_CHECKED = Fast(
    sa.select(inspection.c.item_id, inspection.c.kind, inspection.c.at_us, inspection.c.passed).where(
        among(inspection.c.item_id, "ids")
    )
)


@dataclass(frozen=True, slots=True)
class NewLotStock:
    """A quantity of a lot that is to be placed into a store by custody."""

    lot_id: int
    store_id: int
    quantity: int


class ReceiveLots(Protocol):
    """Custody's act on new lot stock: RECEIVED into its store, in this same transaction."""

    def __call__(self, conn: sa.Connection, rows: Sequence[NewLotStock]) -> None: ...


def import_lots(run: ImportRun, data: Source, receive: ReceiveLots) -> ImportReport:
    """Take a file of lots, one row a lot and store. The same file twice changes nothing."""
    table = read(data, LOT_COLUMNS)
    return carry_out(run, table, _LotsFile(run, table, receive))


def import_checks(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of checks on items. The same file twice changes nothing."""
    table = read(data, CHECK_COLUMNS)
    return carry_out(run, table, _ChecksFile(run, table))


class _LotsFile:
    def __init__(self, run: ImportRun, table: Table, receive: ReceiveLots) -> None:
        self.tally = Tally()
        self._run = run
        self._receive = receive
        self._pending = Pending()
        self._new: list[NewLotStock] = []
        self._stores = open_stores(run.conn)
        self._known = {tuple(row[:3]): tuple(row[3:]) for row in _LOTS.rows(run.conn)}
        self._placed = {tuple(row) for row in _PLACED.rows(run.conn)}
        labels = sorted({row["label"] for row in table.rows if row["label"]})
        found = _LABELS.rows(run.conn, {"values": labels})
        self._labels = {value: lot_id or 0 for value, lot_id in found}

    def judge(self, row: Row) -> None:
        """A row is a lot's first stock in a store, or on record; or it has a problem."""
        key = (row["maker"], row["kind"], row["lot"])
        known = self._known.get(key)
        if not self._fits(row, known):
            return
        lot_id = known[0] if known else self._begin(key, row)
        store_id = self._stores[row["store"]]
        self._label(row, lot_id)
        if (lot_id, store_id) in self._placed:
            self.tally.unchanged += 1
            return
        self._placed.add((lot_id, store_id))
        self._new.append(NewLotStock(lot_id, store_id, row["quantity"]))
        self.tally.new += 1

    def _fits(self, row: Row, known: tuple[Any, ...] | None) -> bool:
        product, expires_on = known[1:] if known else (row["product"], row["expires_on"])
        label, lot_id = row["label"], known[0] if known else None
        faults = (
            (row["store"] not in self._stores, "store", row["store"], store_expected(self._stores)),
            (row["product"] != product, "product", row["product"], f"{product}, as on record for this lot"),
            (row["expires_on"] != expires_on, "expires_on", row["expires_on"], f"{expires_on}, as on record"),
            (label and self._labels.get(label, lot_id) != lot_id, "label", label, "a label of no other lot"),
        )
        before = len(self.tally.problems)
        for wrong, name, value, expected in faults:
            if wrong:
                self.tally.refuse(row.line, name, value, expected)
        return len(self.tally.problems) == before

    def _begin(self, key: tuple[str, str, str], row: Row) -> int:
        lot_id = self._run.ids.take()
        self._known[key] = (lot_id, row["product"], row["expires_on"])
        of = {"maker": key[0], "kind": key[1], "lot_no": key[2], "product": row["product"]}
        more = {"expires_on": row["expires_on"], "recorded_us": self._run.now_us}
        self._pending.add(lot, {"id": lot_id, **of, **more})
        return lot_id

    def _label(self, row: Row, lot_id: int) -> None:
        if row["label"] and row["label"] not in self._labels:
            self._labels[row["label"]] = lot_id
            of = {"technology": LABEL, "value": row["label"], "lot_id": lot_id, "from_us": self._run.now_us}
            self._pending.add(binding, {"id": self._run.ids.take(), **of})

    def write(self) -> None:
        """Write the lots judged so far and have the new stock received."""
        self._pending.write(self._run.conn)
        if self._new:
            self._receive(self._run.conn, tuple(self._new))
        self._new.clear()


class _ChecksFile:
    def __init__(self, run: ImportRun, table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._pending = Pending()
        self._people = people_by_ref(run.conn, table.rows, "by")
        found = _ITEMS.rows(run.conn, {"serials": sorted({row["serial"] for row in table.rows})})
        self._items = {tuple(row[:3]): int(row[3]) for row in found}
        checked = _CHECKED.rows(run.conn, {"ids": list(self._items.values())})
        self._known = {(item_id, kind, at_us): bool(passed) for item_id, kind, at_us, passed in checked}

    def judge(self, row: Row) -> None:
        """A row is a new check or one on record; or it has a problem."""
        item_id = self._items.get((row["maker"], row["kind"], row["serial"]))
        faults = (
            (item_id is None, "serial", row["serial"], f"the serial of a {row['kind']} of {row['maker']}"),
            (row["at"] > self._run.now_us, "at", row["at"], "a time not in the future"),
            (
                row["by"] and row["by"] not in self._people,
                "by",
                row["by"],
                "the number of a person on record",
            ),
        )
        before = len(self.tally.problems)
        for wrong, name, value, expected in faults:
            if wrong:
                self.tally.refuse(row.line, name, value, expected)
        if item_id is not None and len(self.tally.problems) == before:
            self._take(row, item_id)

    def _take(self, row: Row, item_id: int) -> None:
        key = (item_id, row["check"], row["at"])
        old = self._known.get(key)
        if old is not None and old != row["passed"]:
            self.tally.refuse(row.line, "passed", row["passed"], "the result on record for this check")
        elif old is not None:
            self.tally.unchanged += 1
        else:
            self._known[key] = row["passed"]
            self.tally.new += 1
            of = {"item_id": item_id, "kind": row["check"], "at_us": row["at"], "passed": int(row["passed"])}
            who = {"by_person": self._people.get(row["by"]), "detail": row["detail"]}
            self._pending.add(inspection, {"id": self._run.ids.take(), **of, **who})

    def write(self) -> None:
        """Write the checks judged so far."""
        self._pending.write(self._run.conn)
