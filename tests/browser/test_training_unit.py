"""On the screen: a course day planned, its class written down by two, a result taken back, and what was known when."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from inventory.people.calendar import local_day
from inventory.people.capabilities import CapabilityGrant, give
from inventory.people.sessions import NewSession, plan_session, take_seats
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]


def a_class(tx: Tx) -> None:
    """Two officers have a seat on a course day that was held yesterday."""
    give(tx.conn, tx.ids, CapabilityGrant(MANAGER, "TRAINING_RECORDER", None, "test"), tx.now_us)
    held_on = local_day(tx.now_us) - timedelta(days=1)
    day = plan_session(
        tx.conn, tx.ids, NewSession("PPST", None, held_on, 12, "Maidstone", MANAGER, "09:00"), tx.now_us
    )
    take_seats(tx.conn, tx.ids, day, [force.HOLLIS, force.MERCER], (MANAGER, tx.now_us))


def test_the_training_units_day(running: Running, open_page: Open) -> None:
    running.service.database.write(a_class)
    page = open_page(size="hatch")
    sign_in(page, running)
    page.goto(f"{running.url}/training")
    expect(page.get_by_text("To be written down").first).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_role("row").filter(has_text="To be written down").get_by_role("link").click()
    write_the_class_down(page)
    page.get_by_role("link", name="Hollis").click()
    expect(page.get_by_text("attended for fewer hours than a pass needs")).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_text("Take back Personal safety (PPST)").click()
    page.get_by_label("Why it should not have been recorded").fill("It was another Hollis")
    page.get_by_label("What shows it").fill("MEMO-7")
    signs(page)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("was passed: It was another Hollis")).to_be_visible()
    for width, height in ((1440, 900), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{running.url}/training")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert found_by_axe(page) == []


def write_the_class_down(page: Page) -> None:
    """The second line is left open at first, then all is said and two sign."""
    page.get_by_label("Outcome of PC Hollis").select_option("PASS")
    page.get_by_label("Minutes of PC Hollis").fill("480")
    page.get_by_role("button", name="Write the class down").click()
    expect(page.get_by_text("Say the outcome and the minutes.")).to_be_visible()
    assert found_by_axe(page) == []
    page.get_by_label("Outcome of PC Mercer").select_option("PARTIAL")
    page.get_by_label("Class register it is read from").fill("REG-9")
    signs(page)
    page.get_by_role("button", name="Write the class down").click()
    expect(page.get_by_text("too short to count")).to_be_visible()


def signs(page: Page) -> None:
    """The second person, at the same screen."""
    page.get_by_label("Their sign-in name").locator("visible=true").fill("ivory")
    page.get_by_label("Their PIN").locator("visible=true").fill(PIN)
