"""The managers' console and the targets in a browser, at three sizes: seen by axe, and an assessment signed by two."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser import service
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
TARGETS = "store,shift,kind,pieces\nME,Early,CED_HANDLE,2\nME,Late,CED_HANDLE,1\nME,,BWV_CAMERA,3\n"


@pytest.fixture(scope="module")
def running(built_force: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service; Hollis has a set out, and the manager leads on CED too."""
    path = tmp_path_factory.mktemp("console") / "kit.sqlite3"
    shutil.copy(built_force, path)
    with service.running(f"sqlite:///{path}") as found:

        def empower(tx: Tx) -> None:
            give(tx.conn, tx.ids, CapabilityGrant(MANAGER, "CED_SPOC", None, "test"), tx.now_us)

        found.service.database.write(empower)
        found.draw([force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4]], (0, 0))
        yield found


def is_whole(page: Page) -> bool:
    """Whether nothing but a table in its own frame is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_an_assessment_is_signed_by_two_and_the_console_holds_availability_against_it(
    running: Running, open_page: Open
) -> None:
    page = open_page("hatch")
    sign_in(page, running)
    expect(page).to_have_url(f"{running.url}/console")
    expect(page.get_by_text("There are no targets to hold it against.")).to_be_visible()
    page.get_by_role("link", name="Write the strategic assessment down").click()
    page.get_by_text("Write an assessment down").click()
    for label, value in (("Title", "STRA"), ("Reference", "S/1"), ("Approved by", "ACC Hope"),
                         ("Made on", "2026-09-30"), ("In force from", "2026-10-01")):  # fmt: skip
        page.get_by_label(label, exact=True).fill(value)
    file = {"name": "targets.csv", "mimeType": "text/csv", "buffer": TARGETS.encode()}
    page.get_by_label("Its targets, as CSV or XLSX").set_input_files([file])
    expect(page.locator("#found")).to_have_text("3 targets in 1 stores.")
    page.get_by_label("Second person, by sign-in name").fill("ivory")
    page.get_by_label("Their PIN").fill(PIN)
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Sign and write it down").click()
    expect(page.get_by_role("cell", name="In force", exact=True)).to_be_visible()
    page.goto(f"{running.url}/console")
    there = page.locator("#there")
    expect(there.get_by_role("link", name="S/1")).to_be_visible()
    # Of three handles one is out and one set aside; early and late together need three.
    expect(there.get_by_text("1 short")).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), [("hatch", "dark"), ("tablet", "light"), ("phone", "light")])
def test_the_console_is_read_at_every_size(running: Running, open_page: Open, size: str, scheme: str) -> None:
    page = open_page(size, scheme)
    sign_in(page, running)
    expect(page.get_by_role("heading", name="Who could go out with a CED")).to_be_visible()
    assert (found_by_axe(page), is_whole(page)) == ([], True)
    page.goto(f"{running.url}/targets")
    assert is_whole(page)
