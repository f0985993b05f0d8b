"""The book of cameras: a film is open until the destination has it all, and what is noted twice is noted once."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from devices.docks.camera_book import BAY_MAX, LINE_BYTES_MAX, OPEN_MAX, Camera, CameraBook, read_line
from devices.docks.content import Written

FILMED = "2d6b8ea4-6b0c-4f0a-9d3e-3b1f1c7f0a11"
FIRST, SECOND = f"{FILMED}_B8A44F000001_20261122T081530Z", f"{FILMED}_B8A44F000001_20261122T090000Z"
OTHER = f"{FILMED}_B8A44F000002_20261122T081530Z"
BEGUN, DONE = {"status": "Transferring", "bwcmodel": "W102", "firmwareversion": "1.5"}, {"status": "Complete"}


def begin(film: str) -> Written:
    return Written("PUT", film, "", BEGUN)


def clip(film: str) -> Written:
    return Written("PUT", film, "20261122_081525_7CF7.mkv", {})


def complete(film: str) -> Written:
    return Written("POST", film, "", DONE)


def cameras(book: CameraBook) -> dict[str, Camera]:
    return {it.serial: it for it in read_line(book.line(9)).cameras}


def test_a_film_is_open_from_its_first_request_to_the_word_that_it_is_complete() -> None:
    book = CameraBook()
    assert book.note(begin(FIRST), 201, 1)
    assert cameras(book)["B8A44F000001"].open == ("20261122T081530Z",)
    assert not book.note(clip(FIRST), 201, 2)
    assert book.note(complete(FIRST), 204, 3)
    camera = cameras(book)["B8A44F000001"]
    assert (camera.open, camera.done, camera.at_us) == ((), ("20261122T081530Z",), 3)
    assert (camera.model, camera.firmware) == ("W102", "1.5")


def test_a_film_that_had_begun_before_anybody_looked_is_known_by_its_clips() -> None:
    book = CameraBook()
    assert book.note(clip(FIRST), 201, 1)
    assert cameras(book)["B8A44F000001"].open == ("20261122T081530Z",)


def test_a_controller_that_repeats_itself_changes_nothing() -> None:
    book = CameraBook()
    for written in (begin(FIRST), complete(FIRST)):
        assert book.note(written, 201, 1)
        before = book.line(9)
        assert not book.note(written, 202, 5)
        assert book.line(9) == before
    assert not book.note(begin(FIRST), 202, 6)
    assert not book.note(clip(FIRST), 201, 6)


def test_an_answer_that_means_not_now_is_no_news_of_a_film() -> None:
    book = CameraBook()
    for code in (401, 402, 403, 404, 500, 503, 507):
        book.note(begin(FIRST), code, 1)
    assert cameras(book) == {}
    book.note(begin(FIRST), 201, 1)
    before = cameras(book)
    book.note(complete(FIRST), 503, 2)
    assert cameras(book) == before
    assert not book.note(Written("GET", FIRST, "", {}), 200, 3)


def test_that_films_are_not_taken_is_noted_since_when_and_until_one_is() -> None:
    def trouble() -> tuple[str, int]:
        line = read_line(book.line(9))
        return line.trouble, line.trouble_us

    book = CameraBook()
    assert not book.note(Written("PUT", "Devices", "C1", {}), 503, 1)
    assert book.note(begin(FIRST), 507, 2)
    assert not book.failed(clip(FIRST), "no answer", 3)
    assert trouble() == ("it answers 507", 2)
    book.note(Written("PUT", "Devices", "C1", {}), 201, 4)
    assert trouble() == ("it answers 507", 2)
    assert book.note(begin(FIRST), 201, 5)
    assert trouble() == ("", 0)


def test_a_film_that_is_refused_for_ever_is_not_on_its_way_and_is_not_forgotten() -> None:
    book = CameraBook()
    assert book.note(begin(FIRST), 400, 1)
    camera = cameras(book)["B8A44F000001"]
    assert (camera.open, camera.refused) == ((), ("20261122T081530Z",))
    rejected = Written(
        "PUT", "RejectedContent_UnknownTime_x", "", {"rejectedcontentoriginalcontainer": FIRST}
    )
    assert book.note(rejected, 201, 2)
    assert cameras(book)["B8A44F000001"].refused == ()


def test_a_film_of_which_one_clip_is_refused_goes_on() -> None:
    book = CameraBook()
    book.note(begin(FIRST), 201, 1)
    assert book.note(clip(FIRST), 400, 2)
    camera = cameras(book)["B8A44F000001"]
    assert (camera.open, camera.refused) == (("20261122T081530Z",), ("20261122T081530Z",))
    book.note(complete(FIRST), 204, 3)
    assert cameras(book)["B8A44F000001"].refused == ("20261122T081530Z",)


def test_a_camera_keeps_its_number_whatever_is_told_of_others() -> None:
    book = CameraBook()
    book.note(Written("PUT", "Devices", "b8a44f000002", {"name": "BWC-02", "model": "W102"}), 201, 1)
    book.note(begin(FIRST), 201, 2)
    again = CameraBook(read_line(book.line(9)))
    again.note(begin(OTHER), 201, 3)
    again.note(begin(SECOND), 201, 4)
    assert {it.serial: it.bay for it in cameras(again).values()} == {"B8A44F000002": 1, "B8A44F000001": 2}
    assert cameras(again)["B8A44F000002"].name == "BWC-02"


def test_people_and_everything_else_are_not_noted() -> None:
    book = CameraBook()
    for container, thing in (
        ("Users", FILMED),
        ("System", "x"),
        ("Devices", ""),
        ("Devices", "../x"),
        ("x", "y"),
    ):
        assert not book.note(Written("PUT", container, thing, {"name": "PC Meera Shah"}), 201, 1)
    book.note(begin(FIRST), 201, 2)
    assert FILMED.encode() not in book.line(9)


def test_the_camera_after_the_last_number_is_counted_and_not_squeezed_in() -> None:
    book = CameraBook()
    for number in range(BAY_MAX):
        book.note(Written("PUT", "Devices", f"C{number}", {}), 201, 1)
    assert book.note(begin(FIRST), 201, 2)
    assert len(cameras(book)) == BAY_MAX
    assert read_line(book.line(9)).left_out == 1


def test_the_largest_book_is_still_one_line_that_the_driver_takes() -> None:
    book = CameraBook()
    for number in range(BAY_MAX):
        serial = f"C{number}"
        book.note(Written("PUT", "Devices", serial, {"name": "x" * 100, "model": "W102"}), 201, 1)
    for minute in range(OPEN_MAX + 10):
        book.note(begin(f"a_C0_202611{1 + minute // 60:02}T08{minute % 60:02}00Z"), 201, 2)
    line = book.line(9)
    assert len(cameras(book)["C0"].open) == OPEN_MAX
    assert len(line) * 4 < LINE_BYTES_MAX


FILMS = st.sampled_from([FIRST, SECOND, OTHER])
ASKED = st.one_of(FILMS.map(begin), FILMS.map(clip), FILMS.map(complete))


@given(st.lists(st.tuples(ASKED, st.sampled_from([201, 204, 400, 503])), max_size=30))
def test_whatever_is_noted_the_book_is_read_again_as_it_was(asked: list[tuple[Written, int]]) -> None:
    book = CameraBook()
    for at_us, (written, code) in enumerate(asked, start=1):
        before = book.line(0)
        assert book.note(written, code, at_us) == (book.line(0) != before)
    assert CameraBook(read_line(book.line(5))).line(5) == book.line(5)
    for camera in cameras(book).values():
        assert not set(camera.open) & set(camera.done)


def test_an_address_of_the_storage_is_learned_once_and_the_newest_stands_first() -> None:
    book = CameraBook()
    assert book.learned("https://a/v1")
    assert not book.learned("https://a/v1")
    assert book.learned("https://b/v1")
    assert book.learned("https://a/v1")
    assert msgspec.json.decode(book.line(1))["storage"] == ["https://a/v1", "https://b/v1"]
