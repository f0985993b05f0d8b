"""A PC/SC service in this process, as pyscard's low level shows one: readers, cards, and every way they fail.

One rule for the editor: result codes are pcsc-lite's; what waits in the real one waits here, and no longer.
"""

import threading
from dataclasses import dataclass, field

OK, TIMEOUT = 0x0, 0x8010000A
NO_SERVICE, NO_READERS, NO_CARD = 0x8010001D, 0x8010002E, 0x8010000C
UNKNOWN, UNAVAILABLE, PRESENT, EMPTY, IN_USE = 0x4, 0x8, 0x20, 0x10, 0x100


@dataclass
class FakeCard:
    """A card: its answer to reset, and its response to every command (or the code with which that fails)."""

    atr: bytes
    response: bytes = b""
    connect: int = OK
    transmit: int = OK


@dataclass
class FakeScard:
    """The module `smartcard.scard`. `readers` maps names to the card on each; `fails` calls to codes."""

    readers: dict[str, FakeCard | None] = field(default_factory=dict)
    fails: dict[str, int] = field(default_factory=dict)
    contexts: int = 0
    sent: list[bytes] = field(default_factory=list)
    in_use: int = 0
    _events: dict[str, int] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    SCARD_SCOPE_USER = 0
    SCARD_SHARE_SHARED = 2
    SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1 = 1, 2
    SCARD_PCI_T0, SCARD_PCI_T1 = "T=0", "T=1"
    SCARD_LEAVE_CARD = 0

    def lay(self, reader: str, card: FakeCard | None) -> None:
        """Lay a card on a reader, or take it away."""
        with self._changed:
            self.readers[reader] = card
            self._events[reader] = self._events.get(reader, 0) + 1
            self._changed.notify_all()

    def unplug(self, reader: str) -> None:
        """Take the reader away."""
        with self._changed:
            del self.readers[reader]
            self._changed.notify_all()

    def SCardEstablishContext(self, _scope: int) -> tuple[int, int]:  # noqa: N802
        self.contexts += "establish" not in self.fails
        return self.fails.get("establish", OK), 7

    def SCardReleaseContext(self, _context: int) -> int:  # noqa: N802
        self.contexts -= 1
        return OK

    def SCardListReaders(self, _context: int, _groups: list[str]) -> tuple[int, list[str]]:  # noqa: N802
        if "list" in self.fails:
            return self.fails["list"], []
        return (OK if self.readers else NO_READERS), list(self.readers)

    def SCardGetStatusChange(  # noqa: N802
        self, _context: int, wait_ms: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        ((reader, known),) = states
        with self._changed:
            self._changed.wait_for(
                lambda: self._state(reader) != known or "status" in self.fails, wait_ms / 1000
            )
            now = self._state(reader)
            if "status" in self.fails:
                return self.fails["status"], []
            card = self.readers.get(reader)
            atr = list(card.atr) if card else []
            return (TIMEOUT if now == known else OK), [(reader, now | 2, atr)]

    def _state(self, reader: str) -> int:
        if reader not in self.readers:
            return UNKNOWN
        there = PRESENT | (IN_USE if self.in_use else 0) if self.readers[reader] else EMPTY
        return self._events.get(reader, 0) << 16 | there

    def SCardConnect(  # noqa: N802
        self, _context: int, reader: str, _share: int, _protocols: int
    ) -> tuple[int, object, int]:
        card = self.readers.get(reader)
        return (card.connect if card else NO_CARD), card, self.SCARD_PROTOCOL_T1

    def SCardTransmit(self, card: FakeCard, pci: str, data: list[int]) -> tuple[int, list[int]]:  # noqa: N802
        assert pci == self.SCARD_PCI_T1
        self.sent.append(bytes(data))
        return card.transmit, list(card.response)

    def SCardDisconnect(self, _card: object, _how: int) -> int:  # noqa: N802
        return OK

    def SCardGetErrorMessage(self, code: int) -> str:  # noqa: N802
        return f"code {code:08X}."
