"""A use is declared at the hatch in three touches, and what is owed for it is written down on the page of uses."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from inventory.custody.issue import Request, issue_kit
from inventory.custody.uses.declaring import Declaration, declare
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.doing import collar, pair_and_sign_in, scans, sign_in
from tests.browser.service import Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
HANDLE, CARTRIDGE = force.serial(force.HANDLES[0]), force.serial(force.CARTRIDGES[0])


def draw(running: Running) -> None:
    """PC Hollis draws a whole set; Ivory may look after what is owed for it."""
    policy = running.service.policies.now

    def act(tx: Tx) -> bool:
        give(tx.conn, tx.ids, CapabilityGrant(force.ISSUER, "CED_SPOC", force.MEDWAY, "test"), tx.now_us)
        return issue_kit(tx, [Request(force.ced_ask(force.HOLLIS))], policy)[0].allowed

    assert running.service.database.write(act)


def test_a_taser_is_handed_back_as_drawn_in_three_touches_and_the_rest_is_owed(
    running: Running, open_page: Open
) -> None:
    draw(running)
    page = open_page()
    pair_and_sign_in(page, running)
    scans(page, collar(force.HOLLIS), HANDLE, CARTRIDGE)
    page.get_by_role("button", name=f"Used: TASER handle {HANDLE}").click()
    dialog = page.get_by_role("dialog")
    assert found_by_axe(page) == []
    dialog.get_by_role("button", name="Record the use").click()
    expect(dialog.get_by_role("alert")).to_have_text("Touch what was done with it.")
    dialog.get_by_role("button", name="Fired").click()
    dialog.get_by_role("button", name=CARTRIDGE).click()
    dialog.get_by_role("button", name="Record the use").click()
    expect(page.locator("#set")).to_contain_text("Use recorded")
    expect(page.locator("#verdict")).to_contain_text(f"TASER handle {HANDLE} is held until its log is read.")
    assert found_by_axe(page) == []


def test_what_is_owed_is_written_down_where_it_is_listed(running: Running, open_page: Open) -> None:
    draw(running)
    page = open_page()
    sign_in(page, running)
    said = Declaration(force.HANDLES[0], force.MEDWAY, force.ISSUER, ("DRAWN", "RED_DOT"))
    policy = running.service.policies.now
    running.service.database.write(lambda tx: declare(tx, said, policy))
    page.goto(f"{running.url}/uses")
    owing = page.get_by_role("region", name="Still owed")
    expect(owing).to_contain_text(f"TASER handle {HANDLE}: drawn, red-dotted")
    assert found_by_axe(page) == []
    owing.get_by_text("Use of force report").click()
    owing.get_by_role("button", name="Write it down").click()
    expect(owing.get_by_role("alert")).to_contain_text("This is needed.")
    owing.get_by_label("Its reference").fill("UOF 2026/118")
    owing.get_by_role("button", name="Write it down").click()
    expect(page.locator("#told")).to_have_text("It is written down.")
    expect(owing.get_by_text("Use of force report")).to_have_count(0)
    expect(owing).to_contain_text("Log downloaded and reviewed")
