"""The scenarios of the manual, played as hardware to a bridge that is configured as they say."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.errors import NotConfigured
from devices.readings import BayReported, Garbled
from devices.transports.replay import open_replay
from devices.transports.script import Step, read_script, read_step
from devices.transports.serial_port import open_serial
from firmware_bridge.clock import SYSTEM
from firmware_bridge.simulate import Simulator, ports_of
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.running_bridge import RunningBridge
from tests.firmware_bridge.stub_service import StubService

SCENARIOS = Path(__file__).parents[2] / "docs/scenarios"
STATION = '[[station]]\ndevice = "{}"\ndriver = "{}"\nport = "{}"\noptions = {{ {} }}\n'
DOCKS = {
    "usb-dock.jsonl": ("rack-1", "usb-dock", "rack-1", 'bays = "1=1-2.1 2=1-2.2", came_s = 0, gone_s = 0'),
    "network-dock.jsonl": (
        "rack-2", "dhcp-dock", "rack-2/leases", 'bays = "1=00:25:df:00:00:07 2=00:25:df:00:00:08", settle_s = 0',
    ),
    "charging-hub.jsonl": ("rack-3", "cambrionix", "rack-3", "poll_s = 0.2, settle_s = 0"),
}  # fmt: skip
"""Each scenario's station, with waits for a test."""

STAGES: dict[str, list[dict[int, tuple[str, bool | None]]]] = {
    "rack-1": [
        {1: ("UNKNOWN", True), 2: ("UNKNOWN", True)},
        {1: ("UNKNOWN", True), 2: ("EMPTY", False)},
        {1: ("UNKNOWN", True), 2: ("UNKNOWN", True)},
    ],
    "rack-2": [
        {1: ("UNKNOWN", True), 2: ("EMPTY", False)},
        {1: ("UNKNOWN", True), 2: ("UNKNOWN", True)},
        {1: ("EMPTY", False), 2: ("UNKNOWN", True)},
    ],
    "rack-3": [{1: ("CHARGING", True)}, {1: ("READY", True)}, {1: ("EMPTY", False)}],
}
"""What the bays are after each stage of a scenario."""


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """Hardware to be played."""
    made = Simulator(tmp_path / "ports", lambda _said: None)
    yield made
    made.close()
    assert list((tmp_path / "ports").iterdir()) == [], "nothing is left behind"


def stages(scenario: str) -> list[list[Step]]:
    """The steps of a scenario that stand at the same time, together."""
    steps = read_script(SCENARIOS / scenario)
    return [list(group) for _, group in itertools.groupby(steps, key=lambda it: it.at_s)]


def test_what_the_docks_scenarios_play_is_what_the_service_is_told(
    running: RunningBridge, service: StubService, simulator: Simulator, tmp_path: Path
) -> None:
    def bays() -> dict[str, dict[int, tuple[str, bool | None]]]:
        simulator.hear()
        said: dict[str, dict[int, tuple[str, bool | None]]] = {}
        for it in service.observations():
            if isinstance(it.reading, BayReported):
                said.setdefault(it.reading.dock, {})[it.reading.bay] = (it.reading.word, it.reading.present)
        return said

    played = {name: stages(name) for name in DOCKS}
    ports = tmp_path / "ports"
    simulator.plug_in(port for each in played.values() for port in ports_of(step for stage in each for step in stage))
    running.write(*(STATION.format(name, driver, ports / port, more) for name, driver, port, more in DOCKS.values()))
    for number in range(3):
        for steps in played.values():
            for step in steps[number]:
                simulator.do(step)
        if number == 0:
            running.start()
        expected = {rack: each[number] for rack, each in STAGES.items()}
        until(lambda: bays() == expected, f"stage {number}: {expected}, only {bays()}")  # noqa: B023 - asked at once
    assert [it for it in service.observations() if isinstance(it.reading, Garbled)] == []


@pytest.mark.parametrize("scenario", sorted(it.name for it in SCENARIOS.glob("*.jsonl")))
def test_every_scenario_of_the_manual_can_be_read(scenario: str) -> None:
    assert read_script(SCENARIOS / scenario)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"device":"d","file":"../x","text":""}', "file"),
        ('{"device":"d","file":"/etc/x","text":""}', "file"),
        ('{"device":"d","file":"a/../x","text":""}', "file"),
        ('{"device":"d","file":"a","heard":"x","text":""}', "at most one"),
        ('{"device":"d","heard":"x","act":"plug"}', "`text` or `hex`"),
        ('{"device":"d","heard":"","text":"x"}', "heard"),
        ('{"device":"d","heard":"\\u20ac","text":"x"}', "heard"),
    ],
)
def test_an_answer_or_a_file_that_cannot_be_is_named(line: str, said: str) -> None:
    with pytest.raises(NotConfigured, match=said):
        read_step(line, "a line")


def test_answers_and_files_are_nothing_that_a_capture_plays(tmp_path: Path) -> None:
    capture = tmp_path / "c.jsonl"
    capture.write_text(
        '{"device":"d","heard":"?","text":"no"}\n{"device":"d","file":"f","text":"no"}\n{"device":"d","text":"yes"}\n'
    )
    assert open_replay(capture, "d", SYSTEM.mono_s, lambda _s: None).read(0) == [b"yes"]


def test_an_answer_is_given_once_for_each_time_it_is_asked_for_in_order(simulator: Simulator) -> None:
    """The device's side of the pty is what a bridge would hold."""
    simulator.plug_in(["d"])
    port = open_serial(str(simulator.folder / "d"), 9600)
    for heard, text in (("a", "1"), ("b", "2")):
        simulator.do(Step(device="d", heard=heard, text=text))
    for asked, answered in ((b"bxa", b"21"), (b"a", b"1")):
        port.write(asked)
        got = b""
        while len(got) < len(answered):
            simulator.hear()
            got += b"".join(it for it in port.read(0.05) if isinstance(it, bytes))
        assert got == answered
    simulator.do(Step(device="d", heard="a", text="3"))
    port.write(b"a")
    simulator.hear()
    assert port.read(1.0) == [b"3"]
    port.close()
