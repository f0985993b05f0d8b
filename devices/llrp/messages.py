"""One whole LLRP message, from its bytes and to them.

    04 3D  0000002C  4095892F  ...        RO_ACCESS_REPORT, 44 bytes in all, message 1083541807
    000 001 0000111101                    reserved, version, type

    TV parameter    1 0000001  0001                      AntennaID 1: one bit, type, value
    TLV parameter   000000 0011110000  0022  ...         TagReportData: type, length with these four bytes

Kinds of field: u8 u16 u32 u64 s8 s16 numbers, high byte first · u96 twelve bytes · text UTF-8 behind its length ·
bits behind their number, the last byte filled up with zeros · u16s and bytes behind their number · rest, to the end.

One rule for the editor: a length is compared with what is there before it is used, and nothing nests deeper than
`DEPTH_MAX`. What follows a parameter's last known field is left unread: a later version may have put it there.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from devices.llrp.vocabulary import MESSAGES, PARAMETERS, TLV_MAX, TV_MAX, VERSION, Layout, Shape

HEADER_BYTES = 10
DEPTH_MAX = 8
_TV_BIT = 0x80

_NUMBERS = {
    kind: struct.Struct(code)
    for kind, code in {"u8": ">B", "u16": ">H", "u32": ">I", "u64": ">Q", "s8": ">b", "s16": ">h"}.items()
}


class Bits(NamedTuple):
    """So many bits, the first one highest in the first byte."""

    length: int
    data: bytes


Value = int | str | bytes | Bits | tuple[int, ...]


class Parameter(NamedTuple):
    """One parameter with what is in it. Of a type that is not known here, only the type."""

    type: int
    fields: Mapping[str, Value] = {}
    inner: tuple["Parameter", ...] = ()

    def number(self, name: str) -> int:
        """A field that is a number."""
        value = self.fields.get(name, 0)
        return value if isinstance(value, int) else 0

    def text(self, name: str) -> str:
        """A field that is text, with nothing in it that could command a terminal or split a line."""
        value = self.fields.get(name, "")
        return "".join(c if c.isprintable() else " " for c in value).strip() if isinstance(value, str) else ""

    def first(self, type_: int) -> "Parameter | None":
        """The first parameter of a type in this one."""
        return first(self.inner, type_)


class Message(NamedTuple):
    """One message."""

    type: int
    id: int
    fields: Mapping[str, Value] = {}
    inner: tuple[Parameter, ...] = ()
    version: int = VERSION

    @property
    def name(self) -> str:
        """As the standard calls it."""
        return MESSAGES[self.type].name if self.type in MESSAGES else f"message {self.type}"

    def first(self, type_: int) -> Parameter | None:
        """The first parameter of a type in this message."""
        return first(self.inner, type_)


class Header(NamedTuple):
    """The ten bytes before a message's body; `length` counts them too."""

    version: int
    type: int
    length: int
    id: int


class Broken(Exception):
    """The bytes are not what they claim to be: why."""


def first(parameters: Sequence[Parameter], type_: int) -> Parameter | None:
    """The first parameter of a type."""
    return next((it for it in parameters if it.type == type_), None)


def read_header(data: bytes | bytearray, at: int = 0) -> Header:
    """The header that stands at `at`, where at least ten bytes are."""
    word, length, id_ = struct.unpack_from(">HII", data, at)
    return Header(word >> 10, word & TLV_MAX, length, id_)


def read_message(frame: bytes) -> Message | Broken:
    """The message in a whole frame, or why it is none."""
    try:
        return _message(frame)
    except Broken as why:
        return why


def write_message(message: Message) -> bytes:
    """The bytes of a message whose type and parameters are known here."""
    shape = MESSAGES[message.type]
    body = _write_fields(shape.fields, message.fields) + b"".join(write_parameter(it) for it in message.inner)
    return (
        struct.pack(">HII", message.version << 10 | message.type, HEADER_BYTES + len(body), message.id) + body
    )


def write_parameter(parameter: Parameter) -> bytes:
    """The bytes of a parameter of a type that is known here."""
    body = _write_fields(PARAMETERS[parameter.type].fields, parameter.fields)
    if parameter.type <= TV_MAX:
        return bytes((_TV_BIT | parameter.type,)) + body
    body += b"".join(write_parameter(it) for it in parameter.inner)
    return struct.pack(">HH", parameter.type, 4 + len(body)) + body


