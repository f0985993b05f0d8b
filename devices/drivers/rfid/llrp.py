"""Fixed UHF readers on the network that speak LLRP 1.0.1 (Impinj Speedway and R700, Zebra FX, Alien ...). TCP 5084.

    04 3D  0000002C  4095892F                                          RO_ACCESS_REPORT, 44 bytes, message id
       00F0 0022                                                       TagReportData
          8D 3005FB63AC1F3841EC880467                                  EPC-96     (00F1 0018 0090 ...  144 bits)
          81 0001   86 CE   82 0004EC2EA8354C09   88 0001              antenna 1, -50 dBm, first seen, once

    04 3F  00000020  0AB288C9  00F6 0016 ... 0100 0006 0000            greeting: we are the client (0002: another is)
    04 3E  0000000A  00000007                                          KEEPALIVE, answered by 04 48 0000000A 00000007

`devices.llrp` holds the protocol; `devices.llrp.requests` the way from the greeting to the running inventory.

One rule for the editor: the reader is never told anything about power, region or channel. What is allowed on air here
was set by whoever installed it.
"""

import math
from collections.abc import Callable, Mapping

from devices.dialogue import Dialogue
from devices.driver import Driver, Ended
from devices.errors import NotConfigured
from devices.evidence import garbled
from devices.framing import LENGTH, Piece
from devices.llrp.framing import STALL_S, look
from devices.llrp.messages import Message, Parameter, read_message
from devices.llrp.reports import Capabilities, capabilities_of, sockets_of, tags_of, words_of
from devices.llrp.requests import steps
from devices.llrp.session import Session, is_answer
from devices.llrp.vocabulary import (
    ANTENNA_EVENT,
    BUFFER_OVERFLOW,
    CONNECTION_ATTEMPT,
    CONNECTION_CLOSE,
    EVENT_DATA,
    GET_READER_CAPABILITIES_RESPONSE,
    GET_READER_CONFIG_RESPONSE,
    KEEPALIVE,
    KEEPALIVE_ACK,
    PARAMETERS,
    READER_EVENT_NOTIFICATION,
    READER_EXCEPTION,
    RO_ACCESS_REPORT,
    ROSPEC_EVENT,
    TIMES,
)
from devices.options import choose, number
from devices.readings import Reading, TagsSwept
from devices.settling import OPTIONS as SETTLING
from devices.settling import Sighting, rules_of
from devices.tag_reader import TagReader

NAME = "llrp"

OPTIONS = {
    "keepalive_s": (
        "5",
        "seconds between the reader's signs of life, 1 to 60; three missed ones mean it is gone",
    ),
    "session": (
        "keep",
        "keep|0|1|2|3: the Gen2 session of the inventory; 0 reads a tag again and again while it lies there",
    ),
    "reset": ("no", "no|yes: whether the reader first forgets all that was set by LLRP, the power too"),
    **SETTLING,
}

LOST_MAX = 65_536
"""Most bytes in a row that are no message, after which the stream counts as hopeless."""

READS_MAX = 100
"""Most reads of one tag in one report that are counted: no rule asks for more."""

PORTS_NAMED = 16
ANTENNA_MAX = 255
"""The highest antenna that a reading may name; LLRP has room for more, and no reader has them."""

_ENDED_BY_READER = Ended(
    "MISSING", "The reader closes the connection. Did somebody restart or reconfigure it?"
)
_INVENTORY_ENDED = Ended(
    "WEDGED", "The reader ended the inventory. Does another program or a schedule control it?"
)
_HALF = Ended("WEDGED", f"Half a message came, and nothing else for {STALL_S:g} s. Check the network.")
_HOPELESS = Ended("WEDGED", "What comes is no LLRP. Is this the reader's LLRP port (5084)?")


