"""Draws as the rows that the gate would have left: decisions, ledger entries with true hashes, custody, seals.

One rule for the editor: only for a database marked synthetic, whose triggers are off while this writes
(`bench.history.unguarded`). Chains are the real arithmetic, so `kitstore ledger verify` and `kitstore audit` hold of
the result; visits, readings and the processing log are left out.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bench.history import unguarded
from bench.year.force import Stored
from bench.year.plan import Draw
from inventory.custody.ledger import HASHED, item_chain, store_chain
from inventory.schema import chain
from inventory.schema.custody import chain_head, custody, decision, decision_item, ledger, tx_seal
from inventory.schema.ids import Ids
from inventory.schema.people import person, store
from inventory.schema.stock import item

LEDGER = (*HASHED, "tx_id", "prev_hash", "hash")
CUSTODY = tuple(column.name for column in custody.columns)
DECISION = tuple(column.name for column in decision.columns)
FACTS = json.dumps({"synthetic": "bench.year"})
IDS_A_DRAW, IDS_AN_ITEM = 4, 4
"""Two transactions, a decision, and one to spare; of each item two entries and two custodies."""

Values = tuple[Any, ...]


@dataclass(slots=True)
class Names:
    """Ids by what the demo's files call things."""

    people: dict[str, int]
    stores: dict[str, int]
    items: dict[str, int]

    @classmethod
    def read(cls, conn: sa.Connection) -> "Names":
        """As they are in the database now."""
        asked = ((person.c.ref, person.c.id), (store.c.code, store.c.id), (item.c.serial, item.c.id))
        return cls(*({row[0]: row[1] for row in conn.execute(sa.select(*each))} for each in asked))


@dataclass(slots=True)
class _Open:
    """The open custody of one item; `row` None where it stands in the database already."""

    id: int
    holder: tuple[str, int]
    row: dict[str, Any] | None = None


