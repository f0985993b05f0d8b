"""The whole bridge on one page: what it is made of, how it starts, turns into another configuration, and stops.

One rule for the editor: nothing is made anywhere else, and every thread is one of `firmware_bridge.threads`.

    stations -> intake -> journal -> live scans ------> service -> answers -> lights
                      \\-> spool   -> patient delivery -> service
    roll (the devices' words) -> spool, MQTT, state.json, heartbeat
    questions -> service -> acts of bays -> stations, docks on MQTT -> what became of them -> spool
    configuration -> crew (the stations), lights, waits, limits
"""

import fcntl
import logging
import os
import threading
import uuid
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import msgspec

from devices.driver import Driver
from devices.readings import BayAnswered, DeviceReported, DeviceWord
from devices.transports.mqtt import Message
from firmware_bridge.answers import Answers
from firmware_bridge.bays import BayActs, BayQuestions, Place
from firmware_bridge.by_mqtt import ByMqtt
from firmware_bridge.certificates import Watched
from firmware_bridge.clock import SYSTEM, Clock
from firmware_bridge.crew import Change, Crew
from firmware_bridge.delivery import Delivery
from firmware_bridge.errors import AlreadyRunning, KeepingRefused
from firmware_bridge.feedback import Lights
from firmware_bridge.heartbeat import Pulse
from firmware_bridge.intake import Intake, Shelf
from firmware_bridge.journal import DAY_S, Journal, JournalLimits
from firmware_bridge.line import Line, Service, read_key
from firmware_bridge.notify import Systemd
from firmware_bridge.presence import Presence, Self
from firmware_bridge.reload import Configuration
from firmware_bridge.roll import Roll, Times
from firmware_bridge.scans import LiveScans, Wire
from firmware_bridge.settings import CONFIGURATION, Limits, Settings
from firmware_bridge.spool import Spool
from firmware_bridge.station import Desk
from firmware_bridge.stations import broker_of, lamps_of, placed_of, roll_of, wanted_of
from firmware_bridge.threads import Threads, Work, still_running

STOP_S = 1.5
"""Longest wait for the threads at a stop; what is not done by then is on disk."""

MEGABYTE = 1 << 20

NO_UNIT = Systemd()

log = logging.getLogger("firmware_bridge")


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The file state.json in the spool folder: what the bridge knows of itself, for people and scripts."""

    bridge: str
    boot: str
    pid: int
    at_us: int
    service_offset_us: int | None
    spool_waiting: int
    certificate_ends_us: int | None
    devices: tuple[DeviceReported, ...]
    times: dict[str, Times] = {}


def software() -> str:
    """This bridge's name and version, as told to the service and the broker."""
    try:
        return f"kit-bridge {metadata.version('kitstore')}"
    except metadata.PackageNotFoundError:
        return "kit-bridge (not installed)"


