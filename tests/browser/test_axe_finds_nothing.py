"""Every page, in light and in dark, as axe sees it: contrast, names, roles, order (WCAG 2.2 AA)."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from inventory.people.capabilities import CapabilityGrant, give
from tests import small_force as force
from tests.browser import service
from tests.browser.doing import collar, pair_and_sign_in, says, scans, sign_in
from tests.browser.service import OFFICER, Running

Open = Callable[..., Page]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = {
    "now": "/",
    "stores": "/stores",
    "a store's shelf": f"/stores/{force.MEDWAY}?kind=CED_HANDLE",
    "alarms": "/alarms",
    "losses": "/losses",
    "paper": f"/stores/{force.MEDWAY}/paper",
    "corrections": f"/stores/{force.MEDWAY}/corrections",
    "vendor files": "/vendor-files",
    "an item": f"/items/{force.HANDLES[0]}",
    "an item on hold": f"/items/{force.HANDLES[2]}",
    "who looked": "/my-record/looks?own=true",
    "a person": f"/people/{force.HOLLIS}",
    "a lapsed person": f"/people/{force.LAPSED}",
    "found": "/search?q=X002",
    "not found": "/search?q=nothing-of-ours",
    "not there": "/items/99999999",
}


@pytest.fixture(scope="module")
def shared(built_force: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for pages that are only looked at."""
    path = tmp_path_factory.mktemp("axe") / "kit.sqlite3"
    shutil.copy(built_force, path)
    with service.running(f"sqlite:///{path}") as found:
        yield found


def found_by_axe(page: Page) -> list[str]:
    """What axe says is wrong: the rule and the elements."""
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    wrong = results.response["violations"]
    return [f"{each['id']}: {[node['html'][:160] for node in each['nodes']]}" for each in wrong]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_a_manager(shared: Running, open_page: Open, scheme: str) -> None:
    page = open_page("hatch", scheme)
    sign_in(page, shared)
    found = {}
    for name, path in PAGES.items():
        page.goto(f"{shared.url}{path}")
        found[name] = found_by_axe(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_log_reader(running: Running, open_page: Open, scheme: str) -> None:
    reader = CapabilityGrant(OFFICER, "LOG_READER", None, "test")
    running.service.database.write(lambda tx: give(tx.conn, tx.ids, reader, tx.now_us))
    page = open_page("hatch", scheme)
    sign_in(page, running, "hollis")
    expect(page.get_by_role("heading", name="Processing log")).to_be_visible()
    assert found_by_axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/sign-in", "/pair"])
def test_the_doors(shared: Running, open_page: Open, path: str, scheme: str) -> None:
    page = open_page("phone", scheme)
    page.goto(f"{shared.url}{path}")
    assert found_by_axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_hatch_empty_drawing_refusing_and_with_a_pad_open(
    running: Running, open_page: Open, scheme: str
) -> None:
    page = open_page("hatch", scheme)
    pair_and_sign_in(page, running)
    found = {"empty": found_by_axe(page)}
    scans(page, collar(force.HOLLIS))
    says(page, "READY")
    scans(page, force.serial(force.HANDLES[0]))
    says(page, "IN SET")
    found["drawing"] = settled(page)
    page.get_by_role("button", name="Type a code").tap()
    found["pad"] = settled(page)
    page.get_by_role("button", name="Cancel", exact=True).tap()
    scans(page, force.serial(force.HANDLES[2]))
    says(page, "REFUSED")
    found["refusing"] = settled(page)
    scans(page, "ZZ-NOT-OURS")
    says(page, "NOT KNOWN")
    found["warning"] = settled(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def settled(page: Page) -> list[str]:
    """What axe finds once nothing moves any more."""
    page.evaluate(
        "() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)))"
    )
    return found_by_axe(page)


@pytest.mark.parametrize("name", PAGES)
def test_at_four_times_the_size_nothing_scrolls_sideways(shared: Running, open_page: Open, name: str) -> None:
    page = open_page("zoomed")
    sign_in(page, shared)
    page.goto(f"{shared.url}{PAGES[name]}")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_axe_finds_what_is_wrong(open_page: Open) -> None:
    page = open_page()
    page.set_content(
        "<html lang=en><title>t</title><main><h1>t</h1><input><p style='color:#aaa'>faint</p></main>"
    )
    assert {each.split(":")[0] for each in found_by_axe(page)} == {"label", "color-contrast"}
