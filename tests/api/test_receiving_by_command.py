"""`kitstore receive` and `kitstore labels`: a supplier's list beside its delivery, and labels as a file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.stock.labels import label_code
from tests.inventory.custody.test_receiving import Unpacked
from tests.small_force import HANDLES, build, serial

FILE = "Serial No,Product Type,Lot,Use by\nX7300,TASER,,\nC7301,cartridge,B7,30/06/2030\nC7302,cartridge,B7,soon\n"


@pytest.fixture(scope="module")
def url(make_database: Callable[..., str]) -> str:
    """The small force with an order and a delivery of it, in which one TASER was read."""
    url = make_database()
    build(url)
    engine = make_engine(url)
    store = Unpacked(engine, Ids(writing(engine)))
    of = store.order()
    store.read(store.delivered(of, "DN-5"), of.lines[0].id, "X7310")
    engine.dispose()
    return url


def kitstore(url: str, *words: str) -> Result:
    return CliRunner().invoke(main, words, env={"KIT_DATABASE": url})


def test_a_list_is_put_beside_its_delivery_and_bad_rows_are_named(url: str, tmp_path: Path) -> None:
    file = tmp_path / "asn.csv"
    file.write_text(FILE)
    done = kitstore(url, "receive", str(file), "--delivery", "dn-5")
    assert (done.exit_code, done.output.splitlines()[0]) == (
        1, "2 listed, 0 listed before (serial no: serial, product type: kind, lot: lot, use by: expires_on)",
    ), done.output  # fmt: skip
    assert "line 4, expires_on: expected a date" in done.output
    assert "0 listed, 2 listed before" in kitstore(url, "receive", str(file), "--delivery", "DN-5").output
    for words, says in ((("--delivery", "DN-6"), "no delivery has"),
                        (("--delivery", "DN-5", "--column", "Lot=weight"), "expected one of serial")):  # fmt: skip
        wrong = kitstore(url, "receive", str(file), *words)
        assert (wrong.exit_code, says in wrong.output) == (1, True), wrong.output
    assert kitstore(url, "receive", str(file), "--delivery", "DN-5", "--column", "Lot").exit_code == 2


def test_labels_are_written_to_a_file(url: str, tmp_path: Path) -> None:
    file = tmp_path / "labels"
    done = kitstore(url, "labels", serial(HANDLES[0]).lower(), "--out", str(file), "--zpl")
    assert (done.exit_code, f"^FD{label_code(HANDLES[0])}^FS" in file.read_text()) == (0, True), done.output
    done = kitstore(
        url, "labels", "--delivery", "DN-5", "--out", str(file), "--sheet", "L7651", "--move", "1", "-0.5"
    )
    assert (done.exit_code, file.read_bytes()[:5]) == (0, b"%PDF-"), done.output
    for words, says in ((("X-NOT-ONE",), "no item has it"), ((serial(HANDLES[0]), "--sheet", "A4"), "L7160"),
                        ((), "name SERIALS")):  # fmt: skip
        wrong = kitstore(url, "labels", *words, "--out", str(file))
        assert (wrong.exit_code != 0, says in wrong.output) == (True, True), wrong.output
