"""Barcode scanners as USB HID POS (usage page 8C): no serial port, no keyboard, and GS (1D) is kept.

    02  09  5D 43 30  58 33 30 30 30 31 32 33 34 00 ..  00 00  00      ]C0 X30001234
    02  38  5D 51 31  68 74 74 70 73 3A 2F 2F ..        00 00  01      the first 56 bytes of a longer code
    id  count AIM     data                                     bit 0: more follows

    03  FE  01                                                         to a Honeywell: send codes to this interface

One rule for the editor: the layout is the report descriptor's (`devices.hid.pos`); a report that comes before it is
not guessed at. A code in several reports is given whole or not at all.
"""

from collections.abc import Mapping
from typing import cast

from devices.codes.presented import presented
from devices.codes.problem import Problem
from devices.codes.symbology import PrefixStyle, split_prefix
from devices.driver import Driver, Note, Packet, UsbId
from devices.errors import NotConfigured
from devices.evidence import garbled
from devices.framing import FAULTS, FRAME_BYTES_MAX, RESYNC, TOO_LONG
from devices.hid.descriptor import Descriptor, read_descriptor
from devices.hid.packets import DESCRIPTOR, FEATURE, REFUSED, REPORT, vendor_in
from devices.hid.pos import NAMED, Part, PosReport, continues, pos_reports, read_part
from devices.options import choose
from devices.packets import engine
from devices.readings import DeviceReported, Reading

NAME = "hid-pos-scanner"

OPTIONS = {
    "prefix": ("none", "none|aim|zebra: a code identifier that the scanner is set to put into the data"),
    "layout": ("own", "own, aim, plain, microscan or the hex of a report descriptor, in place of its own"),
    "activate": (
        "auto",
        "auto|yes|no: whether it must be told to send codes to this interface, as Honeywell's must",
    ),
}

PART_GAP_S = 1.0
"""How long the next report of a code may take. A scanner sends one every 1 to 10 ms."""

HONEYWELL = frozenset((0x0C2E, 0x23D0))
"""Vendors (Honeywell with Metrologic, Youjie) whose scanners keep silent until they are told to speak."""

ACTIVATION_REPORT = 0xFE
ACTIVATE = bytes((FEATURE, ACTIVATION_REPORT, 0x01))

NO_SCANNER = "This is no HID POS scanner by its report descriptor. Set it to HID POS (often called USB HID or POS HID)."
NO_LAYOUT = "No report descriptor has come yet, so the bytes mean nothing. Give it as the option `layout`."
INCOMPLETE = "A report says that more follows, and nothing did. Scan again."


