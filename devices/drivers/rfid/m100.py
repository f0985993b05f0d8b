"""UHF modules with the M100 or QM100 chip (YRM100, JRD-4035, M5Stack UHF unit ...). 115200 8N1.

    BB  02    22       00 11   C9    3400  30751FEB705C5904E3D50D70  3A76      EF     7E     a tag
        type  command  length  RSSI  PC    EPC                       its CRC   check  end
        00 to the module, 01 its answer, 02 a tag seen

    BB 00 27 0003 222710 83 7E     ask for 10,000 rounds       BB 01 FF 0001 15 16 7E    nothing in this round
    BB 00 07 0001 03     0B 7E     region Europe (865 MHz)     BB 01 FF 0001 16 ...      an error, by its code
    BB 00 03 0001 01     05 7E     which software is it

    The check is the low byte of the sum of all between BB and itself; RSSI is signed, in dBm.

One rule for the editor: frames are found by their length. The check, and anything in a tag, may be 7E or BB.
"""

from collections.abc import Mapping
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
from devices.tag_reader import TagReader

NAME = "m100"

OPTIONS = {
    "mode": ("poll", "poll|listen: poll starts inventories; listen only hears what something else started"),
    "region": (
        "eu",
        "eu|us|cn900|cn800|kr|keep: the radio rules; sent at each start, for the module forgets them",
    ),
    "tag_crc": (
        "check",
        "check|ignore: whether the tag's own CRC must fit; the frame's check is one byte only",
    ),
    **SETTLING,
}

TO_MODULE, ANSWER, SEEN = 0x00, 0x01, 0x02
INFORMATION, REGION, SINGLE, ROUNDS, STOP, ERROR = 0x03, 0x07, 0x22, 0x27, 0x28, 0xFF
SOFTWARE = 0x01
TEN_THOUSAND = bytes.fromhex("222710")
REFUSED = 0x17
PARAMETER_BYTES_MAX = 1024
REST_S = 1.0
"""A module that is silent for so long has done its rounds, or was switched off and on: it is started again."""

_HEAD, _END = 0xBB, 0x7E
_REGIONS = {"cn900": 0x01, "us": 0x02, "eu": 0x03, "cn800": 0x04, "kr": 0x06}
_ERRORS = {
    0x09: "reading failed", 0x10: "writing failed", 0x13: "locking failed", 0x15: "no tag",
    0x16: "wrong access password", 0x17: "wrong command", 0x20: "no free channel: another reader is near",
}  # fmt: skip


class Frame(NamedTuple):
    """One sound frame."""

    type: int
    command: int
    parameter: bytes


def read_frame(frame: bytes) -> Frame:
    """The parts of a frame whose length and check are right."""
    return Frame(frame[1], frame[2], frame[5:-2])


def frame(type_: int, code: int, parameter: bytes = b"") -> bytes:
    """The bytes of a frame, to the module or from it."""
    body = bytes((type_, code)) + len(parameter).to_bytes(2, "big") + parameter
    return bytes((_HEAD,)) + body + bytes((sum(body) & 0xFF, _END))


def read_tag(parameter: bytes) -> Sighting | None:
    """The tag in a frame of type 02; None where PC and length do not agree."""
    epc = parameter[3:-2]
    if len(parameter) < 5 or len(epc) != 2 * (parameter[1] >> 3):
        return None
    rssi = int.from_bytes(parameter[:1], "big", signed=True)
    return Sighting(epc.hex().upper(), None, rssi)


def look(held: bytearray, at: int, is_end: bool) -> int | str:
    """What begins at `at`: see `devices.seeking`."""
    if held[at] != _HEAD or (len(held) > at + 1 and held[at + 1] > SEEN):
        return NOISE
    parameter_bytes = int.from_bytes(held[at + 3 : at + 5], "big") if len(held) >= at + 5 else 0
    if parameter_bytes > PARAMETER_BYTES_MAX:
        return LENGTH
    end = at + 7 + parameter_bytes
    if len(held) < end:
        return LENGTH if is_end else WAIT
    if held[end - 1] != _END:
        return LENGTH
    return end - at if sum(held[at + 1 : end - 2]) & 0xFF == held[end - 2] else CHECKSUM


class M100(TagReader):
    """Turns a module's bytes into sweeps. `repeated` counts the reads that were held back."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        self._checks_crc = chosen["tag_crc"] == "check"
        dialogue = _dialogue(_REGIONS.get(chosen["region"])) if chosen["mode"] == "poll" else Dialogue()
        super().__init__(NAME, look, rules_of(NAME, chosen), dialogue)

    def _hear(self, data: bytes, at_s: float) -> list[Reading]:
        said = read_frame(data)
        if said.type == TO_MODULE:
            self._note("command", **_facts(said))
            return []
        self._dialogue.heard(said.command, at_s)
        if said.type == SEEN:
            return self._tag(said, data, at_s)
        if said.command == ERROR and said.parameter:
            return self._error(said)
        self._note("answer", **_facts(said))
        if said.command == INFORMATION and said.parameter[:1] == bytes((SOFTWARE,)):
            version = said.parameter[1:61].decode("ascii", "replace").strip("\0 ")
            return [self._word("OPEN", firmware=version)]
        return []

    def _tag(self, said: Frame, data: bytes, at_s: float) -> list[Reading]:
        sighting = read_tag(said.parameter)
        if sighting is None:
            return [garbled("RECORD", "The tag's PC word does not give the length that its EPC has.", data)]
        if self._checks_crc and not crc.is_gen2(said.parameter[1:]):
            detail = "The tag's own CRC does not fit. If this module never sends one, set tag_crc to ignore."
            return [garbled("TAG_CRC", detail, data)]
        self._see(sighting, data, at_s)
        return self._well()

    def _error(self, said: Frame) -> list[Reading]:
        code = said.parameter[0]
        means = _ERRORS.get(code, "unknown")
        self._note("error", **_facts(said), error=code, means=means)
        if code == REFUSED:
            return self._in_trouble("The module does not understand a command (17). Which firmware has it?")
        return self._well()


def _dialogue(region: int | None) -> Dialogue:
    """Stop what still runs, ask which software it is, set the region, start; start again whenever it is still."""
    set_region = [] if region is None else [Command(frame(TO_MODULE, REGION, bytes((region,))), REGION, 0.5)]
    start = [*set_region, Command(frame(TO_MODULE, ROUNDS, TEN_THOUSAND))]
    stop = Command(frame(TO_MODULE, STOP), STOP, 0.5)
    who = Command(frame(TO_MODULE, INFORMATION, bytes((SOFTWARE,))), INFORMATION, 0.5)
    return Dialogue([stop, who, *start], start, REST_S)


def _facts(said: Frame) -> dict[str, str | int]:
    return {"frame_type": said.type, "cmd": said.command, "param": said.parameter.hex().upper()}


DRIVER = Driver(
    name=NAME,
    title="UHF tag module with an M100 or QM100 chip (YRM100, JRD-4035) on a serial line",
    transport="serial",
    decoder=M100,
    stream="obs",
    baud=115_200,
    options=OPTIONS,
    usb_ids=(
        UsbId(0x1A86, 0x7523, "CH340 serial adapter; suggests, does not prove"),
        UsbId(0x10C4, 0xEA60, "CP210x serial adapter; suggests, does not prove"),
    ),
)
