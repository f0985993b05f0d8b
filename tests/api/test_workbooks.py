"""Workbooks become rows of texts as people see them; what a spreadsheet made of a cell is told, never guessed."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import workbooks
from api.workbooks import read
from inventory.people.imports import fields
from inventory.people.imports.sheet import Cell, Sheet, Unsound
from inventory.people.imports.table import Column
from inventory.people.imports.table import read as read_table
from tests.workbook_files import rewritten, workbook


def cells(*values: Any) -> tuple[Cell, ...]:
    """One row of such values, as it is read."""
    (row,) = read(workbook(People=[values])).rows
    return row[1]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("K1", "K1"),
        (4417, "4417"),
        (4417.0, "4417"),
        (12.5, "12.5"),
        (0.1 + 0.2, "0.3"),
        (True, "yes"),
        (False, "no"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22), "2026-11-22"),  # noqa: DTZ001 - a cell has no zone
        (datetime(2026, 11, 22, 5, 50), "2026-11-22 05:50:00"),  # noqa: DTZ001
        (datetime(2026, 11, 22, 5, 49, 59, 999_900), "2026-11-22 05:50:00"),  # noqa: DTZ001
        (time(12, 30), "12:30"),
        (timedelta(hours=36, minutes=5), "36:05"),
    ],
)
def test_a_cell_is_the_text_that_a_person_sees(value: object, shown: str) -> None:
    assert cells(value) == (shown,)


def test_a_number_shown_with_noughts_before_it_keeps_them() -> None:
    def padded(book: Any) -> None:
        book["People"]["A1"].number_format = "000000"

    assert read(workbook(padded, People=[[4417]])).rows == ((1, ("004417",)),)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("#N/A", "shows an error"), ("=A9", "open the workbook and save it"), (10**15, "more than 15 digits")],
)
def test_what_a_spreadsheet_does_not_know_itself_is_told_and_not_guessed(value: object, expected: str) -> None:
    (cell,) = cells(value)
    assert isinstance(cell, Unsound)
    assert expected in cell.expected


def test_a_formula_with_its_result_is_its_result() -> None:
    data = workbook(People=[["=UPPER(B1)", "k1"]])
    asked, known = b'<c r="A1"><f>UPPER(B1)</f><v />', b'<c r="A1" t="str"><f>UPPER(B1)</f><v>K1</v>'
    saved = rewritten(data, "sheet1.xml", lambda part: part.replace(b"<v></v>", b"<v />").replace(asked, known))
    assert read(saved).rows == ((1, ("K1", "k1")),)


def test_rows_keep_the_numbers_that_the_sheet_shows() -> None:
    sheet = read(workbook(People=[["ref"], [], [None, " "], ["K1", None, "x", None]]))
    assert sheet.rows == ((1, ("ref",)), (4, ("K1", "", "x")))


def test_the_first_sheet_that_is_not_hidden_is_taken_and_the_others_are_named() -> None:
    def hide(book: Any) -> None:
        book["Old"].sheet_state = "hidden"

    data = workbook(hide, Old=[["ref"], ["K0"]], Medway=[["ref"], ["K1"]], Notes=[["by post"]], Empty=[])
    first, named, hidden = read(data), read(data, "Notes"), read(data, "Old")
    assert (first.name, first.rows[1], first.others) == ("Medway", (2, ("K1",)), ("Notes",))
    assert (named.rows, named.others) == (((1, ("by post",)),), ("Medway",))
    assert hidden.rows[1] == (2, ("K0",))
    missing = read(data, "Dover")
    assert missing.trouble is not None
    assert "Old, Medway, Notes, Empty" in missing.trouble.expected


def test_a_file_of_another_sort_says_what_is_expected_instead() -> None:
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    whole = workbook(People=[["ref"], ["K1"]])
    old_xls = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99
    for data in (document.getvalue(), b"PK\x03\x04", whole[: len(whole) // 2], old_xls):
        sheet = read(data)
        assert sheet.trouble is not None, data[:8]
        assert sheet.trouble.expected == workbooks.EXPECTED
        assert sheet.rows == ()


def test_a_workbook_too_large_however_small_it_is_packed_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(People=[["ref"], *([f"K{number}"] for number in range(500))])
    for limit, told in (("BYTES_MAX", "at most 1000 bytes"), ("UNPACKED_MAX", "at most 1000 bytes unpacked")):
        with monkeypatch.context() as patch:
            patch.setattr(workbooks, limit, 1000)
            trouble = read(data).trouble
            assert trouble is not None
            assert told in trouble.expected
    monkeypatch.setattr(workbooks, "ROWS_MAX", 100)
    trouble = read(data).trouble
    assert trouble is not None
    assert "at most 100 rows" in trouble.expected


def test_a_sheet_that_says_it_is_endless_ends() -> None:
    data = workbook(People=[["ref"], ["K1"]])
    endless = rewritten(data, "sheet1.xml", lambda part: part.replace(b'r="2"', b'r="99999999999"'))
    assert endless != data
    assert read(endless).rows == ((1, ("ref",)),)


def test_a_sheet_whose_stated_size_is_wrong_is_read_whole() -> None:
    data = workbook(People=[["ref", "team"], ["K1", "A"]])
    narrow = rewritten(data, "sheet1.xml", lambda part: part.replace(b'ref="A1:B2"', b'ref="A1"'))
    assert narrow != data
    assert read(narrow).rows == ((1, ("ref", "team")), (2, ("K1", "A")))


FILLED = [["ref", "joined", "hours"], ["K1", date(2026, 1, 5), 12.5], ["K2", "=A2", True]]
WHOLE = workbook(People=FILLED, Notes=[["x"]])
PARTS = zipfile.ZipFile(io.BytesIO(WHOLE)).namelist()


@given(st.binary(max_size=300), st.integers(0, len(WHOLE)), st.integers(0, 60))
def test_no_bytes_make_the_reader_raise(noise: bytes, at: int, length: int) -> None:
    assert isinstance(read(noise), Sheet)
    assert isinstance(read(b"PK\x03\x04" + noise), Sheet)
    assert isinstance(read(WHOLE[:at] + noise[:length] + WHOLE[at + length :]), Sheet)


@given(st.sampled_from(PARTS), st.floats(0, 1), st.integers(0, 40), st.text(max_size=12))
def test_no_damage_to_what_is_inside_makes_the_reader_raise(part: str, at: float, length: int, noise: str) -> None:
    def damage(inside: bytes) -> bytes:
        start = round(at * len(inside))
        return inside[:start] + noise.encode() + inside[start + length :]

    assert isinstance(read(rewritten(WHOLE, part, damage)), Sheet)


# ---- what imports make of them ------------------------------------------------------------------------

COLUMNS = (
    Column("ref", aliases=("force number",), needed=True, chars_max=10),
    Column("joined_on", fields.day, ("joined",)),
    Column("hours", fields.hours),
)


def test_a_sheet_is_read_as_a_csv_file_is() -> None:
    table = read_table(
        read(workbook(People=[["Force number", "Joined", "Hours"], [4417, date(2026, 1, 5), time(12, 30)], ["K2"]])),
        COLUMNS,
    )
    assert table.problems == ()
    assert [dict(row.values) for row in table.rows] == [
        {"ref": "4417", "joined_on": "2026-01-05", "hours": 750},
        {"ref": "K2", "joined_on": None, "hours": None},
    ]


def test_each_problem_of_a_sheet_names_its_row_field_value_and_what_was_expected() -> None:
    nine = datetime(2026, 1, 5, 9)  # noqa: DTZ001
    rows = [[], ["ref", "joined", "hours"], ["K1", nine, 1], [None, None, 1], ["K3", None, "#N/A"],
            ["K4", None, 1, "beside"]]  # fmt: skip
    table = read_table(read(workbook(People=rows)), COLUMNS)
    assert table.rows == ()
    told = [(each.line, each.field, each.value) for each in table.problems]
    assert told == [
        (3, "joined_on", "2026-01-05 09:00:00"), (4, "ref", ""), (5, "hours", "#N/A"), (6, "row", "4 cells"),
    ]  # fmt: skip


def test_headings_that_are_missing_are_said_in_the_row_where_they_should_stand() -> None:
    (problem,) = read_table(read(workbook(People=[[], ["name"], ["K1"]])), COLUMNS).problems
    assert (problem.line, problem.field) == (2, "ref")
