"""The heartbeat: how the bridge is, and how far its clock is off."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.readings import BayReported, DeviceReported
from devices.wire import HeartbeatAnswer, encode
from firmware_bridge.answers import Answers
from firmware_bridge.delivery import Delivery
from firmware_bridge.errors import LinkDown
from firmware_bridge.heartbeat import Pulse
from firmware_bridge.journal import DAY_S, Journal, JournalLimits
from firmware_bridge.line import Line, Service
from firmware_bridge.roll import Roll
from firmware_bridge.scans import Wire
from firmware_bridge.settings import Timing
from firmware_bridge.spool import Observed, Spool
from tests.firmware_bridge.hands import BOOT, Hands, Noted
from tests.firmware_bridge.stub_service import StubService


@pytest.fixture
def pulse(tmp_path: Path, service: StubService) -> Iterator[Pulse]:
    """A heartbeat with one device and one observation that waits."""
    hands = Hands()
    line = Line(Service(service.url, lambda: "test-key"))
    wire = Wire(line, BOOT, hands.clock, Timing())
    spool = Spool(tmp_path / "spool.sqlite", 1 << 20, DAY_S)
    spool.keep(BOOT, [Observed("docks", 1, 1, BayReported(dock="d", bay=1))], hands.now_us)
    journal = Journal(tmp_path / "journal", JournalLimits(), hands.now_us)
    roll = Roll()
    roll.listed([DeviceReported(device="hatch", word="MISSING")])
    yield Pulse(wire, roll, spool, Delivery(wire, spool, Answers(journal, Noted(), hands.clock)), "test 1")
    line.close()
    spool.close()
    journal.close()


def test_it_says_what_waits_and_how_each_device_is(pulse: Pulse, service: StubService) -> None:
    pulse.beat()
    said = service.heartbeats[0]
    assert (said.boot, said.software, said.spool_waiting) == (BOOT, "test 1", 1)
    assert said.spool_bytes > 0
    assert said.spool_quota_bytes == 1 << 20
    assert said.devices == (DeviceReported(device="hatch", word="MISSING"),)


def answering(offset_us: int, upto: int = 0) -> Callable[[Line, str, bytes, float], bytes]:
    """A service whose clock is so far ahead."""
    body = HeartbeatAnswer(service_wall_us=Hands().now_us + offset_us, epoch="e", upto=upto)
    return lambda _line, _path, _body, _timeout: encode(body)


def test_a_clock_that_is_off_is_measured_and_said_once(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Line, "post", answering(90_000_000))
    pulse.beat()
    pulse.beat()
    assert pulse.offset_us == 90_000_000
    assert caplog.text.count("-90.0 s from the service's; set this machine's time") == 1
    monkeypatch.setattr(Line, "post", answering(5_000))
    pulse.beat()
    assert "this machine's clock: back" in caplog.text


def test_the_services_word_settles_what_waits(pulse: Pulse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Line, "post", answering(0, upto=1))
    pulse.beat()
    assert pulse.spool.waiting().count == 0


def test_an_answer_that_is_none_means_that_the_service_is_away(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Line, "post", lambda *_words: b"<html>")
    with pytest.raises(LinkDown, match="not understood"):
        pulse.beat()
