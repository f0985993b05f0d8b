"""A simulated LLRP reader: a real TCP socket with one client at a time, that answers as the standard asks.

    a client comes     greeted: it is the client; a second one is told that there is one, and closed
    it asks            LLRPStatus success, or the refusal that was set for that message
    it wants signs     a KEEPALIVE each so many milliseconds
    START_ROSPEC       it may be sent reports (`send`): the bytes of a script, as they are

One rule for the editor: nothing of `devices.llrp` is used here. What both sides misread alike, no test would find.
"""

import contextlib
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from devices.transports.tcp import Address

TURN_S = 0.02
BYTES_MAX = 1 << 16

_HEADER = struct.Struct(">HII")
_KEEPALIVE_SPEC, _LLRP_STATUS = 220, 287
_CAPABILITIES, _GET_CONFIG, _SET_CONFIG, _CLOSE, _START, _STOP, _DELETE = 1, 2, 3, 14, 22, 23, 21
_KEEPALIVE, _EVENT = 62, 63
_UNANSWERED = frozenset((64, 72))

GENERAL = bytes.fromhex(
    "0089 003e 0004 4000 0000651a 001e886a 000a 352e31342e302e323430 008b 0008 0001 0000"
    "008d 0008 0004 0004 008c 0009 0001 00 01 01 008c 0009 0002 00 01 01"
)
"""The general capabilities of an Impinj Speedway R420 with firmware 5.14.0.240, its tables cut short.

From a capture in edgexfoundry/device-rfid-llrp-go (Apache 2.0), pkg/llrp/testdata."""

EVENT_TIME = bytes.fromhex("0080 000c 0004f8535baadaff")


def message(type_: int, id_: int, body: bytes = b"") -> bytes:
    """The bytes of a message of version 1.0.1."""
    return _HEADER.pack(0x0400 | type_, _HEADER.size + len(body), id_) + body


def outcome(code: int = 0, said: str = "") -> bytes:
    """An LLRPStatus."""
    words = said.encode()
    return struct.pack(">HHHH", _LLRP_STATUS, 8 + len(words), code, len(words)) + words


def event(type_: int, body: bytes, id_: int = 0) -> bytes:
    """A READER_EVENT_NOTIFICATION with one event in it."""
    held = EVENT_TIME + struct.pack(">HH", type_, 4 + len(body)) + body
    return message(_EVENT, id_, struct.pack(">HH", 246, 4 + len(held)) + held)


def tag(epc: bytes, rssi: int = -50, antenna: int = 1, seen: int = 1) -> bytes:
    """A TagReportData. An EPC of other than 96 bits goes as EPCData."""
    head = b"\x8d" + epc if len(epc) == 12 else struct.pack(">HHH", 241, 6 + len(epc), 8 * len(epc)) + epc
    rest = struct.pack(">BHBbBQBH", 0x81, antenna, 0x86, rssi, 0x84, 1_385_585_041_558_537, 0x88, seen)
    return struct.pack(">HH", 240, 4 + len(head + rest)) + head + rest


def report(*tags: bytes, id_: int = 1) -> bytes:
    """An RO_ACCESS_REPORT."""
    return message(61, id_, b"".join(tags))


