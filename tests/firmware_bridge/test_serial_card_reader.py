"""A card reader on a real pty, asked by a real station: cards are told once, and its line may be pulled."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devices.drivers import DRIVERS
from devices.drivers.rfid.serial_card_reader import ASK, BE_READY
from firmware_bridge.clock import SYSTEM
from firmware_bridge.monitor import Screen, watch
from firmware_bridge.settings import Timing, load
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.stations import stations_of
from tests.devices.drivers.rfid.test_serial_card_reader import HOLLIS, NOBODY, READY, REID, answer
from tests.firmware_bridge.bridge_process import until

QUICK = Timing(reopen_first_s=0.02, reopen_cap_s=0.05, stable_s=0.2)


class Reader:
    """The far end of the line: answers what it is asked with what lies on it."""

    def __init__(self, port: SimulatedPort) -> None:
        self.port = port
        self.lies = ""
        self._heard = b""

    def asked(self, question: bytes, times: int = 1) -> None:
        """Wait until it was asked so often, answering each time."""
        for _ in range(times):
            until(lambda: self._hears(question), f"{question.hex()}, only {self._heard.hex()}")
            self._heard = self._heard.partition(question)[2]
            there = answer(f"{self.lies}9000") if self.lies else NOBODY
            self.port.send(READY if question == BE_READY else there)

    def _hears(self, question: bytes) -> bool:
        self._heard += self.port.received()
        return question in self._heard


@contextmanager
def watched(folder: Path, port: SimulatedPort) -> Iterator[list[str]]:
    """The lines of a monitor that watches the reader."""
    (folder / "bridge.toml").write_text(
        'bridge = "medway"\nservice = "http://127.0.0.1:9"\nkey_file = "key"\nspool_dir = "spool"\n[[station]]\n'
        f'device = "cards"\ndriver = "serial-card-reader"\nport = "{port.link}"\noptions = {{ poll_s = 0.1 }}\n'
    )
    shown: list[str] = []
    stop = threading.Event()
    stations = stations_of(load(folder / "bridge.toml", DRIVERS), DRIVERS)
    thread = threading.Thread(target=watch, args=(stations, QUICK, Screen(SYSTEM, shown.append), stop))
    thread.start()
    yield shown
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def cards(shown: list[str]) -> list[str]:
    """The cards that a monitor has shown."""
    return [line.partition('"uid":"')[2].partition('"')[0] for line in shown if '"type":"card"' in line]


def test_a_card_laid_on_a_serial_reader_is_told_once_and_a_pulled_line_comes_back(tmp_path: Path) -> None:
    port = SimulatedPort(tmp_path / "cards")
    port.plug()
    reader = Reader(port)
    with watched(tmp_path, port) as shown:
        reader.asked(BE_READY)
        reader.asked(ASK)
        reader.lies = HOLLIS
        reader.asked(ASK, times=4)
        until(lambda: cards(shown) == [HOLLIS], "the card")
        port.unplug()
        port.plug()
        reader.asked(BE_READY)
        reader.asked(ASK)  # it lay there when the line came back: nobody has come with it
        reader.lies = ""
        reader.asked(ASK)
        reader.lies = REID
        reader.asked(ASK, times=2)
        until(lambda: len(cards(shown)) == 2, "the other card")
    assert cards(shown) == [HOLLIS, REID]
    port.unplug()
