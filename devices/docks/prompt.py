"""Devices with a command line on a serial port: lines, prompts, and one command at a time.

    us      id CR LF
    device  id CR LF  mfr:cambrionix,mode :main,... CR LF  >> SP         echo, answer, prompt
    us      03                                                           cancel what runs, give a prompt

One rule for the editor: nothing but a cancel is sent before the prompt has come. Some of these devices hang on
the second command until their power is cycled.
"""

import re
from collections import deque
from collections.abc import Mapping, Sequence

from devices.framing import GAP, NOISE, RESYNC, TOO_LONG, Piece

CANCEL = b"\x03"
PROMPT, BOOT_PROMPT = b">> ", b"boot>> "
LINE_BYTES_MAX = 512
GAP_S = 0.5
WAIT_S = 5.0
"""How long an answer may pause before its command is cancelled."""

DRAIN_S = 0.3
"""How long the line must be still after a cancel's prompt: an older prompt may come first."""

PATIENCE = 3
"""Cancels in a row without any answer, after which the device counts as wedged."""

ASKED_MAX = 16
"""Most commands that wait to be sent; the oldest that was asked goes."""

_MARKS = re.compile(rb"[\x00\x03\n\r]|(?:boot)?>> ")
_PART_OF_PROMPT_MAX = len(BOOT_PROMPT) - 1


class PromptFramer:
    """Lines ended by CR or LF, and prompts, which nothing ends. A prompt is a piece of its own."""

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._held = b""
        self._last_s = 0.0
        self._is_broken = False
        self._is_deaf = False

    def feed(self, data: bytes, at_s: float) -> list[Piece]:
        """Take bytes that arrived at `at_s`; return the pieces they complete."""
        pieces = self.idle(at_s)
        if data:
            self._last_s = at_s
        held, start = self._held + data, 0
        for mark in _MARKS.finditer(held):
            self._end(held[start : mark.start()], mark[0], pieces)
            start = mark.end()
        self._held = held[start:]
        if self._is_deaf:
            self._held = self._held[-_PART_OF_PROMPT_MAX:]
        elif len(self._held) > LINE_BYTES_MAX + _PART_OF_PROMPT_MAX:
            pieces.append(Piece(self._held[:LINE_BYTES_MAX], TOO_LONG))
            self._held, self._is_deaf = self._held[-_PART_OF_PROMPT_MAX:], True
        return pieces

    def idle(self, at_s: float) -> list[Piece]:
        """Nothing has come until `at_s`: give up a line that is older than the gap."""
        if not self._held or self._is_deaf or at_s - self._last_s < self._gap_s:
            return []
        pieces = [Piece(self._held, RESYNC if self._is_broken else GAP)]
        self._held, self._is_broken = b"", True
        return pieces

    def _end(self, line: bytes, mark: bytes, pieces: list[Piece]) -> None:
        is_prompt = mark.endswith(PROMPT)
        if line and not self._is_deaf:
            fault = RESYNC if self._is_broken else NOISE if is_prompt else ""
            fault = TOO_LONG if len(line) > LINE_BYTES_MAX else fault
            pieces.append(Piece(line[:LINE_BYTES_MAX], fault))
        if is_prompt:
            pieces.append(Piece(mark))
        self._is_broken = self._is_deaf = False


class PromptDialogue:
    """Sends `first` once, then each of `polls` (command: seconds between two) whenever it is due.

    A command whose answer stays out is not sent again but cancelled; a poll has its next turn anyway.
    """

    def __init__(self, first: Sequence[str], polls: Mapping[str, float]) -> None:
        self._first = tuple(first)
        self._polls = dict(polls)
        self._due_s = dict.fromkeys(polls, 0.0)
        self._queue = deque(first)
        self._asked: deque[str] = deque(maxlen=ASKED_MAX)
        self._must_cancel = True
        self._is_ready = False
        self._is_draining = True
        self._is_prompted = False
        self._heard_s: float | None = None
        self._hold_until_s = 0.0
        self._unanswered = 0
        self.is_wedged = False

    def ask(self, command: str) -> None:
        """Send `command` once, before the polls have their turn again."""
        self._asked.append(command)

    def start_again(self) -> None:
        """Send `first` once more."""
        self._queue = deque(self._first)

    def hold(self, until_s: float) -> None:
        """The device said that it restarts: leave it alone until then."""
        self._hold_until_s = until_s

    def heard(self, at_s: float, *, is_prompt: bool) -> None:
        """A line came, or the prompt that ends an answer."""
        self._heard_s = at_s
        self._unanswered = 0
        self._is_prompted = self._is_prompted or is_prompt
        self._is_ready = self._is_ready or (is_prompt and not self._is_draining)

    def tick(self, at_s: float) -> bool:
        """Time has come to `at_s`. True if the device became wedged, or is no longer so."""
        if self._heard_s is None:
            self._heard_s = at_s
        still_s = at_s - self._heard_s
        if self._is_draining and self._is_prompted and still_s >= DRAIN_S:
            self._is_draining, self._is_ready = False, True
        if not self._is_ready and still_s >= WAIT_S and at_s >= self._hold_until_s:
            self._must_cancel = self._is_draining = True
            self._is_prompted = False
            self._heard_s = at_s
            self._unanswered += 1
        if self._is_ready and not self._queue:
            self._poll(at_s)
        was_wedged, self.is_wedged = self.is_wedged, self._unanswered >= PATIENCE
        return was_wedged != self.is_wedged

    def take(self) -> bytes:
        """What is to be sent now."""
        if self._must_cancel:
            self._must_cancel = False
            return CANCEL
        if not self._is_ready or not (self._asked or self._queue):
            return b""
        self._is_ready = self._is_prompted = False
        self._heard_s = None
        command = self._asked.popleft() if self._asked else self._queue.popleft()
        return f"{command}\r\n".encode("ascii")

    def _poll(self, at_s: float) -> None:
        for command, every_s in self._polls.items():
            if at_s >= self._due_s[command]:
                self._due_s[command] = at_s + every_s
                self._queue.append(command)
