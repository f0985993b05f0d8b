"""What a bridge at Medway has told, for the pages of devices to show: one well, one silent, devices with every trouble.

One rule for the editor: it is told through the functions that a bridge's own words come by, never written as rows.
"""

from api import bridges, heartbeats
from devices.readings import DeviceReported, Garbled
from devices.wire import Answer, Heartbeat, Sent
from inventory.custody.docking import bay_reported
from inventory.schema.tx import Tx
from inventory.stock.docks import BayWord
from tests import small_force as force
from tests.browser.service import Running

BOOT = "ab" * 16
HUB = DeviceReported(device="charging-hub", word="OPEN", driver="cambrionix", port="usb:1-4", firmware="1.83",
                     good=10_482, repeated=3_120)  # fmt: skip
DEVICES = (
    DeviceReported(device="hatch-scanner", word="OPEN", driver="serial-scanner", port="usb:1-2", good=1204, garbled=3,
                   repeated=17, firmware="CAABLS00-004-R01"),
    DeviceReported(device="card-reader", word="WEDGED", driver="em4100",
                   port="/dev/serial/by-path/pci-0000:00:14.0-usb-0:3",
                   detail="It was asked three times and gave no answer.", good=880),
    DeviceReported(device="shelf-reader", word="MISSING", driver="m100", port="usb:1-7"),
    DeviceReported(device="rack", word="OPEN", driver="kit-dock", firmware="0.9", good=96),
    HUB,
)  # fmt: skip
GARBLED = Garbled(reason="CHECKSUM", detail="The sum at its end is not that of the rest.", raw_hex="024142" * 70)


def tell(running: Running) -> int:
    """Tell the story; returns the id of the bridge that is well."""
    bridge_id: int = running.service.database.write(_tell)
    return bridge_id


def beat(tx: Tx, bridge_id: int, *devices: DeviceReported, off_us: int = 0) -> None:
    """A heartbeat now."""
    later_us = tx.now_us + 90 * 24 * force.HOUR
    said = Heartbeat(boot=BOOT, wall_us=tx.now_us - off_us, mono_ns=1, software="0.7.0", spool_waiting=4,
                     spool_bytes=4_000, spool_quota_bytes=1_000_000, certificate_ends_us=later_us,
                     devices=devices)  # fmt: skip
    heartbeats.beat(tx, bridge_id, said)


def _tell(tx: Tx) -> int:
    well, _ = bridges.add_bridge(tx, "medway-hatch", "ME")
    bridges.add_bridge(tx, "medway-new", "ME")
    silent, _ = bridges.add_bridge(tx, "medway-annexe", "ME")
    bridges.bind_station(tx, "medway-hatch", "hatch-scanner", force.HATCH)
    now_us = tx.now_us
    for minutes, word in ((90, "OPEN"), (30, "MISSING"), (29, "OPEN"), (8, "WEDGED")):
        tx.now_us = now_us - minutes * 60_000_000
        reader = DeviceReported(device="card-reader", word=word, driver="em4100")  # type: ignore[arg-type]
        beat(tx, well, reader, DeviceReported(device="rack", word="OPEN", driver="kit-dock", firmware="1.1"))
        annexe = DeviceReported(device="annexe-scanner", word="OPEN", driver="ssi-scanner", good=12)
        beat(tx, silent, annexe, off_us=3_400_000)
    tx.now_us = now_us
    beat(tx, well, *DEVICES, off_us=200_000)
    for seq in (1, 2):
        under = bridges.Under(well, BOOT, "scan", seq)
        sent = Sent(seq=seq, device="hatch-scanner", observed_at_us=now_us, mono_ns=seq, reading=GARBLED)
        bridges.store_reading(tx, under, sent, Answer(seq=seq, outcome="GARBLED"))
    for number, camera in enumerate(force.CAMERAS[:2], 1):
        word = BayWord(
            dock="medway-hatch/rack", bay=number, store_id=force.MEDWAY, word="READY", present=True,
            serial=force.serial(camera), observed_us=now_us, reading_key=f"{well}/{BOOT}/obs/{number}",
            charge_percent=100, files_pending=0, free_mb=60_000, firmware="1.19.4" if number == 1 else "1.24.3",
            bridge_id=well, device="docks",
        )  # fmt: skip
        bay_reported(tx, word)
    return well
