"""Commands that need no device: `decode` reads bytes and codes, `support` and `udev` print the registry.

One rule for the editor: no input ends in a traceback. What cannot be read is printed as a `garbled` reading
with its reason, and the exit code says so (1); wrong words on the command line exit with 2.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click
import msgspec

from devices.codes import digital_link, gs1
from devices.codes.identify import Identity, identify, identity_of_elements, identity_of_epc
from devices.codes.problem import Problem
from devices.codes.symbology import split_prefix
from devices.driver import Decoder, Driver, Note, Noting, Packet, PacketDecoder
from devices.drivers import DRIVERS
from devices.errors import NotConfigured
from devices.evidence import garbled
from devices.readings import CodePresented, DeviceReported, Garbled, Reading

GS1_SYMBOLS = ("]C1", "]d2", "]Q3", "]e0", "]J1")
NAME_COLUMN = max(len(name) for name in DRIVERS) + 2
"""How wide the names of drivers stand in a list."""

LATER_S = 60.0
"""How long after the last byte a decoder is asked what it still holds: longer than any gap."""

BYTE_BY_BYTE_MAX = 65_536
PIECE_BYTES = 4096
"""Up to how many bytes are fed one at a time, and how many at a time beyond it, where a byte at a time takes long."""

DEFAULT_TOPIC = "kit/v1/bridge/dock/dock/bay/1"


_NODES = {"tty": ('SUBSYSTEM=="tty"', "ATTRS"), "usb": ('SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device"', "ATTR")}
"""How a udev rule names a device's node, and where it finds the device's ids."""


class Identified(Identity, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="identity"):
    """An Identity as `decode` prints it, beside the readings."""


def _gs1(text: str) -> Identity:
    if not text.startswith("]"):
        return _of_elements(gs1.parse(text))
    if text[:3] not in GS1_SYMBOLS:
        return Identity(problem=Problem("GS1_SYMBOL", f"The symbology {text[:3]!a} does not carry GS1 data."))
    return identify(CodePresented(text=text[3:], symbology=text[:3]))


def _digital_link(text: str) -> Identity:
    return _of_elements(digital_link.parse(text[3:] if text[:3] in ("]Q1", "]d1") else text))


def _code(text: str) -> Identity:
    split = split_prefix(text, "aim")
    if isinstance(split, Problem):
        return Identity(problem=split)
    return identify(CodePresented(text=split.text, symbology=split.symbology))


def _of_elements(elements: gs1.Elements | Problem) -> Identity:
    return Identity(problem=elements) if isinstance(elements, Problem) else identity_of_elements(elements)


CODES: dict[str, tuple[str, Callable[[str], Identity]]] = {
    "code": ("A scanned code behind its AIM identifier, such as ]C0X30001234", _code),
    "digital-link": ("A GS1 Digital Link web address", _digital_link),
    "epc": ("The hex of an RFID tag's EPC bank", identity_of_epc),
    "gs1": ("A GS1 element string, with or without AIM identifier", _gs1),
}
"""What `decode` reads besides drivers: codes with no device around them."""


class Asked(msgspec.Struct, frozen=True):
    """The words of one `decode` command."""

    driver: str | None = None
    file: str | None = None
    text: str | None = None
    hex_digits: str | None = None
    topic: str = DEFAULT_TOPIC
    options: tuple[str, ...] = ()
    list_drivers: bool = False


@click.command()
@click.argument("driver", required=False)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--text", help="What to decode, as text; a scanner's missing suffix is added.")
@click.option("--hex", "hex_digits", help="What to decode, as hex digits; spaces between them are dropped.")
@click.option("--topic", default=DEFAULT_TOPIC, show_default=True, help="The MQTT topic of a dock's message.")
@click.option("-o", "--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of DRIVER.")
@click.option("--list", "list_drivers", is_flag=True, help="Name the drivers and codes, and stop.")
def decode(**words: object) -> None:
    """Decode bytes as DRIVER would: one JSON object a reading, each on its own line.

    FILE (or - for standard input) holds the raw bytes, unless --text or --hex gives them. Exit code 0: all
    was read; 1: something is garbled, and says why; 2: this command was misused.
    """
    asked = msgspec.convert(words, Asked)
    if asked.list_drivers:
        click.echo(driver_list())
        return
    name = asked.driver or ""
    if name not in DRIVERS and name not in CODES:
        known = ", ".join(sorted([*DRIVERS, *CODES]))
        raise click.UsageError(
            f"DRIVER {name!r} is not known; there are: {known}" if name else "name a DRIVER"
        )
    if sum(source is not None for source in (asked.file, asked.text, asked.hex_digits)) != 1:
        raise click.UsageError("give exactly one of FILE, --text and --hex")
    outcomes = _decode_code(name, asked) if name in CODES else _decode_driver(DRIVERS[name], asked)
    sys.exit(_print(outcomes))


@click.command("support")
def support() -> None:
    """Print the table of drivers and the real devices each has met."""
    click.echo(support_table())


@click.command("udev")
@click.option("--group", default="kit-bridge", show_default=True, help="The group that may open the devices.")
def udev(group: str) -> None:
    """Print udev rules that let the bridge's group open the devices its drivers know."""
    click.echo(udev_rules(group))


def driver_list(drivers: Mapping[str, Driver] = DRIVERS) -> str:
    """A line each: every driver with its options, then every code that `decode` reads."""
    lines = []
    for driver in drivers.values():
        lines.append(f"{driver.name:{NAME_COLUMN}}{driver.title}")
        lines += [
            f"{'':{NAME_COLUMN + 2}}-o {name}={default}  {meaning}"
            for name, (default, meaning) in driver.options.items()
        ]
    return "\n".join([*lines, *(f"{name:{NAME_COLUMN}}{title}" for name, (title, _) in CODES.items())])


