"""PC/SC card readers by pyscard and pcscd: the only file of ours that imports pyscard.

    open     find by name -> a card that lies there already is told as lying, and not read
    read     a card came or went, or silence after the time-out
    write    a command to the card; its response comes back by `read`

One rule for the editor: pyscard needs a compiler, and is not always there: this file must import without it, and
says what is missing when a reader is opened. A result code decides everything; none is ever ignored.

A state's upper 16 bits count insertions and removals, so a card that was exchanged between two looks is seen.
"""

from collections import deque
from typing import Any

from devices.driver import Packet
from devices.errors import Gone, NotConfigured, NotOpened
from devices.pcsc.packets import CARD, LYING, REMOVED, RESPONSE
from devices.readings import DeviceWord
from devices.transports.port import Arrival

try:
    from smartcard import scard as _installed
except ImportError:
    _installed = None

PCSC_PREFIX = "pcsc:"
NOT_INSTALLED = "pyscard is not installed; `pip install kitstore[cards]` brings it (it needs libpcsclite-dev)"
_START = "pcscd does not answer; install it, and start it (systemctl enable --now pcscd.socket)"
_LET_IN = "pcscd does not let this account in; docs/devices/pcsc-card-reader.md shows the polkit rule"

_OK, _TIMEOUT = 0x0, 0x8010000A
_NO_READERS = 0x8010002E
_CARD_AWAY = frozenset((0x8010000C, 0x80100069))
"""No card, card pulled: its removal is told by the reader's state."""

_CARD_TROUBLE = frozenset(
    (0x80100065, 0x80100066, 0x80100067, 0x80100068, 0x8010000B, 0x8010000F, 0x80100016, 0x8010002F)
)
"""A card that does not answer, is reset or held by another program, or a transmission that failed."""

_WORDS: dict[int, tuple[DeviceWord, str]] = {
    0x8010001D: ("MISSING", _START),
    0x8010001E: ("MISSING", _START),
    0x8010006A: ("DENIED", _LET_IN),
    0x80100027: ("DENIED", _LET_IN),
}
_STATE_CHANGED, _STATE_UNKNOWN, _STATE_UNAVAILABLE, _STATE_PRESENT = 0x2, 0x4, 0x8, 0x20
_EVENTS = 16


class PcscPort:
    """An open card reader. It satisfies `devices.transports.port.Port`; `devices.pcsc.packets` says what it carries."""

    def __init__(self, scard: Any, context: Any, reader: str) -> None:
        self._scard = scard
        self._context = context
        self._reader = reader
        self._state = 0
        self._waiting: deque[Packet] = deque()
        self._look(0)
        self._waiting = deque(Packet(LYING, it.payload) for it in self._waiting if it.topic == CARD)

    def __str__(self) -> str:
        return f"the reader {self._reader!r}"

    def read(self, timeout_s: float) -> list[Arrival]:
        """What happened at the reader, waiting at most `timeout_s` for it. Raises Gone without reader or pcscd."""
        if not self._waiting:
            self._look(int(timeout_s * 1000))
        arrived: list[Arrival] = list(self._waiting)
        self._waiting.clear()
        return arrived

    def kept(self) -> None:
        """Nothing to do: a card is there or not."""

    def write(self, data: bytes) -> None:
        """Send a command to the card. One that went away meanwhile answers nothing."""
        scard = self._scard
        code, card, protocol = scard.SCardConnect(
            self._context,
            self._reader,
            scard.SCARD_SHARE_SHARED,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        if not self._is_well(code):
            return
        pci = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        code, response = scard.SCardTransmit(card, pci, list(data))
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        if self._is_well(code):
            self._waiting.append(Packet(RESPONSE, bytes(response)))

    def close(self) -> None:
        """Let the reader go."""
        self._scard.SCardReleaseContext(self._context)

    def _look(self, wait_ms: int) -> None:
        """See what changed at the reader, and put it where `read` finds it."""
        code, states = self._scard.SCardGetStatusChange(self._context, wait_ms, [(self._reader, self._state)])
        if _plain(code) == _TIMEOUT:
            return
        self._check(code)
        _, state, atr = states[0]
        if state & (_STATE_UNKNOWN | _STATE_UNAVAILABLE):
            raise Gone(f"{self} was unplugged; plug it back in")
        before, self._state = self._state, state & ~_STATE_CHANGED
        was_there, is_there = bool(before & _STATE_PRESENT), bool(state & _STATE_PRESENT)
        if was_there == is_there and before >> _EVENTS == state >> _EVENTS:
            return  # another program opened the card, or let it go
        if was_there:
            self._waiting.append(Packet(REMOVED, b""))
        if is_there:
            self._waiting.append(Packet(CARD, bytes(atr)))

    def _is_well(self, code: int) -> bool:
        """Whether a call to the card went well. Trouble with the card is an empty response, with the reader Gone."""
        if _plain(code) in _CARD_TROUBLE:
            self._waiting.append(Packet(RESPONSE, b""))
            return False
        if _plain(code) in _CARD_AWAY:
            return False
        self._check(code)
        return True

    def _check(self, code: int) -> None:
        if _plain(code) != _OK:
            raise Gone(f"{self} went away ({_said(self._scard, code)}); plug it back in, or start pcscd")


def listed_readers(scard: Any = _installed) -> tuple[str, ...]:
    """The names of the readers that pcscd knows; none where there is no pcscd or no pyscard."""
    if scard is None:
        return ()
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if _plain(code) != _OK:
        return ()
    code, names = scard.SCardListReaders(context, [])
    scard.SCardReleaseContext(context)
    return tuple(sorted(names)) if _plain(code) == _OK else ()


def open_pcsc(port: str, scard: Any = _installed) -> PcscPort:
    """Open the reader that `port` names: "pcsc:" and the beginning of its name, or "pcsc:" alone for the only one.

    Raises NotOpened with the word to report, or NotConfigured where the name fits several, or pyscard is missing.
    """
    if scard is None:
        raise NotConfigured(f"{port}: {NOT_INSTALLED}")
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _opened(scard, code, port)
    try:
        return PcscPort(scard, context, _named(scard, context, port))
    except Gone as error:
        scard.SCardReleaseContext(context)
        raise NotOpened(str(error)) from error
    except (NotOpened, NotConfigured):
        scard.SCardReleaseContext(context)
        raise


def _named(scard: Any, context: Any, port: str) -> str:
    code, names = scard.SCardListReaders(context, [])
    if _plain(code) == _NO_READERS:
        names = []
    else:
        _opened(scard, code, port)
    wanted = port.removeprefix(PCSC_PREFIX)
    fits = [it for it in names if it == wanted] or [it for it in names if it.startswith(wanted)]
    if len(fits) > 1:
        raise NotConfigured(f"{port}: several readers are called so ({', '.join(sorted(fits))}); name one")
    if not fits:
        there = ", ".join(sorted(names)) or "none"
        raise NotOpened(f"{port}: no such card reader is plugged in (there is: {there})")
    return str(fits[0])


def _opened(scard: Any, code: int, port: str) -> None:
    if _plain(code) != _OK:
        word, why = _WORDS.get(_plain(code), ("MISSING", "pcscd refuses"))
        raise NotOpened(f"{port}: {why} ({_said(scard, code)})", word)


def _said(scard: Any, code: int) -> str:
    return str(scard.SCardGetErrorMessage(code)).strip().rstrip(".")


def _plain(code: int) -> int:
    """A result code without its sign: pyscard gives it either way."""
    return code & 0xFFFFFFFF
