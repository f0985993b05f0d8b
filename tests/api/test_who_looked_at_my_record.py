"""Who looked at or changed one's record: for the person signed in alone, in plain words, in London's time."""

import re
from html import unescape
from typing import Any

import pytest

from api.app import create_app
from api.pages import record_log
from api.settings import Settings
from inventory.people.capabilities import CapabilityGrant, give, take_away
from inventory.schema.tx import LogLine
from tests import small_force as force
from tests.api.conftest import MANAGER, PASSWORD, Hand, House, Person

LOOKS = "/my-record/looks"
MINUTE = 60_000_000
DAY = 24 * force.HOUR

pytestmark = pytest.mark.anyio


async def told(person: Person, **asked: Any) -> list[str]:
    """The entries of the person's list, newest first: '07:00 Sam Manager opened your record'."""
    answer = await person.get(LOOKS, **asked)
    assert answer.status_code == 200, answer.text
    entries = re.findall(r'<li class="(?:bad|still|back)">(.*?)</li>', answer.text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in entries]


async def test_a_look_at_ones_record_is_said_with_who_what_and_when_in_london(
    house: House, hand: Hand
) -> None:
    manager = await house.sign_in("manager")
    hand.now_us += 5 * MINUTE
    assert (await manager.get(f"/people/{force.HOLLIS}")).status_code == 200
    hand.now_us += 5 * MINUTE
    await manager.get("/api/v1/people", q="hollis")
    assert await told(await house.sign_in("hollis")) == [
        "07:10 Sam Manager found you in a search",
        "07:05 Sam Manager opened your record",
    ]


async def test_a_summer_day_is_londons_day(house: House, hand: Hand) -> None:
    hand.now_us = force.NOW - 153 * DAY  # 22 June 2026, 08:00 in London, 07:00 in UTC
    manager = await house.sign_in("manager")
    await manager.get(f"/people/{force.HOLLIS}")
    assert await told(await house.sign_in("hollis")) == ["08:00 Sam Manager opened your record"]


async def test_nobody_sees_what_is_about_somebody_else(house: House) -> None:
    manager = await house.sign_in("manager")
    await manager.get(f"/people/{force.HOLLIS}")
    assert await told(await house.sign_in("sefton")) == []
    answer = await manager.get(LOOKS, person_id=force.HOLLIS)
    assert "opened your record" not in answer.text
    assert (await house.browser().get(LOOKS)).status_code == 303


async def test_a_number_that_only_begins_like_ones_own_is_somebody_elses(house: House) -> None:
    lines = [
        line("GET /people/{person_id}", MANAGER, subjects) for subjects in ((1011,), (10, 1), (2101, 11014))
    ]
    house.service.database.write(lambda tx: tx.record(lines))
    assert await told(await house.sign_in("hollis")) == []
    house.service.database.write(lambda tx: tx.record([line("GET /search", MANAGER, (7, force.HOLLIS, 9))]))
    assert await told(await house.sign_in("hollis")) == ["07:00 Sam Manager found you in a search"]


async def test_a_visit_at_the_hatch_is_one_entry_from_its_first_reading_to_its_last(
    house: House, hand: Hand
) -> None:
    kiosk = await house.kiosk()
    for text in ("4417", force.serial(force.HANDLES[0]), force.serial(force.BATTERIES[0])):
        await kiosk.post(f"/api/v1/hatch/{force.HATCH}/scan", {"text": text})
        hand.now_us += MINUTE
    hand.now_us += 3 * force.HOUR
    await kiosk.post(f"/api/v1/hatch/{force.HATCH}/scan", {"text": "4417"})
    assert await told(await house.sign_in("hollis")) == [
        "10:03 Alex Ivory (9001) served you at the hatch",
        "07:00 to 07:02 Alex Ivory (9001) served you at the hatch",
    ]


async def test_what_one_did_oneself_is_shown_only_when_asked_for(house: House) -> None:
    officer = await house.sign_in("hollis")
    await officer.get(f"/people/{force.HOLLIS}")
    assert await told(officer) == []
    assert await told(officer, own="true") == [
        "07:00 You looked at this list",
        "07:00 You opened your own record",
        "07:00 You signed in",
    ]


async def test_somebody_who_tries_ones_password_is_seen(house: House) -> None:
    wrong = {"name": "hollis", "password": PASSWORD + "?"}
    assert (await house.browser().post("/api/v1/sign-in", wrong)).status_code == 401
    assert await told(await house.sign_in("hollis")) == [
        "07:00 Somebody not signed in tried to sign in with your name: refused"
    ]


