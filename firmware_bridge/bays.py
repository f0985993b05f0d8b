"""What the service wants done at a bay: asked for all the time, begun in time or not at all, done once, answered.

One rule for the editor: nothing is begun after its end on the monotonic clock, and nothing that lets kit go is begun
that was told before this bridge was there. Whatever becomes of a command is an observation, so that the service knows.

    service ──answer to our question──▶ BayQuestions ──▶ BayActs ──▶ a station's decoder, or a dock on MQTT
            ◀──observation─── spool ◀──── DONE, UNABLE, REFUSED, SILENT, EXPIRED ◀── 2 s, and once more
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from devices.docks.commands import read_able, read_answered, told_packet
from devices.driver import Bayed, Packet
from devices.readings import ActWord, BayAct, BayAnswered
from devices.transports.mqtt import Message
from devices.wire import COMMANDS_MAX, BayCommand, Commanded, Listening, encode
from firmware_bridge.backoff import Backoff
from firmware_bridge.clock import NS_PER_MS, NS_PER_S, Clock
from firmware_bridge.errors import KeepingRefused, LinkDown, Rejected
from firmware_bridge.line import COMMANDS_PATH
from firmware_bridge.scans import Wire
from firmware_bridge.station import Station, Wish
from firmware_bridge.told import Told

WAIT_MS = 15_000
"""How long the service may hold our question."""

ANSWER_S = 2.0
"""How long a dock may take to answer; it is told once more then, under the same id."""

TRIES = 2
NOT_KNOWN_S = 60.0
"""A service of before there were commands is asked again after this long."""

REMEMBERED_NS = 120 * NS_PER_S
"""How long after its end the id of a command is known: longer than the service tells it."""

DOCKS_MAX = 4096
"""Most docks whose abilities are remembered."""

SETTLES_NS = 10 * NS_PER_S
"""How long after the start a dock may not have been heard of that is there: the broker tells what it keeps."""

LOOKS_NS = NS_PER_S // 4
"""How often it is looked whether such a dock has been heard of."""

LATE = "It came too late, and was not passed on."
JUST_STARTED = "The bridge had only just started, and lets nothing go that it was told before."
NO_WAY = "This bridge has no device of that name."
NO_BROKER = "There is no broker to tell it by."
NOT_YET = "It has not said yet what it can do."
UNHEARD = "It did not answer."

log = logging.getLogger("firmware_bridge")
_commanded = msgspec.json.Decoder(Commanded)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command and until when, on the monotonic clock, it may be begun. `is_first`: it came with the first answer of
    this boot, so it may have been told to the one before."""

    command: BayCommand
    until_ns: int
    is_first: bool = False


class Place(NamedTuple):
    """Who the acts are done for: the bridge's name, its clock, how it says something on MQTT (None: no broker), and
    where an answer is kept, under its station's name."""

    bridge: str
    clock: Clock
    say: Callable[[Message], None] | None
    keep: Callable[[str, BayAnswered], None]


@dataclass(slots=True)
class _Begun:
    """A command that waits for its dock's answer until `due_ns`, told `tries` times (0: its dock is not heard of)."""

    asked: Asked
    due_ns: int
    tries: int = 1
    message: Message | None = None


