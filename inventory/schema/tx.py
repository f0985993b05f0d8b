"""What an act is given to write with: the open transaction, its time, and what must ride in the same commit.

One rule for the editor: acts never begin, commit or roll back, and never ask a clock; whoever opened the
transaction did, once. What screens should hear (`say`) and what the processing log must hold (`record`) are
collected here and written by the opener just before the seal, so they are true if and only if the act is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from inventory.schema.ids import Ids


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line for the DPA 2018 s.62 processing log.

    `operation` is a word of `words.LOG_OPERATIONS`; `subjects` the ids of the people whose data it touched;
    `outcome` OK, DENIED or FAILED.
    """

    operation: str
    route: str
    actor_kind: str
    actor_id: int | None
    subjects: tuple[int, ...]
    request_id: str
    outcome: str = "OK"
    query: str | None = None
    reason: str | None = None
    recipient: str | None = None


class ClockBehind(RuntimeError):
    """The transaction began before what it would follow: `by_us` microseconds. Begun again later, it may succeed."""

    def __init__(self, by_us: int) -> None:
        """`by_us`: how much later the transaction must begin."""
        super().__init__(f"the clock of this instance is {by_us} us behind what the ledger says already")
        self.by_us = by_us


@dataclass(slots=True)
class Tx:
    """One open write transaction. `id` is what its rows carry and what is sealed at its end."""

    conn: sa.Connection
    ids: Ids
    id: int
    now_us: int
    instance: int = 1
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)

    def say(self, topic: str, body: dict[str, Any]) -> None:
        """Tell screens that listen to `topic` ("place:3", "store:2"), after the commit."""
        self.said.append((topic, body))

    def record(self, lines: Sequence[LogLine]) -> None:
        """Put `lines` into the processing log in this commit."""
        self.lines.extend(lines)

    def follows(self, at_us: int) -> None:
        """Make sure that this transaction is not before `at_us`, which another instance may have written while this
        one waited for it. Raises ClockBehind."""
        if self.now_us < at_us:
            raise ClockBehind(at_us - self.now_us)

    def mark(self) -> tuple[int, int]:
        """Where `said` and `lines` stand, to go back to when one act of the batch fails."""
        return len(self.said), len(self.lines)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forget what was said and recorded since `mark`."""
        del self.said[mark[0] :]
        del self.lines[mark[1] :]
