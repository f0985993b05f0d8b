"""The whole bridge on one page: what it is made of, how it starts, and how it stops.

One rule for the editor: nothing is made anywhere else, and a thread that dies of a fault ends the process
(its supervisor starts it again); a bridge that is half dead would look alive.

    stations -> intake -> journal -> live scans ------> service -> answers -> lights
                      \\-> spool   -> patient delivery -> service
    roll (the devices' words) -> spool, MQTT, state.json, heartbeat
"""

import fcntl
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import msgspec

from devices.driver import Driver
from devices.readings import DeviceReported
from devices.transports.mqtt import Message
from firmware_bridge.answers import Answers
from firmware_bridge.by_mqtt import ByMqtt
from firmware_bridge.clock import SYSTEM, Clock
from firmware_bridge.delivery import Delivery
from firmware_bridge.errors import AlreadyRunning, KeepingRefused
from firmware_bridge.feedback import Lights
from firmware_bridge.heartbeat import Pulse
from firmware_bridge.intake import Intake, Shelf
from firmware_bridge.journal import DAY_S, Journal, JournalLimits
from firmware_bridge.line import Line, Service, read_key
from firmware_bridge.presence import Presence, Self
from firmware_bridge.roll import Roll
from firmware_bridge.scans import LiveScans, Wire
from firmware_bridge.settings import Settings
from firmware_bridge.spool import Spool
from firmware_bridge.station import Desk
from firmware_bridge.stations import broker_of, lamps_of, roll_of, stations_of
from firmware_bridge.watcher import Watcher

STOP_S = 1.5
"""Longest wait for the threads at a stop; what is not done by then is on disk."""

MEGABYTE = 1 << 20

log = logging.getLogger("firmware_bridge")


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The file state.json in the spool folder: what the bridge knows of itself, for people and scripts."""

    bridge: str
    boot: str
    pid: int
    at_us: int
    service_offset_us: int | None
    spool_waiting: int
    devices: tuple[DeviceReported, ...]


def software() -> str:
    """This bridge's name and version, as told to the service and the broker."""
    try:
        return f"kit-bridge {metadata.version('kitstore')}"
    except metadata.PackageNotFoundError:
        return "kit-bridge (not installed)"


class Bridge:
    """One bridge process. Raises AlreadyRunning, SettingsWrong or KeepingRefused when made."""

    def __init__(self, settings: Settings, drivers: Mapping[str, Driver], clock: Clock = SYSTEM) -> None:
        self._settings = settings
        self._clock = clock
        self._folder = Path(settings.spool_dir)
        self._lock = _only_one(self._folder)
        self.boot = uuid.uuid4().hex
        self._roll = Roll()
        self._roll.listed(roll_of(settings))
        self._stations = stations_of(settings, drivers)
        self._presence = self._make_presence()
        self._make_shelf()
        self._make_threads()
        self._died = ""

    def run(self, stop: threading.Event) -> bool:
        """Work until `stop`, then end every thread. False if a fault of our own ended it."""
        self._write_state()  # before any port opens, so that no state of an earlier boot is read as ours
        threads = [self._thread(name, work, stop) for name, work in self._work()]
        if self._presence is not None:
            self._presence.start([it.device for it in self._stations])
        for thread in threads:
            thread.start()
        log.warning("bridge %s: running, boot %s", self._settings.bridge, self.boot)
        stop.wait()
        self._end(threads)
        log.warning("bridge %s: stopped", self._settings.bridge)
        return not self._died

    def _make_presence(self) -> Presence | None:
        broker = broker_of(self._settings)
        me = Self(self._settings.bridge, self.boot, software())
        return Presence(me, self._clock, broker) if broker else None

    def _make_shelf(self) -> None:
        limits, now_us = self._settings.limits, self._clock.wall_us()
        keep_s = limits.keep_days * DAY_S
        sizes = JournalLimits(limits.journal_file_mb * MEGABYTE, limits.journal_max_mb * MEGABYTE, keep_s)
        self._journal = Journal(self._folder / "journal", sizes, now_us)
        self._spool = Spool(self._folder / "spool.sqlite", limits.spool_max_mb * MEGABYTE, keep_s)

    def _make_threads(self) -> None:
        settings, clock = self._settings, self._clock
        service = Service(
            settings.service, lambda: read_key(Path(settings.key_file)), settings.ca_file, software()
        )
        self._lines = [Line(service) for _ in range(3)]
        wires = [Wire(line, self.boot, clock, settings.timing) for line in self._lines]
        self._lights = Lights(lamps_of(settings, clock, self._say, self._stations), clock)
        answers = Answers(self._journal, self._lights, clock)
        self._by_mqtt = self._make_by_mqtt(wires[0])
        courier = self._by_mqtt.send if self._by_mqtt else None
        self._delivery = Delivery(wires[0], self._spool, answers, courier)
        self._live = LiveScans(wires[1], answers, self._delivery.too_late)
        self._pulse = Pulse(wires[2], self._roll, self._spool, self._delivery, software(), self._write_state)
        self._intake = Intake(self.boot, Shelf(self._journal, self._spool), clock, self._live, answers)
        self._intake.when_observed(self._delivery.wake)
        for listener in (self._intake.device_changed, self._device_changed):
            self._roll.tell(listener)
        desk = Desk(self._intake, self._roll, clock, alive=lambda: None)
        self._watchers = [Watcher(station, desk, settings.timing) for station in self._stations]
        self._hand_over_old_scans()

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

    def _work(self) -> Sequence[tuple[str, Callable[[threading.Event], None]]]:
        return [
            ("lights", self._lights.run),
            ("scans", self._live.run),
            ("observations", self._delivery.run),
            ("heartbeat", self._pulse.run),
            *((f"station {it.station.device}", it.run) for it in self._watchers),
        ]

    def _thread(
        self, name: str, work: Callable[[threading.Event], None], stop: threading.Event
    ) -> threading.Thread:
        def run() -> None:
            try:
                work(stop)
            finally:
                if not stop.is_set():
                    self._died = name
                    log.critical(
                        "bridge: the thread %r ended by a fault; stopping so that we are restarted", name
                    )
                    stop.set()

        return threading.Thread(target=run, name=name, daemon=True)

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        end_s = time.monotonic() + STOP_S
        farewell = threading.Thread(target=self._say_goodbye, name="goodbye", daemon=True)
        farewell.start()
        for line in self._ways():
            line.cancel()
        for wake in (self._live.wake, self._delivery.wake, self._lights.wake):
            wake()
        for thread in [*reversed(threads), farewell]:
            thread.join(max(0.0, end_s - time.monotonic()))
        still = [thread.name for thread in threads if thread.is_alive()]
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
            devices=self._roll.all(),
        )


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
