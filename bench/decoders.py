"""Decoder throughput beside biip (GS1) and epcpy (EPC), interleaved in one run.

python -m bench.decoders
"""

import statistics
import time
from collections.abc import Callable

from biip.gs1_messages import GS1Message
from epcpy import hex_to_tag_encodable  # type: ignore[attr-defined]

from bench import report
from devices.codes import epc, gs1
from devices.driver import Decoder
from devices.drivers import DRIVERS
from devices.drivers.scanners import serial_scanner

ROUNDS = 7
GS1 = (
    "0109506000134352211234\x1d17261231",
    "8003095211411234545678",
    "800495211415678",
    "010950600013435221ABC123\x1d10LOT7",
)
EPCS = (
    "3066C4409047E140075BCD15",
    "3376451FD40C0E400000162E",
    "3476451FD40000000000162E",
    "311BA1B300CE0A6A83000000",
)


def _each(act: Callable[[str], object], words: tuple[str, ...], count: int) -> float:
    began = time.perf_counter()
    for n in range(count):
        act(words[n % len(words)])
    return count / (time.perf_counter() - began)


def compare(
    name: str, ours: Callable[[str], object], peer: Callable[[str], object], words: tuple[str, ...]
) -> dict[str, object]:
    """Codes a second of both, in turn, and the median of the rounds' ratios."""
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


def main() -> None:
    """Command line, see the module."""
    rows = [
        compare("GS1 element strings, biip", gs1.parse, GS1Message.parse, GS1),
        compare("EPC 96 bit, epcpy", epc.decode, hex_to_tag_encodable, EPCS),
        scanner(),
    ]
    for row in rows:
        report.show_row(row)
    report.write("decoders", rows)


if __name__ == "__main__":
    main()
