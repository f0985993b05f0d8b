"""A loss on the screen: reported on the item's page, searched for, told, found by two people."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from inventory.people.capabilities import CapabilityGrant, give
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
CAMERA = force.CAMERAS[0]


def test_a_camera_is_missed_told_found_and_its_case_closed(running: Running, open_page: Open) -> None:
    inspector = CapabilityGrant(MANAGER, "DUTY_INSPECTOR", None, "test")
    running.service.database.write(lambda tx: give(tx.conn, tx.ids, inspector, tx.now_us))
    page = open_page(size="tablet")
    sign_in(page, running)
    page.goto(f"{running.url}/items/{CAMERA}")
    page.get_by_text("It cannot be found").click()
    page.get_by_role("button", name="Report it missing").click()
    expect(page.get_by_role("alert")).to_contain_text("how it was missed")
    page.get_by_label("How it was missed, and what was done so far").fill("Not in its bay at the handover")
    page.get_by_role("button", name="Report it missing").click()
    expect(page.get_by_role("heading", name="What comes next")).to_be_visible()
    expect(page.locator(".next li").first).to_contain_text("Search for it")
    fill(page, "Close the case", None)
    fill(page, "Write down a search", {"Where was looked, and by whom": "The store and both vans"})
    for _ in range(3):
        fill(page, "Write down who was told", {"By whom, to whom and how": "By telephone"})
    says = {"Minutes not uploaded, at most": "3", "Why so": "Encrypted, and three minutes at most"}
    fill(page, "Assess the breach of personal data", says)
    assert found_by_axe(page) == []
    found = {
        "The finder's statement": "It was under the seat", "Found by": "PC Mercer", "Where": "Van ME4",
        "When": "2026-11-22T06:30", "Its condition": "Good", "Their sign-in name": "ivory", "Their PIN": PIN,
    }  # fmt: skip
    fill(page, "Write down how it was found", found)
    fill(page, "Close the case", {"What came of it": "Found, inspected"})
    expect(page.locator(".head .now")).to_contain_text("Closed")
    page.goto(f"{running.url}/losses")
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()
    assert found_by_axe(page) == []


def fill(page: Page, act: str, fields: dict[str, str] | None) -> None:
    """Do an act of the case; without fields, it is not offered."""
    offered = page.locator("details.loss-act").filter(has=page.locator("summary", has_text=act))
    if fields is None:
        expect(offered).to_have_count(0)
        return
    offered.locator("summary").click()
    before = page.locator(".line-of-life > li").count()
    for label, value in fields.items():
        offered.get_by_label(label, exact=True).fill(value)
    offered.get_by_role("button", name=act).click()
    expect(page.locator(".line-of-life > li")).to_have_count(before + 1)
