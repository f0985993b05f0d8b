"""The file of items: kit with serials, as it is received.

One rule for the editor: an item is known by maker, kind and serial, and a file never moves one. Where it is, is
for custody to say (`ReceiveItems`); what it is, once recorded, is corrected by two people and not by a file.
Only what was empty may be filled in, marks added, and a personal camera given to another officer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from inventory.people.credentials import bindable
from inventory.people.errors import BadField
from inventory.people.imports import fields
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
from inventory.schema.stock import item, lot

KIND_NAMES = {
    "TASER": "CED_HANDLE",
    "CED": "CED_HANDLE",
    "handle": "CED_HANDLE",
    "battery": "CED_BATTERY",
    "cartridge": "CED_CARTRIDGE",
    "magazine": "CED_MAGAZINE",
    "spit guard": "SBG",
    "camera": "BWV_CAMERA",
    "BWV": "BWV_CAMERA",
    "body worn camera": "BWV_CAMERA",
}
COLUMNS = (
    Column("maker", fields.upper, ("manufacturer",), needed=True, chars_max=60),
    Column("kind", fields.choice(words.ITEM_KINDS, KIND_NAMES), ("item kind", "type"), needed=True),
    Column("serial", fields.upper, ("serial number", "serial no"), needed=True, chars_max=60),
    Column("model", fields.upper, ("device model",), needed=True, chars_max=60),
    Column("store", fields.upper, ("home store", "store code"), needed=True, chars_max=20),
    Column("pool", fields.choice(words.POOLS)),
    Column("purpose", fields.choice(words.CARTRIDGE_PURPOSES), ("cartridge purpose",)),
    Column("variant", fields.upper, ("cartridge type", "pack type"), chars_max=40),
    Column("lot", fields.upper, ("lot number", "batch"), chars_max=60),
    Column("expires_on", fields.day, ("expiry", "expiry date", "use by")),
    Column("in_service_on", fields.day, ("in service", "in service from", "in service date")),
    Column("marks", fields.pairs, ("tags", "labels"), chars_max=600),
    Column("personal_to", aliases=("personal holder", "personal issue to"), chars_max=40),
    Column("order_ref", aliases=("order", "purchase order", "consignment"), chars_max=80),
)
_FACTS = (
    "model", "home_store_id", "pool", "purpose", "variant", "lot_id", "expires_on", "in_service_on", "personal_to",
    "order_ref",
)  # fmt: skip
_FREE = frozenset({"personal_to"})
"""Facts that a file may change; any other may only be filled in where the record has nothing."""

_ON_RECORD = Fast(
    sa.select(item.c.maker, item.c.kind, item.c.serial, item.c.id, *(item.c[name] for name in _FACTS)).where(
        among(item.c.serial, "serials", texts=True)
    )
)
_LOTS = Fast(sa.select(lot.c.maker, lot.c.kind, lot.c.lot_no, lot.c.id))
_MARKS = Fast(
    sa.select(binding.c.technology, binding.c.value, binding.c.item_id).where(
        binding.c.to_us.is_(None), among(binding.c.value, "values", texts=True)
    )
)
_FILL = Fast(
    sa.update(item)
    .where(item.c.id == sa.bindparam("the_id"))
    .values({name: sa.bindparam(name) for name in _FACTS})
)

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item that was recorded and is to be placed into its store by custody."""

    item_id: int
    store_id: int
    order_ref: str | None


class ReceiveItems(Protocol):
    """Custody's act on new items: each is RECEIVED into its store, in this same transaction."""

    def __call__(self, conn: sa.Connection, rows: Sequence[NewItem]) -> None: ...


def import_items(run: ImportRun, data: Source, receive: ReceiveItems) -> ImportReport:
    """Take a file of items; new ones are handed to `receive`. The same file twice changes nothing."""
    table = read(data, COLUMNS)
    return carry_out(run, table, _ItemsFile(run, table, receive))


