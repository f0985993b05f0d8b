"""What systemd is told, over a real unix datagram socket, and what it makes of the units that we ship."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.notify import Systemd, systemd_of
from tests.firmware_bridge.bridge_process import BridgeFolder, until
from tests.firmware_bridge.systemd_ear import systemd_ear

DEPLOY = Path(__file__).parents[2] / "docs/deploy"
UNITS = tuple(sorted(it.name for it in DEPLOY.glob("*.service")))
Make = Callable[..., BridgeFolder]


def test_a_process_that_is_no_unit_says_nothing_to_anybody() -> None:
    unit = systemd_of({})
    assert unit == Systemd()
    unit.say(READY=1)


def test_each_word_is_a_line_and_none_can_break_out_of_its_line(tmp_path: Path) -> None:
    with systemd_ear(tmp_path / "notify") as ear:
        Systemd(str(tmp_path / "notify")).say(READY=1, STATUS="one\nWATCHDOG=1")
        ear.listen()
        assert ear.heard == ["READY=1\nSTATUS=one WATCHDOG=1"]


def test_an_abstract_address_is_found_and_one_where_nobody_listens_is_borne(tmp_path: Path) -> None:
    name = f"kit-bridge-test-{os.getpid()}"
    with systemd_ear("\0" + name) as ear:
        Systemd("@" + name).say(WATCHDOG=1)
        assert ear.words() == ["WATCHDOG=1"]
    Systemd("@" + name).say(WATCHDOG=1)
    Systemd(str(tmp_path / "nobody")).say(WATCHDOG=1)


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_where_it_asks_us(environment: dict[str, str], watchdog_s: float | None) -> None:
    assert systemd_of(environment, pid=7).watchdog_s == watchdog_s


def test_a_bridge_tells_its_unit_that_it_is_ready_lives_reloads_and_stops(
    bridge_folder: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "150000")
    bridge = bridge_folder()
    with systemd_ear(tmp_path / "notify") as ear:
        bridge.start()
        assert bridge.process is not None
        until(lambda: ear.words().count("WATCHDOG=1") >= 2, "the watchdog being fed")
        assert ear.words()[0] == "READY=1"
        until(lambda: ear.status().startswith("2 of 2 well"), "the scanner and the file being well")
        path = bridge.folder / "bridge.toml"
        path.write_text(path.read_text() + "[[light]]\n")
        os.kill(bridge.process.pid, signal.SIGHUP)
        until(lambda: "RELOADING=1" in ear.words(), "the reload")
        until(lambda: ear.words().count("READY=1") == 2, "its end")
        until(lambda: ear.status().startswith("1 of 2 well"), "the refusal")
        assert bridge.stop() == 0
        assert ear.words()[-1] == "STOPPING=1"
    assert "configuration refused" in bridge.log()


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_unit_and_finds_little_exposed(unit: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd: systemd-analyze is not installed")
    text = (DEPLOY / unit).read_text()
    line = next(it for it in text.splitlines() if it.startswith("ExecStart="))
    (tmp_path / unit).write_text(text.replace(line.removeprefix("ExecStart=").split()[0], "/bin/true"))
    verified = subprocess.run([analyze, "verify", "--man=no", unit], cwd=tmp_path, capture_output=True, text=True)
    complaints = [it for it in verified.stderr.splitlines() if unit in it]
    assert (verified.returncode, complaints) == (0, [])
    judged = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", "--threshold=20", tmp_path / unit],
        capture_output=True, text=True,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout
