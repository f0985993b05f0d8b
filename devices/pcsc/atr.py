"""Answers to reset, as PC/SC readers make them up for contactless cards (PC/SC part 3, 3.1.3.2.3).

    3B 8F 80 01  80 4F 0C A0 00 00 03 06  03  00 01  00 00 00 00  6A     storage card: standard 03, name 0001
    3B 86 80 01  06 75 77 81 02 80                                00     processor card: its own historical bytes

One rule for the editor: an answer to reset says what kind of card lies there, never which one; what it does not say
stays unknown.
"""

from typing import NamedTuple

CONTACTLESS = b"\x80\x01"
"""TD1 and TD2 of every contactless card; a contact card has interface bytes of its own."""

STORAGE = b"\x80\x4f\x0c"
PCSC_RID = bytes.fromhex("A000000306")

STANDARDS = {
    0x01: "ISO 14443A-1", 0x02: "ISO 14443A-2", 0x03: "ISO 14443A-3",
    0x05: "ISO 14443B-1", 0x06: "ISO 14443B-2", 0x07: "ISO 14443B-3",
    0x09: "ISO 15693-1", 0x0A: "ISO 15693-2", 0x0B: "ISO 15693-3", 0x0C: "ISO 15693-4",
    0x11: "FeliCa",
}  # fmt: skip

NAMES = {
    0x0001: "MIFARE Classic 1K", 0x0002: "MIFARE Classic 4K", 0x0003: "MIFARE Ultralight",
    0x0026: "MIFARE Mini", 0x003B: "FeliCa",
}  # fmt: skip

PROCESSOR = "ISO 14443A-4"
"""Said of every processor card: the answer to reset does not tell type B from type A."""

TECHNOLOGIES = {
    "ISO 14443A": "ISO14443A",
    "ISO 14443B": "ISO14443B",
    "ISO 15693": "ISO15693",
    "FeliCa": "FELICA",
}
"""What the kit store calls the air interfaces."""


class Atr(NamedTuple):
    """What an answer to reset says. `standard` is None for a contact card and for one that says nothing sound;
    `rid` and `name` are there for storage cards, `ats` for processor cards (upper-case hex)."""

    standard: str | None = None
    rid: str | None = None
    name: str | None = None
    ats: str | None = None

    @property
    def technology(self) -> str | None:
        """The kit store's word for the air interface; None where the card has none."""
        return (
            None if self.standard is None else TECHNOLOGIES[self.standard.rpartition("-")[0] or self.standard]
        )


def read_atr(data: bytes) -> Atr:
    """What the answer to reset `data` says; an empty `Atr` where it is no contactless card's."""
    count = data[1] & 0x0F if len(data) > 1 else 0
    end = 4 + count
    if data[:1] != b"\x3b" or data[1:2] != bytes((0x80 | count,)) or data[2:4] != CONTACTLESS:
        return Atr()
    if len(data) != end + 1 or _xor(data[1:]):
        return Atr()
    historical = data[4:end]
    if historical[:3] == STORAGE and historical[3:8] == PCSC_RID and len(historical) >= 11:
        number = int.from_bytes(historical[9:11], "big")
        name = f"{number:04X} {NAMES[number]}" if number in NAMES else f"{number:04X}"
        return Atr(STANDARDS.get(historical[8]), PCSC_RID.hex().upper(), name)
    return Atr(PROCESSOR, ats=historical.hex().upper())


def _xor(data: bytes) -> int:
    check = 0
    for byte in data:
        check ^= byte
    return check
