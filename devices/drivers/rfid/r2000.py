"""UHF readers built on Impinj's R2000 chip that speak "A0" frames (YR9010, D2184B, many desk and gate readers). 115200.

    A0  13   01   89   01      3000  E2000017221101441890ABCD  55    AC    a tag of an inventory
    A0  len  adr  cmd  freq    PC    EPC                       RSSI
                       antenna: two low bits, 01 is 2                     -44 dBm, check
    A0 04 FF 89 FF D5        run an inventory          A0 03 FF 72 EC    which firmware is it
    A0 0A 01 89 00 0064 0000000C ..   it is over: antenna, reads a second, reads
    A0 04 01 89 22 ..                 it failed: 22, no antenna there

    The check makes the sum of the frame 0. RSSI 62 is -31 dBm: 129 less; its top bit stands for antennas 5 to 8.

One rule for the editor: what an inventory's frame means is told by its length; a tag's PC word must fit it too.
"""

from collections.abc import Mapping
from typing import NamedTuple

from devices.dialogue import Command, Dialogue
from devices.driver import Driver, UsbId
from devices.evidence import garbled
from devices.framing import CHECKSUM, LENGTH, NOISE
from devices.options import choose
from devices.readings import Reading
from devices.seeking import WAIT
from devices.settling import OPTIONS as SETTLING
from devices.settling import Sighting, rules_of
from devices.tag_reader import EPC_BYTES_MAX, TagReader

NAME = "r2000"

OPTIONS = {
    "mode": (
        "poll",
        "poll|listen: poll asks for inventories; listen only hears what something else asked for",
    ),
    **SETTLING,
}

BROADCAST = 0xFF
FIRMWARE, SET_ANTENNA, INVENTORY, SESSION_INVENTORY = 0x72, 0x74, 0x89, 0x8B
ANTENNA_MISSING = 0x22
ROUND_OVER_BYTES = 7
PORTS_MAX = 8
PAUSE_S = 0.02

_HEAD = 0xA0
_ALL_AT_ONCE = b"\xff"
"""How often a round asks again: the shortest round, best for few tags and good for many."""

_RESULTS = {0x10: "done", 0x11: "failed", 0x20: "the chip was reset", 0x21: "the field did not come on",
            0x22: "no antenna", 0x41: "wrong parameter"}  # fmt: skip


class Frame(NamedTuple):
    """One sound frame."""

    address: int
    command: int
    data: bytes


def read_frame(frame: bytes) -> Frame:
    """The parts of a frame whose length and check are right."""
    return Frame(frame[2], frame[3], frame[4:-1])


def frame(code: int, data: bytes = b"", address: int = BROADCAST) -> bytes:
    """The bytes of a command, or at another address of what a reader answers."""
    body = bytes((_HEAD, len(data) + 3, address, code)) + data
    return body + bytes((-sum(body) & 0xFF,))


def read_tag(data: bytes) -> Sighting | None:
    """The tag in an inventory's frame; None where its PC word gives another length."""
    epc = data[3:-1]
    if len(data) < 4 or len(epc) != 2 * (data[1] >> 3) or len(epc) > EPC_BYTES_MAX:
        return None
    antenna = (data[0] & 0x03) + 1 + (4 if data[-1] & 0x80 else 0)
    return Sighting(epc.hex().upper(), None, (data[-1] & 0x7F) - 129, antenna)


def look(held: bytearray, at: int, is_end: bool) -> int | str:
    """What begins at `at`: see `devices.seeking`."""
    if held[at] != _HEAD or (len(held) > at + 1 and held[at + 1] < 3):
        return NOISE
    end = at + 2 + held[at + 1] if len(held) > at + 1 else len(held) + 1
    if len(held) < end:
        return LENGTH if is_end else WAIT
    return CHECKSUM if sum(held[at:end]) & 0xFF else end - at


class R2000(TagReader):
    """Turns a reader's bytes into sweeps. `repeated` counts the reads that were held back."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        rules = rules_of(NAME, chosen)
        ports = [port for port in sorted(rules.antennas or ()) if 1 <= port <= PORTS_MAX]
        dialogue = _dialogue(ports) if chosen["mode"] == "poll" else Dialogue()
        super().__init__(NAME, look, rules, dialogue)

    def _hear(self, data: bytes, at_s: float) -> list[Reading]:
        said = read_frame(data)
        facts: dict[str, str | int] = {
            "adr": said.address,
            "cmd": said.command,
            "data": said.data.hex().upper(),
        }
        if said.address == BROADCAST:
            self._note("command", **facts)
            return []
        is_inventory = said.command in (INVENTORY, SESSION_INVENTORY)
        is_tag = is_inventory and len(said.data) not in (1, ROUND_OVER_BYTES)
        self._dialogue.heard(None if is_tag else said.command, at_s)
        if is_tag:
            return self._tag(said.data, data, at_s)
        self._note("answer", **facts)
        if said.command == FIRMWARE and len(said.data) == 2:
            return [self._word("OPEN", firmware=f"{said.data[0]}.{said.data[1]}")]
        if is_inventory and len(said.data) == 1:
            return self._failed(said.data[0])
        return self._well() if is_inventory else []

    def _tag(self, data: bytes, frame_: bytes, at_s: float) -> list[Reading]:
        sighting = read_tag(data)
        if sighting is None:
            return [garbled("RECORD", "The tag's PC word does not give the length that its EPC has.", frame_)]
        self._see(sighting, frame_, at_s)
        return self._well()

    def _failed(self, code: int) -> list[Reading]:
        if code == ANTENNA_MISSING:
            return self._in_trouble("The reader says that no antenna is there (22). Check its plug.")
        return self._in_trouble(
            f"The reader ends an inventory with {code:02X}: {_RESULTS.get(code, 'unknown')}."
        )


def _dialogue(ports: list[int]) -> Dialogue:
    """Ask which firmware it is, then for inventories, at each chosen antenna or at the one that is set."""
    inventory = Command(frame(INVENTORY, _ALL_AT_ONCE), INVENTORY, 3.0)
    then = [
        step
        for port in ports
        for step in (Command(frame(SET_ANTENNA, bytes((port - 1,))), SET_ANTENNA, 0.5), inventory)
    ]
    return Dialogue([Command(frame(FIRMWARE), FIRMWARE, 0.5)], then or [inventory], PAUSE_S)


DRIVER = Driver(
    name=NAME,
    title="UHF tag reader with an R2000 chip that speaks A0 frames on a serial line",
    transport="serial",
    decoder=R2000,
    stream="obs",
    baud=115_200,
    options=OPTIONS,
    usb_ids=(
        UsbId(0x1A86, 0x7523, "CH340 serial adapter; suggests, does not prove"),
        UsbId(0x10C4, 0xEA60, "CP210x serial adapter; suggests, does not prove"),
    ),
)