class Llrp(TagReader):
    """Turns a reader's messages into sweeps. `repeated` counts the reads that were held back.

    It is `devices.driver.Linked`. Bytes fed before `opening` are only listened to: a capture, read again.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        rules = rules_of(NAME, chosen)
        keepalive_s = number(NAME, chosen, "keepalive_s", (1, 60))
        self._ports = tuple(sorted(rules.antennas or ()))
        if 0 in self._ports:
            raise NotConfigured(f"{NAME}: option antennas is {chosen['antennas']!r}; antennas count from 1")
        session = None if chosen["session"] == "keep" else int(chosen["session"])
        way = steps(self._ports, int(keepalive_s * 1000), session, reset=chosen["reset"] == "yes")
        super().__init__(NAME, look, rules, Dialogue(), STALL_S)
        self._session = Session(way, keepalive_s)
        self._capabilities: Capabilities | None = None
        self._has_said_open = False
        self._lost_bytes = 0
        self._unplugged: set[int] = set()
        self._used: set[int] = set(self._ports)

    def opening(self) -> bytes:
        """Nothing: the reader speaks first."""
        self._session.start()
        return b""

    def take_replies(self) -> bytes:
        """The next request, and acknowledgements."""
        return self._session.take()

    def is_up(self) -> bool:
        """Whether the inventory runs."""
        return self._session.is_up

    def ended(self) -> Ended | None:
        """Why the connection must be opened anew, if it must."""
        return self._session.ended

    def parting(self) -> bytes:
        """Stop the inventory, and let the reader go."""
        return self._session.parting()

    def _hear(self, frame: bytes, at_s: float) -> list[Reading]:
        self._lost_bytes = 0
        self._session.heard(at_s)
        message = read_message(frame)
        if not isinstance(message, Message):  # the framer gives none such
            return self._lose(Piece(frame, LENGTH))
        if message.type == RO_ACCESS_REPORT:
            return self._reported(message, frame, at_s)
        if message.type == KEEPALIVE:
            self._session.say(Message(KEEPALIVE_ACK, message.id))
            self._note(message.name)
            return []
        if message.type == READER_EVENT_NOTIFICATION:
            data = message.first(EVENT_DATA)
            events = [it for it in data.inner if it.type not in TIMES] if data else []
            return [reading for event in events for reading in self._event(event)]
        return self._answered(message)

    def _lose(self, piece: Piece) -> list[Reading]:
        self._lost_bytes += len(piece.data)
        if self._lost_bytes > LOST_MAX:
            self._session.end(_HOPELESS)
        return super()._lose(piece)

    def idle(self, at_s: float) -> list[Reading]:
        """Silence until `at_s`; half a message that has waited too long ends the session."""
        readings = super().idle(at_s)
        if any(getattr(it, "reason", "") == LENGTH for it in readings):
            self._session.end(_HALF)
        return readings

    def _at(self, at_s: float) -> list[Reading]:
        self._session.tick(at_s)
        readings = super()._at(math.inf if self._session.ended else at_s)
        comes_up = self._session.is_up and not self._has_said_open
        if comes_up:
            self._has_said_open = True
            readings.append(self._open())
        if self._unplugged and (comes_up or any(isinstance(it, TagsSwept) for it in readings)):
            # A missing antenna stays missing, whatever the others read.
            readings.append(self._word("MISCONFIGURED", self._missing()))
        return readings

    def _open(self) -> Reading:
        who = self._capabilities
        return self._word("OPEN", str(who), who.firmware) if who else self._word("OPEN")

    def _reported(self, message: Message, frame: bytes, at_s: float) -> list[Reading]:
        if not self._session.takes_reports:
            self._note("a report from before this session")
            return []
        readings: list[Reading] = []
        for tag in tags_of(message):
            if isinstance(tag, str):
                readings.append(garbled("RECORD", tag, frame))
                continue
            antenna = tag.antenna if tag.antenna is not None and tag.antenna <= ANTENNA_MAX else None
            if antenna is not None:
                self._used.add(antenna)
                # One without a resistor is missed by its reader, and reads all the same.
                self._unplugged.discard(antenna)
            sighting = Sighting(tag.epc, None, tag.rssi_dbm, antenna)
            for _ in range(min(tag.seen, READS_MAX) if tag.epc else 1):
                self._see(sighting, frame, at_s)
        return readings if self._unplugged else readings + self._well()

    def _answered(self, message: Message) -> list[Reading]:
        """A response, an ERROR_MESSAGE, or one that only another client could have sent."""
        if not is_answer(message.type):
            self._note(message.name)
            return []
        if message.type == GET_READER_CAPABILITIES_RESPONSE:
            self._capabilities = capabilities_of(message)
            self._check_antennas()
        if message.type == GET_READER_CONFIG_RESPONSE:
            self._look_at(sockets_of(message))
        refusal = self._session.answered(message)
        self._note(message.name, **({"refused": refusal} if refusal else {}))
        return []

    def _check_antennas(self) -> None:
        """An antenna that the reader does not have is better said at once than waited at."""
        most = self._capabilities.antennas if self._capabilities else 0
        if most and self._ports and self._ports[-1] > most:
            why = f"antennas: {self._ports[-1]} is asked for, and this reader has {most}."
            self._session.end(Ended("MISCONFIGURED", why))

    def _look_at(self, sockets: dict[int, bool]) -> None:
        """Before the inventory runs: an empty socket is missed if it was asked for, or if all are empty."""
        empty = {port for port, is_filled in sockets.items() if not is_filled}
        self._unplugged |= empty if len(empty) == len(sockets) else empty & self._used
        self._trouble = self._missing() if self._unplugged else ""

    def _missing(self) -> str:
        named = ", ".join(str(it) for it in sorted(self._unplugged)[:PORTS_NAMED])
        return f"Nothing is plugged into antenna socket {named}. Check its cable."

    def _event(self, event: Parameter) -> list[Reading]:
        shape = PARAMETERS.get(event.type)
        facts = {k: v for k, v in event.fields.items() if isinstance(v, int)}
        self._note(shape.name if shape else f"event {event.type}", **facts)
        tell = _EVENTS.get(event.type)
        return tell(self, event) if tell else []

    def _attempt(self, event: Parameter) -> list[Reading]:
        self._session.greeted(event.number("outcome"))
        return []

    def _closed(self, _event: Parameter) -> list[Reading]:
        self._session.end(_ENDED_BY_READER)
        return []

    def _rospec(self, event: Parameter) -> list[Reading]:
        if self._session.is_up and event.number("type") == 1:
            self._session.end(_INVENTORY_ENDED)
        return []

    def _antenna(self, event: Parameter) -> list[Reading]:
        """An antenna that was asked for, or has read a tag, is missed; an empty socket is not."""
        port = event.number("antenna")
        if event.number("connected"):
            self._unplugged.discard(port)
        elif port in self._used:
            self._unplugged.add(port)
        return self._in_trouble(self._missing()) if self._unplugged else self._well()

    def _exception(self, event: Parameter) -> list[Reading]:
        return self._in_trouble(f"The reader reports trouble: “{words_of(event)}”.")

    def _overflow(self, _event: Parameter) -> list[Reading]:
        return self._in_trouble("The reader's buffer was full: reads were lost. Present the tray again.")


_EVENTS: dict[int, Callable[[Llrp, Parameter], list[Reading]]] = {
    CONNECTION_ATTEMPT: Llrp._attempt,
    CONNECTION_CLOSE: Llrp._closed,
    ROSPEC_EVENT: Llrp._rospec,
    ANTENNA_EVENT: Llrp._antenna,
    READER_EXCEPTION: Llrp._exception,
    BUFFER_OVERFLOW: Llrp._overflow,
}
"""What is done at each event; the others are only noted."""


DRIVER = Driver(
    name=NAME,
    title="Fixed UHF tag reader on the network that speaks LLRP (Impinj, Zebra FX, Alien and others)",
    transport="tcp",
    decoder=Llrp,
    stream="obs",
    options=OPTIONS,
)
