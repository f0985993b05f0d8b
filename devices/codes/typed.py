"""What a keyboard reader or a person types of a card: the names it may stand for, beside a serial. Pure.

    62E3086CED      ten hex digits          (EM4100, 62E3086CED)
    0001234567      ten decimal digits      (EM4100_END, 0012D687), (PRINTED, 0001234567), (PRINTED, 018,54919)
    018,54919       facility and card       (EM4100_END, 12D687), (PRINTED, 018,54919)

A reader that types sends what is printed on the card: the last four bytes of its number in decimal, or the byte and
the two bytes at its end ("facility,card"). The beginning is not in it, so an end may fit several cards.

One rule for the editor: these are things to look up, never a verdict. What fits two cards names two cards.
"""

import re

from devices.codes.identify import Candidate

EM4100 = "EM4100"
EM4100_END = "EM4100_END"
"""The end of an EM4100's number, in hex."""

PRINTED = "PRINTED"

_WHOLE = re.compile(r"[0-9A-F]{10}")
_NUMBER = re.compile(r"[0-9]{10}")
_FACILITY = re.compile(r"([0-9]{1,3}),([0-9]{1,5})")


def cards_typed(text: str) -> tuple[Candidate, ...]:
    """The cards that `text` may have been typed for; nothing where it has the form of none."""
    typed = text.strip().upper()
    found: tuple[Candidate, ...] = ()
    if _WHOLE.fullmatch(typed):
        found += (Candidate(EM4100, typed),)
    if _NUMBER.fullmatch(typed) and int(typed) < 2**32:
        number = f"{int(typed):08X}"
        found += (
            Candidate(EM4100_END, number),
            Candidate(PRINTED, typed),
            Candidate(PRINTED, _facility(number)),
        )
    if (parts := _FACILITY.fullmatch(typed)) and int(parts[1]) < 2**8 and int(parts[2]) < 2**16:
        number = f"{int(parts[1]):02X}{int(parts[2]):04X}"
        found += (Candidate(EM4100_END, number), Candidate(PRINTED, _facility(number)))
    return found


def _facility(number: str) -> str:
    """The last three bytes (of hex digits) as they are printed: '018,54919'."""
    return f"{int(number[-6:-4], 16):03},{int(number[-4:], 16):05}"