async def test_a_look_that_was_not_allowed_is_said_as_such(house: House) -> None:
    officer = await house.sign_in("hollis")
    assert (await officer.get(f"/people/{force.SECOND_ISSUER}")).status_code == 403
    assert await told(await house.sign_in("sefton")) == [
        "07:00 Alex Hollis (PC 4417) opened your record: refused"
    ]


async def test_what_would_tell_of_an_investigation_is_left_out_for_as_long_as_it_is_one(
    house: House, hand: Hand
) -> None:
    write = house.service.database.write
    look = line("GET /people/{person_id}", force.MERCER, (force.HOLLIS,))
    write(lambda tx: tx.record([look]))
    hand.now_us += MINUTE
    psd = CapabilityGrant(force.MERCER, "PSD", None, "an investigation")
    given = write(lambda tx: give(tx.conn, tx.ids, psd, tx.now_us))
    write(lambda tx: tx.record([look]))
    hand.now_us += MINUTE
    write(lambda tx: take_away(tx.conn, given, tx.now_us))
    hand.now_us += 60 * MINUTE
    write(lambda tx: tx.record([look]))
    assert await told(await house.sign_in("hollis")) == [
        "08:02 Alex Mercer (PC 4418) opened your record",
        "07:00 Alex Mercer (PC 4418) opened your record",
    ]


async def test_that_somebody_checked_the_log_is_not_told(house: House) -> None:
    auditor = await house.sign_in("auditor")
    span = {"from_us": force.NOW, "to_us": force.NOW + DAY, "person_id": force.HOLLIS}
    assert (await auditor.get("/api/v1/processing-log", **span)).status_code == 200
    (kept,) = house.lines(route="GET /api/v1/processing-log")
    assert str(force.HOLLIS) in kept["subjects"]
    assert await told(await house.sign_in("hollis")) == []


async def test_earlier_weeks_are_read_a_week_at_a_time(house: House, hand: Hand) -> None:
    manager = await house.sign_in("manager")
    await manager.get(f"/people/{force.HOLLIS}")
    hand.now_us += 7 * DAY
    officer = await house.sign_in("hollis")
    assert await told(officer) == []
    assert await told(officer, weeks=1) == ["07:00 Sam Manager opened your record"]
    assert (await officer.get(LOOKS, weeks=61)).status_code == 400


async def test_reading_the_list_is_itself_a_line_about_those_it_names(house: House) -> None:
    manager = await house.sign_in("manager")
    await manager.get(f"/people/{force.HOLLIS}")
    officer = await house.sign_in("hollis")
    await told(officer)
    (mine,) = house.lines(route=f"GET {LOOKS}")
    assert (mine["operation"], mine["actor_id"], mine["subjects"]) == (
        "CONSULTATION", force.HOLLIS, f"[{force.HOLLIS},{MANAGER}]",
    )  # fmt: skip
    assert await told(manager) == [
        "07:00 Alex Hollis (PC 4417) saw your name in the list of who looked at their record"
    ]


def line(route: str, actor_id: int, subjects: tuple[int, ...]) -> LogLine:
    """A line of the log as a route writes it."""
    return LogLine("CONSULTATION", route, "PERSON", actor_id, subjects, "r-1")


@pytest.fixture(scope="module")
def routes() -> set[str]:
    """Method and path of every route of the service, without `/api/v1`."""
    app = create_app(Settings(database="sqlite:///none.sqlite3", overlay="demo"))
    return {
        f"{method} {route.path_format}".replace(" /api/v1/", " /", 1)
        for route in app.routes
        for each in getattr(route, "route_handlers", ())
        for method in each.http_methods
    }


@pytest.mark.parametrize("begins", [begins for begins, _ in record_log.DID if " /" in begins])
def test_every_sentence_is_of_a_route_that_there_is(routes: set[str], begins: str) -> None:
    mine = [route for route in sorted(routes) if record_log.did_words(row_of(route)) == said_of(begins)]
    assert mine, f"no route begins with {begins!r} and comes to its words"


def row_of(route: str) -> dict[str, Any]:
    """A line that this route wrote."""
    return {"route": route, "operation": "CONSULTATION", "outcome": "OK", "recipient": None}


def said_of(begins: str) -> str:
    return next(words for each, words in record_log.DID if each == begins)


def test_what_has_no_words_of_its_own_is_said_by_what_it_did_and_to_whom_it_went() -> None:
    row = row_of("GET /exports/{kind}") | {"operation": "DISCLOSURE", "recipient": "the coroner"}
    assert record_log.did_words(row) == "gave something about you to somebody else (the coroner)"
