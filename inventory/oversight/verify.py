"""`kitstore ledger verify` and `export`: the live ledger fed to the verifier that stands alone.

One rule for the editor: checking is done by `standalone`, never here; this file only reads rows in order.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from inventory.oversight import checkpoints, standalone
from inventory.schema.custody import chain_head, ledger, ledger_payload
from inventory.schema.oversight import processing_log

Progress = Callable[[int, int], None]
CHUNK = 5000

_ENTRIES = (
    sa.select(ledger, ledger_payload.c.salt, ledger_payload.c.body)
    .select_from(ledger.outerjoin(ledger_payload, ledger_payload.c.ledger_id == ledger.c.id))
    .order_by(ledger.c.chain, ledger.c.seq)
)
_LOG = sa.select(processing_log).order_by(processing_log.c.chain, processing_log.c.seq)


def _rows(conn: sa.Connection, statement: sa.Select[Any]) -> Iterator[dict[str, Any]]:
    found = conn.execution_options(stream_results=True).execute(statement)
    for part in found.mappings().partitions(CHUNK):
        yield from (dict(row) for row in part)


def verify(
    conn: sa.Connection,
    public_keys: Sequence[bytes] = (),
    kept: Sequence[dict[str, Any]] = (),
    progress: Progress | None = None,
) -> standalone.Report:
    """Check every chain (ledger and processing log) against its hashes, the heads and the signed checkpoints.

    `kept` are checkpoints that were copied off the box (as exported); they are believed before those in the
    database, so a ledger that was cut back together with its checkpoints is found out.
    """
    total = _count(conn)
    verifier = standalone.Verifier(public_keys)
    points = [_plain(point) for point in checkpoints.read_all(conn)]
    for point in _merged(points, kept):
        verifier.checkpoint(point)
    for done, row in enumerate(_chained(conn), start=1):
        is_log = row["chain"].startswith("log:")
        verifier.row(row, standalone.LOG_FIELDS if is_log else standalone.LEDGER_FIELDS)
        if row.get("salt") is not None:
            verifier.payload(row, row["salt"], row["body"])
        elif row.get("payload_hash") is not None:
            verifier.without_payload(row)
        if progress is not None and done % CHUNK == 0:
            progress(done, total)
    report = verifier.finish()
    report.findings += _heads(conn)
    return report


def export(conn: sa.Connection, progress: Progress | None = None) -> Iterator[str]:
    """The ledger as lines of JSON, for the verifier that stands alone."""
    yield json.dumps({"type": "header", "version": standalone.VERSION, "epoch": checkpoints.epoch(conn)})
    for point in checkpoints.read_all(conn):
        yield json.dumps({"type": "checkpoint", **_plain(point)})
    total, done = _count(conn), 0
    for row in _chained(conn):
        if row["chain"].startswith("log:"):
            yield json.dumps({"type": "log", **row})
        else:
            salt, body = row.pop("salt"), row.pop("body")
            payload = None if salt is None else {"salt": salt, "body": body}
            yield json.dumps({"type": "entry", **row, "payload": payload})
        done += 1
        if progress is not None and done % CHUNK == 0:
            progress(done, total)
    yield json.dumps({"type": "footer", "entries": done})


def _chained(conn: sa.Connection) -> Iterator[dict[str, Any]]:
    yield from _rows(conn, _ENTRIES)
    yield from _rows(conn, _LOG)


def _count(conn: sa.Connection) -> int:
    entries = conn.execute(sa.select(sa.func.count()).select_from(ledger)).scalar_one()
    return int(entries + conn.execute(sa.select(sa.func.count()).select_from(processing_log)).scalar_one())


def _plain(point: checkpoints.Checkpoint) -> dict[str, Any]:
    return asdict(point)


def _merged(points: list[dict[str, Any]], kept: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    by_id = {point["id"]: point for point in points} | {point["id"]: point for point in kept}
    return [by_id[number] for number in sorted(by_id)]


def _heads(conn: sa.Connection) -> list[standalone.Finding]:
    """Heads that do not say what the last row of their chain says."""
    last: dict[str, int] = {}
    for table in (ledger, processing_log):
        newest = sa.select(table.c.chain, sa.func.max(table.c.seq)).group_by(table.c.chain)
        last |= {row[0]: row[1] for row in conn.execute(newest)}
    heads = {row[0]: row[1] for row in conn.execute(sa.select(chain_head.c.chain, chain_head.c.seq))}
    return [
        standalone.Finding(
            "DELETED",
            name,
            heads.get(name),
            f"{name}: its head says {heads.get(name)}, its last entry {last.get(name)}",
        )
        for name in sorted(heads.keys() | last.keys())
        if heads.get(name) != last.get(name)
    ]
