"""Network docks: a bay is taken while it has a lease, by what is not known, and a pulled cable empties none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.docks.bays import AGAIN_S
from devices.docks.leases import AllTold, Lease, Link, line_of, read_line
from devices.drivers.docks.dhcp_dock import DhcpDock
from devices.errors import NotConfigured
from devices.readings import BayReported, DeviceReported, Garbled, Reading
from devices.wire import decode_reading, encode
from tests.devices.feeding import before_the_last_byte, every_way, fed
from tests.devices.test_claimed_vectors import DHCP_FILE, DHCP_SCRIPT, of

FIRST, SECOND = "00:25:df:00:00:07", "00:25:df:00:00:08"
MAP = {"bays": f"7=00:25:DF:00:00:07, 8={SECOND}", "link": "eth1"}
ADD, OLD, DEL = (f"{word} {FIRST} 10.99.0.56 X60A12345\n".encode() for word in ("add", "old", "del"))
END, DOWN, UP = b"end\n", b"link eth1 down\n", b"link eth1 up\n"


def dock() -> DhcpDock:
    return DhcpDock(MAP)


def bays_of(readings: list[Reading]) -> dict[int, bool | None]:
    return {it.bay: it.present for it in readings if isinstance(it, BayReported)}


def after(decoder: DhcpDock, data: bytes, at_s: float) -> dict[int, bool | None]:
    """What the decoder tells of `data` and five seconds of silence."""
    return bays_of(decoder.feed(data, at_s) + decoder.idle(at_s + 5))


@of(DHCP_SCRIPT, DHCP_FILE)
def test_a_vector_is_read_the_same_however_it_is_cut(vector: dict[str, Any]) -> None:
    data = vector["input_text"].encode() + b"\n"
    for readings in every_way(dock, data):
        assert readings == fed(dock, data)
    assert before_the_last_byte(dock, data) == []


@of(DHCP_SCRIPT, DHCP_FILE, kind="valid")
def test_a_lease_takes_its_bay_and_is_written_again_as_it_was(vector: dict[str, Any]) -> None:
    said, expected = vector["input_text"], vector["expected"]
    lease = read_line(said)
    assert isinstance(lease, Lease)
    assert {name: getattr(lease, name) for name in expected if name != "event"} == {
        name: value for name, value in expected.items() if name != "event"
    }
    assert (lease.event != "del") == (expected.get("event", "bay_online") == "bay_online")
    assert line_of(lease) == said
    (bay,) = fed(dock, said.encode() + b"\n")
    assert isinstance(bay, BayReported)
    assert (bay.bay, bay.present, bay.word, bay.serial) == (7, True, "UNKNOWN", None)


@of(DHCP_SCRIPT, kind="invalid")
def test_what_is_no_lease_event_is_garbled_with_its_bytes(vector: dict[str, Any]) -> None:
    (reading,) = fed(dock, vector["input_text"].encode() + b"\n")
    assert isinstance(reading, Garbled)
    assert (reading.reason, reading.raw_hex) == ("EVENT", vector["input_text"].encode().hex().upper())


def test_a_bay_is_taken_with_its_lease_and_empty_when_it_ends() -> None:
    decoder = dock()
    assert after(decoder, ADD, 0.0) == {7: True}
    assert after(decoder, OLD, 10.0) == {}
    assert decoder.repeated == 1
    assert after(decoder, DEL, 20.0) == {7: False}


def test_a_bay_that_stays_taken_is_told_again_and_one_that_is_not_known_is_not() -> None:
    decoder = dock()
    assert after(decoder, ADD, 0.0) == {7: True}
    assert bays_of(decoder.idle(9.0 + AGAIN_S)) == {7: True}
    assert after(decoder, DOWN, 400.0) == {7: None}
    assert bays_of(decoder.idle(900.0)) == {}


def test_bays_without_a_lease_are_empty_only_when_all_leases_were_told() -> None:
    decoder = dock()
    assert after(decoder, ADD, 0.0) == {7: True}
    assert after(decoder, END, 10.0) == {8: False}


def test_a_lease_that_ends_and_comes_at_once_was_never_away() -> None:
    decoder = dock()
    after(decoder, ADD, 0.0)
    assert after(decoder, DEL + ADD, 10.0) == {}


def test_a_pulled_cable_empties_no_bay_and_each_is_known_again_by_its_next_lease() -> None:
    decoder = dock()
    after(decoder, ADD + END, 0.0)
    assert after(decoder, DOWN, 10.0) == {7: None, 8: None}
    assert after(decoder, UP, 30.0) == {8: False}
    assert after(decoder, OLD, 40.0) == {7: True}
    assert after(decoder, b"link eth0 down\n", 50.0) == {}


def test_a_lease_that_is_read_while_the_cable_is_out_fills_no_bay() -> None:
    decoder = dock()
    assert after(decoder, DOWN + OLD + END, 0.0) == {7: None, 8: None}
    assert after(decoder, UP, 10.0) == {8: False}


def test_without_a_map_it_tells_no_bay_and_shows_the_macs() -> None:
    decoder = DhcpDock({})
    said = decoder.feed(ADD + OLD, 0.0)
    assert [it.word for it in said if isinstance(it, DeviceReported)] == ["MISCONFIGURED"]
    assert len(said) == 1
    assert decoder.take_notes()[0].facts == {"mac": FIRST, "ip": "10.99.0.56", "hostname": "X60A12345"}


@pytest.mark.parametrize(
    "options", [{"bays": "1=00:25"}, {"bays": f"1={FIRST} 2={FIRST}"}, {"settle_s": "-1"}]
)
def test_a_map_that_is_none_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        DhcpDock(options)


MACS = st.sampled_from([FIRST, SECOND, "00:25:df:00:00:09"])
NAMES = st.none() | st.from_regex(r"[!-)+-~]{1,40}", fullmatch=True)
SAID = st.one_of(
    st.tuples(st.sampled_from(["add", "old", "del"]), MACS, st.just("10.0.0.9"), NAMES).map(
        lambda it: Lease(*it)
    ),
    st.tuples(st.just("old"), MACS, st.just("10.0.0.9"), NAMES, st.integers(0, 10**11), NAMES).map(
        lambda it: Lease(*it)
    ),
    st.builds(Link, st.sampled_from(["eth0", "eth1"]), st.booleans()),
    st.just(AllTold()),
)


@given(SAID)
def test_what_is_said_comes_back_from_its_line(said: Lease | Link | AllTold) -> None:
    assert read_line(line_of(said)) == said


@given(
    st.lists(st.one_of(st.binary(max_size=60), SAID.map(lambda it: f"{line_of(it)}\n".encode())), max_size=20)
)
def test_no_bytes_make_it_fail_and_no_camera_is_ever_named(parts: list[bytes]) -> None:
    decoder = dock()
    for at_s, part in enumerate(parts):
        for reading in decoder.feed(part, 3.0 * at_s) + decoder.idle(3.0 * at_s + 2):
            assert decode_reading(encode(reading)) == reading
            assert not (isinstance(reading, BayReported) and reading.serial)
        decoder.take_notes()
