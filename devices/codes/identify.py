"""The front door: from a reading to the names under which the kit store may know the thing. Pure.

    CodePresented("]d2", "01...21S1")   (SGTIN, gtin + serial), (SERIAL, S1)      lot and expiry beside them
    CodePresented("]C0", "x30001234")   (SERIAL, X30001234)
    CardPresented(EM4100, 62E3086CED)   (EM4100, 62E3086CED), (PRINTED, 3808980205)
    TagSeen(epc)                        (TID, ...), (EPC, hex), (GIAI, ...)

One rule for the editor: candidates are things to look up, surest first, and never a verdict. GS1 data is read
only where the symbol itself says GS1: a plain Code 128 of digits is a serial number, whatever it resembles.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from devices.codes import digital_link, epc, gs1, plain
from devices.codes.check_digit import has_check_digit
from devices.codes.epc_value import Epc
from devices.codes.gs1 import NEAR_YEAR, Elements
from devices.codes.problem import Problem
from devices.readings import CardPresented, CodePresented, TagSeen


class Candidate(NamedTuple):
    """One name to look up: bindings are unique by (technology, value)."""

    technology: str
    value: str


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a code names. A `problem` without candidates: the code is malformed. With candidates (a tag of a
    foreign scheme), it cannot be read further but may still be bound and looked up whole.

    `gtin` has 14 digits; `expires_on` and `made_on` are dates YYYY-MM-DD; `elements` the GS1 data, if any.
    """

    candidates: tuple[Candidate, ...] = ()
    gtin: str | None = None
    lot: str | None = None
    expires_on: str | None = None
    made_on: str | None = None
    elements: Elements = ()
    problem: Problem | None = None


def identify(code: CodePresented, near_year: int = NEAR_YEAR) -> Identity:
    """The identity in a scanned code. `near_year` settles the century of a year of two digits."""
    symbology = code.symbology
    if symbology in _BY_SYMBOLOGY:
        return _BY_SYMBOLOGY[symbology](code.text, near_year)
    if symbology in _DIGITAL_LINK_SYMBOLS and digital_link.looks_like_address(code.text):
        return _from_address(code.text, near_year)
    return _from_plain(code.text)


def identity_of_card(card: CardPresented) -> Identity:
    """The identity of a card or fob. A random number, as phones and privacy cards send, is a problem."""
    if card.technology == "ISO14443A" and len(card.uid) == 8 and card.uid.startswith("08"):
        sentence = "This card shows a new random number at every touch, so it cannot be known again."
        return Identity(problem=Problem("CARD_RANDOM", sentence))
    candidates: tuple[Candidate, ...] = (Candidate(card.technology, card.uid),)
    if card.printed:
        candidates += (Candidate("PRINTED", card.printed),)
    return Identity(candidates=candidates)


def identity_of_tag(tag: TagSeen, near_year: int = NEAR_YEAR) -> Identity:
    """The identity of an RFID tag: its TID and whole EPC first, what the EPC decodes to as a hint."""
    identity = identity_of_epc(tag.epc, near_year)
    if not tag.tid:
        return identity
    candidates = (Candidate("TID", tag.tid), *identity.candidates)
    return msgspec.structs.replace(identity, candidates=candidates)


def identity_of_epc(text: str, near_year: int = NEAR_YEAR) -> Identity:
    """The identity in the hex of an EPC bank. An EPC of no known scheme keeps its hex as a candidate."""
    decoded = epc.decode(text)
    if isinstance(decoded, Epc):
        identity = identity_of_elements(decoded.elements, near_year)
        candidates = (Candidate("EPC", decoded.hex), *identity.candidates)
        return msgspec.structs.replace(identity, candidates=candidates)
    bindable = decoded.code not in ("EPC_NOT_HEX", "EPC_TOO_SHORT") and text[:2].upper() not in epc.NOT_AN_EPC
    return Identity(candidates=(Candidate("EPC", text.upper()),) if bindable else (), problem=decoded)


