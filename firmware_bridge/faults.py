"""Named points at which a test may have this process killed, as by a power cut. Harmless when unset.

One rule for the editor: a point does nothing but die. `KIT_FAULT_POINT=after_journal` kills the process
(SIGKILL: no handler, no flush) the first time it comes by that point; `after_journal:3` the third time.
"""

import itertools
import os
import signal
from typing import Literal

Point = Literal["before_journal", "after_journal", "before_post", "after_answer", "after_spool"]

VARIABLE = "KIT_FAULT_POINT"

_name, _, _count = os.environ.get(VARIABLE, "").partition(":")
_left = itertools.count(
    int(_count) if _count.isdigit() else 1, -1
)  # counts in one step: threads may share it


def point(name: Point) -> None:
    """Die here if the environment says so."""
    if name == _name and next(_left) <= 1:
        os.kill(os.getpid(), signal.SIGKILL)
