"""On the screen: a recall counted, opened, chased and closed; a lapse decided; what comes due, on a phone as well."""

from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from inventory.custody.issue import Request, issue_kit
from inventory.custody.lapse import raise_ineligible
from inventory.custody.returns import Back, return_kit
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.people import training_result
from inventory.schema.stock import inspection, item
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
SET = (force.HANDLES[1], force.BATTERIES[1], *force.CARTRIDGES[4:8])


def a_lapse(running: Running, tx: Tx) -> None:
    """Mercer's set is out, and Mercer's training turns out never to have been passed."""
    for capability in ("CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR"):
        give(tx.conn, tx.ids, CapabilityGrant(MANAGER, capability, None, "test"), tx.now_us)
    policy = running.service.policies.now
    issued = issue_kit(tx, [Request(force.ced_ask(force.MERCER, 1))], policy)[0]
    assert issued.decision.verdict == "ALLOW", issued.decision.refusals
    mine = sa.and_(training_result.c.person_id == force.MERCER, training_result.c.course == "PPST")
    tx.conn.execute(sa.update(training_result).where(mine).values(retracted_us=tx.now_us))
    tx.conn.execute(sa.update(item).where(item.c.id == force.CARTRIDGES[5]).values(expires_on="2026-12-03"))
    old = sa.and_(inspection.c.item_id == force.HANDLES[2], inspection.c.kind == "FULL_CHECK")
    tx.conn.execute(sa.update(inspection).where(old).values(at_us=tx.now_us - 160 * 24 * force.HOUR))
    raise_ineligible(tx, policy, [force.MERCER])


def test_a_recall_is_chased_to_its_end_and_a_lapse_is_decided(running: Running, open_page: Open) -> None:
    running.service.database.write(lambda tx: a_lapse(running, tx))
    page = open_page(size="hatch")
    sign_in(page, running)
    decide(page, running)
    for path, says in (("checks-due", "Within 14 days"), ("expiring?days=60", "with")):
        page.goto(f"{running.url}/{path}")
        expect(page.get_by_role("table").first).to_contain_text(says)
        assert found_by_axe(page) == []
    recall(page, running)
    page.get_by_text("Write down who was told").first.click()
    page.get_by_label("How, and what was agreed").fill("By radio: back within the hour")
    page.get_by_role("button", name="Write it down").first.click()
    expect(page.locator(".chased").first).to_contain_text("told: PC Mercer")
    assert found_by_axe(page) == []
    running.service.database.write(
        lambda tx: return_kit(tx, [Back(each, force.MEDWAY, force.ISSUER) for each in SET]) and None
    )
    page.reload()
    page.get_by_text("Close it").click()
    page.get_by_label("What came of it").fill("All in the safe")
    page.get_by_role("button", name="Close the recall").click()
    expect(page.locator(".head .now")).to_contain_text("Closed, still held")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def decide(page: Page, running: Running) -> None:
    """A supervisor says that the kit comes back now."""
    page.goto(f"{running.url}/lapses")
    expect(page.get_by_text("Nobody has said what becomes of it")).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_text("Return now").first.click()
    page.get_by_role("button", name="It comes back now").click()
    expect(page.get_by_role("alert").first).to_contain_text("how the holder was told")
    page.get_by_label("Why, and how the holder was told").fill("Out of date; told by radio")
    page.get_by_role("button", name="It comes back now").click()
    expect(page.get_by_text("Comes back now", exact=True)).to_be_visible()


def recall(page: Page, running: Running) -> None:
    """Count what fits, and open the recall."""
    page.goto(f"{running.url}/recalls")
    assert found_by_axe(page) == []
    page.get_by_label("Its reference").fill("AX-2026-7")
    page.get_by_label("What it says").fill("Primers of this batch may fail")
    page.get_by_label("Kind", exact=True).select_option("CED_CARTRIDGE")
    page.get_by_label("Serials from").fill(force.serial(force.CARTRIDGES[4]))
    page.get_by_label("Serials to").fill(force.serial(force.CARTRIDGES[9]))
    page.get_by_role("button", name="Count what fits").click()
    expect(page.locator("#fits")).to_contain_text("6 fit (4 out, 2 in stores).")
    page.get_by_role("button", name="Recall and hold").click()
    expect(page.get_by_role("heading", name="To chase")).to_be_visible()