class _ItemsFile:
    def __init__(self, run: ImportRun, table: Table, receive: ReceiveItems) -> None:
        self.tally = Tally()
        self._run = run
        self._receive = receive
        self._pending = Pending()
        self._new: list[NewItem] = []
        self._stores = open_stores(run.conn)
        self._people = people_by_ref(run.conn, table.rows, "personal_to")
        found = _ON_RECORD.rows(run.conn, {"serials": sorted({row["serial"] for row in table.rows})})
        self._known: dict[Key, tuple[int, dict[str, Any]]] = {
            row[:3]: (row[3], dict(zip(_FACTS, row[4:], strict=True))) for row in found
        }
        self._lots: dict[Key, int] = {row[:3]: row[3] for row in _LOTS.rows(run.conn)}
        self._line_of: dict[Key, int] = {}
        values = sorted(
            {form for row in table.rows for _, value in row["marks"] or () for form in _forms(value)}
        )
        self._marked = {
            (technology, value): item_id or 0
            for technology, value, item_id in _MARKS.rows(run.conn, {"values": values})
        }

    def judge(self, row: Row) -> None:
        """A row is a new item, one whose empty facts it fills, or on record; or it has a problem."""
        key = (row["maker"], row["kind"], row["serial"])
        marks = self._fits(row, key)
        if marks is None:
            return
        self._line_of[key] = row.line
        item_id, old = self._known.get(key, (None, None))
        facts = self._facts(row)
        if item_id is None or old is None:
            item_id = self._begin(key, facts)
            self._mark(item_id, marks)
            self.tally.new += 1
            return
        filled = self._filled(row, old, facts)
        if filled is None:
            return
        marked = self._mark(item_id, marks)
        if filled:
            old |= filled
            self._pending.change(_FILL, {"the_id": item_id, **old})
        self.tally.changed += bool(filled or marked)
        self.tally.unchanged += not (filled or marked)

    def write(self) -> None:
        """Write the items judged so far and have the new ones received."""
        self._pending.write(self._run.conn)
        if self._new:
            self._receive(self._run.conn, tuple(self._new))
        self._new.clear()

    # ---- does the row fit? -----------------------------------------------------------------------------

    def _fits(self, row: Row, key: Key) -> list[tuple[str, str]] | None:
        """The row's marks, normalised; None where the row has a problem."""
        is_cartridge = row["kind"] == "CED_CARTRIDGE"
        holder = row["personal_to"]
        faults = (
            (
                key in self._line_of,
                "serial",
                row["serial"],
                f"each item once (line {self._line_of.get(key)})",
            ),
            (row["store"] not in self._stores, "store", row["store"], store_expected(self._stores)),
            (is_cartridge and not row["purpose"], "purpose", "", "what the cartridge is for"),
            (is_cartridge and not row["expires_on"], "expires_on", "", "the expiry date printed on it"),
            (
                not is_cartridge and row["purpose"],
                "purpose",
                row["purpose"],
                "nothing: only cartridges have one",
            ),
            (
                holder and holder not in self._people,
                "personal_to",
                holder,
                "the number of a person on record",
            ),
        )
        before = len(self.tally.problems)
        for wrong, name, value, expected in faults:
            if wrong:
                self.tally.refuse(row.line, name, value, expected)
        marks = self._marks(row, self._known.get(key, (None, None))[0])
        return marks if len(self.tally.problems) == before else None

    def _marks(self, row: Row, item_id: int | None) -> list[tuple[str, str]]:
        found = []
        for technology, value in row["marks"] or ():
            try:
                code = (technology, bindable(technology, value))
            except BadField as error:
                self.tally.refuse(row.line, "marks", f"{technology}:{value}", error.expected)
                continue
            if self._marked.get(code, item_id) != item_id:
                expected = "a mark that stands for nothing else"
                self.tally.refuse(row.line, "marks", f"{technology}:{value}", expected)
            found.append(code)
        return found

    # ---- what the row means ----------------------------------------------------------------------------

    def _facts(self, row: Row) -> dict[str, Any]:
        facts = {name: row[name] for name in _FACTS if row[name] is not None}
        facts["home_store_id"] = self._stores[row["store"]]
        if row["personal_to"]:
            facts["personal_to"] = self._people[row["personal_to"]]
        if row["lot"]:
            facts["lot_id"] = self._lot(row)
        return facts

    def _lot(self, row: Row) -> int:
        key = (row["maker"], row["kind"], row["lot"])
        if key not in self._lots:
            self._lots[key] = self._run.ids.take()
            of = {"maker": key[0], "kind": key[1], "lot_no": key[2], "product": row["model"]}
            more = {"expires_on": row["expires_on"], "recorded_us": self._run.now_us}
            self._pending.add(lot, {"id": self._lots[key], **of, **more})
        return self._lots[key]

    def _begin(self, key: Key, facts: dict[str, Any]) -> int:
        item_id = self._run.ids.take()
        full = {**dict.fromkeys(_FACTS), "pool": "OPERATIONAL", **facts}
        self._known[key] = (item_id, full)
        of = {"maker": key[0], "kind": key[1], "serial": key[2], "recorded_us": self._run.now_us}
        self._pending.add(item, {"id": item_id, **of, **full})
        self._new.append(NewItem(item_id, full["home_store_id"], full["order_ref"]))
        return item_id

    def _filled(self, row: Row, old: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any] | None:
        """What the row adds to the record; None where it contradicts the record."""
        filled = {name: value for name, value in facts.items() if old[name] != value}
        for name, value in filled.items():
            if old[name] is not None and name not in _FREE:
                said, column = row[name] or value, name
                if name == "home_store_id":
                    said, column = row["store"], "store"
                expected = f"what the record has ({old[name]}); two people correct it on the item's page"
                self.tally.refuse(row.line, column, said, expected)
                return None
        return filled

    def _mark(self, item_id: int, marks: list[tuple[str, str]]) -> bool:
        new = [code for code in dict.fromkeys(marks) if code not in self._marked]
        for technology, value in new:
            self._marked[technology, value] = item_id
            of = {"technology": technology, "value": value, "item_id": item_id, "from_us": self._run.now_us}
            self._pending.add(binding, {"id": self._run.ids.take(), **of})
        return bool(new)


def _forms(value: str) -> tuple[str, str]:
    """A mark as it stands, and as hex is held."""
    return value, value.upper().replace(" ", "").replace(":", "").replace("-", "")
