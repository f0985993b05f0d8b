"""Cameras in the USB ports of a dock, from a folder as the kernel shows it to what the service is told."""

import shutil
from collections.abc import Callable
from pathlib import Path

from devices.readings import BayReported
from tests.firmware_bridge.bridge_process import BridgeFolder, until
from tests.firmware_bridge.stub_service import StubService

Make = Callable[..., BridgeFolder]
STATION = """[[station]]
device = "rack-1"
driver = "usb-dock"
port = "{}"
options = {{ bays = "1=1-2.1 2=1-2.2", came_s = 0, gone_s = 0 }}
"""


def plug(folder: Path, name: str, serial: str | None = None) -> None:
    (folder / name).mkdir()
    if serial:
        (folder / name / "serial").write_text(serial + "\n", "utf-8")
    (folder / name / "idVendor").write_text("0525\n", "utf-8")


def test_a_camera_is_docked_and_taken_and_the_service_is_told_of_both(
    bridge_folder: Make, service: StubService, tmp_path: Path
) -> None:
    bus = tmp_path / "bus"
    bus.mkdir()
    plug(bus, "1-2")
    plug(bus, "1-2.1", "X60A12345")

    def told() -> list[tuple[str, int, bool | None, str | None]]:
        bays = [it.reading for it in service.observations() if isinstance(it.reading, BayReported)]
        return [(it.dock, it.bay, it.present, it.serial) for it in bays]

    bridge = bridge_folder(more=STATION.format(bus))
    bridge.start()
    until(lambda: len(told()) == 2, "both bays")
    shutil.rmtree(bus / "1-2.1")
    until(lambda: len(told()) == 3, "the empty bay")
    assert told() == [
        ("rack-1", 1, True, "X60A12345"),
        ("rack-1", 2, False, None),
        ("rack-1", 1, False, None),
    ]
    assert bridge.stop() == 0
