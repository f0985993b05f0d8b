"""A lease file that dnsmasq rewrites: what came, what ended, and never half of it."""

from pathlib import Path

import pytest

from devices.errors import Gone, NotOpened
from devices.transports.leases import LeasePort, open_leases

SEVEN = "1795315019 00:25:df:00:00:07 10.99.0.56 X60A12345 01:00:25:df:00:00:07"
EIGHT = "0 00:25:df:00:00:08 10.99.0.57 * *"
IPV6 = "duid 00:01:00:01\n1795315019 123 fd00::9 * 00:01:00:01"
BEFORE_S, AFTER_S = 1_795_315_000.0, 1_795_315_100.0


class Machine:
    """A lease file, the link of eth1, and the time by which leases end."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "dnsmasq.leases"
        self.carrier = folder / "eth1" / "carrier"
        self.now_s = BEFORE_S
        self.waits: list[float] = []
        self.carrier.parent.mkdir()
        self.carrier.write_text("1\n", "ascii")
        self.writes(SEVEN, IPV6)

    def writes(self, *lines: str) -> None:
        self.file.write_text("".join(f"{line}\n" for line in lines), "ascii")

    def opened(self) -> LeasePort:
        return open_leases(
            str(self.file), "eth1", self.waits.append, lambda: self.now_s, self.carrier.parents[1]
        )


def looks(port: LeasePort, times: int = 2) -> list[str]:
    """The lines of so many looks, a second each."""
    lines: list[str] = []
    for _ in range(times * 11):
        for data in port.read(0.1):
            assert isinstance(data, bytes)
            lines += data.decode("ascii").splitlines()
    return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_all_leases_are_told_first_and_then_what_changes(machine: Machine) -> None:
    port = machine.opened()
    assert looks(port) == ["link eth1 up", SEVEN, "end"]
    assert looks(port) == []
    machine.writes(SEVEN, EIGHT, IPV6)
    assert looks(port) == [EIGHT]
    machine.writes(EIGHT, IPV6)
    assert looks(port) == ["del 00:25:df:00:00:07 10.99.0.56 X60A12345"]
    assert machine.waits


def test_a_file_that_is_half_written_is_not_believed(machine: Machine) -> None:
    port = machine.opened()
    looks(port)
    machine.writes()
    assert looks(port, 1) == []
    machine.writes(SEVEN, IPV6)
    assert looks(port, 3) == []


def test_a_bay_that_gets_another_address_was_never_away(machine: Machine) -> None:
    port = machine.opened()
    looks(port)
    moved = SEVEN.replace("0.56", "0.99")
    machine.writes(moved)
    assert looks(port) == [moved]


def test_a_lease_that_nobody_renewed_ends_though_dnsmasq_is_dead(machine: Machine) -> None:
    machine.writes(SEVEN, EIGHT)
    port = machine.opened()
    looks(port)
    machine.now_s = AFTER_S
    assert looks(port) == ["del 00:25:df:00:00:07 10.99.0.56 X60A12345"]
    assert looks(machine.opened()) == ["link eth1 up", EIGHT, "end"]


def test_a_pulled_cable_is_told_at_the_next_look_and_once(machine: Machine) -> None:
    port = machine.opened()
    looks(port)
    machine.carrier.write_text("0\n", "ascii")
    assert looks(port) == ["link eth1 down"]
    machine.carrier.unlink()
    assert looks(port) == []
    machine.carrier.write_text("1\n", "ascii")
    assert looks(port) == ["link eth1 up"]


def test_a_file_that_is_no_lease_file_shows_its_lines_once(machine: Machine) -> None:
    machine.writes("[dhcp]", SEVEN)
    port = machine.opened()
    assert looks(port, 4) == ["link eth1 up", "[dhcp]", SEVEN, "end"]


def test_a_file_that_is_not_there_or_goes_away_is_said(machine: Machine) -> None:
    port = machine.opened()
    machine.file.unlink()
    with pytest.raises(Gone):
        looks(port)
    with pytest.raises(NotOpened):
        machine.opened()
