"""A capture played back as if the device were there: for demonstrations, tests and reported faults.

One rule for the editor: it keeps the pace of the capture by the clock it is given, and ends with `Gone`,
as hardware does.
"""

from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from devices.driver import Packet
from devices.errors import Gone, NotOpened
from devices.transports.port import Arrival
from devices.transports.script import Step, read_script


class ReplayPort:
    """A script played at its own pace. It satisfies `devices.transports.port.Port`.

    `now_s` is a monotonic clock in seconds and `wait` sleeps so many seconds.
    """

    def __init__(
        self, steps: Iterable[Step], now_s: Callable[[], float], wait: Callable[[float], object], name: str
    ) -> None:
        self._left = deque(steps)
        self._now_s = now_s
        self._wait = wait
        self._began_s = now_s()
        self._name = name
        self.written: list[bytes] = []

    def read(self, timeout_s: float) -> list[Arrival]:
        """What is due; raises Gone after the last step, and at an "unplug"."""
        if not self._left:
            raise Gone(f"{self._name}: the capture is at its end")
        due_in_s = self._left[0].at_s - (self._now_s() - self._began_s)
        if due_in_s > timeout_s:
            self._wait(timeout_s)
            return []
        if due_in_s > 0:
            self._wait(due_in_s)
        step = self._left.popleft()
        if step.act == "unplug":
            raise Gone(f"{self._name}: unplugged in the capture at {step.at_s} s")
        return [Packet(step.topic, step.data(), step.retain) if step.topic else step.data()]

    def kept(self) -> None:
        """Nothing to do."""

    def write(self, data: bytes) -> None:
        """Remembered in `written`; a capture does not answer."""
        self.written.append(data)

    def close(self) -> None:
        """Nothing to let go."""


def open_replay(
    path: Path, device: str, now_s: Callable[[], float], wait: Callable[[float], object]
) -> ReplayPort:
    """The steps of `device` in the script at `path`. Raises NotConfigured, or NotOpened if there are none."""
    steps = [it for it in read_script(path) if it.device == device and it.act != "plug" and it.is_sent()]
    if not steps:
        raise NotOpened(f"{path}: the capture holds nothing of device {device!r}")
    return ReplayPort(steps, now_s, wait, str(path))
