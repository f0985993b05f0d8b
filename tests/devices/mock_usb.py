"""A HID POS scanner on a mocked bus that the real libusb sees: umockdev's two files, and how to run a command on it.

One rule for the editor: what the scanner sends is a capture (usbmon, link type 220: 64 bytes of header, then data), in
the order of the wire; a transfer that the capture does not hold is never answered.
"""

import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SYSFS = "/devices/pci0000:00/0000:00:14.0/usb1"
_SUBMIT, _COMPLETE = b"S", b"C"
_INTERRUPT, _CONTROL = 1, 2
_IN_PROGRESS, _GONE = -115, -108
_ROOT_HUB = "12010002090001406B1D020012050302010109021900010100E0000904000001090000000705810304000C"

_BUS = """P: {sysfs}/1-3
N: bus/usb/001/011={every}
E: DEVNAME=/dev/bus/usb/001/011
E: DEVTYPE=usb_device
E: BUSNUM=001
E: DEVNUM=011
E: SUBSYSTEM=usb
A: bConfigurationValue=1
A: bNumConfigurations=1
A: busnum=1
A: devnum=11
A: devpath=3
H: descriptors={every}
A: idProduct={product:04x}
A: idVendor={vendor:04x}
A: product=Mocked scanner
A: speed=12

P: {sysfs}/1-3/1-3:1.0
E: DEVTYPE=usb_interface
E: SUBSYSTEM=usb
A: bInterfaceNumber=00
H: 0003:05E0:1300.0001/report_descriptor={report_descriptor}

P: {sysfs}
N: bus/usb/001/001={root_hub}
E: DEVNAME=/dev/bus/usb/001/001
E: DEVTYPE=usb_device
E: BUSNUM=001
E: DEVNUM=001
E: SUBSYSTEM=usb
A: bConfigurationValue=1
A: busnum=1
A: devnum=1
A: devpath=0
H: descriptors={root_hub}
A: idProduct=0002
A: idVendor=1d6b
A: speed=480
"""
"""The bus as umockdev reads it: the device, its interface as usbhid shows it, the root hub."""


@dataclass
class Capture:
    """A usbmon capture of one device, written transfer by transfer. Times are seconds after the transfer before."""

    device: int = 11
    _packets: list[bytes] = field(default_factory=list)
    _at_s: float = 1_700_000_000.0
    _number: int = 0x1000

    def control_in(self, setup: bytes, answer: bytes) -> None:
        """A request to the device and its answer."""
        self._pair(_CONTROL, 0x80, setup, struct.unpack_from("<H", setup, 6)[0], b"", answer, 0.001)

    def control_out(self, setup: bytes, data: bytes) -> None:
        """A request with data to the device."""
        self._pair(_CONTROL, 0x00, setup, len(data), data, b"", 0.001)

    def report(self, data: bytes, after_s: float = 0.3) -> None:
        """An input report."""
        self._pair(_INTERRUPT, 0x81, None, 64, b"", data, after_s)

    def unplug(self, after_s: float = 0.2) -> None:
        """The device goes away in the middle of a read."""
        self._pair(_INTERRUPT, 0x81, None, 64, b"", b"", after_s, _GONE)

    def write(self, path: Path) -> None:
        """Write it as a pcap file."""
        path.write_bytes(
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 220) + b"".join(self._packets)
        )

    def _pair(
        self, kind: int, endpoint: int, setup: bytes | None, room: int, out: bytes, answer: bytes, after_s: float,
        end: int = 0,
    ) -> None:  # fmt: skip
        self._number += 1
        self._event(_SUBMIT, kind, endpoint, setup, (room, out, _IN_PROGRESS), 0.001)
        self._event(_COMPLETE, kind, endpoint, None, (len(answer or out), answer, end), after_s)

    def _event(
        self,
        event: bytes,
        kind: int,
        endpoint: int,
        setup: bytes | None,
        urb: tuple[int, bytes, int],
        after_s: float,
    ) -> None:
        length, data, state = urb
        self._at_s += after_s
        seconds, micros = int(self._at_s), int(self._at_s % 1 * 1e6)
        setup_flag = 0 if setup is not None else ord("-")
        data_flag = 0 if data else ord("<" if endpoint & 0x80 else ">")
        head = struct.pack("<QcBBBHbbqiiII", self._number, event, kind, endpoint, self.device, 1, setup_flag,
                           data_flag, seconds, micros, state, length, len(data))  # fmt: skip
        packet = head + (setup or bytes(8)) + bytes(16) + data
        self._packets.append(struct.pack("<IIII", seconds, micros, len(packet), len(packet)) + packet)


@dataclass(frozen=True)
class MockedScanner:
    """A scanner in port 3 of bus 1: its ids, what its kernel driver would show, and a capture of what it does."""

    folder: Path
    report_descriptor: bytes
    vendor: int = 0x05E0
    product: int = 0x1300
    protocol: int = 0

    def written(self, capture: Capture) -> "MockedScanner":
        """Write both files."""
        (self.folder / "scanner.umockdev").write_text(self._text())
        capture.write(self.folder / "scanner.pcap")
        return self

    def command(self, *words: str) -> list[str]:
        """A command of ours on the mocked bus."""
        bus = ["umockdev-run", "-d", str(self.folder / "scanner.umockdev"),
               "--pcap", f"/sys{SYSFS}/1-3={self.folder / 'scanner.pcap'}", "--"]  # fmt: skip
        return [*bus, sys.executable, "-m", "firmware_bridge", *words]

    def run(self, words: Sequence[str], timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=environment(),
            check=False,
        )

    def _text(self) -> str:
        device = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0, 0, 0, 64, self.vendor, self.product, 0x0100,
                             0, 0, 0, 1)  # fmt: skip
        length = struct.pack("<H", len(self.report_descriptor))
        body = bytes((9, 4, 0, 0, 1, 3, 0, self.protocol, 0)) + b"\x09\x21\x11\x01\x00\x01\x22" + length
        body += bytes((7, 5, 0x81, 3, 64, 0, 10))
        every = (
            (device + struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), 1, 1, 0, 0x80, 50) + body).hex().upper()
        )
        return _BUS.format(
            sysfs=SYSFS, every=every, product=self.product, vendor=self.vendor, root_hub=_ROOT_HUB,
            report_descriptor=self.report_descriptor.hex().upper(),
        )  # fmt: skip


def environment() -> dict[str, str]:
    """The environment of a command of ours."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}


def get_report_descriptor(descriptor: bytes) -> tuple[bytes, bytes]:
    """The request for a report descriptor and its answer."""
    return struct.pack("<BBHHH", 0x81, 6, 0x2200, 0, len(descriptor)), descriptor


def set_report(kind: int, report: bytes) -> tuple[bytes, bytes]:
    """The request that gives the device a report (HID 1.11, 7.2.2)."""
    return struct.pack("<BBHHH", 0x21, 9, kind << 8 | report[0], 0, len(report)), report
