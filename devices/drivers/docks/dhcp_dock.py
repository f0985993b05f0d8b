"""Network docks whose bays are DHCP clients: a bay has an address while something is in it.

    add 00:25:df:00:00:07 10.99.0.56 X60A12345          dnsmasq gave an address to the bay with this MAC
    old 00:25:df:00:00:07 10.99.0.56 X60A12345          it asked again
    del 00:25:df:00:00:07 10.99.0.56 X60A12345          its lease ended
    1795315019 00:25:df:00:00:07 10.99.0.56 X60A12345 01:00:25:df:00:00:07      the same in dnsmasq's lease file
    link eth1 down                                      the dock's cable, by the port (`devices.transports.leases`)

The docks of which makers publish the network facts (Axon Body 3 and 4) give each bay its own MAC, printed on the
dock; what is docked takes an address of its own.

One rule for the editor: a lease says that a bay is taken, never by what. What a camera calls itself in DHCP is
nobody's promise: it is noted, and no serial number.
"""

from collections import deque
from collections.abc import Mapping

from devices.docks.bays import Settled, Told, read_bays
from devices.docks.leases import Lease, Link, read_line, read_mac
from devices.driver import Driver, Note
from devices.evidence import garbled, garbled_piece
from devices.framing import LineFramer
from devices.options import choose, number
from devices.readings import BayReported, DeviceReported, Reading

NAME = "dhcp-dock"

OPTIONS = {
    "bays": ("", 'each bay and its MAC as printed on the dock: "1=00:25:df:00:00:07 2=00:25:df:00:00:08"'),
    "link": (
        "",
        "the network interface that the dock is plugged into, such as eth1, where it is the dock's alone",
    ),
    "settle_s": ("2", "seconds that something must last before it is told, 0 to 60"),
}

GAP_S = 5.0
LINE_BYTES_MAX, NOTES_MAX = 1024, 64


class DhcpDock:
    """Turns lease events into bay reports; it is `Noting` too. `repeated` counts renewals and what was soon undone."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        settle_s = number(NAME, chosen, "settle_s", (0.0, 60.0))
        self._bays = read_bays(NAME, chosen["bays"], read_mac)
        self._link = chosen["link"]
        self._is_up = True
        self._settled: Settled[bool | None] = Settled(settle_s, settle_s, lambda it: it is not True)
        self._framer = LineFramer(GAP_S, LINE_BYTES_MAX)
        self._leased: dict[str, bool | None] = {}
        self._told = Told()
        self._notes: deque[Note] = deque(maxlen=NOTES_MAX)
        self._said_no_bays = False
        self._renewed = 0

    @property
    def repeated(self) -> int:
        """Renewals of what was told already, and what was undone before it had settled."""
        return self._renewed + self._settled.repeated

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return what has settled and what is garbled."""
        readings = self._settle(at_s)  # what had lasted until now
        for piece in self._framer.feed(data, at_s):
            readings += [garbled_piece(piece)] if piece.fault else self._hear(piece.data, at_s)
        return readings + self._settle(at_s)

    def idle(self, at_s: float) -> list[Reading]:
        """Nothing has changed until `at_s`: what has stayed long enough is told."""
        readings: list[Reading] = [garbled_piece(piece) for piece in self._framer.idle(at_s)]
        return readings + self._settle(at_s)

    def take_notes(self) -> list[Note]:
        """Each lease, for whoever maps the bays of a dock."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    def _hear(self, data: bytes, at_s: float) -> list[Reading]:
        said = read_line(data.decode("latin-1"))
        if said is None:
            return [garbled("EVENT", "Neither a line of a lease file nor the words of a lease event.", data)]
        if isinstance(said, Lease):
            return self._lease(said, at_s)
        if isinstance(said, Link):
            self._plugged(said)
        else:
            self._leased = {**dict.fromkeys(self._bays, False), **self._leased}
        self._see(at_s)
        return self._mapped()

    def _lease(self, said: Lease, at_s: float) -> list[Reading]:
        facts = {"mac": said.mac, "ip": said.ip, "hostname": said.hostname or ""}
        self._notes.append(Note(what=said.event, facts=facts))
        if said.mac in self._bays:
            is_in = said.event != "del"
            self._renewed += self._leased.get(said.mac) is is_in
            self._leased[said.mac] = is_in if self._is_up or not is_in else None
            self._see(at_s)
        return self._mapped()

    def _plugged(self, said: Link) -> None:
        """A pulled cable empties no bay: whoever had an address may be gone before it is plugged in again."""
        if said.interface != self._link:
            return
        self._is_up = said.is_up
        if not said.is_up:
            self._leased = {mac: None if is_in else is_in for mac, is_in in self._leased.items()}

    def _see(self, at_s: float) -> None:
        for mac, is_in in self._leased.items():
            self._settled.see(self._bays[mac], is_in if self._is_up else None, at_s)

    def _settle(self, at_s: float) -> list[Reading]:
        self._settled.settle(at_s)
        said = [_report(bay, is_in) for bay, is_in in sorted(self._settled.now.items())]
        return list(self._told.due(said, at_s))

    def _mapped(self) -> list[Reading]:
        if self._bays or self._said_no_bays:
            return []
        self._said_no_bays = True
        detail = "No bay is mapped. Set `bays`; `kit-bridge monitor` shows the MAC of each lease."
        return [DeviceReported(device=NAME, driver=NAME, word="MISCONFIGURED", detail=detail)]


def _report(bay: int, is_in: bool | None) -> BayReported:
    if is_in is None:
        return BayReported(
            dock=NAME, bay=bay, fault="the dock's network cable was pulled; wait for its next lease"
        )
    return BayReported(dock=NAME, bay=bay, word="UNKNOWN" if is_in else "EMPTY", present=is_in)


DRIVER = Driver(
    name=NAME,
    title="Network docks whose bays take an address by DHCP, by dnsmasq's leases",
    transport="dhcp",
    decoder=DhcpDock,
    stream="obs",
    options=OPTIONS,
)
