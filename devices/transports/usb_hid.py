"""USB HID devices by pyusb and libusb: the only file of ours that imports them.

    open    find by place -> set the kernel's usbhid aside -> claim -> report descriptor -> drop what was waiting
    read    an input report, or silence after the time-out
    close   give the interface back to the kernel

One rule for the editor: every way libusb reports an unplugged device ends here as `Gone`. pyusb's USBError is an
OSError, its time-out too (errno 110, measured with pyusb 1.3.1); an unplugged device is errno 19, a device that is
being reset or browned out 5 or 84. `is_kernel_driver_active` may fail where nothing is in the way (a mocked bus,
another system): so it is not believed, and the claim that follows decides.
"""

import errno
import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libusb_package
import usb.core
import usb.util

from devices.codes.problem import Problem
from devices.driver import Packet
from devices.errors import DeviceError, Gone, NotConfigured, NotOpened, Wedged
from devices.hid.descriptor import Descriptor, read_descriptor
from devices.hid.packets import REFUSED, REPORT, descriptor_topic
from devices.hid.pos import pos_reports
from devices.readings import DeviceWord
from devices.transports.port import Arrival
from devices.usb_place import UsbPlace, holder_of, read_place

HID_CLASS, HID_DESCRIPTOR = 0x03, 0x21
BOOT_PROTOCOLS = frozenset((1, 2))
"""Keyboards and mice: never taken from the kernel, or the machine's own keyboard would fall silent."""

GET_REPORT_DESCRIPTOR = (0x81, 0x06, 0x2200)
SET_REPORT = (0x21, 0x09)
CONTROL_MS = 1000
DRAIN_MS = 20
DRAIN_MAX = 64
REPORT_DESCRIPTOR_BYTES = 4096

