"""The commands that a reader must be sent, one at a time: the next one goes when the last is answered.

One rule for the editor: no clock of its own, nothing unbounded, and never two commands under way: most of these
readers lose the second. A reader that answers nothing is asked again at a steady pace, and said to be wedged once.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

TRIES_MAX = 3
"""How often one command is sent before the next one has its turn: old firmware does not know them all."""

PATIENCE = 5
"""Commands in a row without any answer, after which the reader counts as wedged."""


class Command(NamedTuple):
    """Bytes to send, and the code of the frame that answers them; None where any frame does."""

    data: bytes
    answer: int | None = None
    wait_s: float = 1.0


class Dialogue:
    """Sends `first` once, and `then` whenever all is answered and the reader was still for `rest_s` seconds."""

    def __init__(
        self, first: Sequence[Command] = (), then: Sequence[Command] = (), rest_s: float = 0.0
    ) -> None:
        self._first = tuple(first)
        self._queue = deque(first)
        self._then = tuple(then)
        self._rest_s = rest_s
        self._now: Command | None = None
        self._tries = 0
        self._must_send = False
        self._sent_s: float | None = None
        self._heard_s: float | None = None
        self._unanswered = 0
        self.is_wedged = False

    def then(self, commands: Sequence[Command]) -> None:
        """From now on `commands` are what is sent again and again."""
        self._then = tuple(commands)

    def ask(self, command: Command) -> None:
        """Send `command` once, before `then` has its turn again. Not for a stranger's bytes: nothing bounds it."""
        self._queue.append(command)

    def start_again(self) -> None:
        """Send `first` once more, unless commands wait already."""
        if not self._queue:
            self._queue.extend(self._first)

    def heard(self, code: int | None, at_s: float) -> None:
        """A sound frame came: `code` is the command it answers, None where more of its answer is to follow."""
        self._heard_s = at_s
        self._unanswered = 0
        if code is None:
            self._sent_s = at_s
        elif self._now is not None and self._now.answer in (None, code):
            self._now = None

    def tick(self, at_s: float) -> bool:
        """Time has come to `at_s`. True if the reader became wedged, or is no longer so."""
        if self._heard_s is None:
            self._heard_s = at_s
        if self._sent_s is None:
            self._sent_s = at_s
        if self._now is not None and not self._must_send and at_s - self._sent_s >= self._now.wait_s:
            self._unanswered += 1
            self._must_send = self._tries < TRIES_MAX
            self._now = self._now if self._must_send else None
        if self._now is None and not self._queue and at_s - self._heard_s >= self._rest_s:
            self._queue.extend(self._then)
        was_wedged, self.is_wedged = self.is_wedged, self._unanswered >= PATIENCE
        return was_wedged != self.is_wedged

    def take(self) -> bytes:
        """What is to be sent now."""
        if self._now is None and self._queue:
            self._now, self._tries, self._must_send = self._queue.popleft(), 0, True
        if self._now is None or not self._must_send:
            return b""
        self._tries += 1
        self._must_send, self._sent_s = False, None
        return self._now.data
