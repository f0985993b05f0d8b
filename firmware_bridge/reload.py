"""The configuration while the bridge runs: a changed file is judged, and taken over whole or not at all.

One rule for the editor: a wrong file changes nothing. It is refused with every line that is wrong, said once, and
what was in force goes on.

The file is read every LOOK_S and judged when two looks in a row found the same in it, so that one that an editor is
still writing is no configuration; SIGHUP has it judged at once.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from devices.driver import Driver
from devices.readings import DeviceWord
from firmware_bridge.crew import Change
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.notify import Systemd
from firmware_bridge.settings import Settings, read_file, settings_in

LOOK_S = 2.0

FIXED = ("bridge", "service", "key_file", "spool_dir", "ca_file", "allow_plain_http", "observations", "broker")
"""What a running bridge cannot change: who it is, whom it talks to and how, and where it keeps things."""

TAKEN_OVER = ("station", "light", "timing", "limits", "only_commissioned")
"""What it becomes while it runs (`firmware_bridge.bridge.Bridge.turn_into`)."""

log = logging.getLogger("firmware_bridge")

Apply = Callable[[Settings], Change]
Say = Callable[[DeviceWord, str], None]


@dataclass(slots=True)
class Configuration:
    """The file at `path`, watched. `in_force` is what the bridge runs by; `apply` makes it run by another, or raises
    SettingsWrong and changes nothing; `say` is told how the file stands, `unit` when a reload begins and ends."""

    path: Path
    drivers: Mapping[str, Driver]
    in_force: Settings
    apply: Apply
    say: Say
    unit: Systemd
    _before: bytes | str | None = field(default=None, init=False)
    _judged: bytes | str | None = field(default=None, init=False)
    _asked: threading.Event = field(default_factory=threading.Event, init=False)

    def ask(self) -> None:
        """Have the file judged now, whether it changed or not."""
        self._asked.set()

    def run(self, stop: threading.Event) -> None:
        """Watch the file until `stop`; whoever sets that asks too, so that this ends at once."""
        while not stop.is_set():
            self.look(at_once=self._asked.is_set())
            self._asked.clear()
            self._asked.wait(LOOK_S)

    def look(self, *, at_once: bool = False) -> None:
        """Read the file, and judge it if it is another one and has settled, or `at_once`."""
        data = _content(self.path)
        has_settled, self._before = data == self._before, data
        if at_once or (has_settled and data != self._judged):
            self._judged = data
            self.unit.say(RELOADING=1)
            self._judge(data)
            self.unit.say(READY=1)

    def _judge(self, data: bytes | str) -> None:
        try:
            if isinstance(data, str):
                raise SettingsWrong([data])
            self._take(settings_in(data, self.path, self.drivers))
        except SettingsWrong as why:
            log.error("configuration refused; the one of before goes on:\n%s", why)
            more = f" (and {len(why.problems) - 1} more)" if len(why.problems) > 1 else ""
            self.say("MISCONFIGURED", "refused: " + why.problems[0].replace(str(self.path), self.path.name) + more)

    def _take(self, wanted: Settings) -> None:
        waiting = [name for name in FIXED if getattr(wanted, name) != getattr(self.in_force, name)]
        can_be = self._what_can_be(wanted)
        if can_be != self.in_force:
            log.warning("configuration taken over: %s", self.apply(can_be))
            self.in_force = can_be
        if not waiting:
            self.say("OPEN", "")
            return
        words = f"in force but for {', '.join(f'`{name}`' for name in waiting)}: restart the bridge for that"
        log.warning("configuration %s", words)
        self.say("MISCONFIGURED", words)

    def _what_can_be(self, wanted: Settings) -> Settings:
        """`wanted` with what cannot change left as it is. A station that needs a broker there is not yet waits too."""
        fixed = {name: getattr(self.in_force, name) for name in FIXED}
        stations = wanted.station
        if self.in_force.broker is None:
            stations = tuple(it for it in stations if self.drivers[it.driver].transport != "mqtt")
        return msgspec.structs.replace(wanted, station=stations, **fixed)


def _content(path: Path) -> bytes | str:
    """What is in the file, or why it cannot be read."""
    try:
        return read_file(path)
    except SettingsWrong as why:
        return str(why)