def support_table(drivers: Mapping[str, Driver] = DRIVERS) -> str:
    """The drivers as a Markdown table. A driver that never met a real device says so."""
    lines = ["| driver | reads | over | met in real life |", "|---|---|---|---|"]
    for driver in drivers.values():
        met = "; ".join(f"{tried.device}, firmware {tried.firmware}, {tried.on}" for tried in driver.tried_on)
        lines.append(f"| `{driver.name}` | {driver.title} | {driver.transport} | {met or 'nothing yet'} |")
    return "\n".join(lines)


def udev_rules(group: str = "kit-bridge", drivers: Mapping[str, Driver] = DRIVERS) -> str:
    """udev rules for every USB id in the registry: readable by `group`, left alone by ModemManager."""
    lines = ["# Printed from the drivers of kitstore: print it again after an upgrade."]
    known: set[str] = set()
    for driver in (it for it in drivers.values() if it.transport != "pcsc"):  # pcscd opens those
        for usb in driver.usb_ids:
            # A tty's ids are its parent's; a USB device's are its own (its parent is a hub, maybe of the same maker).
            what, of = _NODES["tty" if driver.transport == "serial" else "usb"]
            product = "" if usb.product is None else f', {of}{{idProduct}}=="{usb.product:04x}"'
            device = f'{what}, {of}{{idVendor}}=="{usb.vendor:04x}"{product}'
            if device not in known:
                known.add(device)
                lines.append(f"# {driver.name}: {usb.note}")
                lines.append(f'{device}, GROUP="{group}", MODE="0660", ENV{{ID_MM_DEVICE_IGNORE}}="1"')
    return "\n".join(lines)


def _decode_driver(driver: Driver, asked: Asked) -> Iterable[Reading | Note]:
    """What a driver makes of the input: a stream of bytes, or the payload of one message."""
    try:
        decoder = driver.decoder(dict(_pair(option) for option in asked.options))
    except NotConfigured as error:
        raise click.UsageError(str(error)) from error
    data = _bytes(asked)
    if isinstance(data, Garbled):
        return [data]
    if not isinstance(decoder, Decoder):
        return [*decoder.packet(Packet(asked.topic, data), 0.0), *decoder.idle(LATER_S), *_notes(decoder)]
    if asked.text is not None and not data.endswith((b"\r", b"\n", b"\x03")):
        data += b"\r"
    return _fed(decoder, data) or [garbled("NOTHING", "The input holds no record.", data)]


def _fed(decoder: Decoder, data: bytes) -> list[Reading | Note]:
    """What a decoder says to `data` and the silence after it. One that takes notes is fed byte by byte (the
    same to a decoder), so that notes and readings come in the order in which they arrived; a long capture is
    fed in pieces, in each of which the notes come last."""
    step = 1 if isinstance(decoder, Noting) and len(data) <= BYTE_BY_BYTE_MAX else PIECE_BYTES
    said: list[Reading | Note] = []
    for at in range(0, len(data), step):
        said += [*decoder.feed(data[at : at + step], 0.0), *_notes(decoder)]
    return [*said, *decoder.idle(LATER_S), *_notes(decoder)]


def _notes(decoder: Decoder | PacketDecoder) -> list[Note]:
    return decoder.take_notes() if isinstance(decoder, Noting) else []


def _decode_code(name: str, asked: Asked) -> Iterable[Identified | Garbled]:
    """What the codes of the input name: one in --text or --hex, one a line in a file."""
    if name == "epc" and asked.hex_digits is not None:
        asked = msgspec.structs.replace(asked, text=asked.hex_digits.replace(" ", ""), hex_digits=None)
    if asked.options:
        raise click.UsageError(f"{name} is a code and has no options")
    data = _bytes(asked)
    if isinstance(data, Garbled):
        yield data
        return
    lines = data.split(b"\n") if asked.file is not None else [data]
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    for line in lines:
        yield _identified(CODES[name][1], line.removesuffix(b"\r"))


def _identified(read: Callable[[str], Identity], line: bytes) -> Identified | Garbled:
    try:
        identity = read(line.decode())
    except UnicodeDecodeError:
        return garbled("BYTES_ABOVE_7E", "Bytes above 7E that are no UTF-8.", line)
    if identity.problem is not None:
        return garbled(identity.problem.code, identity.problem.sentence, line)
    return Identified(**msgspec.structs.asdict(identity))


def _bytes(asked: Asked) -> bytes | Garbled:
    if asked.text is not None:
        return asked.text.encode("utf-8", "surrogateescape")
    if asked.hex_digits is not None:
        try:
            return bytes.fromhex(asked.hex_digits)
        except ValueError as error:
            return garbled("NOT_HEX", f"--hex: {error}", asked.hex_digits.encode("utf-8", "surrogateescape"))
    return sys.stdin.buffer.read() if asked.file == "-" else Path(asked.file or "").read_bytes()


def _pair(option: str) -> tuple[str, str]:
    name, equals, value = option.partition("=")
    if not equals:
        raise click.UsageError(f"--option {option!r}: expected NAME=VALUE")
    return name, value


def _print(outcomes: Iterable[Reading | Note | Identified]) -> int:
    """Print each outcome; 1 where one of them is garbled or says that the device is set wrong, else 0."""
    code = 0
    for outcome in outcomes:
        # ASCII only: a scanned code must not break its line or command the terminal.
        click.echo(json.dumps(msgspec.to_builtins(outcome), separators=(",", ":")))
        if isinstance(outcome, Garbled) or (
            isinstance(outcome, DeviceReported) and outcome.word == "MISCONFIGURED"
        ):
            code = 1
    return code
