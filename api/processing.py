"""The processing log (DPA 2018 s.62) as the service keeps it: what a route declares, and how its line is written.

One rule for the editor: every route carries one of the declarations below in `opt`, and no answer of a route
that touches personal data leaves before its line is committed (`api.front` sees to both).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inventory.schema.tx import LogLine, Tx


@dataclass(frozen=True, slots=True)
class Log:
    """What a route does with personal data: a word of `words.LOG_OPERATIONS`, and to whom it discloses."""

    operation: str
    recipient: str | None = None


COLLECTS: dict[str, Any] = {"log": Log("COLLECTION")}
ALTERS: dict[str, Any] = {"log": Log("ALTERATION")}
CONSULTS: dict[str, Any] = {"log": Log("CONSULTATION")}
DISCLOSES: dict[str, Any] = {"log": Log("DISCLOSURE")}
COMBINES: dict[str, Any] = {"log": Log("COMBINATION")}
ERASES: dict[str, Any] = {"log": Log("ERASURE")}
NOTHING_PERSONAL: dict[str, Any] = {"log": Log("NONE")}

UNDECLARED = Log("NONE")
"""Routes that the framework makes by itself (OPTIONS): they answer with a list of methods and nothing else."""


class Lines:
    """Log lines that come with no other write: many a commit. A kind of command, see `api.batches.Kind`."""

    def run(self, tx: Tx, payloads: Sequence[LogLine]) -> Sequence[None]:
        """Put every line into the commit."""
        tx.record(payloads)
        return [None] * len(payloads)


LINES = Lines()


def system_line(route: str, operation: str, subjects: Sequence[int] = (), reason: str | None = None) -> LogLine:
    """A line for what the service does by itself; `route` names the part of it ("clock/idle-visits")."""
    return LogLine(operation, route, "SYSTEM", None, tuple(subjects), f"system:{route}", reason=reason)
