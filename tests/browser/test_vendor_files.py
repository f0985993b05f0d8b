"""A vendor's file on the screen: chosen, its columns mapped, what it would change seen, and then taken in."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from inventory.schema.custody import alarm
from inventory.schema.stock import item
from inventory.schema.vendor import vendor_fact, vendor_import
from tests import small_force as force
from tests.browser import service
from tests.browser.doing import sign_in
from tests.browser.service import Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
CAMERA, OTHER = force.serial(force.CAMERAS[0]), force.serial(force.CAMERAS[1])
TEXT = (
    "Device Serial Number;Assigned To;Badge Number;Firmware Version;Last Docked;Notes\n"
    f"{CAMERA};Alex Hollis;4417;1.23.1;21/11/2026 22:40;\n"
    f"{OTHER};;;1.22.0;31/02/2026 22:40;lens scratched\n"
    "X98765;;;1.22.0;21/11/2026 22:41;\n"
)


def choose(page: Page, text: str = TEXT) -> None:
    """Choose a file, exported an hour ago."""
    page.get_by_label("The file, as the vendor's system exports it").set_input_files(
        {"name": "cameras.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    expect(page.get_by_role("table", name="Columns of the file")).to_be_visible()


def describe(page: Page) -> None:
    """Say of the whole file what its columns do not."""
    page.get_by_label("Whose system it is").fill("Axon Evidence")
    page.get_by_label("Name of this mapping").fill("Cameras, weekly")
    page.get_by_label("Maker of every item in it").fill("AXON")
    page.get_by_label("Kind of every item in it").select_option("BWV_CAMERA")
    page.get_by_label("Times are written as").select_option("DMY")
    page.get_by_label("Times are in").select_option("Europe/London")
    page.get_by_label("Exported at").fill("2026-11-22T06:00:00")


def column(page: Page, name: str) -> Locator:
    return page.get_by_label(f"What the column {name} says", exact=True)


def counted(running: Running) -> list[int]:
    with running.service.database.reading() as conn:
        tables = (vendor_import, vendor_fact, alarm)
        return [int(conn.execute(sa.select(sa.func.count()).select_from(each)).scalar_one()) for each in tables]


@pytest.fixture(scope="module")
def running(built_force: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all: the test that takes files in comes last."""
    path = shutil.copy(built_force, tmp_path_factory.mktemp("vendor") / "kit.sqlite3")
    with service.running(f"sqlite:///{path}") as found:
        yield found


@pytest.fixture
def files(running: Running, open_page: Open) -> Page:
    """The page, a manager signed in."""
    page = open_page()
    sign_in(page, running)
    page.get_by_role("link", name="Vendor files", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Vendor files")).to_be_visible()
    return page


def test_what_was_previewed_is_put_away_when_something_is_changed(files: Page) -> None:
    choose(files)
    describe(files)
    files.get_by_role("button", name="Show what it would change").click()
    take = files.get_by_role("button", name="Take it in")
    expect(take).to_be_visible()
    column(files, "Firmware Version").select_option("state")
    expect(take).to_be_hidden()


def test_what_is_missing_is_said_and_nothing_is_shown(files: Page) -> None:
    choose(files)
    files.get_by_role("button", name="Show what it would change").click()
    expect(files.get_by_role("alert").filter(has_text="name: expected 1 to 60 characters")).to_be_visible()
    expect(files.get_by_role("button", name="Take it in")).to_be_hidden()


def test_a_file_is_mapped_looked_over_taken_in_and_the_next_one_read_like_it(files: Page, running: Running) -> None:
    own = sa.update(item).where(item.c.id == force.CAMERAS[0]).values(personal_to=force.MERCER)
    running.service.database.write(lambda tx: tx.conn.execute(own))
    choose(files)
    expect(column(files, "Device Serial Number")).to_have_value("serial")
    expect(column(files, "Notes")).to_have_value("")
    describe(files)
    before = counted(running)
    files.get_by_role("button", name="Show what it would change").click()
    shown = files.get_by_role("region", name="What it would change")
    against = shown.get_by_role("table", name="Contradicts our records")
    expect(against).to_contain_text("assigned to collar 4417; the ledger says it is in Medway, and is 4418's own.")
    left = shown.get_by_role("table", name="Left out").get_by_role("row")
    expect(left.nth(1)).to_contain_text("31/02/2026 22:40")
    expect(left.nth(2)).to_contain_text("X98765")
    assert found_by_axe(files) == []
    assert counted(running) == before
    files.get_by_role("button", name="Take it in").click()
    expect(files.get_by_role("heading", name="What was taken in")).to_be_visible()
    row = files.get_by_role("row").filter(has_text="cameras.csv")
    expect(row).to_contain_text("Sam Marlowe")
    assert [now - was for now, was in zip(counted(running), before, strict=True)] == [1, 4, 1]
    row.get_by_role("link", name="cameras.csv").click()
    expect(files.get_by_role("region", name="Left out").get_by_role("row")).to_have_count(3)
    assert found_by_axe(files) == []
    files.goto(f"{running.url}/items/{force.CAMERAS[0]}")
    expect(files.get_by_text("1.23.1")).to_be_visible()
    files.goto(f"{running.url}/vendor-files")
    choose(files, TEXT.replace("1.23.1", "1.24.0"))
    expect(files.get_by_text('Read as "Cameras, weekly" was')).to_be_visible()
    expect(files.get_by_label("Times are written as")).to_have_value("DMY")