class BayActs:
    """Does what is asked, each id once. Anyone may `take` and `heard`; one thread runs `run`."""

    def __init__(self, place: Place, stations: Sequence[Station], bays_at: Mapping[str, str] | None = None) -> None:
        self._place = place
        self._stations: Mapping[str, Station] = {}
        self.turn_into(stations, bays_at or {})
        self._able: dict[str, frozenset[BayAct]] = {}
        self._settled_ns = place.clock.mono_ns() + SETTLES_NS
        self._known: dict[int, int] = {}
        self._asked: deque[Asked] = deque()
        self._said: deque[tuple[int, ActWord, str]] = deque(maxlen=COMMANDS_MAX)
        self._begun: dict[int, _Begun] = {}
        self._something = threading.Condition()

    def turn_into(self, stations: Sequence[Station], bays_at: Mapping[str, str]) -> None:
        """From now on these are the stations; `bays_at` says which of them does it for the bays of another."""
        able = {it.device: it for it in stations if has_bays(it)}
        self._stations = able | {it: able[at] for it, at in bays_at.items() if at in able}

    def any(self) -> bool:
        """Whether any station has bays that can be told something."""
        return bool(self._stations)

    def have(self) -> tuple[int, ...]:
        """The commands that are known already, the newest last."""
        with self._something:
            return tuple(self._known)[-COMMANDS_MAX:]

    def take(self, asked: Asked) -> None:
        """Take a command; one that is known is left alone."""
        now_ns = self._place.clock.mono_ns()
        with self._something:
            for old in [each for each, until_ns in self._known.items() if until_ns + REMEMBERED_NS < now_ns]:
                del self._known[old]
            if asked.command.id in self._known:
                return
            self._known[asked.command.id] = asked.until_ns
            self._asked.append(asked)
            self._something.notify()

    def heard(self, topic: str, payload: bytes) -> None:
        """A dock said something on MQTT."""
        able = read_able(Packet(topic, payload))
        if able is not None and (able[0] in self._able or len(self._able) < DOCKS_MAX):
            self._able[able[0]] = able[1]
        said = read_answered(Packet(topic, payload))
        if said is None:
            return
        dock, answer = said
        begun = self._begun.get(answer.id)
        if begun is not None and begun.asked.command.dock == dock:
            self.answer(answer.id, answer.word, answer.why or "")

    def answer(self, command_id: int, word: ActWord, detail: str = "") -> None:
        """Something became of a command that was begun."""
        with self._something:
            self._said.append((command_id, word, detail))
            self._something.notify()

    def wake(self) -> None:
        """End a wait, so that `run` looks at its stop."""
        with self._something:
            self._something.notify()

    def run(self, stop: threading.Event) -> None:
        """Do what is asked until `stop`."""
        while not stop.is_set():
            with self._something:
                if not self._asked and not self._said:
                    self._something.wait(self._next_s())
                asked, said = [*self._asked], [*self._said]
                self._asked.clear()
                self._said.clear()
            for command_id, word, detail in said:
                begun = self._begun.pop(command_id, None)
                if begun is not None:
                    self._over(begun.asked.command, word, detail)
            for each in asked:
                self._begin(each)
            self._again()

    def _next_s(self) -> float | None:
        if not self._begun:
            return None
        due_ns = min(it.due_ns for it in self._begun.values())
        return max(0.0, (due_ns - self._place.clock.mono_ns()) / NS_PER_S)

    def _begin(self, asked: Asked) -> None:
        command, now_ns = asked.command, self._place.clock.mono_ns()
        station = self._stations.get(command.device)
        if now_ns >= asked.until_ns:
            self._over(command, "EXPIRED", LATE)
        elif asked.is_first and command.act == "RELEASE":
            self._over(command, "EXPIRED", JUST_STARTED)
        elif station is None:
            self._over(command, "UNABLE", NO_WAY)
        elif station.driver.cmd_topic:
            self._tell(asked, station.driver.cmd_topic)
        else:
            self._wish(asked, station)

    def _tell(self, asked: Asked, topic: str) -> None:
        """Tell a dock on MQTT."""
        place, command = self._place, asked.command
        now_ns, able = place.clock.mono_ns(), self._able.get(command.dock)
        if place.say is None:
            self._over(command, "SILENT", NO_BROKER)
            return
        if able is None and now_ns < self._settled_ns:
            self._begun[command.id] = _Begun(asked, now_ns + LOOKS_NS, tries=0)
            return
        if able is None or command.act not in able:
            self._over(command, "UNABLE", "")
            return
        left_s = (asked.until_ns - now_ns) / NS_PER_S
        until_us = place.clock.wall_us() + int(left_s * 1e6)
        packet = told_packet(topic.format(bridge=place.bridge, dock=command.dock), command, until_us)
        message = Message(packet.topic, packet.payload, retain=False, live_s=left_s)
        self._begun[command.id] = _Begun(asked, now_ns + int(ANSWER_S * NS_PER_S), message=message)
        place.say(message)

    def _wish(self, asked: Asked, station: Station) -> None:
        """Have the station's own thread do it."""
        command = asked.command
        due_ns = self._place.clock.mono_ns() + int(TRIES * ANSWER_S * NS_PER_S)
        self._begun[command.id] = _Begun(asked, due_ns, tries=TRIES)

        def done(word: ActWord, detail: str) -> None:
            self.answer(command.id, word, detail)

        try:
            station.wishes.put_nowait(Wish(command.light, command.bay, command.act, asked.until_ns, done))
        except queue.Full:
            self.answer(command.id, "SILENT", "Its device is behind.")

    def _again(self) -> None:
        """What was not answered is told once more while it may still be begun, and is SILENT then."""
        now_ns = self._place.clock.mono_ns()
        for command_id, begun in [*self._begun.items()]:
            if begun.due_ns > now_ns:
                continue
            is_in_time = now_ns < begun.asked.until_ns
            if begun.tries == 0 and is_in_time:
                del self._begun[command_id]
                self._begin(begun.asked)
            elif begun.message is not None and begun.tries < TRIES and is_in_time and self._place.say:
                begun.tries, begun.due_ns = begun.tries + 1, now_ns + int(ANSWER_S * NS_PER_S)
                self._place.say(begun.message)
            else:
                del self._begun[command_id]
                self._over(begun.asked.command, "SILENT", UNHEARD if begun.tries else NOT_YET)

    def _over(self, command: BayCommand, word: ActWord, detail: str) -> None:
        log.info("%s: bay %s of %s: %s %s", command.device, command.bay, command.dock, command.act, word)
        answer = BayAnswered(
            command=command.id, dock=command.dock, bay=command.bay, act=command.act, word=word,
            detail=detail[:400] or None,
        )  # fmt: skip
        try:
            self._place.keep(command.device, answer)
        except KeepingRefused as why:  # the service gives it up by itself, and says so
            log.warning("%s: what became of a command is not kept: %s", command.device, why)


