"""Online backup and restore. A restore starts a new epoch, so that bridges replay and checkpoints can be compared.

One rule for the editor: a backup is one consistent state taken while the service runs; a restore only ever goes
into an empty database, never over a live one.

SQLite: the database file, copied by SQLite's own online backup. PostgreSQL: a zip with one COPY file a table,
read in one REPEATABLE READ transaction, and the revision it belongs to.
"""

import json
import shutil
import sqlite3
import uuid
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from inventory.schema import metadata, migrate, triggers
from inventory.schema.engine import make_engine, writing
from inventory.schema.oversight import meta

Progress = Callable[[int, int], None]
MANIFEST = "manifest.json"
PAGES_A_STEP = 2048


class NotEmpty(RuntimeError):
    """The database to restore into already holds something."""


class NotABackup(ValueError):
    """The file is not a backup of a kit store, or one of another kind of database."""


def backup(url: str, target: Path, progress: Progress | None = None) -> None:
    """Write a backup of the database at `url` to `target` while it is in use. Raises OSError, FileExistsError."""
    if target.exists():
        raise FileExistsError(f"{target} exists already; a backup never overwrites")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    engine = make_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            _backup_sqlite(engine, partial, progress)
        else:
            _backup_postgresql(engine, partial, progress)
    finally:
        engine.dispose()
    partial.replace(target)


def restore(url: str, source: Path, progress: Progress | None = None) -> str:
    """Restore `source` into the empty database at `url` and start a new epoch, which is returned.

    Raises NotEmpty when there is something already, NotABackup when `source` is something else.
    """
    if not source.is_file():
        raise NotABackup(f"{source}: no such file")
    if url.startswith("sqlite"):
        _restore_sqlite(url, source)
    else:
        _restore_postgresql(url, source, progress)
    engine = make_engine(url)
    try:
        migrate.upgrade(engine)
        return new_epoch(engine)
    finally:
        engine.dispose()


def new_epoch(engine: sa.Engine) -> str:
    """Mark that what follows is another history than what was backed up."""
    epoch = uuid.uuid4().hex
    with writing(engine).begin() as conn:
        before = conn.execute(sa.select(meta.c.value).where(meta.c.name == "epoch")).scalar_one()
        conn.execute(sa.delete(meta).where(meta.c.name.in_(("epoch", "epoch_before"))))
        conn.execute(
            sa.insert(meta), [{"name": "epoch", "value": epoch}, {"name": "epoch_before", "value": before}]
        )
    return epoch


def _backup_sqlite(engine: sa.Engine, target: Path, progress: Progress | None) -> None:
    def step(_code: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with engine.connect() as conn, closing(sqlite3.connect(target)) as out:
        conn.connection.driver_connection.backup(out, pages=PAGES_A_STEP, progress=step)  # type: ignore[union-attr]


def _restore_sqlite(url: str, source: Path) -> None:
    target = Path(url.removeprefix("sqlite:///"))
    if target.exists() and target.stat().st_size > 0:
        raise NotEmpty(f"{target} exists; move it away before a restore")
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as probe:
        try:
            known = probe.execute(
                "SELECT count(*) FROM sqlite_master WHERE name IN ('ledger', 'meta')"
            ).fetchone()
        except sqlite3.DatabaseError:
            raise NotABackup(f"{source}: not an SQLite file") from None
    if known != (2,):
        raise NotABackup(f"{source}: not a kit store's database")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _backup_postgresql(engine: sa.Engine, target: Path, progress: Progress | None) -> None:
    tables = metadata.sorted_tables
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as conn, conn.begin(), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(MANIFEST, json.dumps({"kind": "kitstore", "revision": migrate.current(conn)}))
        cursor = conn.connection.cursor()
        for done, table in enumerate(tables, start=1):
            _copy_out(cursor, table, out)
            if progress is not None:
                progress(done, len(tables))


def _copy_out(cursor: Any, table: sa.Table, out: zipfile.ZipFile) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    copy = f"COPY {table.name} ({columns}) TO STDOUT"
    with out.open(table.name, "w", force_zip64=True) as member, cursor.copy(copy) as rows:
        for part in rows:
            member.write(part)


def _restore_postgresql(url: str, source: Path, progress: Progress | None) -> None:
    if not zipfile.is_zipfile(source):
        raise NotABackup(f"{source}: not a backup of a PostgreSQL kit store")
    engine = make_engine(url)
    try:
        with engine.connect() as conn:
            if sa.inspect(conn).has_table("ledger"):
                raise NotEmpty("the database already holds a kit store; restore into an empty one")
        migrate.upgrade(engine)
        with zipfile.ZipFile(source) as given, writing(engine).connect() as conn, conn.begin():
            _load(conn, given, progress)
    finally:
        engine.dispose()


def _load(conn: sa.Connection, given: zipfile.ZipFile, progress: Progress | None) -> None:
    manifest = json.loads(given.read(MANIFEST)) if MANIFEST in given.namelist() else {}
    if manifest.get("kind") != "kitstore" or manifest.get("revision") != migrate.current(conn):
        raise NotABackup(
            f"the backup is of revision {manifest.get('revision')}, this program's is {migrate.current(conn)}"
        )
    conn.execute(sa.delete(meta))
    tables = metadata.sorted_tables
    cursor = conn.connection.cursor()
    guarded = sorted({trigger.table for trigger in triggers.expected()})
    for name in guarded:  # history is loaded as it was; the guards would take it for new
        conn.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    for done, table in enumerate(tables, start=1):
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        with (
            given.open(table.name) as member,
            cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as rows,
        ):
            while part := member.read(1 << 20):
                rows.write(part)
        if progress is not None:
            progress(done, len(tables))
    for name in guarded:
        conn.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER USER")
