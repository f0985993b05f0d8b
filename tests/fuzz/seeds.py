"""Where fuzzing begins: the claimed wire vectors, and a sound thing of each kind that has none.

One rule for the editor: a seed is something that is really sent, or a vector. What nobody sends is found from there.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from devices.docks.camera_book import BookLine, Camera
from devices.driver import Decoder, Talking
from devices.drivers.docks.mqtt_dock import bay_packet, dock_packet
from devices.hid.pos import NAMED
from devices.readings import BayReported, CodePresented, DeviceReported, Garbled, Reading, TagSeen, TagsSwept
from devices.wire import Acknowledged, Delivery, Sent, encode
from tests.devices.feeding import LATER_S, vectors
from tests.devices.hid.reports import aim_report, plain_report
from tests.workbook_files import workbook

ROOT = Path(__file__).parents[2]

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "axis-body-worn": ("HTTPS Axis body worn integration API",),
    "cambrionix": ("serial 115200 8N1 Cambrionix CLI",),
    "dhcp-dock": ("dnsmasq --dhcp-script", "dnsmasq lease file"),
    "em4100": ("serial 9600 8N1 RDM6300/ID-12LA",),
    "hid-pos-scanner": ("USB HID POS", "USB HID (Microscan)"),
    "impinj-r700": ("MQTT payload",),
    "llrp": ("TCP 5084 LLRP 1.0.1",),
    "m100": ("serial 115200 M100/YRM100",),
    "mercury": ("serial 115200 ThingMagic Mercury",),
    "kit-dock": ("MQTT payload",),
    "pcsc-card-reader": ("PC/SC ATR", "PC/SC APDU response", "PC/SC APDU"),
    "r2000": ("serial 115200 R2000 (A0)",),
    "scan-engine": ("serial/HID-POS scan engine 7E00/0200",),
    "sci-scanner": ("serial SCI",),
    "serial-card-reader": ("serial CCID (STX\u2026xor ETX)",),
    "serial-scanner": ("serial", "any", "any (after framing)", "serial (Zebra 'Symbol' code id)"),
    "ssi-scanner": ("serial SSI",),
    "uhfreader18": ("serial 57600 8N1 UHFReader18", "serial/TCP UHFReader18"),
    "usb-dock": ("USB sysfs/libusb",),
    "zebra-iot": ("MQTT payload",),
}
"""A driver's groups of vectors."""

_BAY = BayReported(
    dock="d1", bay=1, word="FAULT", present=True, serial="X60A12345", charge_percent=80, files_pending=2, free_mb=900,
    firmware="1.20", clock_offset_s=-0.5, log_synced=False, fault="bent pin",
)  # fmt: skip
_DOCK_WORDS = (
    bay_packet("medway", _BAY, 7, "2026-11-22T10:00:00Z").payload,
    bay_packet("medway", BayReported(dock="d1", bay=1, word="EMPTY", present=False)).payload,
    dock_packet("medway", "d1", online=True, boot="5e").payload,
)

_LINES = frozenset(("cambrionix", "dhcp-dock", "serial-scanner", "usb-dock", "axis-body-worn"))
"""Drivers whose vectors are lines that still want their end."""


def of_groups(*groups: str) -> tuple[bytes, ...]:
    """The inputs of all vectors of these groups."""
    found = [it for it in vectors() if it["transport"] in groups]
    return tuple(
        bytes.fromhex(it["input_hex"]) if "input_hex" in it else it["input_text"].encode() for it in found
    )


def of_driver(name: str) -> tuple[bytes, ...]:
    """Seeds of a driver, and some of them one after the other."""
    end = b"\r\n" if name in _LINES else b""
    single = tuple(
        it if it.endswith((b"\r", b"\n", b"\x03")) else it + end for it in of_groups(*_GROUPS[name])
    )
    single += (
        (*NAMED.values(), aim_report("X1", "]C0"), plain_report("X1")) if name == "hid-pos-scanner" else ()
    )
    single += _DOCK_WORDS if name == "kit-dock" else ()
    return (b"", *single, b"".join(single[:5]), b"\xff\0" + b"\xff".join(single[-3:]))