class Bridge:
    """One bridge process. Raises AlreadyRunning, SettingsWrong or KeepingRefused when made.

    `path` is the file that `settings` came from: it is watched, and the bridge turns into what it says. Without one
    nothing changes while it runs. `unit` is told how the bridge is.
    """

    def __init__(
        self,
        settings: Settings,
        drivers: Mapping[str, Driver],
        clock: Clock = SYSTEM,
        path: Path | None = None,
        unit: Systemd = NO_UNIT,
    ) -> None:
        self._settings = settings
        self._drivers = drivers
        self._clock = clock
        self._path = path
        self._unit = unit
        self._folder = Path(settings.spool_dir)
        self._lock = _only_one(self._folder)
        self.boot = uuid.uuid4().hex
        self._wanted = wanted_of(settings, drivers)
        self._placed = placed_of(settings, clock, self._say, {})
        self._roll = Roll(clock.wall_us)
        self._roll.listed([*roll_of(settings), *self._of_the_file()])
        self._presence = self._make_presence()
        self._make_shelf()
        self._make_deliveries()
        self._configuration = path and Configuration(path, drivers, settings, self.turn_into, self._say_file, unit)

    def run(self, stop: threading.Event) -> bool:
        """Work until `stop`, then end every thread. False if a fault of our own ended it."""
        self._write_state()  # before any port opens, so that no state of an earlier boot is read as ours
        threads = Threads(stop)
        self._crew = Crew(self._desk, threads, self._settings.timing)
        if self._presence is not None:
            self._presence.start([it.device for it in self._settings.station])
        for name, work in self._work():
            threads.start(name, work)
        self._crew.engage(self._wanted)
        log.warning("bridge %s: running, boot %s", self._settings.bridge, self.boot)
        self._unit.say(READY=1, STATUS=self._in_a_line())
        while not stop.wait(self._unit.watchdog_s and self._unit.watchdog_s / 3):
            if threads.are_alive():
                self._unit.say(WATCHDOG=1, STATUS=self._in_a_line())
        self._unit.say(STOPPING=1)
        self._end(threads)
        log.warning("bridge %s: stopped", self._settings.bridge)
        return not threads.died

    def reload(self) -> None:
        """Have the configuration file judged now."""
        if self._configuration:
            self._configuration.ask()

    def turn_into(self, settings: Settings) -> Change:
        """Run by `settings` from now on; the stations, lamps and readings that are in both go on. Raises SettingsWrong,
        and nothing has changed."""
        wanted = self._crew.kept(wanted_of(settings, self._drivers))
        self._placed = placed_of(settings, self._clock, self._say, self._placed)
        change = self._crew.dismiss(wanted)
        for name in change.stopped:
            self._roll.changed(name, "STOPPED", "no longer in the configuration")
        self._settings, self._wanted = settings, wanted
        self._roll.turned_into([*roll_of(settings), *self._of_the_file()])
        self._lights.turn_into(lamps_of(settings, self._placed, [it.station for it in wanted]))
        for each in (self._live, self._delivery, self._pulse, self._crew):
            each.timed(settings.timing)
        self._bay_acts.turn_into([it.station for it in wanted], _bays_at(settings))
        self._journal.limited(_journal_limits(settings.limits))
        self._spool.limited(settings.limits.spool_max_mb * MEGABYTE, settings.limits.keep_days * DAY_S)
        if self._presence is not None:
            self._presence.listed([it.device for it in settings.station])
        self._crew.engage(wanted)
        return change

    def _of_the_file(self) -> list[DeviceReported]:
        if self._path is None:
            return []
        return [DeviceReported(device=CONFIGURATION, word="OPEN", port=str(self._path)[-200:])]

    def _say_file(self, word: DeviceWord, detail: str) -> None:
        self._roll.changed(CONFIGURATION, word, detail)

    def _in_a_line(self) -> str:
        """One line for `systemctl status`. Asking for it takes the locks of roll and spool: where a thread of ours
        hangs with one of them, this hangs too, and systemd is not told that we live."""
        words = [it.word for it in self._roll.all()]
        try:
            waiting = f"{self._spool.waiting().count} observations wait for the service"
        except KeepingRefused as why:
            waiting = str(why)
        return f"{words.count('OPEN')} of {len(words)} well; {waiting}"

    def _make_presence(self) -> Presence | None:
        broker = broker_of(self._settings)
        me = Self(self._settings.bridge, self.boot, software())
        return Presence(me, self._clock, broker) if broker else None

    def _make_shelf(self) -> None:
        limits = self._settings.limits
        self._journal = Journal(self._folder / "journal", _journal_limits(limits), self._clock.wall_us())
        self._spool = Spool(
            self._folder / "spool.sqlite", limits.spool_max_mb * MEGABYTE, limits.keep_days * DAY_S
        )

    def _make_deliveries(self) -> None:
        settings, clock = self._settings, self._clock
        service = Service(
            settings.service, lambda: read_key(Path(settings.key_file)), settings.ca_file, software()
        )
        self._lines = [Line(service) for _ in range(4)]
        wires = [Wire(line, self.boot, clock, settings.timing) for line in self._lines]
        self._lights = Lights(lamps_of(settings, self._placed, [it.station for it in self._wanted]), clock)
        answers = Answers(self._journal, self._lights, clock)
        self._by_mqtt = self._make_by_mqtt(wires[0])
        courier = self._by_mqtt.send if self._by_mqtt else None
        self._delivery = Delivery(wires[0], self._spool, answers, courier)
        self._live = LiveScans(wires[1], answers, self._delivery.too_late)
        self._certificates = Watched(settings)
        self._pulse = Pulse(wires[2], self._roll, self._spool, self._delivery, software(), self._write_state,
                            self._certificates.first_end_us)  # fmt: skip
        self._intake = Intake(self.boot, Shelf(self._journal, self._spool), clock, self._live, answers)
        self._intake.when_observed(self._delivery.wake)
        self._make_bays(wires[3])
        for listener in (self._intake.device_changed, self._device_changed):
            self._roll.tell(listener)
        self._desk = Desk(self._intake, self._roll, clock, alive=lambda: None)
        self._hand_over_old_scans()

    def _make_bays(self, wire: Wire) -> None:
        say = self._presence.say if self._presence else None
        place = Place(self._settings.bridge, self._clock, say, self._bay_answered)
        self._bay_acts = BayActs(place, [it.station for it in self._wanted], _bays_at(self._settings))
        self._bay_questions = BayQuestions(wire, self._bay_acts)
        if self._presence is not None:
            self._presence.docks_heard = self._bay_acts.heard

    def _bay_answered(self, device: str, answer: BayAnswered) -> None:
        self._intake.take(device, "obs", [answer], self._intake.seen_now())

    def _make_by_mqtt(self, wire: Wire) -> ByMqtt | None:
        broker = broker_of(self._settings)
        if broker is None or self._settings.observations != "mqtt":
            return None
        return ByMqtt(broker, self._settings.bridge, wire)

    def _hand_over_old_scans(self) -> None:
        """Scans of an earlier boot that never got an answer are reported once as late."""
        old = self._journal.unanswered()
        for boot, sent in old:
            self._delivery.too_late(boot, sent)
        if old:
            log.warning("%s scans of earlier boots have no answer; they are reported as late", len(old))
        if self._journal.unread:
            log.warning("%s lines of the scan journal cannot be read", self._journal.unread)

    def _work(self) -> Sequence[tuple[str, Work]]:
        watched = [("configuration", self._configuration.run)] if self._configuration else []
        return [
            ("lights", self._lights.run),
            ("scans", self._live.run),
            ("observations", self._delivery.run),
            ("heartbeat", self._pulse.run),
            ("questions for bays", self._bay_questions.run),
            ("bays", self._bay_acts.run),
            *watched,
        ]

    def _end(self, threads: Threads) -> None:
        farewell = threading.Thread(target=self._say_goodbye, name="goodbye", daemon=True)
        farewell.start()
        for line in self._ways():
            line.cancel()
        for wake in (self._live.wake, self._delivery.wake, self._lights.wake, self._bay_acts.wake, self.reload):
            wake()
        still = [*threads.end(STOP_S), *still_running([farewell], STOP_S)]
        if still:
            log.warning("bridge: not waiting any longer for %s", ", ".join(still))
            return
        for line in self._ways():
            line.close()
        self._journal.close()
        self._spool.close()
        os.close(self._lock)

    def _ways(self) -> Sequence[Line | ByMqtt]:
        return [*self._lines, *([self._by_mqtt] if self._by_mqtt else [])]

    def _say_goodbye(self) -> None:
        if self._presence is not None:
            self._presence.stop()

    def _say(self, message: Message) -> None:
        if self._presence is not None:
            self._presence.say(message)

    def _device_changed(self, report: DeviceReported) -> None:
        if self._presence is not None:
            self._presence.device_changed(report)
        self._write_state()

    def _write_state(self) -> None:
        fresh = self._folder / f"state.json.{threading.get_ident()}"
        try:
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self._state())))
            fresh.replace(self._folder / "state.json")
        except (OSError, KeepingRefused) as why:
            log.warning("state.json cannot be written: %s", why)

    def _state(self) -> State:
        return State(
            bridge=self._settings.bridge,
            boot=self.boot,
            pid=os.getpid(),
            at_us=self._clock.wall_us(),
            service_offset_us=self._pulse.offset_us,
            spool_waiting=self._spool.waiting().count,
            certificate_ends_us=self._certificates.first_end_us(),
            devices=self._roll.all(),
            times=self._roll.times(),
        )


def _bays_at(settings: Settings) -> dict[str, str]:
    """The stations whose bays another one lights, opens and locks."""
    return {it.device: it.bays_at for it in settings.station if it.bays_at}


def _journal_limits(limits: Limits) -> JournalLimits:
    keep_s = limits.keep_days * DAY_S
    return JournalLimits(limits.journal_file_mb * MEGABYTE, limits.journal_max_mb * MEGABYTE, keep_s)


def _only_one(folder: Path) -> int:
    """Hold the spool folder for this process alone. Raises AlreadyRunning."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise AlreadyRunning(f"another bridge is using {folder}; stop it first") from error
    return lock
