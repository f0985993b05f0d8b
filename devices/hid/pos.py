"""Bar code reports of HID POS scanners (HID Usage Tables, page 8C), by the layout that a descriptor gives.

    02  09  5D 43 30  58 33 30 30 30 31 32 33 34 00 ..  00 00  00    one layout: count, AIM identifier, data, more
    02  07  02 00 00 01 00 33 31 00 ..                  00     00    another: count, data
    02  5D 45 30  35 39 30 31 ..                               00    a third: identifier, data to the last NUL, more

One rule for the editor: offsets come from usages, never from a constant. Two of these look alike and mean different
bytes. The layouts below are for captures and for scanners whose descriptor says less than their manual.

    8C:FB 8C:FC 8C:FD   the three characters of the AIM identifier      01:3B   count of the data
    8C:FE               decoded data                                    8C:FF   its first bit: more follows
"""

from collections.abc import Mapping
from typing import NamedTuple

from devices.codes.problem import Problem
from devices.hid.descriptor import Descriptor, Field

SCANNER_PAGE = 0x8C
AIM = (0x8C00FB, 0x8C00FC, 0x8C00FD)
DATA, MORE, BYTE_COUNT = 0x8C00FE, 0x8C00FF, 0x01003B

_HEAD = "05 8C 09 02 A1 01 85 {id} 15 00 26 FF 00 75 08 95 01 05 01 09 3B 81 02 05 8C "
_TAIL = "05 8C 25 01 75 01 95 08 09 FF 81 02 C0"

NAMED: Mapping[str, bytes] = {
    name: bytes.fromhex(words)
    for name, words in {
        "aim": _HEAD.format(id="02")
        + "95 03 09 FB 09 FC 09 FD 81 02 95 38 09 FE 82 02 01 06 66 FF 95 02 09 04 09 00 81 02 "
        + _TAIL,
        "plain": _HEAD.format(id="02") + "95 38 09 FE 82 02 01 06 66 FF 95 05 09 04 81 02 " + _TAIL,
        "microscan": _HEAD.format(id="01") + "95 3E 09 FE 82 02 01 C0",
    }.items()
}
"""Layouts that manuals print, as report descriptors: `aim` (Access-IS, Honeywell), `plain` (IDTECH, QUIO, Newland
FM30) and `microscan` (MS-4)."""


class PosReport(NamedTuple):
    """Where one report has what. `bytes` is its length, the id included."""

    bytes: int
    data: Field
    aim: tuple[Field, ...] = ()
    counted: Field | None = None
    more: Field | None = None


class Part(NamedTuple):
    """What one report holds: a piece of a code, or the whole of it."""

    data: bytes
    symbology: str | None
    more: bool


def pos_reports(descriptor: Descriptor) -> dict[int, PosReport]:
    """The reports that hold bar codes, by id; empty where the device is no HID POS scanner."""
    found: dict[int, PosReport] = {}
    for report, length in descriptor.report_bytes.items():
        named = {it.usage: it for it in reversed(descriptor.fields) if it.report == report}
        data = named.get(DATA)
        if data is None or data.bit % 8 or data.bits % 8:
            continue
        aim = tuple(named[usage] for usage in AIM if usage in named and _is_byte(named[usage]))
        found[report] = PosReport(
            length, data, aim if len(aim) == len(AIM) else (), named.get(BYTE_COUNT), named.get(MORE)
        )
    return found


def read_part(layout: PosReport, report: bytes) -> Part | Problem:
    """What `report` holds, its id included; one of another length than its own cannot be read."""
    if len(report) < layout.bytes:
        return Problem("LENGTH", f"The report has {len(report)} of {layout.bytes} bytes.")
    value = int.from_bytes(report, "little")
    data = _bytes_of(layout.data, report)
    if layout.counted is None:
        data = data.rstrip(b"\x00")
    else:
        count = _value(layout.counted, value)
        if count > len(data):
            return Problem("LENGTH", f"The report says {count} bytes of data and has room for {len(data)}.")
        data = data[:count]
    aim = b"".join(_bytes_of(it, report) for it in layout.aim).strip(b"\x00 ")
    return Part(data, aim.decode("latin-1") or None, continues(layout, report))


def continues(layout: PosReport, report: bytes) -> bool:
    """Whether more of the code follows this report; one that is too short to say may go on."""
    if len(report) < layout.bytes:
        return True
    # Only the first bit: where the usage stands for a whole byte, its other bits are reserved.
    return layout.more is not None and bool(int.from_bytes(report, "little") >> layout.more.bit & 1)


def _is_byte(field: Field) -> bool:
    return field.bits == 8 and field.bit % 8 == 0


def _bytes_of(field: Field, report: bytes) -> bytes:
    return report[field.bit // 8 : (field.bit + field.bits) // 8]


def _value(field: Field, report: int) -> int:
    return report >> field.bit & ((1 << field.bits) - 1)
