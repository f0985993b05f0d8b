"""Faults brought in from outside while the bridge runs: each has its word on the bridge's own state and on the
heartbeat that the service hears, disturbs nobody else, and is over by itself once its cause is.

One rule for the editor: the fault is real (a pulled pty, a held lock, a full quota), never an error put in its place.
"""

import os
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.drivers.scanners.ssi_scanner import frame
from devices.readings import BayReported, DeviceReported, Garbled
from devices.transports.serial_port import open_serial
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.spool import Observed, Spool
from tests.firmware_bridge.bridge_process import TIMING, until
from tests.firmware_bridge.running_bridge import RunningBridge
from tests.firmware_bridge.stub_service import StubService
from tests.firmware_bridge.test_usb_dock import STATION as USB_DOCK
from tests.firmware_bridge.test_usb_dock import plug

pytestmark = pytest.mark.faults

POLLED = ("m100", "ssi-scanner")
"""Drivers whose device must answer when it is asked, and that notice soon when it does not."""


def heard_of(service: StubService, device: str) -> DeviceReported:
    """The last heartbeat's word of a device; STOPPED and no reason before there was one."""
    said = [it for beat in service.heartbeats[-1:] for it in beat.devices if it.device == device]
    return said[0] if said else DeviceReported(device=device, word="STOPPED")


def is_still_read(running: RunningBridge, scanner: str = "hatch") -> None:
    """A scanner beside the trouble works as ever."""
    before = len(running.texts())
    running.port(scanner).send(b"]C0BESIDE\r")
    until(lambda: len(running.texts()) == before + 1, "the scan of the scanner beside it")


def test_devices_that_open_and_answer_nothing_are_wedged_and_one_that_answers_again_is_not(
    running: RunningBridge, service: StubService
) -> None:
    tables = [
        f'[[station]]\ndevice = "{name}"\ndriver = "{name}"\nport = "{running.port(name).link}"\n' for name in POLLED
    ]
    running.write(running.scanner("hatch"), *tables)
    running.start()
    for name in POLLED:
        running.until_word(name, "WEDGED")
        assert running.device(name).detail, "what to do"
        assert running.port(name).openings() == 1, "asked again on the open port, not opened again and again"
    is_still_read(running)
    until(lambda: all(heard_of(service, name).word == "WEDGED" for name in POLLED), "the service hearing of it")
    running.port("ssi-scanner").send(frame("X30001234"))
    running.until_word("ssi-scanner", "OPEN")
    assert running.device("m100").word == "WEDGED", "each for itself"


def test_a_flapping_cable_is_reopened_by_the_back_off_only_and_believed_once_it_stays(
    running: RunningBridge, service: StubService, caplog: pytest.LogCaptureFixture
) -> None:
    waits_s = 0.2
    running.timing = TIMING.replace("reopen_first_s = 0.05", f"reopen_first_s = {waits_s}")
    running.write(running.scanner("hatch"), running.scanner("flaps"))
    running.start()
    flaps = running.port("flaps")
    until(flaps.is_open, "the scanner being open")
    began_s, flaps_made = time.monotonic(), 0
    while running.device("flaps").word != "MISSING" or flaps.openings() < 4:
        assert time.monotonic() < began_s + 30
        flaps.unplug()
        flaps.plug()
        for _ in range(5):  # long enough that the bridge may open it, short enough that it never lasts
            flaps.is_open()
            time.sleep(0.01)
        flaps_made += 1
    most = 2 + (time.monotonic() - began_s) / waits_s
    assert flaps.openings() <= most < flaps_made, "what flaps is not opened as often as it flaps"
    is_still_read(running)
    until(lambda: heard_of(service, "flaps").word in ("OPEN", "MISSING"), "the service hearing the truth")
    running.until_word("flaps", "OPEN")
    flaps.send(b"]C0STEADY\r")
    until(lambda: "STEADY" in running.texts(), "its scan")
    assert caplog.text.count("flaps: lost") <= 2
    assert "no more is said until it stays" in caplog.text


def test_half_a_frame_at_which_the_cable_is_pulled_is_told_and_spoils_nothing_after_it(
    running: RunningBridge, service: StubService
) -> None:
    running.write(running.scanner("hatch"))
    running.start()
    hatch = running.port("hatch")
    until(hatch.is_open, "the scanner being open")
    hatch.send(b"]C0WHOLE\r]C0HAL")
    until(lambda: running.texts() == ["WHOLE"], "the whole one")
    hatch.unplug()
    running.until_word("hatch", "MISSING")
    hatch.plug()
    until(hatch.is_open, "the scanner being back")
    hatch.send(b"]C0NEXT\r")
    until(lambda: len(service.scans()) == 3, "the next one")
    half = [it.reading for it in service.scans() if isinstance(it.reading, Garbled)]
    assert [bytes.fromhex(it.raw_hex) for it in half] == [b"]C0HAL"]
    assert [it for it in running.texts() if it in ("WHOLE", "NEXT")] == ["WHOLE", "NEXT"]
    until(lambda: (heard_of(service, "hatch").good, heard_of(service, "hatch").garbled) == (2, 1), "the counts")


