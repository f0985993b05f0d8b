"""The watcher: brings a station back whenever its device does, and says so once.

One rule for the editor: this is one of the two places in the whole product that catch every exception
(tests/house names them). It stands here so that a fault in one driver can never end another's station.

Waits double up to `reopen_cap_s` and begin again only after a session of `stable_s`: a flapping cable opens
well and dies at once. What is said, and told to the service, of one outage:

    lost       once; again only if the reason becomes another one (unplugged, then held by another program)
    back       once, when it opens again
    unsteady   once, when it is lost again before `stable_s`; then nothing until it has stayed that long
"""

import logging
import threading
from dataclasses import dataclass, field, replace

from devices.errors import DeviceError, NotConfigured, NotOpened, Wedged
from devices.readings import DeviceWord
from firmware_bridge.backoff import Backoff
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.settings import Timing
from firmware_bridge.station import Desk, Station

SHORT_MAX = 2
"""Sessions in a row that do not last, after which a station counts as unsteady."""

log = logging.getLogger("firmware_bridge")

_WORDS: tuple[tuple[type[Exception], DeviceWord], ...] = (
    (Wedged, "WEDGED"),
    (NotConfigured, "MISCONFIGURED"),
    (KeepingRefused, "STOPPED"),
    (DeviceError, "MISSING"),
)
"""What to report of a session's end, the first that fits; a fault of our own is STOPPED."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a session ended: the word to report, and why."""

    word: DeviceWord
    why: str


@dataclass(slots=True)
class Watcher:
    """One station, for ever. `run` is its thread."""

    station: Station
    desk: Desk
    timing: Timing
    _opened_s: float | None = field(default=None, init=False)
    _told: set[DeviceWord] = field(default_factory=set, init=False)
    _short: int = field(default=0, init=False)  # sessions in a row that opened and did not last
    _unsteady: bool = field(default=False, init=False)
    _backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self._backoff = Backoff(0.0, 0.0)
        self.timed(self.timing)

    def timed(self, timing: Timing) -> None:
        """From now on wait as long as `timing` says."""
        self.timing = timing
        self._backoff.lengths(timing.reopen_first_s, timing.reopen_cap_s, timing.stable_s)

    def run(self, stop: threading.Event) -> None:
        """Keep the station going until `stop`."""
        desk = replace(self.desk, alive=self._alive)
        while not stop.is_set():
            self._opened_s = None
            ended = self._session(desk, stop)
            if ended is None or stop.is_set():
                return
            good_for_s = self._good_for_s()
            self._say_ended(ended, good_for_s)
            stop.wait(self._backoff.next_s(good_for_s))

    def _session(self, desk: Desk, stop: threading.Event) -> Ended | None:
        """One session; None if it was stopped."""
        try:
            self.station.run(desk, stop, self._opened)
        except Exception as error:  # around one station: see the rule above
            return self._ended(error)
        return None

    def _ended(self, error: Exception) -> Ended:
        if isinstance(error, NotOpened):
            return Ended(_device_word(error.word), str(error))
        for kind, word in _WORDS:
            if isinstance(error, kind):
                return Ended(word, str(error))
        if "STOPPED" not in self._told:
            log.error("%s: a fault in the bridge itself", self.station.device, exc_info=error)
        return Ended("STOPPED", f"a fault in the bridge: {type(error).__name__}: {error}")

    def _opened(self) -> None:
        self._opened_s = self.desk.clock.mono_s()
        if self._unsteady:
            self.desk.roll.noted(self.station.device, "OPEN")
        else:
            self._say_open()

    def _alive(self) -> None:
        """Called at every turn of the station: after `stable_s` an unsteady one is believed again."""
        if self._unsteady and self._good_for_s() >= self.timing.stable_s:
            self._unsteady = False
            self._say_open()

    def _say_open(self) -> None:
        log.warning("%s: %s", self.station.device, "back" if self._told else "open")
        self._told.clear()
        self.desk.roll.changed(self.station.device, "OPEN")

    def _say_ended(self, ended: Ended, good_for_s: float) -> None:
        device, roll = self.station.device, self.desk.roll
        if self._opened_s is not None:
            self._short = self._short + 1 if good_for_s < self.timing.stable_s else 0
        if self._unsteady or ended.word in self._told:
            roll.noted(device, ended.word)
            return
        self._told.add(ended.word)
        self._unsteady = self._short >= SHORT_MAX
        quiet = f"; unsteady, so no more is said until it stays {self.timing.stable_s:g} s"
        log.warning("%s: lost: %s%s", device, ended.why, quiet if self._unsteady else "")
        roll.changed(device, ended.word, ended.why)

    def _good_for_s(self) -> float:
        return 0.0 if self._opened_s is None else self.desk.clock.mono_s() - self._opened_s


def _device_word(word: str) -> DeviceWord:
    return "DENIED" if word == "DENIED" else "BUSY" if word == "BUSY" else "MISSING"
