"""What may be done with an item, on its page: forms from the table, scans for several, the second person's own PIN."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from inventory.people.capabilities import CapabilityGrant, give
from tests import small_force as force
from tests.browser.doing import scans, sign_in
from tests.browser.service import PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
CAN = ((force.ISSUER, "CED_SPOC"), (force.HOLLIS, "TECHNICIAN"))


@pytest.fixture
def page(running: Running, open_page: Open) -> Page:
    """Ivory signed in, who issues and is the CED SPOC; Hollis is a technician."""

    def empower(tx: Any) -> None:
        for person_id, capability in CAN:
            give(tx.conn, tx.ids, CapabilityGrant(person_id, capability, force.MEDWAY, "test"), tx.now_us)

    running.service.database.write(empower)
    page = open_page()
    sign_in(page, running, "ivory")
    return page


def opened(page: Page, running: Running, item_id: int, title: str) -> Locator:
    """The form of an act on an item's page, opened by its button."""
    page.goto(f"{running.url}/items/{item_id}")
    section = page.get_by_role("region", name="What may be done now")
    section.locator("summary", has_text=title).click()
    return section.locator("details[open] form")


def test_kit_is_quarantined_by_form_with_what_was_scanned_beside_it(page: Page, running: Running) -> None:
    form = opened(page, running, force.CARTRIDGES[0], "Put in quarantine")
    form.get_by_role("button", name="Put in quarantine").click()
    expect(form.get_by_role("alert")).to_contain_text("reason")
    expect(form.get_by_label("Why")).to_be_focused()
    form.get_by_label("Why").select_option("Damage")
    form.get_by_label("What was seen").fill("dented in its box")
    form.get_by_label("The same for these too").focus()
    scans(page, force.serial(force.CARTRIDGES[1]))
    expect(form.locator(".also")).to_have_text(force.serial(force.CARTRIDGES[1]))
    assert found_by_axe(page) == []
    form.get_by_role("button", name="Put in quarantine").click()
    expect(page.locator("#passed")).to_have_text("Put in quarantine: done for 2 items.")
    expect(page.locator(".head")).to_contain_text("Quarantined")


def test_an_act_for_two_takes_the_second_persons_own_pin(page: Page, running: Running) -> None:
    form = opened(page, running, force.HANDLES[0], "Move to the training pool")
    form.get_by_label("Reason").fill("for the course in May")
    form.get_by_label("Marked as training kit").check()
    form.get_by_label("Their sign-in name").fill("hollis")
    form.get_by_label("Their PIN").fill("000000")
    form.get_by_role("button", name="Move to the training pool").click()
    expect(form.get_by_label("Their PIN")).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing to scroll sideways on a phone"
    assert found_by_axe(page) == []
    form.get_by_label("Their PIN").fill(PIN)
    form.get_by_role("button", name="Move to the training pool").click()
    expect(page.locator(".head")).to_contain_text("Training pool")


def test_a_scan_opens_what_was_scanned_while_no_form_is_open(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/items/{force.HANDLES[1]}")
    scans(page, force.serial(force.HANDLES[2]))
    page.wait_for_url(f"**/items/{force.HANDLES[2]}*")
