"""The processing log that DPA 2018 s.62 asks for: who collected, altered, saw, disclosed, combined or erased what.

One rule for the editor: lines are written in the commit of the act they describe, before its answer leaves.
Each instance keeps a chain of its own ("log:1"), so instances do not wait for each other.
"""

import json
from collections.abc import Sequence

import sqlalchemy as sa

from inventory.schema import chain
from inventory.schema.custody import chain_head
from inventory.schema.fast import Fast, Inserter, Row
from inventory.schema.oversight import processing_log
from inventory.schema.steps import Steps, once, read
from inventory.schema.tx import LogLine, Tx

HASHED = (
    "seq", "at_us", "operation", "route", "actor_kind", "actor_id", "subjects", "query", "reason", "recipient",
    "outcome", "request_id",
)  # fmt: skip

_INSERT = Inserter(processing_log)
_HEAD = Fast(
    sa.select(chain_head.c.seq, chain_head.c.hash).where(chain_head.c.chain == sa.bindparam("chain"))
)
_MOVE = Fast(
    sa.update(chain_head)
    .where(chain_head.c.chain == sa.bindparam("at_chain"))
    .values(seq=sa.bindparam("to_seq"), hash=sa.bindparam("to_hash"))
)
_START = Inserter(chain_head, ("chain", "seq", "hash"))


def head_steps(tx: Tx) -> Steps[list[Row]]:
    """The reader of where this instance's chain stands, for `write`."""
    return once(_HEAD, {"chain": f"log:{tx.instance}"})


def write(tx: Tx, lines: Sequence[LogLine], found: Sequence[Row] | None = None) -> None:
    """Append `lines` to this instance's chain. `found`: where it stands, when it was read in this transaction."""
    if not lines:
        return
    name = f"log:{tx.instance}"
    if found is None:
        found = read(tx.conn, head_steps(tx))
    seq, head = found[0] if found else (0, chain.GENESIS)
    rows = []
    for line in lines:
        seq += 1
        row = _row(tx, line, seq)
        head, prev = chain.link(head, [row[f] for f in HASHED]), head
        rows.append({**row, "id": tx.ids.take(), "chain": name, "prev_hash": prev, "hash": head})
    _INSERT.add(tx.conn, rows)
    if found:
        _MOVE.run(tx.conn, {"at_chain": name, "to_seq": seq, "to_hash": head})
    else:
        _START.add(tx.conn, [{"chain": name, "seq": seq, "hash": head}])


def _row(tx: Tx, line: LogLine, seq: int) -> dict[str, object]:
    return {
        "seq": seq,
        "at_us": tx.now_us,
        "operation": line.operation,
        "route": line.route,
        "actor_kind": line.actor_kind,
        "actor_id": line.actor_id,
        "subjects": json.dumps(line.subjects, separators=(",", ":")),
        "query": line.query,
        "reason": line.reason,
        "recipient": line.recipient,
        "outcome": line.outcome,
        "request_id": line.request_id,
    }
