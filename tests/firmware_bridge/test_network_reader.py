"""A UHF reader on the network, through real TCP: dialled, set up, lost in every way, and found again."""

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from devices.drivers import DRIVERS
from devices.readings import TagsSwept
from devices.transports.tcp import Address
from devices.wire import decode_reading
from firmware_bridge.cli import main
from firmware_bridge.clock import SYSTEM
from firmware_bridge.doctor import examine
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.findings import Finding
from firmware_bridge.monitor import Screen, watch
from firmware_bridge.settings import Settings, Timing, load
from firmware_bridge.simulated_reader import SimulatedReader, event, report, tag
from firmware_bridge.stations import stations_of
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.test_cli import COMMAND, ENV

QUICK = Timing(reopen_first_s=0.02, reopen_cap_s=0.1, stable_s=0.3)
WAY = [1, 21, 41, 3, 3, 2, 64, 20, 24, 22]
"""The requests from the greeting to the running inventory, by type."""

EPCS = [f"3034257BF7194E4000{n:06X}" for n in range(200)]
STATION = """[[station]]
device = "tray"
driver = "llrp"
port = "{}"
options = {{ settle_s = {}, keepalive_s = 1 }}
"""


@pytest.fixture
def reader() -> Iterator[SimulatedReader]:
    """A reader on a port of its own."""
    made = SimulatedReader(Address("127.0.0.1", 0))
    made.plug()
    yield made
    made.unplug()


def configured(folder: Path, port: str, settle_s: float = 0.05) -> Settings:
    """A bridge with this reader."""
    (folder / "bridge.toml").write_text(
        'bridge = "medway"\nservice = "http://127.0.0.1:9"\nkey_file = "key"\nspool_dir = "spool"\n'
        + STATION.format(port, settle_s)
    )
    return load(folder / "bridge.toml", DRIVERS)


@contextmanager
def watched(folder: Path, reader: SimulatedReader, settle_s: float = 0.05) -> Iterator[list[str]]:
    """The lines of a monitor that watches the reader."""
    shown: list[str] = []
    stop = threading.Event()
    stations = stations_of(configured(folder, reader.link, settle_s), DRIVERS)
    thread = threading.Thread(target=watch, args=(stations, QUICK, Screen(SYSTEM, shown.append), stop))
    thread.start()
    try:
        yield shown
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def words(shown: list[str]) -> list[str]:
    """The words that were said of the reader, each once where it was repeated with more detail."""
    said = [line.split()[1] for line in shown if "{" not in line]
    return [word for n, word in enumerate(said) if said[n - 1 : n] != [word]]


def sweeps(shown: list[str]) -> list[list[str]]:
    """The EPCs of each sweep."""
    readings = [decode_reading(line.split("  ", 1)[1].encode()) for line in shown if '"type":"tags"' in line]
    return [[it.epc for it in sweep.tags] for sweep in readings if isinstance(sweep, TagsSwept)]


