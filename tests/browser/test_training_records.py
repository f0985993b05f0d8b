"""A file of training records on the screen: dropped, mapped, looked over and taken in; and how fresh sources are."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from inventory.custody.issue import Request, issue_kit
from inventory.people.capabilities import CapabilityGrant, give
from inventory.people.imports.roster_file import import_roster
from inventory.people.imports.run import ImportRun
from inventory.schema.feeds import file_taken
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.doing import sign_in
from tests.browser.service import MANAGER, Running
from tests.browser.test_guards_and_cameras import looks_right

Open = Callable[..., Page]
YESTERDAY, TOMORROW = force.TODAY - timedelta(days=1), force.TODAY + timedelta(days=1)
FILE = (
    "Staff No,Event,Weapon,Held on,Mark,Record\n"
    f"{force.HOLLIS},Taser annual,T7,{YESTERDAY:%d/%m/%Y},FAIL,a1\n"
    f"{force.LAPSED},PPST,,{YESTERDAY:%d/%m/%Y},PASS,a2\n"
    f"{force.MERCER},PPST,,31/02/2026,PASS,a3\n"
)


def story(running: Running) -> None:
    """The manager records training too; Hollis has a TASER out, and is rostered tomorrow."""
    policy = running.service.policies.now

    def act(tx: Tx) -> None:
        give(tx.conn, tx.ids, CapabilityGrant(MANAGER, "TRAINING_RECORDER", None, "test"), tx.now_us)
        assert issue_kit(tx, [Request(force.ced_ask(force.HOLLIS))], policy)[0].allowed
        duty = f"ref,store,starts,ends\n{force.HOLLIS},ME,{TOMORROW} 07:00,{TOMORROW} 16:00\n"
        import_roster(ImportRun(tx.conn, tx.ids, tx.now_us), duty.encode(), "DUTIES")

    running.service.database.write(act)


def test_a_file_is_dropped_mapped_looked_over_and_taken_in(running: Running, open_page: Open) -> None:
    story(running)
    page = open_page()
    sign_in(page, running)
    page.get_by_role("link", name="Files and feeds", exact=True).click()
    fresh = page.get_by_role("region", name="How fresh training records are")
    expect(fresh.get_by_role("row").nth(1)).to_contain_text("Fresh")
    _drop(page)
    columns = page.get_by_role("table", name="Columns of the file")
    expect(columns).to_be_visible()
    said = {"Staff No": "ref", "Event": "course", "Weapon": "model", "Held on": "attended_on", "Mark": "outcome",
            "Record": "source_ref"}  # fmt: skip
    for name, field in said.items():
        page.get_by_label(f"What the column {name} says", exact=True).select_option(field)
    page.get_by_label("Hours").fill("12")
    page.get_by_label("Name of this mapping").fill("Learning system, weekly")
    page.get_by_label("Dates are written as").select_option("DMY")
    looks_right(page, "records-mapping")
    page.get_by_role("button", name="Look it over").click()
    page.get_by_label("Taser annual (1 row)").select_option("CED_REFRESHER")
    page.get_by_role("button", name="Look it over").click()
    refused = page.get_by_role("table", name="Newly refused")
    expect(refused).to_contain_text("now and on their next duty, 23 November 2026, 07:00 GMT")
    expect(refused).to_contain_text("Has it out now")
    expect(page.get_by_role("table", name="Newly allowed").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("table", name="Left out")).to_contain_text("31/02/2026")
    looks_right(page, "record-seen")
    page.get_by_role("button", name="Take it in").click()
    expect(page.locator("#outcome")).to_contain_text("1 of the people it changed hold kit and may no longer")
    with running.service.database.reading() as conn:
        assert conn.execute(sa.select(file_taken.c.new, file_taken.c.by_person)).all() == [(2, MANAGER)]
    page.get_by_role("banner").get_by_role("link", name="Files and feeds").click()
    rows = page.get_by_role("region", name="Looked over").get_by_role("row")
    expect(rows).to_have_count(3)  # the look before the word was known stands too
    looks_right(page, "records")


def _drop(page: Page) -> None:
    """Drop the file where files are dropped."""
    page.evaluate(
        """([text]) => {
          const list = new DataTransfer();
          list.items.add(new File([text], "week 47.csv", { type: "text/csv" }));
          const drop = new DragEvent("drop", { dataTransfer: list, bubbles: true, cancelable: true });
          document.getElementById("drop").dispatchEvent(drop);
        }""",
        [FILE],
    )
