"""ThingMagic's Mercury modules: M6e, Micro, Nano (they stream), M5e (asked tag by tag). 115200 8N1.

    FF  01   97  02                    4B BF      set the region: length of the data, opcode, data, CRC
    FF  00   97  0000                  77 9E      done: an answer has a status of two bytes before its data
    FF  28   22  0000  10 001B 01FF 01 01 C4 11 0E1640 00000127 0000 05 0000 0F  0080 3000 00..1545 E94A  56 1D
        len  op  stat  option          | RSSI |  kHz    ms       |   |  |    |   bits PC   EPC      its CRC
                         flags: which  | -60  antenna            |   |  |    GPIO
                         fields follow reads                     phase 05 = Gen2, data bits
    FF  00   22  0400                  84 E0      nothing seen in this second: the module is alive
    FF  0E   21  0000  E200322FE20DF9311328B7E3 D100  AA D0      an M5e's one tag: EPC, its CRC

    CRC: polynomial 1021, start FFFF, without the zero bits that usually end it, over all but FF. The antenna
    byte holds the sending port in its upper and the hearing one in its lower half.

One rule for the editor: an answer and a command cannot be told apart by their first bytes. A frame is read as an
answer; only where that fails, as an echo of a command.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from devices import crc
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

NAME = "mercury"

OPTIONS = {
    "mode": ("stream", "stream|single|listen: single asks tag by tag, as an M5e wants; listen only hears"),
    "region": ("eu3", "eu3|eu|na|keep: the radio rules, sent at each start; an M5e calls Europe eu"),
    **SETTLING,
}

VERSION, BOOT, READ_SINGLE, READ_MULTIPLE, STREAM = 0x03, 0x04, 0x21, 0x22, 0x2F
SET_ANTENNA, SET_PROTOCOL, SET_REGION, SET_OPTION = 0x91, 0x93, 0x97, 0x9A
NOTHING_SEEN, TOO_HOT = 0x0400, 0x0504
GEN2, READ_FILTER = 0x05, 0x0C
DATA_BYTES_MAX = 248
NO_RECORDS = (0, 8, 10)
"""Lengths of what comes between tag records and is none: the round's end, and the temperature."""

REST_S = 3.0
"""A module says each second that it is alive. One that is silent for so long was switched off and on."""

_HEAD = 0xFF
_REGIONS = {"na": 0x01, "eu": 0x02, "eu3": 0x08}
_START_STREAM = bytes.fromhex("00000122000005072210001B03E801FF")
"""No time-out; read multiple; Gen2; each tag as it is read, with all its fields."""

_STOP_STREAM = bytes.fromhex("000002")
_ONE_SECOND = bytes.fromhex("03E8")
_FIELDS = ((0x01, 1), (0x02, 1), (0x04, 1), (0x08, 3), (0x10, 4), (0x20, 2), (0x40, 1))
"""The fields of a tag record in their order: flag and length in bytes. Tag data and GPIO follow them."""

_RSSI, _ANTENNA, _KHZ, _MS, _TAG_DATA, _GPIO = 0x02, 0x04, 0x08, 0x10, 0x80, 0x100
_KNOWN = 0x1FF


class Frame(NamedTuple):
    """One sound frame: `status` is None in a command."""

    opcode: int
    status: int | None
    data: bytes


class Record(NamedTuple):
    """One tag record: `khz` and `ms` are the radio's frequency and the time since it last said it is alive."""

    sighting: Sighting
    sent_by: int | None
    khz: int | None
    ms: int | None
    pc: str


def read_frame(frame: bytes) -> Frame:
    """The parts of a frame whose length and check are right."""
    if len(frame) == frame[1] + 5:
        return Frame(frame[2], None, frame[3:-2])
    return Frame(frame[2], int.from_bytes(frame[3:5], "big"), frame[5:-2])


def command(opcode: int, data: bytes = b"") -> bytes:
    """The bytes of a command."""
    return _ended(bytes((len(data), opcode)) + data)


def answer(opcode: int, status: int = 0, data: bytes = b"") -> bytes:
    """The bytes that a module answers with."""
    return _ended(bytes((len(data), opcode)) + status.to_bytes(2, "big") + data)


def _ended(body: bytes) -> bytes:
    return bytes((_HEAD,)) + body + crc.mercury(body).to_bytes(2, "big")


def read_record(data: bytes) -> Record | None:
    """The tag record in the data of a streamed answer; None where it is none, or not whole."""
    if len(data) < 6:
        return None
    flags, at, fields = int.from_bytes(data[3:5], "big"), 6, dict[int, int]()
    for flag, length in _FIELDS:
        if flags & flag:
            fields[flag] = int.from_bytes(data[at : at + length], "big")
            at += length
    if flags & _TAG_DATA:
        at += 2 + (int.from_bytes(data[at : at + 2], "big") + 7) // 8
    at += bool(flags & _GPIO)
    bits, tag = int.from_bytes(data[at : at + 2], "big"), data[at + 2 :]
    epc = tag[2 * _words_before(tag) : -2]
    if flags & ~_KNOWN or bits != 8 * len(tag) or len(tag) < 4 or len(epc) > EPC_BYTES_MAX:
        return None
    ports = fields.get(_ANTENNA)
    rssi = None if _RSSI not in fields else fields[_RSSI] - 256 if fields[_RSSI] > 127 else fields[_RSSI]
    sighting = Sighting(epc.hex().upper(), None, rssi, None if ports is None else ports & 0x0F)
    sent_by = None if ports is None else ports >> 4
    return Record(sighting, sent_by, fields.get(_KHZ), fields.get(_MS), tag[:2].hex().upper())


