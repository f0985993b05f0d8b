"""What the service writes to its own log: one JSON object a line, on standard error.

One rule for the editor: no request body, no cookie, no local variable and no statement's parameters ever get in.
This is the operations log; who saw whose data stands in the processing log, and who holds what in the ledger.
"""

import sys

import structlog


def configure() -> None:
    """Set up the log of this process. Without it, structlog's own default would print local variables."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