def test_a_port_that_another_program_holds_is_busy_until_it_lets_go(
    running: RunningBridge, service: StubService
) -> None:
    other = open_serial(str(running.port("taken").link), 9600)
    running.write(running.scanner("hatch"), running.scanner("taken"))
    running.start()
    running.until_word("taken", "BUSY")
    until(lambda: heard_of(service, "taken").word == "BUSY", "the service hearing of it")
    assert "another program holds it" in str(running.device("taken").detail)
    is_still_read(running)
    other.close()
    running.until_word("taken", "OPEN")
    is_still_read(running, "taken")


@pytest.fixture
def forbidden(tmp_path: Path) -> Iterator[Path]:
    """A folder in which no device may be opened, not even by root, whom no permission of a file stops."""
    folder = tmp_path / "nodev"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "nodev,size=64k", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"faults: nothing can be mounted here ({mounted.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_port_that_may_not_be_opened_is_denied_with_what_to_do_until_it_may(
    running: RunningBridge, service: StubService, forbidden: Path
) -> None:
    hatch = running.port("hatch")
    real = hatch.link.readlink()
    try:
        os.mknod(forbidden / "tty", stat.S_IFCHR | 0o600, real.stat().st_rdev)
    except PermissionError as why:
        pytest.skip(f"faults: no device can be made here ({why})")
    running.write(running.scanner("hatch"))
    hatch.link.unlink()
    hatch.link.symlink_to(forbidden / "tty")
    running.start()
    running.until_word("hatch", "DENIED")
    until(lambda: heard_of(service, "hatch").word == "DENIED", "the service hearing of it")
    assert "group" in str(running.device("hatch").detail)
    hatch.link.unlink()
    hatch.link.symlink_to(real)
    running.until_word("hatch", "OPEN")
    is_still_read(running)


def filled(path: Path, quota_bytes: int) -> int:
    """A spool with as much as it takes, none of which the service has; how many."""
    path.parent.mkdir()
    spool = Spool(path, quota_bytes, 7 * 86_400)
    fat = [Observed("docks", 1, 1, Garbled(reason="TEST", raw_hex="AB" * 8192)) for _ in range(8)]
    count = 0
    try:
        while True:
            count = spool.keep("0" * 32, fat, 1)
    except KeepingRefused:
        spool.close()
    return count


def test_a_full_spool_is_said_aloud_stops_no_scan_and_heals_when_the_service_takes_what_waits(
    running: RunningBridge, service: StubService, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bus = tmp_path / "bus"
    bus.mkdir()
    plug(bus, "1-2")
    plug(bus, "1-2.1", "X60A12345")
    kept = filled(tmp_path / "spool/spool.sqlite", 1 << 20)
    running.write(running.scanner("hatch"), USB_DOCK.format(bus), "[limits]\nspool_max_mb = 1\n")
    service.refuses = lambda delivery: 503 if delivery.stream == "obs" else 0
    running.start()
    running.until_word("rack-1", "STOPPED")
    until(lambda: "the spool is at its quota" in str(running.device("rack-1").detail), "why")
    until(
        lambda: heard_of(service, "rack-1").detail and heard_of(service, "rack-1").word == "STOPPED",
        "the service hearing of it, though it takes no observations",
    )
    assert 1 <= caplog.text.count("rack-1: lost") <= 2, "said, and not at every try"
    is_still_read(running)
    service.refuses = lambda _delivery: 0
    shutil.rmtree(bus / "1-2.1")

    def bays() -> dict[int, bool | None]:
        said = [it.reading for it in service.observations()]
        return {it.bay: it.present for it in said if isinstance(it, BayReported)}

    until(lambda: bays() == {1: False, 2: False}, "the bays as they are now")
    running.until_word("rack-1", "OPEN")
    old = [it for it in service.observations() if isinstance(it.reading, Garbled)]
    assert [it.seq for it in old] == list(range(1, kept + 1)), "what waited, whole and in order"


def test_a_spool_that_is_given_more_room_while_the_bridge_runs_takes_what_comes(
    running: RunningBridge, service: StubService, tmp_path: Path
) -> None:
    bus = tmp_path / "bus"
    bus.mkdir()
    full = filled(tmp_path / "spool/spool.sqlite", 1 << 20)
    running.write(running.scanner("hatch"), USB_DOCK.format(bus), "[limits]\nspool_max_mb = 1\n")
    service.refuses = lambda delivery: 503 if delivery.stream == "obs" else 0
    running.start()
    until(lambda: "the spool is at its quota" in str(running.device("rack-1").detail), "why")
    running.write(running.scanner("hatch"), USB_DOCK.format(bus), "[limits]\nspool_max_mb = 2\n")
    running.bridge.reload()
    until(lambda: running.state().spool_waiting > full, "the dock's word being kept")
    is_still_read(running)
    assert running.port("hatch").openings() == 1
