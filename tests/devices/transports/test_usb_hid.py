"""HID scanners by pyusb on a bus of our own: the right device, the right interface, and every way it goes wrong."""

import errno
from functools import partial
from pathlib import Path

import pytest

from devices.driver import Packet
from devices.errors import Gone, NotConfigured, NotOpened, Wedged
from devices.hid.packets import REFUSED, REPORT
from devices.hid.pos import NAMED
from devices.transports.usb_hid import HidPort, open_hid
from devices.usb_place import holder_of
from tests.devices.fake_usb import FakeBus, FakeScanner, Interface
from tests.devices.hid.reports import aim_report
from tests.devices.hid.test_descriptor import KEYBOARD

AIM = NAMED["aim"]
SCAN = aim_report("X30001234", "]C0")


@pytest.fixture
def scanner() -> FakeScanner:
    """A scanner that usbhid holds."""
    return FakeScanner([Interface(AIM)])


@pytest.fixture
def bus(scanner: FakeScanner) -> FakeBus:
    """A bus with the scanner in port 4 of the hub in port 2."""
    bus = FakeBus()
    bus.plug(FakeScanner([Interface(AIM)], vendor=0x1111), 2)
    bus.plug(scanner, 2, 4)
    return bus


def opened(bus: FakeBus, place: str = "usb:1-2.4", *, any_layout: bool = False) -> HidPort:
    """The port, its descriptor read."""
    port = open_hid(place, any_layout=any_layout, backend=bus)
    (packet,) = port.read(0.01)
    assert isinstance(packet, Packet)
    assert packet.topic.startswith("descriptor/")
    return port


def test_a_scanner_is_found_by_its_socket_and_says_its_layout_first(
    bus: FakeBus, scanner: FakeScanner
) -> None:
    port = open_hid("usb:1-2.4", backend=bus)
    assert port.read(0.01) == [Packet("descriptor/05e0:1300", AIM)]
    assert port.read(0.01) == []
    scanner.reports.put(SCAN)
    assert port.read(1.0) == [Packet(REPORT, SCAN)]
    port.kept()
    port.close()


def test_the_kernel_lets_go_and_gets_it_back(bus: FakeBus, scanner: FakeScanner) -> None:
    port = opened(bus)
    assert (scanner.interfaces[0].held_by_kernel, scanner.interfaces[0].claimed) == (False, True)
    port.close()
    port.close()
    assert (scanner.interfaces[0].held_by_kernel, scanner.interfaces[0].claimed) == (True, False)
    assert scanner.opened == 0


def test_what_was_scanned_before_the_bridge_opened_is_dropped(bus: FakeBus, scanner: FakeScanner) -> None:
    scanner.reports.put(aim_report("an hour ago", "]C0"))
    port = opened(bus)
    scanner.reports.put(SCAN)
    assert port.read(1.0) == [Packet(REPORT, SCAN)]


def test_the_scanners_interface_is_found_beside_others_and_they_are_given_back(bus: FakeBus) -> None:
    keyboard, other = Interface(KEYBOARD, protocol=1), Interface(KEYBOARD)
    composite = FakeScanner([Interface(hid_class=2), keyboard, other, Interface(AIM)])
    bus.plug(composite, 3)
    assert "interface 3" in str(opened(bus, "usb:1-3"))
    assert (keyboard.held_by_kernel, keyboard.taken) == (True, 0)
    assert (other.held_by_kernel, other.taken) == (True, 1)
    with pytest.raises(NotConfigured, match="set the scanner to HID POS"):
        open_hid("usb:1-3:1.2", backend=bus)


@pytest.mark.parametrize(
    "interfaces", [[Interface(KEYBOARD, protocol=1)], [Interface(hid_class=8)], [Interface(KEYBOARD)], []]
)
def test_a_scanner_in_another_mode_says_what_to_set(bus: FakeBus, interfaces: list[Interface]) -> None:
    wrong = FakeScanner(interfaces)
    bus.plug(wrong, 9)
    with pytest.raises(NotConfigured, match="set the scanner to HID POS"):
        open_hid("usb:1-9", backend=bus)
    assert wrong.opened == 0


def test_a_configured_layout_opens_what_does_not_say_that_it_is_a_scanner(bus: FakeBus) -> None:
    bus.plug(
        FakeScanner([Interface(bytes.fromhex("0600FF0901A1018501750895 3E0902 8102 C0".replace(" ", "")))]), 5
    )
    with pytest.raises(NotConfigured):
        open_hid("usb:1-5", backend=bus)
    assert opened(bus, "usb:1-5", any_layout=True)


def test_a_keyboard_is_never_taken_whatever_is_configured(bus: FakeBus) -> None:
    keyboard = Interface(KEYBOARD, protocol=1)
    bus.plug(FakeScanner([keyboard]), 5)
    with pytest.raises(NotConfigured, match="a keyboard"):
        open_hid("usb:1-5", any_layout=True, backend=bus)
    assert keyboard.taken == 0


