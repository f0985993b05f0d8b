"""Online backup and restore. A restore starts a new epoch, so that bridges replay and checkpoints can be compared.

One rule for the editor: a backup is one consistent state taken while the service runs; a restore only ever goes
into an empty database, never over a live one. Either is there whole or not at all, whenever it is interrupted.

SQLite: the database file, copied by SQLite's own online backup. PostgreSQL: a zip with one COPY file a table,
read in one REPEATABLE READ transaction, and the revision it belongs to.
"""

import json
import os
import shutil
import sqlite3
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from inventory.schema import metadata, migrate, revision, statistics, triggers
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
    """Write a backup of the database at `url` to `target` while it is in use.

    Raises OSError (FileExistsError where there is one already), OperationalError when the database does not answer.
    """
    if target.exists():
        raise FileExistsError(f"{target} exists already; a backup never overwrites")
    target.parent.mkdir(parents=True, exist_ok=True)
    engine = make_engine(url)
    try:
        with _put_in_place(target) as partial:
            if engine.dialect.name == "sqlite":
                _backup_sqlite(engine, partial, progress)
            else:
                _backup_postgresql(engine, partial, progress)
    except engine.dialect.loaded_dbapi.Error as error:  # of the driver's own cursor: a full disk, a server that died
        raise OSError(f"{target}: {str(error).strip()}") from error
    finally:
        engine.dispose()


def restore(url: str, source: Path, progress: Progress | None = None) -> str:
    """Restore `source` into the empty database at `url` and start a new epoch, which is returned.

    Raises NotEmpty when there is something already, NotABackup when `source` is something else or damaged, OSError
    when there is no room or the server dies. It may be made again then.
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


@contextmanager
def _put_in_place(target: Path) -> Iterator[Path]:
    """A file beside `target` to write to; it takes the place when it is whole and on disk, and goes when it fails."""
    partial = target.with_name(target.name + ".partial")
    pieces = partial, partial.with_name(partial.name + "-journal"), partial.with_name(partial.name + "-wal")
    _remove(pieces)  # of one that was interrupted
    try:
        yield partial
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)
    finally:
        _remove(pieces)


def _remove(paths: tuple[Path, ...]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _backup_sqlite(engine: sa.Engine, target: Path, progress: Progress | None) -> None:
    def step(_code: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with engine.connect() as conn, conn.begin(), closing(sqlite3.connect(target)) as out:
        # One read transaction around all steps: without it SQLite begins the copy again after every write of
        # somebody else, and beside a busy service it never ends.
        revision.current(conn)
        conn.connection.driver_connection.backup(out, pages=PAGES_A_STEP, progress=step)  # type: ignore[union-attr]


def _restore_sqlite(url: str, source: Path) -> None:
    target = Path(url.removeprefix("sqlite:///"))
    _refuse_what_is_there(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _put_in_place(target) as partial:
        shutil.copyfile(source, partial)
        _refuse_what_is_no_store(partial, source)


def _refuse_what_is_there(target: Path) -> None:
    if target.exists() and target.stat().st_size > 0:
        raise NotEmpty(f"{target} exists; move it away before a restore")
    for suffix in ("-wal", "-journal"):
        beside = target.with_name(target.name + suffix)
        if beside.exists():  # SQLite would replay it onto the database that is restored
            raise NotEmpty(
                f"{beside} belongs to the database that was here; move it away too before a restore"
            )


def _refuse_what_is_no_store(copy: Path, source: Path) -> None:
    tables = "SELECT count(*) FROM sqlite_master WHERE name IN ('ledger', 'meta')"
    with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as probe:
        try:
            known = probe.execute(tables).fetchone()
            health = probe.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            raise NotABackup(f"{source}: not an SQLite file, or a damaged one ({error})") from None
    if known != (2,):
        raise NotABackup(f"{source}: not a kit store's database")
    if health != ("ok",):
        raise NotABackup(f"{source}: damaged ({health[0]})")


def _backup_postgresql(engine: sa.Engine, target: Path, progress: Progress | None) -> None:
    tables = metadata.sorted_tables
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as conn, conn.begin(), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(MANIFEST, json.dumps({"kind": "kitstore", "revision": revision.current(conn)}))
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
        raise NotABackup(f"{source}: not a backup of a PostgreSQL kit store, or a damaged one")
    engine = make_engine(url)
    damaged = (
        engine.dialect.loaded_dbapi.DataError,
        sa.exc.IntegrityError,
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
    )
    try:
        with zipfile.ZipFile(source) as given:
            _refuse_another_revision(given)
            _refuse_a_store_in_use(engine)
            migrate.upgrade(engine)
            with writing(engine).connect() as conn, conn.begin():
                _load(conn, given, progress)
    except damaged as error:  # nothing of it was committed
        raise NotABackup(f"{source}: damaged ({str(error).strip()})") from error
    except engine.dialect.loaded_dbapi.Error as error:
        raise OSError(f"{source} could not be restored: {str(error).strip()}") from error
    finally:
        engine.dispose()


def _refuse_another_revision(given: zipfile.ZipFile) -> None:
    manifest = json.loads(given.read(MANIFEST)) if MANIFEST in given.namelist() else {}
    if manifest.get("kind") != "kitstore" or manifest.get("revision") != revision.head():
        raise NotABackup(
            f"the backup is of revision {manifest.get('revision')}, this program's is {revision.head()}"
        )


def _refuse_a_store_in_use(engine: sa.Engine) -> None:
    """Tables alone are no store: a restore that broke off leaves them, and may be made again."""
    with engine.connect() as conn:
        there = set(sa.inspect(conn).get_table_names())
        for table in metadata.sorted_tables:
            if table is not meta and table.name in there and conn.execute(sa.select(table).limit(1)).first():
                raise NotEmpty("the database already holds a kit store; restore into an empty one")


def _load(conn: sa.Connection, given: zipfile.ZipFile, progress: Progress | None) -> None:
    conn.execute(sa.delete(meta))
    tables = metadata.sorted_tables
    guarded = sorted({trigger.table for trigger in triggers.expected()})
    for name in guarded:  # history is loaded as it was; the guards would take it for new
        conn.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    for done, table in enumerate(tables, start=1):
        _copy_in(conn.connection.cursor(), table, given)
        if progress is not None:
            progress(done, len(tables))
    # What is checked at commit is checked now: PostgreSQL alters no table for which a check is still to come.
    conn.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for name in guarded:
        conn.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER USER")
    statistics.refresh(conn)


def _copy_in(cursor: Any, table: sa.Table, given: zipfile.ZipFile) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    copy = f"COPY {table.name} ({columns}) FROM STDIN"
    with given.open(table.name) as member, cursor.copy(copy) as rows:
        while part := member.read(1 << 20):
            rows.write(part)
