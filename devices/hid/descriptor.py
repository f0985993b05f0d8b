"""HID report descriptors (HID 1.11, section 6.2.2): which bits of which report mean what.

    05 8C      usage page 8C           85 02   these are in report 2
    75 08      elements of 8 bits      95 38   56 of them
    09 FE      usage FE                82 02 01   an input of the device: data, variable, buffered bytes

One rule for the editor: a descriptor comes from a wire. It is bounded before it is followed, and one that cannot be
read is a `Problem`, never an exception.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from devices.codes.problem import Problem

DESCRIPTOR_BYTES_MAX = 4096
REPORT_BITS_MAX = 8 * 4096
REPORTS_BITS_MAX = 8 * REPORT_BITS_MAX
"""Longest that all reports may be together."""

REPORT_ID_MAX = 255
"""One byte, and 0 is for reports that are not numbered (HID 1.11, 6.2.2.7)."""

USAGES_MAX = 4096
NESTED_MAX = 16
LONG_ITEM = 0xFE

_MAIN, _GLOBAL, _LOCAL = 0, 1, 2
_INPUT, _FEATURE = 0x8, 0xB
_PAGE, _SIZE, _REPORT, _COUNT, _PUSH, _POP = 0x0, 0x7, 0x8, 0x9, 0xA, 0xB
_USAGE, _USAGE_MIN, _USAGE_MAX = 0x0, 0x1, 0x2
_CONSTANT = 0x01


class Field(NamedTuple):
    """Neighbouring elements of one usage in an input report: `usage` is page << 16 | id, `bit` counts from the
    report's first bit (its id included), `bits` is the size of all of them."""

    report: int
    usage: int
    bit: int
    bits: int


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a device can say. `report_bytes` is the length of each input report by its id, the id included (0, and
    none included, where reports are not numbered); `features` are the ids of its feature reports."""

    fields: tuple[Field, ...]
    report_bytes: Mapping[int, int]
    features: frozenset[int]

    @property
    def is_numbered(self) -> bool:
        """Whether the first byte of a report is its id."""
        return 0 not in self.report_bytes


class _Item(NamedTuple):
    kind: int
    tag: int
    value: int
    size: int


class _Globals(NamedTuple):
    page: int = 0
    size: int = 0
    elements: int = 0
    report: int = 0


@dataclass(slots=True)
class _Reading:
    """A descriptor read so far."""

    now: _Globals = field(default_factory=_Globals)
    pushed: list[_Globals] = field(default_factory=list)
    usages: list[int] = field(default_factory=list)
    first: int | None = None
    fields: list[Field] = field(default_factory=list)
    bits: dict[int, int] = field(default_factory=dict)
    features: set[int] = field(default_factory=set)
    fault: str = ""

    def take(self, item: _Item) -> None:
        """Follow one item."""
        if item.kind == _GLOBAL:
            self._set(item)
        elif item.kind == _LOCAL:
            self._name(item)
        elif item.kind == _MAIN:
            if item.tag == _INPUT:
                self._input(is_constant=bool(item.value & _CONSTANT))
            elif item.tag == _FEATURE:
                self.features.add(self.now.report)
            self.usages.clear()
            self.first = None

    def _set(self, item: _Item) -> None:
        if item.tag == _REPORT and not 1 <= item.value <= REPORT_ID_MAX:
            self.fault = f"A report's number is 1 to {REPORT_ID_MAX}, and one of its is {item.value}."
            return
        names = {_PAGE: "page", _SIZE: "size", _REPORT: "report", _COUNT: "elements"}
        if item.tag in names:
            self.now = self.now._replace(**{names[item.tag]: item.value})
        elif item.tag == _PUSH and len(self.pushed) < NESTED_MAX:
            self.pushed.append(self.now)
        elif item.tag == _POP and self.pushed:
            self.now = self.pushed.pop()
        elif item.tag in (_PUSH, _POP):
            self.fault = "It pushes or pops more than there is."

    def _name(self, item: _Item) -> None:
        if item.tag == _USAGE:
            self.usages.append(self._whole(item))
        elif item.tag == _USAGE_MIN:
            self.first = self._whole(item)
        elif item.tag == _USAGE_MAX and self.first is not None:
            last = min(self._whole(item), self.first + USAGES_MAX)
            self.usages.extend(range(self.first, last + 1))
        if len(self.usages) > 2 * USAGES_MAX:
            self.fault = f"It names more than {2 * USAGES_MAX} usages at a time."

    def _whole(self, item: _Item) -> int:
        return item.value if item.size == 4 else self.now.page << 16 | item.value

    def _input(self, *, is_constant: bool) -> None:
        report, size, count = self.now.report, self.now.size, self.now.elements
        start = self.bits.get(report, 8 if report else 0)
        if size * count > REPORT_BITS_MAX - start:
            self.fault = f"Report {report} is longer than {REPORT_BITS_MAX // 8} bytes."
            return
        if sum(self.bits.values()) + size * count > REPORTS_BITS_MAX:
            self.fault = f"Its reports together are longer than {REPORTS_BITS_MAX // 8} bytes."
            return
        self.bits[report] = start + size * count
        if is_constant or not self.usages or not size:
            return
        for at in range(count):
            usage = self.usages[min(at, len(self.usages) - 1)]
            self._element(Field(report, usage, start + at * size, size))

    def _element(self, element: Field) -> None:
        """Add an element, to the field before it where it goes on."""
        last = self.fields[-1] if self.fields else None
        goes_on = (element.report, element.usage, element.bit)
        if last is not None and (last.report, last.usage, last.bit + last.bits) == goes_on:
            self.fields[-1] = last._replace(bits=last.bits + element.bits)
        else:
            self.fields.append(element)


def read_descriptor(data: bytes) -> Descriptor | Problem:
    """What a report descriptor says, or why it cannot be read."""
    if len(data) > DESCRIPTOR_BYTES_MAX:
        return _problem(f"It is longer than {DESCRIPTOR_BYTES_MAX} bytes.")
    reading = _Reading()
    for item in _items(data):
        if item is None:
            return _problem("It ends in the middle of an item.")
        reading.take(item)
        if reading.fault:
            return _problem(reading.fault)
    lengths = {report: (bits + 7) // 8 for report, bits in reading.bits.items()}
    if 0 in lengths and len(lengths) > 1:
        return _problem("Some of its reports are numbered and some are not.")
    return Descriptor(tuple(reading.fields), lengths, frozenset(reading.features))


def _items(data: bytes) -> Iterator[_Item | None]:
    """The items; None for one that is cut off."""
    at = 0
    while at < len(data):
        prefix = data[at]
        size = (0, 1, 2, 4)[prefix & 3]
        if prefix == LONG_ITEM:
            at += 3 + (data[at + 1] if at + 1 < len(data) else 0)
            if at > len(data):
                yield None
            continue
        end = at + 1 + size
        if end > len(data):
            yield None
            return
        yield _Item(prefix >> 2 & 3, prefix >> 4, int.from_bytes(data[at + 1 : end], "little"), size)
        at = end


def _problem(why: str) -> Problem:
    return Problem("DESCRIPTOR", f"The report descriptor of this device cannot be read. {why}")