def test_a_report_is_sent_as_a_set_report_request(bus: FakeBus, scanner: FakeScanner) -> None:
    opened(bus).write(bytes.fromhex("03FE01"))
    assert scanner.set == [(0x03FE, b"\xfe\x01")]


def test_a_report_that_the_device_refuses_comes_back_and_ends_nothing(
    bus: FakeBus, scanner: FakeScanner
) -> None:
    port = opened(bus)
    scanner.fails["set"] = errno.EPIPE
    port.write(bytes.fromhex("03FE01"))
    assert port.read(0.01) == [Packet(REFUSED, bytes.fromhex("03FE01"))]
    scanner.reports.put(SCAN)
    assert port.read(1.0) == [Packet(REPORT, SCAN)]


def test_an_unplugged_scanner_is_gone_and_back_when_it_is_plugged_in_again(
    bus: FakeBus, scanner: FakeScanner
) -> None:
    port = opened(bus)
    bus.pull(2, 4)
    with pytest.raises(Gone, match=r"usb:1-2\.4 went away"):
        port.read(0.01)
    with pytest.raises(Gone, match="takes nothing"):
        port.write(bytes.fromhex("03FE01"))
    port.close()
    with pytest.raises(NotOpened, match="nothing is plugged in there") as refused:
        open_hid("usb:1-2.4", backend=bus)
    assert refused.value.word == "MISSING"
    bus.plug(scanner, 2, 4)
    scanner.reports.put(SCAN)
    assert opened(bus)


@pytest.mark.parametrize("number", [errno.EIO, errno.EPROTO, errno.EPIPE, errno.EOVERFLOW])
def test_a_read_that_fails_in_any_way_ends_the_session(
    bus: FakeBus, scanner: FakeScanner, number: int
) -> None:
    port = opened(bus)
    scanner.fails["read"] = number
    with pytest.raises(Gone):
        port.read(0.01)


@pytest.mark.parametrize(
    ("act", "number", "word", "said"),
    [
        ("open", errno.EACCES, "DENIED", "kit-bridge udev"),
        ("open", errno.ENODEV, "MISSING", "went away"),
        ("claim", errno.EBUSY, "BUSY", "another program holds it"),
        ("detach", errno.EACCES, "BUSY", "another program holds it"),
        ("descriptor", errno.EPIPE, "MISSING", "plug it in again"),
    ],
)
def test_a_scanner_that_cannot_be_opened_says_why(
    bus: FakeBus, scanner: FakeScanner, act: str, number: int, word: str, said: str
) -> None:
    scanner.fails[act] = number
    with pytest.raises(NotOpened, match=said) as refused:
        open_hid("usb:1-2.4", backend=bus)
    assert refused.value.word == word
    assert scanner.opened == 0


def test_a_scanner_that_answers_nothing_is_wedged(bus: FakeBus, scanner: FakeScanner) -> None:
    scanner.fails["descriptor"] = errno.ETIMEDOUT
    with pytest.raises(Wedged, match="does not answer"):
        open_hid("usb:1-2.4", backend=bus)
    assert scanner.opened == 0


def test_where_nobody_can_tell_whether_the_kernel_holds_it_the_claim_decides(
    bus: FakeBus, scanner: FakeScanner
) -> None:
    scanner.fails["active"] = errno.ENOTTY
    with pytest.raises(NotOpened) as refused:
        open_hid("usb:1-2.4", backend=bus)
    assert refused.value.word == "BUSY"
    scanner.interfaces[0].held_by_kernel = False
    assert opened(bus)


def test_an_interface_that_sends_nothing_is_no_scanner(bus: FakeBus) -> None:
    bus.plug(FakeScanner([Interface(AIM, endpoint=0x01)]), 6)
    with pytest.raises(NotConfigured, match="sends no reports"):
        open_hid("usb:1-6", backend=bus)


@pytest.mark.parametrize("port", ["/dev/ttyACM0", "usb:", "usb:1", "usb:1-2.", "usb:1-2:1", "usb:x-1", ""])
def test_a_port_that_is_no_place_is_named(bus: FakeBus, port: str) -> None:
    with pytest.raises(NotConfigured, match="expected a USB place"):
        open_hid(port, backend=bus)


def test_what_holds_the_interface_is_named_with_how_to_mend_it(
    bus: FakeBus, scanner: FakeScanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1-2.4:1.0").mkdir()
    (tmp_path / "1-2.4:1.0" / "driver").symlink_to("../../bus/usb/drivers/usbhid")
    monkeypatch.setattr("devices.transports.usb_hid.holder_of", partial(holder_of, sysfs=tmp_path))
    scanner.fails["detach"] = errno.EACCES
    with pytest.raises(
        NotOpened, match=r"driver usbhid .* echo 1-2\.4:1\.0 > /sys/bus/usb/drivers/usbhid/unbind"
    ):
        open_hid("usb:1-2.4", backend=bus)


def test_this_machines_own_bus_can_be_asked() -> None:
    with pytest.raises(NotOpened):
        open_hid("usb:250-1")
