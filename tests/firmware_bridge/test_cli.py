"""The command kit-bridge, as a technician types it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_bridge import doctor
from firmware_bridge.bridge import software
from firmware_bridge.cli import main
from firmware_bridge.findings import fine
from firmware_bridge.simulate import SimulatedPort
from tests.firmware_bridge.bridge_process import PATIENCE_S, until
from tests.firmware_bridge.running_bridge import RunningBridge
from tests.firmware_bridge.stub_service import StubService

ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}
COMMAND = [sys.executable, "-m", "firmware_bridge"]


def config(folder: Path, service: str, port: str = "/dev/none", more: str = "") -> Path:
    """A configuration file with one scanner."""
    (folder / "bridge.key").write_text("test-key")
    (folder / "bridge.key").chmod(0o600)
    path = folder / "bridge.toml"
    path.write_text(
        f'bridge = "medway"\nservice = "{service}"\nkey_file = "bridge.key"\nspool_dir = "spool"\n'
        "[limits]\nspool_max_mb = 1\njournal_max_mb = 1\n"
        f'[[station]]\ndevice = "hatch"\ndriver = "serial-scanner"\nport = "{port}"\n{more}'
    )
    return path


def test_every_command_says_what_it_is_for() -> None:
    runner = CliRunner()
    for command in ("run", "devices", "card", "commission", "decode", "monitor", "doctor", "state", "simulate"):
        answer = runner.invoke(main, [command, "--help"])
        assert answer.exit_code == 0
        assert answer.output.count("\n") > 4
        assert command in runner.invoke(main, ["--help"]).output


def test_a_wrong_configuration_is_answered_with_its_line_and_code_2(tmp_path: Path) -> None:
    path = config(tmp_path, "http://127.0.0.1:1")
    path.write_text(path.read_text().replace("serial-scanner", "laser"))
    for command in ("run", "doctor", "monitor"):
        answer = CliRunner().invoke(main, [command, "-c", str(path)])
        assert answer.exit_code == 2
        assert "bridge.toml line 10: `station[0].driver`: no driver is called 'laser'" in answer.output


def test_a_spool_that_cannot_be_written_is_code_4(tmp_path: Path) -> None:
    path = config(tmp_path, "http://127.0.0.1:1")
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "spool.sqlite").mkdir()
    answer = CliRunner().invoke(main, ["run", "-c", str(path)])
    assert answer.exit_code == 4
    assert "check the disk" in answer.output


def test_what_is_plugged_in_is_listed() -> None:
    answer = CliRunner().invoke(main, ["devices"])
    assert answer.exit_code == 0
    assert answer.output.strip()


def test_the_udev_rules_come_from_the_drivers() -> None:
    answer = CliRunner().invoke(main, ["udev"])
    assert answer.exit_code == 0
    assert "05e0" in answer.output.lower()


def test_a_healthy_bridge_is_well(tmp_path: Path, service: StubService, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing keeps the clock of a machine that only tests.
    monkeypatch.setattr(doctor, "clock_finding", lambda _machine: fine("clock kept", "kept"))
    scanner = SimulatedPort(tmp_path / "scanner")
    scanner.plug()
    path = config(tmp_path, service.url, str(scanner.link))
    answer = CliRunner().invoke(main, ["doctor", "-c", str(path)])
    assert answer.exit_code == 0, answer.output
    lines = answer.output.splitlines()
    assert all(line.startswith("well") for line in lines)
    assert [line.split()[1].strip(":") for line in lines] == [
        "spool",
        "key",
        "service",
        "clock",
        "service",
        "clock",
        "hatch",
        "hatch",
    ]
    assert "does not ask for it" in lines[-1]
    assert service.heartbeats == []
    assert service.deliveries == []
    scanner.unplug()


def test_everything_that_is_not_well_is_said_with_what_to_do(tmp_path: Path, service: StubService) -> None:
    service.key = "another"
    path = config(tmp_path, service.url)
    (tmp_path / "bridge.key").chmod(0o644)
    answer = CliRunner().invoke(main, ["doctor", "-c", str(path)])
    assert answer.exit_code == 1
    assert "chmod 600" in answer.output
    assert "ask for a new key: kitstore bridge rotate medway" in answer.output
    assert "hatch: /dev/none: nothing answers there; plug it in" in answer.output
    service.stop()
    assert "cannot be reached" in CliRunner().invoke(main, ["doctor", "-c", str(path)]).output


def test_a_capture_can_be_watched_without_a_bridge_or_a_service(tmp_path: Path) -> None:
    capture = tmp_path / "capture.jsonl"
    capture.write_text('{"device":"hatch","text":"]C0X30001234\\r"}\n')
    answer = CliRunner().invoke(
        main,
        [
            "monitor",
            "--driver",
            "serial-scanner",
            "--port",
            "hatch",
            "-o",
            "prefix=aim",
            "--replay",
            str(capture),
        ],
    )
    assert answer.exit_code == 0, answer.output
    assert 'hatch  {"type":"code","text":"X30001234","symbology":"]C0"' in answer.output
    assert "at its end" in answer.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--driver", "laser", "--port", "x"], "no driver is called 'laser'"),
        (["--driver", "serial-scanner"], "needs --port"),
        (["--driver", "kit-dock", "--port", "x"], "needs --port"),
        (["--driver", "serial-scanner", "--port", "x", "-o", "prefix=moon"], "prefix"),
    ],
)
def test_a_monitor_asked_wrongly_says_why(words: list[str], said: str) -> None:
    answer = CliRunner().invoke(main, ["monitor", *words])
    assert answer.exit_code in (1, 2)
    assert said in answer.output


def test_a_port_can_be_watched_live(tmp_path: Path) -> None:
    scanner = SimulatedPort(tmp_path / "scanner")
    scanner.plug()
    path = config(tmp_path, "http://127.0.0.1:1", str(scanner.link))
    log = tmp_path / "out"
    with log.open("wb") as out:
        process = subprocess.Popen([*COMMAND, "monitor", "-c", str(path)], stdout=out, stderr=out, env=ENV)
    until(scanner.is_open, "the port to be opened")
    scanner.send(b"X30001234\r")
    until(lambda: "X30001234" in log.read_text(), "the reading")
    assert "hatch  OPEN" in log.read_text()
    process.terminate()
    assert process.wait(PATIENCE_S) == 0
    assert not (tmp_path / "spool").exists()
    scanner.unplug()


def test_a_scenario_and_typed_steps_are_played_into_real_ports(tmp_path: Path) -> None:
    scenario = tmp_path / "scene.jsonl"
    scenario.write_text('{"at_s":0.1,"device":"hatch","text":"X30001\\r"}\n')
    path = config(tmp_path, "http://127.0.0.1:1", str(tmp_path / "ports" / "hatch"))
    log = tmp_path / "out"
    simulate = subprocess.Popen(
        [
            *COMMAND,
            "simulate",
            str(scenario),
            "--ports",
            str(tmp_path / "ports"),
            "--wait",
            "30",
            "--stdin",
            "--stay",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENV,
        text=True,
    )
    assert simulate.stdin is not None
    assert simulate.stdout is not None
    assert "plugged in" in simulate.stdout.readline()
    with log.open("wb") as out:
        monitor = subprocess.Popen([*COMMAND, "monitor", "-c", str(path)], stdout=out, stderr=out, env=ENV)
    until(lambda: "X30001" in log.read_text(), "the scenario's scan")
    simulate.stdin.write("hatch X30002\n")
    simulate.stdin.flush()
    until(lambda: "X30002" in log.read_text(), "the typed scan")
    simulate.stdin.write("nonsense\n")
    simulate.stdin.close()
    simulate.terminate()
    assert simulate.wait(PATIENCE_S) == 0
    simulate.stdout.close()
    until(lambda: "hatch  MISSING" in log.read_text(), "the loss, when the simulator is gone")
    monitor.terminate()
    assert monitor.wait(PATIENCE_S) == 0


def test_a_simulator_that_no_bridge_reads_gives_up_and_says_so(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        main, ["simulate", "--ports", str(tmp_path), "--device", "hatch", "--wait", "0.1"]
    )
    assert answer.exit_code == 1
    assert "no bridge opened every port" in answer.output


@pytest.mark.parametrize("address", [":1883", "host:port"])
def test_a_broker_written_wrongly_is_said(tmp_path: Path, address: str) -> None:
    answer = CliRunner().invoke(main, ["simulate", "--ports", str(tmp_path), "--broker", address])
    assert answer.exit_code == 2
    assert "expected HOST or HOST:PORT" in answer.output


def test_the_bridge_names_its_version() -> None:
    assert software().startswith("kit-bridge ")


def test_the_state_of_a_bridge_is_said_device_by_device(running: RunningBridge) -> None:
    running.write(running.scanner("hatch"), running.scanner("second"))
    ask = ["state", "-c", str(running.path)]
    answer = CliRunner().invoke(main, ask)
    assert (answer.exit_code, answer.output) == (1, "No bridge runs on this spool folder.\n")
    running.start()
    until(lambda: running.device("hatch").word == running.device("second").word == "OPEN", "both being open")
    running.port("hatch").send(b"]C0X3\rbad\r")
    until(lambda: running.device("hatch").garbled, "both being read")
    answer = CliRunner().invoke(main, ask)
    assert answer.exit_code == 0, answer.output
    bridge, hatch, second, configuration = (" ".join(line.split()) for line in answer.output.splitlines())
    assert bridge.startswith("bridge medway process ")
    assert re.fullmatch(r"hatch OPEN for \d+ s last read \d+ s ago 1 good 1 garbled 0 repeated", hatch)
    assert re.fullmatch(r"second OPEN for \d+ s not read 0 good 0 garbled 0 repeated", second)
    assert configuration.startswith("configuration OPEN")
    running.port("second").unplug()
    running.until_word("second", "MISSING")
    answer = CliRunner().invoke(main, ask)
    assert answer.exit_code == 1
    assert "plug it back in" in answer.output