def test_a_reader_is_set_up_read_and_let_go_when_the_bridge_stops(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    with watched(tmp_path, reader) as shown:
        until(reader.is_open, "its inventory")
        until(lambda: words(shown) == ["OPEN"], "its word")
        reader.send(report(tag(b"\1" * 12)))
        until(lambda: sweeps(shown) == [["01" * 12]], "the sweep")
        until(lambda: 72 in reader.requests, "the answer to a sign of life")
    until(lambda: reader.requests[-2:] == [23, 14], "its release")
    assert [it for it in reader.requests if it != 72] == [*WAY, 23, 14]
    assert not reader.is_open()
    assert any("Impinj, model 2001002" in line for line in shown)


def test_a_tray_of_200_tags_settles_once(tmp_path: Path, reader: SimulatedReader) -> None:
    with watched(tmp_path, reader, settle_s=1.5) as shown:
        until(reader.is_open, "its inventory")
        for _ in range(3):
            for at in range(0, 200, 20):
                reader.send(b"".join(report(tag(bytes.fromhex(epc))) for epc in EPCS[at : at + 20]))
        until(lambda: sweeps(shown), "the sweep")
        reader.send(report(tag(bytes.fromhex(EPCS[7])), tag(b"\xaa" * 18)))
        until(lambda: len(sweeps(shown)) == 2, "the tag that joined the tray")
    assert sweeps(shown) == [EPCS, ["AA" * 18]]


@pytest.mark.parametrize("fault", ["cut", "half", "garbage", "closed"])
def test_a_reader_that_fails_is_said_once_and_set_up_again(
    tmp_path: Path, reader: SimulatedReader, fault: str
) -> None:
    with watched(tmp_path, reader) as shown:
        until(reader.is_open, "its inventory")
        reader.send(report(tag(b"\1" * 12)))
        if fault == "half":
            reader.send(report(tag(b"\2" * 12))[:20])
        if fault == "garbage":
            reader.send(b"\xff" * 70_000)
            until(lambda: "WEDGED" in words(shown), "its word")
        elif fault == "closed":
            reader.send(event(257, b""))
            until(lambda: "MISSING" in words(shown), "its word")
        else:
            reader.cut()
        until(lambda: [it for it in reader.requests if it != 72] == WAY * 2, "the second set-up")
        until(lambda: words(shown)[-1] == "OPEN", "its return")
        reader.send(report(tag(b"\3" * 12)))
        until(lambda: "03" * 12 in [epc for sweep in sweeps(shown) for epc in sweep], "what it reads then")
    assert words(shown) == ["OPEN", "WEDGED" if fault == "garbage" else "MISSING", "OPEN"]
    assert "02" * 12 not in [epc for sweep in sweeps(shown) for epc in sweep]


def test_a_reader_that_falls_silent_is_wedged_and_dialled_again(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    with watched(tmp_path, reader) as shown:
        until(reader.is_open, "its inventory")
        reader.is_mute = True
        until(lambda: "WEDGED" in words(shown), "its word")
        reader.is_mute = False
        until(lambda: words(shown)[-1] == "OPEN", "its return")
    assert any("has been silent" in line for line in shown)


def test_a_reader_that_another_client_has_is_busy_until_that_one_goes(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    other = socket.create_connection((reader.address.host, reader.address.port))
    until(lambda: other.recv(1), "the other client's greeting")
    with watched(tmp_path, reader) as shown:
        until(lambda: words(shown) == ["BUSY"], "the refusal")
        assert not reader.requests
        other.close()
        until(lambda: words(shown)[-1] == "OPEN", "its turn")
    assert words(shown) == ["BUSY", "OPEN"]
    assert sum("BUSY" in line for line in shown) == 1


def test_a_reader_that_refuses_without_a_reason_is_said_to_deny(tmp_path: Path) -> None:
    def refuse() -> None:
        with listener.accept()[0] as caller:
            caller.sendall(event(256, b"\0\3"))
            caller.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse)
        thread.start()
        with watched(tmp_path, SimulatedReader(Address("127.0.0.1", listener.getsockname()[1]))) as shown:
            until(lambda: words(shown)[:1] == ["DENIED"], "the refusal")
            thread.join(10)


def test_a_second_client_does_not_disturb_the_first(tmp_path: Path, reader: SimulatedReader) -> None:
    with watched(tmp_path, reader) as shown:
        until(reader.is_open, "its inventory")
        with socket.create_connection((reader.address.host, reader.address.port)) as second:
            assert second.recv(99) == event(256, b"\0\2")
        until(lambda: any('"outcome":4' in line for line in shown), "the word of that")
        reader.send(report(tag(b"\1" * 12)))
        until(lambda: sweeps(shown), "the sweep")
    assert words(shown) == ["OPEN"]


def test_a_refused_request_is_said_in_the_readers_own_words(tmp_path: Path, reader: SimulatedReader) -> None:
    reader.refuses[20] = (301, "antenna 1 is not licensed here")
    with watched(tmp_path, reader) as shown:
        until(lambda: words(shown) == ["MISCONFIGURED"], "its word")
        reader.refuses.clear()
        until(lambda: words(shown)[-1] == "OPEN", "its mending")
    (line,) = (it for it in shown if "MISCONFIGURED" in it)
    assert "refuses ADD_ROSPEC: 301 value out of range, “antenna 1 is not licensed here”" in line


def test_old_firmware_that_refuses_what_is_not_needed_is_read(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    reader.refuses |= {41: (109, "unsupported"), 2: (109, "unsupported")}
    with watched(tmp_path, reader) as shown:
        until(lambda: words(shown) == ["OPEN"], "its word")


def test_a_reader_that_is_switched_off_is_missing_and_back(tmp_path: Path, reader: SimulatedReader) -> None:
    with watched(tmp_path, reader) as shown:
        until(lambda: words(shown) == ["OPEN"], "its word")
        reader.unplug()
        until(lambda: words(shown) == ["OPEN", "MISSING"], "its loss")
        reader.plug()
        until(lambda: words(shown) == ["OPEN", "MISSING", "OPEN"], "its return")


@pytest.mark.parametrize(
    ("port", "why"), [("", "the address of the reader"), ("192.0.2.7", "expected an address")]
)
def test_a_wrong_port_is_named(tmp_path: Path, port: str, why: str) -> None:
    with pytest.raises(SettingsWrong, match=why):
        configured(tmp_path, port)


def found(settings: Settings) -> Finding:
    """What the doctor says of the reader."""
    return {it.what: it for it in examine(settings, stations_of(settings, DRIVERS), SYSTEM)}["tray"]


def test_the_doctor_hears_the_greeting_and_asks_nothing(tmp_path: Path, reader: SimulatedReader) -> None:
    settings = configured(tmp_path, reader.link)
    assert found(settings) == Finding("tray", True, f"{reader.link} greets")
    until(lambda: not reader.received() and not reader.requests, "silence")
    with watched(tmp_path, reader):
        until(reader.is_open, "its inventory")
        busy = found(settings)
        assert not busy.well
        assert "Is it the bridge itself" in busy.found
    reader.unplug()
    missing = found(settings)
    assert not missing.well
    assert "nothing listens" in missing.found


def test_the_doctor_knows_what_is_no_reader(tmp_path: Path) -> None:
    def greet() -> None:
        with listener.accept()[0] as caller:
            caller.sendall(b"220 mail.example ESMTP\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet)
        thread.start()
        finding = found(configured(tmp_path, f"tcp:127.0.0.1:{listener.getsockname()[1]}"))
        thread.join(10)
    assert not finding.well
    assert "right port" in finding.found


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_the_simulator_is_a_reader_that_plays_a_scenario_to_whoever_dials_it(tmp_path: Path) -> None:
    port, scenario = free_port(), tmp_path / "tray.jsonl"
    steps = [report(tag(b"\1" * 12)).hex(), report(tag(b"\2" * 12)).hex()]
    lines = [{"at_s": 0, "device": "tray", "hex": steps[0]}, {"at_s": 0, "device": "tray", "act": "unplug"},
             {"at_s": 0, "device": "tray", "act": "plug"}]  # fmt: skip
    scenario.write_text("".join(json.dumps(it) + "\n" for it in lines))
    words_ = [
        "simulate",
        str(scenario),
        "--ports",
        str(tmp_path),
        "--llrp",
        f"tray={port}",
        "--wait",
        "30",
        "--stdin",
    ]
    with (
        subprocess.Popen([*COMMAND, *words_], stdin=subprocess.PIPE, env=ENV, text=True) as simulator,
        watched(tmp_path, SimulatedReader(Address("127.0.0.1", port))) as shown,
    ):
        until(lambda: words(shown).count("OPEN") == 2, "its return after the scenario")
        assert simulator.stdin is not None
        simulator.stdin.write(json.dumps({"device": "tray", "hex": steps[1]}) + "\n")
        simulator.stdin.flush()
        until(lambda: ["02" * 12] in sweeps(shown), "the typed report")
        simulator.terminate()


@pytest.mark.parametrize("said", ["tray", "tray=", "tray=a b", "tray=host:99999"])
def test_a_reader_written_wrongly_is_said(tmp_path: Path, said: str) -> None:
    answer = CliRunner().invoke(main, ["simulate", "--ports", str(tmp_path), "--llrp", said])
    assert answer.exit_code == 2
    assert "NAME=PORT" in answer.output


def test_a_reader_whose_port_is_taken_is_said(tmp_path: Path, reader: SimulatedReader) -> None:
    answer = CliRunner().invoke(
        main, ["simulate", "--ports", str(tmp_path), "--llrp", f"tray={reader.address.port}"]
    )
    assert answer.exit_code == 1
    assert "cannot listen" in answer.output
