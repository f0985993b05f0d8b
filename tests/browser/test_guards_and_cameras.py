"""Spit guards, a camera's readiness and a lot in a count, as people see and touch them."""

import os
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from inventory.custody.issue import Request, issue_kit
from inventory.custody.uses.declaring import Declaration, declare
from inventory.custody.uses.force_counts import ForceCount, note_count
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.stock import bay
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
SHOTS = os.environ.get("KITSTORE_SHOTS")
SIZES = ((1440, 900), (1024, 768), (390, 844))


def looks_right(page: Page, name: str) -> None:
    """Axe finds nothing; nothing is scrolled sideways on a phone; a picture of each size where one is asked for."""
    assert found_by_axe(page) == []
    for width, height in SIZES if SHOTS else SIZES[-1:]:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})


def story(running: Running) -> None:
    """Hollis carries two guards and had fired a TASER; one camera is not ready; last month's reports are known."""
    policy = running.service.policies.now

    def act(tx: Tx) -> None:
        give(tx.conn, tx.ids, CapabilityGrant(force.ISSUER, "STORE_MANAGER", force.MEDWAY, "test"), tx.now_us)
        give(tx.conn, tx.ids, CapabilityGrant(force.ISSUER, "TECHNICIAN", force.MEDWAY, "test"), tx.now_us)
        ask = force.ced_ask(force.HOLLIS, lots=((force.GUARD_LOT, 2),))
        assert issue_kit(tx, [Request(ask)], policy)[0].allowed
        declare(tx, Declaration(force.HANDLES[0], force.MEDWAY, force.ISSUER, ("AIMED",), uof_ref="UOF-7"), policy)
        note_count(tx, ForceCount(force.MEDWAY, "2026-10", 1, "October return", force.ISSUER))
        fresh = sa.update(bay).values(observed_us=tx.now_us, received_us=tx.now_us)
        tx.conn.execute(fresh)
        bad = {"charge_percent": 20, "clock_offset_ms": None}
        tx.conn.execute(sa.update(bay).where(bay.c.item_id == force.CAMERAS[0]).values(**bad))

    running.service.database.write(act)


def test_a_guard_is_replaced_a_camera_says_why_not_and_a_lot_is_counted(running: Running, open_page: Open) -> None:
    story(running)
    page = open_page()
    sign_in(page, running, "ivory")
    readiness_is_said(page, running)
    a_guard_is_replaced(page, running)
    a_month_is_compared(page)
    a_lot_is_counted(page, running)


def readiness_is_said(page: Page, running: Running) -> None:
    """On the store's page, on the camera's own; and on a handle's what it was used for."""
    page.goto(f"{running.url}/stores/{force.MEDWAY}?kind=BWV_CAMERA")
    expect(page.get_by_role("group", name="Readiness of cameras")).to_contain_text("Charged for the duty")
    looks_right(page, "store")
    page.goto(f"{running.url}/items/{force.CAMERAS[0]}")
    expect(page.get_by_role("region", name="Readiness")).to_contain_text("Not told")
    looks_right(page, "camera")
    page.goto(f"{running.url}/items/{force.HANDLES[0]}")
    expect(page.get_by_role("region", name="Uses")).to_contain_text("use of force UOF-7")
    looks_right(page, "uses")


def a_guard_is_replaced(page: Page, running: Running) -> None:
    """One that was applied, with its reference."""
    page.goto(f"{running.url}/stores/{force.MEDWAY}")
    page.get_by_role("link", name="Spit guards").first.click()
    expect(page.get_by_role("heading", name="Spit guards", exact=True)).to_be_visible()
    carried = page.get_by_role("region", name="Carried")
    carried.get_by_text("Used or replaced").click()
    looks_right(page, "guards")
    carried.get_by_label("Use of force reference, if it was applied").fill("UOF-8")
    with page.expect_event("load"):
        carried.get_by_role("button", name="Write it down").click()


def a_month_is_compared(page: Page) -> None:
    """With the number of reports that is typed, once it says where it is from."""
    months = page.get_by_role("region", name="Month by month")
    expect(months).to_contain_text("1 reported and not written down here")
    page.get_by_text("Give a month's number of reports").click()
    page.get_by_label("Reports in which a spit guard was applied").fill("1")
    months.get_by_role("button", name="Write it down").click()
    expect(months.get_by_role("alert")).to_contain_text("Fill in: where the number is from")
    page.get_by_label("Where the number is from").fill("November return")
    months.get_by_role("button", name="Write it down").click()
    expect(months).to_contain_text("The same")


def a_lot_is_counted(page: Page, running: Running) -> None:
    """By its number of pieces, in a count of all kit."""
    page.goto(f"{running.url}/stores/{force.MEDWAY}/counts")
    page.get_by_text("Another count").click()
    page.get_by_role("button", name="Open a spot count").click()
    lots = page.get_by_role("region", name="Lots, by quantity")
    lots.get_by_label("Pieces here").fill("16")
    looks_right(page, "count")
    lots.get_by_role("button", name="Count them").click()
    expect(lots).to_contain_text("16 of ")
    assert found_by_axe(page) == []
