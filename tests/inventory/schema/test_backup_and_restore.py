"""A backup taken while kit is out, and the store brought back from it: the same rows and guards, a new epoch."""

import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.issue import Request, issue_kit
from inventory.custody.returns import Back, return_kit
from inventory.oversight import audit, checkpoints, verify
from inventory.schema import backup as backups
from inventory.schema import metadata, revision
from inventory.schema.custody import custody, ledger
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.oversight import meta
from tests import small_force as force

POLICY = force.demo_policy()
Refused = (sa.exc.IntegrityError, sa.exc.DatabaseError)


@pytest.fixture(scope="module")
def shift(make_database: Callable[..., str]) -> str:
    """URL of a store where Hollis holds a set, Mercer's camera is back, Latham was refused, and all is signed for."""
    url = make_database()
    force.build(url)
    engine = make_engine(url)
    ids = Ids(writing(engine))
    with force.acting(engine, ids) as tx:
        asked = force.ced_ask(force.HOLLIS), force.camera_ask(force.MERCER), force.ced_ask(force.LAPSED, 1)
        issue_kit(tx, [Request(each) for each in asked], POLICY)
    with force.acting(engine, ids, force.NOW + 10) as tx:
        return_kit(tx, [Back(force.CAMERAS[0], force.MEDWAY, force.ISSUER)])
        checkpoints.write(tx, lambda message: message.hex()[:16], "test-key")
    engine.dispose()
    return url


@pytest.fixture
def live(make_database: Callable[..., str], shift: str) -> str:
    """That store, this test's own."""
    return make_database(template=shift)


@pytest.fixture
def opened() -> Iterator[Callable[[str], sa.Engine]]:
    """Engines that are closed at the end."""
    made: list[sa.Engine] = []

    def make(url: str) -> sa.Engine:
        made.append(make_engine(url))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


