"""The machine that the bridge stands on: whether its clock is kept, and which of its programs take ports from us.

One rule for the editor: everything is read (files, one system call that only asks), nothing is set, started or ended.

  * The kernel knows whether something disciplines its clock: adjtimex(2) with no mode set answers TIME_ERROR, and
    STA_UNSYNC in `status`, while nothing does. chrony, ntpd and systemd-timesyncd all clear it.
  * ModemManager probes serial ports for modems unless udev tagged them ID_MM_DEVICE_IGNORE or ID_MM_PORT_IGNORE
    (ModemManager reference manual, "Modem filter", "Common udev tags"). A probe is AT commands into our device.
  * brltty takes USB-serial chips that braille displays are built on (CH340, CP210x, FT232R), and their port disappears
    within seconds; the kernel log says "claimed by ch341 while 'brltty' sets config".
"""

import ctypes
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devices.attached import Attached
from devices.transports.leases import SYSFS_NET
from devices.usb_place import SYSFS_USB, USB_PREFIX, holder_of, read_place
from firmware_bridge.findings import Finding, fine, wrong

STA_UNSYNC = 0x0040
TIME_ERROR = 5
COMM_BYTES_MAX = 64
UDEV_BYTES_MAX = 65_536

BRAILLE_CHIPS = frozenset({(0x1A86, 0x7523), (0x10C4, 0xEA60), (0x0403, 0x6001)})

NOT_FOR_MODEMS = ("E:ID_MM_DEVICE_IGNORE=1", "E:ID_MM_PORT_IGNORE=1")

UDEV = (
    "as root: kit-bridge udev > /etc/udev/rules.d/70-kit-bridge.rules && udevadm control --reload && udevadm trigger"
)
NO_BRAILLE = "as root: systemctl mask --now brltty-udev.service brltty.service"
KEEP_TIME = "set up chrony, or as root: timedatectl set-ntp true"


@dataclass(frozen=True, slots=True)
class KernelClock:
    """What the kernel says of its clock: whether something keeps it right, and how far off it may be at most."""

    is_kept: bool
    off_at_most_us: int


class _Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)), with room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def kernel_clock() -> KernelClock | None:
    """What the kernel of this machine says; None where it will not be asked."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    timex = _Timex()
    state = adjtimex(ctypes.byref(timex))
    if state < 0:
        return None
    return KernelClock(state != TIME_ERROR and not timex.status & STA_UNSYNC, timex.maxerror)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a machine shows what runs on it. The fields exist so that a test can bring its own."""

    clock: Callable[[], KernelClock | None] = kernel_clock
    proc: Path = Path("/proc")
    udev: Path = Path("/run/udev/data")
    sysfs: Path = SYSFS_USB
    net: Path = SYSFS_NET

    def runs(self, name: str) -> bool:
        """Whether a program of this name runs."""
        return any(_head(it, COMM_BYTES_MAX).strip() == name for it in self.proc.glob("[0-9]*/comm"))


THIS_MACHINE = Machine()


def clock_finding(machine: Machine) -> Finding:
    """Whether something keeps this machine's clock right, so that it will be right tomorrow too."""
    found = machine.clock()
    if found is None:
        return wrong("clock kept", "the kernel does not say whether anything keeps this machine's clock", KEEP_TIME)
    if not found.is_kept:
        return wrong("clock kept", "nothing keeps this machine's clock right", KEEP_TIME)
    return fine("clock kept", f"kept, within {found.off_at_most_us / 1e6:.1f} s")


def probed_for_a_modem(path: str, machine: Machine) -> str:
    """What to say of a serial port that ModemManager will write into; empty where it will not."""
    real = os.path.realpath(path)
    if not Path(real).name.startswith(("ttyACM", "ttyUSB")) or not machine.runs("ModemManager"):
        return ""
    number = _device_number(real)
    if number is None or any(tag in _head(machine.udev / f"c{number}", UDEV_BYTES_MAX) for tag in NOT_FOR_MODEMS):
        return ""
    return f"ModemManager runs here and will write into it, taking it for a modem; {UDEV}"


def taken_for_braille(port: str, now: tuple[Attached, ...], machine: Machine) -> str:
    """What to say of a serial port that is not there because brltty has its chip; empty where that is not why."""
    if not machine.runs("brltty"):
        return ""
    for it in now:
        here = not port.startswith(USB_PREFIX) or it.place == port or it.place.startswith(port + ":")
        if here and it.path is None and (it.vendor, it.product) in BRAILLE_CHIPS and _is_taken(it, machine):
            return f"brltty has taken {it.place} for a braille display; {NO_BRAILLE}"
    return ""


def _is_taken(it: Attached, machine: Machine) -> bool:
    return holder_of(read_place(it.place), 0, machine.sysfs) in (None, "usbfs")


def _device_number(path: str) -> str | None:
    """The numbers of a character device, as udev names its file: "166:0"."""
    try:
        about = Path(path).stat()
    except OSError:
        return None
    return f"{os.major(about.st_rdev)}:{os.minor(about.st_rdev)}" if stat.S_ISCHR(about.st_mode) else None


def _head(file: Path, most: int) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(most).decode("utf-8", "replace")
    except OSError:
        return ""
