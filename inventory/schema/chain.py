"""Hash chains: the arithmetic that makes an edit, an insertion, a reorder or a deletion visible.

One rule for the editor: the hashed form of a row is a JSON list of its fields in a fixed order and is never
changed; a new field needs a new list (`VERSION`). The verifier that stands alone
(`inventory/oversight/standalone.py`) repeats these ten lines on purpose.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

VERSION = 1
GENESIS = "0" * 64


def link(prev_hash: str, fields: Sequence[Any]) -> str:
    """SHA-256 over the previous hash and the row's fields, as 64 hex digits."""
    body = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{VERSION}|{prev_hash}|{body}".encode()).hexdigest()


def merkle_root(leaves: Sequence[str]) -> str:
    """Root of a binary tree over `leaves` (64 hex digits each); an odd one is carried up. Empty: GENESIS."""
    level = [bytes.fromhex(leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        carried = [level[-1]] if len(level) % 2 else []
        level = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in pairs] + carried
    return level[0].hex() if level else GENESIS


def head_leaf(chain: str, seq: int, head: str) -> str:
    """The leaf of one chain's head in a checkpoint's tree."""
    return hashlib.sha256(f"\x00{chain}|{seq}|{head}".encode()).hexdigest()
