"""What people do at our screens, in the words of a store.

One rule for the editor: a person types, touches and reads; nothing here reaches into the page's scripts.
"""

from playwright.sync_api import Locator, Page, expect

from tests import small_force as force
from tests.browser.service import PASSWORD, Running


def sign_in(page: Page, running: Running, name: str = "manager") -> None:
    """Sign in with a password."""
    page.goto(f"{running.url}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Password")).to_have_count(0)


def pair_and_sign_in(page: Page, running: Running, name: str = "ivory", place_id: int = force.HATCH) -> None:
    """Make the browser a hatch's screen, and sign an issuer in at it."""
    page.goto(f"{running.url}/pair")
    page.get_by_label("Pairing code").fill(running.pairing_code(place_id))
    page.get_by_role("button", name="Pair").click()
    expect(page.get_by_label("Password")).to_be_visible()
    sign_in(page, running, name)
    hatch_is_ready(page)


def hatch_is_ready(page: Page) -> None:
    """Wait until the hatch's screen listens."""
    expect(page.locator("body[data-ready=true]")).to_have_count(1)


def scans(page: Page, *codes: str) -> None:
    """A scanner that types: each code and Enter, wherever the focus is."""
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def verdict(page: Page) -> Locator:
    """The band that says what happened last."""
    return page.locator("#verdict")


def says(page: Page, title: str) -> None:
    """The verdict's one big line."""
    expect(verdict(page).locator(".title")).to_have_text(title)


def draws_a_set(page: Page, number: int = 0) -> None:
    """Scan a handle, its battery and its cartridges, one after the other."""
    items = [force.HANDLES[number], force.BATTERIES[number], *force.CARTRIDGES[number * 4 : number * 4 + 4]]
    lines = page.locator("#groups .line")
    for count, item_id in enumerate(items, start=1):
        scans(page, force.serial(item_id))
        expect(lines).to_have_count(count)


def collar(person_id: int) -> str:
    """The collar somebody of the small force wears."""
    return force._PEOPLE[person_id][3]
