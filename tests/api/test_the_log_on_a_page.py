"""The processing log as log readers see it: a day at a time, of everybody or of one collar, and each reading a line."""

import re
from html import unescape
from typing import Any

import pytest

from api.pages import log
from tests import small_force as force
from tests.api.conftest import AUDITOR, MANAGER, Hand, House, Person

LOG = "/log"
MINUTE = 60_000_000
DAY = 24 * force.HOUR

pytestmark = pytest.mark.anyio


async def rows(reader: Person, **asked: Any) -> list[str]:
    """The lines shown, each as one string."""
    answer = await reader.get(LOG, **asked)
    assert answer.status_code == 200, answer.text
    found = re.findall(r"<tr>(.*?)</tr>", answer.text.partition("<tbody>")[2], re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in found]


async def test_a_line_says_when_who_did_what_and_about_whom(house: House, hand: Hand) -> None:
    manager, reader = await house.sign_in("manager"), await house.sign_in("auditor")
    hand.now_us += 5 * MINUTE
    await manager.get("/search", q="hollis")
    assert (await rows(reader))[-1] == (
        "07:05:00 Consultation Sam Manager PC Hollis 4417 GET /search hollis Done"
    )


async def test_one_persons_lines_are_those_about_them_and_by_them(house: House) -> None:
    manager, officer = await house.sign_in("manager"), await house.sign_in("hollis")
    await manager.get(f"/people/{force.HOLLIS}")
    await manager.get(f"/people/{force.MERCER}")
    await officer.get(f"/people/{force.MERCER}")
    found = await rows(await house.sign_in("auditor"), who="4417")
    asked = [
        (each.split(" ", 2)[2].partition(" GET ")[0], each.rsplit(" ", 1)[1])
        for each in found
        if "GET /people" in each
    ]
    assert asked == [("Sam Manager PC Hollis 4417", "Done"), ("PC Hollis 4417 PC Mercer 4418", "Denied")]


async def test_an_unknown_collar_is_said_and_shows_nobodys_lines(house: House) -> None:
    reader = await house.sign_in("auditor")
    answer = await reader.get(LOG, who="0000")
    assert "Nobody wears the collar" in answer.text
    assert await rows(reader, who="0000") == []


async def test_another_day_is_londons_day(house: House, hand: Hand) -> None:
    manager = await house.sign_in("manager")
    await manager.get(f"/people/{force.HOLLIS}")
    hand.now_us += DAY
    reader = await house.sign_in("auditor")
    assert [each for each in await rows(reader) if "Hollis" in each] == []
    assert len([each for each in await rows(reader, day="2026-11-22") if "GET /people" in each]) == 1


async def test_a_long_day_is_read_on_from_where_the_page_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, reader = await house.sign_in("manager"), await house.sign_in("auditor")
    for person_id in (force.HOLLIS, force.MERCER, force.LAPSED):
        await manager.get(f"/people/{person_id}")
    whole = await rows(reader)
    monkeypatch.setattr(log, "LINES_SHOWN", 3)
    read: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await reader.get(LOG, day="2026-11-22", **cursor)
        read += await rows(reader, day="2026-11-22", **cursor)
        more = re.search(r"cursor=([^\"&]+)", answer.text)
        if more is None or len(read) >= len(whole):
            break
        cursor = {"cursor": more[1]}
    assert read[: len(whole)] == whole


async def test_every_reading_is_itself_a_line_about_everybody_in_it(house: House) -> None:
    manager, reader = await house.sign_in("manager"), await house.sign_in("auditor")
    await manager.get(f"/people/{force.HOLLIS}")
    await rows(reader, who="4417")
    (mine,) = house.lines(route=f"GET {LOG}")
    assert (mine["actor_id"], mine["operation"], mine["query"]) == (
        AUDITOR,
        "CONSULTATION",
        "2026-11-22, 4417",
    )
    assert mine["subjects"] == f"[{force.HOLLIS}]"


async def test_only_log_readers_read_it(house: House) -> None:
    assert (await (await house.sign_in("manager")).get(LOG)).status_code == 403
    assert house.lines(route=f"GET {LOG}", outcome="DENIED", actor_id=MANAGER) != []
    assert (await house.browser().get(LOG)).status_code == 303


@pytest.mark.parametrize("asked", [{"day": "yesterday"}, {"day": "2026-13-01"}, {"cursor": "x"}])
async def test_what_cannot_be_meant_is_sent_back(house: House, asked: dict[str, str]) -> None:
    assert (await (await house.sign_in("auditor")).get(LOG, **asked)).status_code == 400
