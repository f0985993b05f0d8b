"""One session with a reader: its greeting, our requests one by one, and whether it is still there.

    line opens    READER_EVENT_NOTIFICATION says whether we are its client: one at a time, all others are refused
    then          each request of `requests.steps` with an id of its own, answered or asked again, three times
    then          the inventory runs; a message at least every `keepalive_s`, or the reader is gone

One rule for the editor: no clock of its own, nothing unbounded, and an answer counts only for a request whose id it
bears: one that comes late is no answer to the next request.
"""

from collections import deque
from collections.abc import Sequence

from devices.driver import Ended
from devices.llrp import requests
from devices.llrp.messages import Message, write_message
from devices.llrp.reports import refusal_of
from devices.llrp.requests import Step
from devices.llrp.vocabulary import ERROR_MESSAGE, MESSAGES, RESPONSE, START_ROSPEC

GREETING_S = 5.0
ANSWER_S = 5.0
TRIES_MAX = 3
MISSED_MAX = 3
"""Signs of life in a row that may be missed."""

_NO_GREETING = "The connection opens and no LLRP reader greets. Is this its LLRP port (5084), and is LLRP on?"
_BUSY = (
    "Another client has this reader; it takes one at a time. Stop the other program, or restart the reader if that one"
    " is gone; this bridge goes on trying."
)
_OUTCOMES: dict[int, Ended] = {
    1: Ended("BUSY", _BUSY),
    2: Ended("BUSY", _BUSY),
    3: Ended("DENIED", "The reader refuses the connection and does not say why. Look at its own page."),
}
"""What a ConnectionAttemptEvent may say besides success (13.2.6.11)."""


class Session:
    """The requests of one connection. It only listens until `begin`."""

    def __init__(self, steps: Sequence[Step], keepalive_s: float) -> None:
        self._waiting = deque(steps)
        self._keepalive_s = keepalive_s
        self._has_begun = False
        self._is_greeted = False
        self._now: Step | None = None
        self._ids: list[int] = []
        self._next_id = 1
        self._since_s: float | None = None
        self._out = bytearray()
        self.is_up = False
        self.takes_reports = True
        self.ended: Ended | None = None

    def start(self) -> None:
        """The line is open, and we are the client."""
        self._has_begun = True
        self.takes_reports = False

    def greeted(self, outcome: int) -> None:
        """A ConnectionAttemptEvent came. Once we are its client it only tells that another one tried."""
        if self._is_greeted or not self._has_begun:
            return
        if outcome in _OUTCOMES:
            self.end(_OUTCOMES[outcome])
            return
        self._is_greeted = True
        self._go_on()

    def heard(self, at_s: float) -> None:
        """A sound message came."""
        if self.is_up:
            self._since_s = at_s

    def answered(self, message: Message) -> str:
        """A response or an ERROR_MESSAGE came: why it refuses, where it does."""
        refusal = refusal_of(message)
        step = self._now
        if step is None or message.id not in self._ids:
            return refusal
        if message.type not in (step.request.type + RESPONSE, ERROR_MESSAGE):
            return refusal
        if refusal and step.needed:
            self.end(Ended("MISCONFIGURED", f"The reader refuses {step.request.name}: {refusal}."))
            return refusal
        self._now = None
        self._go_on()
        return refusal

    def tick(self, at_s: float) -> None:
        """Time has come to `at_s`: ask again, or give up."""
        if not self._has_begun or self.ended is not None:
            return
        if self._since_s is None:
            self._since_s = at_s
        waited_s = at_s - self._since_s
        if not self._is_greeted and waited_s >= GREETING_S:
            self.end(Ended("WEDGED", _NO_GREETING))
        elif self._now is not None and waited_s >= ANSWER_S:
            self._ask_again(self._now)
        elif self.is_up and waited_s > MISSED_MAX * self._keepalive_s:
            self.end(
                Ended(
                    "WEDGED", f"The reader has been silent for {waited_s:.0f} s. Check its power and network."
                )
            )

    def say(self, message: Message) -> None:
        """Send a message that is no request: an acknowledgement."""
        if self._has_begun and self.ended is None:
            self._out += write_message(message)

    def take(self) -> bytes:
        """What is to be sent now."""
        sent = bytes(self._out)
        self._out.clear()
        return sent

    def parting(self) -> bytes:
        """What is to be sent before an orderly end; nothing to a reader that is not ours."""
        if not self._is_greeted or self.ended is not None:
            return b""
        return b"".join(write_message(it._replace(id=self._new_id())) for it in requests.parting())

    def end(self, ended: Ended) -> None:
        """Give the connection up. The first reason stands."""
        if self._has_begun and self.ended is None:
            self.ended = ended
            self._out.clear()

    def _go_on(self) -> None:
        """Send the next request; after the last one the inventory runs."""
        self._since_s = None
        while self._waiting and self._now is None:
            step = self._waiting.popleft()
            self._ids = []
            self._send(step)
            if step.answered:
                self._now = step
        self.is_up = self._now is None

    def _ask_again(self, step: Step) -> None:
        if len(self._ids) >= TRIES_MAX:
            self.end(Ended("WEDGED", f"The reader does not answer {step.request.name}. Restart it."))
            return
        self._since_s = None
        self._send(step)

    def _send(self, step: Step) -> None:
        self._ids.append(self._new_id())
        self._out += write_message(step.request._replace(id=self._ids[-1]))
        # What it held back for a client that went away has come by now: the answers before this one came after it.
        self.takes_reports = self.takes_reports or step.request.type == START_ROSPEC

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def is_answer(type_: int) -> bool:
    """Whether a message of this type answers a request."""
    return type_ == ERROR_MESSAGE or MESSAGES[type_].name.endswith("_RESPONSE")
