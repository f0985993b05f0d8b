"""USB ports as the bays of a dock: whatever shows a serial number when it is plugged in, is docked.

    /sys/bus/usb/devices/1-2.4/serial    X60A12345        bus 1, port 2, port 4 of the hub there

    [{"sysfs":"1-2"},{"sysfs":"1-2.4","serial":"X60A12345","idVendor":"0525","idProduct":"a4a5"}] LF

A line is one look at all that is plugged in; the port writes one when something changed.

One rule for the editor: a serial number is believed or it is not told. One that two bays show, or that a maker
puts into every device, names nothing: the bay is occupied, and by what is unknown. A bay whose hub is gone is not
empty: nobody took fifteen cameras out of it.
"""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from devices.docks.bays import Settled, Told, read_bays
from devices.docks.usb_list import LINE_BYTES_MAX, UsbSeen, read_list
from devices.driver import Driver, Note
from devices.errors import NotConfigured
from devices.evidence import garbled, garbled_piece
from devices.framing import LineFramer
from devices.options import choose, number
from devices.readings import BayReported, DeviceReported, Reading
from devices.usb_place import USB_PREFIX, read_place

NAME = "usb-dock"

OPTIONS = {
    "bays": ("", 'each bay and its USB port, such as "1=1-2.1 2=1-2.2", or below hub: "1=1 9=1.3"'),
    "hub": ("", "the dock's own USB port, such as 1-2, where bays are given below it"),
    "came_s": ("1", "seconds that a device must stay before it counts as docked, 0 to 60"),
    "gone_s": ("3", "seconds that a bay must stay empty before it counts so, 0 to 60"),
}

GAP_S = 5.0
SERIAL_MAX, SUSPECTS_MAX, NOTES_MAX = 120, 4096, 64
_OF_NO_DEVICE = frozenset(
    {"0123456789ABCDEF", "1234567890ABCDEF", "123456789ABCDEF", "0123456789", "1234567890"}
)
"""Serial numbers that makers leave in every device."""


class Inside(NamedTuple):
    """What a bay shows: nothing, a device, or not even its own hub."""

    is_reachable: bool
    is_present: bool = False
    serial: str | None = None


