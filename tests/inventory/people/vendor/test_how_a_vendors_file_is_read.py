"""A vendor's file as it comes: any separator and encoding, headings as they are, times in the shape that was said."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.people.errors import BadField
from inventory.people.imports.fields import Unfit
from inventory.people.imports.sheet import Sheet, Unsound
from inventory.people.imports.vendor import when
from inventory.people.imports.vendor.grid import Reading, read_grid
from inventory.people.imports.vendor.mapping import (
    FIELDS,
    VendorMapping,
    checked,
    from_json,
    guessed,
    to_json,
)
from inventory.people.imports.vendor.when import Clocks, day, moment

TEXT = "Serial{0}Owner's name\r\nX00211{0}Zoë Hollis\r\n\r\nX00212{0}\r\n"
WANTED = (("Serial", "Owner's name"), ((2, ("X00211", "Zoë Hollis")), (4, ("X00212", ""))))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_separator_and_encoding_are_seen(delimiter: str, encoding: str) -> None:
    grid = read_grid(TEXT.format(delimiter).encode(encoding), Reading())
    assert (grid.columns, grid.rows) == WANTED
    assert (grid.problems, grid.delimiter) == ((), delimiter)


def test_another_separator_is_taken_where_it_is_said() -> None:
    grid = read_grid(TEXT.format("^").encode(), Reading(delimiter="^"))
    assert (grid.columns, grid.rows) == WANTED


def test_an_encoding_that_was_said_is_not_guessed_round() -> None:
    (problem,) = read_grid(TEXT.format(",").encode("cp1252"), Reading(encoding="utf-8")).problems
    assert (problem.line, problem.field) == (2, "encoding")
    assert "utf-8" in problem.expected


def test_a_line_that_names_the_separator_is_no_row() -> None:
    grid = read_grid(b'sep=|\r\n"a,b"|c\r\n1|2\r\n', Reading())
    assert (grid.columns, grid.rows, grid.delimiter) == (("a,b", "c"), ((3, ("1", "2")),), "|")


def test_a_separator_within_quotes_is_text() -> None:
    grid = read_grid(b'"Name, of dock, and bay";Serial\n"A, B";X1\n', Reading())
    assert (grid.columns, grid.rows) == (("Name, of dock, and bay", "Serial"), ((2, ("A, B", "X1")),))


def test_titles_above_the_headings_are_passed_over_by_their_line() -> None:
    data = b"Device report\nExported 22/11/2026\n\nSerial,FW\nX1,2\n"
    grid = read_grid(data, Reading(heading_row=4))
    assert (grid.columns, grid.rows) == (("Serial", "FW"), ((5, ("X1", "2")),))
    (problem,) = read_grid(data, Reading(heading_row=3)).problems
    assert (problem.line, problem.field) == (3, "heading")


def test_columns_without_a_name_or_with_one_that_comes_again_are_told_apart() -> None:
    grid = read_grid(b"Serial,,State,state,\nX1,a,b,c,\nX2,a,b,c\n", Reading())
    assert grid.columns == ("Serial", "column 2", "State", "state (2)")
    assert grid.rows == ((2, ("X1", "a", "b", "c")), (3, ("X2", "a", "b", "c")))


def test_a_short_row_of_a_csv_file_is_left_out_and_one_of_a_workbook_is_not() -> None:
    (problem,) = read_grid(b"a,b,c\n1,2\n1,2,3\n", Reading()).problems
    assert (problem.line, problem.field, problem.value) == (2, "row", "2 cells")
    sheet = Sheet("Kit", ((1, ("a", "b", "c")), (2, ("1",))), others=("Notes",))
    grid = read_grid(sheet, Reading())
    assert (grid.rows, grid.other_sheets) == (((2, ("1", "", "")),), ("Notes",))
    assert read_grid(Sheet("Kit", trouble=Unsound("x", "a workbook")), Reading()).problems[0].expected == "a workbook"


def test_a_set_of_columns_is_known_again_whatever_their_order_and_case() -> None:
    one, two = (read_grid(text, Reading()) for text in (b"Serial No.,FW\n", b"fw;serial no\n"))
    assert one.headings == two.headings
    assert one.headings != read_grid(b"Serial No.,FW,Bay\n", Reading()).headings


@given(st.binary(max_size=400), st.sampled_from(["", "utf-8", "utf-16", "latin-1"]), st.integers(0, 5))
def test_no_bytes_make_reading_fail(data: bytes, encoding: str, heading_row: int) -> None:
    grid = read_grid(data, Reading(encoding=encoding, heading_row=heading_row))
    assert all(len(cells) == len(grid.columns) for _, cells in grid.rows)
    assert len({each.lower() for each in grid.columns}) == len(grid.columns)


# ---- times -----------------------------------------------------------------------------------------------

LONDON, GREENWICH = "Europe/London", "UTC"


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "shape", "zone", "expected"),
    [
        ("2026-07-01 09:30", "ISO", LONDON, utc(2026, 7, 1, 8, 30)),
        ("2026-07-01 09:30:59", "ISO", GREENWICH, utc(2026, 7, 1, 9, 30, 59)),
        ("2026-07-01T09:30:00+02:00", "ISO", LONDON, utc(2026, 7, 1, 7, 30)),
        ("2026-07-01T09:30:00Z", "ISO", LONDON, utc(2026, 7, 1, 9, 30)),
        ("03/04/2026 05:06", "DMY", GREENWICH, utc(2026, 4, 3, 5, 6)),
        ("03/04/2026 05:06", "MDY", GREENWICH, utc(2026, 3, 4, 5, 6)),
        ("3/4/2026 5:06:07 PM", "MDY", GREENWICH, utc(2026, 3, 4, 17, 6, 7)),
        ("03.04.2026", "DMY", LONDON, utc(2026, 4, 2, 23, 0)),
        ("11/22/2026, 12:05 am", "MDY", GREENWICH, utc(2026, 11, 22, 0, 5)),
        ("1795326600", "EPOCH_S", LONDON, 1_795_326_600_000_000),
        ("1795326600000", "EPOCH_MS", LONDON, 1_795_326_600_000_000),
    ],
)
def test_a_time_is_read_in_the_shape_and_zone_that_were_said(text: str, shape: str, zone: str, expected: int) -> None:
    assert moment(text, Clocks(shape, zone)) == expected


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("22/11/2026 05:50", "MDY"), ("11/22/2026 05:50", "DMY"), ("22/11/2026", "ISO"), ("2026-11-22", "DMY"),
        ("1795326600", "EPOCH_MS"), ("1795326600000", "EPOCH_S"), ("13/4/2026 13:00 PM", "DMY"), ("soon", "ISO"),
        ("31/02/2026", "DMY"), ("1/1/1900", "DMY"), ("-5", "EPOCH_S"), ("\u0661\u0662", "EPOCH_S"), ("1/1/26", "DMY"),
    ],
)  # fmt: skip
def test_a_time_of_another_shape_is_refused_and_never_tried_as_that(text: str, shape: str) -> None:
    with pytest.raises(Unfit) as refused:
        moment(text, Clocks(shape, LONDON))
    assert refused.value.expected


@pytest.mark.parametrize(("text", "how"), [("25/10/2026 01:30", "twice"), ("29/03/2026 01:30", "not at all")])
def test_an_hour_that_londons_clocks_show_twice_or_never_is_said_so(text: str, how: str) -> None:
    with pytest.raises(Unfit, match=how):
        moment(text, Clocks("DMY", LONDON))
    assert moment(text, Clocks("DMY", GREENWICH))
    assert day(text, Clocks("DMY", LONDON))


def test_a_date_of_a_time_is_its_zones() -> None:
    assert day("2026-07-01T23:30:00Z", Clocks("ISO", LONDON)) == "2026-07-02"
    assert day("2026-07-01T23:30:00Z", Clocks("ISO", GREENWICH)) == "2026-07-01"
    assert day("1782948600", Clocks("EPOCH_S", LONDON)) == "2026-07-02"


@given(st.text(max_size=25), st.sampled_from(list(when.SHAPES)), st.sampled_from(list(when.ZONES)))
def test_any_text_is_a_time_or_is_unfit(text: str, shape: str, zone: str) -> None:
    for read in (moment, day):
        with suppress(Unfit):
            assert read(text, Clocks(shape, zone))


# ---- mappings --------------------------------------------------------------------------------------------

SOUND = VendorMapping("Docks", "Axon", (("Serial", "serial"), ("FW", "firmware")), maker="axon")


def test_likely_columns_are_proposed_each_once_and_by_their_whole_name() -> None:
    columns = ("Device Serial", "Serial Number", "Firmware Version", "Last Docked", "Assigned To", "Notes on battery")
    assert guessed(columns) == {
        "Serial Number": "serial", "Firmware Version": "firmware", "Last Docked": "docked", "Assigned To": "assignee",
    }  # fmt: skip


def test_no_likely_name_stands_for_two_fields() -> None:
    likely = [each for field in FIELDS.values() for each in field.likely]
    assert len(likely) == len(set(likely))


def test_a_mapping_is_stored_and_read_as_it_was() -> None:
    how = checked(VendorMapping("D", "V", (("Serial", "serial"), ("Last dock", "docked")), "AXON", "CED_BATTERY", "DMY",
                                "UTC", Reading(";", "cp1252", 3)))  # fmt: skip
    assert from_json(to_json(how)) == how


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"vendor": "x" * 61}, "vendor"),
        ({"columns": (("FW", "firmware"),)}, "columns"),
        ({"columns": (("Serial", "serial"),)}, "columns"),
        ({"columns": (("Serial", "serial"), ("FW", "holder"))}, "columns.fw"),
        ({"columns": (("Serial", "serial"), ("FW", "firmware"), ("fw", "state"))}, "columns.fw"),
        ({"columns": (("Serial", "serial"), ("FW", "firmware"), ("SW", "firmware"))}, "columns.fw"),
        ({"maker": ""}, "maker"),
        ({"columns": (("Serial", "serial"), ("FW", "firmware"), ("Make", "maker"))}, "maker"),
        ({"kind": "HORSE"}, "kind"),
        ({"columns": (("Serial", "serial"), ("Seen", "docked"))}, "times"),
        ({"columns": (("Serial", "serial"), ("Seen", "docked")), "times": "DMY"}, "zone"),
        ({"times": "GUESS", "zone": "UTC"}, "times"),
        ({"reading": Reading(encoding="ebcdic")}, "encoding"),
        ({"reading": Reading(delimiter=", ")}, "delimiter"),
        ({"reading": Reading(heading_row=-1)}, "heading_row"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_what_is_wrong(changes: dict[str, object], field: str) -> None:
    from_sound = {name: getattr(SOUND, name) for name in SOUND.__dataclass_fields__}
    with pytest.raises(BadField) as refused:
        checked(VendorMapping(**(from_sound | changes)))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_no_field_says_who_has_an_item_or_where_it_is() -> None:
    assert not {"holder", "custody", "store", "person", "issued_to", "with"} & FIELDS.keys()
    assert checked(SOUND).maker == "AXON"


def test_the_page_about_imports_lists_every_field_shape_and_zone() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "imports.md").read_text("utf-8")
    section = page.split("\n## Vendor files\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(FIELDS)
    assert [each for each in (*when.SHAPES, *when.ZONES) if f"`{each}`" not in section] == []
