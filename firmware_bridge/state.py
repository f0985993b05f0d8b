"""What the bridge that runs on a spool folder says of itself, for whoever stands beside it (`doctor`).

One rule for the editor: only a file that is fresh, of a process that lives, is believed; all else is of yesterday.
"""

import os
from pathlib import Path

import msgspec

from firmware_bridge.bridge import State
from firmware_bridge.clock import US_PER_S, Clock

FRESH_S = 60
"""The bridge rewrites its state at every heartbeat; one that is older is of a bridge that hangs or has gone."""


def running_state(folder: Path, clock: Clock) -> State | None:
    """The state of the bridge that runs on this folder; None where none runs."""
    try:
        state = msgspec.json.decode((folder / "state.json").read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return None
    is_fresh = abs(clock.wall_us() - state.at_us) <= FRESH_S * US_PER_S
    return state if is_fresh and _is_alive(state.pid) else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's, and there
    return True
