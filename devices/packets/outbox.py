"""Commands to a scanner that acknowledges each: one under way at a time, sent a second time and no more.

One rule for the editor: no clock of its own, and bounded. A light that waits behind eight others is for nobody.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from devices.dialogue import Turn

ANSWER_S = 2.0
"""How long an answer is waited for: the usual time-out of these scanners, in both directions."""

WAITING_MAX = 8
SENDS_MAX = 2


class Command(NamedTuple):
    """A command by its opcode and data."""

    opcode: int
    data: bytes = b""


class Outbox:
    """Holds commands until each is answered, refused or given up. `pack` makes a command's bytes, and is told
    whether it was sent before."""

    def __init__(self, pack: Callable[[Command, bool], bytes]) -> None:
        self._pack = pack
        self._waiting: deque[Command] = deque(maxlen=WAITING_MAX)
        self._turn: Turn[Command] = Turn(SENDS_MAX)

    @property
    def now(self) -> Command | None:
        """The command that is under way."""
        return self._turn.command

    def put(self, command: Command) -> None:
        """Send `command` when those before it are done with. Of too many the oldest is left out."""
        self._waiting.append(command)

    def done(self) -> None:
        """The command under way was answered, or refused for good."""
        self._turn.end()

    def again(self) -> bool:
        """The command under way did not arrive: send it again. False if it has had its turns, and is left."""
        return self._turn.again()

    def tick(self, at_s: float) -> Command | None:
        """Time has come to `at_s`. The command that is given up because nothing answered it, if there is one."""
        if not self._turn.is_late(at_s, ANSWER_S):
            return None
        late = self._turn.command
        return None if self._turn.again() else late

    def take(self) -> bytes:
        """What is to be sent now."""
        if self._turn.command is None and self._waiting:
            self._turn.begin(self._waiting.popleft())
        command = self._turn.take()
        return self._pack(command, self._turn.tries > 1) if command else b""
