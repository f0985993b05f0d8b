"""What the bridge that runs on a spool folder says of itself, for whoever stands beside it (`doctor`, `state`).

One rule for the editor: only a file that is fresh, of a process that lives, is believed; all else is of yesterday.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from devices.wire import read
from firmware_bridge.bridge import State
from firmware_bridge.clock import US_PER_S, Clock

FRESH_S = 60
"""The bridge rewrites its state at every heartbeat; one that is older is of a bridge that hangs or has gone."""

_states = msgspec.json.Decoder(State)


def running_state(folder: Path, clock: Clock) -> State | None:
    """The state of the bridge that runs on this folder; None where none runs."""
    try:
        state = read(_states, (folder / "state.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    is_fresh = abs(clock.wall_us() - state.at_us) <= FRESH_S * US_PER_S
    return state if is_fresh and _is_alive(state.pid) else None


def lines_of(state: State, clock: Clock) -> Iterator[str]:
    """The state as a person reads it: the bridge, then a line for each device and one for why it is not well."""
    offset = "clock not compared yet" if state.service_offset_us is None else f"clock {_off(state.service_offset_us)}"
    yield f"bridge {state.bridge}  process {state.pid}  {state.spool_waiting} wait for the service  {offset}"
    now_us = clock.wall_us()
    for it in state.devices:
        times = state.times.get(it.device)
        since = f"for {_ago(now_us - times.since_us)}" if times else ""
        last_us = times.last_reading_us if times else None
        read = "not read" if last_us is None else f"last read {_ago(now_us - last_us)} ago"
        counts = f"{it.good} good  {it.garbled} garbled  {it.repeated} repeated"
        yield f"{it.device:24} {it.word:13} {since:12} {read:22} {counts}  {it.firmware or ''}".rstrip()
        if it.detail:
            yield f"{'':24} {it.detail}"


def _off(offset_us: int) -> str:
    return f"{-offset_us / US_PER_S:+.1f} s from the service's"


def _ago(us: int) -> str:
    """A length of time in the largest unit of which there are two."""
    seconds = max(0, us // US_PER_S)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's, and there
    return True
