"""Watching without delivering: what a technician sees while setting up a scanner."""

import functools
import threading
from pathlib import Path

import pytest

from devices.drivers import DRIVERS
from devices.errors import Gone
from devices.transports.replay import open_replay
from firmware_bridge.clock import SYSTEM
from firmware_bridge.monitor import RAW_BYTES_MAX, Screen, raw, watch
from firmware_bridge.settings import Timing
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.station import Station
from firmware_bridge.stations import open_serial
from tests.firmware_bridge.bridge_process import until


def test_a_capture_is_shown_reading_by_reading_to_its_end(tmp_path: Path) -> None:
    capture = tmp_path / "c.jsonl"
    capture.write_text('{"device":"hatch","text":"X3\\rno\\u00ff\\r"}\n')
    shown: list[str] = []
    station = Station(
        "hatch",
        DRIVERS["serial-scanner"],
        {},
        lambda: open_replay(capture, "hatch", SYSTEM.mono_s, lambda _s: None),
    )
    with pytest.raises(Gone):
        watch([station], Timing(), Screen(SYSTEM, shown.append), threading.Event(), once=True)
    assert shown[0] == "hatch  OPEN"
    assert shown[1].startswith('hatch  {"type":"code","text":"X3"')
    assert '"type":"garbled"' in shown[2]


def test_a_scanner_pulled_while_it_is_watched_is_shown_and_comes_back(tmp_path: Path) -> None:
    scanner = SimulatedPort(tmp_path / "scanner")
    scanner.plug()
    shown: list[str] = []
    station = Station("hatch", DRIVERS["serial-scanner"], {}, lambda: open_serial(str(scanner.link), 9600))
    stop = threading.Event()
    timing = Timing(reopen_first_s=0.01, reopen_cap_s=0.02)
    thread = threading.Thread(target=watch, args=([station], timing, Screen(SYSTEM, shown.append), stop))
    thread.start()
    until(lambda: shown == ["hatch  OPEN"], "the port to be open")
    scanner.unplug()
    until(lambda: len(shown) == 2, "the loss")
    scanner.plug()
    until(lambda: shown[2:] == ["hatch  OPEN"], "the return")
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert shown[1].startswith("hatch  MISSING")
    scanner.unplug()


def test_what_arrived_stands_before_what_it_means_whatever_it_came_over(tmp_path: Path) -> None:
    capture = tmp_path / "c.jsonl"
    bay = "kit/v1/medway/dock/d1/bay/3"
    capture.write_text(
        '{"device":"hatch","text":"X\\u00ff\\r"}\n'
        '{"device":"docks","topic":"' + bay + '","text":"{\\"present\\":false}","retain":true}\n'
    )
    shown: list[str] = []
    screen = Screen(SYSTEM, shown.append, with_raw=True)
    for device, driver in (("hatch", "serial-scanner"), ("docks", "kit-dock")):
        port = functools.partial(open_replay, capture, device, SYSTEM.mono_s, lambda _s: None)
        with pytest.raises(Gone):
            watch([Station(device, DRIVERS[driver], {}, port)], Timing(), screen, threading.Event(), once=True)
    arrived = [line for line in shown if "  < " in line]
    assert arrived == [
        "hatch  < 58FF0D  X..",
        f"docks  < {bay} (retained)  7B2270726573656E74223A66616C73657D  " + '{"present":false}',
    ]
    for line, meaning in zip(arrived, ('"type":"garbled"', '"type":"bay"'), strict=True):
        assert meaning in shown[shown.index(line) + 1]


def test_a_flood_is_cut_where_a_person_would_stop_reading() -> None:
    assert raw(b"A" * (RAW_BYTES_MAX + 3)) == f"{'41' * RAW_BYTES_MAX}  {'A' * RAW_BYTES_MAX}  and 3 bytes more"
