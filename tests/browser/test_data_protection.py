"""Data protection and packs on the screen at three sizes: a request, a hold, a proposal, and a pack that is kept."""

from collections.abc import Callable
from datetime import date

from playwright.sync_api import Page, expect

from inventory.people.capabilities import CapabilityGrant, give
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
SIZES = ((1440, 900), (1024, 768), (390, 844))


def fits(page: Page) -> None:
    """Nothing for axe, and nothing sideways, at every size."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert found_by_axe(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"it scrolls sideways at {width}"


def test_a_records_manager_writes_a_request_down_holds_and_proposes_and_a_pack_is_kept(
    running: Running, open_page: Open
) -> None:
    for capability in ("RECORDS_MANAGER", "CED_SPOC"):
        grant = CapabilityGrant(MANAGER, capability, None, "test")
        running.service.database.write(lambda tx, new=grant: give(tx.conn, tx.ids, new, tx.now_us))
    running.draw([force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4]], (0, 0))
    page = open_page(size="tablet")
    sign_in(page, running)
    page.get_by_role("link", name="Data protection").click()
    page.get_by_label("Collar or number", exact=True).fill("4417")
    page.get_by_label("Received on").fill(force.TODAY.isoformat())
    page.get_by_label("The force's reference").fill("SAR 3")
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("30 days left")).to_be_visible()
    page.get_by_text("Place a legal hold").click()
    page.get_by_label("Item: serial").fill(force.serial(force.HANDLES[0]))
    page.get_by_label("Claim, complaint or investigation").fill("C 9")
    page.get_by_label("Why", exact=True).last.fill("A claim")
    page.get_by_label("Signs in as").last.fill("ivory")
    page.get_by_label("PIN").last.fill(PIN)
    page.get_by_role("button", name="Place the hold").click()
    expect(page.get_by_text("In force")).to_be_visible()
    page.get_by_role("button", name="Propose what is due of: Raw tag reads").click()
    expect(page.get_by_text("nothing is due")).to_be_visible()
    fits(page)
    page.get_by_text("Answer", exact=True).click()
    page.get_by_label("Who is given it").first.fill("PC Hollis")
    page.get_by_label("How it is given, and what for").fill("By hand")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Put it together, and answer").click()
    assert taken.value.suggested_filename.startswith("own-data-")
    page.goto(f"{running.url}/packs")
    expect(page.get_by_role("cell", name="Own data, request")).to_be_visible()
    fits(page)
    assert date.fromisoformat(page.get_by_label("From").first.input_value()).month in (4, 10)
