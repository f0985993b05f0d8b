"""The hatch as an officer and a storekeeper live it: a real browser, the real service, scans that are typed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from api import sessions
from tests import small_force as force
from tests.browser import service
from tests.browser.doing import collar, draws_a_set, hatch_is_ready, pair_and_sign_in, says, scans, verdict
from tests.browser.service import PIN, Running

Open = Callable[..., Page]


@pytest.fixture
def hatch(running: Running, open_page: Open) -> Page:
    """The screen of the Medway hatch, an issuer signed in at it."""
    page = open_page()
    pair_and_sign_in(page, running)
    return page


def test_a_device_becomes_a_hatch_by_a_code_and_a_sign_in(running: Running, open_page: Open) -> None:
    page = open_page()
    pair_and_sign_in(page, running)
    expect(page).to_have_url(f"{running.url}/hatch/{force.HATCH}")
    expect(page.get_by_role("heading", name="Medway, Medway hatch")).to_be_visible()
    expect(page.get_by_role("heading", name="Show your card")).to_be_visible()


def test_a_code_that_is_not_waiting_pairs_nothing(running: Running, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{running.url}/pair")
    page.get_by_label("Pairing code").fill("AAAA-BBBB-CCCC-DDDD")
    page.get_by_role("button", name="Pair").click()
    expect(page.get_by_role("alert").filter(has_text="Ask for a new one")).to_be_visible()


def test_an_officer_draws_a_whole_set_without_a_keyboard_focus(hatch: Page, running: Running) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    expect(hatch.locator("#who .collar")).to_have_text(collar(force.HOLLIS))
    draws_a_set(hatch)
    face = hatch.get_by_role("button", name="Face checked: issue 6 items")
    expect(face).to_have_attribute("aria-disabled", "true")
    hatch.get_by_role("button", name="Test passed").tap()
    hatch.get_by_role("button", name="I am fit to carry").tap()
    expect(face).to_have_attribute("aria-disabled", "false")
    face.tap()
    says(hatch, "ISSUED")
    expect(verdict(hatch)).to_have_attribute("data-tone", "issued")
    expect(hatch.get_by_role("heading", name="Show your card")).to_be_visible()
    hatch.goto(f"{running.url}/items/{force.HANDLES[0]}")
    expect(hatch.get_by_role("link", name="PC Hollis 4417").first).to_be_visible()
    expect(hatch.locator(".line-of-life li").first).to_contain_text("Issued to PC Hollis 4417")


def test_what_is_still_missing_stands_in_the_set(hatch: Page) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    scans(hatch, force.serial(force.HANDLES[0]))
    says(hatch, "IN SET")
    gaps = hatch.get_by_role("list", name="Still missing").get_by_role("listitem")
    expect(gaps.filter(has_text="battery")).to_have_count(1)
    expect(gaps.filter(has_text="cartridge")).to_have_count(1)


def test_a_refusal_gives_every_reason_and_what_puts_it_right(hatch: Page) -> None:
    scans(hatch, collar(force.LAPSED))
    says(hatch, "READY")
    scans(hatch, force.serial(force.HANDLES[0]))
    says(hatch, "REFUSED")
    expect(verdict(hatch)).to_have_attribute("data-tone", "refused")
    expect(verdict(hatch)).to_contain_text("Your PPST ran out on 10 July 2026.")
    expect(verdict(hatch)).to_contain_text("Book with the Staff Safety Training Unit.")
    expect(hatch.locator("#frame")).to_have_class("edge on")
    expect(hatch.locator("#groups .group[data-word=REFUSED]")).to_contain_text(
        "Your PPST ran out on 10 July 2026."
    )
    expect(hatch.locator("html")).to_have_attribute("data-last-tone", "refused")


@pytest.mark.parametrize("way", ["touch", "keyboard"])
def test_what_was_refused_is_taken_off_the_list(hatch: Page, way: str) -> None:
    scans(hatch, collar(force.LAPSED))
    says(hatch, "READY")
    scans(hatch, force.serial(force.HANDLES[0]))
    says(hatch, "REFUSED")
    button = hatch.get_by_role("button", name=f"Take off TASER handle {force.serial(force.HANDLES[0])}")
    if way == "touch":
        button.tap()
    else:
        button.focus()
        hatch.keyboard.press("Enter")
    says(hatch, "OFF THE LIST")
    expect(hatch.locator("#groups .line")).to_have_count(0)
    expect(hatch.locator("#gaps")).to_contain_text("Scan the first item")


def test_a_card_whose_printed_number_is_typed_opens_the_visit(hatch: Page) -> None:
    scans(hatch, f"{int(force.card(force.HOLLIS)[2:], 16):010}")
    expect(hatch.locator("#who .collar")).to_have_text(collar(force.HOLLIS))


def test_a_reload_shows_the_draft(hatch: Page) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    draws_a_set(hatch, 1)
    hatch.reload()
    hatch_is_ready(hatch)
    expect(hatch.locator("#groups .line")).to_have_count(6)
    expect(hatch.locator("#who")).to_contain_text("Alex Hollis")


def test_a_scan_by_the_bridge_is_shown_though_the_screen_asked_for_nothing(
    hatch: Page, running: Running
) -> None:
    expect(hatch.locator("#line")).to_have_text("Connected")
    running.scan(force.card(force.MERCER))
    expect(hatch.locator("#who .collar")).to_have_text(collar(force.MERCER))
    running.scan(force.serial(force.BATTERIES[1]))
    expect(hatch.locator("#groups .line")).to_have_count(1)


def test_kit_comes_back_by_a_scan_alone_and_what_is_out_is_said(hatch: Page) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    draws_a_set(hatch)
    hatch.get_by_role("button", name="Test passed").tap()
    hatch.get_by_role("button", name="I am fit to carry").tap()
    hatch.get_by_role("button", name="Face checked").tap()
    says(hatch, "ISSUED")
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    scans(hatch, force.serial(force.HANDLES[0]))
    says(hatch, "RETURNED")
    expect(verdict(hatch)).to_have_attribute("data-tone", "returned")
    gaps = hatch.get_by_role("list", name="Still missing").get_by_role("listitem")
    expect(gaps).to_have_count(5)
    expect(gaps.first).to_contain_text("Still out")


def test_the_officers_own_pin_completes(hatch: Page) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    draws_a_set(hatch)
    hatch.get_by_role("button", name="Test passed").tap()
    hatch.get_by_role("button", name="I am fit to carry").tap()
    hatch.get_by_role("button", name="Issue with a PIN").tap()
    for digit in PIN:
        hatch.get_by_role("button", name=digit, exact=True).tap()
    hatch.get_by_role("button", name="Issue", exact=True).tap()
    says(hatch, "ISSUED")


def test_a_wrong_pin_issues_nothing_and_says_so(hatch: Page) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    draws_a_set(hatch)
    hatch.get_by_role("button", name="Test passed").tap()
    hatch.get_by_role("button", name="I am fit to carry").tap()
    hatch.get_by_role("button", name="Issue with a PIN").tap()
    hatch.get_by_role("textbox", name="PIN of the officer").fill("000000")
    hatch.get_by_role("button", name="Issue", exact=True).tap()
    says(hatch, "Not done")
    expect(hatch.locator("#groups .line")).to_have_count(6)


def test_a_failed_function_test_takes_the_handle_out(hatch: Page) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    scans(hatch, force.serial(force.HANDLES[0]))
    hatch.get_by_role("button", name="Failed").tap()
    says(hatch, "TEST FAILED")
    expect(hatch.locator("#groups .line")).to_have_count(0)


def test_another_officers_card_parks_the_set_and_it_can_be_brought_back(hatch: Page) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    scans(hatch, force.serial(force.HANDLES[0]))
    says(hatch, "IN SET")
    scans(hatch, collar(force.MERCER))
    expect(hatch.locator("#who .collar")).to_have_text(collar(force.MERCER))
    parked = hatch.get_by_role("list", name="Parked visits")
    expect(parked).to_contain_text("Alex Hollis, 1 item")
    parked.get_by_role("button", name="Bring back Alex Hollis").tap()
    expect(hatch.locator("#who .collar")).to_have_text(collar(force.HOLLIS))


def test_shift_guards_and_putting_back_are_one_touch_each(hatch: Page) -> None:
    scans(hatch, collar(force.HOLLIS))
    says(hatch, "READY")
    hatch.get_by_role("group", name="Shift").get_by_role("button", name="Late").tap()
    expect(hatch.locator("#who")).to_contain_text("Back by 00:00")
    hatch.get_by_role("button", name="One more").tap()
    hatch.get_by_role("button", name="Add spit guards of lot L77").tap()
    line = hatch.locator("#groups .line")
    expect(line).to_contain_text("Spit guard × 2")
    line.get_by_role("button", name="Put back").tap()
    expect(line).to_have_count(0)


def test_an_unknown_code_is_shown_and_never_guessed(hatch: Page) -> None:
    scans(hatch, "ZZ-NOT-OURS")
    expect(verdict(hatch)).to_have_attribute("data-tone", "warning")
    expect(verdict(hatch)).to_contain_text("ZZ-NOT-OURS")


def test_a_forgotten_card_is_a_collar_typed_on_the_glass(hatch: Page) -> None:
    hatch.get_by_role("button", name="Type a code").tap()
    for key in collar(force.HOLLIS):
        hatch.get_by_role("button", name=key, exact=True).tap()
    hatch.get_by_role("button", name="Use it").tap()
    expect(hatch.locator("#who .collar")).to_have_text(collar(force.HOLLIS))


def test_a_hatch_is_watched_but_not_acted_on_from_elsewhere(
    running: Running, open_page: Open, hatch: Page
) -> None:
    watching = open_page()
    watching.goto(f"{running.url}/sign-in")
    watching.get_by_label("Name").fill("manager")
    watching.get_by_label("Password").fill(service.PASSWORD)
    watching.get_by_role("button", name="Sign in").click()
    watching.goto(f"{running.url}/hatch/{force.HATCH}")
    hatch_is_ready(watching)
    scans(hatch, collar(force.HOLLIS))
    expect(watching.locator("#who .collar")).to_have_text(collar(force.HOLLIS))
    expect(watching.get_by_text("Watching from elsewhere")).to_be_visible()
    expect(watching.get_by_role("button", name="Cancel visit")).to_have_count(0)


def test_a_touch_after_the_sign_in_has_ended_leads_to_the_sign_in(hatch: Page, running: Running) -> None:
    running.service.database.write(lambda tx: sessions.end_all_of(tx, force.ISSUER))
    running.service.sessions.forget()
    scans(hatch, collar(force.HOLLIS))
    expect(hatch.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_lost_connection_is_said_at_once_and_heals_by_itself(database: str, open_page: Open) -> None:
    page = open_page()
    with service.running(database) as running:
        pair_and_sign_in(page, running)
        port = int(running.url.rsplit(":", 1)[1])
    says(page, "Not connected: use the paper register")
    scans(page, collar(force.HOLLIS))
    expect(verdict(page)).to_contain_text("That was not recorded. Write it in the paper register.")
    with service.running(database, port):
        says(page, "Connected again")
        expect(page.locator("#who")).to_be_hidden()
        scans(page, collar(force.HOLLIS))
        expect(page.locator("#who .collar")).to_have_text(collar(force.HOLLIS))
