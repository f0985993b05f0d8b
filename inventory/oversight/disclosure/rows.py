"""Rows of tables as plain values, and content with its hash: what all that leaves the kit store is made of.

One rule for the editor: no secret is ever read here (hashes of passwords and PINs, tokens).
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

SECRETS = frozenset({"password_hash", "pin_hash", "token_hash", "tx_id"})
ANOTHER = "[another person]"
Values = dict[str, Any]


def rows_of(conn: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> list[Values]:
    """Rows of one table in the order of its key, times said beside them."""
    columns = [each for each in table.columns if each.name not in SECRETS]
    ordered = sa.select(*columns).where(where).order_by(*table.primary_key.columns)
    return [timed({str(name): value for name, value in row.items()}) for row in conn.execute(ordered).mappings()]


def timed(row: Mapping[str, Any]) -> Values:
    """A row with "…_at" beside each "…_us", as people read it: UTC, to the second."""
    said = {
        f"{name[:-3]}_at": utc_said(value)
        for name, value in row.items()
        if name.endswith("_us") and isinstance(value, int)
    }
    return {**row, **said}


def utc_said(at_us: int) -> str:
    """ "2026-11-22T07:00:00Z"."""
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def without_others(table: sa.Table, rows: Iterable[Values], own: Collection[int]) -> list[Values]:
    """The same rows with every other person's number taken out."""
    names = [c.name for c in table.columns for key in c.foreign_keys if key.column.table.name == "person"]
    return [
        {name: ANOTHER if name in names and value is not None and value not in own else value
         for name, value in row.items()}
        for row in rows
    ]  # fmt: skip


def text_of(content: object) -> bytes:
    """Content as JSON that is the same whenever the content is: keys in order, two blanks in, UTF-8."""
    return (json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def sha256_of(body: bytes) -> str:
    """The hash in hex."""
    return hashlib.sha256(body).hexdigest()
