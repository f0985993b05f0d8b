"""UHF desk and gate readers of the UHFReader18 and UHFReader288 families. 57600 8N1.

    04  FF   01                    1B B4    ask for an inventory: length of the rest, address (FF all), command
    len adr  cmd                   CRC-16/MCRF4XX over all before it, low byte first

    13  00   01   03     01    0C   000000000000000000000313        3F 39    18: status, count, then each tag
    15  00   01   03  01 01    0C   000000000000000000000313   6B   B1 A5    288: antenna, count, each with RSSI
    len adr  cmd  status       its length, its EPC

    11  00   EE   00     2000708C2B380B2D00000000  E0 56    a tag pushed by a reader that is set to push
    56 00 00 00 00 00                                       the heartbeat of one: 56 is a length as well

    status 01 02 04 the inventory is over, 03 more frames follow, F8 antenna, FB nothing there
    288's antenna is one bit of a mask, and its RSSI is on a scale of its own (larger is nearer)

One rule for the editor: which family a reader is of is learned from its own answer to 21 (09 is a 18), or set;
an inventory that both families could mean is garbled, never guessed.
"""

from collections.abc import Mapping
from typing import NamedTuple

from devices import crc
from devices.dialogue import Command, Dialogue
from devices.driver import Driver, UsbId
from devices.evidence import garbled
from devices.framing import CHECKSUM, LENGTH, NOISE
from devices.options import choose, number
from devices.readings import Reading
from devices.seeking import WAIT
from devices.settling import OPTIONS as SETTLING
from devices.settling import Sighting, rules_of
from devices.tag_reader import EPC_BYTES_MAX, TagReader

NAME = "uhfreader18"

OPTIONS = {
    "mode": (
        "poll",
        "poll|listen: poll asks for inventories; listen only hears a reader that is set to push",
    ),
    "family": ("auto", "auto|18|288: what the reader is; auto asks it"),
    "scan_s": ("0.3", "seconds that one inventory lasts, 0.3 to 25.5; a 18 keeps it when it is switched off"),
    **SETTLING,
}

SET_FAMILY = "These bytes could be of either family, or of neither: set the option family to 18 or 288."

BROADCAST = 0xFF
INVENTORY, SINGLE, INFORMATION, SCAN_TIME, PUSHED = 0x01, 0x0F, 0x21, 0x25, 0xEE
HEARTBEAT = bytes.fromhex("560000000000")
PORTS_MAX = 4

PAUSE_S = 0.05
"""Between two inventories. A reader needs 15 ms to tell one command from the next."""

SLOTS_EXPONENT = 6
"""The inventory of a 288 begins with 2 to this power slots: for a tray of tags."""

_MORE, _ANTENNA, _NOTHING, _WRONG_LENGTH = 0x03, 0xF8, 0xFB, 0xFD
_WITH_TAGS = (0x00, 0x01, 0x02, 0x03, 0x04)
_STATUS = {
    0x00: "done", 0x01: "inventory over", 0x02: "inventory cut off by the scan time", 0x03: "more follows",
    0x04: "the reader's memory is full", 0xF8: "antenna", 0xF9: "failed", 0xFA: "poor communication with the tag",
    0xFB: "no tag", 0xFC: "the tag refuses", 0xFD: "wrong length", 0xFE: "unknown command", 0xFF: "wrong parameter",
}  # fmt: skip
_FAMILIES = {0x09: "18", 0x0C: "288", 0x0F: "288", 0x10: "288"}
"""By the type in a reader's own information."""


class Frame(NamedTuple):
    """One sound frame. A command has no status; what follows the command byte is all in `rest`."""

    address: int
    command: int
    rest: bytes

    @property
    def is_answer(self) -> bool:
        """Whether a reader sent it: commands are for all addresses, or end where an answer has its status."""
        return self.address != BROADCAST and bool(self.rest)


