"""A leash for the processes that tests start: when the tests are killed, the kernel kills them too.

One rule for the editor: it costs nothing where the machine cannot do it.
"""

import functools
import signal
import subprocess


@functools.cache
def leash(end: signal.Signals = signal.SIGKILL) -> tuple[str, ...]:
    """What to put before a command, so that it gets `end` when the thread that starts it is gone."""
    words = ("setpriv", "--pdeathsig", end.name.removeprefix("SIG"))
    try:
        works = subprocess.run([*words, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return ()
    return words if works else ()
