"""What is plugged in, by physical port, on a machine that the test brings."""

from pathlib import Path

import pytest

from devices.attached import Attached, Changed, attached, changed, path_of
from devices.errors import NotOpened
from devices.hid.pos import NAMED
from devices.transports.serial_port import ListedPort

SCANNER = ListedPort("/dev/ttyACM0", "1-4:1.0", 0x05E0, 0x1701, "S123", "Zebra scanner")
PLAIN = ListedPort("/dev/ttyS0", None, None, None, None, "n/a")


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    """A hub with the scanner in port 4 and a camera in port 2.4."""
    for name, words in {
        "usb1": {"idVendor": "1d6b"},
        "1-4": {"idVendor": "05e0", "idProduct": "1701", "serial": "S123"},
        "1-4:1.0": {},
        "1-2.4": {"idVendor": "1234", "idProduct": "00ff", "serial": "X60A12345", "product": "Camera"},
        "1-3": {"idVendor": "not hex"},
    }.items():
        (tmp_path / name).mkdir()
        for file, text in words.items():
            (tmp_path / name / file).write_text(text + "\n")
    return tmp_path


def test_serial_ports_and_cameras_are_listed_once_each_by_place(sysfs: Path, tmp_path: Path) -> None:
    found = attached([SCANNER, PLAIN], sysfs, tmp_path / "none")
    assert [(it.place, it.path, it.serial) for it in found] == [
        ("/dev/ttyS0", "/dev/ttyS0", None),
        ("usb:1-2.4", None, "X60A12345"),
        ("usb:1-3", None, None),
        ("usb:1-4:1.0", "/dev/ttyACM0", "S123"),
    ]
    assert found[1].vendor == 0x1234
    assert found[2].vendor is None


def test_a_scanner_that_says_it_is_hid_pos_is_known_while_the_kernel_shows_it(sysfs: Path, tmp_path: Path) -> None:
    for place, descriptor in (("1-2.4:1.1", NAMED["aim"]), ("1-3:1.0", b"\x05")):
        (sysfs / place / "0003:1234:00FF.0001").mkdir(parents=True)
        (sysfs / place / "0003:1234:00FF.0001" / "report_descriptor").write_bytes(descriptor)
    found = {it.place: it for it in attached([SCANNER], sysfs, tmp_path / "none")}
    assert {place for place, it in found.items() if it.is_hid_pos} == {"usb:1-2.4"}
    before = list(found.values())
    (sysfs / "1-2.4:1.1" / "0003:1234:00FF.0001" / "report_descriptor").unlink()
    assert changed(before, attached([SCANNER], sysfs, tmp_path / "none")) == Changed((), ())


def test_a_ports_stable_name_is_found(tmp_path: Path) -> None:
    device = tmp_path / "ttyACM0"
    device.write_text("")
    links = tmp_path / "by-path"
    links.mkdir()
    (links / "pci-usb-0:4").symlink_to(device)
    found = attached([ListedPort(str(device), "1-4:1.0", 1, 2, None, "")], tmp_path / "none", links)
    assert found[0].by_path == str(links / "pci-usb-0:4")


def test_another_device_in_the_same_port_is_one_that_went_and_one_that_came() -> None:
    before = [Attached("usb:1-2", None, serial="A"), Attached("usb:1-3", None)]
    after = [Attached("usb:1-2", None, serial="B"), Attached("usb:1-3", None)]
    change = changed(before, after)
    assert [it.serial for it in change.went] == ["A"]
    assert [it.serial for it in change.came] == ["B"]


def test_a_place_is_opened_by_whatever_path_is_there_now(sysfs: Path, tmp_path: Path) -> None:
    now = attached([SCANNER], sysfs, tmp_path / "none")
    assert path_of("usb:1-4", now) == "/dev/ttyACM0"
    assert path_of("usb:1-4:1.0", now) == "/dev/ttyACM0"
    assert path_of("/dev/serial/by-path/x", now) == "/dev/serial/by-path/x"


@pytest.mark.parametrize("place", ["usb:1-9", "usb:1-2.4", "usb:1-"])
def test_an_empty_place_is_missing(sysfs: Path, tmp_path: Path, place: str) -> None:
    with pytest.raises(NotOpened) as refused:
        path_of(place, attached([SCANNER], sysfs, tmp_path / "none"))
    assert refused.value.word == "MISSING"


def test_this_machine_can_be_looked_at() -> None:
    assert isinstance(attached(), tuple)
