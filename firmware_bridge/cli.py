"""The command `kit-bridge`.

One rule for the editor: a command that fails says why in a sentence, never with a traceback, and ends with one of the
exit codes of `firmware_bridge.endings`.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec

from devices.attached import Attached, attached
from devices.cli import decode, support, udev
from devices.driver import Driver
from devices.drivers import DRIVERS
from devices.errors import DeviceError, Gone
from devices.transports.mqtt import Broker, MqttVoice
from devices.transports.pcsc import PCSC_PREFIX, listed_readers
from devices.transports.replay import open_replay
from devices.transports.script import read_script
from devices.transports.tcp import TCP_PREFIX, Address, read_address
from firmware_bridge.bridge import Bridge
from firmware_bridge.card import card_page
from firmware_bridge.clock import SYSTEM
from firmware_bridge.commissioning import Examination, keep_proof, proof_of, to_commission
from firmware_bridge.doctor import examine
from firmware_bridge.endings import NOT_WELL, at_signals, plainly, until_signalled
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.monitor import Screen, watch
from firmware_bridge.notify import systemd_of
from firmware_bridge.relay_command import relay
from firmware_bridge.settings import Settings, StationSettings, Timing, load
from firmware_bridge.simulate import DOCKS_TOLD, Simulator, ports_of, typed_step
from firmware_bridge.simulated_reader import SimulatedReader
from firmware_bridge.speaking import speaking
from firmware_bridge.state import lines_of, running_state
from firmware_bridge.station import Station
from firmware_bridge.stations import OPENERS, Place, stations_of

config_option = click.option(
    "--config",
    "-c",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("bridge.toml"),
    show_default=True,
    help="The bridge's configuration file.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The process beside the hardware: reads scanners, readers and docks, and delivers what they say."""


main.add_command(decode)
main.add_command(support)
main.add_command(udev)
main.add_command(relay)


@main.command()
@config_option
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning"]), default="info", show_default=True
)
def run(config: Path, log_level: str) -> None:
    """Run the bridge until SIGTERM or Ctrl-C. A changed configuration is taken over by itself, or at SIGHUP."""
    logging.basicConfig(
        level=log_level.upper(), format="%(asctime)s %(levelname)-8s %(message)s", stream=sys.stderr
    )
    with plainly(), until_signalled() as stop:
        bridge = Bridge(load(config, DRIVERS), DRIVERS, path=config, unit=systemd_of(os.environ))
        with at_signals([signal.SIGHUP], bridge.reload):
            well = bridge.run(stop)
    sys.exit(0 if well else NOT_WELL)


@main.command()
@click.option(
    "--config", "-c", type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A configuration whose broker is listened to for three seconds.",
)  # fmt: skip
def devices(config: Path | None) -> None:
    """List what is plugged in, by physical port, with the drivers that know it; with a configuration also the docks
    and readers that speak at its broker."""
    found = attached()
    if found:
        click.echo(f"{'port':24} {'path':16} {'usb id':9} {'serial':20} {'drivers':24} what it says it is")
    for it in found:
        ids = f"{it.vendor:04x}:{it.product:04x}" if it.vendor is not None and it.product is not None else "-"
        drivers = ", ".join(_suggested(it)) or "-"
        click.echo(f"{it.place:24} {it.path or '-':16} {ids:9} {it.serial or '-':20} {drivers:24} {it.title}")
        if it.by_path:
            click.echo(f"{'':24} {it.by_path}")
    readers = listed_readers()
    for name in readers:
        drivers = ", ".join(it.name for it in DRIVERS.values() if it.transport == "pcsc")
        click.echo(f"{PCSC_PREFIX}{name}  {drivers}")
    if not found and not readers:
        click.echo("Nothing with a serial port, a USB id or a name as a card reader is plugged in.")
    if config is not None:
        with plainly():
            _list_speaking(load(config, DRIVERS))


def _list_speaking(settings: Settings) -> None:
    heard = speaking(settings, DRIVERS)
    for it in heard:
        click.echo(f"mqtt:{it.folder}  {', '.join(it.drivers)}")
    if not heard:
        click.echo("Nothing speaks at the broker." if settings.broker else "The configuration has no [broker].")


@main.command()
@config_option
@click.option("--device", "names", multiple=True, help="Only this device (may be given several times).")
@click.option("--driver", "driver_name", help="Watch one port with this driver, without a configuration.")
@click.option("--port", help="The port for --driver.")
@click.option("--baud", type=int, help="The rate for --driver; its own by default.")
@click.option(
    "--option", "-o", "options", multiple=True, metavar="NAME=VALUE", help="An option for --driver."
)
@click.option(
    "--replay",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Play this capture instead of opening ports; with --driver, --port is the device's name in it.",
)
@click.option("--raw/--no-raw", default=True, show_default=True, help="Print what arrives before what it means.")
def monitor(**words: object) -> None:
    """Print what devices say and the bytes they say it with, and deliver nothing: for setting up a scanner.

    A port that a running bridge holds cannot be watched; stop the bridge first.
    """
    with plainly(), until_signalled() as stop:
        timing, stations = _watched(words)
        screen = Screen(SYSTEM, click.echo, with_raw=bool(words["raw"]))
        try:
            watch(stations, timing, screen, stop, once=words["replay"] is not None)
        except Gone as end:
            click.echo(str(end), err=True)


