"""Named points at which a test may have this process killed, as by a power cut. Harmless when unset.

One rule for the editor: a point does nothing but die. `KIT_FAULT_POINT=after_journal` kills the process
(SIGKILL: no handler, no flush) the first time it comes by that point; `after_journal:3` the third time.
"""

import itertools
import os
import signal
from typing import Literal

Point = Literal[
    "before_journal",  # a scan is read, and nowhere but in memory
    "after_journal",  # it is on disk, and not yet offered to delivery
    "before_post",  # of a delivery of scans, late ones included
    "after_answer",  # the service has answered it; nothing is journalled or lit yet
    "after_spool",  # an observation is committed
    "before_post_obs",
    "after_answer_obs",
    "after_book",  # of the relay: what became of a film is in the book, and its answer has not gone back
]

VARIABLE = "KIT_FAULT_POINT"

_name, _, _count = os.environ.get(VARIABLE, "").partition(":")
_left = itertools.count(
    int(_count) if _count.isdigit() else 1, -1
)  # counts in one step: threads may share it


def point(name: Point) -> None:
    """Die here if the environment says so."""
    if name == _name and next(_left) <= 1:
        os.kill(os.getpid(), signal.SIGKILL)