class HidPosScanner:
    """Turns a scanner's reports into codes. `repeated` stays 0: every scan is a new one."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        self._style = cast(PrefixStyle, chosen["prefix"])
        self._activate = chosen["activate"]
        self._own_layout = chosen["layout"] == "own"
        self._lengths: Mapping[int, int] = {}
        self._layouts: dict[int, PosReport] = {}
        if not self._own_layout:
            self._lay_out(_configured(chosen["layout"]))
        self._parts: list[Part] = []
        self._frame = b""
        self._dropping = False
        self._last_s = 0.0
        self._reply = b""
        self._notes: list[Note] = []
        self.repeated = 0

    def opening(self) -> bytes:
        """Nothing: what a scanner must be told depends on which it is."""
        return b""

    def packet(self, packet: Packet, at_s: float) -> list[Reading]:
        """Take a descriptor, a report, or a capture of reports (`devices.hid.packets`)."""
        readings = self.idle(at_s)
        self._last_s = at_s
        if packet.topic.partition("/")[0] == DESCRIPTOR:
            return readings + self._described(packet)
        if packet.topic == REFUSED:
            self._note("refused", packet.payload)
            return readings
        if packet.topic == REPORT:
            return readings + self._report(packet.payload)
        return readings + [it for report in self._reports_in(packet.payload) for it in self._report(report)]

    def idle(self, at_s: float) -> list[Reading]:
        """Give up a code whose next report has not come."""
        if at_s - self._last_s < PART_GAP_S:
            return []
        self._dropping = False
        return self._give_up()

    def take_replies(self) -> bytes:
        """The activation, once the descriptor has told that it is needed."""
        reply, self._reply = self._reply, b""
        return reply

    def take_notes(self) -> list[Note]:
        """Reports that hold no code, and what the scanner refused."""
        notes, self._notes = self._notes, []
        return notes

    def _described(self, packet: Packet) -> list[Reading]:
        descriptor = read_descriptor(packet.payload)
        features = frozenset[int]() if isinstance(descriptor, Problem) else descriptor.features
        wanted = vendor_in(packet.topic) in HONEYWELL or ACTIVATION_REPORT in features
        if self._activate == "yes" or (self._activate == "auto" and wanted):
            self._reply = ACTIVATE
        if not self._own_layout:
            return []
        if isinstance(descriptor, Problem):
            return [
                DeviceReported(device=NAME, driver=NAME, word="MISCONFIGURED", detail=descriptor.sentence)
            ]
        self._lay_out(descriptor)
        if self._layouts:
            return []
        return [DeviceReported(device=NAME, driver=NAME, word="MISCONFIGURED", detail=NO_SCANNER)]

    def _lay_out(self, descriptor: Descriptor) -> None:
        self._lengths = descriptor.report_bytes
        self._layouts = pos_reports(descriptor)

    def _reports_in(self, capture: bytes) -> list[bytes]:
        """The reports of a capture. One of no known number takes all that is left."""
        reports: list[bytes] = []
        while capture or not reports:
            length = self._lengths.get(self._number(capture)) or len(capture)
            reports.append(capture[:length])
            capture = capture[length:]
        return reports

    def _number(self, report: bytes) -> int:
        """The id of a report; 0 where this device does not number them."""
        return 0 if 0 in self._lengths or not report else report[0]

    def _report(self, report: bytes) -> list[Reading]:
        if not self._lengths:
            return [garbled("NO_LAYOUT", NO_LAYOUT, report)]
        number = self._number(report)
        if number not in self._lengths:
            return [garbled("REPORT_ID", f"This device has no report {number:02X}.", report)]
        layout = self._layouts.get(number)
        if layout is None:
            self._note("report", report)
            return []
        part = read_part(layout, report)
        if isinstance(part, Problem):
            self._dropping = continues(layout, report)
            return [*self._give_up(), garbled(part.code, part.sentence, report)]
        return self._part(part, report)

    def _part(self, part: Part, report: bytes) -> list[Reading]:
        """Add a part to what has come of its code; give the code when nothing more follows."""
        if self._dropping:
            self._dropping = part.more
            return [garbled(RESYNC, FAULTS[RESYNC], report)]
        readings: list[Reading] = []
        begun = self._parts[0].symbology if self._parts else None
        if begun and part.symbology and part.symbology != begun:
            readings += self._give_up()
        self._parts.append(part)
        self._frame += report
        if sum(len(it.data) for it in self._parts) > FRAME_BYTES_MAX:
            self._dropping = part.more
            return [*readings, self._broken(TOO_LONG, FAULTS[TOO_LONG])]
        return readings if part.more else readings + self._whole()

    def _whole(self) -> list[Reading]:
        data = b"".join(it.data for it in self._parts)
        symbology, frame = self._parts[0].symbology, self._frame
        self._parts, self._frame = [], b""
        if not data or _is_engine_reply(data):
            self._note("reply" if data else "empty", frame)
            return []
        unknown = split_prefix(symbology, "aim") if symbology else None
        if isinstance(unknown, Problem):
            return [garbled(unknown.code, unknown.sentence, frame)]
        return [presented(data, self._style, symbology, frame)]

    def _give_up(self) -> list[Reading]:
        return [self._broken("INCOMPLETE", INCOMPLETE)] if self._parts else []

    def _broken(self, reason: str, detail: str) -> Reading:
        frame, self._parts, self._frame = self._frame, [], b""
        return garbled(reason, detail, frame)

    def _note(self, what: str, data: bytes) -> None:
        self._notes = [*self._notes[-63:], Note(what=what, facts={"data": data.hex().upper()})]


def _configured(words: str) -> Descriptor:
    """The layout that is configured. Raises NotConfigured where it is none."""
    try:
        descriptor = read_descriptor(NAMED[words] if words in NAMED else bytes.fromhex(words))
    except ValueError as error:
        takes = f"it takes own, {', '.join(NAMED)} or the hex of a report descriptor"
        raise NotConfigured(f"{NAME}: option layout is {words!r}; {takes}") from error
    if isinstance(descriptor, Problem) or not pos_reports(descriptor):
        raise NotConfigured(f"{NAME}: option layout: a report descriptor without decoded data (8C:FE)")
    return descriptor


def _is_engine_reply(data: bytes) -> bool:
    """Whether this is what a built-in engine (`devices.packets.engine`) answers to a command: no label holds it."""
    return data[:2] == engine.REPLY_MARK and len(data) > 6 and engine.reply(data[2], data[4:-2]) == data


DRIVER = Driver(
    name=NAME,
    title="Barcode scanner as USB HID POS",
    transport="hid",
    decoder=HidPosScanner,
    options=OPTIONS,
    reads_codes=True,
    usb_ids=(
        UsbId(0x0C2E, None, "Honeywell and Metrologic; set to HID POS"),
        UsbId(0x23D0, None, "Youjie; set to HID POS"),
        UsbId(0x1EAB, None, "Newland; product ids that end in 10 are HID POS"),
        UsbId(0x05E0, None, "Zebra and Symbol; set to HID POS"),
        UsbId(0x05F9, None, "Datalogic; set to HID POS"),
    ),
)
