"""Serial ports on real ptys: every byte whole, and a pulled cable noticed however pyserial words it."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.errors import Gone, NotConfigured, NotOpened
from devices.transports.serial_port import SerialPort, listed_ports, open_serial
from firmware_bridge.simulate import SimulatedPort


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[SimulatedPort]:
    """The far end of a cable."""
    port = SimulatedPort(tmp_path / "scanner")
    port.plug()
    yield port
    port.unplug()


def read_bytes(port: SerialPort, count: int) -> bytes:
    """`count` bytes, in however many pieces they come."""
    got = b""
    while len(got) < count:
        piece = port.read(5.0)
        assert piece, f"only {got!r} came"
        got += b"".join(part for part in piece if isinstance(part, bytes))
    return got


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=500))
def test_every_byte_arrives_as_it_was_sent(scanner: SimulatedPort, data: bytes) -> None:
    port = open_serial(str(scanner.link), 9600)
    scanner.send(data)
    assert read_bytes(port, len(data)) == data
    port.close()


def test_silence_is_an_empty_answer(scanner: SimulatedPort) -> None:
    port = open_serial(str(scanner.link), 9600)
    assert port.read(0.01) == []
    port.kept()
    port.close()


def test_what_was_scanned_before_the_bridge_opened_is_dropped(scanner: SimulatedPort) -> None:
    scanner.send(b"an hour ago\r")
    port = open_serial(str(scanner.link), 9600)
    scanner.send(b"now\r")
    assert read_bytes(port, 4) == b"now\r"
    port.close()


def test_a_lamp_hears_what_is_written(scanner: SimulatedPort) -> None:
    port = open_serial(str(scanner.link), 9600)
    port.write(b"\x01\x1d\xff")
    heard = b""
    while len(heard) < 3:
        heard += scanner.received()
    assert heard == b"\x01\x1d\xff"
    port.close()


def test_a_pulled_cable_ends_the_reading(scanner: SimulatedPort) -> None:
    port = open_serial(str(scanner.link), 9600)
    scanner.unplug()
    with pytest.raises(Gone, match="plug it back in"):
        port.read(0.5)
    port.close()
    port.close()


def test_a_pulled_cable_ends_the_writing(scanner: SimulatedPort) -> None:
    port = open_serial(str(scanner.link), 9600)
    scanner.unplug()
    with pytest.raises(Gone, match="takes nothing"):
        port.write(b"\x01")
    port.close()


def test_a_cable_pulled_between_two_bytes_is_noticed_too(
    scanner: SimulatedPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = open_serial(str(scanner.link), 9600)
    whole = serial.Serial.read

    def read_then_pull(line: serial.Serial, size: int = 1) -> bytes:
        data: bytes = whole(line, size)
        scanner.unplug()  # what pyserial then raises of `in_waiting` is a bare OSError
        return data

    monkeypatch.setattr(serial.Serial, "read", read_then_pull)
    scanner.send(b"X3")
    with pytest.raises(Gone):
        port.read(1.0)
    port.close()


def test_a_port_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NotOpened) as refused:
        open_serial(str(tmp_path / "nothing"), 9600)
    assert refused.value.word == "MISSING"
    assert "nothing" in str(refused.value)


def test_a_second_opener_is_told_that_it_is_busy(scanner: SimulatedPort) -> None:
    first = open_serial(str(scanner.link), 9600)
    with pytest.raises(NotOpened) as refused:
        open_serial(str(scanner.link), 9600)
    assert refused.value.word == "BUSY"
    first.close()
    open_serial(str(scanner.link), 9600).close()


def test_a_port_of_another_group_is_denied_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests may run as root, whom no permission stops: pyserial's own error is raised in its place.
    def denied(*_args: object, **_words: object) -> None:
        raise serial.SerialException(errno.EACCES, "could not open port")

    monkeypatch.setattr(serial, "Serial", denied)
    with pytest.raises(NotOpened, match="group") as refused:
        open_serial("/dev/ttyACM0", 9600)
    assert refused.value.word == "DENIED"


def test_a_rate_that_no_line_has_is_a_matter_of_configuration(scanner: SimulatedPort) -> None:
    with pytest.raises(NotConfigured, match="baud"):
        open_serial(str(scanner.link), -1)


def test_the_systems_ports_can_be_listed() -> None:
    assert all(port.path for port in listed_ports())