def has_bays(station: Station) -> bool:
    """Whether the station's bays can be told something."""
    return bool(station.driver.cmd_topic) or isinstance(station.driver.decoder(station.options), Bayed)


@dataclass(slots=True)
class BayQuestions:
    """Asks the service what is to be done, again and again: each question waits there until there is something."""

    wire: Wire
    acts: BayActs
    _is_first: bool = field(default=True, init=False)
    _service: Told = field(default_factory=lambda: Told("service (bays)"), init=False)
    _backoff: Backoff = field(default_factory=lambda: Backoff(0.5, 10.0), init=False)

    def run(self, stop: threading.Event) -> None:
        """Ask until `stop`."""
        while not stop.is_set():
            if not self.acts.any():
                stop.wait(1.0)
                continue
            try:
                self.ask()
                self._service.good()
                self._backoff.reset()
            except Rejected as why:  # 404, 405: a service of before there were commands
                log.info("the service tells bays nothing: %s", why)
                stop.wait(NOT_KNOWN_S)
            except LinkDown as why:
                if stop.is_set():  # our own doing
                    return
                self._service.lost(why)
                stop.wait(self._backoff.next_s())

    def ask(self) -> None:
        """One question, and what its answer asks for. Raises LinkDown or Rejected.

        A command's end is reckoned from before the question: the answer cannot have been sent earlier than the time
        that it waited after that, so whatever the way back took makes the end come sooner and never later.
        """
        wire, wait_ms = self.wire, 0 if self._is_first else WAIT_MS
        asked_ns = wire.clock.mono_ns()
        said = Listening(boot=wire.boot, have=self.acts.have(), wait_ms=wait_ms)
        body = wire.line.post(COMMANDS_PATH, encode(said), wait_ms / 1000 + wire.timing.post_s)
        try:
            answer = _commanded.decode(body)
        except msgspec.DecodeError as error:
            raise LinkDown(f"{wire.line.service.url}: its answer is not understood ({error})") from error
        waited_ms = min(max(0, answer.waited_ms), wait_ms)
        for command in answer.commands[:COMMANDS_MAX]:
            until_ns = asked_ns + (waited_ms + command.live_ms) * NS_PER_MS
            self.acts.take(Asked(command, until_ns, self._is_first))
        self._is_first = False
