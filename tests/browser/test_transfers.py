"""Kit between two stores on the screens: packed and signed at one, scanned and signed at the other, by keys alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import small_force as force
from tests.browser.doing import scans, sign_in
from tests.browser.service import PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]


def signs(page: Page, counted: int, verb: str) -> None:
    """The carrier's count, the seals and the carrier's own PIN."""
    page.get_by_label("The carrier’s own count").first.fill(str(counted))
    page.get_by_label("Seal numbers").first.fill("A-17, A-18")
    page.get_by_label("The carrier’s sign-in name").first.fill("hollis")
    page.get_by_label("The carrier’s PIN").first.fill(PIN)
    page.get_by_role("button", name=verb).first.press("Enter")


@pytest.fixture
def draft(running: Running, open_page: Open) -> Page:
    """A consignment that Ivory opened at Medway for Dover."""
    page = open_page()
    sign_in(page, running, "ivory")
    page.get_by_role("link", name="Transfers").click()
    page.get_by_text("Open a consignment").click()
    page.get_by_label("To", exact=True).select_option(label="Dover")
    page.get_by_label("Why").fill("Dover is short")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("heading", name="Pack it at Medway")).to_be_visible()
    return page


def test_it_is_packed_by_scan_sent_and_received_short(draft: Page, running: Running, open_page: Open) -> None:
    page = draft
    scans(page, force.serial(force.HANDLES[0]), force.serial(force.BATTERIES[0]))
    expect(page.locator("#lines li")).to_have_count(2)
    scans(page, "NO-SUCH-THING")
    expect(page.locator("#told.bad")).to_have_text("Nothing is known by NO-SUCH-THING.")
    page.get_by_label("How many").fill("2")
    page.get_by_role("button", name="List them").click()
    expect(page.locator("#lines li")).to_have_count(3)
    wrong = {"packing": found_by_axe(page)}
    signs(page, 3, "Send it")
    expect(page.locator("#told.bad")).to_contain_text("4 pieces are on the list, and the carrier counted 3.")
    signs(page, 4, "Send it")
    expect(page.locator("#stands")).to_contain_text("On its way")
    there = open_page("phone")
    sign_in(there, running)
    there.goto(page.url)
    scans(there, force.serial(force.HANDLES[0]), force.serial(force.HANDLES[1]))
    expect(there.get_by_role("list", name="Scanned at Dover").locator("li")).to_have_count(2)
    expect(there.get_by_role("list", name="Scanned at Dover")).to_contain_text("Not on the list")
    there.get_by_role("button", name=f"Take back {force.serial(force.HANDLES[1])}").tap()
    expect(there.get_by_role("list", name="Scanned at Dover").locator("li")).to_have_count(1)
    wrong["arriving"] = found_by_axe(there)
    signs(there, 1, "Receive it")
    expect(there.locator("#stands")).to_contain_text("Short")
    expect(there.locator("#signed li")).to_have_count(2)
    for name in ("", "/manifest"):
        there.goto(f"{page.url}{name}")
        wrong[f"afterwards{name}"] = found_by_axe(there)
    there.goto(f"{running.url}/transfers")
    wrong["list"] = found_by_axe(there)
    assert {name: found for name, found in wrong.items() if found} == {}
