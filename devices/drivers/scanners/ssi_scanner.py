"""Barcode scanners that speak Zebra's Simple Serial Interface (SSI). 9600 8N1 on RS-232; CDC ignores the rate.

    0E  F3     00      00      03    58 33 30 30 30 31 32 33 34  FD 17
    len DATA   scanner status  type  X30001234                   sum       scanner: Code 128
    04  D0     04      00                                        FF 28     host: CMD_ACK
    05  D1     04      00      01                                FF 25     host: CMD_NAK, send it again
    05  E6     04      00      01                                FF 10     host: BEEP, twice, short and high

One rule for the editor: the scanner keeps a scan until it is acknowledged, and the acknowledgement leaves when the
scan is on disk. GS1 is GS1 where the type says so, or the AIM identifier (`prefix=aim`) inside the packet does.
"""

from collections.abc import Mapping
from typing import cast

from devices.codes.presented import presented
from devices.codes.symbology import PrefixStyle
from devices.driver import Driver, UsbId
from devices.options import choose
from devices.packets.assembly import Scan
from devices.packets.outbox import Command
from devices.packets.ssi import SSI, SsiPacket
from devices.packets.talk import Manner, Talk
from devices.readings import Reading
from devices.wire import Light

NAME = "ssi-scanner"

OPTIONS = {
    "prefix": ("none", "none|aim|zebra: the code identifier that the scanner sends before each code"),
    "ask": ("yes", "yes|no: ask the scanner for its firmware when its port opens"),
}

AIM_OF_TYPE = {
    0x01: "]A0", 0x02: "]F0", 0x03: "]C0", 0x04: "]S0", 0x05: "]R0", 0x06: "]I0", 0x07: "]G0", 0x08: "]X0",
    0x09: "]X0", 0x0A: "]E4", 0x0B: "]E0", 0x0C: "]H0", 0x0E: "]M0", 0x0F: "]C1", 0x10: "]X0", 0x11: "]L0",
    0x13: "]A4", 0x15: "]X0", 0x16: "]X0", 0x19: "]C0", 0x1B: "]d1", 0x1C: "]Q1", 0x25: "]U0", 0x2D: "]z0",
    0x2E: "]zC", 0x30: "]e0", 0x31: "]e0", 0x32: "]e0", 0xB7: "]h0", 0xC1: "]d2", 0xC2: "]Q3", 0xC4: "]J0",
    0xC8: "]g0",
}  # fmt: skip
"""The AIM identifier of each bar code type that has one here. UPC-A keeps its 12 digits, so it is none of AIM's."""

_LED_ON, _LED_OFF, _BEEP = (SSI.code(name) for name in ("LED_ON", "LED_OFF", "BEEP"))
_DECODE_LED = b"\x01"

LIGHTS: Mapping[Light, tuple[Command, ...]] = {
    "green": (Command(_LED_ON, _DECODE_LED), Command(_BEEP, b"\x01")),
    "amber": (Command(_LED_OFF, _DECODE_LED), Command(_BEEP, b"\x06")),
    "red": (Command(_LED_OFF, _DECODE_LED), Command(_BEEP, b"\x11")),
    "none": (Command(_LED_OFF, _DECODE_LED),),
}
"""Green: two short high beeps; amber: two short low ones; red: three long low ones."""


def ssi_scanner(options: Mapping[str, str]) -> Talk:
    """The decoder. Raises NotConfigured naming a wrong option."""
    chosen = choose(NAME, OPTIONS, options)
    style = cast(PrefixStyle, chosen["prefix"])

    def read(scan: Scan, last: SsiPacket) -> Reading:
        symbology = AIM_OF_TYPE.get(last.data[0]) if last.data else None
        return presented(scan.data.rstrip(b"\r\n"), style, symbology, scan.frame)

    return Talk(Manner(NAME, SSI, _data_of, read, LIGHTS), asks=chosen["ask"] == "yes")


def frame(text: str | bytes, bar_code_type: int = 0x03, *, again: bool = False, more: bool = False) -> bytes:
    """The packet that a scanner sends for `text` (at most 250 bytes), or for a part of it if `more` follows."""
    data = bytes((bar_code_type,)) + (text.encode() if isinstance(text, str) else text)
    return SSI.pack(SsiPacket(SSI.code("DECODE_DATA"), data, again=again, more=more))


def _data_of(packet: SsiPacket) -> bytes:
    return packet.data[1:]


DRIVER = Driver(
    name=NAME,
    title="Barcode scanner that speaks Zebra SSI packets",
    transport="serial",
    decoder=ssi_scanner,
    baud=9600,
    options=OPTIONS,
    reads_codes=True,
    usb_ids=(UsbId(0x05E0, 0x1701, "Zebra, USB CDC host; SSI over CDC is a setting of the scanner"),),
)
