"""On the screen: an authority suspended, not lifted by the same hand; what runs out; an officer's page on a phone."""

from collections.abc import Callable
from datetime import date

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from inventory.people.capabilities import CapabilityGrant, give
from inventory.people.due import Due
from inventory.people.reminders import say
from inventory.schema.roster import roster
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]


def a_morning(tx: Tx) -> None:
    """The manager is the single point of contact too; Hollis is on nights and was reminded of a course."""
    for capability in ("CED_SPOC", "ADMINISTRATOR"):
        give(tx.conn, tx.ids, CapabilityGrant(MANAGER, capability, None, "test"), tx.now_us)
    say(tx, [Due(force.HOLLIS, "CED", "T7", date(2027, 8, 14), 14, 14)], (14, 0))
    for days in (1, 2):
        starts_us = force.NOW + days * 24 * force.HOUR + 15 * force.HOUR
        night = {"id": tx.ids.take(), "person_id": force.HOLLIS, "store_id": force.MEDWAY, "starts_us": starts_us,
                 "ends_us": starts_us + 9 * force.HOUR, "duty": "Night", "source": "t", "recorded_us": 1}  # fmt: skip
        tx.conn.execute(sa.insert(roster), night)


def test_authority_what_runs_out_and_an_officers_own_page(running: Running, open_page: Open) -> None:
    running.service.database.write(a_morning)
    page = open_page(size="hatch")
    sign_in(page, running)
    suspend(page, running)
    for path in ("training-due?what=PPST", "authorities?state=SUSPENDED"):
        page.goto(f"{running.url}/{path}")
        expect(page.get_by_role("main")).to_contain_text("Latham" if "due" in path else "Hollis")
        assert found_by_axe(page) == []
    for wide in (820, 390):
        page.set_viewport_size({"width": wide, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= wide
    own = open_page(size="phone", scheme="dark")
    sign_in(own, running, "hollis")
    expect(own.get_by_role("heading", name="Do not let this run out")).to_be_visible()
    expect(own.locator(".coming > li")).to_have_count(2)
    expect(own.locator(".draws .bad").first).to_contain_text("Speak to your supervisor")
    assert "uspended" not in own.content()
    assert found_by_axe(own) == []
    own.get_by_role("button", name="I know").click()
    expect(own.get_by_role("heading", name="Do not let this run out")).to_have_count(0)
    assert own.evaluate("document.documentElement.scrollWidth") <= 390


def suspend(page: Page, running: Running) -> None:
    """At once, with a class of reason; and the hand that did it does not lift it."""
    page.goto(f"{running.url}/people/{force.HOLLIS}/authority")
    page.get_by_text("Suspend now").click()
    page.get_by_role("button", name="Suspend Alex Hollis").click()
    expect(page.get_by_role("alert").first).to_have_text("Fill in: reference.")
    page.get_by_label("Reference").first.fill("S 4/26")
    page.get_by_role("button", name="Suspend Alex Hollis").click()
    expect(page.locator(".carrying")).to_contain_text("Suspended")
    page.get_by_text("Lift the suspension").click()
    page.get_by_label("What it goes by").fill("Looked into")
    page.get_by_role("button", name="Lift it").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nobody lifts a suspension of their own making")
    expect(page.locator(".authority-life")).to_contain_text("S 4/26")
    assert found_by_axe(page) == []
