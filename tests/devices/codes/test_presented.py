"""From a scan's bytes to its code."""

import pytest

from devices.codes.presented import presented
from devices.readings import TEXT_MAX, CodePresented, Garbled


def test_the_prefix_says_more_than_the_packet() -> None:
    assert presented(b"]d221S1", "aim", "]d1", b"<>") == CodePresented(
        text="21S1", symbology="]d2", raw_hex="3C3E"
    )
    assert presented(b"21S1", "none", "]d1") == CodePresented(text="21S1", symbology="]d1", raw_hex="32315331")


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\xff", "BYTES_ABOVE_7E"), (b"X3", "AIM_ID_MISSING"), (b"]C0" + b"A" * (TEXT_MAX + 1), "TOO_LONG")],
)
def test_what_is_no_code_keeps_the_bytes_that_carried_it(data: bytes, reason: str) -> None:
    reading = presented(data, "aim", "]C0", b"\x02" + data)
    assert isinstance(reading, Garbled)
    assert reading.reason == reason
    assert bytes.fromhex(reading.raw_hex) == b"\x02" + data