def step_over(data: bytes | bytearray, at: int, have: int, end: int) -> int:
    """Where the parameter that begins at `at` ends: at most `end`. Of `data` only what stands before `have` has
    come; 0 if more is needed to tell. Raises Broken."""
    type_ = data[at]
    if type_ & _TV_BIT:
        shape = PARAMETERS.get(type_ & TV_MAX)
        if shape is None:
            raise Broken(f"no TV parameter has type {type_ & TV_MAX}")
        stop = at + 1 + fixed_bytes(shape.fields)
    else:
        if have < at + 4:
            if end < at + 4 or type_ > TLV_MAX >> 8:
                raise Broken("no parameter begins here")
            return 0
        number, length = struct.unpack_from(">HH", data, at)
        if not TV_MAX < number <= TLV_MAX or length < 4:
            raise Broken(f"no parameter has type {number} and length {length}")
        stop = at + length
    if stop > end:
        raise Broken("a parameter is longer than what it stands in")
    return stop


def fixed_bytes(layout: Layout) -> int:
    """How many bytes the fields of a known length take."""
    return sum(12 if kind == "u96" else _NUMBERS[kind].size for _, kind in layout if kind in _FIXED)


_FIXED = frozenset((*_NUMBERS, "u96"))


def _message(frame: bytes) -> Message:
    if len(frame) < HEADER_BYTES:
        raise Broken("shorter than a header")
    version, type_, length, id_ = read_header(frame)
    shape = MESSAGES.get(type_)
    if shape is None or length != len(frame):
        raise Broken(f"no message of type {type_} and {length} bytes")
    fields, at = _read_fields(shape, frame, HEADER_BYTES, length)
    inner = _read_parameters(frame, at, length, 0) if shape.holds else ()
    return Message(type_, id_, fields, inner, version)


def _read_parameters(data: bytes, at: int, end: int, depth: int) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    while at < end:
        stop = step_over(data, at, end, end)
        if not stop:
            raise Broken("the last parameter is cut")
        found.append(_read_parameter(data, at, stop, depth))
        at = stop
    return tuple(found)


def _read_parameter(data: bytes, at: int, stop: int, depth: int) -> Parameter:
    is_tv = bool(data[at] & _TV_BIT)
    type_ = data[at] & TV_MAX if is_tv else struct.unpack_from(">H", data, at)[0]
    shape = PARAMETERS.get(type_)
    if shape is None:
        return Parameter(type_)
    if depth >= DEPTH_MAX:
        raise Broken(f"parameters nest deeper than {DEPTH_MAX}")
    fields, after = _read_fields(shape, data, at + (1 if is_tv else 4), stop)
    inner = _read_parameters(data, after, stop, depth + 1) if shape.holds else ()
    return Parameter(type_, fields, inner)


def _read_fields(shape: Shape, data: bytes, at: int, end: int) -> tuple[dict[str, Value], int]:
    fields: dict[str, Value] = {}
    for name, kind in shape.fields:
        fields[name], at = _read_field(kind, data, at, end)
    return fields, at


def _read_field(kind: str, data: bytes, at: int, end: int) -> tuple[Value, int]:
    """A field's value and where the next one begins."""
    if kind in _NUMBERS:
        number = _NUMBERS[kind]
        return number.unpack(_cut(data, at, number.size, end))[0], at + number.size
    if kind == "rest":
        return data[at:end], end
    if kind == "u96":
        return _cut(data, at, 12, end), at + 12
    count = int.from_bytes(_cut(data, at, 2, end), "big")
    size = {"bits": (count + 7) // 8, "u16s": 2 * count}.get(kind, count)
    held = _cut(data, at + 2, size, end)
    return _counted(kind, count, held), at + 2 + size


def _counted(kind: str, count: int, held: bytes) -> Value:
    if kind == "text":
        return held.decode("utf-8", "replace")
    if kind == "bits":
        return Bits(count, held)
    return struct.unpack(f">{count}H", held) if kind == "u16s" else held


def _cut(data: bytes, at: int, size: int, end: int) -> bytes:
    if at + size > end:
        raise Broken("a field is longer than what it stands in")
    return data[at : at + size]


def _write_fields(layout: Layout, fields: Mapping[str, Value]) -> bytes:
    return b"".join(_write_field(kind, fields[name]) for name, kind in layout)


def _write_field(kind: str, value: Value) -> bytes:
    if kind in _NUMBERS:
        return _NUMBERS[kind].pack(value)
    if isinstance(value, Bits):
        return struct.pack(">H", value.length) + value.data
    if isinstance(value, tuple):
        return struct.pack(f">{1 + len(value)}H", len(value), *value)
    data = value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes) else b""
    return data if kind in ("u96", "rest") else struct.pack(">H", len(data)) + data
