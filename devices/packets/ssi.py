"""Packets of Zebra's Simple Serial Interface (72E-40451) and of its cousin SCI (Mindeo FS580, Unitech ES910).

    len op src status  data           sum          SSI
    0E  F3 00  00      03 X30001234   FD 17        src 00 scanner, 04 host; status bit 0 sent again, 1 more
                                                   follows, 3 permanent; data of a scan begin with its type
    len op     status  data           sum          SCI
    07  50     00      1234           FE DF        status bit 0 sent again, 6 permanent, 7 host

    len counts every byte before the sum; the sum is the two's complement of theirs, high byte first

One rule for the editor: a format has no mark at its beginning, so a packet is believed only when its length, its
source, every unused bit of its status and its sum are right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from devices.framing import CHECKSUM, LENGTH, NOISE
from devices.seeking import WAIT

SHORT = "SHORT"

SUM_BYTES = 2
LENGTH_MAX = 255

SCANNER, HOST = 0x00, 0x04
AGAIN = 0x01
_PROPERTY = 0x3E


class SsiPacket(NamedTuple):
    """One packet of either format. `again`: sent before and not acknowledged; `more`: the next one goes on."""

    opcode: int
    data: bytes = b""
    host: bool = False
    again: bool = False
    more: bool = False
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """SSI or SCI: where its source stands, which bits of its status say what (0 where it has no such bit), and
    its opcodes. `parameters` are those whose status names a property of a parameter in bits 1 to 5."""

    name: str
    has_source: bool
    host_bit: int
    more_bit: int
    permanent_bit: int
    opcodes: Mapping[int, str]
    parameters: frozenset[int] = frozenset()

    @property
    def header(self) -> int:
        """Bytes before the data."""
        return 4 if self.has_source else 3

    @property
    def data_max(self) -> int:
        """Most bytes of data: the length byte counts the header too."""
        return LENGTH_MAX - self.header

    def code(self, name: str) -> int:
        """The opcode called `name`. Raises KeyError."""
        codes = {known: code for code, known in self.opcodes.items()}
        return codes[name]

    def named(self, opcode: int) -> str:
        """What `opcode` is called, or its two hex digits."""
        return self.opcodes.get(opcode, f"{opcode:02X}")

    def pack(self, packet: SsiPacket) -> bytes:
        """The bytes of `packet`. Raises ValueError for more than `data_max` bytes of data."""
        if len(packet.data) > self.data_max:
            found = len(packet.data)
            raise ValueError(f"a packet of {self.name} carries at most {self.data_max} bytes, not {found}")
        status = (
            (AGAIN if packet.again else 0)
            | (self.more_bit if packet.more else 0)
            | (self.permanent_bit if packet.permanent else 0)
            | (self.host_bit if packet.host else 0)
        )
        source = bytes((HOST if packet.host else SCANNER,)) if self.has_source else b""
        length = self.header + len(packet.data)
        body = bytes((length, packet.opcode)) + source + bytes((status,)) + packet.data
        return body + _sum(body)

    def unpack(self, frame: bytes) -> SsiPacket:
        """The packet whose bytes `look` has found whole."""
        status = frame[self.header - 1]
        return SsiPacket(
            frame[1],
            frame[self.header : -SUM_BYTES],
            host=frame[2] == HOST if self.has_source else bool(status & self.host_bit),
            again=bool(status & AGAIN),
            more=bool(status & self.more_bit),
            permanent=bool(status & self.permanent_bit),
        )

    def look(self, held: bytearray, at: int, is_end: bool) -> int | str:
        """What begins at `at`, as `devices.seeking` asks: a whole packet's length, WAIT, or a fault."""
        length = held[at]
        if length < self.header:
            return SHORT
        if not self._may_begin(held[at + 1 : at + self.header]):
            return NOISE
        whole = length + SUM_BYTES
        if len(held) - at < whole:
            return LENGTH if is_end else WAIT
        body = held[at : at + length]
        return whole if held[at + length : at + whole] == _sum(body) else CHECKSUM

    def _may_begin(self, header: bytearray) -> bool:
        """Whether the bytes after the length, as far as they have come, may be a packet's: of SCI, which has no
        source to tell it by, only with a known opcode."""
        if not header:
            return True
        if self.has_source and len(header) > 1 and header[1] not in (SCANNER, HOST):
            return False
        if not self.has_source and header[0] not in self.opcodes:
            return False
        used = AGAIN | self.more_bit | self.permanent_bit | self.host_bit
        used |= _PROPERTY if header[0] in self.parameters else 0
        return len(header) < self.header - 1 or not header[-1] & ~used


def _sum(body: bytes | bytearray) -> bytes:
    return (-sum(body) & 0xFFFF).to_bytes(SUM_BYTES, "big")


SSI = Dialect(
    "SSI",
    has_source=True,
    host_bit=0,
    more_bit=0x02,
    permanent_bit=0x08,
    opcodes={
        0x10: "FLUSH_MACRO_PDF", 0x11: "ABORT_MACRO_PDF", 0x12: "CUSTOM_DEFAULTS", 0x80: "SSI_MGMT_COMMAND",
        0xA3: "REQUEST_REVISION", 0xA4: "REPLY_REVISION", 0xB1: "IMAGE_DATA", 0xB4: "VIDEO_DATA",
        0xC0: "ILLUMINATION_OFF", 0xC1: "ILLUMINATION_ON", 0xC4: "AIM_OFF", 0xC5: "AIM_ON",
        0xC6: "PARAM_SEND", 0xC7: "PARAM_REQUEST", 0xC8: "PARAM_DEFAULTS", 0xC9: "CHANGE_ALL_CODE_TYPES",
        0xCA: "PAGER_MOTOR_ACTIVATION", 0xD0: "CMD_ACK", 0xD1: "CMD_NAK", 0xD2: "FLUSH_QUEUE",
        0xD3: "CAPABILITIES_REQUEST", 0xD4: "CAPABILITIES_REPLY", 0xD5: "BATCH_REQUEST", 0xD6: "BATCH_DATA",
        0xD8: "CMD_ACK_ACTION", 0xE4: "START_DECODE", 0xE5: "STOP_DECODE", 0xE6: "BEEP", 0xE7: "LED_ON",
        0xE8: "LED_OFF", 0xE9: "SCAN_ENABLE", 0xEA: "SCAN_DISABLE", 0xEB: "SLEEP", 0xF3: "DECODE_DATA",
        0xF6: "EVENT", 0xF7: "IMAGER_MODE",
    },
)  # fmt: skip

SCI = Dialect(
    "SCI",
    has_source=False,
    host_bit=0x80,
    more_bit=0,
    permanent_bit=0x40,
    opcodes={
        0x23: "PARAM_SEND", 0x25: "PARAM_DEFAULTS", 0x26: "CUSTOM_DEFAULTS", 0x3F: "PARAM_REQUEST",
        0x42: "BEEP", 0x45: "STOP_DECODE", 0x4C: "LED_CTR", 0x4E: "CMD_NAK", 0x50: "DECODE_DATA",
        0x52: "REPLY_REVISION", 0x53: "START_DECODE", 0x56: "REQUEST_REVISION", 0x59: "CMD_ACK",
        0x5E: "CMD_RESTART", 0x62: "CMD_OUTPUTBUFFER_CTR",
    },
    parameters=frozenset({0x23, 0x3F}),
)  # fmt: skip