@main.command()
def card() -> None:
    """Print the scanner test card: a page of HTML, to be sent into a file, opened and printed at 100 %."""
    click.echo(card_page(), nl=False)


@main.command()
@config_option
@click.option("--device", help="The station of the scanner; may be left out where there is only one.")
def commission(config: Path, device: str | None) -> None:
    """Prove a scanner by the test card: scan each symbol when asked, until all have arrived exactly.

    Exit code 0: the proof is kept, and the scanner may go live; 1: stopped before that. With
    only_commissioned = true the running bridge then opens it by itself; else stop the bridge first.
    """
    with plainly(), until_signalled() as stop:
        settings = load(config, DRIVERS)
        configured = to_commission(settings, DRIVERS, device)
        free = msgspec.structs.replace(settings, only_commissioned=False, station=(configured,))
        examination = Examination(SYSTEM, click.echo, stop.set)
        watch(stations_of(free, DRIVERS), settings.timing, examination, stop)
        if examination.passed:
            keep_proof(Path(settings.spool_dir), proof_of(configured, SYSTEM.wall_us()))
            click.echo(f"{configured.device} is commissioned and may go live.")
            return
    sys.exit(NOT_WELL)


@main.command()
@config_option
def doctor(config: Path) -> None:
    """Check ports, permissions, disk, broker, service, key and clock; exit code 1 if one is not well."""
    well = True
    with plainly():
        settings = load(config, DRIVERS)
        for finding in examine(settings, stations_of(settings, DRIVERS), SYSTEM):
            mark = click.style("well ", fg="green") if finding.well else click.style("WRONG", fg="red")
            click.echo(f"{mark}  {finding.what}: {finding.found}")
            well = well and finding.well
    sys.exit(0 if well else NOT_WELL)


@main.command()
@config_option
def state(config: Path) -> None:
    """Say how the bridge that runs is and each of its devices; exit code 1 if one is not well, or none runs."""
    with plainly():
        found = running_state(Path(load(config, DRIVERS).spool_dir), SYSTEM)
    for line in lines_of(found, SYSTEM) if found else ["No bridge runs on this spool folder."]:
        click.echo(line)
    sys.exit(0 if found and all(it.word == "OPEN" for it in found.devices) else NOT_WELL)


@main.command()
@click.argument("scenario", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ports", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder in which each device's port is linked under its name.")  # fmt: skip
@click.option("--device", "names", multiple=True, help="Also make a port for this device.")
@click.option("--llrp", "readers", multiple=True, metavar="NAME=[HOST:]PORT",
              help="Let this device be an LLRP reader that listens there (on 127.0.0.1 without HOST).")  # fmt: skip
@click.option("--speed", type=click.FloatRange(min=0), default=1.0, show_default=True,
              help="How many times as fast as written; 0 means without pause.")  # fmt: skip
@click.option("--broker", metavar="HOST[:PORT]", help="Publish steps that have a topic here.")
@click.option("--mqtt-version", type=click.Choice(["5", "3.1.1"]), default="5", show_default=True)
@click.option("--wait", "wait_s", type=click.FloatRange(min=0), default=0.0,
              help="Wait so many seconds for the bridge to open every port before playing.")  # fmt: skip
@click.option("--loop", is_flag=True, help="Play the scenario again and again.")
@click.option("--stay", is_flag=True, help="Keep the ports after the end, until Ctrl-C.")
@click.option("--stdin", "typed", is_flag=True, help="Also take steps from standard input, one a line.")
def simulate(**words: object) -> None:
    """Play SCENARIO as hardware: real ptys carrying real frames, real MQTT publishes.

    SCENARIO is JSON lines: {"at_s": 1.5, "device": "hatch-scanner", "text": "]C0X30001234\\r"}; "hex" instead
    of "text" for any bytes; "topic" (and "retain") for a dock's message; "act": "unplug" or "plug"; "heard" for what
    is answered so; "file" for what a file of the device holds.
    On standard input a step may also be written as: device text (CR is added).
    """
    with plainly(), until_signalled() as stop:
        _simulate(words, stop)


