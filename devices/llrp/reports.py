"""What a reader tells: the tags of a report, how it liked a request, and who it is.

One rule for the editor: text from a reader is bounded and printable before it goes into a sentence.
"""

from typing import NamedTuple

from devices.llrp.messages import Bits, Message, Parameter
from devices.llrp.vocabulary import (
    ANTENNA_ID,
    ANTENNA_PROPERTIES,
    C1G2_PC,
    CODES,
    EPC_96,
    EPC_DATA,
    FIELD_ERROR,
    FIRST_SEEN_UTC,
    GENERAL_CAPABILITIES,
    LAST_SEEN_UTC,
    LLRP_STATUS,
    PARAMETER_ERROR,
    PARAMETERS,
    PEAK_RSSI,
    TAG_REPORT,
    TAG_SEEN_COUNT,
    VENDORS,
)

SAID_MAX = 160
"""Most characters of a reader's own words that are passed on."""

EPC_BITS_MAX = 496
"""The longest EPC that a Gen2 tag can announce: 31 words."""


class TagRead(NamedTuple):
    """One tag of a report: `epc` upper-case hex, `rssi_dbm` its strongest read, times in UTC epoch microseconds by
    the reader's own clock, `pc` the Gen2 PC word. None is what the reader did not tell."""

    epc: str
    antenna: int | None = None
    rssi_dbm: int | None = None
    first_seen_us: int | None = None
    last_seen_us: int | None = None
    seen: int = 1
    pc: int | None = None


class Capabilities(NamedTuple):
    """Who a reader is: `vendor` an IANA enterprise number, `model` the maker's own number."""

    vendor: int
    model: int
    firmware: str
    antennas: int

    def __str__(self) -> str:
        maker = VENDORS.get(self.vendor, f"maker {self.vendor}")
        return f"{maker}, model {self.model}, {self.antennas} antennas"


def tags_of(message: Message) -> list[TagRead | str]:
    """The tags of an RO_ACCESS_REPORT in order; a sentence for each that cannot be told."""
    return [_tag(it) for it in message.inner if it.type == TAG_REPORT]


def refusal_of(message: Message) -> str:
    """Why a request was refused, in the reader's code and words; empty where it was not.

    A response without an LLRPStatus is taken as a refusal: the standard asks for one in each.
    """
    status = message.first(LLRP_STATUS)
    if status is None:
        return "an answer without LLRPStatus"
    if status.number("code") == 0:
        return ""
    said = status.text("description")[:SAID_MAX]
    where = "; ".join(_errors(status))
    return _code(status.number("code")) + (f", “{said}”" if said else "") + (f" ({where})" if where else "")


def capabilities_of(message: Message) -> Capabilities | None:
    """Who answered GET_READER_CAPABILITIES; None where it does not say."""
    told = message.first(GENERAL_CAPABILITIES)
    if told is None:
        return None
    numbers = told.number("vendor"), told.number("model")
    return Capabilities(*numbers, told.text("firmware")[:60], told.number("antennas"))


def sockets_of(message: Message) -> dict[int, bool]:
    """Which antenna sockets are filled, where GET_READER_CONFIG was answered with that."""
    told = (it for it in message.inner if it.type == ANTENNA_PROPERTIES)
    return {it.number("antenna"): bool(it.number("connected")) for it in told}


def words_of(parameter: Parameter) -> str:
    """A reader's own sentence, in a ReaderExceptionEvent."""
    return parameter.text("message")[:SAID_MAX] or "nothing more"


def _tag(report: Parameter) -> TagRead | str:
    short, long = report.first(EPC_96), report.first(EPC_DATA)
    if short is None and long is None:
        return "The report of a tag holds no EPC."
    held = short.fields["epc"] if short is not None else long.fields["epc"] if long is not None else b""
    bits = held if isinstance(held, Bits) else Bits(96, held if isinstance(held, bytes) else b"")
    if bits.length > EPC_BITS_MAX:
        return f"An EPC of {bits.length} bits; a Gen2 tag has at most {EPC_BITS_MAX}."
    return TagRead(
        bits.data.hex().upper(),
        _number(report, ANTENNA_ID, "number"),
        _number(report, PEAK_RSSI, "dbm"),
        _number(report, FIRST_SEEN_UTC, "us"),
        _number(report, LAST_SEEN_UTC, "us"),
        _number(report, TAG_SEEN_COUNT, "number") or 1,
        _number(report, C1G2_PC, "number"),
    )


def _number(parent: Parameter, type_: int, field: str) -> int | None:
    parameter = parent.first(type_)
    return None if parameter is None else parameter.number(field)


def _errors(status: Parameter) -> list[str]:
    """What the FieldError and the nested ParameterErrors of an LLRPStatus point at, outermost first."""
    found: list[str] = []
    at: Parameter | None = status
    while at is not None:
        field = at.first(FIELD_ERROR)
        if field is not None:
            found.append(f"field {field.number('field')}: {_code(field.number('code'))}")
        at = at.first(PARAMETER_ERROR)
        if at is not None:
            number = at.number("parameter")
            name = PARAMETERS[number].name if number in PARAMETERS else f"parameter {number}"
            found.append(f"{name}: {_code(at.number('code'))}")
    return found


def _code(code: int) -> str:
    return f"{code} {CODES.get(code, 'unknown')}"
