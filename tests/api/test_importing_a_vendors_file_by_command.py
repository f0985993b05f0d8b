"""`kitstore import vendor` as a person types it: a look that writes nothing, then the file, by a mapping."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from api.cli import main
from inventory.schema.engine import make_engine
from inventory.schema.vendor import vendor_fact, vendor_import
from tests import small_force as force

Typed = Callable[..., Result]
BATTERY = force.serial(force.BATTERIES[0])
MAPPING = {"name": "Docks", "vendor": "Axon Evidence", "maker": "AXON", "kind": "CED_BATTERY",
           "columns": {"Serial": "serial", "FW": "firmware"}}  # fmt: skip


@pytest.fixture(scope="module")
def built(make_sqlite_database: Callable[..., str]) -> str:
    """URL of the small force; copy it."""
    url = make_sqlite_database()
    force.build(url)
    return url


@pytest.fixture
def url(make_sqlite_database: Callable[..., str], built: str) -> str:
    return make_sqlite_database(template=built)


@pytest.fixture
def typed(url: str) -> Typed:
    """`typed(file, "--preview")` -> what `kitstore import vendor` said."""

    def run(*words: str) -> Result:
        done = CliRunner().invoke(main, ("import", "vendor", *words), env={"KIT_DATABASE": url})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An export of a year ago with a good row and a bad one, and beside it how it is read."""
    (tmp_path / "docks.json").write_text(json.dumps(MAPPING), "utf-8")
    made = tmp_path / "docks.csv"
    made.write_text(f"Serial,FW\n{BATTERY},1.4.2\nX99999,1.4.2\n", "utf-8")
    os.utime(made, (1_763_000_000, 1_763_000_000))
    return made


def counted(url: str) -> list[int]:
    engine = make_engine(url)
    with engine.connect() as conn:
        found = [int(conn.execute(sa.select(sa.func.count()).select_from(each)).scalar_one())
                 for each in (vendor_import, vendor_fact)]  # fmt: skip
    engine.dispose()
    return found


def test_a_preview_says_what_would_change_and_the_file_then_changes_it_once(typed: Typed, file: Path, url: str) -> None:
    by_json = ("--mapping", str(file.with_suffix(".json")))
    looked = typed(str(file), *by_json, "--preview")
    assert looked.exit_code == 1
    assert f"line 2, {BATTERY}: FIRMWARE 1.4.2" in looked.output
    assert "line 3, serial: expected the serial of a CED_BATTERY of AXON on record, got 'X99999'" in looked.output
    assert "1 new, 0 unchanged, 1 not on record, 0 left out, 0 contradictions; nothing was written" in looked.output
    assert counted(url) == [0, 0]
    assert "taken in as" in typed(str(file), *by_json).output
    assert counted(url) == [1, 1]
    again = typed(str(file), "--mapping", "Docks")
    assert "0 new, 1 unchanged" in again.output
    assert "taken in before" in again.output
    assert counted(url) == [1, 1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mapping", "Nothing"), "--mapping: expected the name of a mapping on record"),
        (("--mapping", "nowhere.json"), "--mapping: expected a file of one mapping in JSON"),
        ((), "--mapping: expected"),
        (("--mapping", "{json}", "--as-of", "soon"), "--as-of: expected a time as 2026-11-22 05:50"),
        (("--mapping", "{json}", "--sheet", "Docks"), "a CSV file has no sheets"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    typed: Typed, file: Path, url: str, words: tuple[str, ...], said: str
) -> None:
    done = typed(str(file), *(each.format(json=file.with_suffix(".json")) for each in words))
    assert (done.exit_code, said in done.output) == (1, True), done.output
    assert counted(url) == [0, 0]


def test_options_of_vendor_files_are_for_no_other(url: str, file: Path) -> None:
    for option, code, said in (
        (("--as-of", "2026-11-22"), 2, "--as-of is for vendor files"),
        (("--mapping", "Docks"), 2, "--mapping for those"),
        (("--preview",), 1, "or vendor"),
    ):
        done = CliRunner().invoke(main, ("import", "people", str(file), *option), env={"KIT_DATABASE": url})
        assert (done.exit_code, said in " ".join(done.output.split())) == (code, True), done.output
