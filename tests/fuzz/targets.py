"""Everything that reads what comes from outside, each as a target: its check, its seeds, how a crash is played again.

One rule for the editor: what reads bytes from outside and is not here is not fuzzed. Every driver of the registry is
here by itself; what else reads has a line in `_OTHERS`.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException, parse_headers
from pathlib import Path

import msgspec

from api import workbooks
from devices.codes import digital_link, epc, gs1
from devices.codes.epc_value import Epc
from devices.codes.identify import Identity, identify, identity_of_elements, identity_of_epc
from devices.codes.presented import presented
from devices.codes.problem import Problem
from devices.codes.typed import cards_typed
from devices.docks import camera_book, content, leases
from devices.driver import Decoder, Driver
from devices.drivers import DRIVERS
from devices.hid import pos
from devices.hid.descriptor import Descriptor, read_descriptor
from devices.hid.packets import REFUSED, REPORT, descriptor_topic
from devices.llrp.messages import Message, Parameter, read_message, write_message
from devices.llrp.vocabulary import PARAMETERS
from devices.options import allowed_words
from devices.pcsc.atr import read_atr
from devices.pcsc.packets import CARD, COMMAND, LYING, REMOVED, RESPONSE
from devices.transports.http_body import Body, BodyCut, Unclear, body_of
from devices.transports.leases import LeasePort
from devices.wire import decode_acknowledged, decode_delivery, encode
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.settings import settings_in
from inventory.oversight.equality.answers import ANSWERS
from inventory.oversight.equality.declared import read as read_declared
from inventory.people.imports.mapped import COLUMNS_OF, FileMapping, as_sheet
from inventory.people.imports.table import read as read_table
from inventory.people.imports.vendor.grid import Reading as HowToRead
from inventory.people.imports.vendor.grid import plain, read_grid
from tests.fuzz import seeds
from tests.fuzz.invariants import HELD_MAX, Broken, Check, of_messages, of_stream


@dataclass(frozen=True, slots=True)
class Target:
    """`again` are the words after `kitstore` that read a crash's file, empty where no command of ours reads it;
    `written` is what the file must hold for them."""

    name: str
    check: Check
    seeds: tuple[bytes, ...] = (b"",)
    again: tuple[str, ...] = ()
    written: Callable[[bytes], bytes] = bytes


_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "dhcp-dock": {"bays": "1=00:25:df:00:00:07 2=00:25:df:00:00:08", "link": "eth1"},
    "usb-dock": {"bays": "1=1-2.1 2=1-2.2"},
    "zebra-iot": {"silence_s": "5"},
    "impinj-r700": {"silence_s": "5"},
}
"""Without a bay there is nothing to read."""

_MORE: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "hid-pos-scanner": ({"layout": "aim"}, {"layout": "plain"}, {"layout": "microscan"}),
}
"""Options that are worth a target and are no list of words."""

TOPICS: Mapping[str, tuple[str, ...]] = {
    "kit-dock": ("kit/v1/medway/dock/d1/bay/1", "kit/v1/medway/dock/d1/state", "kit/v1/medway/dock/d1/bay/x"),
    "zebra-iot": ("kit/v1/medway/reader/door/tags",),
    "impinj-r700": ("kit/v1/medway/reader/door/tags",),
    "hid-pos-scanner": (
        descriptor_topic(0x0C2E, 0x0B8F),
        REPORT,
        "capture",
        REFUSED,
        descriptor_topic(5, 7),
        REPORT,
    ),
    "pcsc-card-reader": (CARD, RESPONSE, LYING, RESPONSE, COMMAND, REMOVED),
}


_TOLD_ONCE = frozenset(("cambrionix", "dhcp-dock", "usb-dock", "axis-body-worn"))
"""Docks tell what has changed: after garbage that says the same there is nothing more to tell."""


_HELD_MAX = {"axis-body-worn": camera_book.LINE_BYTES_MAX + HELD_MAX}
"""A book of many cameras is a long line."""


def _of_driver(driver: Driver) -> Iterator[Target]:
    """A target for a driver as it comes, and one for each other word of its options."""
    own = _OPTIONS.get(driver.name, {})
    chosen = [dict(own)]
    for name, (default, meaning) in driver.options.items():
        chosen += [{**own, name: word} for word in allowed_words(meaning) if word != default]
    chosen += [{**own, **more} for more in _MORE.get(driver.name, ())]
    for options in chosen:
        changed = [f"{name}={value}" for name, value in options.items() if own.get(name) != value]
        words = tuple(word for name, value in options.items() for word in ("-o", f"{name}={value}"))
        again = ("decode", driver.name, *words)
        given = seeds.of_driver(driver.name)
        make = lambda options=options: driver.decoder(options)  # noqa: E731 - a name of its own for each
        if isinstance(make(), Decoder):
            is_told_again = driver.name not in _TOLD_ONCE
            check = of_stream(
                make, seeds.sound(make, given) if is_told_again else b"", _HELD_MAX.get(driver.name, HELD_MAX)
            )
        else:
            topics = TOPICS[driver.name]
            check, again = of_messages(make, topics), (*again, "--topic", topics[0])
        yield Target(":".join([driver.name, *changed]), check, given, again)


# ---- codes -----------------------------------------------------------------------------------------


def _code(data: bytes) -> None:
    for prefix in ("none", "aim", "zebra"):
        reading = presented(data, prefix)
        if not hasattr(reading, "text"):
            continue
        _sound(identify(reading))
        cards_typed(reading.text)


def _gs1(data: bytes) -> None:
    elements = gs1.parse(data.decode("latin-1"))
    if isinstance(elements, Problem):
        return
    _sound(identity_of_elements(elements))
    if gs1.parse(gs1.write(elements)) != elements:
        raise Broken(f"written and read again, {elements} is {gs1.parse(gs1.write(elements))}")


def _digital_link(data: bytes) -> None:
    elements = digital_link.parse(data.decode("latin-1"))
    if not isinstance(elements, Problem):
        _sound(identity_of_elements(elements))


def _epc(data: bytes) -> None:
    """The bytes are the tag's own; as text they are tried too."""
    for text in (data.hex(), data.decode("latin-1")):
        decoded = epc.decode(text)
        if isinstance(decoded, Epc):
            msgspec.json.encode(decoded.elements)
        identity = identity_of_epc(text)
        if any(it.technology != "EPC" for it in identity.candidates) and identity.problem is not None:
            raise Broken(f"refused, and yet more than its own hex: {identity}")
        msgspec.json.encode(identity)


