"""Any bytes become rows or problems, never an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.people.imports import fields, table
from inventory.people.imports.fields import Unfit
from inventory.people.imports.table import Column, read

COLUMNS = (
    Column("ref", aliases=("force number",), needed=True, chars_max=10),
    Column("attended_on", fields.day, ("date",)),
    Column("hours", fields.hours),
)


def rows_of(data: bytes) -> list[dict[str, object]]:
    found = read(data, COLUMNS)
    assert found.problems == ()
    return [dict(row.values) for row in found.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_from_any_office_are_read(encoding: str) -> None:
    assert rows_of("ref\r\nZoë\r\n".encode(encoding)) == [{"ref": "Zoë"}]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_cells_are_separated_by_comma_semicolon_or_tab(separator: str) -> None:
    text = f"ref{separator}hours\nK1{separator}12.5\n"
    assert rows_of(text.encode()) == [{"ref": "K1", "hours": 750}]


@pytest.mark.parametrize("heading", ["ref", "REF", " Force Number ", "force-number", '"Force_number"'])
def test_headings_match_by_name_or_alias(heading: str) -> None:
    assert rows_of(f"{heading}\nK1\n".encode()) == [{"ref": "K1"}]


def test_empty_lines_are_passed_over_and_quoted_cells_may_hold_separators() -> None:
    assert rows_of(b'ref,hours\n\n"K,1",\n , \n') == [{"ref": "K,1", "hours": None}]


def test_each_problem_names_its_line_field_value_and_what_was_expected() -> None:
    found = read(
        b"ref,date,hours\nK1,22/11/2026,12\nK2,31/02/2026,lots\n,2026-01-01,1\nK4,2026-01-01\n", COLUMNS
    )
    assert [row["ref"] for row in found.rows] == ["K1"]
    assert found.rows[0]["attended_on"] == "2026-11-22"
    told = [(each.line, each.field, each.value) for each in found.problems]
    assert told == [
        (3, "attended_on", "31/02/2026"),
        (3, "hours", "lots"),
        (4, "ref", ""),
        (5, "row", "2 cells"),
    ]
    assert "2026-11-22" in found.problems[0].expected
    assert str(found.problems[0]).startswith("line 3, attended_on: expected a date")


def test_lines_count_from_the_heading_also_where_a_cell_spans_lines() -> None:
    found = read(b'ref,hours\n"K\n1",1\nK2,x\n', COLUMNS)
    assert [(each.line, each.field) for each in found.problems] == [(2, "ref"), (4, "hours")]


@pytest.mark.parametrize(
    ("data", "line", "field"),
    [
        (b"", 1, "ref"),
        (b"name\nK1\n", 1, "ref"),
        (b"ref,force number\nK1,K2\n", 1, "ref"),
        (b"ref\nK\x81\xff1\n", 2, "file"),
        (b"\xff\xfer\x00e", 1, "file"),
        (b"ref\n" + b"K" * 200_000 + b"\n", 2, "file"),
        (b"ref\n" + b"K" * 11 + b"\n", 2, "ref"),
        (b"ref\nK\x001\n", 2, "ref"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(data: bytes, line: int, field: str) -> None:
    found = read(data, COLUMNS)
    assert found.rows == ()
    assert [(each.line, each.field) for each in found.problems] == [(line, field)]


def test_a_file_too_large_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "BYTES_MAX", 10)
    assert [each.field for each in read(b"ref\nK1\nK2\nK3\n", COLUMNS).problems] == ["file"]


def test_a_file_of_too_many_rows_keeps_those_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ROWS_MAX", 3)
    found = read(b"ref\nK1\nK2\nK3\n", COLUMNS)
    assert [row["ref"] for row in found.rows] == ["K1", "K2"]
    assert [each.line for each in found.problems] == [4]


def test_headings_nobody_knows_are_named() -> None:
    assert read(b"ref,shoe size\nK1,9\n", COLUMNS).ignored == ("shoe size",)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    read(data, COLUMNS)
    read(b"ref,date,hours\n" + data, COLUMNS)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (fields.day, "2024-02-29", "2024-02-29"),
        (fields.day, "1/2/2026", "2026-02-01"),
        (fields.day, "2026-11-22 00:00:00", "2026-11-22"),
        (fields.hours, "12", 720),
        (fields.hours, "6.25", 375),
        (fields.hours, "12:30", 750),
        (fields.yes_no, "Y", True),
        (fields.yes_no, "FALSE", False),
        (fields.whole(1, 10), "10", 10),
        (fields.pairs, "em4100: 3C00 ; GIAI:95-1;", (("EM4100", "3C00"), ("GIAI", "95-1"))),
        (fields.choice(("CED_HANDLE",), {"TASER": "CED_HANDLE"}), "ced handle", "CED_HANDLE"),
        (fields.choice(("CED_HANDLE",), {"TASER": "CED_HANDLE"}), "Taser", "CED_HANDLE"),
        (fields.moment, "2026-06-01 01:00", 1780272000000000),
        (fields.moment, "2026-06-01T00:00:00Z", 1780272000000000),
    ],
)
def test_cells_are_taken_as_people_write_them(parse: fields.Parser, text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (fields.day, "2025-02-29"),
        (fields.day, "11/22/2026"),
        (fields.day, "1949-12-31"),
        (fields.day, "tomorrow"),
        (fields.hours, "-1"),
        (fields.hours, "12:60"),
        (fields.hours, "1e3"),
        (fields.yes_no, "maybe"),
        (fields.whole(1, 10), "11"),
        (fields.whole(1, 10), "٣"),
        (fields.whole(1, 10), "9" * 400),
        (fields.pairs, "3C00CE754C"),
        (fields.choice(("A", "B")), "C"),
        (fields.moment, "2026-06-01 25:00"),
        (fields.moment, "0001-01-01 00:00"),
        (fields.text, "a\x07b"),
    ],
)
def test_cells_that_cannot_be_taken_are_not_guessed(parse: fields.Parser, text: str) -> None:
    with pytest.raises(Unfit):
        parse(text)