@dataclass(slots=True)
class Writer:
    """Writes draws in the order of their acts. `policy_hash` is what decisions say they were made by."""

    conn: sa.Connection
    ids: Ids
    names: Names
    policy_hash: str
    _heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _open: dict[int, _Open] = field(default_factory=dict)
    _rows: dict[str, list[Values]] = field(default_factory=dict)
    _closed: list[tuple[int, int, int]] = field(default_factory=list)
    _moved: int = 0

    def write(self, draws: Sequence[Draw], until_us: int) -> int:
        """Write what is done by `until_us`; returns how many movements of items that was."""
        self._rows = {each.name: [] for each in (tx_seal, decision, decision_item, ledger, custody)}
        self._stand()
        for at_us, is_back, number in sorted(_acts(draws)):
            if at_us > until_us:
                break
            (self._back if is_back else self._out)(draws[number])
        self._flush()
        return self._moved

    def _stand(self) -> None:
        heads = sa.select(chain_head.c.chain, chain_head.c.seq, chain_head.c.hash)
        self._heads = {row[0]: (row[1], row[2]) for row in self.conn.execute(heads)}
        self._known = set(self._heads)
        opened = sa.select(custody.c.item_id, custody.c.id, custody.c.holder, custody.c.holder_id)
        rows = self.conn.execute(opened.where(custody.c.closed_entry.is_(None)))
        self._open = {row[0]: _Open(row[1], (row[2], row[3])) for row in rows}

    def _out(self, draw: Draw) -> None:
        tx, made = self._begin(draw.out_us), self.ids.take()
        who, where = self.names.people[draw.ref], self.names.stores[draw.store]
        items = [self.names.items[each] for each in draw.serials]
        verdict = "DENY" if draw.refused else "ALLOW"
        said = {
            "id": made, "tx_id": tx, "person_id": who, "store_id": where, "purpose": "OPERATIONAL", "verdict": verdict,
            "decided_us": draw.out_us, "planned_return_us": draw.planned_us, "valid_until_us": draw.planned_us,
            "policy_hash": self.policy_hash, "door": "bench", "by_person": self.names.people[draw.issuer],
            "refusals": json.dumps([{"code": draw.refused}] if draw.refused else []), "facts": FACTS,
        }  # fmt: skip
        self._rows[decision.name].append(tuple(said.get(name) for name in DECISION))
        self._rows[decision_item.name] += [(made, each) for each in items]
        by = {"decision_id": made, "by_person": said["by_person"], "policy_hash": self.policy_hash}
        if draw.refused:
            taker = {"taker": "PERSON", "taker_id": who, "item_id": items[-1], "reason": draw.refused}
            self._entry(tx, draw.out_us, "REFUSED", store_chain(where), by | taker)
            return
        for serial, each in zip(draw.serials, items, strict=True):
            entry = self._passes(tx, draw.out_us, "ISSUED", each, ("PERSON", who), by)
            self._opens(tx, draw.out_us, each, entry, {
                "holder": "PERSON", "holder_id": who, "person_id": who, "is_handle": int(serial == draw.handle),
                "basis": "ISSUED", "purpose": "OPERATIONAL", "decision_id": made, "return_mode": "DUTY",
                "planned_return_us": draw.planned_us,
            })  # fmt: skip

    def _back(self, draw: Draw) -> None:
        tx, where = self._begin(draw.back_us), self.names.stores[draw.store]
        by = {"by_person": self.names.people[draw.issuer]}
        for serial in draw.serials:
            each = self.names.items[serial]
            entry = self._passes(tx, draw.back_us, "RETURNED", each, ("STORE", where), by)
            held = {"holder": "STORE", "holder_id": where, "is_handle": 0, "basis": "HELD"}
            self._opens(tx, draw.back_us, each, entry, held)

    def _begin(self, at_us: int) -> int:
        tx = self.ids.take()
        self._rows[tx_seal.name].append((tx, at_us, 1))
        return tx

    def _passes(
        self, tx: int, at_us: int, kind: str, item_id: int, taker: tuple[str, int], said: dict[str, Any]
    ) -> int:
        was = self._open[item_id]
        self._moved += 1
        moved = {"giver": was.holder[0], "giver_id": was.holder[1], "taker": taker[0], "taker_id": taker[1]}
        entry = self._entry(tx, at_us, kind, item_chain(item_id), said | moved | {"item_id": item_id})
        if was.row is None:
            self._closed.append((entry, at_us, was.id))
        else:
            was.row |= {"closed_entry": entry, "closed_us": at_us}
            self._keep(was.row)
        return entry

    def _opens(self, tx: int, at_us: int, item_id: int, entry: int, said: dict[str, Any]) -> None:
        own = self.ids.take()
        row = said | {"id": own, "tx_id": tx, "item_id": item_id, "opened_entry": entry, "opened_us": at_us}
        self._open[item_id] = _Open(own, (row["holder"], row["holder_id"]), row)

    def _keep(self, row: dict[str, Any]) -> None:
        self._rows[custody.name].append(tuple(map(row.get, CUSTODY)))

    def _entry(self, tx: int, at_us: int, kind: str, name: str, said: dict[str, Any]) -> int:
        seq, head = self._heads.get(name, (0, chain.GENESIS))
        row = said | {"id": self.ids.take(), "chain": name, "seq": seq + 1, "kind": kind, "at_us": at_us}
        fields = [row.get(each) for each in HASHED]
        own = chain.link(head, fields)
        self._heads[name] = (seq + 1, own)
        self._rows[ledger.name].append((*fields, tx, head, own))
        return int(row["id"])

    def _flush(self) -> None:
        for each in self._open.values():
            if each.row is not None:
                self._keep(each.row)
        columns = {ledger.name: LEDGER, custody.name: CUSTODY, decision.name: DECISION,
                   tx_seal.name: ("id", "at_us", "instance"),
                   decision_item.name: ("decision_id", "item_id")}  # fmt: skip
        closing = "UPDATE custody SET closed_entry = ?, closed_us = ? WHERE id = ?"
        _many(self.conn, closing, self._closed)  # first: an item has one open custody
        for name, rows in self._rows.items():
            _insert(self.conn, name, columns[name], rows)
        moved = [(seq, head, name) for name, (seq, head) in self._heads.items() if name in self._known]
        begun = [(name, seq, head, 0) for name, (seq, head) in self._heads.items() if name not in self._known]
        _many(self.conn, "UPDATE chain_head SET seq = ?, hash = ? WHERE chain = ?", moved)
        _insert(self.conn, chain_head.name, ("chain", "seq", "hash", "noted_seq"), begun)


def _acts(draws: Sequence[Draw]) -> Iterator[tuple[int, bool, int]]:
    for number, each in enumerate(draws):
        yield each.out_us, False, number
        if not each.refused:
            yield each.back_us, True, number


def write(stored: Stored, draws: Sequence[Draw], until_us: int) -> int:
    """Write in one transaction what of the draws is done by `until_us`; returns how many movements of items that was.
    Raises ValueError where the database is not marked synthetic."""
    stored.ids.reserve(sum(IDS_A_DRAW + IDS_AN_ITEM * len(each.serials) for each in draws) + 1)
    with unguarded(stored.engine) as conn:
        return Writer(conn, stored.ids, Names.read(conn), stored.policy.hash).write(draws, until_us)


def _driver(conn: sa.Connection) -> Any:
    return conn.connection.driver_connection


def _many(conn: sa.Connection, text: str, rows: Sequence[Values]) -> None:
    is_sqlite = conn.dialect.name == "sqlite"
    cursor = _driver(conn).cursor()
    cursor.executemany(text if is_sqlite else text.replace("?", "%s"), rows)
    cursor.close()


def _insert(conn: sa.Connection, table: str, names: Sequence[str], rows: Iterable[Values]) -> None:
    listed = ", ".join(names)
    if conn.dialect.name == "sqlite":
        _driver(conn).executemany(f"INSERT INTO {table} ({listed}) VALUES ({', '.join('?' * len(names))})", rows)
        return
    with _driver(conn).cursor() as cursor, cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as lines:
        for row in rows:
            lines.write_row(row)
