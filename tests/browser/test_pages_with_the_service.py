"""The other pages, with the real service: signing in, finding things, an item's life, a person's record, a shelf."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api import finding
from api.pages import item, times
from api.pages.files import VERSION
from inventory.custody.docking import bay_reported
from inventory.stock.docks import BayWord
from tests import small_force as force
from tests.browser.doing import collar, scans, sign_in
from tests.browser.service import MANAGER, OFFICER, Running

Open = Callable[..., Page]
VECTORS = json.loads((Path(__file__).parent / "said_times.json").read_text("utf-8"))


@pytest.fixture
def manager(running: Running, open_page: Open) -> Page:
    """A manager signed in at a desk, on the page of what is so now."""
    page = open_page()
    sign_in(page, running)
    page.goto(running.url)
    return page


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(running: Running, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{running.url}/items/{force.HANDLES[0]}?from=label")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Name").fill("manager")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="Name or password is wrong.")).to_be_visible()
    page.get_by_label("Password").fill("correct horse 9")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{running.url}/items/{force.HANDLES[0]}?from=label")


@pytest.mark.parametrize("way", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
def test_a_sign_in_never_leads_to_another_site(running: Running, open_page: Open, way: str) -> None:
    page = open_page()
    page.goto(f"{running.url}/sign-in?next={way}")
    page.get_by_label("Name").fill("manager")
    page.get_by_label("Password").fill("correct horse 9")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{running.url}/console")


def test_signing_out_ends_it(manager: Page, running: Running) -> None:
    manager.get_by_role("button", name="Sign out").click()
    expect(manager.get_by_role("heading", name="Sign in")).to_be_visible()
    manager.goto(f"{running.url}/stores")
    expect(manager.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_manager_sees_what_is_wrong_before_what_is_right(manager: Page) -> None:
    headings = manager.get_by_role("heading", level=2).all_inner_texts()
    assert headings[0].strip() == "Open alarms"
    assert headings[-1] == "Where everything is"
    row = manager.get_by_role("row").filter(has_text="Taken without issue")
    expect(row).to_contain_text("X00243 left rack bay 6 and was not issued")
    row.get_by_role("link", name="X00243", exact=True).click()
    expect(manager.get_by_role("heading", name="X00243")).to_be_visible()


def test_kit_that_is_late_is_said_with_the_person_who_has_it(manager: Page, running: Running) -> None:
    draw(running)
    running.hand.ahead_us = 10 * force.HOUR
    sign_in(manager, running)
    manager.goto(running.url)
    late = manager.get_by_role("region", name="Overdue").get_by_role("row").filter(has_text="PC Hollis 4417")
    expect(late).to_contain_text(force.serial(force.HANDLES[0]))
    expect(late).to_contain_text("at 16:00")


@pytest.mark.parametrize(
    ("asked", "heading"),
    [
        (force.serial(force.HANDLES[0]), force.serial(force.HANDLES[0])),
        (force.serial(force.HANDLES[0]).lower(), force.serial(force.HANDLES[0])),
        (collar(force.MERCER), "Alex Mercer 4418"),
    ],
)
def test_a_serial_or_a_collar_leads_straight_to_its_page(manager: Page, asked: str, heading: str) -> None:
    box = manager.get_by_role("searchbox", name="Find a serial, tag, collar or name")
    box.fill(asked)
    box.press("Enter")
    expect(manager.get_by_role("heading", level=1, name=heading)).to_be_visible()


def test_a_name_and_a_beginning_list_what_they_find(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/search?q=mer")
    expect(manager.get_by_role("region", name="People").get_by_role("link")).to_have_text(["Alex Mercer"])
    manager.goto(f"{running.url}/search?q=X0020")
    expect(manager.get_by_role("region", name="Serials that begin so").get_by_role("row")).to_have_count(4)
    manager.goto(f"{running.url}/search?q=nothing-of-ours")
    expect(manager.get_by_text("Nothing is known by that.")).to_be_visible()


def test_a_scan_on_any_page_opens_what_was_scanned(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/stores")
    scans(manager, force.serial(force.BATTERIES[1]))
    expect(manager.get_by_role("heading", level=1, name=force.serial(force.BATTERIES[1]))).to_be_visible()


def test_an_items_page_is_its_life_on_one_line(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/items/{force.HANDLES[0]}")
    said = manager.locator(".line-of-life .said").all_inner_texts()
    assert said[:2] == ["Returned by PC Hollis 4417 to Medway", "Issued to PC Hollis 4417"]
    assert said[-1] == "Received into Medway"
    assert said.count("Issued to PC Hollis 4417") == 3
    expect(manager.locator(".strip rect.person")).to_have_count(3)
    expect(manager.get_by_role("img", name="Who had it")).to_be_visible()


def test_a_long_life_is_read_a_part_at_a_time(
    manager: Page, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item, "EVENTS_SHOWN", 4)
    manager.goto(f"{running.url}/items/{force.HANDLES[0]}")
    expect(manager.locator(".line-of-life li")).to_have_count(4)
    manager.get_by_role("link", name="Older").click()
    manager.get_by_role("link", name="Older").click()
    expect(manager.locator(".line-of-life .said").last).to_have_text("Received into Medway")
    expect(manager.get_by_role("link", name="Older")).to_have_count(0)
    manager.get_by_role("link", name="Newer").click()
    expect(manager.get_by_role("link", name="Older")).to_have_count(1)


def test_a_hold_stands_at_the_head_of_the_items_page(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/items/{force.HANDLES[2]}")
    expect(manager.get_by_text("Defect: it may not leave the store.")).to_be_visible()


def test_a_persons_page_says_what_they_may_draw_and_why_not(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/people/{force.LAPSED}")
    may = manager.get_by_role("region", name="What they may draw").get_by_role("listitem")
    taser = may.filter(has_text="TASER handle")
    expect(taser).to_contain_text("Not now")
    expect(taser).to_contain_text("Your PPST ran out on 10 July 2026.")
    expect(taser).to_contain_text("Book with the Staff Safety Training Unit.")
    row = manager.get_by_role("table", name="Training and authority").get_by_role("row")
    expect(row.filter(has_text="Personal safety (PPST)")).to_contain_text("Out of date")
    expect(row.filter(has_text="First aid")).to_contain_text("In date")


def test_a_list_that_is_cut_says_so(manager: Page, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "FOUND_MAX", 3)
    manager.goto(f"{running.url}/search?q=X0020")
    expect(manager.get_by_role("region", name="Serials that begin so").get_by_role("row")).to_have_count(4)
    expect(manager.get_by_text("are listed. Type more")).to_have_count(0)
    manager.goto(f"{running.url}/search?q=X002")
    expect(manager.get_by_text("Only the first 3 are listed. Type more")).to_be_visible()
    expect(manager.get_by_role("region", name="Serials that begin so").get_by_role("row")).to_have_count(4)


def test_a_course_is_missed_only_where_some_kit_asks_for_it(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/people/{MANAGER}")
    rows = manager.get_by_role("table", name="Training and authority").get_by_role("row")
    expect(rows.filter(has_text="CED course")).to_contain_text("Never passed")
    assert [text for text in rows.all_inner_texts() if "Never passed" in text and "Stops:" not in text] == []


def test_an_officer_sees_their_own_record_and_nobody_elses(running: Running, open_page: Open) -> None:
    page = open_page("phone")
    sign_in(page, running, "hollis")
    expect(page).to_have_url(f"{running.url}/people/{OFFICER}")
    expect(page.get_by_role("heading", name="What I may draw")).to_be_visible()
    expect(page.get_by_text("Early duty, 07:00 to 16:00, on now")).to_be_visible()
    page.get_by_role("link", name="See who looked at your record").click()
    expect(page.get_by_role("heading", name="Who looked at my record")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="My record").click()
    expect(page).to_have_url(f"{running.url}/people/{OFFICER}")
    page.goto(f"{running.url}/people/{force.MERCER}")
    expect(page.get_by_role("heading", name="Not yours to see")).to_be_visible()
    expect(page.get_by_text("Mercer")).to_have_count(0)
    page.goto(f"{running.url}/search?q=mercer")
    expect(page.get_by_role("heading", name="Not yours to see")).to_be_visible()


def test_every_look_at_a_person_is_in_the_processing_log(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/people/{force.MERCER}")
    with running.service.database.reading() as conn:
        rows = conn.exec_driver_sql(
            "SELECT operation, subjects, outcome FROM processing_log WHERE route = 'GET /people/{person_id}'"
        ).all()
    assert [tuple(row) for row in rows] == [("CONSULTATION", f"[{force.MERCER}]", "OK")]


def test_a_shelf_says_what_is_ready_and_what_stops_the_rest(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/stores/{force.MEDWAY}?kind=CED_HANDLE")
    stopped = manager.get_by_role("table", name="Not ready").get_by_role("row")
    expect(stopped).to_have_count(2)
    expect(stopped.filter(has_text=force.serial(force.HANDLES[2]))).to_contain_text(
        "It is reported defective."
    )
    ready = manager.get_by_role("list", name="Ready").get_by_role("listitem")
    expect(ready).to_contain_text([force.serial(each) for each in force.HANDLES[:2]])
    expect(manager.get_by_text("of 3 ready to issue")).to_have_text("2 of 3 ready to issue")


def test_a_docks_word_changes_its_bay_while_one_looks(manager: Page, running: Running) -> None:
    look_at_medway(manager, running)
    bay = manager.locator('[data-dock="rack"] [data-bay="4"]')
    expect(bay).to_contain_text("Charged")
    word = BayWord(
        dock="rack", bay=4, store_id=force.MEDWAY, word="UPLOADING", present=True,
        serial=force.serial(force.CAMERAS[0]), observed_us=running.service.now_us, reading_key="b/1/obs/1",
        charge_percent=41, files_pending=3,
    )  # fmt: skip
    running.service.database.write(lambda tx: bay_reported(tx, word))
    expect(bay).to_contain_text("Uploading, 3 files")
    expect(bay).to_contain_text("41 %")


def test_another_camera_in_a_bay_is_shown_by_its_own_serial_at_once(manager: Page, running: Running) -> None:
    look_at_medway(manager, running)
    bay = manager.locator('[data-dock="rack"] [data-bay="4"]')
    was = bay.locator(".serial").inner_text()
    for serial, word in ((None, "EMPTY"), (force.serial(force.CAMERAS[1]), "CHARGING")):
        said = BayWord(
            dock="rack", bay=4, store_id=force.MEDWAY, word=word, present=serial is not None, serial=serial,
            observed_us=running.service.now_us, reading_key="b/1/obs/2", charge_percent=12 if serial else None,
        )  # fmt: skip
        running.service.database.write(lambda tx, said=said: bay_reported(tx, said))
    expect(bay).to_contain_text("Charging")
    expect(bay.locator(".serial")).to_have_text(force.serial(force.CAMERAS[1]))
    expect(bay).to_have_attribute("href", f"/items/{force.CAMERAS[1]}")
    assert was != force.serial(force.CAMERAS[1])


def look_at_medway(page: Page, running: Running) -> None:
    """The store's page, once it listens."""
    with page.expect_response(lambda answer: "/live" in answer.url):
        page.goto(f"{running.url}/stores/{force.MEDWAY}")


