"""A scanner that is talked to, through a real pty: acknowledged when its scan is safe, and lit by the answer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.drivers import DRIVERS
from devices.drivers.scanners.scan_engine import SCAN_NOW
from devices.drivers.scanners.ssi_scanner import frame
from devices.packets import engine
from devices.packets.ssi import SSI, SsiPacket
from devices.transports.serial_port import open_serial
from firmware_bridge.clock import SYSTEM
from firmware_bridge.monitor import Screen, watch
from firmware_bridge.settings import Timing
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.station import Station
from tests.firmware_bridge.bridge_process import BridgeFolder, until
from tests.firmware_bridge.stub_service import StubService

Make = Callable[..., BridgeFolder]
STATION = """[[station]]
device = "counter"
driver = "ssi-scanner"
port = "{}"
feedback = ["device", "file"]
"""


def said(name: str, data: bytes = b"", *, host: bool = False, again: bool = False) -> bytes:
    """A packet of the scanner, or of ours."""
    return SSI.pack(SsiPacket(SSI.code(name), data, host=host, again=again))


ACK = said("CMD_ACK", host=True)
WHO = said("REQUEST_REVISION", host=True)


class Heard:
    """What the far end of a pty has heard."""

    def __init__(self, port: SimulatedPort) -> None:
        self.port = port
        self.data = b""

    def __contains__(self, expected: bytes) -> bool:
        self.data += self.port.received()
        return expected in self.data

    def waits_for(self, expected: bytes) -> None:
        """Wait for `expected`, and forget what came up to its end."""
        until(lambda: expected in self, f"{expected.hex()}, only {self.data.hex()}")
        self.data = self.data[self.data.index(expected) + len(expected) :]


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[SimulatedPort]:
    """A scanner on a pty."""
    port = SimulatedPort(tmp_path / "counter")
    port.plug()
    yield port
    port.unplug()


@contextmanager
def watched(port: SimulatedPort, driver: str, options: dict[str, str]) -> Iterator[list[str]]:
    """The lines of a monitor that watches the scanner."""
    shown: list[str] = []
    station = Station("counter", DRIVERS[driver], options, lambda: open_serial(str(port.link), 9600))
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=([station], Timing(), Screen(SYSTEM, shown.append), stop))
    thread.start()
    yield shown
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def codes(shown: list[str]) -> list[str]:
    """The codes that a monitor has shown."""
    return [line for line in shown if '"type":"code"' in line]


def test_a_scan_is_acknowledged_and_its_repetition_too_and_shown_once(scanner: SimulatedPort) -> None:
    heard = Heard(scanner)
    with watched(scanner, "ssi-scanner", {}) as shown:
        heard.waits_for(WHO)
        scanner.send(said("REPLY_REVISION", b"PAABLS00-004"))
        heard.waits_for(ACK)
        for again in (False, True):
            scanner.send(frame("X30001234", again=again))
            heard.waits_for(ACK)
        scanner.send(frame("X30005678"))
        heard.waits_for(ACK)
    assert len(codes(shown)) == 2
    assert sum('"what":"DECODE_DATA"' in line for line in shown) == 1


def test_an_engine_is_told_to_scan_again_after_each_scan(scanner: SimulatedPort) -> None:
    heard = Heard(scanner)
    with watched(scanner, "scan-engine", {"trigger": "command"}) as shown:
        for number in range(3):
            heard.waits_for(SCAN_NOW)
            scanner.send(engine.reply(0) + f"X3000{number}\r".encode())
        until(lambda: len(codes(shown)) == 3, "three codes")


def test_the_answer_to_a_scan_lights_the_scanner_itself(
    bridge_folder: Make, service: StubService, scanner: SimulatedPort
) -> None:
    bridge = bridge_folder(more=STATION.format(scanner.link))
    bridge.start()
    heard = Heard(scanner)
    heard.waits_for(WHO)
    scanner.send(said("REPLY_REVISION", b"PAABLS00-004"))
    heard.waits_for(ACK)
    scanner.send(frame("X30001234"))
    heard.waits_for(ACK)
    heard.waits_for(said("LED_ON", b"\x01", host=True))
    scanner.send(said("CMD_ACK"))
    heard.waits_for(said("BEEP", b"\x01", host=True))
    scanner.send(said("CMD_ACK"))
    heard.waits_for(said("LED_OFF", b"\x01", host=True))
    assert [it.device for it in service.scans()] == ["counter"]
    counter = next(it for it in bridge.state().devices if it.device == "counter")
    assert (counter.word, counter.firmware) == ("OPEN", "PAABLS00-004")
    assert bridge.stop() == 0


@pytest.mark.faults
def test_a_scan_that_a_dead_bridge_had_not_kept_is_sent_again_and_decided_once(
    bridge_folder: Make, service: StubService, scanner: SimulatedPort
) -> None:
    bridge = bridge_folder(more=STATION.format(scanner.link))
    bridge.start(fault="before_journal")
    heard = Heard(scanner)
    heard.waits_for(WHO)
    scanner.send(frame("X30001234"))
    assert bridge.died() == -9
    assert ACK not in heard
    bridge.start()
    heard.waits_for(WHO)
    scanner.send(frame("X30001234", again=True))
    heard.waits_for(ACK)
    until(bridge.lights, "the light")
    assert [it.outcome for it in bridge.lights()] == ["IN_SET"]