def _words_before(tag: bytes) -> int:
    """The words before the EPC: PC, and the extended ones that it and the first of them announce."""
    if not tag or not tag[0] & 0x02:
        return 1
    return 3 if tag[2:3] and tag[2] & 0x80 else 2


def look(held: bytearray, at: int, is_end: bool) -> int | str:
    """What begins at `at`: see `devices.seeking`."""
    if held[at] != _HEAD or (len(held) > at + 1 and held[at + 1] > DATA_BYTES_MAX):
        return NOISE
    end = at + 7 + (held[at + 1] if len(held) > at + 1 else 0)
    if len(held) < end and not is_end:
        return WAIT
    for length in (end - at, end - at - 2):
        if len(held) >= at + length and _fits(held[at + 1 : at + length]):
            return length
    return CHECKSUM if len(held) >= end else LENGTH


def _fits(body: bytearray) -> bool:
    return crc.mercury(body[:-2]) == int.from_bytes(body[-2:], "big")


class Mercury(TagReader):
    """Turns a module's bytes into sweeps. `repeated` counts the reads that were held back."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        rules = rules_of(NAME, chosen)
        start = _start(_REGIONS.get(chosen["region"]), sorted(rules.antennas or (1,)))
        super().__init__(NAME, look, rules, _DIALOGUES[chosen["mode"]](start))

    def _hear(self, frame: bytes, at_s: float) -> list[Reading]:
        said = read_frame(frame)
        facts: dict[str, str | int] = {
            "opcode": said.opcode,
            "len": len(said.data),
            "data": said.data.hex().upper(),
        }
        if said.status is None:
            self._note("command", **facts)
            return []
        self._note("answer", status=said.status, **facts)
        self._dialogue.heard(said.opcode, at_s)
        if said.status:
            return self._refused(said.opcode, said.status)
        if said.opcode == READ_MULTIPLE and len(said.data) not in NO_RECORDS:
            return self._record(said.data, frame, at_s)
        if said.opcode == READ_SINGLE and 2 < len(said.data) <= EPC_BYTES_MAX + 2:
            self._see(Sighting(said.data[:-2].hex().upper()), frame, at_s)
            return self._well()
        if said.opcode in (VERSION, BOOT) and len(said.data) >= 16:
            return [self._word("OPEN", firmware=_firmware(said.data))]
        return []

    def _record(self, data: bytes, frame: bytes, at_s: float) -> list[Reading]:
        record = read_record(data)
        if record is None:
            return [garbled("RECORD", "The fields of this tag record do not fill it.", frame)]
        self._see(record.sighting, frame, at_s)
        return self._well()

    def _refused(self, opcode: int, status: int) -> list[Reading]:
        if status == NOTHING_SEEN:
            return self._well()
        if status == TOO_HOT:
            return self._in_trouble("The module is too hot and reads more slowly. Let air to it.")
        if opcode in (BOOT, STREAM):  # refused where it runs already, or where nothing was to be stopped
            return []
        if opcode == READ_SINGLE:
            self._dialogue.start_again()
        hint = "; set the option region to what this model takes" if opcode == SET_REGION else ""
        return self._in_trouble(f"The module answers command {opcode:02X} with status {status:04X}{hint}.")


def _firmware(data: bytes) -> str:
    """From the answer to 03: boot loader, hardware, date, version, of four bytes each."""
    date, version = data[8:12].hex(), ".".join(f"{byte:02X}" for byte in data[12:16])
    return f"{version} of {date[:4]}-{date[4:6]}-{date[6:]}, hardware {data[4]:02X}"


def _start(region: int | None, ports: list[int]) -> list[Command]:
    """Ask which firmware it is, start it, and set what the module forgets: region, protocol, antennas, filter."""
    antennas = bytes((0x02, *(port for port in ports for _ in range(2))))
    asked = [
        (VERSION, b""),
        (BOOT, b""),
        *([] if region is None else [(SET_REGION, bytes((region,)))]),
        (SET_PROTOCOL, bytes((0x00, GEN2))),
        (SET_ANTENNA, antennas),
        (SET_OPTION, bytes((0x01, READ_FILTER, 0x00))),
    ]
    return [Command(command(opcode, data), opcode) for opcode, data in asked]


def _stream(start: list[Command]) -> Dialogue:
    stop, go = (Command(command(STREAM, data), STREAM) for data in (_STOP_STREAM, _START_STREAM))
    whole = [stop, *start, go]
    return Dialogue(whole, whole, REST_S)


def _single(start: list[Command]) -> Dialogue:
    return Dialogue(start, [Command(command(READ_SINGLE, _ONE_SECOND), READ_SINGLE, 2.0)], 0.05)


_DIALOGUES: dict[str, Callable[[list[Command]], Dialogue]] = {
    "stream": _stream,
    "single": _single,
    "listen": lambda _start: Dialogue(),
}

DRIVER = Driver(
    name=NAME,
    title="ThingMagic Mercury UHF tag module (M6e, Micro, Nano, M5e) on a serial line",
    transport="serial",
    decoder=Mercury,
    stream="obs",
    baud=115_200,
    options=OPTIONS,
    usb_ids=(
        UsbId(0x1A86, 0x7523, "CH340 serial adapter; suggests, does not prove"),
        UsbId(0x10C4, 0xEA60, "CP210x serial adapter; suggests, does not prove"),
    ),
)
