"""Axis cameras by the relay's book: what is on its way is told, and nothing is said of where a camera is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.docks.camera_book import BookLine, Camera, CameraBook
from devices.docks.content import Written
from devices.driver import Note
from devices.drivers.docks.axis_body_worn import (
    AGAIN_US,
    FRESH_US,
    LASTING_US,
    SECOND_US,
    WARN_US,
    AxisBodyWorn,
)
from devices.errors import NotConfigured
from devices.readings import BayReported, DeviceReported, Garbled, Reading
from devices.wire import decode_reading, encode
from tests.devices.feeding import before_the_last_byte, every_way, fed
from tests.devices.test_claimed_vectors import AXIS, of

FILM = "2d6b8ea4-6b0c-4f0a-9d3e-3b1f1c7f0a11_B8A44F000001_20261122T081530Z"
NOW_US = 1_795_334_130 * SECOND_US
BEGIN = Written("PUT", FILM, "", {"status": "Transferring"})
COMPLETE = Written("POST", FILM, "", {"status": "Complete"})


def driver() -> AxisBodyWorn:
    return AxisBodyWorn({})


def bays_of(readings: list[Reading]) -> list[tuple[int, str | None, str, int | None]]:
    return [(it.bay, it.serial, it.word, it.files_pending) for it in readings if isinstance(it, BayReported)]


def book_of(*cameras: Camera, at_us: int = NOW_US, left_out: int = 0) -> bytes:
    from_line = BookLine(book="axis-body-worn", at_us=at_us, cameras=cameras, left_out=left_out)
    return CameraBook(from_line).line(at_us)


UPLOADING = Camera(serial="B8A44F000001", bay=1, at_us=NOW_US - 5, open=("20261122T081530Z",))


@of(AXIS)
def test_the_name_of_a_recording_is_noted_and_is_no_reading(vector: dict[str, Any]) -> None:
    data = vector["input_text"].encode() + b"\n"
    decoder = driver()
    assert decoder.feed(data, 0.0) == []
    assert decoder.take_notes() == [Note(what="recording", facts=vector["expected"])]
    assert decoder.take_notes() == []


def test_a_camera_is_uploading_from_the_first_request_until_all_has_arrived_and_nothing_follows() -> None:
    decoder, book = driver(), CameraBook()
    book.note(BEGIN, 201, NOW_US)
    assert bays_of(decoder.feed(book.line(NOW_US), 0.0)) == [(1, "B8A44F000001", "UPLOADING", 1)]
    assert decoder.feed(book.line(NOW_US + SECOND_US), 1.0) == []
    book.note(COMPLETE, 204, NOW_US + 2 * SECOND_US)
    assert decoder.feed(book.line(NOW_US + 61 * SECOND_US), 2.0) == []
    assert bays_of(decoder.feed(book.line(NOW_US + 62 * SECOND_US), 3.0)) == [
        (1, "B8A44F000001", "UNKNOWN", 0)
    ]
    assert decoder.feed(book.line(NOW_US + 99_999 * SECOND_US), 4.0) == []


def test_no_bay_is_ever_said_to_be_taken_empty_or_ready() -> None:
    decoder, book = driver(), CameraBook()
    book.note(BEGIN, 201, NOW_US)
    said = decoder.feed(book.line(NOW_US), 0.0)
    book.note(COMPLETE, 204, NOW_US)
    said += decoder.feed(book.line(NOW_US + 60 * SECOND_US), 1.0)
    assert [(it.present, it.charge_percent, it.firmware) for it in said if isinstance(it, BayReported)] == [
        (None, None, None),
        (None, None, None),
    ]


def test_a_film_that_comes_and_goes_between_two_looks_is_told_as_uploaded_anew() -> None:
    decoder, book = AxisBodyWorn({"quiet_s": "0"}), CameraBook()
    for second, film in enumerate(("081530", "090000")):
        name = FILM.replace("081530", film)
        book.note(Written("PUT", name, "", {}), 201, NOW_US + second)
        book.note(Written("POST", name, "", {"status": "Complete"}), 204, NOW_US + second)
        assert bays_of(decoder.feed(book.line(NOW_US + second), 0.0)) == [(1, "B8A44F000001", "UNKNOWN", 0)]


def test_a_long_upload_is_told_again_while_it_lasts() -> None:
    decoder = driver()
    assert decoder.feed(book_of(UPLOADING), 0.0)
    assert decoder.feed(book_of(UPLOADING, at_us=NOW_US + AGAIN_US - 1), 1.0) == []
    assert bays_of(decoder.feed(book_of(UPLOADING, at_us=NOW_US + AGAIN_US), 2.0)) == [
        (1, "B8A44F000001", "UPLOADING", 1)
    ]


@pytest.mark.parametrize(("age_us", "pending"), [(FRESH_US, 0), (FRESH_US + 1, None)])
def test_an_upload_that_ended_while_no_bridge_looked_is_not_told_as_of_now(
    age_us: int, pending: int | None
) -> None:
    ended = Camera(serial="B8A44F000001", bay=1, at_us=NOW_US - age_us, done=("20261122T081530Z",))
    assert bays_of(driver().feed(book_of(ended), 0.0)) == [(1, "B8A44F000001", "UNKNOWN", pending)]


def test_a_camera_that_was_registered_and_has_not_filmed_is_noted_and_not_told() -> None:
    decoder, book = driver(), CameraBook()
    book.note(Written("PUT", "Devices", "B8A44F000009", {"name": "BWC-09", "model": "W102"}), 201, NOW_US)
    assert decoder.feed(book.line(NOW_US), 0.0) == []
    facts = {"bay": 1, "serial": "B8A44F000009", "name": "BWC-09", "model": "W102"}
    assert decoder.take_notes() == [Note(what="camera", facts=facts)]
    book.note(Written("PUT", FILM.replace("0001_", "0009_"), "", {}), 201, NOW_US + 1)
    assert bays_of(decoder.feed(book.line(NOW_US + 1), 1.0)) == [(1, "B8A44F000009", "UPLOADING", 1)]


def test_a_refused_recording_is_shown_at_the_relay_and_is_no_fault_of_the_camera() -> None:
    decoder, book = driver(), CameraBook()
    book.note(BEGIN, 400, NOW_US)
    said = decoder.feed(book.line(NOW_US + 60 * SECOND_US), 0.0)
    assert [it.fault for it in said if isinstance(it, BayReported)] == [None]
    (word,) = (it for it in said if isinstance(it, DeviceReported))
    assert word.detail is not None
    assert "B8A44F000001 20261122T081530Z" in word.detail
    assert decoder.feed(book.line(NOW_US + 60 * SECOND_US), 1.0) == []
    put_aside = Written("PUT", "RejectedContent_x", "", {"rejectedcontentoriginalcontainer": FILM})
    book.note(put_aside, 201, NOW_US)
    (word,) = decoder.feed(book.line(NOW_US + 61 * SECOND_US), 2.0)
    assert isinstance(word, DeviceReported)
    assert word.detail is None


def test_many_refused_recordings_and_too_many_cameras_make_one_sentence_that_the_wire_takes() -> None:
    refused = tuple(f"202611{day:02}T081530Z" for day in range(1, 9))
    cameras = tuple(Camera(serial="C" * 57 + f"{it:03}", bay=it, refused=refused) for it in range(1, 900))
    book = BookLine(
        book="axis-body-worn", at_us=NOW_US, cameras=cameras, left_out=3, trouble="x" * 480, certificate_us=1
    )
    (word,) = driver().feed(encode(book) + b"\n", 0.0)
    assert isinstance(word, DeviceReported)
    assert decode_reading(encode(word)) == word
    assert (word.detail or "").startswith("Films are not taken since 1970-01-01 00:00 UTC: xxx")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"trouble": "it answers 507", "trouble_us": NOW_US - LASTING_US},
            "not taken since 2026-11-22 07:54 UTC: it answers 507.",
        ),
        ({"trouble": "it answers 503", "trouble_us": NOW_US - LASTING_US + 1}, None),
        ({"certificate_us": NOW_US + WARN_US}, "certificate ends 2026-12-22 07:55 UTC"),
        ({"certificate_us": NOW_US - 1}, "certificate ended 2026-11-22 07:55 UTC"),
        ({"certificate_us": NOW_US + WARN_US + 1}, None),
    ],
)
def test_what_would_stop_films_is_told_on_the_page_of_the_relay(
    facts: dict[str, Any], said: str | None
) -> None:
    readings = driver().feed(encode(BookLine(book="axis-body-worn", at_us=NOW_US, **facts)) + b"\n", 0.0)
    details = [it.detail or "" for it in readings if isinstance(it, DeviceReported)]
    assert details if said else not details
    assert all(said in it for it in details if said)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"PUT /v1/acct/Devices\n", "NOT_A_BOOK"),
        (b'{"book":"axis-body-worn","at_us":-1}\n', "FIELD"),
        (b"{}\n", "FIELD"),
    ],
)
def test_what_is_no_book_is_garbled_with_its_bytes(line: bytes, reason: str) -> None:
    (said,) = fed(driver, line)
    assert isinstance(said, Garbled)
    assert (said.reason, said.raw_hex) == (reason, line[:-1].hex().upper())


def test_a_book_is_the_same_however_it_is_cut() -> None:
    data = book_of(UPLOADING, Camera(serial="C2", bay=2, at_us=1, refused=("20261122T081530Z",)))
    for readings in every_way(driver, data):
        assert len(readings) == 3
        assert readings == fed(driver, data)
    assert before_the_last_byte(driver, data) == []


@given(st.binary(max_size=300))
def test_noise_never_raises_and_costs_no_more_than_its_own_line(noise: bytes) -> None:
    decoder = driver()
    said = [*decoder.feed(noise, 0.0), *decoder.idle(60.0), *decoder.feed(b"\n", 61.0)]
    assert all(decode_reading(encode(it)) == it for it in said)
    assert bays_of(decoder.feed(book_of(UPLOADING), 62.0)) == [(1, "B8A44F000001", "UPLOADING", 1)]


@pytest.mark.parametrize("options", [{"quiet_s": "-1"}, {"quiet_s": "soon"}, {"bays": "1=x"}])
def test_an_option_that_is_none_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        AxisBodyWorn(options)