class UsbDock:
    """Turns looks at the USB bus into bay reports; it is `Noting` too. `repeated` counts what came and went unsaid."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        hub = _checked_hub(chosen["hub"])
        self._bays = read_bays(NAME, chosen["bays"], lambda text: _place(hub, text))
        came_s, gone_s = (number(NAME, chosen, name, (0.0, 60.0)) for name in ("came_s", "gone_s"))
        self._settled: Settled[Inside] = Settled(came_s, gone_s, lambda it: not it.is_present)
        self._framer = LineFramer(GAP_S, LINE_BYTES_MAX)
        self._told = Told()
        self._suspects: dict[str, None] = {}
        self._notes: deque[Note] = deque(maxlen=NOTES_MAX)
        self._said_no_bays = False

    @property
    def repeated(self) -> int:
        """What came or went and was undone before it had settled."""
        return self._settled.repeated

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return what has settled and what is garbled."""
        readings: list[Reading] = []
        for piece in self._framer.feed(data, at_s):
            readings += [garbled_piece(piece)] if piece.fault else self._look(piece.data, at_s)
        return readings + self._settle(at_s)

    def idle(self, at_s: float) -> list[Reading]:
        """Nothing has changed until `at_s`: what has stayed long enough is told."""
        readings: list[Reading] = [garbled_piece(piece) for piece in self._framer.idle(at_s)]
        return readings + self._settle(at_s)

    def take_notes(self) -> list[Note]:
        """Each look, for whoever maps the bays of a dock."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    def _look(self, line: bytes, at_s: float) -> list[Reading]:
        try:
            devices = read_list(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return [garbled("USB_LIST", f"A look at the USB bus is a line of JSON: {error}", line)]
        before = self._settle(at_s)  # what had lasted until now, before this look replaces it
        self._notes.append(Note(what="usb", facts={it.sysfs: it.serial or "" for it in devices}))
        seen = {it.sysfs: it for it in devices}
        for place, bay in self._bays.items():
            self._settled.see(bay, _inside(place, seen), at_s)
        if self._bays or self._said_no_bays:
            return before
        self._said_no_bays = True
        detail = "No bay is mapped. Set `bays`; `kit-bridge monitor` shows which port each device is in."
        return [DeviceReported(device=NAME, driver=NAME, word="MISCONFIGURED", detail=detail)]

    def _settle(self, at_s: float) -> list[Reading]:
        if self._settled.settle(at_s):
            self._suspect()
        said = [self._judged(bay, inside) for bay, inside in sorted(self._settled.now.items())]
        return list(self._told.due(said, at_s))

    def _suspect(self) -> None:
        """A serial number in two bays at once is a clone's. It stays suspect: which of the two is real is unknown.
        A camera that was put into another bay is in that one alone: its old bay need not wait to be empty."""
        for bay in [it for bays in self._shared().values() for it in bays]:
            self._settled.hurry(bay)
        for serial in self._shared():
            if len(self._suspects) < SUSPECTS_MAX:
                self._suspects[serial] = None

    def _shared(self) -> dict[str, list[int]]:
        """The serial numbers that several bays show, and the bays."""
        shown: dict[str, list[int]] = {}
        for bay, inside in self._settled.now.items():
            if inside.serial:
                shown.setdefault(inside.serial.upper(), []).append(bay)
        return {serial: bays for serial, bays in shown.items() if len(bays) > 1}

    def _judged(self, bay: int, inside: Inside) -> BayReported:
        if not inside.is_reachable:
            gone = "the hub of this bay is unplugged or has no power; what is in it is not known"
            return BayReported(dock=NAME, bay=bay, fault=gone)
        if not inside.is_present:
            return BayReported(dock=NAME, bay=bay, word="EMPTY", present=False)
        why = self._doubt(inside.serial)
        return BayReported(dock=NAME, bay=bay, present=True, serial=None if why else inside.serial, fault=why)

    def _doubt(self, serial: str | None) -> str | None:
        """Why a device cannot be told by its serial number; None where it can."""
        if not serial:
            return "what is plugged in shows no serial number"
        if len(serial) > SERIAL_MAX or not (serial.isascii() and serial.isprintable()):
            return "what is plugged in shows a serial number that cannot be read"
        if serial.upper() in _OF_NO_DEVICE or len(set(serial)) == 1:
            return f"{serial} is a serial number that its maker gives to every device"
        if serial.upper() in self._suspects:
            return f"{serial} was shown in two bays at once: a clone; neither is believed"
        return None


def _inside(place: str, seen: Mapping[str, UsbSeen]) -> Inside:
    """What is at a place. Without its hub nothing can be known; a port of the machine itself has none."""
    device = seen.get(place)
    if device is not None:
        return Inside(is_reachable=True, is_present=True, serial=(device.serial or "").strip() or None)
    hub = place.rpartition(".")[0]
    return Inside(is_reachable=not hub or hub in seen)


def _checked_hub(hub: str) -> str:
    if not hub:
        return ""
    place = _place("", hub)
    if place is None:
        raise NotConfigured(f"{NAME}: option hub is {hub!r}; it takes a USB port such as 1-2")
    return place


def _place(hub: str, text: str) -> str | None:
    """A USB port as sysfs names it, below `hub` where there is one; None where it is none."""
    if hub:
        text = f"{hub}.{text}"
    try:
        place = read_place(text if text.startswith(USB_PREFIX) else USB_PREFIX + text)
    except NotConfigured:
        return None
    return None if place.interface is not None else str(place).removeprefix(USB_PREFIX)


DRIVER = Driver(
    name=NAME,
    title="Docks by their USB ports: each port a bay, what is in it by its USB serial number",
    transport="usb-presence",
    decoder=UsbDock,
    stream="obs",
    options=OPTIONS,
)