class Tags(NamedTuple):
    """The tags of one inventory frame, each with its RSSI where the family sends one."""

    antenna: int | None
    tags: tuple[tuple[bytes, int | None], ...]


def read_frame(frame: bytes) -> Frame:
    """The parts of a frame whose length and check are right."""
    return Frame(frame[1], frame[2], frame[3:-2])


def command(code: int, data: bytes = b"", address: int = BROADCAST) -> bytes:
    """The bytes of a command."""
    body = bytes((len(data) + 4, address, code)) + data
    return body + crc.mcrf4xx(body).to_bytes(2, "little")


def answer(code: int, status: int, data: bytes = b"", address: int = 0) -> bytes:
    """The bytes that a reader answers with."""
    return command(code, bytes((status,)) + data, address)


def read_tags(data: bytes, family: str) -> Tags | None:
    """The tags in an inventory's data (after the status) as `family` writes them; None if it is not so."""
    antenna, at = (None, 0) if family == "18" else (_antenna(data[:1]), 1)
    if len(data) <= at:
        return None
    tags: list[tuple[bytes, int | None]] = []
    count, at = data[at], at + 1
    for _ in range(count):
        end = at + 1 + data[at] if at < len(data) else len(data) + 1
        rssi_end = end if family == "18" else end + 1
        if rssi_end > len(data) or end - at - 1 > EPC_BYTES_MAX:
            return None
        tags.append((data[at + 1 : end], data[end] if rssi_end > end else None))
        at = rssi_end
    return Tags(antenna, tuple(tags)) if at == len(data) else None


def _antenna(mask: bytes) -> int | None:
    """The antenna whose one bit is set."""
    bits = mask[0] if mask else 0
    return bits.bit_length() if bits.bit_count() == 1 else None


def look(held: bytearray, at: int, is_end: bool) -> int | str:
    """What begins at `at`: see `devices.seeking`."""
    if held[at : at + len(HEARTBEAT)] == HEARTBEAT:
        return len(HEARTBEAT)
    if held[at] < 4:
        return NOISE
    end = at + held[at] + 1
    if len(held) < end:
        return LENGTH if is_end else WAIT
    return held[at] + 1 if crc.mcrf4xx(held[at:end]) == 0 else CHECKSUM


