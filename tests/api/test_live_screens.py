"""Live screens: told after the commit, in order, whoever wrote; a screen that was away misses nothing.

One rule for the editor: no test here measures how long a thing takes; each waits for what must come.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api import live
from inventory.schema.custody import custody, visit
from inventory.schema.service import web_session
from tests import small_force as force
from tests.api.asks import camera
from tests.api.conftest import Hand, House, Person, running

pytestmark = pytest.mark.anyio
HATCH, STORE = f"place:{force.HATCH}", f"store:{force.MEDWAY}"
AT = f"/api/v1/hatch/{force.HATCH}"
WAIT_S = 20


class Screen:
    """One open stream: its events one by one."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def block(self) -> dict[str, str]:
        """The next block of the stream, its fields by name; a comment is the field named nothing."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(WAIT_S):
            async for line in self._lines:
                if not line:
                    return fields
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        return {"": "the stream ended"}

    async def event(self) -> dict[str, Any]:
        """The next event that says something, with its number under `id`."""
        while "data" not in (block := await self.block()):
            assert block != {"": "the stream ended"}
        return {**json.loads(block["data"]), "id": int(block.get("id", -1))}

    async def until(self, kind: str) -> dict[str, Any]:
        """The next event of a type."""
        while (event := await self.event())["type"] != kind:
            pass
        return event


@asynccontextmanager
async def listening(person: Person, topics: str = HATCH, after: int | None = None) -> AsyncIterator[Screen]:
    """A screen that listens; it is listening when this is entered."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with person.client.stream("GET", "/live", params={"topics": topics}, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        screen = Screen(answer)
        first = await screen.block()
        assert first["retry"] == "1000"
        yield screen


async def type_in(kiosk: Person, text: str) -> None:
    """A code typed at the hatch."""
    answer = await kiosk.post(f"{AT}/scan", {"text": text})
    assert answer.status_code == 200, answer.text


async def test_what_happens_at_a_hatch_reaches_its_screen_when_it_is_committed(house: House) -> None:
    kiosk = await house.kiosk()
    async with listening(kiosk) as screen:
        await type_in(kiosk, "4417")
        told = await screen.event()
        assert told["type"] == "hatch"
        assert told["verdict"]["outcome"] == "VISIT_OPENED"
        assert told["view"]["visit"]["person"]["id"] == force.HOLLIS
        with house.service.database.reading() as conn:
            assert conn.execute(sa.select(visit.c.person_id)).scalars().all() == [force.HOLLIS]


async def test_a_screen_hears_its_own_topics_only(house: House) -> None:
    kiosk, manager = await house.kiosk(), await house.sign_in("manager")
    async with listening(manager, f"store:{force.DOVER}") as dover, listening(manager, STORE) as medway:
        await type_in(kiosk, "4417")
        ivory = await house.sign_in("ivory")
        assert (await ivory.post("/api/v1/issues", camera(force.MERCER))).status_code == 201
        issued = await medway.event()
        assert (issued["type"], issued["item_ids"]) == ("issued", [force.CAMERAS[0]])
        with house.service.database.reading() as conn:
            held = sa.select(custody.c.person_id).where(
                custody.c.item_id == force.CAMERAS[0], custody.c.closed_entry.is_(None)
            )
            assert conn.execute(held).scalar() == force.MERCER, "it is true before it is told"
        manager_for_all = await house.sign_in("admin")
        hold = {"item_id": force.HANDLES[1], "reason": "RECALL", "detail": "a notice"}
        assert (await manager_for_all.post("/api/v1/holds", hold)).status_code == 201
        assert (await dover.event())["type"] == "hold", "the first thing Dover hears is what everybody hears"


async def test_a_screen_that_was_away_resumes_without_loss_or_repeat(house: House) -> None:
    kiosk = await house.kiosk()
    async with listening(kiosk) as screen:
        await type_in(kiosk, "4417")
        seen = [await screen.event()]
    for item_id in force.CAMERAS[:2]:
        await type_in(kiosk, force.serial(item_id))
    async with listening(kiosk, after=seen[0]["id"]) as screen:
        await type_in(kiosk, force.serial(force.GUARDS[0]))
        seen += [await screen.event() for _ in range(3)]
    assert [len(each["view"]["visit"]["lines"]) for each in seen] == [0, 1, 2, 3]
    assert [each["id"] for each in seen] == sorted({each["id"] for each in seen})
    async with listening(kiosk, after=seen[0]["id"]) as screen:
        again = [await screen.event() for _ in range(3)]
    assert again == seen[1:], "asked again from the same place, told the same"


