"""Which statements the service sends while it is asked, and whether either database would walk a whole table for one.

One rule for the editor: a plan is judged by its shape and never by its time. A table is watched unless it is named
in `FEW`, so that a new one is watched from the day it is made.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.schema import fast, metadata

FEW = {
    "store", "place", "shift_pattern", "kiosk", "bridge", "bridge_key", "station", "device_state", "training_feed",
    "feed", "feed_key", "file_mapping",
    "policy_version", "meta", "id_block", "sign_in", "capability_grant", "throttle", "job", "vendor_mapping",
    "recall", "assessment", "policy_document", "policy_change", "policy_change_end", "equality_file",
    "equality_release", "disposal_answer", "disposal_certificate", "disposal_run", "legal_hold", "legal_hold_released",
    "mobilisable_role", "role_review", "person_role", "saved_plan",
    "pack_made", "rights_event", "rights_request", "web_session", "answered", "outbox",
}  # fmt: skip
"""Tables as long as the force is large in stores, screens and staff, or as notices of makers, decisions about policy,
quarters, holds for claims and disposals are rare; the last three are swept after days."""

WATCHED = frozenset(metadata.tables) - FEW
_WHERE = "where"
PARTS = {
    str(index.name) for table in metadata.tables.values() for index in table.indexes
    if index.dialect_options["sqlite"].get(_WHERE) is not None
}  # fmt: skip
"""Indexes of some rows alone, of what is open now: to walk one of them is to walk what is open."""

DEAR_ROWS = ("enable_seqscan = off", "cpu_tuple_cost = 10", "cpu_index_tuple_cost = 10", "jit = off")
"""PostgreSQL walks tables of a few rows, rightly. So it does what it would do with millions."""

READS_ROWS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan")

_ALIAS = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)\s+AS\s+(\w+)", re.IGNORECASE)
_STEP = re.compile(r"^(?P<how>SCAN|SEARCH) (?P<name>\w+)(?: USING (?P<means>.*))?$")


@dataclass
class Heard:
    """The statements sent, each with the parameters and the request it was first heard with."""

    while_asked: str = ""
    statements: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def note(self, text: str, params: Any) -> None:
        """Keep a statement that reads."""
        if text.lstrip()[:6].upper() in ("SELECT", "UPDATE", "DELETE", "WITH R", "WITH D"):
            self.statements.setdefault(text, (params, self.while_asked))


class _Cursor:
    """A driver's cursor that tells what is run on it."""

    def __init__(self, cursor: Any, heard: Heard) -> None:
        self._cursor = cursor
        self._heard = heard

    def execute(self, text: str, params: Any = None) -> Any:
        """Run one statement."""
        self._heard.note(text, params)
        return self._cursor.execute(text, params)

    def executemany(self, text: str, rows: Any) -> Any:
        """Run one statement for each of `rows`."""
        self._heard.note(text, rows[0])
        return self._cursor.executemany(text, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


@contextmanager
def hearing(engine: sa.Engine, patch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """Hear every statement that is sent through `engine`, by SQLAlchemy or on the driver's own cursor."""
    heard = Heard()
    cursor = fast._cursor

    def told(_conn: Any, _cursor: Any, text: str, params: Any, _context: Any, many: bool) -> None:
        heard.note(text, params[0] if many else params)

    sa.event.listen(engine, "before_cursor_execute", told)
    with patch.context() as patched:
        patched.setattr(fast, "_cursor", lambda conn: _Cursor(cursor(conn), heard))
        yield heard
    sa.event.remove(engine, "before_cursor_execute", told)


def walks(conn: sa.Connection, text: str, params: Any) -> list[str]:
    """What the statement walks from end to end, in the database's own words; nothing where all goes by an index."""
    found = _sqlite_walks if conn.dialect.name == "sqlite" else _postgresql_walks
    return sorted(set(found(conn, text, params)))


def _sqlite_walks(conn: sa.Connection, text: str, params: Any) -> Iterator[str]:
    cursor = conn.connection.cursor()
    cursor.execute(f"EXPLAIN QUERY PLAN {text}", params or ())
    named = {alias: table for table, alias in _ALIAS.findall(text)}
    for *_, said in cursor.fetchall():
        step = _STEP.match(said)
        if step is None or named.get(step["name"], step["name"]) not in WATCHED:
            continue
        means = step["means"] or ""
        if means.startswith("AUTOMATIC") or (step["how"] == "SCAN" and not PARTS & set(means.split())):
            yield said


def _postgresql_walks(conn: sa.Connection, text: str, params: Any) -> Iterator[str]:
    cursor = conn.connection.cursor()
    for setting in DEAR_ROWS:
        cursor.execute(f"SET LOCAL {setting}")
    cursor.execute(f"EXPLAIN (FORMAT JSON) {text}", params or None)
    plan = cursor.fetchone()[0]
    conn.rollback()
    yield from _nodes(plan if isinstance(plan, list) else json.loads(plan))


def _nodes(within: Any, table: str = "") -> Iterator[str]:
    if isinstance(within, list):
        for each in within:
            yield from _nodes(each, table)
    elif isinstance(within, Mapping):
        table = within.get("Relation Name", table)
        yield from _walked(within, table)
        for inside in within.values():
            yield from _nodes(inside, table)


def _walked(node: Mapping[str, Any], table: str) -> Iterator[str]:
    kind = node.get("Node Type", "")
    if kind in READS_ROWS and table in WATCHED and "Index Cond" not in node and node.get("Index Name") not in PARTS:
        yield f"{kind} {table} {node.get('Index Name', '')}".rstrip()
