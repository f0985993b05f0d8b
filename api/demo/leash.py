"""Ties a child process to the demo: when the demo dies, even by kill -9, the kernel ends the child too.

One rule for the editor: what `leash` returns runs between fork and exec, so it may only call what it was given.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal this process gets when its parent dies."""


def leash() -> Callable[[], None]:
    """What a child of this process runs before it becomes its program (`Popen(preexec_fn=...)`).

    Where the kernel is not Linux the child is only started in a session of its own, and a kill -9 of the demo
    leaves it behind.
    """
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def tie() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
            if os.getppid() != parent:  # it died before we were tied
                os._exit(1)

    return tie