def _simulate(words: dict[str, object], stop: threading.Event) -> None:
    scenario, names = words["scenario"], words["names"]
    steps = read_script(scenario) if isinstance(scenario, Path) else ()
    simulator = Simulator(Path(str(words["ports"])), click.echo)
    if words["broker"]:
        simulator.voice = _voice(str(words["broker"]), str(words["mqtt_version"]), simulator.told)
    voice = simulator.voice
    try:
        readers = dict(_reader(it) for it in _texts(words["readers"]))
        for name, address in readers.items():
            simulator.listen(name, SimulatedReader(address))
        simulator.plug_in(it for it in dict.fromkeys([*_texts(names), *ports_of(steps)]) if it not in readers)
        wait_s = float(str(words["wait_s"]))
        if wait_s and not simulator.wait_until_read(wait_s, stop) and not stop.is_set():
            raise DeviceError(f"no bridge opened every port within {wait_s:g} s")
        click.echo("playing")
        typing = _typing(simulator) if words["typed"] else None
        simulator.play(steps, float(str(words["speed"])), stop)
        while words["loop"] and steps and not stop.wait(1.0):
            simulator.play(steps, float(str(words["speed"])), stop)
        while typing is not None and typing.is_alive() and not stop.wait(0.1):
            pass
        while words["stay"] and not stop.wait(0.1):
            simulator.hear()
        simulator.let_read(stop)
    finally:
        simulator.close()
        if voice is not None:
            voice.close(timeout_s=3.0)


def _reader(text: str) -> tuple[str, Address]:
    """The name and address in "back-door=5084" or "back-door=0.0.0.0:5084"."""
    name, _, place = text.partition("=")
    try:
        return name, read_address(TCP_PREFIX + (f"127.0.0.1:{place}" if place.isdecimal() else place))
    except DeviceError as error:
        raise SettingsWrong([f"--llrp {text}: expected NAME=PORT or NAME=HOST:PORT"]) from error


def _typing(simulator: Simulator) -> threading.Thread:
    """Take steps from standard input, in a thread: a read there cannot be stopped."""

    def take() -> None:
        for line in sys.stdin:
            if line.strip():
                _do_typed(simulator, line)

    thread = threading.Thread(target=take, name="stdin", daemon=True)
    thread.start()
    return thread


def _do_typed(simulator: Simulator, line: str) -> None:
    try:
        simulator.do(typed_step(line))
    except DeviceError as error:
        click.echo(str(error), err=True)


def _voice(address: str, version: str, told: Callable[[str, bytes], None]) -> MqttVoice:
    host, _, port = address.partition(":")
    if not host or (port and not port.isdigit()):
        raise SettingsWrong([f"--broker: expected HOST or HOST:PORT, found {address!r}"])
    broker = Broker(host, int(port or 1883), "3.1.1" if version == "3.1.1" else "5")
    voice = MqttVoice(broker, f"kit-simulator-{time.monotonic_ns():x}")
    voice.hear([DOCKS_TOLD], told)
    voice.start()
    if not voice.connected(broker.open_timeout_s):
        raise DeviceError(f"{broker}: cannot be reached")
    return voice


def _watched(words: dict[str, object]) -> tuple[Timing, list[Station]]:
    replay = words["replay"]
    if words["driver_name"]:
        timing, stations = Timing(), [_one(words)]
    else:
        settings = load(Path(str(words["config"])), DRIVERS)
        timing, stations = settings.timing, stations_of(settings, DRIVERS)
    names = _texts(words["names"])
    stations = [it for it in stations if not names or it.device in names]
    if not stations:
        raise SettingsWrong([f"no device is called {', '.join(names)}"])
    if isinstance(replay, Path):
        stations = [_replayed(it, replay) for it in stations]
    return timing, stations


def _one(words: dict[str, object]) -> Station:
    driver = DRIVERS.get(str(words["driver_name"]))
    if driver is None:
        raise SettingsWrong([f"no driver is called {words['driver_name']!r}; there are {', '.join(DRIVERS)}"])
    port = str(words["port"] or "")
    if not port or (driver.transport == "mqtt" and words["replay"] is None):
        raise SettingsWrong([f"--driver {driver.name} needs --port, the path or USB place of a port"])
    options = dict(pair.split("=", 1) for pair in _texts(words["options"]) if "=" in pair)
    driver.decoder(options)  # a wrong option is better said now
    baud = int(str(words["baud"] or driver.baud))
    itself = StationSettings(device=port, driver=driver.name, port=port, options={**options}, baud=baud)
    return Station(port, driver, options, lambda: OPENERS[driver.transport](itself, driver, Place("", None)))


def _replayed(station: Station, capture: Path) -> Station:
    return Station(
        station.device,
        station.driver,
        station.options,
        lambda: open_replay(capture, station.device, SYSTEM.mono_s, time.sleep),
    )


def _suggested(found: Attached) -> Iterator[str]:
    """The drivers that know a thing: by what it says it speaks, else by its USB id and whether it has a path."""

    def knows(driver: Driver) -> bool:
        if found.is_hid_pos:
            return driver.transport == "hid"
        reachable = (driver.transport == "serial") == (found.path is not None)
        ids = ((it.vendor, it.product) for it in driver.usb_ids)
        return reachable and any(it in ((found.vendor, None), (found.vendor, found.product)) for it in ids)

    return (name for name, driver in DRIVERS.items() if found.vendor is not None and knows(driver))


def _texts(value: object) -> list[str]:
    return [str(it) for it in value] if isinstance(value, (tuple, list)) else []
