"""On the screen: a change of policy tried, proposed and approved by two, the register, any day's numbers, and equality
figures for the analyst, at three sizes."""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from inventory.oversight.equality import declared, releases
from inventory.schema.people import capability_grant, person, training_result
from inventory.schema.service import sign_in as sign_in_table
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.conftest import SIZES
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, PASSWORD, PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe
from tests.built_once import quick_hash

Open = Callable[..., Page]
SECOND = 171
SHOTS = os.environ.get("P_SHOTS")


def owners(tx: Tx) -> None:
    """The manager and Sybil own policy; the manager counts for equality; sixty more constables, most just trained."""
    new = [SECOND, *range(2000, 2060)]
    force._insert(tx.conn, person, [
        {"id": each, "ref": f"E{each}", "kind": "REGULAR", "given_name": "A", "family_name": "Sample",
         "home_store_id": force.MEDWAY, "recorded_us": 1} for each in new
    ])  # fmt: skip
    held = [(MANAGER, "POLICY_OWNER"), (SECOND, "POLICY_OWNER"), (MANAGER, "EQUALITY_ANALYST")]
    force._insert(tx.conn, capability_grant, [
        {"id": tx.ids.take(), "person_id": who, "capability": what, "store_id": None, "from_us": 1, "reason": "t"}
        for who, what in held
    ])  # fmt: skip
    force._insert(tx.conn, sign_in_table, [{"person_id": SECOND, "name": "sybil", "password_hash": quick_hash(PASSWORD),
                  "pin_hash": quick_hash(PIN), "changed_us": 1}])  # fmt: skip
    force._insert(tx.conn, training_result, [
        {"id": tx.ids.take(), "person_id": each, "course": "PPST", "attended_on": "2026-08-01", "minutes": 720,
         "outcome": "FAIL" if each % 4 == 0 else "PASS", "source": "t", "source_ref": str(each), "recorded_us": 1}
        for each in range(2000, 2040)
    ])  # fmt: skip
    rows = [f"E{each},{'FEMALE' if each % 2 else 'MALE'},{'ASIAN' if each % 3 else 'WHITE'}" for each in new[1:]]
    declared.take_file(tx, "\n".join(["ref,GENDER,ETHNICITY", *rows]).encode(), "HR 2026/11", MANAGER)
    releases.publish(tx, "2026-Q3", "PSED 2026", MANAGER)


def shot(page: Page, name: str) -> None:
    """A picture, where somebody wants to look."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_policy_is_changed_by_two_and_equality_is_shown_cut(running: Running, open_page: Open) -> None:
    running.service.database.write(owners)
    page = open_page(size="hatch")
    sign_in(page, running)
    page.goto(f"{running.url}/policy")
    expect(page.locator("#doc-O43")).to_contain_text("9 months late")
    assert found_by_axe(page) == []
    shot(page, "policy")
    page.goto(f"{running.url}/policy/numbers?family=training&key=courses.PPST.months#propose")
    page.get_by_label("New value").fill("3")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_role("table", name="People")).to_contain_text("The whole force")
    page.get_by_label("Why").fill("Injuries rose")
    page.get_by_label("By which document").fill("O43 4.1.1")
    assert found_by_axe(page) == []
    shot(page, "numbers")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_role("heading", name="PPST, months")).to_be_visible()
    expect(page.get_by_role("table", name="People")).to_be_visible()
    page.get_by_text("Approve it").click()
    page.get_by_label("Why it is approved").fill("Board of November")
    page.get_by_label("Sign-in name").first.fill("sybil")
    page.get_by_label("PIN").first.fill(PIN)
    assert found_by_axe(page) == []
    shot(page, "change")
    page.get_by_role("button", name="Approve, to be in force").click()
    expect(page.locator(".head")).to_contain_text("In force")
    expect(page.get_by_text("What its approver was shown")).to_be_visible()
    for path, says in (("equality?by=GENDER", "Female"), ("policy", "In force"), ("policy/numbers", "Training")):
        for size in ("small", "phone"):
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{running.url}/{path}")
            expect(page.locator("main")).to_contain_text(says)
            shot(page, f"{path.split('?')[0].replace('/', '-')}-{size}")
        assert found_by_axe(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, path
