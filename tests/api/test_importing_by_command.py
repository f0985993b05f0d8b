"""`kitstore import` as a person types it: CSV and workbooks, good rows kept, bad ones named, twice changes nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from inventory.schema import statistics
from inventory.schema.engine import make_engine
from tests.workbook_files import workbook

Typed = Callable[..., Result]
HEADING = ["ref", "kind", "family name", "given name", "store", "joined"]
MEDWAY = [HEADING, ["N1", "REGULAR", "Newall", "Robin", "HQ", date(2026, 1, 5)],
          ["N2", "WIZARD", "Odd", "Sam", "HQ", None]]  # fmt: skip


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """`typed("people", file)` -> what `kitstore import` said, in a force that has begun."""

    def run(*words: str) -> Result:
        environment = {"KIT_DATABASE": f"sqlite:///{tmp_path / 'kit.sqlite3'}"}
        done = CliRunner().invoke(main, words, env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    assert run("init").exit_code == 0
    return lambda *words: run("import", *words)


def said(done: Result) -> str:
    """All of it on one line."""
    return " ".join(done.output.split())


def test_a_workbook_comes_in_and_its_bad_rows_are_named_by_sheet_and_row(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "force.xlsx"
    file.write_bytes(workbook(Medway=MEDWAY, Dover=[HEADING, ["N3", "PCSO", "Dale", "Kit", "HQ", None]]))
    first = typed("people", str(file))
    assert first.exit_code == 1
    assert "1 new, 0 changed, 0 unchanged" in said(first)
    assert "read the sheet Medway; left aside (--sheet): Dover" in said(first)
    assert "sheet 'Medway', row 3, kind: expected one of REGULAR" in said(first)
    assert "got 'WIZARD' 1 rows were left out" in said(first)
    assert "0 new, 0 changed, 1 unchanged" in said(typed("people", str(file)))
    other = typed("people", str(file), "--sheet", "Dover")
    assert (other.exit_code, "1 new" in said(other)) == (0, True)


def test_a_csv_file_has_lines_and_no_sheets(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "force.csv"
    file.write_text("ref,kind,family name,given name\nN1,WIZARD,Newall,Robin\n", "utf-8")
    assert "line 2, kind: expected one of" in said(typed("people", str(file)))
    refused = typed("people", str(file), "--sheet", "Medway")
    assert (refused.exit_code, "a CSV file has no sheets" in said(refused)) == (1, True)


@pytest.mark.db
def test_a_large_file_is_told_to_postgresqls_planner_and_a_small_one_is_not(
    make_pg_database: Callable[..., str], tmp_path: Path
) -> None:
    url, file = make_pg_database(), tmp_path / "force.csv"
    for numbers, known in ((range(statistics.MANY_ROWS - 1), 0), (range(2000, 2000 + statistics.MANY_ROWS), 1)):
        rows = "".join(f"P{number},REGULAR,Name{number},Sam\n" for number in numbers)
        file.write_text("ref,kind,surname,forename\n" + rows, "utf-8")
        done = CliRunner().invoke(main, ["import", "people", str(file)], env={"KIT_DATABASE": url})
        assert done.exit_code == 0, done.output
        engine = make_engine(url)
        with engine.connect() as conn:
            asked = "SELECT count(*) FROM pg_stats WHERE tablename = 'person' AND attname = 'family_name'"
            assert conn.exec_driver_sql(asked).scalar() == known
            conn.exec_driver_sql("ALTER TABLE person SET (autovacuum_enabled = false)")
            conn.commit()
        engine.dispose()


def test_an_old_or_protected_workbook_says_what_is_taken(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "force.xls"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99)
    done = typed("people", str(file))
    assert (done.exit_code, "0 new" in said(done)) == (1, True)
    assert "expected an XLSX workbook without a password, or a CSV file" in said(done)


def test_a_look_at_a_file_says_whom_it_would_newly_allow_and_writes_nothing(typed: Typed, tmp_path: Path) -> None:
    people, results = tmp_path / "force.csv", tmp_path / "results.csv"
    people.write_text("ref,kind,family name,given name,store\nN1,REGULAR,Newall,Robin,HQ\n", "utf-8")
    on = date.today() - timedelta(days=3)  # noqa: DTZ011 - the command asks the day itself
    rows = "".join(f"N1,{course},{on},12,PASS\n" for course in ("PPST", "SBG"))
    results.write_text(f"ref,course,date,hours,outcome\n{rows}N9,PPST,{on},12,PASS\n", "utf-8")
    typed("people", str(people))
    look = typed("training", str(results), "--preview")
    assert look.exit_code == 1
    assert "2 new, 0 changed, 0 unchanged; nothing was written" in said(look)
    assert "0 people would newly be refused, 1 newly allowed" in said(look)
    assert "N1 Robin Newall: newly allowed spit guard now." in said(look)
    assert "line 4, ref: expected the number of a person on record" in said(look)
    assert "2 new, 0 changed, 0 unchanged" in said(typed("training", str(results)))
    assert "2 unchanged" in said(typed("training", str(results), "--preview"))
    wrong = typed("items", str(people), "--preview")
    assert "--preview: expected one of training" in said(wrong)
