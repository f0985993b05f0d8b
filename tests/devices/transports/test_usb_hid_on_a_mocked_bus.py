"""HID scanners seen by the real libusb on a mocked bus: listed, opened, read, pulled out and plugged in again."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.hid.packets import FEATURE
from devices.hid.pos import NAMED
from tests.devices.hid.reports import aim_report
from tests.devices.mock_usb import Capture, MockedScanner, environment, get_report_descriptor, set_report

pytestmark = pytest.mark.usb

AIM, PLAIN = NAMED["aim"], NAMED["plain"]
LINK = "https://id.gs1.org/01/09506000134352/21/" + "S" * 40
HONEYWELL = 0x0C2E
PATIENCE_S = 40.0


def opening(capture: Capture, descriptor: bytes) -> None:
    """What every session begins with: the descriptor, then the activation."""
    capture.control_in(*get_report_descriptor(descriptor))
    capture.control_out(*set_report(FEATURE, b"\xfe\x01"))


@contextmanager
def monitored(scanner: MockedScanner, *options: str) -> Iterator[Iterator[str]]:
    """The lines of a monitor on this scanner, as they come."""
    words = ["monitor", "--driver", "hid-pos-scanner", "--port", "usb:1-3", *options]
    with subprocess.Popen(
        scanner.command(*words),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        patience = threading.Timer(PATIENCE_S, process.kill)
        patience.start()
        yield iter(process.stdout)
        process.terminate()  # umockdev hands it on; what it started must not outlive it
        process.wait()
        patience.cancel()


def words_of(lines: Iterator[str], last: str) -> list[str]:
    """Codes and device words, up to the line that holds `last`; what arrived for them stands before each, as "<"."""
    said: list[str] = []
    for line in (it for it in lines if it.split()[1] != "<"):
        text = re.search(r'"text":"([^"]*)"', line)
        said.append(text[1] if text else line.split()[1])
        if last in line:
            return said
    pytest.fail(f"{last!r} never came, only {said}")


def test_a_scanner_is_listed_with_its_driver_by_what_it_says_of_itself(tmp_path: Path) -> None:
    scanner = MockedScanner(tmp_path, AIM, vendor=0x1234).written(Capture())
    listed = scanner.run(["devices"]).stdout.splitlines()
    # Only the USB bus is mocked: another test's PC/SC reader of this moment may stand in the list too.
    (line,) = (it for it in listed if it.startswith("usb:"))
    assert re.search(r"usb:1-3 +- +1234:1300 +- +hid-pos-scanner +Mocked scanner", line)


def test_a_honeywell_is_activated_read_pulled_out_and_read_again(tmp_path: Path) -> None:
    capture = Capture()
    opening(capture, AIM)
    capture.report(aim_report("X30001234", "]C0"))
    capture.report(aim_report(LINK[:56], "]Q1", more=True))
    capture.report(aim_report(LINK[56:], "]Q1"))
    capture.unplug()
    opening(capture, AIM)
    capture.report(aim_report("X30005678", "]C0"))
    scanner = MockedScanner(tmp_path, AIM, vendor=HONEYWELL).written(capture)
    with monitored(scanner) as lines:
        assert words_of(lines, "X30005678") == ["OPEN", "X30001234", LINK, "MISSING", "OPEN", "X30005678"]


def test_the_layout_is_the_descriptors_that_libusb_brings(tmp_path: Path) -> None:
    capture = Capture()
    opening(capture, PLAIN)
    capture.report(aim_report("X30001234", "]C0"))
    scanner = MockedScanner(tmp_path, PLAIN).written(capture)
    with monitored(scanner, "-o", "activate=yes") as lines:
        assert words_of(lines, "X3000") == ["OPEN", "]C0X30001"]


def test_a_scanner_set_as_a_keyboard_says_what_to_set(tmp_path: Path) -> None:
    scanner = MockedScanner(tmp_path, AIM, protocol=1).written(Capture())
    with monitored(scanner) as lines:
        assert "set the scanner to HID POS" in next(lines)
