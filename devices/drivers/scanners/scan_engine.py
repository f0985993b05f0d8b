"""Scan engines built into kiosks and lockers: Newland EM2000 and HR series, FM30, GM65. 9600 8N1.

    58 33 30 30 30 31 32 33 34 0D       X30001234 CR     a scan is plain text, as from any scanner
    7E 00 08 01 00 02 01 02 DA          host: scan now
    02 00 00 01 00 33 31                engine: ok, and a scan may follow at once, with nothing between

One rule for the editor: with `trigger=scanner` (its own button or sensor) nothing is ever written to the engine.
"""

from collections.abc import Mapping
from typing import cast

from devices.codes.presented import presented
from devices.codes.symbology import PrefixStyle
from devices.driver import Driver, Note, UsbId
from devices.evidence import garbled_piece
from devices.framing import FAULTS, NO_SUFFIX, Piece
from devices.options import choose
from devices.packets import engine
from devices.packets.engine import EngineFramer, EnginePacket
from devices.readings import CodePresented, DeviceReported, DeviceWord, Reading

NAME = "scan-engine"

OPTIONS = {
    "prefix": ("none", "none|aim|zebra: the code identifier that the engine sends before each code"),
    "trigger": ("scanner", "scanner|command: who starts a scan: the engine itself, or this driver, again and again"),
}  # fmt: skip

WINDOW_S = 5.0
"""How long an engine looks for a code after a command: then it is told again."""

ANSWER_S = 1.0
UNANSWERED_MAX = 3

SCAN_NOW = engine.command(engine.WRITE, engine.TRIGGER_ZONE, engine.TRIGGER)
DEAF = "The engine does not answer commands. Check the baud rate, or set trigger=scanner."


class ScanEngine:
    """Turns an engine's bytes into codes, and keeps it looking where it is told to. `repeated` stays 0."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        self._style = cast(PrefixStyle, chosen["prefix"])
        self._commands = chosen["trigger"] == "command"
        self._framer = EngineFramer()
        self._notes: list[Note] = []
        self._is_due = False
        self._asked = False
        self._since_s: float | None = None
        self._unanswered = 0
        self.repeated = 0

    def opening(self) -> bytes:
        """The first command to scan."""
        self._is_due = self._commands
        return self.take_replies()

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return the readings they complete."""
        readings = self._tick(at_s)
        for piece in self._framer.feed(data, at_s):
            readings += self._read(piece, at_s)
        return readings

    def idle(self, at_s: float) -> list[Reading]:
        """Give up what is older than the gap; start the next scan where that is ours to do."""
        return [it for piece in self._framer.idle(at_s) for it in self._read(piece, at_s)] + self._tick(at_s)

    def take_replies(self) -> bytes:
        """The command to scan, when it is time for it."""
        if not self._is_due:
            return b""
        self._is_due, self._asked, self._since_s = False, True, None
        return SCAN_NOW

    def take_notes(self) -> list[Note]:
        """Every packet heard."""
        notes, self._notes = self._notes, []
        return notes

    def _read(self, piece: Piece, at_s: float) -> list[Reading]:
        if piece.fault == NO_SUFFIX:
            return [_own_word("MISCONFIGURED", FAULTS[NO_SUFFIX])]
        if piece.fault:
            return [garbled_piece(piece)]
        packet = engine.unpack(piece.data)
        if packet is not None:
            return self._heard(packet, at_s)
        reading = presented(piece.data, self._style)
        if isinstance(reading, CodePresented):
            self._is_due = self._commands
        return [reading]

    def _heard(self, packet: EnginePacket, at_s: float) -> list[Reading]:
        self._notes = [*self._notes[-63:], _note(packet)]
        if packet.zone is not None:
            return []
        was_deaf, self._unanswered = self._unanswered >= UNANSWERED_MAX, 0
        self._asked, self._since_s = False, at_s
        return [_own_word("OPEN", None)] if was_deaf else []

    def _tick(self, at_s: float) -> list[Reading]:
        if not self._commands or self._is_due:
            return []
        if self._since_s is None:
            self._since_s = at_s
        if at_s - self._since_s < (ANSWER_S if self._asked else WINDOW_S):
            return []
        self._is_due = True
        self._unanswered += 1 if self._asked else 0
        is_deaf = self._asked and self._unanswered == UNANSWERED_MAX
        return [_own_word("WEDGED", DEAF)] if is_deaf else []


def _own_word(word: DeviceWord, detail: str | None) -> DeviceReported:
    return DeviceReported(device=NAME, driver=NAME, word=word, detail=detail)


def _note(packet: EnginePacket) -> Note:
    if packet.zone is None:
        name = engine.REPLIES.get(packet.code, f"{packet.code:02X}")
        return Note(what="reply", facts={"reply": name, "data": packet.data.hex().upper()})
    name = engine.COMMANDS.get(packet.code, f"{packet.code:02X}")
    facts = {"command": name, "zone": f"{packet.zone:04X}", "data": packet.data.hex().upper()}
    return Note(what="command", facts=facts)


DRIVER = Driver(
    name=NAME,
    title="Built-in scan engine (Newland EM2000 and HR, FM30, GM65)",
    transport="serial",
    decoder=ScanEngine,
    baud=9600,
    options=OPTIONS,
    reads_codes=True,
    usb_ids=(UsbId(0x1EAB, None, "Newland; product ids that end in 06 are serial"),),
)
