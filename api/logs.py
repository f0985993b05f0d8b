"""What the service writes to its own log: one JSON object a line, on standard error.

One rule for the editor: no request body, no cookie, no local variable and no statement's parameters ever get in.
This is the operations log; who saw whose data stands in the processing log, and who holds what in the ledger.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

_log = logging.getLogger("kitstore")


class JsonLine(logging.Formatter):
    """A record as one line: what happened, its level and time, what was said with it, and a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "event": record.getMessage(),
            **getattr(record, "said", {}),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure() -> None:
    """Send the log of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    _log.handlers[:] = [handler]
    _log.propagate = False
    _log.setLevel(logging.INFO)


def warning(event: str, **said: object) -> None:
    """Something that passes, or that somebody should look at."""
    _log.warning(event, extra={"said": said})


def error(event: str, raised: BaseException | None = None, **said: object) -> None:
    """Something that is our fault; what was `raised` is told with its traceback."""
    _log.error(event, exc_info=raised, extra={"said": said})
