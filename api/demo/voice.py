"""The demo's voice on the terminal.

One rule for the editor: nobody listening is no reason to stop: whoever reads only the first line closes the pipe,
and the demo goes on in silence.
"""

import os
import sys


def say(line: str = "") -> None:
    """Print a line at once."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