def _sound(identity: Identity) -> None:
    """An identity can be sent on, and one with a problem names nothing."""
    msgspec.json.encode(identity)
    if identity.problem is not None and identity.candidates:
        raise Broken(f"refused and yet a name: {identity}")


# ---- parts of drivers ------------------------------------------------------------------------------


def _llrp(data: bytes) -> None:
    message = read_message(data)
    if not isinstance(message, Message) or not all(map(_is_known, message.inner)):
        return
    if read_message(write_message(message)) != message:
        raise Broken(f"written and read again, it is another: {message}")


def _is_known(parameter: Parameter) -> bool:
    """What is of no type that is known here is stepped over, and never written."""
    return parameter.type in PARAMETERS and all(map(_is_known, parameter.inner))


def _hid_descriptor(data: bytes) -> None:
    found = read_descriptor(data)
    if not isinstance(found, Descriptor):
        return
    for report, layout in pos.pos_reports(found).items():
        for payload in (data, bytes((report,)) + data):
            pos.read_part(layout, payload)
            pos.continues(layout, payload)


def _lease_file(data: bytes) -> None:
    """A file that changes to this one, and back."""
    for line in data.decode("latin-1").split("\n"):
        said = leases.read_line(line)
        if said is not None and leases.read_line(leases.line_of(said)) != said:
            raise Broken(f"written and read again, it is another: {said}")
    file = _ShownFile(b"")
    port = LeasePort(file, None, lambda _s: None, lambda: 1_795_315_000.0)  # type: ignore[arg-type]
    for shown in (b"", data, data[: len(data) // 2], b"", data):
        file.data = shown
        told = b"".join(it for _ in range(12) for it in port.read(0.5) if isinstance(it, bytes))
        lines = told.decode("latin-1").split("\n")[:-1]
        strange = [it for it in lines if leases.read_line(it) is None and it.encode("latin-1") not in data]
        if strange:
            raise Broken(f"{strange} are no lines of {shown!r}")


class _ShownFile:
    """A path whose file is in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def open(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


# ---- the bridge's door, and the service's ----------------------------------------------------------


def _delivery(data: bytes) -> None:
    for decode in (decode_delivery, decode_acknowledged):
        try:
            said = decode(data)
        except msgspec.DecodeError:
            continue
        if decode(encode(said)) != said:
            raise Broken(f"does not arrive as it was sent: {said}")


def _camera_book(data: bytes) -> None:
    try:
        book = camera_book.CameraBook(camera_book.read_line(data), 0)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    camera_book.read_line(book.line(1))


class _Pacing:
    def reading(self) -> None: ...

    def all_read(self) -> None: ...


def _axis_request(data: bytes) -> None:
    """A request's line, head and body, as the relay reads them."""
    source = io.BytesIO(data)
    words = source.readline(65_537).decode("latin-1").split(" ")
    content.read_target("/v1/acct", words[1] if len(words) > 1 else "")
    content.read_recording(words[-1].strip())
    try:
        head = parse_headers(source)
        body: Body = body_of(head, source, _Pacing())
        told = content.read_metadata(head.items())
        if any("\0" in it for it in told.values()):
            raise Broken(f"a NUL in {told}")
        for _piece in body.pieces():
            pass
    except (HTTPException, Unclear, BodyCut):
        return


def _bridge_toml(data: bytes) -> None:
    try:
        settings_in(data, Path("bridge.toml"), DRIVERS)
    except SettingsWrong as wrong:
        if not wrong.problems:
            raise Broken("refused without a reason") from wrong


def _vendor_csv(data: bytes) -> None:
    for how in (HowToRead(), HowToRead(delimiter=";", encoding="cp1252", heading_row=2)):
        grid = read_grid(data, how)
        if any(len(cells) != len(grid.columns) for _, cells in grid.rows):
            raise Broken(f"a row that is not as wide as its heading: {grid}")


def _declared_csv(data: bytes) -> None:
    try:
        rows, faults, cells = read_declared(data, {"P1": 1, "P2": 2})
    except ValueError as told:
        if not str(told).startswith("body: "):
            raise Broken(f"refused without the field: {told}") from told
        return
    if any(said and said not in ANSWERS[what] for (_, what), said in cells.items()) or rows * len(ANSWERS) < len(cells):
        raise Broken(f"taken as it is not: {cells}, {faults}")


def _mapped_csv(data: bytes) -> None:
    """A file whose columns are mapped anyhow, as the import of training results reads it."""
    grid = read_grid(data, HowToRead())
    names = [each.name for each in COLUMNS_OF["training"]]
    mapping = FileMapping(
        "training", "m", tuple(zip(dict.fromkeys(map(plain, grid.columns)), names, strict=False)), times="DMY"
    )
    read_table(as_sheet(grid, mapping), COLUMNS_OF["training"])


def _vendor_xlsx(data: bytes) -> None:
    read_grid(workbooks.read(data), HowToRead())


_AS_DESCRIPTOR = ("--topic", "descriptor/0:0")

_OTHERS = (
    Target("code", _code, seeds.CODES, ("decode", "code")),
    Target("gs1", _gs1, seeds.GS1, ("decode", "gs1")),
    Target("digital-link", _digital_link, seeds.LINKS, ("decode", "digital-link")),
    Target("epc", _epc, seeds.EPCS, ("decode", "epc"), lambda data: data.hex().upper().encode()),
    Target("llrp-message", _llrp, seeds.of_driver("llrp"), ("decode", "llrp")),
    Target("hid-descriptor", _hid_descriptor, seeds.DESCRIPTORS, ("decode", "hid-pos-scanner", *_AS_DESCRIPTOR)),
    Target("card-atr", read_atr, seeds.of_driver("pcsc-card-reader"), ("decode", "pcsc-card-reader", "--topic", CARD)),
    Target("lease-file", _lease_file, seeds.of_driver("dhcp-dock"), ("decode", "dhcp-dock")),
    Target("camera-book", _camera_book, seeds.BOOKS, ("decode", "axis-body-worn")),
    Target("delivery", _delivery, seeds.DELIVERIES),
    Target("axis-request", _axis_request, seeds.REQUESTS),
    Target("bridge-toml", _bridge_toml, seeds.SETTINGS),
    Target("declared-csv", _declared_csv, seeds.DECLARED),
    Target("vendor-csv", _vendor_csv, seeds.TABLES),
    Target("mapped-csv", _mapped_csv, seeds.TABLES),
    Target("vendor-xlsx", _vendor_xlsx, seeds.WORKBOOKS),
)  # fmt: skip

TARGETS: dict[str, Target] = {
    it.name: it for it in (*(it for driver in DRIVERS.values() for it in _of_driver(driver)), *_OTHERS)
}
