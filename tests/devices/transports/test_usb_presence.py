"""Looking at the USB bus: a line when something changed, and nothing opened."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devices.docks.usb_list import read_list
from devices.errors import Gone, NotOpened
from devices.transports.usb_presence import UsbPresencePort, open_usb_presence
from tests.devices.mock_usb import Capture, MockedScanner, environment


def plug(folder: Path, name: str, **files: str) -> None:
    """A device as sysfs shows it."""
    (folder / name).mkdir(parents=True)
    for file, text in files.items():
        (folder / name / file).write_text(text + "\n", "utf-8")


def looked(port: UsbPresencePort) -> list[tuple[str, str | None]]:
    """What a look found: read until it has been taken and, where there is one, its line has come."""
    for _ in range(20):
        for line in port.read(0.1):
            assert isinstance(line, bytes)
            return [(it.sysfs, it.serial) for it in read_list(line)]
    return []


def test_devices_are_listed_by_port_without_root_hubs_and_interfaces(tmp_path: Path) -> None:
    plug(tmp_path, "usb1", idVendor="1d6b", idProduct="0002")
    plug(tmp_path, "1-2", idVendor="2cd9", idProduct="0001")
    plug(tmp_path, "1-2.4", idVendor="0525", idProduct="a4a5", serial="X60A12345")
    plug(tmp_path, "1-2.4:1.0", bInterfaceNumber="00")
    plug(tmp_path, "1-2.3")
    waits: list[float] = []
    port = open_usb_presence(str(tmp_path), waits.append)
    assert looked(port) == [("1-2", None), ("1-2.4", "X60A12345")]
    assert looked(port) == []
    shutil.rmtree(tmp_path / "1-2.4")
    assert looked(port) == [("1-2", None)]
    assert waits, "it looks about once a second, not without a pause"


def test_a_folder_that_is_not_there_or_goes_away_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotOpened):
        open_usb_presence(str(tmp_path / "none"), lambda _: None)
    (tmp_path / "usb").mkdir()
    port = open_usb_presence(str(tmp_path / "usb"), lambda _: None)
    (tmp_path / "usb").rmdir()
    with pytest.raises(Gone):
        looked(port)


@pytest.mark.skipif(
    shutil.which("umockdev-run") is None, reason="umockdev is not installed: no mocked USB bus"
)
def test_the_kernels_own_folder_is_read_on_a_mocked_bus(tmp_path: Path) -> None:
    MockedScanner(tmp_path, b"").written(Capture())
    words = (
        "from devices.transports.usb_presence import open_usb_presence as it; print(it('', print).read(0))"
    )
    bus = ["umockdev-run", "-d", str(tmp_path / "scanner.umockdev"), "--", sys.executable, "-c", words]
    ran = subprocess.run(bus, capture_output=True, text=True, timeout=60, env=environment(), check=False)
    assert '"sysfs":"1-3"' in ran.stdout, ran.stderr
