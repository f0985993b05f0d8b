"""The disk is full, the database server dies, a backup is brought back: said loudly, nothing made up, and it heals."""

import itertools
import random
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from api.cli import main
from firmware_bridge.settings import CONFIGURATION
from inventory.schema import backup as backups
from inventory.schema.engine import make_engine
from inventory.schema.service import device_state
from tests import small_force as force
from tests.doors import people
from tests.doors.seen import everything_is_in_order
from tests.faults.restartable_postgresql import RestartablePostgres, restartable_postgres
from tests.faults.service_process import until
from tests.faults.shift import PATIENCE_S, Hand
from tests.faults.small_disk import NoSmallDisk, SmallDisk, small_disk
from tests.faults.station import ISSUES, RETURNS, Issuer, Make, Station, build_station, given_back, wanted
from tests.postgresql_server import NoServer

pytestmark = pytest.mark.faults

ASK = "/api/v1/issues/ask"
RUNNER, NEXT = people.RUNNERS[:2]
GUARD, OTHER = force.GUARDS
SET = [force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4]]


@contextmanager
def at_work(hand: Hand) -> Iterator[None]:
    """The hand draws and brings back all the while."""
    over = threading.Event()
    working = threading.Thread(target=hand.work, args=(over,))
    working.start()
    try:
        yield
    finally:
        over.set()
        working.join(PATIENCE_S)
    assert not working.is_alive(), "an answer never came"


def goes_on(hand: Hand, times: int = 1) -> None:
    """Wait until the hand has been given its set so many times more."""
    before = hand.issued
    until(lambda: hand.issued >= before + times, "work going on by itself")


def is_told_to_wait(answer: httpx.Response | None, word: str) -> None:
    """503 as a problem that names what is wrong, and when to come again."""
    assert answer is not None
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), answer.text
    assert answer.json()["type"] == f"/problems/{word}"
    assert int(answer.headers["retry-after"]) >= 1


# ---- a full disk -----------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk, or the group is skipped and says so."""
    try:
        with small_disk(tmp_path / "disk") as made:
            yield made
    except NoSmallDisk as why:
        pytest.skip(f"faults: no small disk can be mounted here ({why})")


@contextmanager
def standing(url: str, folder: Path) -> Iterator[Station]:
    """A station on this database, its service started."""
    station = build_station(url, folder)
    try:
        station.start()
        yield station
    finally:
        station.close()


def test_with_the_services_disk_full_nothing_is_promised_and_with_room_again_it_goes_on(
    disk: SmallDisk, tmp_path: Path
) -> None:
    with standing(f"sqlite:///{disk.folder}/kit.sqlite3", tmp_path) as station:
        assert station.issuer.issue(RUNNER, [GUARD]).code == 201
        disk.fill()
        done = {ISSUES: 0, RETURNS: 0}
        bodies = {ISSUES: wanted(NEXT, [OTHER]), RETURNS: given_back([OTHER])}
        for number, path in enumerate(itertools.cycle(bodies)):  # the database's own log may have a little room left
            key = f"asked-when-full-{number}"
            answer = station.issuer.once(path, bodies[path], key)
            if answer is None or not answer.is_success:
                break
            done[path] += 1
        is_told_to_wait(answer, "disk-full")
        for _ in range(3):
            is_told_to_wait(station.issuer.once(path, bodies[path], key), "disk-full")
        assert '"level": "error"' in said_of_the_disk(station)
        assert passages(station) == done, "what was answered, and nothing more"
        assert "full" in trouble(station), "whoever watches the service hears it too"
        disk.free()
        assert trouble(station) == ""
        told = station.issuer.ask(path, bodies[path], key)
        assert (told.code, told.is_repeat) == (201 if path == ISSUES else 200, False)
        done[path] += 1
        assert passages(station) == done
        station.is_in_order()


def trouble(station: Station) -> str:
    """What /health says is wrong, "" where it is ready."""
    answer = httpx.get(f"{station.service.url}/health", timeout=PATIENCE_S)
    said = answer.json()
    assert (answer.status_code, said["ready"]) == ((200, True) if said["writer"] else (503, False))
    return said["trouble"] or ""


def passages(station: Station) -> dict[str, int]:
    """How often the other guard went out and came back, as the ledger has it."""
    return {ISSUES: station.entries(OTHER, "ISSUED"), RETURNS: station.entries(OTHER, "RETURNED")}


def said_of_the_disk(station: Station) -> str:
    """The service's log lines that speak of the disk."""
    return "\n".join(line for line in station.service.log().splitlines() if "disk is full" in line)


def test_with_the_bridges_disk_full_a_scan_is_lit_red_and_with_room_again_green(
    disk: SmallDisk, make_sqlite_station: Make
) -> None:
    station = make_sqlite_station()
    (station.bridge.folder / "spool").symlink_to(disk.folder)
    station.start()
    station.start_bridge()
    assert station.issuer.issue(RUNNER, [GUARD]).code == 201
    disk.fill()
    for number in itertools.count(1):  # the page of the journal that is begun has room for a scan or two
        station.scan(OTHER)
        until(lambda: len(station.bridge.lights()) == number, "a light for the scan")  # noqa: B023 - asked at once
        if station.bridge.lights()[-1].outcome == "NOT_KEPT":
            break
    assert station.bridge.lights()[-1].light == "red"
    seen = len(station.outcomes())
    station.scan(GUARD)
    until(lambda: len(station.bridge.lights()) == number + 1, "a light for the scan")
    assert (station.bridge.lights()[-1].outcome, station.holder(GUARD)) == ("NOT_KEPT", RUNNER)
    assert len(station.outcomes()) == seen, "what could not be kept was not sent either"
    disk.free()
    station.scan(GUARD)
    until(lambda: station.greens(GUARD) == 1, "the green light")
    assert (station.holder(GUARD), station.bridge.log().count("scan journal: lost")) == (None, 1), "and it is said once"
    station.until_delivered()
    station.is_in_order()


