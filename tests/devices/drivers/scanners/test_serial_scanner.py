"""The serial scanner: one reading a scan, its prefix as configured, its faults said once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.scanners.serial_scanner import DRIVER, SerialScanner, frame
from devices.errors import NotConfigured
from devices.readings import TEXT_MAX, CodePresented, DeviceReported, Garbled
from devices.wire import decode_reading, encode
from tests.devices.feeding import before_the_last_byte, every_way, fed

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\x02\x03\r\n"), min_size=1, max_size=40)


def test_a_real_zebra_stream_gives_three_scans() -> None:
    data = b"A7393481008232\r\nA42154587\r\nD1058740077194\r\n"
    for readings in every_way(lambda: SerialScanner({"prefix": "zebra"}), data):
        assert [(code.text, code.symbology) for code in readings] == [
            ("7393481008232", "]E0"),
            ("42154587", "]E4"),
            ("1058740077194", "]C0"),
        ]


def test_a_scan_keeps_the_bytes_it_came_from() -> None:
    (code,) = fed(lambda: SerialScanner({"prefix": "aim"}), b"]d221S1\x1d17261231\r\n")
    assert code == CodePresented(
        text="21S1\x1d17261231", symbology="]d2", raw_hex=b"]d221S1\x1d17261231".hex().upper()
    )


@given(TEXTS, st.sampled_from([b"\r", b"\n", b"\r\n", b"\x03"]))
def test_what_a_scanner_sends_arrives_however_it_is_cut(text: str, suffix: bytes) -> None:
    data = frame(text, "]C0", suffix)
    for readings in every_way(lambda: SerialScanner({"prefix": "aim"}), data):
        assert [(code.text, code.symbology) for code in readings] == [(text, "]C0")]
    if len(suffix) == 1:
        assert before_the_last_byte(lambda: SerialScanner({"prefix": "aim"}), data) == []


@given(TEXTS, st.binary(max_size=40))
def test_trailing_bytes_take_nothing_from_the_scan_before_them(text: str, trailing: bytes) -> None:
    readings = fed(lambda: SerialScanner({}), frame(text) + trailing)
    assert readings[0].text == text


@given(st.binary(max_size=500), st.sampled_from(["none", "aim", "zebra"]))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(data: bytes, style: str) -> None:
    whole = fed(lambda: SerialScanner({"prefix": style}), data)
    for reading in whole:
        assert decode_reading(encode(reading)) == reading
    assert fed(lambda: SerialScanner({"prefix": style}), *(bytes((byte,)) for byte in data)) == whole


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"X3\xff0\xfe1234\r", "BYTES_ABOVE_7E"),
        (b"AB\xff\xfeCD\r", "BYTES_ABOVE_7E"),
        (b"X30001234\r", "AIM_ID_MISSING"),
        (b"]C0X3000", "GAP"),
        (b"]C0" + b"A" * (TEXT_MAX + 1) + b"\r", "TOO_LONG"),
        (b"]C0" + b"A" * 9000 + b"\r", "TOO_LONG"),
        (b"]C0half\x02]C0X30001234\r", "RESTARTED"),
    ],
)
def test_a_broken_scan_is_garbled_with_its_bytes_as_evidence(data: bytes, reason: str) -> None:
    reading = fed(lambda: SerialScanner({"prefix": "aim"}), data)[0]
    assert isinstance(reading, Garbled)
    assert reading.reason == reason
    assert data.startswith(bytes.fromhex(reading.raw_hex))
    assert reading.detail.endswith((".", ")."))


def test_text_of_other_alphabets_arrives_as_it_was_printed() -> None:
    """The commissioning card holds a pound sign: it must arrive exactly, or the scanner is set wrong."""
    (code,) = fed(lambda: SerialScanner({}), '@"#~\\|£\r'.encode())
    assert code.text == '@"#~\\|£'
    assert fed(lambda: SerialScanner({}), '@"#~\\|£\r'.encode("latin-1"))[0].reason == "BYTES_ABOVE_7E"


def test_a_scanner_without_suffix_is_reported_misconfigured_once() -> None:
    scanner = SerialScanner({})
    readings = [reading for at_s in range(6) for reading in scanner.feed(b"X30001234", float(at_s))]
    alarms = [reading for reading in readings if isinstance(reading, DeviceReported)]
    assert [alarm.word for alarm in alarms] == ["MISCONFIGURED"]
    assert "suffix" in alarms[0].detail
    assert all(not isinstance(reading, CodePresented) for reading in readings)


@pytest.mark.parametrize(("suffix", "gap_s"), [("any", 0.2), ("none", 0.5)])
def test_the_gap_is_longer_where_no_suffix_is_configured(suffix: str, gap_s: float) -> None:
    scanner = SerialScanner({"suffix": suffix})
    scanner.feed(b"X3", 10.0)
    assert scanner.idle(10.0 + gap_s - 0.01) == []
    assert [reading.reason for reading in scanner.idle(10.0 + gap_s + 0.01)] == ["GAP"]


@pytest.mark.parametrize("options", [{"prefix": "guess"}, {"suffx": "any"}])
def test_a_wrong_option_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        DRIVER.decoder(options)
