"""Magazines on the screens: loaded by scanning at the magazine's own page, drawn and handed back at the hatch."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inventory.custody.issue import Request, issue_kit
from tests import small_force as force
from tests import t10
from tests.browser.doing import collar, pair_and_sign_in, says, scans, sign_in
from tests.browser.service import Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
FIRST, OTHER, _ = t10.MAGAZINES
TEN = t10.inside()


@pytest.fixture
def database(built_force: Path, tmp_path: Path) -> str:
    """URL of this test's own copy of the force, with the T10 kit."""
    path = tmp_path / "kit.sqlite3"
    path.write_bytes(built_force.read_bytes())
    t10.add_to(f"sqlite:///{path}")
    return f"sqlite:///{path}"


def fill(running: Running, number: int = 0) -> None:
    """Load a magazine behind the screens' back."""
    policy = running.service.policies.now
    running.service.database.write(lambda tx: t10.fill(tx, policy, number))


def draw(running: Running) -> None:
    """PC Hollis draws the T10 set, its magazine full."""
    fill(running)
    ask, policy = t10.t10_ask(force.HOLLIS), running.service.policies.now
    done = running.service.database.write(lambda tx: issue_kit(tx, [Request(ask)], policy))[0]
    assert done.allowed, done.decision.refusals


@pytest.fixture
def page(running: Running, open_page: Open) -> Page:
    """The page of the first magazine, a store manager signed in."""
    page = open_page()
    sign_in(page, running)
    page.goto(f"{running.url}/items/{FIRST}")
    return page


def test_each_scan_of_a_cartridge_loads_it_until_the_magazine_is_full(page: Page) -> None:
    section = page.get_by_role("region", name="What is in it")
    expect(section).to_contain_text("Magazine X00421 is recorded with no cartridges, not 10.")
    scans(page, *(force.serial(each) for each in TEN))
    expect(page.locator("#told")).to_have_text("Cartridge X00440 is in it, place 10. It is full and ready to go out.")
    expect(section.locator(".places a")).to_have_text([force.serial(each) for each in TEN])
    expect(section.get_by_text("Ready to go out", exact=True)).to_be_visible()
    page.reload()
    expect(page.locator(".line-of-life li").first).to_contain_text("Loaded")
    page.get_by_role("link", name=force.serial(TEN[3])).first.click()
    expect(page.locator(".facts")).to_contain_text("Loaded inMagazine X00421place 4")


def test_what_bars_a_loading_is_said_on_the_page(page: Page) -> None:
    scans(page, force.serial(t10.EXPIRED))
    expect(page.locator("#told.bad")).to_have_text("Cartridge X00473 expired on 21 November 2026.")
    scans(page, "NO-SUCH-THING")
    expect(page.locator("#told.bad")).to_have_text("Nothing is known by NO-SUCH-THING.")
    expect(page.locator(".places a")).to_have_count(0)


def test_a_serial_may_be_typed(page: Page) -> None:
    field = page.get_by_label("Scan a cartridge to load it")
    field.fill(force.serial(TEN[0]))
    page.get_by_role("button", name="Load").click()
    expect(page.locator("#told.good")).to_have_text("Cartridge X00431 is in it, place 1. 1 of 10.")
    expect(field).to_have_value("")


def test_a_scan_of_another_magazine_opens_that_one(page: Page, running: Running) -> None:
    scans(page, force.serial(OTHER))
    expect(page).to_have_url(f"{running.url}/items/{OTHER}")


def test_a_touch_takes_one_out_or_all(page: Page, running: Running) -> None:
    fill(running)
    page.reload()
    page.get_by_role("button", name=f"Take out {force.serial(TEN[1])}").tap()
    expect(page.locator("#told.good")).to_have_text("One cartridge is out of it. 9 of 10.")
    expect(page.locator(".places .still")).to_have_count(1)
    page.get_by_text("Take all out").tap()
    page.get_by_role("button", name="9 cartridges come out").tap()
    expect(page.locator("#told.good")).to_have_text("9 cartridges are out of it. 0 of 10.")
    expect(page.locator(".places a")).to_have_count(0)


def test_a_magazine_that_is_out_offers_no_loading(running: Running, open_page: Open) -> None:
    draw(running)
    page = open_page()
    sign_in(page, running)
    page.goto(f"{running.url}/items/{FIRST}")
    expect(page.get_by_text("It is loaded and unloaded in the store, after it is handed in.")).to_be_visible()
    expect(page.get_by_text("Take all out")).to_have_count(0)
    expect(page.get_by_label("Scan a cartridge to load it")).to_have_count(0)


def test_an_officer_sees_what_is_in_a_magazine_and_may_not_load_it(running: Running, open_page: Open) -> None:
    fill(running)
    page = open_page()
    sign_in(page, running, "hollis")
    page.goto(f"{running.url}/items/{FIRST}")
    expect(page.locator(".places a")).to_have_count(10)
    expect(page.get_by_label("Scan a cartridge to load it")).to_have_count(0)


def test_the_hatch_shows_what_came_back_in_a_magazine_and_takes_a_touch_for_what_did_not(
    running: Running, open_page: Open
) -> None:
    draw(running)
    hatch = open_page()
    pair_and_sign_in(hatch, running)
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    expect(hatch.locator(".holding li")).to_have_count(3)
    expect(hatch.locator(".holding")).to_contain_text("X00421 and the 10 in it")
    scans(hatch, force.serial(t10.HANDLES[0]))
    expect(hatch.locator("#gaps")).to_contain_text("Still out: Magazine X00421 and the 10 in it")
    scans(hatch, force.serial(FIRST))
    expect(hatch.locator("#verdict")).to_contain_text("with the 10 cartridges in it")
    back = hatch.locator("#groups .group[data-word=RETURNED] .line")
    expect(back).to_have_count(12)
    hatch.get_by_role("button", name=f"Not there: Cartridge {force.serial(TEN[2])}").tap()
    says(hatch, "NOT THERE")
    short = hatch.locator("#groups .group[data-word=SHORT] .line")
    expect(short).to_have_count(1)
    expect(short).to_contain_text(force.serial(TEN[2]))
    hatch.get_by_role("button", name=f"Used: Cartridge {force.serial(TEN[3])}").tap()
    says(hatch, "USED")
    expect(back.filter(has_text=force.serial(TEN[3]))).to_contain_text("Used")
    expect(back).to_have_count(11)
    scans(hatch, force.serial(TEN[4]))
    says(hatch, "IT IS BACK")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_magazines_page_nor_at_the_hatch_where_one_came_back(
    running: Running, open_page: Open, scheme: str
) -> None:
    draw(running)
    hatch = open_page("hatch", scheme)
    pair_and_sign_in(hatch, running)
    scans(hatch, collar(force.HOLLIS), force.serial(FIRST))
    says(hatch, "RETURNED")
    hatch.get_by_role("button", name=f"Not there: Cartridge {force.serial(TEN[2])}").tap()
    says(hatch, "NOT THERE")
    assert found_by_axe(hatch) == []
    hatch.goto(f"{running.url}/items/{FIRST}")
    scans(hatch, force.serial(t10.EXPIRED))
    expect(hatch.locator("#told.bad")).to_be_visible()
    hatch.get_by_text("Take all out").tap()
    assert found_by_axe(hatch) == []
