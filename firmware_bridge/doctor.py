"""What is wrong, before it matters: disk, key, service, clocks, broker, ports and proofs, one line each.

One rule for the editor: a check changes nothing anywhere, and every line that is not well says what to do.

Where the bridge runs, its ports are not tried (it holds them): what it says of its devices is repeated.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from devices.driver import Driver
from devices.readings import DeviceReported
from firmware_bridge.bridge import State
from firmware_bridge.clock import Clock
from firmware_bridge.commissioning import how_to, is_proven, must_prove
from firmware_bridge.doctor_mqtt import broker_findings
from firmware_bridge.findings import Finding, fine, wrong
from firmware_bridge.machine import THIS_MACHINE, Machine, clock_finding
from firmware_bridge.port_checks import check_lamp, check_port, me
from firmware_bridge.service_checks import key_finding, service_findings
from firmware_bridge.settings import CONFIGURATION, Settings, StationSettings
from firmware_bridge.state import running_state
from firmware_bridge.station import Station

MEGABYTE = 1 << 20


def examine(
    settings: Settings, stations: list[Station], clock: Clock, machine: Machine = THIS_MACHINE
) -> Iterator[Finding]:
    """Look at everything the configuration names, in the order a technician would."""
    running = running_state(Path(settings.spool_dir), clock)
    yield _spool(settings, running)
    yield key_finding(settings)
    yield from service_findings(settings, clock, running)
    yield clock_finding(machine)
    yield from broker_findings(settings, clock)
    yield from _file_in_force(running)
    for station, configured in zip(stations, settings.station, strict=True):
        found = _said(running, station.device) or check_port(station, configured, clock, machine)
        if found is not None:
            yield found
        if station.driver.reads_codes:
            yield _proof(settings, configured, station.driver)
    if running is None:
        yield from (it for it in (check_lamp(light, machine) for light in settings.light) if it is not None)


def _spool(settings: Settings, running: State | None) -> Finding:
    folder = Path(settings.spool_dir)
    there = folder
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK):
        return wrong("spool", f"{there} cannot be written by {me()}", f"as root: chown {me()} {there}")
    free_mb = shutil.disk_usage(there).free // MEGABYTE
    wanted_mb = settings.limits.spool_max_mb + settings.limits.journal_max_mb
    waiting = f"; {running.spool_waiting} observations wait for the service" if running else ""
    words = f"{folder}: {free_mb} MB free, {wanted_mb} MB may be used{waiting}"
    if free_mb > wanted_mb:
        return fine("spool", words)
    return wrong("spool", words, "make room, or lower [limits] spool_max_mb and journal_max_mb")


def _file_in_force(running: State | None) -> Iterator[Finding]:
    """Whether the bridge that runs has taken over the file that is examined here."""
    word = _word_of(running, CONFIGURATION)
    if word is not None:
        said = word.detail or "the bridge that runs has it in force"
        yield Finding(CONFIGURATION, word.word == "OPEN", said)


def _said(running: State | None, device: str) -> Finding | None:
    """What the bridge that runs says of a device."""
    word = _word_of(running, device)
    if word is None:
        return None
    detail = f": {word.detail}" if word.detail else ""
    counts = f"{word.good} good, {word.garbled} garbled, {word.repeated} repeated"
    return Finding(device, word.word == "OPEN", f"{word.word} by the bridge that runs{detail}; {counts}")


def _word_of(running: State | None, device: str) -> DeviceReported | None:
    return next((it for it in running.devices if it.device == device), None) if running else None


def _proof(settings: Settings, station: StationSettings, driver: Driver) -> Finding:
    what = f"{station.device} commissioned"
    if is_proven(Path(settings.spool_dir), station):
        return fine(what, "it has read the test card right")
    may_wait = not must_prove(settings, station, driver)
    words = "not yet, and this bridge does not ask for it" if may_wait else "not yet, so it is not live"
    return Finding(what, may_wait, f"{words}; {how_to(station.device)}")
