"""Alarms on the screen: what is open in one's stores, settled by somebody who says what was found, and kept so."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from inventory.custody.alarms import Raise, raise_alarms, settle_alarm
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.custody import alarm
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, OFFICER, Running

Open = Callable[..., Page]
FOUND = "The camera lay in locker 12. PC Hollis had put it there at 06:10; checked with him."


@pytest.fixture
def alarms(running: Running, open_page: Open) -> Page:
    """The page of alarms, a manager signed in."""
    page = open_page()
    sign_in(page, running)
    page.get_by_role("link", name="Alarms", exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name="Alarms")).to_be_visible()
    return page


def the_open(page: Page) -> Locator:
    return page.get_by_role("region", name="Open").get_by_role("listitem")


def settled_in(running: Running) -> list[tuple[object, ...]]:
    with running.service.database.reading() as conn:
        rows = conn.execute(
            sa.select(alarm.c.settled_by, alarm.c.settlement).where(alarm.c.settled_us.is_not(None))
        )
        return [tuple(row) for row in rows]


def test_an_alarm_is_settled_by_a_named_person_with_what_was_found(alarms: Page, running: Running) -> None:
    row = the_open(alarms).filter(has_text="Taken without issue")
    expect(row).to_contain_text("X00243 left rack bay 6 and was not issued")
    row.get_by_text("Settle").first.click()
    expect(row).to_contain_text("Signed by you, Sam Marlowe.")
    row.get_by_label("What was found, and what was done").fill(FOUND)
    row.get_by_role("button", name="Settle this alarm").click()
    settled = alarms.get_by_role("region", name="Settled").get_by_role("listitem").filter(has_text=FOUND)
    expect(settled).to_contain_text("Sam Marlowe")
    expect(row).to_have_count(0)
    expect(alarms.get_by_role("status")).to_have_text("The alarm is settled.")
    assert settled_in(running) == [(MANAGER, FOUND)]


@pytest.mark.parametrize("words", ["", "   ", "ok"])
def test_no_alarm_is_settled_without_words(alarms: Page, running: Running, words: str) -> None:
    row = the_open(alarms).filter(has_text="X00243")
    row.get_by_text("Settle").first.click()
    field = row.get_by_label("What was found, and what was done")
    field.fill(words)
    row.get_by_role("button", name="Settle this alarm").click()
    expect(row.get_by_role("alert")).to_contain_text("Say what was found")
    expect(field).to_be_focused()
    assert settled_in(running) == []


def test_who_is_second_is_told_and_their_words_replace_nothing(alarms: Page, running: Running) -> None:
    row = the_open(alarms).filter(has_text="X00243")
    row.get_by_text("Settle").first.click()
    row.get_by_label("What was found, and what was done").fill("The second word")
    with running.service.database.reading() as conn:
        alarm_id = conn.execute(sa.select(alarm.c.id).where(alarm.c.item_id.is_not(None))).scalar_one()
    running.service.database.write(lambda tx: settle_alarm(tx, alarm_id, force.ISSUER, "The first word"))
    row.get_by_role("button", name="Settle this alarm").click()
    expect(alarms.get_by_role("status")).to_have_text("Somebody has settled this alarm already.")
    expect(alarms.get_by_role("region", name="Settled")).to_contain_text("The first word")
    assert settled_in(running) == [(force.ISSUER, "The first word")]


def test_a_new_alarm_comes_to_the_page_and_does_not_take_words_half_written(
    alarms: Page, running: Running
) -> None:
    row = the_open(alarms).filter(has_text="X00243")
    row.get_by_text("Settle").first.click()
    field = row.get_by_label("What was found, and what was done")
    field.fill("Half a sent")
    raised = Raise("RETURN_SHORT", "One cartridge is still out", force.MEDWAY, None, force.HOLLIS)
    running.service.database.write(lambda tx: raise_alarms(tx, [raised]))
    alarms.wait_for_timeout(2500)
    expect(field).to_have_value("Half a sent")
    field.fill("")
    alarms.reload()
    new = the_open(alarms).filter(has_text="Return short")
    expect(new.get_by_role("link", name="PC Hollis 4417")).to_be_visible()


def test_a_new_alarm_comes_by_itself(alarms: Page, running: Running) -> None:
    short = the_open(alarms).filter(has_text="Return short")
    expect(short).to_have_count(0)
    raised = Raise("RETURN_SHORT", "One cartridge is still out", force.MEDWAY, None, force.HOLLIS)
    running.service.database.write(lambda tx: raise_alarms(tx, [raised]))
    expect(short).to_have_count(1)


def test_the_first_page_and_the_items_page_lead_to_the_act(running: Running, open_page: Open) -> None:
    page = open_page()
    sign_in(page, running)
    page.goto(running.url)
    page.get_by_role("link", name="Settle taken without issue X00243").click()
    field = the_open(page).filter(has_text="X00243").get_by_label("What was found, and what was done")
    expect(field).to_be_focused()
    page.goto(f"{running.url}/items/243")
    page.get_by_role("link", name="Settle it").click()
    expect(field).to_be_focused()
    field.fill(FOUND)
    the_open(page).filter(has_text="X00243").get_by_role("button", name="Settle this alarm").click()
    expect(page.get_by_role("region", name="Settled")).to_contain_text(FOUND)
    page.goto(f"{running.url}/items/243")
    expect(page.locator(".line-of-life").filter(has_text=FOUND)).to_have_count(1)


def test_a_new_alarm_comes_to_the_first_page_too(running: Running, open_page: Open) -> None:
    page = open_page()
    sign_in(page, running)
    page.goto(running.url)
    expect(page.get_by_role("row").filter(has_text="Return short")).to_have_count(0)
    raised = Raise("RETURN_SHORT", "One cartridge is still out", force.MEDWAY, None, force.HOLLIS)
    running.service.database.write(lambda tx: raise_alarms(tx, [raised]))
    expect(page.get_by_role("row").filter(has_text="Return short")).to_contain_text("PC Hollis 4417")


def test_who_sees_alarms_and_does_not_settle_them_is_offered_no_form(
    running: Running, open_page: Open
) -> None:
    page = open_page()
    sign_in(page, running, "ivory")
    page.goto(f"{running.url}/alarms")
    expect(the_open(page).filter(has_text="X00243")).to_have_count(1)
    expect(page.get_by_text("Settle", exact=True)).to_have_count(0)


def test_an_officer_sees_no_alarms_and_no_words_of_their_settling(running: Running, open_page: Open) -> None:
    with running.service.database.reading() as conn:
        alarm_id = conn.execute(sa.select(alarm.c.id).where(alarm.c.item_id.is_not(None))).scalar_one()
    running.service.database.write(lambda tx: settle_alarm(tx, alarm_id, force.ISSUER, FOUND))
    page = open_page("phone")
    sign_in(page, running, "hollis")
    page.goto(f"{running.url}/alarms")
    expect(page.get_by_role("heading", name="Not yours to see")).to_be_visible()
    page.goto(f"{running.url}/items/243")
    expect(page.get_by_text("Settled: Taken without issue")).to_be_visible()
    expect(page.get_by_text(FOUND)).to_have_count(0)


def test_alarms_of_a_store_one_does_not_look_after_are_not_shown(running: Running, open_page: Open) -> None:
    elsewhere = Raise("STRAYED", "X00261 was seen in Dover", force.DOVER, force.DOVER_HANDLE)
    running.service.database.write(lambda tx: raise_alarms(tx, [elsewhere]))
    medway = CapabilityGrant(OFFICER, "STORE_MANAGER", force.MEDWAY, "test")
    running.service.database.write(lambda tx: give(tx.conn, tx.ids, medway, tx.now_us))
    page = open_page()
    sign_in(page, running, "hollis")
    page.goto(f"{running.url}/alarms")
    expect(page.get_by_text("X00243 left rack bay 6")).to_be_visible()
    expect(page.get_by_text("X00261 was seen in Dover")).to_have_count(0)
    page.goto(f"{running.url}/alarms?store={force.DOVER}")
    expect(page.get_by_role("heading", name="Not yours to see")).to_be_visible()
