"""Two officers at the hatch's screen: kit passes by two cards, scans and a PIN; and kit is kept on a page."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from inventory.custody.issue import Request, issue_kit
from tests import small_force as force
from tests.browser.doing import collar, pair_and_sign_in, says, scans, sign_in
from tests.browser.service import PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
CAMERA = force.CAMERAS[0]


def draw(running: Running) -> None:
    """PC Hollis draws a camera behind the screen's back."""
    policy = running.service.policies.now
    asked = Request(force.camera_ask(force.HOLLIS, CAMERA))
    assert running.service.database.write(lambda tx: issue_kit(tx, [asked], policy))[0].allowed


def reserve(desk: Page, running: Running) -> None:
    """A store manager reserves a camera and a handle for PC Mercer."""
    sign_in(desk, running)
    desk.goto(f"{running.url}/stores/{force.MEDWAY}")
    desk.get_by_role("link", name="Reservations").click()
    desk.get_by_text("Reserve kit").click()
    desk.get_by_label("For whom").fill(collar(force.MERCER))
    desk.get_by_label("From").fill("2026-11-22T06:00")
    desk.get_by_label("Until").fill("2026-11-22T18:00")
    desk.get_by_label("Items").fill(force.serial(force.CAMERAS[1]))
    desk.get_by_label("Or a number of").select_option("CED_HANDLE T7")
    desk.get_by_label("Shift or operation").fill("Op Larch")
    desk.get_by_role("button", name="Reserve it").click()
    expect(desk.locator("#told.good")).to_contain_text(f"Body-worn camera {force.serial(force.CAMERAS[1])}, 1 T7")
    expect(desk.locator("#live tbody tr")).to_contain_text(["Kept now"])
    assert found_by_axe(desk) == []


def test_kit_is_reserved_on_its_page_and_handed_over_at_the_hatch(running: Running, open_page: Open) -> None:
    draw(running)
    desk, page = open_page(), open_page()
    reserve(desk, running)
    pair_and_sign_in(page, running)
    scans(page, collar(force.HOLLIS))
    page.get_by_role("button", name="Hand over").click()
    says(page, "HAND OVER")
    scans(page, collar(force.MERCER))
    strip = page.get_by_role("region", name="Hand-over")
    expect(strip).to_contain_text("PC Hollis 4417 hands over to PC Mercer 4418.")
    expect(page.locator("#kept")).to_contain_text("Op Larch")
    scans(page, force.serial(CAMERA))
    expect(page.locator("#groups .line")).to_have_count(1)
    assert found_by_axe(page) == []
    strip.get_by_role("button", name="PIN of PC Hollis 4417").click()
    scans(page, PIN)
    expect(strip).to_contain_text("PIN given")
    page.get_by_role("button", name="Face checked: issue 1 item").click()
    says(page, "ISSUED")

    desk.locator("#live").get_by_text("End", exact=True).click()
    desk.get_by_label("Why").fill("It is off")
    desk.get_by_role("button", name="End reservation").click()
    expect(desk.locator("#past")).to_contain_text("It is off")
    desk.goto(f"{running.url}/stores/{force.MEDWAY}/handovers")
    expect(desk.locator("#list tbody tr")).to_contain_text(["PC Hollis 4417"])
    assert found_by_axe(desk) == []
