"""How long a tray of 200 tags takes to settle: from its last byte on a reader's line to its one sweep in the spool.

The line is a pty, or for a reader on the network a TCP connection.

python -m bench.sweeps
"""

import statistics
import tempfile
import threading
import time
from binascii import crc_hqx
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from bench import report as results
from devices.drivers import DRIVERS
from devices.drivers.rfid import m100, mercury, r2000, uhfreader18
from devices.readings import DeviceReported, Reading, TagsSwept
from devices.transports.port import Port
from devices.transports.serial_port import open_serial
from devices.transports.tcp import Address, open_tcp
from devices.wire import Stream
from firmware_bridge.clock import SYSTEM
from firmware_bridge.intake import Seen
from firmware_bridge.roll import Roll
from firmware_bridge.settings import Timing
from firmware_bridge.simulate import Simulated, SimulatedPort
from firmware_bridge.simulated_reader import SimulatedReader, report, tag
from firmware_bridge.spool import Observed, Spool
from firmware_bridge.station import Desk, Station
from firmware_bridge.watcher import Watcher

TAGS = [bytes.fromhex(f"3034257BF7194E4000{n:06X}") for n in range(200)]
ROUNDS = 5
PASSES = (1, 3)
"""How often each tag of the tray is read. Once is the hardest: then the last byte is the last new tag."""


def _m100(epc: bytes) -> bytes:
    said = b"\x30\x00" + epc
    crc = (crc_hqx(said, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
    return m100.frame(m100.SEEN, m100.SINGLE, b"\xc9" + said + crc)


def _mercury(epc: bytes) -> bytes:
    fields = bytes.fromhex("10001B01FF0101C4110E16400000012700000500000F00803000")
    return mercury.answer(mercury.READ_MULTIPLE, 0, fields + epc + b"\x00\x00")


def _r2000(epc: bytes) -> bytes:
    return r2000.frame(r2000.INVENTORY, b"\x00\x30\x00" + epc + b"\x55", 1)


def _uhfreader18(epc: bytes) -> bytes:
    return uhfreader18.answer(uhfreader18.INVENTORY, 0x03, b"\x01\x0c" + epc)


def _llrp(epc: bytes) -> bytes:
    return report(tag(epc))


FRAMES = {"llrp": _llrp, "m100": _m100, "mercury": _mercury, "r2000": _r2000, "uhfreader18": _uhfreader18}


@dataclass
class Keeping:
    """Keeps sweeps in a real spool and notes when each was safe."""

    spool: Spool
    sweeps: list[tuple[float, int]] = field(default_factory=list)
    kept: threading.Event = field(default_factory=threading.Event)

    def seen_now(self) -> Seen:
        """Both clocks."""
        return Seen(SYSTEM.wall_us(), SYSTEM.mono_ns())

    def take(self, device: str, stream: Stream, readings: Sequence[Reading], seen: Seen) -> None:
        """Commit, then look at the time."""
        del stream
        rows = [Observed(device, seen.wall_us, seen.mono_ns, reading) for reading in readings]
        self.spool.keep("0" * 32, rows, seen.wall_us)
        at_s = time.monotonic()
        self.sweeps += [(at_s, len(it.tags)) for it in readings if isinstance(it, TagsSwept)]
        if self.sweeps:
            self.kept.set()


def _opened(link: str, driver: str) -> Port:
    """The reader's line, as a bridge opens it."""
    return open_tcp(link) if link.startswith("tcp:") else open_serial(link, DRIVERS[driver].baud)


def settle(driver: str, passes: int, folder: Path) -> tuple[float, int, int]:
    """Seconds from the tray's last byte to its sweep on disk, its tags, and how many sweeps there were."""
    folder.mkdir(parents=True)
    is_tcp = DRIVERS[driver].transport == "tcp"
    port: Simulated = SimulatedReader(Address("127.0.0.1", 0)) if is_tcp else SimulatedPort(folder / "tray")
    port.plug()
    keeping = Keeping(Spool(folder / "spool.sqlite", 64 << 20, 86_400))
    station = Station("tray", DRIVERS[driver], {}, lambda: _opened(str(port.link), driver))
    roll, stop = Roll(), threading.Event()
    roll.listed([DeviceReported(device="tray", word="STOPPED")])
    watcher = Watcher(station, Desk(keeping, roll, SYSTEM, alive=lambda: None), Timing())
    thread = threading.Thread(target=watcher.run, args=(stop,))
    thread.start()
    while not port.is_open():
        time.sleep(0.01)
    frame = FRAMES[driver]
    for _ in range(passes):
        for at in range(0, len(TAGS), 10):
            port.send(b"".join(frame(epc) for epc in TAGS[at : at + 10]))
            time.sleep(0.005)
    last_s = time.monotonic()
    assert keeping.kept.wait(10), "no sweep came"
    time.sleep(1.0)
    stop.set()
    thread.join()
    port.unplug()
    keeping.spool.close()
    return keeping.sweeps[0][0] - last_s, keeping.sweeps[0][1], len(keeping.sweeps)


def main() -> None:
    """Command line, see the module."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for driver, passes in product(FRAMES, PASSES):
            found = [settle(driver, passes, Path(folder) / f"{driver}-{passes}-{n}") for n in range(ROUNDS)]
            rows.append({
                "what": f"tray of {len(TAGS)} tags, {driver}, each read {passes} x",
                "settled_s_median": round(statistics.median(seconds for seconds, _, _ in found), 3),
                "settled_s_worst": round(max(seconds for seconds, _, _ in found), 3),
                "tags": sorted({tags for _, tags, _ in found}),
                "sweeps": sorted({sweeps for _, _, sweeps in found}),
            })  # fmt: skip
            results.show_row(rows[-1])
    results.write("sweeps", rows)


if __name__ == "__main__":
    main()
