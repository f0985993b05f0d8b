"""A network dock and a real dnsmasq: what its lease file and the cable say moves the bay, and nothing else does.

One rule for the editor: dnsmasq keeps its own time; ours is an argument, so nobody waits for a lease to end.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from devices.drivers.docks.dhcp_dock import DhcpDock
from devices.readings import BayReported, Garbled, Reading
from devices.transports.leases import LeasePort, open_leases
from tests.devices.network_dock import LEASE_S, LINK, MAC, NAME, PATIENCE_S, NetworkDock, network_dock, until

pytestmark = pytest.mark.dhcp

TURN_S = 0.5
BAYS = f"1={MAC} 2=00:25:df:00:00:08"


@dataclass
class Watched:
    """The port on dnsmasq's file and the driver behind it, both at a hurried clock."""

    dock: NetworkDock
    ahead_s: float = 0.0
    at_s: float = 0.0
    port: LeasePort = field(init=False)
    driver: DhcpDock = field(default_factory=lambda: DhcpDock({"bays": BAYS, "link": LINK}))
    told: list[Reading] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        now_s = lambda: time.time() + self.ahead_s  # noqa: E731
        self.port = open_leases(
            str(self.dock.leases), LINK, lambda s: time.sleep(s / 50), now_s, self.dock.sysfs
        )

    def turn(self) -> None:
        """One turn of the station's loop."""
        self.at_s += TURN_S
        for arrived in self.port.read(TURN_S):
            assert isinstance(arrived, bytes)
            self.lines += arrived.decode("ascii").splitlines()
            self.told += self.driver.feed(arrived, self.at_s)
        self.told += self.driver.idle(self.at_s)

    def until_bay_is(self, present: bool | None, bay: int = 1) -> BayReported:
        """Turn until the last word about the bay is this."""
        ends_s = time.monotonic() + PATIENCE_S
        while (last := self.last(bay)) is None or last.present is not present:
            assert time.monotonic() < ends_s, f"bay {bay} is {last}, and not {present}; {self.lines}"
            self.turn()
        return last

    def last(self, bay: int) -> BayReported | None:
        said = [it for it in self.told if isinstance(it, BayReported) and it.bay == bay]
        return said[-1] if said else None


@pytest.fixture(scope="module")
def dock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetworkDock]:
    with network_dock(tmp_path_factory.mktemp("dnsmasq")) as made:
        until(made.lease, "a lease")
        yield made


@pytest.fixture
def watched(dock: NetworkDock) -> Watched:
    """A bridge that begins to watch while a camera is docked."""
    dock.asks()
    until(dock.lease, "a lease")
    made = Watched(dock)
    made.until_bay_is(True)
    return made


def test_a_docked_camera_has_a_lease_and_the_other_bay_is_empty(watched: Watched) -> None:
    said = watched.until_bay_is(True)
    assert (said.word, said.serial) == ("UNKNOWN", None)  # a lease says that a bay is taken, never by what
    assert watched.until_bay_is(False, bay=2).word == "EMPTY"
    assert not any(isinstance(it, Garbled) for it in watched.told)
    leases = [it.facts["hostname"] for it in watched.driver.take_notes() if it.facts["mac"] == MAC]
    assert leases == [NAME]


def test_a_renewed_lease_moves_nothing(watched: Watched) -> None:
    renewed, told = watched.driver.repeated, len(watched.told)
    watched.dock.renews()
    until(lambda: (watched.turn(), watched.driver.repeated > renewed)[1], "the renewal at the driver")
    said = [it for it in watched.told[told:] if isinstance(it, BayReported)]
    assert all(it.present is (it.bay == 1) for it in said)


def test_an_address_that_is_given_back_empties_the_bay_and_the_next_one_fills_it(watched: Watched) -> None:
    watched.dock.gives_back()
    assert watched.until_bay_is(False).word == "EMPTY"
    watched.dock.asks()
    watched.until_bay_is(True)


def test_a_lease_whose_end_has_passed_empties_the_bay(watched: Watched) -> None:
    assert watched.dock.lease() is not None
    watched.ahead_s = LEASE_S + 5
    assert watched.until_bay_is(False).word == "EMPTY"
    assert watched.dock.lease() is not None  # dnsmasq itself has not forgotten it yet


def test_a_pulled_cable_makes_the_bay_unknown_until_its_next_lease(watched: Watched) -> None:
    watched.dock.pull()
    said = watched.until_bay_is(None)
    assert "cable was pulled" in str(said.fault)
    watched.dock.plug_in()
    until(lambda: (watched.turn(), watched.lines[-1] == f"link {LINK} up")[1], "the cable")
    assert watched.last(1) == said  # whoever had the lease may be gone
    watched.dock.renews()
    watched.until_bay_is(True)