class UhfReader18(TagReader):
    """Turns a reader's bytes into sweeps. `repeated` counts the reads that were held back."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        rules = rules_of(NAME, chosen, in_dbm=False)
        self._family = chosen["family"]
        self._scan = round(number(NAME, chosen, "scan_s", (0.3, 25.5)) * 10)
        self._ports = [port for port in sorted(rules.antennas or ()) if 1 <= port <= PORTS_MAX] or [1]
        self._are_ports_chosen = rules.antennas is not None
        self._polls = chosen["mode"] == "poll"
        first = (Command(command(INFORMATION), INFORMATION, 0.5),) if self._polls else ()
        then = self._inventories() if self._polls else ()
        super().__init__(NAME, look, rules, Dialogue(first, then, PAUSE_S))

    def _inventories(self) -> tuple[Command, ...]:
        """What is asked again and again: an inventory, and of a 288 one at each antenna."""
        wait_s = self._scan / 10 + 1.0
        if self._family != "288":
            return (Command(command(INVENTORY), INVENTORY, wait_s),)
        asked = (bytes((SLOTS_EXPONENT, 0, 0, 0x80 + port - 1, self._scan)) for port in self._ports)
        return tuple(Command(command(INVENTORY, data), INVENTORY, wait_s) for data in asked)

    def _hear(self, frame: bytes, at_s: float) -> list[Reading]:
        if frame == HEARTBEAT:
            self._dialogue.heard(None, at_s)
            self._note("heartbeat", heartbeat=True)
            return []
        said = read_frame(frame)
        facts = {"adr": said.address, "cmd": said.command}
        if not said.is_answer:
            self._note("command", **facts, rest=said.rest.hex().upper())
            return []
        status, data = said.rest[0], said.rest[1:]
        self._note(
            "answer", **facts, status=status, means=_STATUS.get(status, "unknown"), data=data.hex().upper()
        )
        is_over = said.command == PUSHED or status != _MORE
        self._dialogue.heard(said.command if is_over else None, at_s)
        if said.command in (INVENTORY, SINGLE):
            return self._inventory(status, data, frame, at_s)
        if said.command == PUSHED and status == 0:
            return self._pushed(data, frame, at_s)
        if said.command == INFORMATION and status == 0 and len(data) >= 8:
            return self._information(data)
        return []

    def _inventory(self, status: int, data: bytes, frame: bytes, at_s: float) -> list[Reading]:
        if status == _WRONG_LENGTH and self._family == "auto":
            self._become("288")  # a 288 refuses the short command of a 18
            return []
        if status == _ANTENNA:
            return self._in_trouble(
                "The reader says that an antenna is missing or broken (F8). Check its plug."
            )
        if status == _NOTHING:
            return self._well()
        if status not in _WITH_TAGS:
            return self._in_trouble(
                f"The reader answers an inventory with {status:02X}: {_STATUS.get(status, '?')}."
            )
        tags = self._tags(data)
        if isinstance(tags, str):
            return [garbled("RECORD", tags, frame)]
        for epc, rssi in tags.tags:
            self._see(Sighting(epc.hex().upper(), None, rssi, tags.antenna), frame, at_s)
        return self._well()

    def _pushed(self, data: bytes, frame: bytes, at_s: float) -> list[Reading]:
        """One tag: the whole data of a 18; of a 288 its antenna, length, EPC and RSSI."""
        one = read_tags(data[:1] + b"\x01" + data[1:], "288")
        one = None if self._family == "18" or (one and one.antenna is None) else one
        if (
            (self._family == "auto" and one)
            or (self._family == "288" and not one)
            or len(data) > EPC_BYTES_MAX
        ):
            return [garbled("RECORD", SET_FAMILY, frame)]
        epc, rssi = one.tags[0] if one else (data, None)
        self._see(Sighting(epc.hex().upper(), None, rssi, one.antenna if one else None), frame, at_s)
        return self._well()

    def _tags(self, data: bytes) -> Tags | str:
        families = ("18", "288") if self._family == "auto" else (self._family,)
        read = [tags for family in families if (tags := read_tags(data, family)) is not None]
        if self._family == "auto":  # a tag without any EPC is rarer than one family taken for the other
            read = [tags for tags in read if all(epc for epc, _ in tags.tags)] or read
        if len(read) > 1:
            return SET_FAMILY
        return read[0] if read else "This inventory is not as the reader's family writes it."

    def _information(self, data: bytes) -> list[Reading]:
        version, kind, scan = f"{data[0]}.{data[1]:02}", data[2], data[7]
        if self._family == "auto" and kind in _FAMILIES:
            if not self._are_ports_chosen and len(data) > 8:
                self._ports = [bit + 1 for bit in range(PORTS_MAX) if data[8] >> bit & 1] or [1]
            self._become(_FAMILIES[kind])
        if self._family == "18" and scan != self._scan:
            self._dialogue.ask(Command(command(SCAN_TIME, bytes((self._scan,))), SCAN_TIME))
        return [self._word("OPEN", firmware=f"{version} (type {kind:02X})")]

    def _become(self, family: str) -> None:
        self._family = family
        if self._polls:
            self._dialogue.then(self._inventories())


DRIVER = Driver(
    name=NAME,
    title="UHF tag reader of the UHFReader18 or UHFReader288 family on a serial line",
    transport="serial",
    decoder=UhfReader18,
    stream="obs",
    baud=57600,
    options=OPTIONS,
    usb_ids=(
        UsbId(0x1A86, 0x7523, "CH340 serial adapter; suggests, does not prove"),
        UsbId(0x10C4, 0xEA60, "CP210x serial adapter; suggests, does not prove"),
    ),
)