def sound(make: Callable[[], Decoder], given: tuple[bytes, ...]) -> bytes:
    """The first seed of which a decoder makes readings and nothing garbled, fresh and after a long silence alike; empty
    where there is none. So not what a device is only asked at its start."""
    for each in given:
        said = _said(make(), each, 0.0)
        if (
            said
            and not any(isinstance(it, Garbled) for it in said)
            and said == _said(make(), each, 2 * LATER_S)
        ):
            return each
    return b""


def _said(decoder: Decoder, data: bytes, at_s: float) -> list[Reading]:
    if isinstance(decoder, Talking):
        decoder.opening()
    if at_s:
        decoder.idle(at_s - LATER_S)
    said = decoder.feed(data, at_s) + decoder.idle(at_s + LATER_S)
    return [it for it in said if not isinstance(it, DeviceReported)]


_CODE_GROUPS = (
    "any",
    "any (after framing)",
    "serial/HID",
    "EAN/UPC",
    "QR/DataMatrix",
    "serial (Zebra 'Symbol' code id)",
)
CODES = of_groups(*_CODE_GROUPS)
GS1 = tuple(it[3:] for it in of_groups("any (after framing)"))
LINKS = tuple(it[3:] for it in of_groups("QR/DataMatrix"))
EPCS = of_groups("EPC bank (any UHF reader)")
DESCRIPTORS = tuple(NAMED.values())

_SENT = (
    Sent(seq=1, device="d", observed_at_us=1, mono_ns=1, reading=CodePresented(text="X1", symbology="]C0")),
    Sent(
        seq=2,
        device="d",
        observed_at_us=1,
        mono_ns=1,
        age_ms=5,
        reading=BayReported(dock="d", bay=1, serial="X1"),
    ),
    Sent(
        seq=3,
        device="d",
        observed_at_us=1,
        mono_ns=1,
        reading=TagsSwept(tags=(TagSeen(epc="E200", rssi_dbm=-3.5),)),
    ),
)
DELIVERIES = (
    *(encode(Delivery(boot="0" * 32, stream=stream, sent=_SENT)) for stream in ("scan", "obs")),
    encode(Acknowledged(boot="0" * 32, upto=3, epoch="e", seq=3)),
)
BOOKS = (
    encode(
        BookLine(
            book="axis-body-worn",
            at_us=1,
            storage=("https://d/v1/a",),
            cameras=(Camera(serial="B8A44F000001", bay=1),),
        )
    ),
)
_AXIS = "2d6b8ea4-6b0c-4f0a-9d3e-3b1f1c7f0a11_ACCC8EF00001_20261122T081530Z"
REQUESTS = (
    f"PUT /v1/acct/{_AXIS} HTTP/1.1\r\nX-Container-Meta-Status: Transferring\r\nContent-Length: 0\r\n\r\n".encode(),
    b"PUT /v1/acct/Devices/B8A44F000001 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"POST /v1/acct/Devices/B8A44F000001 HTTP/1.1\r\nX-Object-Meta-Name: BWC%2D01\r\nX-Object-Meta-Model: W102\r\n\r\n",
)
SETTINGS = (
    (ROOT / "docs" / "bridge.example.toml").read_bytes(),
    b'bridge="b"\nservice="https://k"\nkey_file="k"\nspool_dir="s"\n[[station]]\ndevice="d"\ndriver="em4100"\nport="/dev/x"\n',
)
TABLES = (
    b'Serial,State,Seen\r\nX1,Docked,2026-11-22 10:00\r\nX2,"Out, late",\r\n',
    "sep=;\nSerial;State\nX1;Ladestation gr\u00fcn\n".encode("cp1252"),
    "Serial\tState\nX1\tDocked\n".encode("utf-16"),
)
DECLARED = (
    b"ref,GENDER,RELIGION\r\nP1,FEMALE,NONE\r\nP2,WITHDRAWN,\r\n",
    b'\xef\xbb\xbfref,"ETHNICITY"\nP1,"WHITE"\nP3,GREEN\n',
)
WORKBOOKS = (workbook(Devices=[["Serial", "State"], ["X1", "Docked"], ["X2", 3.5]]),)
