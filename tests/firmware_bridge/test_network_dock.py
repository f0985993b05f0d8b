"""A network dock, from dnsmasq's lease file to what the service is told."""

from collections.abc import Callable
from pathlib import Path

from devices.readings import BayReported
from tests.firmware_bridge.bridge_process import BridgeFolder, until
from tests.firmware_bridge.stub_service import StubService

Make = Callable[..., BridgeFolder]
STATION = """[[station]]
device = "rack-2"
driver = "dhcp-dock"
port = "{}"
options = {{ bays = "1=00:25:df:00:00:07 2=00:25:df:00:00:08", settle_s = 0 }}
"""


def test_a_bay_with_a_lease_is_taken_and_the_service_is_told_when_it_ends(
    bridge_folder: Make, service: StubService, tmp_path: Path
) -> None:
    leases = tmp_path / "dnsmasq.leases"
    leases.write_text("0 00:25:df:00:00:07 10.99.0.56 X60A12345 *\n", "ascii")

    def told() -> list[tuple[str, int, bool | None]]:
        bays = [it.reading for it in service.observations() if isinstance(it.reading, BayReported)]
        return [(it.dock, it.bay, it.present) for it in bays]

    bridge = bridge_folder(more=STATION.format(leases))
    bridge.start()
    until(lambda: len(told()) == 2, "both bays")
    leases.write_text("", "ascii")
    until(lambda: len(told()) == 3, "the empty bay")
    assert told() == [("rack-2", 1, True), ("rack-2", 2, False), ("rack-2", 1, False)]
    assert bridge.stop() == 0