def rows(conn: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Everything the database holds but the name of its epoch."""
    tables = [each for each in metadata.sorted_tables if each is not meta]
    return {each.name: sorted((tuple(row) for row in conn.execute(sa.select(each))), key=repr) for each in tables}


def test_a_store_with_kit_out_comes_back_row_for_row_and_begins_a_new_epoch(
    live: str, make_database: Callable[..., str], opened: Callable[[str], sa.Engine], tmp_path: Path
) -> None:
    backups.backup(live, tmp_path / "kit.backup")
    back = make_database()
    epoch = backups.restore(back, tmp_path / "kit.backup")
    with opened(live).connect() as before, opened(back).connect() as after:
        assert rows(after) == rows(before)
        issued = after.execute(sa.select(custody.c.item_id).where(custody.c.basis == "ISSUED")).scalars().all()
        assert len(issued) == 7, "a set of six, and a camera that is back"
        assert checkpoints.epoch(after) == epoch != checkpoints.epoch(before)
        was = after.execute(sa.select(meta.c.value).where(meta.c.name == "epoch_before")).scalar_one()
        assert was == checkpoints.epoch(before), "and it is known which one came before"
        assert audit.audit(after) == []
        assert verify.verify(after).findings == []


def test_the_store_that_came_back_keeps_its_promises_and_goes_on(
    live: str, make_database: Callable[..., str], opened: Callable[[str], sa.Engine], tmp_path: Path
) -> None:
    backups.backup(live, tmp_path / "kit.backup")
    back = make_database()
    backups.restore(back, tmp_path / "kit.backup")
    engine = opened(back)
    with engine.connect() as conn:
        assert revision.missing_triggers(conn) == []
    with pytest.raises(Refused), writing(engine).begin() as conn:
        conn.execute(sa.update(ledger).values(at_us=1))
    with pytest.raises(Refused), writing(engine).begin() as conn:
        conn.execute(sa.update(custody).where(custody.c.closed_entry.is_(None)).values(person_id=force.MERCER))
    ids = Ids(writing(engine))
    with force.acting(engine, ids, force.NOW + 20) as tx:
        return_kit(tx, [Back(force.HANDLES[0], force.MEDWAY, force.ISSUER)])
        issue_kit(tx, [Request(force.camera_ask(force.MERCER))], POLICY)
    with engine.connect() as conn:
        now = sa.select(custody.c.item_id, custody.c.person_id).where(custody.c.closed_entry.is_(None))
        holder: dict[int, int | None] = {row.item_id: row.person_id for row in conn.execute(now)}
        assert (holder[force.CAMERAS[0]], holder[force.HANDLES[0]]) == (force.MERCER, None)
        assert holder[force.BATTERIES[0]] == force.HOLLIS
        assert audit.audit(conn) == []
        assert verify.verify(conn).findings == []


def test_a_backup_of_a_large_store_ends_while_the_service_keeps_writing(
    live: str, make_database: Callable[..., str], opened: Callable[[str], sa.Engine], tmp_path: Path
) -> None:
    engine = opened(live)
    with writing(engine).begin() as conn:
        conn.exec_driver_sql("CREATE TABLE weight (id INTEGER PRIMARY KEY, body TEXT)")
        heavy = [{"id": n, "body": "k" * 99_000} for n in range(backups.PAGES_A_STEP // 8)]
        conn.execute(sa.text("INSERT INTO weight VALUES (:id, :body)"), heavy)
    steps: list[tuple[int, int]] = []

    def step(done: int, total: int) -> None:
        """Somebody writes between any two steps, as a service under load does."""
        steps.append((done, total))
        assert len(steps) <= 200, "it began again after every write, for ever"
        with writing(engine).begin() as conn:
            conn.execute(sa.text("INSERT INTO weight VALUES (:id, '')"), {"id": 1_000_000 + len(steps)})

    backups.backup(live, tmp_path / "kit.backup", step)
    assert len(steps) > 2
    if engine.dialect.name == "sqlite":
        with opened(f"sqlite:///{tmp_path}/kit.backup").connect() as copy:
            newest = copy.execute(sa.text("SELECT max(id) FROM weight")).scalar_one()
        assert newest < 1_000_000, "one state, as it was when the backup began"


def test_a_backup_that_fails_leaves_nothing_behind(live: str, tmp_path: Path) -> None:
    def no_room(_done: int, _total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        backups.backup(live, tmp_path / "kit.backup", no_room)
    assert list(tmp_path.iterdir()) == []


def test_what_an_interrupted_backup_left_does_not_stop_the_next_one(live: str, tmp_path: Path) -> None:
    (tmp_path / "kit.backup.partial").write_bytes(b"half of something" * 999)
    backups.backup(live, tmp_path / "kit.backup")
    assert [each.name for each in tmp_path.iterdir()] == ["kit.backup"]
    with pytest.raises(FileExistsError):
        backups.backup(live, tmp_path / "kit.backup")


def test_a_restore_never_goes_over_a_store_that_holds_something(
    live: str, shift: str, make_database: Callable[..., str], opened: Callable[[str], sa.Engine], tmp_path: Path
) -> None:
    backups.backup(shift, tmp_path / "kit.backup")
    engine = opened(live)
    with engine.connect() as conn:
        before = checkpoints.epoch(conn)
    with pytest.raises(backups.NotEmpty):
        backups.restore(live, tmp_path / "kit.backup")
    with engine.connect() as conn:
        assert checkpoints.epoch(conn) == before


def test_what_is_no_backup_is_said_and_the_database_stays_free_for_one_that_is(
    live: str, make_database: Callable[..., str], opened: Callable[[str], sa.Engine], tmp_path: Path
) -> None:
    good, back = tmp_path / "kit.backup", make_database()
    backups.backup(live, good)
    (tmp_path / "holiday.txt").write_text("not a backup")
    (tmp_path / "torn").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as out:
        out.writestr(backups.MANIFEST, '{"kind": "kitstore", "revision": "9999"}')
    sqlite3.connect(tmp_path / "other.sqlite3").close()
    for wrong in ("holiday.txt", "torn", "other.zip", "other.sqlite3", "nothing-there"):
        with pytest.raises(backups.NotABackup):
            backups.restore(back, tmp_path / wrong)
    backups.restore(back, good)
    with opened(back).connect() as conn:
        assert audit.audit(conn) == []


@pytest.mark.db
def test_a_postgresql_backup_with_a_damaged_table_is_refused_whole(
    make_pg_database: Callable[..., str], opened: Callable[[str], sa.Engine], tmp_path: Path
) -> None:
    good, torn, live, back = tmp_path / "kit.backup", tmp_path / "torn", make_pg_database(), make_pg_database()
    force.build(live)
    backups.backup(live, good)
    with zipfile.ZipFile(good) as whole, zipfile.ZipFile(torn, "w") as out:
        for name in whole.namelist():
            out.writestr(name, whole.read(name) + (b"half a row\n" if name == "ledger" else b""))
    with pytest.raises(backups.NotABackup, match="half a row"):
        backups.restore(back, torn)
    backups.restore(back, good)
    with opened(back).connect() as conn:
        assert audit.audit(conn) == []


def test_the_log_of_the_database_that_was_moved_away_is_never_replayed_onto_the_one_restored(
    make_sqlite_database: Callable[..., str], tmp_path: Path
) -> None:
    url = make_sqlite_database()
    force.build(url)
    backups.backup(url, tmp_path / "kit.backup")
    back = make_sqlite_database()
    beside = Path(back.removeprefix("sqlite:///") + "-wal")
    beside.write_bytes(b"what a killed service left")
    with pytest.raises(backups.NotEmpty, match="-wal"):
        backups.restore(back, tmp_path / "kit.backup")
    beside.unlink()
    assert backups.restore(back, tmp_path / "kit.backup")
