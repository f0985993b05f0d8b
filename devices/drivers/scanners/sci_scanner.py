"""Barcode scanners that speak SCI, the Serial Communication Interface of Mindeo and Unitech. 9600 8N1.

    07  50     00      31 32 33 34  FE DF       scanner: DECODE_DATA "1234"
    len DATA   status  content      sum
    03  59     80                   FF 24       host: CMD_ACK (status bit 7: from the host)
    04  4E     80      01           FF 2D       host: CMD_NAK, send it again
    04  42     80      06           FF 34       host: BEEP, twice, short and low

One rule for the editor: an SCI packet names neither its source nor its symbology in a byte of its own. GS1 data is
known only by the AIM identifier inside the packet (`prefix=aim`).
"""

from collections.abc import Mapping
from typing import cast

from devices.codes.presented import presented
from devices.codes.symbology import PrefixStyle
from devices.driver import Driver
from devices.options import choose
from devices.packets.assembly import Scan
from devices.packets.outbox import Command
from devices.packets.ssi import SCI, SsiPacket
from devices.packets.talk import Manner, Talk
from devices.readings import Reading
from devices.wire import Light

NAME = "sci-scanner"

OPTIONS = {
    "prefix": ("none", "none|aim|zebra: the code identifier that the scanner sends before each code"),
    "ask": ("yes", "yes|no: ask the scanner for its firmware when its port opens"),
}

_LED, _BEEP = SCI.code("LED_CTR"), SCI.code("BEEP")
_BOTH, _RED, _BLUE = 0x03, 0x01, 0x02

LIGHTS: Mapping[Light, tuple[Command, ...]] = {
    "green": (Command(_LED, bytes((_BOTH, _BLUE))), Command(_BEEP, b"\x01")),
    "amber": (Command(_LED, bytes((_BOTH, 0))), Command(_BEEP, b"\x06")),
    "red": (Command(_LED, bytes((_BOTH, _RED))), Command(_BEEP, b"\x11")),
    "none": (Command(_LED, bytes((_BOTH, 0))),),
}
"""These scanners have a red and a blue light: blue stands for green. Beeps as in SSI, whose codes they share."""


def sci_scanner(options: Mapping[str, str]) -> Talk:
    """The decoder. Raises NotConfigured naming a wrong option."""
    chosen = choose(NAME, OPTIONS, options)
    style = cast(PrefixStyle, chosen["prefix"])

    def read(scan: Scan, _last: SsiPacket) -> Reading:
        return presented(scan.data.rstrip(b"\r\n"), style, None, scan.frame)

    return Talk(Manner(NAME, SCI, _data_of, read, LIGHTS), asks=chosen["ask"] == "yes")


def frame(text: str | bytes, *, again: bool = False) -> bytes:
    """The packet that a scanner sends for `text` (at most 252 bytes)."""
    data = text.encode() if isinstance(text, str) else text
    return SCI.pack(SsiPacket(SCI.code("DECODE_DATA"), data, again=again))


def _data_of(packet: SsiPacket) -> bytes:
    return packet.data


DRIVER = Driver(
    name=NAME,
    title="Barcode scanner that speaks SCI packets (Mindeo, Unitech)",
    transport="serial",
    decoder=sci_scanner,
    baud=9600,
    options=OPTIONS,
    reads_codes=True,
)
