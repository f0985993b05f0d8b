"""A tray of tags on a simulated reader, through a real pty and a real bridge: one sweep reaches the service."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.drivers.rfid import m100, uhfreader18
from devices.readings import TagsSwept
from devices.transports.script import Step
from firmware_bridge.simulate import SimulatedPort, Simulator
from tests.devices.drivers.rfid.test_m100 import tag
from tests.firmware_bridge.bridge_process import BridgeFolder, until
from tests.firmware_bridge.stub_service import StubService

Make = Callable[..., BridgeFolder]
STATION = """[[station]]
device = "tray"
driver = "{}"
port = "{}"
options = {{ settle_s = {} }}
"""
LONG = 3.0
"""Longer than a busy machine may take between two steps, so that a slow test is still one tray."""

EPCS = [f"3034257BF7194E4000{n:06X}" for n in range(200)]
STOP, WHO = m100.frame(m100.TO_MODULE, m100.STOP), m100.frame(m100.TO_MODULE, m100.INFORMATION, b"\x01")
ROUNDS = m100.frame(m100.TO_MODULE, m100.ROUNDS, m100.TEN_THOUSAND)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A simulator with one reader, called tray."""
    playing = Simulator(tmp_path / "ports", lambda _line: None)
    playing.plug_in(["tray"])
    yield playing
    playing.close()


class Module:
    """The far end of the reader's pty: what the bridge sends it, and what it says."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._heard = b""

    @property
    def port(self) -> SimulatedPort:
        """Its pty."""
        return self._simulator._port("tray")

    def hears(self, expected: bytes) -> None:
        """Wait until the bridge has sent `expected`."""

        def heard() -> bool:
            self._heard += self.port.received()
            return expected in self._heard

        until(heard, f"{expected.hex()}, only {self._heard.hex()}")
        self._heard = b""

    def says(self, data: bytes) -> None:
        """Play `data` as a step of a script."""
        self._simulator.do(Step(device="tray", hex=data.hex()))


def started(module: Module) -> None:
    """The module answers what it is asked, up to the start of its rounds."""
    module.hears(STOP)
    module.says(m100.frame(m100.ANSWER, m100.STOP, b"\x00"))
    module.hears(WHO)
    module.says(m100.frame(m100.ANSWER, m100.INFORMATION, b"\x01M100 V2.3"))
    module.hears(m100.frame(m100.TO_MODULE, m100.REGION, b"\x03"))
    module.says(m100.frame(m100.ANSWER, m100.REGION, b"\x00"))
    module.hears(ROUNDS)


def sweeps(service: StubService) -> list[TagsSwept]:
    """The sweeps that the service was sent, each once."""
    return [it.reading for it in service.observations() if isinstance(it.reading, TagsSwept)]


def test_a_tray_that_is_read_again_and_again_reaches_the_service_as_one_sweep(
    bridge_folder: Make, service: StubService, simulator: Simulator
) -> None:
    module = Module(simulator)
    bridge = bridge_folder(more=STATION.format("m100", module.port.link, LONG))
    bridge.start()
    started(module)
    for turn in range(3):
        for at in range(0, len(EPCS), 20):
            module.says(b"".join(tag(bytes.fromhex(epc)) for epc in EPCS[at : at + 20]))
        module.says(b"\xbb\x02garbage" if turn == 1 else b"")
    until(lambda: sweeps(service), "the sweep")
    (sweep,) = sweeps(service)
    assert [seen.epc for seen in sweep.tags] == EPCS
    module.says(tag(bytes.fromhex(EPCS[7])) + tag(b"\xaa" * 12))
    until(lambda: len(sweeps(service)) == 2, "the tag that joined the tray")
    assert [seen.epc for seen in sweeps(service)[1].tags] == ["AA" * 12]
    reader = next(it for it in bridge.state().devices if it.device == "tray")
    assert (reader.word, reader.firmware) == ("OPEN", "M100 V2.3")
    assert bridge.stop() == 0


def test_a_reader_that_is_unplugged_and_plugged_in_again_is_set_up_again(
    bridge_folder: Make, service: StubService, simulator: Simulator
) -> None:
    module = Module(simulator)
    bridge = bridge_folder(more=STATION.format("m100", module.port.link, 0.7))
    bridge.start()
    started(module)
    module.says(tag(b"\x01" * 12))
    until(lambda: sweeps(service), "the first sweep")
    simulator.do(Step(device="tray", act="unplug"))
    simulator.do(Step(device="tray", act="plug"))
    started(module)
    module.says(tag(b"\x02" * 12))
    until(lambda: len(sweeps(service)) == 2, "the second sweep")
    assert bridge.stop() == 0


def test_a_reader_that_answers_nothing_is_said_to_be_wedged_until_it_does(
    bridge_folder: Make, service: StubService, simulator: Simulator
) -> None:
    def word() -> str:
        return next(it.word for it in bridge.state().devices if it.device == "tray")

    module = Module(simulator)
    bridge = bridge_folder(more=STATION.format("uhfreader18", module.port.link, 0.7))
    bridge.start()
    until(lambda: word() == "WEDGED", "the word")
    module.says(uhfreader18.answer(uhfreader18.INVENTORY, 0xFB))
    until(lambda: word() == "OPEN", "its end")
    assert bridge.stop() == 0
