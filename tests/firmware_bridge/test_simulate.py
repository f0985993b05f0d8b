"""Simulated hardware: what it sends is what a scanner would, and pulling its cable is pulling a cable."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.errors import Gone, NotConfigured
from devices.transports.script import Step
from devices.transports.serial_port import open_serial
from firmware_bridge.simulate import SimulatedPort, Simulator, ports_of, typed_step
from tests.firmware_bridge.bridge_process import until


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[tuple[Simulator, list[str]]]:
    """A simulator, and what it says."""
    said: list[str] = []
    simulator = Simulator(tmp_path / "ports", said.append)
    yield simulator, said
    simulator.close()


def test_a_script_is_played_through_the_kernel_byte_for_byte(simulator: tuple[Simulator, list[str]]) -> None:
    playing, said = simulator
    steps = [
        Step(device="hatch", text="]d2\x1d21S1\r"),
        Step(at_s=0.01, device="hatch", hex="FF0D"),
    ]
    playing.plug_in(ports_of(steps))
    reader = open_serial(str(playing.folder / "hatch"), 9600)
    playing.play(steps, speed=1, stop=threading.Event())
    got = b""
    while len(got) < 11:
        got += b"".join(it for it in reader.read(2) if isinstance(it, bytes))
    assert got == b"]d2\x1d21S1\r\xff\r"
    assert len(said) == 3
    reader.close()


def test_pulling_and_plugging_is_what_a_reader_sees(simulator: tuple[Simulator, list[str]]) -> None:
    playing, _ = simulator
    playing.plug_in(["hatch"])
    reader = open_serial(str(playing.folder / "hatch"), 9600)
    playing.do(Step(device="hatch", act="unplug"))
    with pytest.raises(Gone):
        reader.read(0.5)
    reader.close()
    playing.do(Step(device="hatch", text="lost\r"))
    playing.do(Step(device="hatch", act="plug"))
    again = open_serial(str(playing.folder / "hatch"), 9600)
    playing.do(Step(device="hatch", text="B\r"))
    assert again.read(2)[0][:1] == b"B"  # type: ignore[index]
    again.close()


def test_it_can_wait_until_the_bridge_has_opened_every_port(simulator: tuple[Simulator, list[str]]) -> None:
    playing, _ = simulator
    playing.plug_in(["a", "b"])
    stop = threading.Event()
    first = open_serial(str(playing.folder / "a"), 9600)
    assert not playing.wait_until_read(0.2, stop)
    second = open_serial(str(playing.folder / "b"), 9600)
    assert playing.wait_until_read(5, stop)
    first.close()
    second.close()
    stop.set()
    assert not playing.wait_until_read(5, stop)


def test_bytes_that_nobody_reads_are_dropped_and_said(simulator: tuple[Simulator, list[str]]) -> None:
    playing, said = simulator
    playing.plug_in(["hatch"])
    for _ in range(50):
        playing.do(Step(device="hatch", hex="41" * 1000))
    assert "nobody reads" in said[-1]


def test_the_last_words_of_a_scenario_are_read_before_its_devices_are_pulled(
    simulator: tuple[Simulator, list[str]],
) -> None:
    playing, _ = simulator
    playing.plug_in(["hatch"])
    reader = open_serial(str(playing.folder / "hatch"), 9600)
    assert playing.wait_until_read(5, threading.Event())
    playing.do(Step(device="hatch", text="last\r"))
    got: list[object] = []
    slow = threading.Timer(0.1, lambda: got.extend(reader.read(2)))
    slow.start()
    playing.let_read(threading.Event())
    playing.close()
    slow.join()
    reader.close()
    assert got == [b"last\r"]


def test_a_stop_ends_the_playing(simulator: tuple[Simulator, list[str]]) -> None:
    playing, said = simulator
    playing.plug_in(["hatch"])
    stop = threading.Event()
    steps = [Step(device="hatch", text="A"), Step(at_s=3600, device="hatch", text="B")]
    thread = threading.Thread(target=playing.play, args=(steps, 1.0, stop))
    thread.start()
    until(lambda: len(said) == 2, "the first step")
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(said) == 2


def test_a_lamps_bytes_can_be_read_at_the_far_end(tmp_path: Path) -> None:
    port = SimulatedPort(tmp_path / "lamp")
    assert port.received() == b""
    assert not port.is_open()
    port.plug()
    assert port.received() == b""
    near = open_serial(str(port.link), 9600)
    assert port.is_open()
    near.write(b"\x01")
    until(lambda: port.received() == b"\x01", "the byte")
    near.close()
    port.unplug()
    assert port.send(b"x") == 0


def test_what_the_other_side_writes_to_a_device_is_said(simulator: tuple[Simulator, list[str]]) -> None:
    hatch, said = simulator
    hatch.plug_in(["counter"])
    port = open_serial(said[-1].partition("-> ")[2], 9600)
    port.write(bytes.fromhex("04D00400FF28"))
    hatch.play([Step(device="counter", text="x")], 0, threading.Event())
    assert "counter: heard 04D00400FF28" in said
    hatch.hear()
    assert sum("heard" in line for line in said) == 1
    port.close()


def test_a_docks_step_needs_a_broker(simulator: tuple[Simulator, list[str]]) -> None:
    step = Step(device="dock", topic="kit/x", text="{}")
    assert ports_of([step]) == []
    with pytest.raises(NotConfigured, match="needs --broker"):
        simulator[0].do(step)


@pytest.mark.parametrize("device", ["../etc/x", ".hidden", "a/b"])
def test_no_device_is_called_so_that_its_port_lands_elsewhere(
    simulator: tuple[Simulator, list[str]], device: str
) -> None:
    with pytest.raises(NotConfigured, match="cannot be called"):
        simulator[0].plug_in([device])


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("hatch ]C0X3 0001\n", Step(device="hatch", hex=b"]C0X3 0001\r".hex())),
        ('{"device":"hatch","act":"unplug"}', Step(device="hatch", act="unplug")),
        ('{"device":"d","topic":"t","text":"x"}', Step(device="d", topic="t", text="x")),
    ],
)
def test_a_step_can_be_typed(line: str, step: Step) -> None:
    assert typed_step(line) == step


@pytest.mark.parametrize("line", ["hatch", "hatch €", '{"device":', " text"])
def test_a_step_typed_wrong_is_answered(line: str) -> None:
    with pytest.raises(NotConfigured):
        typed_step(line)
