"""Docks on our own topics: what the dock said and no more, retained copies marked, second deliveries held back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Packet
from devices.drivers.docks import mqtt_dock
from devices.drivers.docks.mqtt_dock import MqttDock, bay_packet, dock_packet
from devices.readings import BayReported, DeviceReported, Garbled
from devices.wire import decode_reading, encode

BAY = "kit/v1/medway/dock/dock-1/bay/3"
STATE = "kit/v1/medway/dock/dock-1/state"
WORDS = st.sampled_from(["EMPTY", "CHARGING", "UPLOADING", "UPDATING", "READY", "FAULT", "UNKNOWN"])
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
REPORTS = st.builds(
    BayReported,
    dock=NAMES,
    bay=st.integers(1, 999),
    word=WORDS,
    present=st.none() | st.booleans(),
    serial=st.none() | TEXTS,
    charge_percent=st.none() | st.integers(0, 100),
    files_pending=st.none() | st.integers(0, 2**53),
    free_mb=st.none() | st.integers(0, 2**53),
    firmware=st.none() | TEXTS,
    clock_offset_s=st.none() | st.floats(-1e6, 1e6),
    log_synced=st.none() | st.booleans(),
    fault=st.none() | TEXTS,
    retained=st.booleans(),
)


def said(payload: bytes, topic: str = BAY, *, retained: bool = False) -> list[object]:
    return list(MqttDock({}).packet(Packet(topic, payload, retained), 0.0))


def test_a_bay_says_what_is_in_it() -> None:
    payload = (
        b'{"present":true,"serial":"X60A12345","charge":87,"state":"charging","files":3,"free_mb":512,'
        b'"firmware":"1.4","clock_offset_s":-0.5,"log_synced":false,"seq":12,"observed_at":"2026-11-22T10:00:00Z"}'
    )
    assert said(payload) == [
        BayReported(
            dock="dock-1",
            bay=3,
            word="CHARGING",
            present=True,
            serial="X60A12345",
            charge_percent=87,
            files_pending=3,
            free_mb=512,
            firmware="1.4",
            clock_offset_s=-0.5,
            log_synced=False,
        )
    ]


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b'{"present":false}', "EMPTY"),
        (b'{"present":true,"charge":100}', "UNKNOWN"),
        (b'{"present":true,"fault":"pogo pins"}', "FAULT"),
        (b'{"present":true,"charge":100,"state":"ready"}', "READY"),
        (b"{}", "UNKNOWN"),
    ],
)
def test_a_bay_is_ready_only_when_the_dock_says_so(payload: bytes, word: str) -> None:
    (report,) = said(payload)
    assert report.word == word


@pytest.mark.parametrize("name", ["serial", "firmware", "fault"])
def test_a_text_that_nothing_could_keep_is_garbled_with_what_was_sent(name: str) -> None:
    payload = f'{{"present":true,"{name}":"X\\u0000"}}'.encode()
    (reading,) = said(payload)
    assert isinstance(reading, Garbled)
    assert reading.raw_hex == payload.hex().upper()
    assert name in reading.detail


def test_a_retained_copy_says_that_it_is_one() -> None:
    assert said(b"{}", retained=True)[0].retained is True
    assert said(b"{}")[0].retained is False


@given(REPORTS, st.none() | st.integers(0, 2**53))
def test_what_a_dock_publishes_is_what_is_reported(report: BayReported, seq: int | None) -> None:
    packet = bay_packet("medway", report, seq)
    assert MqttDock({}).packet(packet, 0.0) == [report]


def test_a_second_delivery_of_one_message_is_held_back_and_counted() -> None:
    dock = MqttDock({})
    first, second = Packet(BAY, b'{"present":true,"seq":1}'), Packet(BAY, b'{"present":false,"seq":2}')
    readings = [dock.packet(packet, 0.0) for packet in (first, first, second, second, first)]
    assert [len(each) for each in readings] == [1, 0, 1, 0, 1]
    assert dock.repeated == 2


def test_a_live_message_is_told_even_after_its_retained_copy() -> None:
    dock = MqttDock({})
    payload = b'{"present":true,"seq":1}'
    assert dock.packet(Packet(BAY, payload, retained=True), 0.0)[0].retained
    assert not dock.packet(Packet(BAY, payload), 0.0)[0].retained
    assert len(dock.packet(Packet(BAY, payload, retained=True), 0.0)) == 1


def test_a_dock_without_sequence_may_repeat_itself_to_show_it_lives() -> None:
    dock = MqttDock({})
    assert [len(dock.packet(Packet(BAY, b'{"present":true}'), 0.0)) for _ in range(3)] == [1, 1, 1]


def test_the_same_sequence_in_another_bay_is_another_message() -> None:
    dock = MqttDock({})
    payload = b'{"present":true,"seq":1}'
    assert dock.packet(Packet(BAY, payload), 0.0)
    assert dock.packet(Packet(BAY.replace("/3", "/4"), payload), 0.0)


@pytest.mark.parametrize(
    ("payload", "reason", "names"),
    [
        (b"", "EMPTY_PAYLOAD", "empty"),
        (b"not json at all", "NOT_JSON", "JSON"),
        (b'{"present":tru', "NOT_JSON", "JSON"),
        (b"\xff\xfe", "NOT_JSON", "JSON"),
        (b"[]", "FIELD", "object"),
        (b"7", "FIELD", "object"),
        (b'{"charge":101}', "FIELD", "$.charge"),
        (b'{"charge":"87"}', "FIELD", "$.charge"),
        (b'{"charge":87.5}', "FIELD", "$.charge"),
        (b'{"present":1}', "FIELD", "$.present"),
        (b'{"state":"broken"}', "FIELD", "$.state"),
        (b'{"serial":"' + b"A" * 121 + b'"}', "FIELD", "$.serial"),
        (b'{"clock_offset_s":1e300}', "FIELD", "$.clock_offset_s"),
        (b'{"seq":-1}', "FIELD", "$.seq"),
        (b'{"x":' + b"[" * 8000, "NOT_JSON", "JSON"),
        (b'{"x":"' + b"A" * 9000 + b'"}', "TOO_LONG", "8192"),
    ],
)
def test_a_wrong_payload_is_garbled_naming_the_field(payload: bytes, reason: str, names: str) -> None:
    (reading,) = said(payload)
    assert isinstance(reading, Garbled)
    assert reading.reason == reason
    assert names in reading.detail
    assert reading.raw_hex == payload.hex().upper()[:16384]


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "kit/v1/medway/dock/dock-1/bay/0",
        "kit/v1/medway/dock/dock-1/bay/1000",
        "kit/v1/medway/dock/dock-1/bay/x",
        "kit/v1/medway/dock/dock-1/bay",
        "kit/v2/medway/dock/dock-1/bay/1",
        "kit/v1/medway/dock//bay/1",
        "kit/v1/medway/dock/a/b/bay/1",
        "kit/v1/medway/dock/" + "d" * 121 + "/bay/1",
        "kit/v1/medway/dock/dock-1/bay/1\n",
        "kit/v1/medway/dock/dock-1/bay/\u0661",
    ],
)
def test_a_topic_that_is_no_docks_is_garbled(topic: str) -> None:
    (reading,) = said(b"{}", topic)
    assert reading.reason == "TOPIC"


def test_a_field_of_a_newer_dock_is_left_alone() -> None:
    assert said(b'{"present":true,"colour":"blue"}') == [BayReported(dock="dock-1", bay=3, present=True)]


def test_a_dock_says_when_it_comes_and_goes() -> None:
    dock = MqttDock({})
    assert dock.packet(dock_packet("medway", "dock-1", online=True, boot="b1"), 0.0) == [
        DeviceReported(device="dock-1", word="OPEN", driver="kit-dock")
    ]
    (gone,) = dock.packet(dock_packet("medway", "dock-1", online=False, boot="b1"), 0.0)
    assert (gone.device, gone.word) == ("dock-1", "MISSING")


def test_the_will_of_an_older_boot_does_not_end_the_new_one() -> None:
    dock = MqttDock({})
    dock.packet(dock_packet("medway", "dock-1", online=True, boot="b1"), 0.0)
    dock.packet(dock_packet("medway", "dock-1", online=True, boot="b2"), 0.0)
    assert dock.packet(dock_packet("medway", "dock-1", online=False, boot="b1"), 0.0) == []
    assert dock.repeated == 1


def test_a_dock_state_that_is_none_is_garbled() -> None:
    (reading,) = said(b'{"state":"asleep"}', STATE)
    assert (reading.reason, "$.state" in reading.detail) == ("FIELD", True)


def test_a_will_as_a_broker_sends_it_is_read() -> None:
    (reading,) = said(b'{"state":"offline"}', STATE)
    assert reading.word == "MISSING"


def test_it_remembers_a_bounded_number_of_bays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_dock, "MEMORY_MAX", 10)
    dock = MqttDock({})
    for number in range(1, 100):
        dock.packet(Packet(f"kit/v1/medway/dock/d{number}/bay/1", b'{"seq":1}'), 0.0)
        dock.packet(dock_packet("medway", f"d{number}", online=True), 0.0)
    assert len(dock._last) == 10
    assert len(dock._boots) == 10


@given(st.binary(max_size=200), st.sampled_from([BAY, STATE]) | st.text(max_size=60), st.booleans())
def test_no_message_makes_it_raise_and_all_readings_fit_the_wire(
    payload: bytes, topic: str, retained: bool
) -> None:
    for reading in MqttDock({}).packet(Packet(topic, payload, retained), 0.0):
        assert decode_reading(encode(reading)) == reading


def test_silence_means_nothing() -> None:
    assert MqttDock({}).idle(1e9) == []
