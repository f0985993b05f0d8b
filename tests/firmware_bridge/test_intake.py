"""Where readings become safe: in order, before anyone hears of them, and aloud when that fails."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devices.readings import BayReported, CodePresented, DeviceReported, Garbled, TagSeen, TagsSwept
from devices.wire import Sent
from firmware_bridge.answers import Answers
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.intake import Intake, Seen, Shelf, stream_of
from firmware_bridge.journal import DAY_S, Journal, JournalLimits
from firmware_bridge.spool import Spool
from tests.firmware_bridge.hands import BOOT, Hands, Noted

SEEN = Seen(wall_us=1_800_000_000_000_000, mono_ns=42)


@dataclass
class Offered:
    """Stands where live delivery is."""

    journal: Journal
    sent: list[Sent] = field(default_factory=list)

    def offer(self, sent: Sent) -> None:
        """Note it, having seen that it is on disk."""
        assert f'"seq":{sent.seq}'.encode() in b"".join(
            path.read_bytes() for path in self.journal._folder.iterdir()
        )
        self.sent.append(sent)


@dataclass
class Bench:
    """An intake on a real journal and a real spool."""

    intake: Intake
    live: Offered
    spool: Spool
    journal: Journal
    lights: Noted
    woken: list[int] = field(default_factory=list)

    def observed(self) -> list[object]:
        """The readings in the spool."""
        batch = self.spool.next_batch()
        return [sent.reading for sent in batch.sent] if batch else []


def bench_in(folder: Path, journal_bytes: int = 1 << 20, spool_bytes: int = 1 << 20) -> Bench:
    """A bench whose disk has so much room."""
    hands, lights = Hands(), Noted()
    journal = Journal(folder / "journal", JournalLimits(journal_bytes, journal_bytes), hands.now_us)
    spool = Spool(folder / "spool.sqlite", spool_bytes, DAY_S)
    live = Offered(journal)
    answers = Answers(journal, lights, hands.clock)
    intake = Intake(BOOT, Shelf(journal, spool), hands.clock, live, answers)  # type: ignore[arg-type]
    bench = Bench(intake, live, spool, journal, lights)
    intake.when_observed(lambda: bench.woken.append(1))
    return bench


def test_scans_are_numbered_without_a_gap_and_are_on_disk_before_they_are_offered(tmp_path: Path) -> None:
    bench = bench_in(tmp_path)
    for text in ("A", "B", "C"):
        bench.intake.take("hatch", "scan", [CodePresented(text=text)], SEEN)
    assert [(it.seq, it.device, it.mono_ns) for it in bench.live.sent] == [
        (1, "hatch", 42),
        (2, "hatch", 42),
        (3, "hatch", 42),
    ]
    assert bench.woken == []


def test_observations_go_to_the_spool_together_and_delivery_is_woken_once(tmp_path: Path) -> None:
    bench = bench_in(tmp_path)
    readings = [BayReported(dock="d", bay=n) for n in (1, 2, 3)]
    bench.intake.take("docks", "obs", readings, SEEN)
    assert bench.observed() == readings
    assert bench.woken == [1]
    assert bench.live.sent == []


def test_a_scanners_garble_is_a_scan_and_a_docks_is_an_observation() -> None:
    assert stream_of(Garbled(reason="GAP"), "scan") == "scan"
    assert stream_of(Garbled(reason="FIELD"), "obs") == "obs"
    assert stream_of(TagsSwept(tags=()), "obs") == "obs"
    assert stream_of(BayReported(dock="d", bay=1), "scan") == "obs"
    assert stream_of(DeviceReported(device="d", word="OPEN"), "scan") == "obs"


def test_a_reading_that_the_wire_cannot_carry_becomes_a_word_about_it(tmp_path: Path) -> None:
    bench = bench_in(tmp_path)
    broken = TagsSwept(tags=(TagSeen(epc="not hex"),))
    bench.intake.take("portal", "scan", [broken], SEEN)
    reading = bench.live.sent[0].reading
    assert isinstance(reading, Garbled)
    assert reading.reason == "INVALID_READING"
    assert "$.tags[0].epc" in reading.detail


def test_a_reading_with_half_a_surrogate_pair_becomes_a_word_about_it(tmp_path: Path) -> None:
    bench = bench_in(tmp_path)
    bench.intake.take("hatch", "scan", [CodePresented(text="X\ud800")], SEEN)
    reading = bench.live.sent[0].reading
    assert isinstance(reading, Garbled)
    assert (reading.reason, "surrogates not allowed" in reading.detail) == ("INVALID_READING", True)
    assert rb"X\ud800" in bytes.fromhex(reading.raw_hex)


def test_a_scan_that_the_journal_will_not_take_lights_red_and_is_offered_to_nobody(tmp_path: Path) -> None:
    bench = bench_in(tmp_path, journal_bytes=300)
    for text in ("A", "B", "C"):
        bench.intake.take("hatch", "scan", [CodePresented(text=text)], SEEN)
    assert len(bench.live.sent) < 3
    assert bench.lights.outcomes() == ["NOT_KEPT"] * (3 - len(bench.live.sent))
    assert {answer.light for _, answer in bench.lights.shown} == {"red"}


def test_an_observation_that_the_spool_will_not_take_ends_the_station(tmp_path: Path) -> None:
    bench = bench_in(tmp_path, spool_bytes=4096)
    with pytest.raises(KeepingRefused):
        bench.intake.take("docks", "obs", [BayReported(dock="d", bay=1)], SEEN)
    assert bench.woken == []


def test_a_word_about_a_device_that_the_spool_will_not_take_is_said_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = bench_in(tmp_path, spool_bytes=4096)
    for _ in range(3):
        bench.intake.device_changed(DeviceReported(device="hatch", word="MISSING"))
    assert caplog.text.count("spool: lost") == 1
