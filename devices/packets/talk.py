"""The conversation with a scanner that speaks SSI or SCI: hear its packets, acknowledge them, send commands.

    scanner: a scan          host: CMD_ACK                 once the scan is kept
    scanner: broken bytes    host: CMD_NAK resend          the scanner sends them again, marked so
    scanner: the same again  host: CMD_ACK                 our acknowledgement was lost; told only once
    host: BEEP               scanner: CMD_ACK              nothing for 2 s, or CMD_NAK resend: sent once more

One rule for the editor: a scanner waits for one answer at a time, so one is given: to what came last.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from devices.driver import Note
from devices.evidence import garbled
from devices.framing import CHECKSUM, GAPS_BEFORE_ALARM, LENGTH, NOISE, Piece
from devices.packets import assembly
from devices.packets.assembly import Assembly, Scan
from devices.packets.outbox import Command, Outbox
from devices.packets.ssi import AGAIN, SHORT, Dialect, SsiPacket
from devices.readings import DeviceReported, DeviceWord, Reading
from devices.seeking import SeekingFramer
from devices.wire import Light

RESEND, BAD_CONTEXT = 1, 2
NOTES_MAX = 64
FIRMWARE_MAX = 60

FAULTS = {
    NOISE: "These bytes lie outside any packet.",
    SHORT: "A packet cannot be that short.",
    LENGTH: "The packet stopped before its end.",
    CHECKSUM: "The packet's checksum is wrong.",
    **assembly.FAULTS,
}

RAW_TEXT = (
    "The scanner sends plain text, not packets. Set its decode data format to packeted, or use the driver "
    "serial-scanner."
)
DEAF = "The scanner does not answer. Check that it is set to this protocol and this baud rate."

_TEXT = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D, 0x1D}


@dataclass(frozen=True, slots=True)
class Manner:
    """How one family of scanners speaks: its dialect, what a packet of data adds to a scan, what a scan is as
    a reading, and which commands show a light."""

    driver: str
    dialect: Dialect
    data_of: Callable[[SsiPacket], bytes]
    read: Callable[[Scan, SsiPacket], Reading]
    lights: Mapping[Light, Sequence[Command]]


@dataclass(slots=True)
class Talk:
    """One conversation: a decoder that is `Talking`, `Lit` and `Noting` (`devices.driver`). With `asks` it
    begins by asking for the scanner's firmware, which tells at once whether anybody listens."""

    manner: Manner
    asks: bool = True
    _framer: SeekingFramer = field(init=False)
    _scans: Assembly = field(init=False)
    _out: Outbox = field(init=False)
    _answer: SsiPacket | None = field(default=None, init=False)
    _notes: list[Note] = field(default_factory=list, init=False)
    _texts: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._framer = SeekingFramer(self.manner.dialect.look)
        self._scans = Assembly(self.manner.data_of)
        self._out = Outbox(self._command)

    @property
    def repeated(self) -> int:
        """Packets that came again after they had been taken."""
        return self._scans.repeated

    def opening(self) -> bytes:
        """The question for the scanner's firmware."""
        if self.asks:
            self._out.put(Command(self.manner.dialect.code("REQUEST_REVISION")))
        return self._out.take()

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return the readings they complete."""
        late = self._tick(at_s)
        return late + [it for piece in self._framer.feed(data, at_s) for it in self._piece(piece, at_s)]

    def idle(self, at_s: float) -> list[Reading]:
        """Give up a packet, a scan or a command that nothing came for."""
        return [it for piece in self._framer.idle(at_s) for it in self._piece(piece, at_s)] + self._tick(at_s)

    def take_replies(self) -> bytes:
        """The answer to what came last, then the next command."""
        answer, self._answer = self._answer, None
        return (self.manner.dialect.pack(answer) if answer else b"") + self._out.take()

    def take_notes(self) -> list[Note]:
        """Every packet that gave no reading, by name."""
        notes, self._notes = self._notes, []
        return notes

    def show(self, light: Light, bay: int | None = None) -> None:  # noqa: ARG002 - a scanner has no bays
        """Beep and light up."""
        for command in self.manner.lights[light]:
            self._out.put(command)

    def _piece(self, piece: Piece, at_s: float) -> list[Reading]:
        if piece.fault:
            return self._broken(piece)
        packet = self.manner.dialect.unpack(piece.data)
        readings: list[Reading] = []
        if not packet.host:  # ours are only echoed or overheard
            self._texts = 0
            readings = self._heard(packet, piece.data, at_s)
        if not readings:
            self._note(packet)
        return readings

    def _broken(self, piece: Piece) -> list[Reading]:
        """Bytes that are no packet: ask for them again, unless they were never meant to be one."""
        readings: list[Reading] = [garbled(piece.fault, FAULTS[piece.fault], piece.data)]
        if _TEXT.issuperset(piece.data):
            self._texts += 1
            if self._texts == GAPS_BEFORE_ALARM:
                readings.append(self._own_word("MISCONFIGURED", RAW_TEXT))
            return readings
        self._nak(RESEND)
        dialect, data = self.manner.dialect, piece.data
        is_scan = len(data) >= dialect.header and data[1] == dialect.code("DECODE_DATA")
        self._scans.missed(is_scan and not data[dialect.header - 1] & AGAIN)
        return readings

    def _heard(self, packet: SsiPacket, frame: bytes, at_s: float) -> list[Reading]:
        name = self.manner.dialect.named(packet.opcode)
        if name == "CMD_ACK":
            self._out.done()
            return []
        if name == "CMD_NAK":
            self._refused(packet)
            return []
        if packet.opcode not in self.manner.dialect.opcodes:
            self._nak(BAD_CONTEXT)
            return []
        self._answer = SsiPacket(self.manner.dialect.code("CMD_ACK"), host=True)
        if name == "DECODE_DATA":
            return self._scanned(self._scans.take(packet, frame, at_s), packet)
        return self._revision(packet) if name == "REPLY_REVISION" else []

    def _scanned(self, scan: Scan | None, packet: SsiPacket) -> list[Reading]:
        if scan is None:
            return []
        if scan.fault:
            return [garbled(scan.fault, FAULTS[scan.fault], scan.frame)]
        return [self.manner.read(scan, packet)]

    def _revision(self, packet: SsiPacket) -> list[Reading]:
        self._out.done()
        said = packet.data.decode("ascii", "replace")
        firmware = "".join(it if it.isprintable() else " " for it in said).strip()
        return [self._own_word("OPEN", None, firmware[:FIRMWARE_MAX] or None)]

    def _refused(self, packet: SsiPacket) -> None:
        if packet.data[:1] == bytes((RESEND,)):
            self._out.again()
        else:
            self._out.done()

    def _tick(self, at_s: float) -> list[Reading]:
        readings: list[Reading] = []
        cut = self._scans.tick(at_s)
        if cut is not None:
            readings.append(garbled(cut.fault, FAULTS[cut.fault], cut.frame))
        given_up = self._out.tick(at_s)
        if given_up is not None:
            readings.append(self._own_word("WEDGED", DEAF))
        return readings

    def _own_word(self, word: DeviceWord, detail: str | None, firmware: str | None = None) -> DeviceReported:
        name = self.manner.driver
        return DeviceReported(device=name, driver=name, word=word, detail=detail, firmware=firmware)

    def _nak(self, cause: int) -> None:
        self._answer = SsiPacket(self.manner.dialect.code("CMD_NAK"), bytes((cause,)), host=True)

    def _command(self, command: Command, again: bool) -> bytes:
        return self.manner.dialect.pack(SsiPacket(command.opcode, command.data, host=True, again=again))

    def _note(self, packet: SsiPacket) -> None:
        facts = {
            "opcode": packet.opcode,
            "source": "host" if packet.host else "decoder",
            "retransmit": packet.again,
            "continuation": packet.more,
            "permanent": packet.permanent,
            "data": packet.data.hex().upper(),
        }
        if len(self._notes) < NOTES_MAX:
            self._notes.append(Note(what=self.manner.dialect.named(packet.opcode), facts=facts))
