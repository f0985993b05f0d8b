"""The commands that a reader must be sent, one at a time: the next one goes when the last is answered.

One rule for the editor: no clock of its own, nothing unbounded, and never two commands under way: most of these
readers lose the second. A reader that answers nothing is asked again at a steady pace, and said to be wedged once.
"""

from collections import deque
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

TRIES_MAX = 3
"""How often one command is sent before the next one has its turn: old firmware does not know them all."""

PATIENCE = 5
"""Commands in a row without any answer, after which the reader counts as wedged."""


class Command(NamedTuple):
    """Bytes to send, and the code of the frame that answers them; None where any frame does."""

    data: bytes
    answer: int | None = None
    wait_s: float = 1.0


C = TypeVar("C")


class Turn(Generic[C]):
    """The one command that is under way: sent, waited for, and sent again up to `tries_max` times in all."""

    def __init__(self, tries_max: int) -> None:
        self._tries_max = tries_max
        self._is_due = False
        self._sent_s: float | None = None
        self.command: C | None = None
        self.tries = 0

    def begin(self, command: C) -> None:
        """Send `command` next."""
        self.command, self.tries, self._is_due = command, 0, True

    def end(self) -> None:
        """It was answered, or is given up."""
        self.command = None

    def again(self) -> bool:
        """Send it once more. False if it has had its tries, and is over."""
        self._is_due = self.command is not None and self.tries < self._tries_max
        if not self._is_due:
            self.command = None
        return self._is_due

    def is_late(self, at_s: float, wait_s: float) -> bool:
        """Whether it was sent and not answered for `wait_s`. That counts from the first time this is asked of it."""
        if self._sent_s is None:
            self._sent_s = at_s
        return self.command is not None and not self._is_due and at_s - self._sent_s >= wait_s

    def goes_on(self, at_s: float) -> None:
        """A part of its answer came at `at_s`: the wait begins anew."""
        self._sent_s = at_s

    def take(self) -> C | None:
        """The command, if it is to be sent now."""
        if self.command is None or not self._is_due:
            return None
        self.tries += 1
        self._is_due, self._sent_s = False, None
        return self.command


class Dialogue:
    """Sends `first` once, and `then` whenever all is answered and the reader was still for `rest_s` seconds."""

    def __init__(
        self, first: Sequence[Command] = (), then: Sequence[Command] = (), rest_s: float = 0.0
    ) -> None:
        self._first = tuple(first)
        self._queue = deque(first)
        self._then = tuple(then)
        self._rest_s = rest_s
        self._turn: Turn[Command] = Turn(TRIES_MAX)
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
        now = self._turn.command
        if code is None:
            self._turn.goes_on(at_s)
        elif now is not None and now.answer in (None, code):
            self._turn.end()

    def tick(self, at_s: float) -> bool:
        """Time has come to `at_s`. True if the reader became wedged, or is no longer so."""
        if self._heard_s is None:
            self._heard_s = at_s
        now = self._turn.command
        if self._turn.is_late(at_s, now.wait_s if now else 0.0):
            self._unanswered += 1
            self._turn.again()
        if self._turn.command is None and not self._queue and at_s - self._heard_s >= self._rest_s:
            self._queue.extend(self._then)
        was_wedged, self.is_wedged = self.is_wedged, self._unanswered >= PATIENCE
        return was_wedged != self.is_wedged

    def take(self) -> bytes:
        """What is to be sent now."""
        if self._turn.command is None and self._queue:
            self._turn.begin(self._queue.popleft())
        command = self._turn.take()
        return command.data if command else b""
