"""Named points at which a test may have the service killed, as by a power cut. Harmless when unset.

One rule for the editor: a point does nothing but die. `KIT_FAULT_POINT=after_commit` kills the process (SIGKILL:
nothing is flushed, nobody is told) the first time it comes by that point; `after_commit:3` the third time. Only
commits that screens hear of are counted, so that the clock's own work does not take a test by surprise.
"""

import itertools
import os
import signal
from typing import Literal

Point = Literal[
    "before_commit",  # everything is written and sealed, and not committed
    "after_commit",  # committed, and nobody has been told
]

VARIABLE = "KIT_FAULT_POINT"

_name, _, _count = os.environ.get(VARIABLE, "").partition(":")
_left = itertools.count(int(_count) if _count.isdigit() else 1, -1)


def point(name: Point, *, counts: bool = True) -> None:
    """Die here if the environment says so, and this time `counts`."""
    if name == _name and counts and next(_left) <= 1:
        os.kill(os.getpid(), signal.SIGKILL)
