"""Counting on the screens: by scan, touch and typing, by two at once, through a lost connection, to the certificate."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import small_force as force
from tests.browser.doing import scans, sign_in
from tests.browser.service import PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]


def opens_the_weekly(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/stores/{force.MEDWAY}/counts")
    page.get_by_role("button", name="Count now Weekly").tap()
    expect(page.get_by_role("heading", name="Weekly count")).to_be_visible()


def test_two_count_at_once_and_what_is_missing_is_settled_on_the_page(
    running: Running, open_page: Open
) -> None:
    ivory, manager = open_page("tablet"), open_page()
    sign_in(ivory, running, "ivory")
    sign_in(manager, running)
    opens_the_weekly(ivory, running)
    manager.goto(ivory.url)
    scans(ivory, force.serial(force.HANDLES[0]))
    expect(ivory.locator("#told.good")).to_have_text("X00201 is where it should be.")
    expect(manager.locator(".how-far")).to_contain_text("1 of 3")
    manager.get_by_role("button", name=f"It is here {force.serial(force.HANDLES[1])}").tap()
    expect(ivory.locator(".how-far")).to_contain_text("2 of 3")
    scans(ivory, "NOT-OURS-1")
    expect(ivory.locator("#told.warn")).to_contain_text("is not one known item; it is kept as it was read")
    assert found_by_axe(ivory) == []
    manager.get_by_text("Close the count").tap()
    manager.get_by_role("button", name="Close and sign as").tap()
    expect(manager.get_by_role("heading", name="Missing")).to_be_visible()
    expect(ivory.get_by_role("heading", name="Its proof")).to_be_visible()
    manager.get_by_text("Report it unaccounted for X00203").tap()
    manager.get_by_label("What was looked for, and found").fill("Searched twice")
    manager.get_by_role("button", name="Report it unaccounted for", exact=True).tap()
    expect(manager.get_by_text("Settled by a movement")).to_be_visible()
    assert found_by_axe(manager) == []
    manager.get_by_role("link", name="Register and certificate").tap()
    expect(manager.get_by_text("SHA-256 of this result")).to_be_visible()
    assert found_by_axe(manager) == []
    manager.goto(f"{running.url}/items/{force.HANDLES[0]}")
    expect(manager.locator(".facts")).to_contain_text("by a count")


def test_what_is_scanned_while_the_connection_is_gone_is_kept_and_sent_when_it_is_back(
    running: Running, open_page: Open
) -> None:
    page = open_page("phone")
    sign_in(page, running)
    opens_the_weekly(page, running)
    page.context.set_offline(True)
    scans(page, force.serial(force.HANDLES[0]), force.serial(force.HANDLES[1]))
    expect(page.locator("#unsent-says")).to_have_text("2 scans are kept in this browser and not yet sent.")
    expect(page.locator("#unsent-list li")).to_have_text(["X00201", "X00202"])
    expect(page.locator(".how-far")).to_contain_text("0 of 3")
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    expect(page.locator(".how-far")).to_contain_text("2 of 3")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_blind_count_shows_what_was_seen_alone_and_two_close_it(
    running: Running, open_page: Open, scheme: str
) -> None:
    page = open_page("small", scheme)
    sign_in(page, running)
    page.goto(f"{running.url}/stores/{force.MEDWAY}/counts")
    assert found_by_axe(page) == []
    page.get_by_text("Another count").tap()
    page.get_by_label("TASER handles").tap()
    page.get_by_label("Blind").tap()
    page.get_by_label("Signed by two people").tap()
    page.get_by_role("button", name="Open a spot count").tap()
    expect(page.get_by_text("A blind count: what is expected is shown after the close.")).to_be_visible()
    page.get_by_label("Scan what stands here").fill(force.serial(force.HANDLES[0]))
    page.get_by_role("button", name="Count it").tap()
    expect(page.locator("#told.good")).to_have_text("X00201 is counted.")
    expect(page.get_by_text("X00202")).to_have_count(0)
    page.get_by_text("Close the count").tap()
    page.get_by_label("Second person").select_option(label="Alex Ivory 9001")
    page.get_by_label("Their own PIN").fill(PIN)
    page.get_by_role("button", name="Close and sign as").tap()
    expect(page.get_by_role("heading", name="Missing")).to_be_visible()
    assert found_by_axe(page) == []
