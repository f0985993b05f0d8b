"""Lights: the answer where the person stands, and never a wait for anyone else."""

import errno
import fcntl
import queue
import struct
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from devices.errors import Gone, NotConfigured
from devices.transports.mqtt import Message
from devices.wire import Answer
from firmware_bridge.clock import SYSTEM
from firmware_bridge.feedback import (
    QUEUE_MAX,
    ConsoleLamp,
    FileLamp,
    Lamp,
    Lights,
    LinesLamp,
    MqttLamp,
    OwnLamp,
    Placed,
    SerialLamp,
    ShownLine,
)
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.station import Wish
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.hands import Hands

GREEN = Answer(seq=1, outcome="IN_SET", light="green", tone="ok", sentence="PC 4417: X30001234 added.")
RED = Answer(seq=2, outcome="REFUSED", light="red", sentence="PPST is out of date.")
BYTES = {"green": b"\x01", "red": b"\x02", "none": b"\x00"}


class Note:
    """A lamp that remembers, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.did: list[str] = []
        self.failures = failures

    def show(self, device: str, answer: Answer) -> None:
        """Remember."""
        if self.failures:
            self.failures -= 1
            raise Gone("the lamp was pulled")
        self.did.append(f"{device} {answer.light}")

    def rest(self) -> None:
        """Remember."""
        self.did.append("dark")


@contextmanager
def lit(lamp: Lamp, hold_s: float = 60.0) -> Iterator[Lights]:
    """Running lights with one lamp for the hatch."""
    lights = Lights({"hatch": (Placed("lamp", lamp, hold_s),)}, SYSTEM)
    stop = threading.Event()
    thread = threading.Thread(target=lights.run, args=(stop,))
    thread.start()
    yield lights
    stop.set()
    lights.wake()
    thread.join(10)
    assert not thread.is_alive()


def test_each_answer_is_shown_at_its_own_devices_lamps_in_order() -> None:
    lamp = Note()
    with lit(lamp) as lights:
        for device, answer in (("hatch", GREEN), ("elsewhere", RED), ("hatch", RED)):
            lights.show(device, answer)
        until(lambda: len(lamp.did) == 2, "two answers shown")
    assert lamp.did == ["hatch green", "hatch red"]


def test_what_is_queued_at_a_stop_is_still_shown() -> None:
    lamp = Note()
    with lit(lamp) as lights:
        for _ in range(20):
            lights.show("hatch", GREEN)
    assert lamp.did == ["hatch green"] * 20


def test_a_lamp_goes_dark_after_its_time() -> None:
    lamp = Note()
    with lit(lamp, hold_s=0.05) as lights:
        lights.show("hatch", GREEN)
        until(lambda: lamp.did == ["hatch green", "dark"], "the dark")


def test_a_lamp_that_fails_is_said_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    lamp = Note(failures=3)
    with lit(lamp) as lights:
        for _ in range(5):
            lights.show("hatch", GREEN)
        until(lambda: len(lamp.did) == 2, "the lamp to work again")
    assert caplog.text.count("light lamp: lost") == 1
    assert caplog.text.count("light lamp: back") == 1


def test_lamps_that_are_behind_never_hold_up_delivery(caplog: pytest.LogCaptureFixture) -> None:
    lights = Lights({}, SYSTEM)  # nobody runs it
    for _ in range(QUEUE_MAX + 5):
        lights.show("hatch", GREEN)
    assert caplog.text.count("is not shown") == 5
    lights.wake()


def test_a_device_behind_with_its_own_light_leaves_one_out_and_holds_nobody_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lamp = OwnLamp(queue.Queue(1))
    lamp.show("hatch", GREEN)
    lamp.show("hatch", RED)
    assert lamp.wishes.get_nowait() == Wish("green")
    assert "one answer is not shown" in caplog.text


def test_the_console_names_the_outcome_and_no_person(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        ConsoleLamp().show("hatch", GREEN)
        ConsoleLamp().rest()
    assert "hatch: scan 1: green IN_SET" in caplog.text
    assert "4417" not in caplog.text


def test_a_lights_file_holds_each_answer_whole(tmp_path: Path) -> None:
    lamp = FileLamp(tmp_path / "lights.jsonl", Hands(now_us=7).clock)
    lamp.show("hatch", GREEN)
    lamp.rest()
    lamp.show("hatch", RED)
    lines = (tmp_path / "lights.jsonl").read_bytes().splitlines()
    shown = [msgspec.json.decode(line, type=ShownLine) for line in lines]
    assert shown == [
        ShownLine(at_us=7, device="hatch", answer=GREEN),
        ShownLine(at_us=7, device="hatch", answer=RED),
    ]


def test_a_serial_lamp_is_sent_its_bytes_and_found_again_after_it_was_pulled(tmp_path: Path) -> None:
    tower = SimulatedPort(tmp_path / "tower")
    tower.plug()
    lamp = SerialLamp(str(tower.link), 9600, BYTES)  # type: ignore[arg-type]
    lamp.show("hatch", GREEN)
    lamp.rest()
    until(gathers(tower, b"\x01\x00"), "green, then dark")
    tower.unplug()
    with pytest.raises(Gone):
        lamp.show("hatch", RED)
    tower.plug()
    lamp.show("hatch", RED)
    until(gathers(tower, b"\x02"), "red")
    lamp.show("hatch", Answer(seq=3, outcome="PARKED", light="amber"))  # no bytes are set for amber
    tower.unplug()


def gathers(port: SimulatedPort, wanted: bytes) -> Callable[[], bool]:
    """Whether the port has received `wanted` in all."""
    got = bytearray()

    def look() -> bool:
        got.extend(port.received())
        return bytes(got) == wanted

    return look


class Adapter:
    """The kernel's side of a USB-serial adapter's lines, on a real pty, which has none: what is raised and lowered."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.up = {termios.TIOCM_RTS: True, termios.TIOCM_DTR: True}  # as every port is opened
        self.is_pulled = False
        really = fcntl.ioctl

        def ioctl(fd: int, request: int, arg: bytes = b"", *rest: object) -> object:
            if request not in (termios.TIOCMBIS, termios.TIOCMBIC):
                return really(fd, request, arg, *rest)  # type: ignore[call-overload]
            if self.is_pulled:
                raise OSError(errno.EIO, "Input/output error")
            self.up[struct.unpack("I", arg)[0]] = request == termios.TIOCMBIS
            return arg

        patch.setattr("serial.serialposix.fcntl.ioctl", ioctl)

    def __str__(self) -> str:
        return " ".join(name for name, bit in (("rts", termios.TIOCM_RTS), ("dtr", termios.TIOCM_DTR)) if self.up[bit])


