"""Reports on the screen at three sizes: found, asked, sorted, narrowed, taken away, worked out in the background."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from api.report_asking import BY_NAME
from inventory.custody.loss import Missing, report_unaccounted
from inventory.people.capabilities import CapabilityGrant, give
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]


def test_a_manager_asks_a_report_reads_it_at_every_size_and_takes_it_away(
    running: Running, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(size="tablet")
    _something_to_report(running)
    sign_in(page, running)
    _found_and_asked(page)
    running.hand.ahead_us += 10 * force.HOUR
    sign_in(page, running)
    _sorted_and_taken_away(page, running)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert found_by_axe(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"it scrolls sideways at {width}"
    monkeypatch.setitem(BY_NAME, "last-sighted", replace(BY_NAME["last-sighted"], is_long=True))
    _in_the_background(page, running)


def _something_to_report(running: Running) -> None:
    inspector = CapabilityGrant(MANAGER, "DUTY_INSPECTOR", None, "test")
    running.service.database.write(lambda tx: give(tx.conn, tx.ids, inspector, tx.now_us))
    running.draw([force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4], force.CAMERAS[0]], (0, 0))
    missing = [Missing(force.CAMERAS[1], force.MEDWAY, MANAGER, "Not in its bay")]
    running.service.database.write(lambda tx: report_unaccounted(tx, missing))


def _found_and_asked(page: Page) -> None:
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", name="Everything an officer holds")).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_label("Find a report").fill("holds")
    expect(page.get_by_role("heading", name="Late, missing and lost")).to_be_hidden()
    page.get_by_role("link", name="Everything an officer holds").click()
    page.get_by_label("Officer").fill("nobody")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Expected the collar, the force's number or the id")).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_label("Officer").fill("4417")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#found tbody tr")).to_have_count(7)


def _sorted_and_taken_away(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/reports/where-is")
    assert page.locator("[aria-invalid]").count() == 0, "nothing is wrong before anything is asked"
    page.get_by_role("textbox", name="Serial").fill("x00201")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#found tbody tr")).to_contain_text("PC Hollis 4417")
    page.goto(f"{running.url}/reports/late-and-lost")
    picture = page.get_by_role("img", name="Late, missing and lost. The table below holds the same numbers.")
    expect(picture).to_be_visible()
    page.get_by_role("button", name="Item").click()
    expect(page.locator("#found thead th").nth(1)).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#found tbody tr").first).to_contain_text("Battery pack X00211")
    page.get_by_label("Who is it for").fill("DI Brook")
    with page.expect_download() as taken:
        page.get_by_role("button", name="PDF").click()
    assert taken.value.suggested_filename == "late-and-lost.pdf"
    assert found_by_axe(page) == []


def _in_the_background(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/reports/last-sighted?days=0")
    page.get_by_role("button", name="Have it worked out").click()
    page.wait_for_url("**/reports/runs/*")
    expect(page.get_by_role("heading", name="The same as a table")).to_be_visible()
    page.get_by_label("Narrow the rows").fill("handle X00203")
    expect(page.locator("#found tbody tr:visible")).to_have_count(1)
    page.goto(f"{running.url}/reports")
    expect(page.get_by_role("heading", name="Yours in the background")).to_be_visible()
