"""Readings and deliveries survive their journey as JSON, and a wrong field is named."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.readings import (
    BayReported,
    CardPresented,
    CodePresented,
    DeviceReported,
    Garbled,
    Reading,
    TagSeen,
    TagsSwept,
)
from devices.wire import Delivery, Heartbeat, Sent, decode_delivery, decode_reading, encode, read

HEX = st.text("0123456789ABCDEF", min_size=2, max_size=40).map(lambda text: text[: len(text) // 2 * 2])
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
COUNTS = st.none() | st.integers(0, 2**53)
READINGS: st.SearchStrategy[Reading] = st.one_of(
    st.builds(CodePresented, text=st.text(st.characters(codec="utf-8"), max_size=80), raw_hex=HEX),
    st.builds(CardPresented, technology=NAMES, uid=HEX, printed=st.none() | NAMES),
    st.builds(
        TagsSwept, tags=st.lists(st.builds(TagSeen, epc=HEX, tid=st.none() | HEX), max_size=5).map(tuple)
    ),
    st.builds(BayReported, dock=NAMES, bay=st.integers(1, 999), files_pending=COUNTS, present=st.booleans()),
    st.builds(
        DeviceReported, device=NAMES, word=st.sampled_from(["OPEN", "MISSING"]), good=st.integers(0, 9)
    ),
    st.builds(Garbled, reason=NAMES, raw_hex=HEX),
)


@given(READINGS)
def test_a_reading_is_the_same_after_its_journey(reading: Reading) -> None:
    assert decode_reading(encode(reading)) == reading


@given(READINGS, st.integers(1, 2**53))
def test_a_delivery_is_the_same_after_its_journey(reading: Reading, seq: int) -> None:
    sent = Sent(seq=seq, device="hatch-scanner", observed_at_us=1, mono_ns=2, age_ms=3, reading=reading)
    delivery = Delivery(boot="0" * 32, stream="scan", sent=(sent,))
    assert decode_delivery(encode(delivery)) == delivery


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"boot": "xyz"}, r"\$\.boot"),
        ({"stream": "gossip"}, r"\$\.stream"),
        ({"sent": []}, r"\$\.sent"),
        ({"sent": [{"seq": 0}]}, r"\$\.sent\[0\]"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_field_of_a_delivery_is_named(change: dict[str, object], names: str) -> None:
    sent = Sent(seq=1, device="d", observed_at_us=1, mono_ns=1, reading=CodePresented(text="X1"))
    body = json.loads(encode(Delivery(boot="0" * 32, stream="scan", sent=(sent,))))
    with pytest.raises(msgspec.ValidationError, match=names):
        decode_delivery(json.dumps(body | change).encode())


def test_a_newer_bridges_words_about_itself_are_left_alone_and_its_readings_are_not() -> None:
    newer = b'{"type":"device","device":"scanner","word":"OPEN","temperature_c":31}'
    assert decode_reading(newer) == DeviceReported(device="scanner", word="OPEN")
    beat = b'{"boot":"%s","wall_us":1,"mono_ns":1,"cpu_percent":3,"devices":[%s]}' % (b"0" * 32, newer)
    assert msgspec.json.decode(beat, type=Heartbeat).devices[0].device == "scanner"
    with pytest.raises(msgspec.ValidationError, match="armed"):
        decode_reading(b'{"type":"bay","dock":"d1","bay":1,"armed":true}')


def test_a_reading_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_reading(b'{"type":"rumour","text":"X1"}')


@given(st.binary(max_size=300))
def test_bytes_that_are_no_delivery_are_refused_and_nothing_worse(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_delivery(body)


@pytest.mark.parametrize("text", [b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\udc00\\ud800"])
def test_text_that_is_no_utf_8_is_refused_like_all_else_that_is_wrong(text: bytes) -> None:
    for body, decode in ((b'{"boot":"%s"}', decode_delivery), (b'{"type":"code","text":"%s"}', decode_reading)):
        with pytest.raises(msgspec.DecodeError):
            decode(body % text)


def test_json_that_is_nested_too_deeply_is_refused_like_all_else_that_is_wrong() -> None:
    nested = msgspec.json.Decoder(object)
    with pytest.raises(msgspec.DecodeError, match="recursion"):
        read(nested, b"[" * 100_000)
