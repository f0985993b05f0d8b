"""The roll: what the bridge can say of each of its devices now, and who must hear when that changes.

One rule for the editor: a change is told once, to everyone; asking is free.

A device that has left the configuration is off the roll, and what its station still says of it on its way out is not
noted.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from devices.readings import DeviceReported, DeviceWord, Garbled, Reading
from firmware_bridge.clock import SYSTEM

Listener = Callable[[DeviceReported], None]


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Of one device, in microseconds by this machine's clock: since when its word is what it is, and when it was last
    read (None: not since the start)."""

    since_us: int
    last_reading_us: int | None = None


@dataclass(slots=True)
class Roll:
    """The devices' words and counts, for several threads. Listeners are called on the thread that changed."""

    now_us: Callable[[], int] = SYSTEM.wall_us
    _now: dict[str, DeviceReported] = field(default_factory=dict, init=False)
    _times: dict[str, Times] = field(default_factory=dict, init=False)
    _listeners: list[Listener] = field(default_factory=list, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def listed(self, devices: Iterable[DeviceReported]) -> None:
        """The devices of this bridge, as they are before anything was opened."""
        with self._lock:
            self._now = {it.device: it for it in devices}
            self._times = {device: Times(since_us=self.now_us()) for device in self._now}

    def turned_into(self, devices: Iterable[DeviceReported]) -> None:
        """The devices of another configuration: one that was there already keeps its word and its counts."""
        with self._lock:
            self._now = {it.device: self._carried(it) for it in devices}
            self._times = {it: self._times.get(it) or Times(since_us=self.now_us()) for it in self._now}

    def tell(self, listener: Listener) -> None:
        """Add one that must hear of every change."""
        self._listeners.append(listener)

    def changed(self, device: str, word: DeviceWord, detail: str = "", firmware: str | None = None) -> None:
        """The device's word is now `word`; `detail` says why, and is cut to what the wire takes. `firmware` is
        what it said to be running, None where it said nothing: what was known of that stays."""
        with self._lock:
            was = self._now.get(device)
            if was is None:
                return
            now = msgspec.structs.replace(
                was, word=word, detail=_bounded(detail, 400), firmware=_bounded(firmware, 60) or was.firmware
            )
            self._now[device] = now
            self._timed(was, now)
        if (was.word, was.detail, was.firmware) != (now.word, now.detail, now.firmware):
            for listener in self._listeners:
                listener(now)

    def noted(self, device: str, word: DeviceWord) -> None:
        """The device's word is now `word`, which is for whoever asks and is told to nobody."""
        with self._lock:
            was = self._now.get(device)
            if was is not None:
                self._now[device] = msgspec.structs.replace(was, word=word)
                self._timed(was, self._now[device])

    def counted(self, device: str, readings: Iterable[Reading], repeated: int = 0) -> None:
        """Count what a device said since the bridge's start, and how much of it its decoder held back."""
        of = [isinstance(reading, Garbled) for reading in readings]
        with self._lock:
            was = self._now.get(device)
            if was is None:
                return
            self._now[device] = msgspec.structs.replace(
                was,
                good=was.good + of.count(False),
                garbled=was.garbled + of.count(True),
                repeated=was.repeated + repeated,
            )
            self._times[device] = msgspec.structs.replace(self._times[device], last_reading_us=self.now_us())

    def times(self) -> dict[str, Times]:
        """Of every device, since when it is as it is and when it was last read."""
        with self._lock:
            return dict(self._times)

    def _timed(self, was: DeviceReported, now: DeviceReported) -> None:
        if was.word != now.word:
            self._times[now.device] = msgspec.structs.replace(self._times[now.device], since_us=self.now_us())

    def _carried(self, it: DeviceReported) -> DeviceReported:
        was = self._now.get(it.device)
        if was is None:
            return it
        is_same = (was.driver, was.port) == (it.driver, it.port)
        firmware = was.firmware if is_same else None
        return msgspec.structs.replace(was, driver=it.driver, port=it.port, firmware=firmware)

    def word(self, device: str) -> DeviceWord:
        """The device's word now; STOPPED for one that is not on the roll."""
        was = self._now.get(device)
        return was.word if was else "STOPPED"

    def all(self) -> tuple[DeviceReported, ...]:
        """Every device, with its counts, in the order of the configuration."""
        with self._lock:
            return tuple(self._now.values())


def _bounded(text: str | None, most: int) -> str | None:
    """What a device or its driver said, as the wire takes it: one text that it cannot would silence every heartbeat."""
    return (text or "").replace("\0", "\N{SYMBOL FOR NULL}")[:most] or None
