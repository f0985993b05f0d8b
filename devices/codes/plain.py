"""A plain serial number: printable ASCII, trimmed, upper-cased, and otherwise opaque.

One rule for the editor: never validate a serial by its shape. Makers change formats, and early labels
were misprinted (design `domain.md` section 3); only characters that no label can carry are refused.
"""

from devices.codes.problem import Problem

SERIAL_CHARACTERS_MAX = 120


def serial_of(text: str) -> str | Problem:
    """The serial number that `text` holds, or why it holds none. Spaces and tabs around it are dropped."""
    serial = text.strip(" \t")
    if not serial:
        return Problem("SERIAL_EMPTY", "The code is empty.")
    if len(serial) > SERIAL_CHARACTERS_MAX:
        return Problem("SERIAL_TOO_LONG", f"A serial number has up to {SERIAL_CHARACTERS_MAX} characters.")
    if not (serial.isascii() and serial.isprintable()):
        odd = next(character for character in serial if not (" " <= character <= "~"))
        return Problem("SERIAL_CHARACTER", f"A serial number is printable ASCII; this one holds {odd!a}.")
    return serial.upper()
