"""A USB bus in this process: a pyusb backend with sockets that scanners are plugged into and pulled from.

One rule for the editor: it fails as libusb does (error numbers measured with pyusb 1.3.1).
"""

import array
import errno
import queue
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import usb.core
from usb.backend import IBackend

LIBUSB_ERRORS = {errno.EACCES: -3, errno.ENODEV: -4, errno.EBUSY: -6, errno.ETIMEDOUT: -7, errno.EPIPE: -9}


class Words(dict[str, Any]):
    """A descriptor of libusb: its fields by name."""

    __getattr__ = dict.__getitem__


@dataclass
class Interface:
    """One interface of a device, as its descriptors say. `held_by_kernel`: usbhid is bound to it; `taken` counts how
    often it was made to let go."""

    report_descriptor: bytes = b""
    hid_class: int = 3
    protocol: int = 0
    endpoint: int = 0x81
    held_by_kernel: bool = True
    claimed: bool = False
    taken: int = 0


@dataclass
class FakeScanner:
    """A device. `fails` is what happens to an act ("open", "claim", "detach", "active", "descriptor", "set"): its
    error number; `set` are the reports it was given, `released` counts the interfaces given back."""

    interfaces: list[Interface]
    vendor: int = 0x05E0
    product: int = 0x1300
    fails: dict[str, int] = field(default_factory=dict)
    reports: queue.SimpleQueue[bytes] = field(default_factory=queue.SimpleQueue)
    set: list[tuple[int, bytes]] = field(default_factory=list)
    opened: int = 0

    def may(self, act: str) -> None:
        """Fail `act` where it is to fail."""
        number = self.fails.get(act)
        if number == errno.ETIMEDOUT:
            raise usb.core.USBTimeoutError("Operation timed out", LIBUSB_ERRORS[number], number)
        if number is not None:
            raise usb.core.USBError(errno.errorcode[number], LIBUSB_ERRORS.get(number, -99), number)


class FakeBus(IBackend):
    """The backend. `sockets` maps the ports of a place to what is plugged in there."""

    def __init__(self, bus: int = 1) -> None:
        super().__init__()
        self.bus = bus
        self.sockets: dict[tuple[int, ...], FakeScanner] = {}

    def plug(self, scanner: FakeScanner, *ports: int) -> None:
        """Plug it in."""
        self.sockets[ports] = scanner

    def pull(self, *ports: int) -> None:
        """Pull out what is there."""
        del self.sockets[ports]

    def _there(self, scanner: FakeScanner) -> None:
        if scanner not in self.sockets.values():
            raise usb.core.USBError("No such device (it may have been disconnected)", -4, errno.ENODEV)

    def enumerate_devices(self) -> Iterator[tuple[tuple[int, ...], FakeScanner]]:
        return iter(list(self.sockets.items()))

    def get_device_descriptor(self, dev: Any) -> Words:
        ports, scanner = dev
        return Words(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=scanner.vendor, idProduct=scanner.product, bcdDevice=0x100,
            iManufacturer=0, iProduct=0, iSerialNumber=0, bNumConfigurations=1, address=7, bus=self.bus,
            port_number=ports[-1], port_numbers=ports, speed=2,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: Any, config: int) -> Words:
        if config:
            raise IndexError(config)
        return Words(
            bLength=9, bDescriptorType=2, wTotalLength=41, bNumInterfaces=len(dev[1].interfaces),
            bConfigurationValue=1, iConfiguration=0, bmAttributes=0x80, bMaxPower=50, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: Any, intf: int, alt: int, config: int) -> Words:
        interfaces = dev[1].interfaces
        if alt or config or intf >= len(interfaces):
            raise IndexError(intf)
        it = interfaces[intf]
        length = len(it.report_descriptor).to_bytes(2, "little")
        hid = [9, 0x21, 0x11, 1, 0, 1, 0x22, *length] if it.hid_class == 3 else []
        return Words(
            bLength=9, bDescriptorType=4, bInterfaceNumber=intf, bAlternateSetting=0, bNumEndpoints=1,
            bInterfaceClass=it.hid_class, bInterfaceSubClass=int(bool(it.protocol)), bInterfaceProtocol=it.protocol,
            iInterface=0, extra_descriptors=hid,
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev: Any, ep: int, intf: int, alt: int, config: int) -> Words:
        if ep:
            raise IndexError(ep)
        return Words(
            bLength=7, bDescriptorType=5, bEndpointAddress=dev[1].interfaces[intf].endpoint + intf, bmAttributes=3,
            wMaxPacketSize=64, bInterval=10, bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: Any) -> FakeScanner:
        scanner: FakeScanner = dev[1]
        self._there(scanner)
        scanner.may("open")
        scanner.opened += 1
        return scanner

    def close_device(self, dev_handle: FakeScanner) -> None:
        dev_handle.opened -= 1

    def get_configuration(self, dev_handle: FakeScanner) -> int:
        return 1

    def is_kernel_driver_active(self, dev_handle: FakeScanner, intf: int) -> bool:
        dev_handle.may("active")
        return dev_handle.interfaces[intf].held_by_kernel

    def detach_kernel_driver(self, dev_handle: FakeScanner, intf: int) -> None:
        dev_handle.may("detach")
        dev_handle.interfaces[intf].held_by_kernel = False
        dev_handle.interfaces[intf].taken += 1

    def attach_kernel_driver(self, dev_handle: FakeScanner, intf: int) -> None:
        self._there(dev_handle)
        dev_handle.interfaces[intf].held_by_kernel = True

    def claim_interface(self, dev_handle: FakeScanner, intf: int) -> None:
        dev_handle.may("claim")
        if dev_handle.interfaces[intf].held_by_kernel:
            raise usb.core.USBError("Resource busy", -6, errno.EBUSY)
        dev_handle.interfaces[intf].claimed = True

    def release_interface(self, dev_handle: FakeScanner, intf: int) -> None:
        self._there(dev_handle)
        dev_handle.interfaces[intf].claimed = False

    def ctrl_transfer(
        self, dev_handle: FakeScanner, bmRequestType: int, bRequest: int, wValue: int, wIndex: int,  # noqa: N803
        data: Any, timeout: int,
    ) -> int:  # fmt: skip
        self._there(dev_handle)
        if bRequest == 0x09:
            dev_handle.may("set")
            dev_handle.set.append((wValue, bytes(data)))
            return len(data)
        dev_handle.may("descriptor")
        assert (bmRequestType, bRequest, wValue) == (0x81, 0x06, 0x2200)
        answer = dev_handle.interfaces[wIndex].report_descriptor[: len(data)]
        data[: len(answer)] = array.array("B", answer)
        return len(answer)

    def intr_read(self, dev_handle: FakeScanner, ep: int, intf: int, buff: Any, timeout: int) -> int:
        self._there(dev_handle)
        dev_handle.may("read")
        try:
            report = dev_handle.reports.get(timeout=timeout / 1000)
        except queue.Empty:
            self._there(dev_handle)
            raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT) from None
        buff[: len(report)] = array.array("B", report)
        return len(report)
