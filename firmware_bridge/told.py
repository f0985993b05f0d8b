"""Saying a thing once when it breaks and once when it mends, whatever happens in between.

One rule for the editor: a log that repeats itself hides the line that matters.
"""

import logging
import threading
from dataclasses import dataclass, field

log = logging.getLogger("firmware_bridge")


@dataclass(slots=True)
class Told:
    """What has been said of one thing that can be lost: the service, a disk, a lamp."""

    name: str
    _lost: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def lost(self, why: object) -> None:
        """Say that it is lost, if that has not been said since it was last good."""
        with self._lock:
            if not self._lost:
                self._lost = True
                log.warning("%s: lost: %s", self.name, why)

    def good(self) -> None:
        """Say that it is back, if it was said to be lost."""
        with self._lock:
            if self._lost:
                self._lost = False
                log.warning("%s: back", self.name)
