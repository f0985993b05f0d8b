"""The ledger: append-only entries, hash-chained per item, per lot, and per store for refusals.

One rule for the editor: an entry is written in the same transaction as the change it describes, by
`append` and nothing else. Chained fields hold surrogate ids only; what is personal goes into the payload,
whose salted hash is chained (so a retention run can erase the words and keep the chain).
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from inventory.schema import chain
from inventory.schema.custody import chain_head, ledger, ledger_payload
from inventory.schema.fast import Fast, Inserter, Updater, among
from inventory.schema.steps import Steps, once, read
from inventory.schema.tx import Tx

HASHED = (
    "id", "chain", "seq", "kind", "at_us", "item_id", "lot_id", "quantity", "giver", "giver_id", "taker", "taker_id",
    "decision_id", "hold_id", "visit_id", "by_person", "second_person", "reading_key", "policy_hash", "corrects",
    "reason", "payload_hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: who gave what to whom, by whose hands, because of which decision or reading.

    `kind` is a word of `words.LEDGER_KINDS`; `giver` and `taker` words of `words.HOLDERS`. `payload` holds
    whatever is personal and goes beside the chain. The time is the transaction's.
    """

    chain: str
    kind: str
    item_id: int | None = None
    lot_id: int | None = None
    quantity: int | None = None
    giver: str | None = None
    giver_id: int | None = None
    taker: str | None = None
    taker_id: int | None = None
    decision_id: int | None = None
    hold_id: int | None = None
    visit_id: int | None = None
    by_person: int | None = None
    second_person: int | None = None
    reading_key: str | None = None
    policy_hash: str | None = None
    corrects: int | None = None
    reason: str | None = None
    payload: Mapping[str, Any] | None = None


def item_chain(item_id: int) -> str:
    """The chain of one item."""
    return f"item:{item_id}"


def lot_chain(lot_id: int) -> str:
    """The chain of one lot."""
    return f"lot:{lot_id}"


def store_chain(store_id: int) -> str:
    """The chain of a store: its refusals."""
    return f"store:{store_id}"


def payload_hash(salt: str, body: str) -> str:
    """What is chained in place of a payload: SHA-256 over salt and text."""
    return hashlib.sha256(f"{salt}|{body}".encode()).hexdigest()


_ENTRY = Inserter(ledger)
_PAYLOAD = Inserter(ledger_payload)
_HEADS = sa.select(chain_head.c.chain, chain_head.c.seq, chain_head.c.hash).where(
    among(chain_head.c.chain, "chains", texts=True)
)
_READ_HEADS = {
    "sqlite": Fast(_HEADS),
    "postgresql": Fast(_HEADS.order_by(chain_head.c.chain).with_for_update()),
}
_START_HEAD = Inserter(chain_head, ("chain", "seq", "hash"))
_MOVE_HEAD = Updater(chain_head, "chain", ("seq", "hash"))

Heads = dict[str, tuple[int, str]]
"""Where chains stand: the last number and hash of each that has begun."""


def head_steps(tx: Tx, chains: Iterable[str]) -> Steps[Heads]:
    """The reader of where `chains` stand. Other instances wait for them until this transaction ends."""
    rows = yield from once(_READ_HEADS[tx.conn.dialect.name], {"chains": sorted(set(chains))})
    return {name: (seq, head) for name, seq, head in rows}


def append(tx: Tx, entries: Sequence[Entry], heads: Heads | None = None) -> list[int]:
    """Write `entries` to their chains, in order, and return their ids.

    `heads`: where the chains stand, for who has read them in this transaction already.
    """
    if not entries:
        return []
    heads = dict(heads) if heads is not None else read(tx.conn, head_steps(tx, {entry.chain for entry in entries}))
    known = set(heads)
    rows, payloads = [], []
    for entry in entries:
        row, payload = _row(tx, entry, heads.get(entry.chain, (0, chain.GENESIS)))
        heads[entry.chain] = (row["seq"], row["hash"])
        rows.append(row)
        payloads += payload
    _ENTRY.add(tx.conn, rows)
    _PAYLOAD.add(tx.conn, payloads)
    _write_heads(tx, heads, known)
    return [row["id"] for row in rows]


def _write_heads(tx: Tx, heads: Heads, known: set[str]) -> None:
    moved = [{"chain": c, "seq": s, "hash": h} for c, (s, h) in heads.items() if c in known]
    _MOVE_HEAD.change(tx.conn, moved)
    _START_HEAD.add(
        tx.conn, [{"chain": c, "seq": s, "hash": h} for c, (s, h) in heads.items() if c not in known]
    )


def _row(tx: Tx, entry: Entry, head: tuple[int, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    row = asdict(entry)
    payload = row.pop("payload")
    row |= {"id": tx.ids.take(), "tx_id": tx.id, "seq": head[0] + 1, "prev_hash": head[1], "at_us": tx.now_us}
    row["payload_hash"] = None
    beside = []
    if payload is not None:
        salt, body = secrets.token_hex(16), json.dumps(payload, separators=(",", ":"), sort_keys=True)
        row["payload_hash"] = payload_hash(salt, body)
        beside = [{"ledger_id": row["id"], "salt": salt, "body": body}]
    row["hash"] = chain.link(head[1], [row[name] for name in HASHED])
    return row, beside