def test_a_bays_older_word_that_comes_late_changes_nothing_on_the_screen(
    manager: Page, running: Running
) -> None:
    look_at_medway(manager, running)
    bay = manager.locator('[data-dock="rack"] [data-bay="4"]')
    for word, observed_us in (
        ("FAULT", force.NOW - 90 * 24 * force.HOUR),
        ("UPDATING", running.service.now_us),
    ):
        said = BayWord(
            dock="rack", bay=4, store_id=force.MEDWAY, word=word, present=True, serial=force.serial(force.CAMERAS[0]),
            observed_us=observed_us, reading_key="b/1/obs/3",
        )  # fmt: skip
        assert running.service.database.write(lambda tx, said=said: bay_reported(tx, said)).word in (
            "STALE",
            "SIGHTED",
        )
        if word == "FAULT":
            topics = running.service.database.write(lambda tx: tx.conn.exec_driver_sql(
                "SELECT count(*) FROM outbox WHERE body LIKE '%FAULT%'").scalar())  # fmt: skip
            assert topics == 0
    expect(bay).to_contain_text("Updating")


def test_the_shelf_follows_what_is_drawn_while_one_looks(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/stores/{force.MEDWAY}?kind=CED_HANDLE")
    ready = manager.get_by_role("list", name="Ready").get_by_role("listitem")
    expect(ready).to_have_count(2)
    draw(running)
    expect(ready).to_have_count(1)
    expect(manager.get_by_text("of 2 ready to issue")).to_have_text("1 of 2 ready to issue")


def test_light_or_dark_is_chosen_and_kept(manager: Page, running: Running) -> None:
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    light = manager.evaluate(ground)
    manager.get_by_role("button", name="Light or dark").click()
    dark = manager.evaluate(ground)
    assert dark != light
    manager.goto(f"{running.url}/stores")
    assert manager.evaluate(ground) == dark


def test_the_first_tab_leads_past_the_bar_to_the_page(manager: Page, running: Running) -> None:
    manager.goto(f"{running.url}/stores")
    manager.keyboard.press("Tab")
    skip = manager.get_by_role("link", name="To the page")
    expect(skip).to_be_focused()
    skip.press("Enter")
    expect(manager.locator("#main")).to_be_focused()


def test_a_page_that_is_not_there_says_so_and_leads_on(manager: Page, running: Running) -> None:
    answer = manager.goto(f"{running.url}/items/99999999")
    assert answer is not None
    assert answer.status == 404
    expect(manager.get_by_role("heading", name="Not here")).to_be_visible()
    assert manager.request.get(f"{running.url}/items/99999999999999999999").status == 400
    manager.get_by_role("link", name="To the start").click()
    expect(manager.get_by_role("heading", name="What needs somebody now")).to_be_visible()


def test_styles_and_scripts_may_be_kept_for_ever_and_a_new_version_is_a_new_address(
    manager: Page, running: Running
) -> None:
    kept = manager.request.get(f"{running.url}/static/{VERSION}/base.css")
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    old = manager.request.get(f"{running.url}/static/000000000000/base.css")
    assert (old.status, old.headers["cache-control"]) == (200, "no-cache")
    assert manager.request.get(f"{running.url}/static/{VERSION}/../render.py").status == 404
    assert (
        "script-src 'self'"
        in manager.request.get(f"{running.url}/sign-in").headers["content-security-policy"]
    )


def test_service_and_screen_say_times_with_the_same_words(manager: Page, running: Running) -> None:
    now_us = us(VECTORS["now"])
    script = f"""async ([moments, now]) => {{
        const time = await import("/static/{VERSION}/kit-time.js");
        return moments.map((at) => [time.said(at, now), time.exact(at)]);
    }}"""
    moments = [us(at) for at, _ in (*VECTORS["said"], *VECTORS["exact"])]
    theirs = manager.evaluate(script, [moments, now_us])
    assert theirs == [[times.said(at, now_us), times.exact(at)] for at in moments]
    assert [said for said, _ in theirs[: len(VECTORS["said"])]] == [words for _, words in VECTORS["said"]]
    assert [exact for _, exact in theirs[len(VECTORS["said"]) :]] == [words for _, words in VECTORS["exact"]]


def test_a_lot_of_spit_guards_is_held_by_quantity(manager: Page, running: Running) -> None:
    draw(running, guards=2)
    manager.goto(f"{running.url}/people/{OFFICER}")
    kit = manager.get_by_role("region", name="Their kit now")
    expect(kit.get_by_role("row").filter(has_text="Spit guard × 2")).to_contain_text("lot L77")


def us(moment: str) -> int:
    """An ISO time as UTC microseconds."""
    return int(datetime.fromisoformat(moment).timestamp()) * 1_000_000


def draw(running: Running, guards: int = 0) -> None:
    """PC Hollis draws a set, and perhaps spit guards, at the hatch."""
    running.draw([force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4]], (force.GUARD_LOT, guards))
