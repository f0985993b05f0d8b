"""Decoder throughput beside biip (GS1) and epcpy (EPC), interleaved in one run; and every driver's own, in MB a second.

    python -m bench.decoders

Both are asked for the same text, and it is compared: the pure identity, then the GS1 element string. Every EPC is
taken from its hex anew, but this decoder remembers what the tags of one class have in common (1024 classes a scheme),
as a tray holds few: `a tray of one model` has a serial of its own in each tag. What epcpy cannot read (the "+" schemes,
and what it raises at) is measured alone. A driver is fed its sound wire
vectors over and over, in pieces of 16 bytes as a tty gives them (a message at a time where it has messages).
"""

import statistics
import time
from collections.abc import Callable

from biip.gs1_messages import GS1Message
from epcpy import hex_to_tag_encodable  # type: ignore[attr-defined]
from epcpy.utils.common import ConvertException

from bench import report
from devices.codes import epc, epc_classic, gs1
from devices.codes.epc_value import Epc
from devices.driver import Decoder, Packet, PacketDecoder
from devices.drivers import DRIVERS
from devices.drivers.scanners import serial_scanner
from devices.readings import Reading
from tests.devices.feeding import vectors
from tests.fuzz import seeds
from tests.fuzz.targets import TOPICS

ROUNDS = 7
GS1 = (
    "0109506000134352211234\x1d17261231",
    "8003095211411234545678",
    "800495211415678",
    "010950600013435221ABC123\x1d10LOT7",
)
EPCS = tuple(
    it["input_hex"].upper()
    for it in vectors()
    if it["transport"] == "EPC bank (any UHF reader)" and it["kind"] == "valid"
)
FED_BYTES = 1 << 20
PIECE = 16


def _each(act: Callable[[str], object], words: tuple[str, ...], count: int) -> float:
    turns = words * (count // len(words))
    began = time.perf_counter()
    for word in turns:
        act(word)
    return len(turns) / (time.perf_counter() - began)


def compare(
    name: str, ours: Callable[[str], object], peer: Callable[[str], object], words: tuple[str, ...]
) -> dict[str, object]:
    """Codes a second of both, in turn, and the median of the rounds' ratios. `words` are at most 1000."""
    pairs = [(_each(ours, words, 4000), _each(peer, words, 1000)) for _ in range(ROUNDS)]
    return {
        "what": name,
        "ours_per_second": round(statistics.median(a for a, _ in pairs)),
        "peer_per_second": round(statistics.median(b for _, b in pairs)),
        "times_the_peer": round(statistics.median(a / b for a, b in pairs), 1),
    }


def scanner() -> dict[str, object]:
    """Frames a second of the serial scanner's driver, fed in pieces of 16 bytes as a tty gives them."""
    driver = DRIVERS["serial-scanner"]
    wire = b"".join(b"]C0X%08d\r" % n for n in range(20_000))
    decoder = driver.decoder({"prefix": "aim"})
    assert isinstance(decoder, Decoder)
    began = time.perf_counter()
    count = sum(len(decoder.feed(wire[at : at + 16], at / 1e6)) for at in range(0, len(wire), 16))
    seconds = time.perf_counter() - began
    assert count == 20_000, count
    return {
        "what": "serial scanner frames",
        "ours_per_second": round(count / seconds),
        "driver": serial_scanner.__name__,
    }


def _our_identity(text: str) -> str:
    found = epc.decode(text)
    return found.epc_uri if isinstance(found, Epc) else ""


def _their_identity(text: str) -> str:
    return str(hex_to_tag_encodable(text).epc_uri)


def _our_elements(text: str) -> str:
    found = epc.decode(text)
    return found.element_string if isinstance(found, Epc) else ""


def _their_elements(text: str) -> str:
    return str(hex_to_tag_encodable(text).gs1_element_string())


def epcs() -> list[dict[str, object]]:
    """What both read, all together and then scheme by scheme; then what epcpy does not read."""
    by_scheme: dict[str, list[str]] = {}
    for text in EPCS:
        found = epc.decode(text)
        assert isinstance(found, Epc), text
        by_scheme.setdefault(found.scheme, []).append(text)
    both = tuple(text for text in EPCS if _epcpy_reads(text))
    with_elements = tuple(text for text in both if _our_elements(text))
    tray = tuple(epc_classic.encode("giai-202", 0, ("9521141", f"X30{n:06}")) for n in range(1000))
    rows = [
        _epc_row("EPC to pure identity, every scheme that epcpy reads", _our_identity, _their_identity, both),
        _epc_row(
            "EPC to GS1 element string, all that have one", _our_elements, _their_elements, with_elements
        ),
        _epc_row("EPC to pure identity, a tray of one model", _our_identity, _their_identity, tray),
    ]
    for scheme, texts in sorted(by_scheme.items()):
        words = tuple(texts)
        if set(words) <= set(both):
            rows.append(_epc_row(f"EPC to pure identity, {scheme}", _our_identity, _their_identity, words))
        else:
            alone = statistics.median(_each(epc.decode, words, 4000) for _ in range(ROUNDS))
            rows.append({"what": f"EPC {scheme}", "ours_per_second": round(alone)})
    return rows


def _epc_row(
    name: str, ours: Callable[[str], str], peer: Callable[[str], str], words: tuple[str, ...]
) -> dict[str, object]:
    for word in words:
        assert ours(word) == peer(word), word
    return compare(name, ours, peer, words)


def _epcpy_reads(text: str) -> bool:
    try:
        hex_to_tag_encodable(text)
    except (ValueError, ConvertException):
        return False
    return True


def driver(name: str) -> dict[str, object]:
    """MB a second of a driver, and what it made of them: nothing sound is fed where nothing comes out."""
    wire = b"".join(seeds.of_driver(name)[1:-2]) or b"\0"
    decoder = DRIVERS[name].decoder({})
    times = FED_BYTES // len(wire)
    said = 0
    began = time.perf_counter()
    for turn in range(times):
        said += len(_fed(decoder, name, wire, turn / 10))
    seconds = time.perf_counter() - began
    is_serial = DRIVERS[name].transport == "serial"
    return {
        "what": f"driver {name}", "mb_per_second": round(times * len(wire) / seconds / 1e6, 2), "readings": said,
        "line_mb_per_second": round(DRIVERS[name].baud / 1e7, 4) if is_serial else "no serial line",
    }  # fmt: skip


def _fed(decoder: Decoder | PacketDecoder, name: str, wire: bytes, at_s: float) -> list[Reading]:
    if not isinstance(decoder, Decoder):
        topic = TOPICS[name][0]
        return [it for each in seeds.of_driver(name) for it in decoder.packet(Packet(topic, each), at_s)]
    return [it for at in range(0, len(wire), PIECE) for it in decoder.feed(wire[at : at + PIECE], at_s)]


def main() -> None:
    """Command line, see the module."""
    rows = [
        compare("GS1 element strings, biip", gs1.parse, GS1Message.parse, GS1),
        *epcs(),
        scanner(),
        *map(driver, DRIVERS),
    ]
    for row in rows:
        report.show_row(row)
    report.write("decoders", rows)


if __name__ == "__main__":
    main()