def test_a_backup_or_a_restore_without_room_says_so_and_leaves_nothing_behind(
    disk: SmallDisk, make_sqlite_database: Callable[..., str], tmp_path: Path
) -> None:
    live, back, kept = make_sqlite_database(), f"sqlite:///{disk.folder}/back.sqlite3", tmp_path / "kit.backup"
    force.build(live)
    for url, act, file in ((live, "backup", disk.folder / "kit.backup"), (back, "restore", kept)):
        disk.fill()
        failed = kitstore_db(url, act, file)
        assert (failed.exit_code, failed.exception.__class__) == (1, SystemExit), "a sentence, and no traceback"
        assert re.search("disk is full|No space left", failed.output), failed.output
        assert {each.name for each in disk.folder.iterdir()} <= {"filler", "back.sqlite3.lock"}
        disk.free()
        done = kitstore_db(url, act, file)
        assert done.exit_code == 0, done.output
        if act == "backup":
            shutil.move(file, kept)
    engine = make_engine(back)
    with engine.connect() as conn:
        everything_is_in_order(conn)
    engine.dispose()


def kitstore_db(url: str, act: str, file: Path) -> Result:
    """`kitstore db backup|restore FILE` as a person types it."""
    return CliRunner().invoke(main, ["db", act, str(file)], env={"KIT_DATABASE": url})


# ---- the database server dies ----------------------------------------------------------------------------


@pytest.fixture
def own_server() -> Iterator[RestartablePostgres]:
    """A server that may be killed."""
    try:
        with restartable_postgres() as server:
            yield server
    except NoServer as why:
        pytest.skip(f"db: {why}")


@contextmanager
def somebody_else(station: Station) -> Iterator[Issuer]:
    """A second issuer, signed in."""
    other = Issuer(station.service)
    try:
        other.sign_in()
        yield other
    finally:
        other.client.close()


@pytest.mark.db
def test_while_postgresql_is_dead_the_answer_is_503_and_it_heals_by_itself(
    own_server: RestartablePostgres, tmp_path: Path
) -> None:
    with standing(own_server.url, tmp_path) as station:
        hand = Hand(station.issuer, RUNNER, SET)
        with at_work(hand), somebody_else(station) as other:
            for end in (own_server.kill, own_server.stop):
                goes_on(hand, 2)
                end()
                is_told_to_wait(other.once(ASK, wanted(NEXT, [OTHER]), "is-anybody-there"), "database-away")
                is_told_to_wait(other.once(ISSUES, wanted(NEXT, [OTHER]), "is-anybody-there"), "database-away")
                own_server.start()
                goes_on(hand)
        assert hand.wrong == []
        assert "processing log not written" in station.service.log(), "said loudly"
        for item_id in SET:
            assert station.entries(item_id, "ISSUED") == hand.issued
            assert station.entries(item_id, "RETURNED") == hand.returned
        station.is_in_order()


# ---- a backup is brought back ----------------------------------------------------------------------------


def test_a_backup_taken_during_work_is_whole_and_after_its_return_bridges_send_again(
    make_station: Make, make_database: Callable[..., str], tmp_path: Path
) -> None:
    station = make_station()
    station.start()
    station.start_bridge()
    hand = Hand(station.issuer, RUNNER, SET)
    with at_work(hand):
        goes_on(hand, random.randrange(1, 5))
        backups.backup(station.service.database, tmp_path / "kit.backup")
        goes_on(hand)
    assert hand.wrong == []
    known_to_both = station.stored()
    unplugged_and_plugged(station)
    before = station.epoch()
    station.service.kill()

    restored = make_database()
    assert backups.restore(restored, tmp_path / "kit.backup") != before
    station.moved_to(restored)
    counts = {(station.entries(each, "ISSUED"), station.entries(each, "RETURNED")) for each in SET}
    assert len(counts) == 1, "no set is half in it"
    assert station.stored() == known_to_both
    engine = make_engine(restored)
    with engine.connect() as conn:
        everything_is_in_order(conn)
    engine.dispose()

    station.service.start()
    until(lambda: "restored from a backup" in station.bridge.log(), "the bridge hearing of the new epoch")
    station.until_delivered()
    station.bridge.kill()
    assert len(station.stored()) > len(known_to_both)
    assert station.stored() == station.kept(), "everything the bridge kept is there again, once"
    assert station.issuer.issue(NEXT, [OTHER]).code == 201, "and work goes on"
    station.is_in_order()


def unplugged_and_plugged(station: Station) -> None:
    """The scanner goes and comes back: two observations that the service has and the backup has not."""
    for act, word in ((station.bridge.scanner.unplug, "MISSING"), (station.bridge.scanner.plug, "OPEN")):
        act()
        until(lambda: heard(station) == [word], f"the service hearing {word}")  # noqa: B023 - asked at once
    station.until_delivered()


def heard(station: Station) -> list[str]:
    """What the service knows of the bridge's devices, its configuration left out."""
    with station.engine.connect() as conn:
        words = sa.select(device_state.c.word).where(device_state.c.device != CONFIGURATION)
        return list(conn.execute(words).scalars())
