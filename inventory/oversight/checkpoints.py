"""Signed checkpoints over all chain heads: what makes the deletion of a chain's tail visible.

One rule for the editor: a checkpoint is only worth what is kept off the box. Each is written to a file that can
be copied away, names the one before it, and is signed (Ed25519) by a key the database does not hold.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa

from inventory.schema import chain
from inventory.schema.custody import chain_head
from inventory.schema.fast import Fast, Inserter
from inventory.schema.oversight import checkpoint, meta
from inventory.schema.tx import Tx

Sign = Callable[[bytes], str]
"""Signs bytes and answers the signature as hex; `api.keys` supplies it."""

_HEADS = Fast(sa.select(chain_head.c.chain, chain_head.c.seq, chain_head.c.hash).order_by(chain_head.c.chain))
_MOVED = Fast(
    sa.select(chain_head.c.chain, chain_head.c.seq, chain_head.c.hash)
    .where(chain_head.c.seq != chain_head.c.noted_seq)
    .order_by(chain_head.c.chain)
)
_NOTE = Fast(
    sa.update(chain_head).where(chain_head.c.seq != chain_head.c.noted_seq).values(noted_seq=chain_head.c.seq)
)
_LAST = Fast(sa.select(checkpoint.c.root, checkpoint.c.epoch).order_by(checkpoint.c.id.desc()).limit(1))
_ALL = Fast(
    sa.select(
        checkpoint.c.id, checkpoint.c.at_us, checkpoint.c.epoch, checkpoint.c.chains, checkpoint.c.root,
        checkpoint.c.changed, checkpoint.c.prev_root, checkpoint.c.key_id, checkpoint.c.signature,
    ).order_by(checkpoint.c.id)
)  # fmt: skip
_EPOCH = Fast(sa.select(meta.c.value).where(meta.c.name == "epoch"))
_INSERT = Inserter(checkpoint)

SIGNED = ("id", "at_us", "epoch", "chains", "root", "changed_hash", "prev_root", "key_id")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One signed statement: at `at_us` there were `chains` chains whose heads have this Merkle `root`.

    `changed` lists [chain, seq, hash] of the heads that moved since the one before.
    """

    id: int
    at_us: int
    epoch: str
    chains: int
    root: str
    changed: str
    prev_root: str
    key_id: str
    signature: str

    def statement(self) -> bytes:
        """The bytes that are signed."""
        return statement(self)


def statement(point: Checkpoint) -> bytes:
    """The bytes that are signed: the fields of SIGNED as a JSON list."""
    hashed = hashlib.sha256(point.changed.encode()).hexdigest()
    fields = [
        point.id,
        point.at_us,
        point.epoch,
        point.chains,
        point.root,
        hashed,
        point.prev_root,
        point.key_id,
    ]
    return json.dumps(fields, separators=(",", ":")).encode()


def epoch(conn: sa.Connection) -> str:
    """The database's epoch: new after every restore, so that bridges and checkpoints can tell."""
    return str(_EPOCH.rows(conn)[0][0])


def root_of(heads: list[tuple[str, int, str]]) -> str:
    """Merkle root over chain heads sorted by chain."""
    return chain.merkle_root([chain.head_leaf(*head) for head in sorted(heads)])


def read_all(conn: sa.Connection) -> list[Checkpoint]:
    """Every checkpoint in the database, oldest first."""
    return [Checkpoint(*row) for row in _ALL.rows(conn)]


def write(tx: Tx, sign: Sign, key_id: str) -> Checkpoint | None:
    """Write a checkpoint over the heads as they stand. None when nothing has moved since the last one."""
    heads: list[tuple[str, int, str]] = [(c, s, h) for c, s, h in _HEADS.rows(tx.conn)]
    root = root_of(heads)
    last = _LAST.rows(tx.conn)
    prev_root = last[0][0] if last else chain.GENESIS
    if last and prev_root == root:
        return None
    changed = [list(head) for head in _MOVED.rows(tx.conn)]
    _NOTE.run(tx.conn)
    text = json.dumps(changed, separators=(",", ":"))
    bare = Checkpoint(tx.ids.take(), tx.now_us, epoch(tx.conn), len(heads), root, text, prev_root, key_id, "")
    point = replace(bare, signature=sign(bare.statement()))
    _INSERT.add(tx.conn, [asdict(point)])
    return point
