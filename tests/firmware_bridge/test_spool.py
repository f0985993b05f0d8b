"""The spool: observations kept until the service has them, in order, and a week longer."""

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from devices.readings import BayReported, Garbled
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.journal import DAY_S
from firmware_bridge.spool import Observed, Spool
from tests.firmware_bridge.hands import BOOT, OTHER_BOOT

NOW_US = 1_800_000_000_000_000
QUOTA = 4 << 20


def bay(number: int, note: str = "") -> Observed:
    """A dock's word about a bay."""
    reading = BayReported(dock="d1", bay=number, word="CHARGING", fault=note or None)
    return Observed("docks", NOW_US, 5, reading)


def open_spool(folder: Path, quota: int = QUOTA) -> Spool:
    """The spool as a bridge starting now finds it."""
    return Spool(folder / "spool.sqlite", quota, 7 * DAY_S)


def waiting_of(spool: Spool) -> list[tuple[str, int]]:
    """(boot, sequence) of the next batch."""
    batch = spool.next_batch()
    return [(batch.boot, sent.seq) for sent in batch.sent] if batch else []


def test_each_boot_counts_from_one_and_the_oldest_boot_goes_first(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    assert spool.keep(OTHER_BOOT, [bay(1), bay(2)], NOW_US) == 2
    assert spool.keep(BOOT, [bay(3)], NOW_US) == 1
    assert spool.keep(OTHER_BOOT, [bay(4)], NOW_US) == 3
    assert waiting_of(spool) == [(OTHER_BOOT, 1), (OTHER_BOOT, 2), (OTHER_BOOT, 3)]
    assert spool.acknowledge(OTHER_BOOT, 3, NOW_US) == 3
    assert waiting_of(spool) == [(BOOT, 1)]


def test_what_is_kept_is_there_after_the_process_is_gone(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.keep(BOOT, [bay(1)], NOW_US)
    # Not closed: another process would find it so after a kill -9.
    again = open_spool(tmp_path)
    batch = again.next_batch()
    assert batch is not None
    assert batch.sent[0].reading == bay(1).reading
    assert again.keep(BOOT, [bay(2)], NOW_US) == 2


def test_the_disk_is_waited_for(tmp_path: Path) -> None:
    open_spool(tmp_path).close()
    spool = open_spool(tmp_path)
    assert spool._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert spool._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_new_epoch_makes_everything_kept_wait_again(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.keep(BOOT, [bay(1), bay(2)], NOW_US)
    assert not spool.epoch_is("first")
    spool.acknowledge(BOOT, 2, NOW_US)
    assert not spool.epoch_is("first")
    assert waiting_of(spool) == []
    assert spool.epoch_is("restored")
    assert waiting_of(spool) == [(BOOT, 1), (BOOT, 2)]
    assert not open_spool(tmp_path).epoch_is("restored")


def test_what_the_service_has_goes_after_seven_days_and_what_waits_never_does(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.keep(BOOT, [bay(1), bay(2), bay(3)], NOW_US)
    spool.acknowledge(BOOT, 2, NOW_US)
    day_us = DAY_S * 1_000_000
    spool.keep(BOOT, [bay(4)], NOW_US + 6 * day_us)
    assert spool.lowest_kept(BOOT) == 1
    spool.keep(BOOT, [bay(5)], NOW_US + 8 * day_us)
    assert spool.lowest_kept(BOOT) == 3
    assert [seq for _, seq in waiting_of(spool)] == [3, 4, 5]


def test_a_full_spool_refuses_aloud_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, quota=200_000)
    kept = 0
    with pytest.raises(KeepingRefused, match="spool_max_mb"):
        while True:
            kept = spool.keep(BOOT, [bay(1, "x" * 400)] * 20, NOW_US)
    assert spool.waiting().count == kept
    assert spool.waiting().bytes < 300_000


def test_over_the_quota_what_the_service_has_makes_room(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, quota=200_000)
    for _ in range(60):
        last = spool.keep(BOOT, [bay(1, "x" * 400)] * 20, NOW_US)
        spool.acknowledge(BOOT, last, NOW_US)
    assert last == 1200
    assert (spool.lowest_kept(BOOT) or 0) > 1


def test_a_batch_has_a_limit_in_bytes_and_always_one_reading(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, quota=64 << 20)
    big = Observed("docks", NOW_US, 5, Garbled(reason="BIG", raw_hex="00" * 8000))
    for _ in range(20):
        spool.keep(BOOT, [big] * 5, NOW_US)
    first = spool.next_batch()
    assert first is not None
    assert 1 <= len(first.sent) < 100
    assert len(spool.next_batch(most=1).sent) == 1  # type: ignore[union-attr]


def test_a_place_can_be_filled_with_another_word(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.keep(BOOT, [bay(1)], NOW_US)
    spool.put_in_place(BOOT, 1, Garbled(reason="UNSENDABLE"))
    batch = spool.next_batch()
    assert batch is not None
    assert batch.sent[0].reading == Garbled(reason="UNSENDABLE")


def test_a_body_altered_on_disk_goes_as_evidence(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.keep(BOOT, [bay(1)], NOW_US)
    with sqlite3.connect(tmp_path / "spool.sqlite") as other:
        other.execute("UPDATE obs SET body = ?", (b"\xff{",))
    other.close()
    batch = spool.next_batch()
    assert batch is not None
    reading = batch.sent[0].reading
    assert isinstance(reading, Garbled)
    assert (reading.reason, reading.raw_hex) == ("SPOOL_UNREADABLE", "FF7B")


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite").write_bytes(b"not a database at all, not even nearly" * 100)
    with pytest.raises(KeepingRefused, match="check the disk"):
        open_spool(tmp_path)


class SpoolAgainstAList(RuleBasedStateMachine):
    """Whatever is kept, acknowledged and restored, what waits is exactly what the service lacks, in order."""

    @initialize()
    def begin(self) -> None:
        """An empty spool in memory, and an empty list."""
        self.folder = tempfile.TemporaryDirectory()
        self.spool = open_spool(Path(self.folder.name))
        self.kept = 0
        self.upto = 0
        self.epochs = 0
        self.spool.epoch_is("0")

    def teardown(self) -> None:
        """Leave nothing behind."""
        if hasattr(self, "spool"):
            self.spool.close()
            self.folder.cleanup()

    @rule(count=st.integers(1, 7))
    def observe(self, count: int) -> None:
        """The station keeps some."""
        self.kept += count
        assert self.spool.keep(BOOT, [bay(1)] * count, NOW_US) == self.kept

    @rule(part=st.floats(0, 1))
    def acknowledge(self, part: float) -> None:
        """The service names some sequence; it may be an old one."""
        upto = int(part * self.kept)
        self.spool.acknowledge(BOOT, upto, NOW_US)
        self.upto = max(self.upto, upto)

    @rule()
    def restore(self) -> None:
        """The service comes back from a backup."""
        self.epochs += 1
        assert self.spool.epoch_is(str(self.epochs))
        self.upto = 0

    @invariant()
    def the_rest_waits_in_order(self) -> None:
        """The next batch is what the service lacks."""
        if hasattr(self, "spool"):
            assert [seq for _, seq in waiting_of(self.spool)] == list(range(self.upto + 1, self.kept + 1))


TestSpoolAgainstAList = SpoolAgainstAList.TestCase
TestSpoolAgainstAList.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_no_body_on_disk_can_stop_the_feed(body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = open_spool(Path(folder))
        spool.keep(BOOT, [bay(1)], NOW_US)
        spool._db.execute("UPDATE obs SET body = ?", (body,))
        assert len(waiting_of(spool)) == 1
        spool.close()