@dataclass(slots=True)
class SimulatedReader:
    """One reader at `address` (port 0: any). It is plugged, unplugged and sent as a simulated port is.

    `refuses` maps the type of a request to the code and words of its refusal; `is_mute` answers nothing at all, but
    reads on; `antennas` are the sockets that are filled. `requests` are the types of what clients asked, in order.
    """

    address: Address
    refuses: dict[int, tuple[int, str]] = field(default_factory=dict)
    is_mute: bool = False
    antennas: frozenset[int] = frozenset((1, 2))
    requests: list[int] = field(default_factory=list)
    _listener: socket.socket | None = field(default=None, init=False)
    _client: socket.socket | None = field(default=None, init=False)
    _heard: bytearray = field(default_factory=bytearray, init=False)
    _all: bytearray = field(default_factory=bytearray, init=False)
    _runs: bool = field(default=False, init=False)
    _keepalive_s: float = field(default=0.0, init=False)
    _next_s: float = field(default=0.0, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _one: threading.RLock = field(default_factory=threading.RLock, init=False)

    @property
    def link(self) -> str:
        """The port of a station that dials it."""
        return str(self.address)

    def plug(self) -> str:
        """Switch it on, and return its address. Does nothing if it is on. Raises OSError if the port is taken."""
        if self._listener is None:
            self._listener = socket.create_server((self.address.host, self.address.port))
            self.address = self.address._replace(port=self._listener.getsockname()[1])
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._stop,), name=self.link, daemon=True)
            self._thread.start()
        return self.link

    def unplug(self) -> None:
        """Switch it off: its client's line dies, and nothing listens."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)
        with self._one:
            self.cut()
            if self._listener is not None:
                self._listener.close()
            self._listener = None

    def cut(self) -> None:
        """End the client's connection at once; the reader stays on."""
        with self._one:
            if self._client is not None:
                self._client.close()
            self._client, self._runs, self._keepalive_s = None, False, 0.0
            self._heard.clear()

    def send(self, data: bytes) -> int:
        """Send bytes to the client; returns how many went, 0 where there is none."""
        with self._one:
            if self._client is None:
                return 0
            try:
                self._client.sendall(data)
            except OSError:
                self.cut()
                return 0
            return len(data)

    def received(self) -> bytes:
        """What the client wrote since this was asked last."""
        with self._one:
            data = bytes(self._all)
            self._all.clear()
            return data

    def is_open(self) -> bool:
        """Whether a client has its inventory running."""
        return self._runs

    def unread(self) -> int:
        """None that can be told: a closed connection still delivers what was sent."""
        return 0

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            listener, client = self._listener, self._client
            if listener is None:
                return
            lines = [listener] if client is None else [listener, client]
            with contextlib.suppress(OSError, ValueError):  # cut from another thread meanwhile
                ready = select.select(lines, [], [], TURN_S)[0]
                self._turn(listener in ready, client if client in ready else None)

    def _turn(self, is_called: bool, client: socket.socket | None) -> None:
        with self._one:
            if is_called and self._listener is not None:
                self._called(self._listener.accept()[0])
            if client is not None and client is self._client:
                self._hear(client)
            if self._keepalive_s and not self.is_mute and time.monotonic() >= self._next_s:
                self._next_s = time.monotonic() + self._keepalive_s
                self.send(message(_KEEPALIVE, 7))

    def _called(self, caller: socket.socket) -> None:
        if self._client is None:
            self._client = caller
            self._tell(event(256, b"\0\0"))
            return
        with caller:
            caller.sendall(event(256, b"\0\2"))
        self._tell(event(256, b"\0\4"))

    def _tell(self, data: bytes) -> None:
        if not self.is_mute:
            self.send(data)

    def _hear(self, client: socket.socket) -> None:
        data = client.recv(BYTES_MAX)
        if not data:
            self.cut()
            return
        self._heard += data
        self._all = (self._all + data)[-BYTES_MAX:]
        while len(self._heard) >= _HEADER.size:
            word, length, id_ = _HEADER.unpack_from(self._heard)
            if not _HEADER.size <= length <= BYTES_MAX:
                self.cut()
                return
            if len(self._heard) < length:
                return
            body = bytes(self._heard[_HEADER.size : length])
            del self._heard[:length]
            self._asked(word & 0x3FF, id_, body)

    def _asked(self, type_: int, id_: int, body: bytes) -> None:
        self.requests.append(type_)
        if type_ in _UNANSWERED or self.is_mute:
            return
        code, said = self.refuses.get(type_, (0, ""))
        answer = message(4 if type_ == _CLOSE else type_ + 10, id_, outcome(code, said) + self._more(type_))
        if not code:
            self._do(type_, body)
        self._tell(answer)
        if type_ == _CLOSE:
            self.cut()

    def _more(self, type_: int) -> bytes:
        """What a response holds besides the LLRPStatus."""
        if type_ == _GET_CONFIG:
            return b"".join(
                struct.pack(">HHBHh", 221, 9, 0x80 * (it in self.antennas), it, 0) for it in range(1, 5)
            )
        return GENERAL if type_ == _CAPABILITIES else b""

    def _do(self, type_: int, body: bytes) -> None:
        if type_ in (_START, _STOP, _DELETE):
            self._runs = type_ == _START
        if type_ == _SET_CONFIG and body[1:3] == struct.pack(">H", _KEEPALIVE_SPEC):
            is_on, period_ms = struct.unpack_from(">BI", body, 5)
            self._keepalive_s = period_ms / 1000 if is_on else 0.0
            self._next_s = time.monotonic() + self._keepalive_s
