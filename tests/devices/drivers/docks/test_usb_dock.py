"""USB ports as bays: what is docked by its serial number, and what is never guessed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.docks.bays import AGAIN_S
from devices.docks.usb_list import UsbSeen, list_line, read_list
from devices.drivers.docks.usb_dock import UsbDock
from devices.errors import NotConfigured
from devices.readings import BayReported, DeviceReported, Reading
from devices.usb_place import read_place
from devices.wire import decode_reading, encode
from tests.devices.feeding import before_the_last_byte, every_way, fed
from tests.devices.test_claimed_vectors import USB_SYSFS, of

HUB = UsbSeen(sysfs="1-2", idVendor="2cd9")
MAP = {"bays": "1=1-2.1 2=1-2.2 3=1-2.3 4=1-2.4"}


def dock() -> UsbDock:
    return UsbDock(MAP)


def camera(port: int, serial: str | None = "X60A12345") -> UsbSeen:
    return UsbSeen(sysfs=f"1-2.{port}", serial=serial, idVendor="0525", idProduct="a4a5")


def look(*cameras: UsbSeen) -> bytes:
    """A look at a dock whose hub is plugged in."""
    return list_line((HUB, *cameras))


def bays_of(readings: list[Reading]) -> dict[int, tuple[bool | None, str | None]]:
    return {it.bay: (it.present, it.serial) for it in readings if isinstance(it, BayReported)}


@of(USB_SYSFS)
def test_a_vector_is_read_the_same_however_it_is_cut(vector: dict[str, Any]) -> None:
    data = vector["input_text"].encode() + b"\n"
    for readings in every_way(dock, data):
        assert readings == fed(dock, data)
    assert before_the_last_byte(dock, data) == []


@of(USB_SYSFS, kind="valid")
def test_a_camera_is_docked_in_the_bay_of_its_port(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    (seen,) = read_list(vector["input_text"].encode())
    place = read_place(f"usb:{seen.sysfs}")
    assert (place.bus, list(place.ports), seen.sysfs) == (
        expected["bus"],
        expected["ports"],
        expected["location"],
    )
    docked = bays_of(fed(dock, vector["input_text"].encode() + b"\n"))
    assert docked[4] == (expected["event"] == "docked", expected["serial"])


@of(USB_SYSFS, kind="invalid")
def test_what_cannot_be_told_by_its_serial_is_in_its_bay_and_unknown(vector: dict[str, Any]) -> None:
    devices = json.loads(vector["input_text"])
    ports = [it["sysfs"][-1] for it in (devices if isinstance(devices, list) else [devices])]
    readings = fed(dock, vector["input_text"].encode() + b"\n")
    quarantined = [it for it in readings if isinstance(it, BayReported) and it.present]
    assert [str(it.bay) for it in quarantined] == ports
    assert all((it.serial, it.word) == (None, "UNKNOWN") and it.fault for it in quarantined)


def test_two_bays_with_one_serial_are_both_doubted_and_stay_so_when_one_is_emptied() -> None:
    decoder = dock()
    decoder.feed(look(camera(1)), 0.0)
    assert bays_of(decoder.idle(1.0)) == {1: (True, "X60A12345")}
    decoder.feed(look(camera(1), camera(2, "x60a12345"), camera(3, "X60A99999")), 10.0)
    decoder.idle(11.0)
    said = decoder.feed(look(camera(2, "x60a12345"), camera(3, "X60A99999")), 20.0)
    said += decoder.idle(30.0)
    assert bays_of(said) == {1: (False, None)}
    again = UsbDock(MAP)
    again.feed(look(camera(1), camera(2, "x60a12345"), camera(3, "X60A99999")), 0.0)
    assert bays_of(again.idle(5.0)) == {
        1: (True, None),
        2: (True, None),
        3: (True, "X60A99999"),
        4: (False, None),
    }


@pytest.mark.parametrize(
    "serial", [None, "", "0123456789abcdef", "00000000", "X60\u00e9", "9" * 3 + "8" * 200]
)
def test_a_serial_that_names_nothing_is_not_told(serial: str | None) -> None:
    decoder = dock()
    decoder.feed(look(camera(1, serial)), 0.0)
    (bay,) = decoder.idle(1.0)
    assert isinstance(bay, BayReported)
    assert (bay.present, bay.serial, bay.word) == (True, None, "UNKNOWN")
    assert bay.fault


def test_a_camera_that_starts_again_in_its_bay_was_never_away() -> None:
    decoder = dock()
    decoder.feed(look(camera(1)), 0.0)
    decoder.idle(10.0)
    assert decoder.feed(look(), 20.0) == []
    assert decoder.idle(22.0) == []
    assert decoder.feed(look(camera(1)), 22.5) == []
    assert decoder.idle(60.0) == []
    assert decoder.repeated == 1
    decoder.feed(look(), 70.0)
    assert bays_of(decoder.idle(73.0)) == {1: (False, None)}


def test_a_camera_at_rest_is_told_again_before_the_kit_store_takes_its_bay_for_silent() -> None:
    decoder = dock()
    decoder.feed(look(camera(1)), 0.0)
    told = bays_of(decoder.idle(5.0))
    assert told[1] == (True, "X60A12345")
    assert decoder.idle(4.9 + AGAIN_S) == []
    assert bays_of(decoder.idle(5.0 + AGAIN_S)) == told
    assert decoder.idle(5.1 + AGAIN_S) == []


def test_a_camera_that_is_put_into_another_bay_is_no_clone() -> None:
    decoder = dock()
    decoder.feed(look(camera(1)), 0.0)
    decoder.idle(10.0)
    decoder.feed(look(camera(2)), 20.0)
    assert bays_of(decoder.idle(21.0)) == {1: (False, None), 2: (True, "X60A12345")}


def test_a_look_that_is_late_does_not_swallow_what_had_lasted_until_then() -> None:
    decoder = dock()
    decoder.feed(look(camera(1)), 0.0)
    assert bays_of(decoder.feed(look(camera(2, "X60A2")), 10.0)) == {
        1: (True, "X60A12345"), 2: (False, None), 3: (False, None), 4: (False, None),
    }  # fmt: skip


def test_a_dock_that_is_unplugged_is_not_emptied() -> None:
    decoder = dock()
    decoder.feed(look(camera(1), camera(2, "X60A2")), 0.0)
    decoder.idle(10.0)
    decoder.feed(list_line(()), 20.0)
    said = decoder.idle(30.0)
    assert bays_of(said) == {1: (None, None), 2: (None, None), 3: (None, None), 4: (None, None)}
    assert all(isinstance(it, BayReported) and it.fault for it in said)


def test_bays_are_given_below_the_hub_as_a_cambrionix_hub_maps_them() -> None:
    decoder = UsbDock({"hub": "1-2", "bays": "9=1.3, 6=2.1"})
    decoder.feed(list_line([UsbSeen(sysfs="1-2.1.3", serial="X60A9"), UsbSeen(sysfs="1-2.2")]), 0.0)
    assert bays_of(decoder.idle(10.0)) == {9: (True, "X60A9"), 6: (False, None)}


def test_without_a_map_it_tells_no_bay_and_shows_what_is_plugged_in() -> None:
    decoder = UsbDock({})
    said = decoder.feed(look(camera(1)), 0.0) + decoder.feed(look(), 1.0)
    assert [it.word for it in said if isinstance(it, DeviceReported)] == ["MISCONFIGURED"]
    assert len(said) == 1
    assert decoder.take_notes()[0].facts == {"1-2": "", "1-2.1": "X60A12345"}


@pytest.mark.parametrize(
    "options",
    [{"bays": "1"}, {"bays": "0=1-2"}, {"bays": "1=2"}, {"bays": "1=1-2 1=1-3"}, {"bays": "1=1-2 2=1-2"},
     {"bays": "1=1-2:1.0"}, {"hub": "2"}, {"came_s": "61"}],
)  # fmt: skip
def test_a_map_that_is_none_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        UsbDock(options)


@given(st.lists(st.builds(camera, st.integers(1, 4), st.none() | st.text(max_size=130)), max_size=6))
def test_a_look_comes_back_from_its_line(cameras: list[UsbSeen]) -> None:
    assert read_list(list_line(cameras)) == tuple(cameras)


SERIALS = st.sampled_from([None, "X60A1", "x60a1", "X60A2"])
LINES = st.one_of(
    st.lists(st.builds(camera, st.integers(1, 4), SERIALS), max_size=6).map(list_line),
    st.binary(max_size=60),
    st.lists(st.builds(camera, st.integers(1, 4), st.none() | st.text(max_size=130)), max_size=6).map(
        list_line
    ),
    st.sampled_from([b"\n", b"[]\n", b"[" * 5000 + b"\n", b'{"sysfs":"1-2.1","serial":"\xff"}\n']),
)


@given(st.lists(LINES, max_size=12))
def test_no_bytes_make_it_fail_and_no_two_bays_ever_hold_one_serial(parts: list[bytes]) -> None:
    decoder = dock()
    shown: dict[int, str | None] = {}
    for at_s, part in enumerate(parts):
        for reading in decoder.feed(part, 10.0 * at_s) + decoder.idle(10.0 * at_s + 9):
            assert decode_reading(encode(reading)) == reading
            if isinstance(reading, BayReported):
                shown[reading.bay] = reading.serial
        serials = [it.upper() for it in shown.values() if it]
        assert len(serials) == len(set(serials))
