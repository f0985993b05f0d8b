"""The machine beneath the bridge: who keeps its clock, and who takes its ports."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from devices.attached import Attached
from devices.drivers import DRIVERS
from firmware_bridge import port_checks
from firmware_bridge.machine import (
    THIS_MACHINE,
    KernelClock,
    Machine,
    clock_finding,
    kernel_clock,
    probed_for_a_modem,
    taken_for_braille,
)
from firmware_bridge.port_checks import group_hint
from firmware_bridge.simulate import SimulatedPort

CH340 = (Attached("usb:1-2", None, 0x1A86, 0x7523),)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of files, on which nothing runs."""
    made = Machine(
        lambda: KernelClock(is_kept=True, off_at_most_us=20_000),
        *(tmp_path / it for it in ("proc", "udev", "usb", "net")),
    )
    for folder in (made.proc, made.udev, made.sysfs, made.net):
        folder.mkdir()
    return made


def start(machine: Machine, name: str) -> None:
    """A program of this name runs."""
    (machine.proc / "4711").mkdir()
    (machine.proc / "4711/comm").write_text(name + "\n")


def test_the_kernel_of_this_machine_says_whether_its_clock_is_kept() -> None:
    found = kernel_clock()
    assert found is not None
    assert found.off_at_most_us >= 0
    assert clock_finding(THIS_MACHINE).well == found.is_kept


@pytest.mark.parametrize(
    ("found", "well", "said"),
    [
        (KernelClock(is_kept=True, off_at_most_us=1_500_000), True, "within 1.5 s"),
        (KernelClock(is_kept=False, off_at_most_us=16_000_000), False, "timedatectl set-ntp true"),
        (None, False, "set up chrony"),
    ],
)
def test_a_clock_that_nothing_keeps_is_said_with_what_to_do(
    machine: Machine, found: KernelClock | None, well: bool, said: str
) -> None:
    finding = clock_finding(replace(machine, clock=lambda: found))
    assert (finding.well, said in finding.found) == (well, True)


@pytest.fixture
def modem_like(tmp_path: Path) -> tuple[str, str]:
    """A serial port called as USB ones are, and its number as udev writes it."""
    real = Path(SimulatedPort(tmp_path / "any").plug())
    path = tmp_path / "ttyACM0"
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, real.stat().st_rdev)
    except PermissionError as why:
        pytest.skip(f"root: no device can be made here ({why})")
    return str(path), f"c{os.major(real.stat().st_rdev)}:{os.minor(real.stat().st_rdev)}"


def test_a_port_that_modem_manager_will_write_into_is_said_unless_udev_told_it_not_to(
    machine: Machine, modem_like: tuple[str, str]
) -> None:
    path, number = modem_like
    (machine.udev / number).write_text("E:ID_MM_CANDIDATE=1\n")
    assert probed_for_a_modem(path, machine) == "", "it does not run here"
    start(machine, "ModemManager")
    assert "kit-bridge udev" in probed_for_a_modem(path, machine)
    assert probed_for_a_modem(str(Path(path).with_name("any")), machine) == "", "it takes no pty for a modem"
    (machine.udev / number).write_text("E:ID_MM_CANDIDATE=1\nE:ID_MM_DEVICE_IGNORE=1\n")
    assert probed_for_a_modem(path, machine) == ""


@pytest.mark.parametrize("holder", [None, "usbfs", "ch341"])
def test_a_scanners_chip_that_brltty_has_taken_is_said(machine: Machine, holder: str | None) -> None:
    interface = machine.sysfs / "1-2:1.0"
    interface.mkdir()
    if holder:
        (interface / "driver").symlink_to(machine.sysfs / holder)
    assert taken_for_braille("usb:1-2", CH340, machine) == "", "it does not run here"
    start(machine, "brltty")
    is_taken = holder != "ch341"
    assert ("mask --now brltty" in taken_for_braille("usb:1-2", CH340, machine)) == is_taken
    assert ("usb:1-2" in taken_for_braille("/dev/ttyUSB0", CH340, machine)) == is_taken
    assert taken_for_braille("usb:1-3", CH340, machine) == "", "another socket"


@pytest.mark.parametrize(
    ("group", "said"), [("dialout", "usermod -aG dialout "), ("root", "only root may open it"), ("", "only root")]
)
def test_a_port_that_may_not_be_opened_is_said_with_the_line_that_changes_that(group: str, said: str) -> None:
    hint = group_hint("/dev/ttyACM0", lambda _path: group)
    assert said in hint
    assert "kit-bridge udev > /etc/udev/rules.d/" in hint


def test_every_port_that_can_be_tried_is() -> None:
    elsewhere = {"mqtt", "https"}  # the broker is looked at as a whole; a relay has its own examination
    assert {it.transport for it in DRIVERS.values()} - elsewhere <= set(port_checks.CHECKS)