def identity_of_elements(elements: Elements, near_year: int = NEAR_YEAR) -> Identity:
    """The identity in checked GS1 elements."""
    values = dict(elements)
    candidates = tuple(
        Candidate(technology, "".join(values[ai] for ai in ais))
        for technology, ais in _KEYS
        if all(ai in values for ai in ais)
    )
    gtin = values.get("01") or values.get("03")
    if "21" in values:
        candidates += (Candidate("SERIAL", values["21"].upper()),)
    elif gtin:
        candidates += (Candidate("GTIN", gtin),)
    return Identity(
        candidates=candidates,
        gtin=gtin,
        lot=values.get("10"),
        expires_on=gs1.iso_date(values["17"], near_year) if "17" in values else None,
        made_on=gs1.iso_date(values["11"], near_year) if "11" in values else None,
        elements=elements,
    )


def _from_elements(text: str, near_year: int) -> Identity:
    elements = gs1.parse(text)
    if isinstance(elements, Problem):
        return Identity(problem=elements)
    return identity_of_elements(elements, near_year)


def _from_address(text: str, near_year: int) -> Identity:
    elements = digital_link.parse(text)
    if isinstance(elements, Problem):
        return _from_plain(text) if elements.code == digital_link.NO_KEY else Identity(problem=elements)
    return identity_of_elements(elements, near_year)


def _from_plain(text: str) -> Identity:
    serial = plain.serial_of(text)
    if isinstance(serial, Problem):
        return Identity(problem=serial)
    return Identity(candidates=(Candidate("SERIAL", serial),))


def _from_ean(digits_count: int, add_on: bool = False) -> Callable[[str, int], Identity]:
    """A reader of EAN/UPC: so many digits, then nothing, an add-on of 2 or 5, or a composite component."""

    def read(text: str, near_year: int) -> Identity:
        main, _, composite = text.partition("|]e0")
        extra = len(main) - digits_count
        problem = _ean_problem(
            main[:digits_count], digits_count, extra if not (add_on and extra in (2, 5)) else 0
        )
        if problem is not None:
            return Identity(problem=problem)
        gtin = main[:digits_count].zfill(14)
        elements = gs1.parse("01" + gtin + composite)
        if isinstance(elements, Problem):
            return Identity(problem=elements)
        return identity_of_elements(elements, near_year)

    return read


def _ean_problem(digits: str, digits_count: int, extra: int) -> Problem | None:
    if extra < 0:
        return Problem("EAN_TOO_SHORT", f"This EAN has {digits_count + extra} of {digits_count} digits.")
    if extra > 0:
        return Problem("EAN_TOO_LONG", f"This EAN is {extra} longer than its {digits_count} digits.")
    if not (digits.isascii() and digits.isdigit()):
        return Problem("EAN_CHARACTER", f"An EAN holds digits only, not {digits!a}.")
    return None if has_check_digit(digits) else Problem("EAN_CHECK_DIGIT", "The check digit is incorrect.")


def _from_add_on(_text: str, _near_year: int) -> Identity:
    return Identity(problem=Problem("EAN_ADD_ON", "This is the add-on of an EAN without its EAN."))


_KEYS = (
    ("GIAI", ("8004",)),
    ("GRAI", ("8003",)),
    ("SGTIN", ("01", "21")),
    ("SGTIN", ("03", "21")),
    ("ITIP", ("8006", "21")),
    ("TPX", ("01", "235")),
    ("CPI", ("8010", "8011")),
    ("SSCC", ("00",)),
    ("GSRN", ("8018",)),
    ("GSRNP", ("8017",)),
)
"""The keys that name one thing, as (technology, identifiers whose values are joined)."""

_DIGITAL_LINK_SYMBOLS = ("]Q1", "]d1", None)
"""Ordinary QR and Data Matrix, and scanners that send no identifier: an address says itself what it is."""

_BY_SYMBOLOGY: dict[str | None, Callable[[str, int], Identity]] = {
    **dict.fromkeys(("]C1", "]d2", "]Q3", "]e0", "]J1"), _from_elements),
    "]E0": _from_ean(13),
    "]E3": _from_ean(13, add_on=True),
    "]E4": _from_ean(8),
    "]E1": _from_add_on,
    "]E2": _from_add_on,
}
