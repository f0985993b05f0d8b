"""The scan journal: nothing seen is forgotten, whatever a power cut leaves of the file."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.wire import Answer
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.journal import DAY_S, Journal, JournalLimits, files_of, read_file
from tests.firmware_bridge.hands import BOOT, OTHER_BOOT, Hands, scan

SMALL = JournalLimits(file_bytes=1000, total_bytes=5000, keep_s=7 * DAY_S)


def open_journal(folder: Path, hands: Hands, limits: JournalLimits = SMALL) -> Journal:
    """The journal as a bridge starting now finds it."""
    return Journal(folder, limits, hands.now_us)


def answer(seq: int) -> Answer:
    """A service's answer."""
    return Answer(seq=seq, outcome="IN_SET", light="green", sentence="PC 4417 may draw X30001234.")


def test_a_scan_without_an_answer_is_found_again_and_an_answered_one_is_not(tmp_path: Path) -> None:
    hands = Hands()
    journal = open_journal(tmp_path, hands)
    for seq in (1, 2, 3):
        journal.scanned(BOOT, scan(seq, hands))
    journal.answered(BOOT, answer(2), hands.now_us)
    journal.close()
    again = open_journal(tmp_path, hands)
    assert again.unanswered() == [(BOOT, scan(1, hands)), (BOOT, scan(3, hands))]
    assert again.unread == 0


def test_an_answer_to_an_earlier_boots_scan_settles_it_for_good(tmp_path: Path) -> None:
    hands = Hands()
    open_journal(tmp_path, hands).scanned(OTHER_BOOT, scan(1, hands))
    second = open_journal(tmp_path, hands)
    second.scanned(BOOT, scan(1, hands))
    second.answered(OTHER_BOOT, Answer(seq=1, outcome="LATE"), hands.now_us)
    assert open_journal(tmp_path, hands).unanswered() == [(BOOT, scan(1, hands))]


def test_no_sentence_is_kept_because_it_may_name_a_person(tmp_path: Path) -> None:
    hands = Hands()
    journal = open_journal(tmp_path, hands)
    journal.scanned(BOOT, scan(1, hands))
    journal.answered(BOOT, answer(1), hands.now_us)
    assert all(b"4417" not in path.read_bytes() for path in files_of(tmp_path))


def test_a_scan_is_on_disk_before_anyone_hears_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = Hands()
    journal = open_journal(tmp_path, hands)
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _handle: synced.append(files_of(tmp_path)[-1].read_bytes()))
    journal.scanned(BOOT, scan(1, hands))
    assert len(synced) == 1
    assert b"X30001" in synced[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 4000), more=st.binary(max_size=20))
def test_a_file_cut_anywhere_gives_every_whole_scan_before_the_cut(
    tmp_path_factory: pytest.TempPathFactory, cut: int, more: bytes
) -> None:
    hands, folder = Hands(), tmp_path_factory.mktemp("journal")
    journal = open_journal(folder, hands, JournalLimits())
    for seq in range(1, 11):
        journal.scanned(BOOT, scan(seq, hands))
    path = files_of(folder)[0]
    whole = path.read_bytes()
    cut = min(cut, len(whole))
    path.write_bytes(whole[:cut] + more)
    found = [sent.seq for _, sent in open_journal(folder, hands, JournalLimits()).unanswered()]
    lines = whole[:cut].count(b"\n")
    assert found[:lines] == list(range(1, lines + 1))
    assert len(found) <= lines + 1


def test_an_altered_line_is_not_believed(tmp_path: Path) -> None:
    hands = Hands()
    journal = open_journal(tmp_path, hands)
    journal.scanned(BOOT, scan(1, hands))
    path = files_of(tmp_path)[0]
    path.write_bytes(path.read_bytes().replace(b"X30001", b"X30009"))
    assert list(read_file(path)) == [None]
    assert open_journal(tmp_path, hands).unread == 1


def test_answered_files_go_when_the_quota_is_near_and_the_newest_stay(tmp_path: Path) -> None:
    hands = Hands()
    journal = open_journal(tmp_path, hands)
    for seq in range(1, 101):
        journal.scanned(BOOT, scan(seq, hands))
        journal.answered(BOOT, answer(seq), hands.now_us)
    assert journal.size_bytes() <= SMALL.total_bytes
    assert sum(path.stat().st_size for path in files_of(tmp_path)) == journal.size_bytes()
    assert b'"seq":100' in files_of(tmp_path)[-1].read_bytes()


def test_a_full_journal_refuses_a_scan_rather_than_forget_one_and_takes_them_again_later(
    tmp_path: Path,
) -> None:
    hands = Hands()
    journal = open_journal(tmp_path, hands)
    taken = 0
    with pytest.raises(KeepingRefused, match="journal_max_mb"):
        while True:
            journal.scanned(BOOT, scan(taken + 1, hands))
            taken += 1
    shutil.copytree(tmp_path, tmp_path / "copy")
    assert len(open_journal(tmp_path / "copy", hands).unanswered()) == taken
    for seq in range(1, taken + 1):
        journal.answered(BOOT, answer(seq), hands.now_us)
    journal.scanned(BOOT, scan(taken + 1, hands))


def test_after_seven_days_what_is_answered_goes(tmp_path: Path) -> None:
    hands = Hands()
    journal = open_journal(tmp_path, hands)
    journal.scanned(BOOT, scan(1, hands))
    journal.answered(BOOT, answer(1), hands.now_us)
    written = files_of(tmp_path)[0]
    hands.now_us = int(written.stat().st_mtime * 1e6)
    for days, is_there in ((6, True), (8, False)):
        os.utime(written, (hands.now_us / 1e6 - days * DAY_S,) * 2)
        open_journal(tmp_path, hands)
        assert written.exists() is is_there


def test_a_disk_that_takes_half_a_line_loses_that_scan_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands()
    journal = open_journal(tmp_path, hands)
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: whole(handle, data[: len(data) // 2]))
    with pytest.raises(KeepingRefused, match="check the disk"):
        journal.scanned(BOOT, scan(1, hands))
    monkeypatch.setattr(os, "write", whole)
    journal.scanned(BOOT, scan(2, hands))
    journal.scanned(BOOT, scan(3, hands))
    again = open_journal(tmp_path, hands)
    assert [sent.seq for _, sent in again.unanswered()] == [2, 3]
    assert again.unread == 1


def test_only_the_bridges_account_may_read_it(tmp_path: Path) -> None:
    open_journal(tmp_path / "journal", Hands())
    assert (tmp_path / "journal").stat().st_mode & 0o077 == 0
    assert files_of(tmp_path / "journal")[0].stat().st_mode & 0o077 == 0