@pytest.mark.parametrize(
    ("inverted", "shown"), [(False, ["rts", "dtr", ""]), (True, ["dtr", "rts", "rts dtr"])], ids=["", "inverted"]
)
def test_a_relay_on_an_adapters_lines_is_up_for_its_lights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inverted: bool, shown: list[str]
) -> None:
    port, adapter = SimulatedPort(tmp_path / "adapter"), Adapter(monkeypatch)
    port.plug()
    lamp = LinesLamp(str(port.link), frozenset({"green"}), frozenset({"red", "amber"}), inverted)
    was = []
    for light in ("green", "red", "none"):
        lamp.show("hatch", Answer(seq=1, outcome="X", light=light))  # type: ignore[arg-type]
        was.append(str(adapter))
    assert was == shown
    adapter.is_pulled = True
    with pytest.raises(Gone, match="plug it back in"):
        lamp.rest()
    adapter.is_pulled = False
    lamp.rest()
    assert str(adapter) == shown[2], "found again by itself"
    lamp.close()
    port.unplug()


def test_a_port_without_lines_is_a_matter_of_configuration(tmp_path: Path) -> None:
    port = SimulatedPort(tmp_path / "pty")
    port.plug()
    with pytest.raises(NotConfigured, match="USB-serial adapter"):
        LinesLamp(str(port.link), frozenset({"green"}), frozenset()).show("hatch", GREEN)
    port.unplug()


def test_a_lamp_on_mqtt_is_told_on_its_topic_and_the_broker_keeps_nothing() -> None:
    said: list[Message] = []
    lamp = MqttLamp("medway", said.append)
    lamp.show("hatch", GREEN)
    lamp.rest()
    assert said == [Message("kit/v1/medway/light/hatch", msgspec.json.encode(GREEN), retain=False)]