async def test_a_screen_that_was_away_too_long_is_told_to_load_afresh(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk = await house.kiosk()
    async with listening(kiosk, after=10**9) as screen:
        assert (await screen.event())["type"] == "reset", "a number of another epoch"
    await type_in(kiosk, "4417")
    await type_in(kiosk, force.serial(force.CAMERAS[0]))
    monkeypatch.setattr(live, "REPLAY_MAX", 1)
    async with listening(kiosk, after=0) as screen:
        assert (await screen.event())["type"] == "reset"


async def test_a_slow_screen_is_told_to_load_afresh_and_holds_nobody_up() -> None:
    screen = live.Screen(frozenset({HATCH}))
    for n in range(live.BACKLOG_MAX + 1):
        screen.tell(live.encode(n, "{}"))
    assert screen.waiting.qsize() == 1
    assert screen.waiting.get_nowait() == live.RESET


async def test_a_quiet_stream_is_kept_open_by_pings(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    kiosk = await house.kiosk()
    async with listening(kiosk) as screen:
        assert await screen.block() == {"": "still here"}
        await type_in(kiosk, "4417")
        assert (await screen.until("hatch"))["verdict"]["outcome"] == "VISIT_OPENED"


async def test_every_instance_tells_its_screens_what_any_instance_committed(
    make_database: Callable[..., str], staffed: str, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_S", 3600.0)  # so that it is the notification that wakes them
    url = make_database(template=staffed)
    numbers = (1, 2) if url.startswith("postgresql") else (1,)  # an SQLite file is written by one process
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(running(url, hand, number)) for number in numbers]
        kiosk = await houses[0].kiosk()
        desks = [await each.sign_in("manager") for each in houses]
        screens = [await stack.enter_async_context(listening(desk, f"{HATCH},{STORE}")) for desk in desks]
        for text in ("4417", force.serial(force.CAMERAS[0])):
            await type_in(kiosk, text)
            heard = [await screen.event() for screen in screens]
            assert [each["view"]["visit"]["person"]["id"] for each in heard] == [force.HOLLIS] * len(heard)
            assert len({each["id"] for each in heard}) == 1, "one number on every instance"
        sefton = await houses[-1].sign_in("sefton")
        assert (await sefton.post("/api/v1/issues", camera(force.MERCER, force.CAMERAS[1]))).status_code == 201
        issued = [(await screen.until("issued"))["item_ids"] for screen in screens]
        assert issued == [[force.CAMERAS[1]]] * len(screens), "the other way round too"


async def test_listening_needs_a_sign_in_and_a_right_at_the_store(house: House) -> None:
    ivory, hollis = await house.sign_in("ivory"), await house.sign_in("hollis")
    cases = [
        (house.browser(), HATCH, 401),
        (hollis, HATCH, 403),
        (ivory, f"store:{force.DOVER}", 403),
        (ivory, f"{HATCH},place:{force.DOVER_HATCH}", 403),
        (ivory, "place:999", 404),
        (ivory, "everything", 400),
        (ivory, "", 400),
        (ivory, ",".join([HATCH] * 21), 400),
    ]
    for person, topics, code in cases:
        answer = await person.get("/live", topics=topics)
        assert answer.status_code == code, (topics, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    odd = await ivory.client.get("/live", params={"topics": HATCH}, headers={"Last-Event-ID": "last"})
    assert (odd.status_code, odd.json()["errors"][0]["field"]) == (400, "Last-Event-ID")


async def test_a_stream_ends_soon_after_the_sign_in_does(
    house: House, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    ivory = await house.sign_in("ivory")
    async with listening(ivory) as screen:
        with house.service.database.reading() as conn:
            assert conn.execute(sa.select(sa.func.count()).select_from(web_session)).scalar() == 1
        out = house.browser(kit_session=ivory.client.cookies["kit_session"])
        assert (await out.post("/api/v1/sign-out", X_CSRF=ivory.me["csrf"])).status_code == 204
        hand.now_us += 11_000_000
        while (block := await screen.block()) == {"": "still here"}:
            pass
        assert block == {"": "the stream ended"}


async def test_opening_a_stream_is_a_look_and_is_logged(house: House) -> None:
    ivory = await house.sign_in("ivory")
    async with listening(ivory, f"{HATCH},{STORE}"):
        lines = house.lines(route="GET /live")
        assert [(each["operation"], each["actor_id"], each["query"]) for each in lines] == [
            ("CONSULTATION", force.ISSUER, f"{HATCH},{STORE}")
        ]