_WORDS: dict[int | None, tuple[DeviceWord, str]] = {
    errno.EACCES: ("DENIED", "permission denied; install the rules that `kit-bridge udev` prints"),
    errno.EPERM: ("DENIED", "permission denied; install the rules that `kit-bridge udev` prints"),
    errno.EBUSY: ("BUSY", "something else holds it"),
}
_MISSING: tuple[DeviceWord, str] = ("MISSING", "it went away while it was opened; plug it in again")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """An interface that is ours: where its reports come from, and whether the kernel wants it back."""

    number: int
    endpoint: int
    packet_bytes: int
    was_kernels: bool
    descriptor: bytes

    @property
    def read_bytes(self) -> int:
        """How much to ask for: the longest report in whole packets, or libusb calls a full packet an overflow."""
        read = read_descriptor(self.descriptor)
        longest = max(read.report_bytes.values(), default=0) if isinstance(read, Descriptor) else 0
        return max(1, -(-longest // self.packet_bytes)) * self.packet_bytes


class HidPort:
    """An open HID device. It satisfies `devices.transports.port.Port`; `devices.hid.packets` says what it carries."""

    def __init__(self, device: Any, claimed: _Claimed, place: UsbPlace) -> None:
        self._device = device
        self._claimed = claimed
        self._place = place
        self._size = claimed.read_bytes
        topic = descriptor_topic(device.idVendor, device.idProduct)
        self._waiting: deque[Packet] = deque([Packet(topic, claimed.descriptor)])

    def __str__(self) -> str:
        return f"{self._place} interface {self._claimed.number}, reports of up to {self._size} bytes"

    def read(self, timeout_s: float) -> list[Arrival]:
        """The report descriptor first; then the next input report, waiting at most `timeout_s` for it."""
        if self._waiting:
            return [self._waiting.popleft()]
        try:
            data = self._device.read(self._claimed.endpoint, self._size, max(1, int(timeout_s * 1000)))
        except usb.core.USBTimeoutError:
            return []
        except OSError as error:
            raise Gone(f"{self._place} went away ({error}); plug it back in") from error
        return [Packet(REPORT, bytes(data))] if data else []

    def kept(self) -> None:
        """Nothing to do: a report is gone from the device once it is read."""

    def write(self, data: bytes) -> None:
        """Send a report: its kind first (`devices.hid.packets`). One that the device refuses comes back by `read`."""
        request = (*SET_REPORT, data[0] << 8 | data[1], self._claimed.number)
        try:
            self._device.ctrl_transfer(*request, data[1:], CONTROL_MS)
        except OSError as error:
            if error.errno == errno.EPIPE:  # a stall: it does not know this report
                self._waiting.append(Packet(REFUSED, data))
                return
            raise Gone(f"{self._place} takes nothing ({error}); plug it back in") from error

    def close(self) -> None:
        """Let the interface go, back to the kernel where it was the kernel's."""
        _let_go(self._device, self._claimed.number, was_kernels=self._claimed.was_kernels)
        _dispose(self._device)

    def drop_waiting(self) -> None:
        """Forget what was scanned before the port was open: nobody is waiting for it any more."""
        for _ in range(DRAIN_MAX):
            try:
                self._device.read(self._claimed.endpoint, self._size, DRAIN_MS)
            except usb.core.USBTimeoutError:
                return


def open_hid(port: str, *, any_layout: bool = False, backend: Any = None) -> HidPort:
    """Open the HID POS scanner at `port`, a place such as "usb:1-2.4", alone; with `any_layout` whatever HID device
    is there. `backend` is pyusb's, libusb by default.

    Raises NotOpened with the word to report, Wedged, or NotConfigured where no scanner of this kind is set up there.
    """
    place = read_place(port)
    backend = backend or libusb_package.get_libusb1_backend()
    if backend is None:
        raise NotConfigured(f"{place}: libusb cannot be loaded; install the package libusb-package again")
    try:
        device = _device_at(place, backend)
    except OSError as error:
        raise NotOpened(f"{place}: the USB devices cannot be listed ({error})") from error
    if device is None:
        raise NotOpened(f"{place}: nothing is plugged in there; see `kit-bridge devices`")
    try:
        return _opened(device, place, any_layout=any_layout)
    except usb.core.USBTimeoutError as error:
        _dispose(device)
        raise Wedged(f"{place} does not answer; unplug it and plug it in again") from error
    except OSError as error:
        _dispose(device)
        word, why = _WORDS.get(error.errno, _MISSING)
        raise NotOpened(f"{place}: {why} ({error})", word) from error
    except DeviceError:
        _dispose(device)
        raise


def _device_at(place: UsbPlace, backend: Any) -> Any:
    for device in usb.core.find(find_all=True, backend=backend):
        if device.bus == place.bus and tuple(device.port_numbers or ()) == place.ports:
            return device
    return None


def _opened(device: Any, place: UsbPlace, *, any_layout: bool) -> HidPort:
    looked = 0
    for interface in _interfaces(device, place):
        looked += 1
        claimed = _claim(device, interface, place)
        if any_layout or _is_scanner(claimed.descriptor):
            port = HidPort(device, claimed, place)
            port.drop_waiting()
            return port
        _let_go(device, claimed.number, was_kernels=claimed.was_kernels)
    found = "no HID POS scanner by its report descriptor" if looked else "a keyboard, or no HID device at all"
    raise NotConfigured(
        f"{place}: what is plugged in there is {found}; set the scanner to HID POS by its manual"
    )


def _interfaces(device: Any, place: UsbPlace) -> Iterator[Any]:
    """The interfaces that may be a scanner's, each in its first setting."""
    for interface in device.get_active_configuration():
        if interface.bInterfaceClass != HID_CLASS or interface.bAlternateSetting:
            continue
        if interface.bInterfaceProtocol not in BOOT_PROTOCOLS and place.interface in (
            None,
            interface.bInterfaceNumber,
        ):
            yield interface


def _claim(device: Any, interface: Any, place: UsbPlace) -> _Claimed:
    number = interface.bInterfaceNumber
    endpoint = next((it for it in interface if it.bEndpointAddress & 0x80 and it.bmAttributes & 3 == 3), None)
    if endpoint is None:
        raise NotConfigured(f"{place}: its HID interface {number} sends no reports")
    was_kernels = _set_aside(device, number)
    try:
        usb.util.claim_interface(device, number)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise NotOpened(f"{place}: {_in_the_way(place, number)}", "BUSY") from error
        raise
    length = _descriptor_bytes(interface)
    descriptor = bytes(device.ctrl_transfer(*GET_REPORT_DESCRIPTOR, number, length, CONTROL_MS))
    return _Claimed(number, endpoint.bEndpointAddress, endpoint.wMaxPacketSize, was_kernels, descriptor)


def _set_aside(device: Any, number: int) -> bool:
    """Ask the kernel's driver to let an interface go; whether it did."""
    try:
        if not device.is_kernel_driver_active(number):
            return False
        device.detach_kernel_driver(number)
    except (OSError, NotImplementedError) as error:
        log.debug("interface %d: the kernel's driver was not set aside: %s", number, error)
        return False
    return True


def _in_the_way(place: UsbPlace, number: int) -> str:
    holder = holder_of(place, number)
    if holder in (None, "usbfs"):
        return "another program holds it; stop it, or the bridge that runs already"
    name = f"{str(place).removeprefix('usb:')}:1.{number}"
    mend = f"echo {name} > /sys/bus/usb/drivers/{holder}/unbind"
    return f"the kernel's driver {holder} holds it and does not let go; as root: {mend}"


def _descriptor_bytes(interface: Any) -> int:
    """How long the report descriptor is, by the HID descriptor among the interface's others."""
    others, at = bytes(interface.extra_descriptors), 0
    while at + 9 <= len(others) and others[at]:
        if others[at + 1] == HID_DESCRIPTOR:
            return int.from_bytes(others[at + 7 : at + 9], "little")
        at += others[at]
    return REPORT_DESCRIPTOR_BYTES


def _is_scanner(data: bytes) -> bool:
    descriptor = read_descriptor(data)
    return not isinstance(descriptor, Problem) and bool(pos_reports(descriptor))


def _let_go(device: Any, number: int, *, was_kernels: bool) -> None:
    try:
        usb.util.release_interface(device, number)
        if was_kernels:
            device.attach_kernel_driver(number)
    except (OSError, NotImplementedError) as error:
        log.debug("interface %d could not be given back: %s", number, error)


def _dispose(device: Any) -> None:
    try:
        usb.util.dispose_resources(device)
    except OSError as error:
        log.debug("a USB device could not be let go: %s", error)
