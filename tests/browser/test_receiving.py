"""A delivery on the screens: ordered, unpacked with a scanner, tagged, signed for by two; keys and touch as well."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from inventory.people.stores import add_place
from tests import small_force as force
from tests.browser.doing import scans, sign_in
from tests.browser.service import PIN, Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]


@pytest.fixture
def delivery(running: Running, open_page: Open) -> Page:
    """An order for two TASERs and three cartridges at Medway, and a delivery of it being unpacked."""
    page = open_page()
    sign_in(page, running)
    page.goto(f"{running.url}/transfers")
    page.get_by_role("link", name="Kit from suppliers").click()
    page.get_by_text("Write an order down").click()
    page.get_by_label("Order number").fill("PO-77")
    page.get_by_label("Supplier").fill("Axon UK")
    page.get_by_label("Paid by").fill("Uplift 2026")
    page.get_by_label("Comes to").select_option(label="Medway")
    page.get_by_role("button", name="Another line").click()
    for number, (kind, many) in enumerate((("TASER handle", 2), ("Cartridge", 3)), 1):
        line = page.get_by_role("group", name=f"Line {number}")
        line.get_by_label("Kind").select_option(label=kind)
        line.get_by_label("Maker").fill("Axon")
        line.get_by_label("Model").fill("T7")
        line.get_by_label("How many").fill(str(many))
    page.get_by_role("button", name="Write it down").click()
    page.get_by_label("Number on the delivery note").fill("DN-9")
    page.get_by_role("button", name="Unpack a delivery").click()
    page.wait_for_url("**/deliveries/*")
    page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Scan the label with the serial")).to_be_visible()
    return page


def test_scan_scan_again_tag_next_and_both_sign(delivery: Page, running: Running, open_page: Open) -> None:
    page, wrong = delivery, {}
    read_at_the_bench(page, running, "X9100")
    expect(page.get_by_role("heading", name="Scan it again, or type what it says")).to_be_visible()
    expect(page.locator("#value")).to_have_text("X9100")
    scans(page, "X9101")
    expect(page.locator("#told.bad")).to_contain_text("The first reading says X9100, the second X9101.")
    scans(page, "X9100")
    page.get_by_label("Or type it").fill("x9100")
    page.get_by_role("button", name="Take it").press("Enter")
    expect(page.get_by_role("heading", name="Scan the tag you put on it")).to_be_visible()
    wrong["tag"] = found_by_axe(page)
    page.get_by_label("The tag is").select_option(label="metal")
    scans(page, "T-1")
    expect(page.locator("#told.bad")).to_contain_text("no metal identity tags")
    page.get_by_label("The tag is").select_option(label="plastic")
    scans(page, "T-1")
    expect(page.get_by_role("heading", name="Scan the label with the serial")).to_be_visible()
    expect(page.locator("#units li")).to_contain_text("T-1")
    the_rest_and_both_sign(page)
    wrong["signed"] = found_by_axe(page)
    phone = open_page("phone")
    sign_in(phone, running)
    for where in (page.url, f"{running.url}/receiving"):
        phone.goto(where)
        wrong[where] = found_by_axe(phone)
    page.get_by_role("link", name="TASER handle X9100").click()
    page.get_by_role("link", name="Codes and label").click()
    page.wait_for_url("**/codes")
    page.wait_for_load_state()
    scans(page, "T-2")
    expect(page.locator("#codes li")).to_have_count(3)
    page.get_by_role("button", name="End T-1").click()
    expect(page.locator("#codes li")).to_have_count(2)
    wrong["codes"] = found_by_axe(page)
    assert {name: found for name, found in wrong.items() if found} == {}


def read_at_the_bench(page: Page, running: Running, serial: str) -> None:
    """A bridge's scanner reads; the screen takes it once it was told that it stands at that bench."""
    bench = running.service.database.write(
        lambda tx: add_place(tx.conn, tx.ids, force.MEDWAY, "Receiving", "RECEIVING")
    )
    page.reload()
    running.scan("X9999", bench)
    with page.expect_response(lambda answer: "/live" in answer.url):
        page.get_by_label("Scans also from").select_option(label="the scanner at Receiving")
    running.scan(serial, bench)


def the_rest_and_both_sign(page: Page) -> None:
    """A cartridge with its date, and two signatures."""
    page.get_by_label("What is in your hand").select_option(index=1)
    page.get_by_label("Expiry date on it").fill("2030-06-30")
    page.get_by_label("Expiry date on it").press("Enter")
    scans(page, "C9102", "C9102")
    page.get_by_role("button", name="Next, without a tag").click()
    expect(page.locator("#units li")).to_have_count(2)
    expect(page.locator("#progress")).to_contain_text("0 received, 1 read, of 3")
    page.get_by_label("Pieces counted").fill("2")
    page.get_by_label("Second person’s name").fill("hollis")
    page.get_by_label("Their PIN").fill(PIN)
    page.get_by_role("button", name="Receive it").press("Enter")
    expect(page.locator("#signed li")).to_contain_text("2 pieces")
