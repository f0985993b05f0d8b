"""On the screen: an operation asked and answered at once, saved and reopened; roles reviewed; what-ifs side by side."""

from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.people import person
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
SIZES = ((1440, 900), (1024, 768), (390, 844))


def a_planner(tx: Tx) -> None:
    """The manager plans; Mercer belongs to Dover, so that something must be carried there."""
    give(tx.conn, tx.ids, CapabilityGrant(MANAGER, "PLANNER", None, "test"), tx.now_us)
    tx.conn.execute(sa.update(person).where(person.c.id == force.MERCER).values(home_store_id=force.DOVER))


def test_an_operation_is_asked_saved_and_reopened_and_its_transfer_opened(running: Running, open_page: Open) -> None:
    running.service.database.write(a_planner)
    page = open_page(size="hatch")
    sign_in(page, running)
    page.goto(f"{running.url}/mobilisation")
    expect(page.get_by_role("heading", name="Can we send it")).to_be_visible()
    page.get_by_role("textbox", name="Operation").fill("Harvest")
    page.get_by_label("Kept back, %").fill("0")
    for name, number in (("Inspectors", 0), ("Sergeants", 0), ("Constables", 2)):
        page.get_by_label(name, exact=True).fill(str(number))
    draw = page.get_by_role("group", name="Constables draw")
    draw.get_by_label("TASER").check()
    draw.get_by_label("Camera").uncheck()
    draw.get_by_label("Spit guard").uncheck()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#answer .say")).to_contain_text("Yes: 2 people can go")
    expect(page.locator("#answer")).to_contain_text("Medway to Dover")
    is_read_at_three_sizes(page)
    page.get_by_role("button", name="Save these parameters").click()
    expect(page.get_by_role("link", name="Harvest")).to_be_visible()
    page.locator("summary", has_text="Put a role on the list").click()
    page.get_by_label("Role", exact=True).last.fill("PSD investigator")
    page.get_by_label("What it is called for").fill("The front line in extraordinary demand")
    page.get_by_label("Reviewed on").last.fill("2025-10-01")
    page.get_by_label("Minute of the JNCC").last.fill("JNCC 2025/7")
    page.get_by_role("button", name="Put it on the list").click()
    expect(page.locator("#roles")).to_contain_text("Over 13 months")
    page.get_by_role("button", name="Open this transfer").click()
    page.wait_for_url("**/transfers/*")
    expect(page.get_by_text(force.serial(force.HANDLES[0])).or_(page.get_by_text(force.serial(force.HANDLES[1]))).first).to_be_visible()


def test_two_what_ifs_stand_side_by_side(running: Running, open_page: Open) -> None:
    running.service.database.write(a_planner)
    page = open_page(size="hatch")
    sign_in(page, running)
    for name, officers in (("Four more", "4"), ("Nine more", "9")):
        page.goto(f"{running.url}/what-if")
        page.get_by_label("Called").fill(name)
        page.get_by_label("How many").fill(officers)
        page.get_by_role("button", name="Work it out").click()
        expect(page.locator("#answer")).to_contain_text(f"+{officers}")
        page.get_by_role("button", name="Save these parameters").click()
        expect(page.get_by_role("link", name=name)).to_be_visible()
    page.get_by_role("button", name="Side by side").click()
    expect(page.locator("#answer h2")).to_have_text(["Nine more", "Four more"])
    is_read_at_three_sizes(page)


def is_read_at_three_sizes(page: Page) -> None:
    """Axe finds nothing, and nothing lies beside the screen."""
    assert found_by_axe(page) == []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 800})
