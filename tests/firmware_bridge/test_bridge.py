"""The whole bridge as a process: what is scanned is decided once, whatever is killed and whenever."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.readings import CodePresented, DeviceReported, Garbled
from devices.wire import SCAN_AGE_MAX_MS
from tests.firmware_bridge.bridge_process import PATIENCE_S, BridgeFolder, until
from tests.firmware_bridge.stub_service import StubService

Make = Callable[..., BridgeFolder]
SCAN = b"]C0X30001234\r"


def test_a_scan_is_journalled_delivered_and_lit_green(bridge_folder: Make, service: StubService) -> None:
    bridge = bridge_folder()
    bridge.start()
    bridge.scanner.send(SCAN)
    until(bridge.lights, "a light")
    assert [(it.light, it.outcome) for it in bridge.lights()] == [("green", "IN_SET")]
    sent = service.scans()[0]
    assert sent.reading == CodePresented(text="X30001234", symbology="]C0", raw_hex=SCAN[:-1].hex().upper())
    assert sent.device == "hatch-scanner"
    assert sent.age_ms < SCAN_AGE_MAX_MS
    assert bridge.stop() == 0


def test_a_scan_keeps_its_group_separator(bridge_folder: Make, service: StubService) -> None:
    bridge = bridge_folder()
    bridge.start()
    bridge.scanner.send(b"]d20109506000134352\x1d21S1\r\n")
    until(service.scans, "the scan")
    assert service.scans()[0].reading.text == "0109506000134352\x1d21S1"  # type: ignore[union-attr]


def test_what_cannot_be_read_reaches_the_service_with_its_bytes(
    bridge_folder: Make, service: StubService
) -> None:
    bridge = bridge_folder()
    bridge.start()
    bridge.scanner.send(b"no prefix\r")
    until(service.scans, "the garbled scan")
    reading = service.scans()[0].reading
    assert isinstance(reading, Garbled)
    assert bytes.fromhex(reading.raw_hex) == b"no prefix"


@pytest.mark.faults
@pytest.mark.parametrize("point", ["after_journal", "before_post"])
def test_a_scan_journalled_and_not_yet_sent_is_reported_late_once(
    bridge_folder: Make, service: StubService, point: str
) -> None:
    bridge = bridge_folder()
    bridge.start(fault=point)
    bridge.scanner.send(SCAN)
    assert bridge.died() == -9
    assert service.scans() == []
    bridge.start()
    until(service.scans, "the late scan")
    bridge.scanner.send(b"]C0X30005678\r")
    until(bridge.lights, "a light for the next scan")
    assert bridge.stop() == 0
    bridge.start()
    bridge.scanner.send(b"]C0X30009999\r")
    until(lambda: len(bridge.lights()) == 2, "a light for the last scan")
    late = [it for it in service.scans() if it.age_ms > SCAN_AGE_MAX_MS]
    assert [it.reading.text for it in late] == ["X30001234"]  # type: ignore[union-attr]
    assert service.said_of(late[0]) == "LATE"
    assert len([d for d in service.deliveries if d.sent == (late[0],)]) == 1
    assert [it.outcome for it in bridge.lights()] == ["IN_SET", "IN_SET"]


@pytest.mark.faults
def test_a_scan_killed_before_the_journal_was_never_seen_and_never_lit(
    bridge_folder: Make, service: StubService
) -> None:
    bridge = bridge_folder()
    bridge.start(fault="before_journal")
    bridge.scanner.send(SCAN)
    assert bridge.died() == -9
    bridge.start()
    bridge.scanner.send(b"]C0X30005678\r")
    until(bridge.lights, "a light for the next scan")
    assert [it.reading.text for it in service.scans()] == ["X30005678"]  # type: ignore[union-attr]
    assert len(bridge.lights()) == 1


@pytest.mark.faults
def test_a_scan_decided_and_killed_before_its_light_is_decided_once(
    bridge_folder: Make, service: StubService
) -> None:
    bridge = bridge_folder()
    bridge.start(fault="after_answer")
    bridge.scanner.send(SCAN)
    assert bridge.died() == -9
    bridge.start()
    bridge.scanner.send(b"]C0X30005678\r")
    until(bridge.lights, "a light for the next scan")
    until(lambda: len(service.scans()) == 2, "both scans")
    bridge.stop()
    texts = [it.reading.text for it in service.scans()]  # type: ignore[union-attr]
    assert sorted(texts) == ["X30001234", "X30005678"]
    assert len(bridge.lights()) == 1


@pytest.mark.faults
def test_the_same_key_is_sent_again_when_the_answer_is_lost(
    bridge_folder: Make, service: StubService
) -> None:
    bridge = bridge_folder()
    bridge.start()
    service.mode = "lost"
    bridge.scanner.send(SCAN)
    until(lambda: len(service.sends_of(1)) >= 2, "a second attempt")
    service.mode = "well"
    until(lambda: [it for it in bridge.lights() if it.light == "green"], "the light")
    assert len(service.scans()) == 1
    assert [it.repeat for it in bridge.lights() if it.light == "green"] == [True]
    ages = [it.age_ms for it in service.sends_of(1)]
    assert ages == sorted(ages)


@pytest.mark.faults
def test_observations_survive_kill_9_and_arrive_once_and_in_order(
    bridge_folder: Make, service: StubService
) -> None:
    bridge = bridge_folder()
    service.stop()
    bridge.start(fault="after_spool")
    assert bridge.died() == -9
    bridge.start()
    bridge.scanner.unplug()
    until(lambda: bridge.word() == "MISSING", "the loss being known")
    bridge.kill()
    service.start()
    bridge.scanner.plug()
    bridge.start()
    until(lambda: len(service.observations()) >= 4, "the spooled words about the scanner")
    words = [it.reading.word for it in service.observations() if isinstance(it.reading, DeviceReported)]
    assert words[:4] == ["OPEN", "OPEN", "MISSING", "OPEN"]
    until(lambda: bridge.state().spool_waiting == 0, "the spool to be empty")


@pytest.mark.faults
def test_a_scan_made_while_the_service_is_down_is_late_once_and_lit_red(
    bridge_folder: Make, service: StubService
) -> None:
    bridge = bridge_folder(timing="[timing]\nscan_live_s = 0.5\nretry_cap_s = 0.3\nscan_retry_cap_s = 0.1\n")
    service.stop()
    bridge.start()
    bridge.scanner.send(SCAN)
    until(lambda: "GIVEN_UP" in [it.outcome for it in bridge.lights()], "the red light")
    service.start()
    until(service.scans, "the late report")
    assert service.said_of(service.scans()[0]) == "LATE"
    bridge.scanner.send(b"]C0X30005678\r")
    until(lambda: "green" in [it.light for it in bridge.lights()], "the next scan's green")
    assert len(service.sends_of(1)) == 1
    assert bridge.lights()[-1].light == "green"


def test_a_sigterm_ends_it_cleanly_while_the_service_hangs(bridge_folder: Make, service: StubService) -> None:
    service.mode = "deaf"
    bridge = bridge_folder(timing="[timing]\nscan_post_s = 60\npost_s = 60\n")
    bridge.start()
    bridge.scanner.send(SCAN)
    until(lambda: service.connections >= 2, "the posts under way")
    assert bridge.stop() == 0
    assert "not waiting any longer" not in bridge.log()
    assert "stopped" in bridge.log()


@pytest.mark.faults
@pytest.mark.slow
def test_killed_at_random_moments_nothing_green_is_missing_and_nothing_is_there_twice(
    bridge_folder: Make, service: StubService
) -> None:
    chance = random.Random(2026)
    bridge = bridge_folder()
    for life in range(6):
        bridge.start()
        for number in range(10):
            bridge.scanner.send(b"]C0LIFE%dSCAN%d\r" % (life, number))
            time.sleep(chance.uniform(0, 0.02))
        bridge.kill()
    bridge.start()
    bridge.scanner.send(b"]C0LAST\r")
    until(lambda: "LAST added." in [it.sentence for it in bridge.lights()], "the last scan's light")
    lit = [it.sentence for it in bridge.lights() if it.light == "green"]
    decided = [it.sentence for it in service.decided.values() if it.light == "green"]
    seen = [it.reading.text for it in service.scans()]  # type: ignore[union-attr]
    assert len(lit) > 6
    assert set(lit) <= set(decided)
    assert len(seen) == len(set(seen))
    assert len(lit) == len(set(lit))


def test_a_second_bridge_on_the_same_spool_is_refused(bridge_folder: Make) -> None:
    bridge = bridge_folder()
    bridge.start()
    second = subprocess.run(
        [sys.executable, "-m", "firmware_bridge", "run", "-c", str(bridge.folder / "bridge.toml")],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert second.returncode == 3
    assert "another bridge is using" in second.stderr


def test_an_unplugged_scanner_is_said_once_and_heals_by_itself(
    bridge_folder: Make, service: StubService
) -> None:
    bridge = bridge_folder()
    bridge.start()
    bridge.scanner.unplug()
    until(lambda: bridge.word() == "MISSING", "the loss being known")
    bridge.scanner.plug()
    until(bridge.scanner.is_open, "the scanner to be opened again")
    bridge.scanner.send(SCAN)
    until(bridge.lights, "a light after the scanner came back")
    bridge.stop()
    assert bridge.log().count("hatch-scanner: lost: ") == 1
    assert bridge.log().count("hatch-scanner: back") == 1


def test_a_scanner_without_a_suffix_is_reported_as_misconfigured_until_it_is_mended(
    bridge_folder: Make, service: StubService
) -> None:
    bridge = bridge_folder()
    bridge.start()
    until(lambda: service.heartbeats, "a heartbeat")
    sent = 0

    def alarmed() -> bool:
        nonlocal sent
        if bridge.state().devices[0].garbled >= sent:  # the last scan was given up: scan again
            bridge.scanner.send(b"]C0X30001234")
            sent = bridge.state().devices[0].garbled + 1
        return bridge.word() == "MISCONFIGURED"

    until(alarmed, "the alarm")
    until(
        lambda: any(d.word == "MISCONFIGURED" for h in service.heartbeats for d in h.devices),
        "the service told",
    )
    bridge.scanner.send(b"\r" + SCAN)
    until(lambda: bridge.word() == "OPEN", "the scanner to be well again")
