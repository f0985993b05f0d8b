"""`kitstore serve` whose clock shows the small force's morning: `python -m tests.faults.serve_at BEGAN_NS serve …`.

One rule for the editor: nothing but the clock differs from the command that a force runs. BEGAN_NS is the wall clock
(ns) at which it was the small force's NOW, so that a service started again goes on where the last one stopped.
"""

import sys
import time

from api import cli
from api.commands import serving
from tests import small_force as force


def main() -> None:
    """Run the command after the first argument."""
    began_ns = int(sys.argv.pop(1))
    serving.now_us = lambda: force.NOW + (time.time_ns() - began_ns) // 1000
    cli.main(prog_name="kitstore")


if __name__ == "__main__":
    main()
