"""A bridge's question waits at the service, and is answered the moment a card at the hatch gives it something to do."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api import bay_commands
from api.pages.store import store_shown
from inventory.custody.bays import LISTENS_US
from inventory.schema.bays import bay_command
from inventory.schema.custody import alarm
from inventory.schema.service import outbox
from tests import small_force as force
from tests.api.asks import BOOT, Bridge, bay, card_of, serial_of
from tests.api.conftest import Hand, House, Person

pytestmark = pytest.mark.anyio
COMMANDS = "/api/v1/bridge/commands"
CAMERA = force.CAMERAS[1]


class Docks:
    """The Medway hatch's kiosk, its bridge, and a rack of that bridge with one camera in bay 6."""

    def __init__(self, house: House, kiosk: Person, bridge: Bridge) -> None:
        self.house, self.kiosk, self.bridge = house, kiosk, bridge

    async def asks(self, wait_ms: int = 0, *have: int, of: httpx.AsyncClient | None = None) -> list[dict[str, Any]]:
        body = {"boot": BOOT, "have": list(have), "wait_ms": wait_ms}
        answer = await (of or self.bridge.client).post(COMMANDS, json=body)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["commands"])

    async def says(self, seq: int, command: dict[str, Any], word: str) -> None:
        said = {"type": "bay_answer", "command": command["id"], "word": word,
                **{name: command[name] for name in ("dock", "bay", "act")}}  # fmt: skip
        await self.bridge.told("obs", (seq, said))

    async def draws(self) -> dict[str, Any]:
        _, drawn = await self.bridge.scans(card_of(force.HOLLIS), serial_of(CAMERA))
        assert drawn["outcome"] == "IN_SET"
        visit = (await self.kiosk.get(f"/api/v1/hatch/{force.HATCH}")).json()["visit"]
        done = await self.kiosk.post(f"/api/v1/visits/{visit['id']}/complete", {"check": "FACE"})
        assert done.json()["outcome"] == "COMPLETED", done.text
        return dict(done.json())


@pytest.fixture
async def docks(house: House) -> Docks:
    kiosk = await house.kiosk()
    bridge = Bridge(await house.bridge())
    await bridge.beats()
    made = Docks(house, kiosk, bridge)
    assert await made.asks() == []
    stands = bay(6, word="READY", serial=force.serial(CAMERA), charge_percent=99, files_pending=0, free_mb=60_000,
                 clock_offset_s=0.0)  # fmt: skip
    await bridge.told("obs", (1, stands))
    for command in await made.asks():  # its arrival: the bay is to lock
        assert (command["act"], command["bay"]) == ("LOCK", 6)
        await made.says(2, command, "UNABLE")
    return made


async def test_a_card_answers_the_question_that_waits(docks: Docks) -> None:
    waiting = asyncio.create_task(docks.asks(15_000))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await docks.bridge.scans(card_of(force.HOLLIS))
    async with asyncio.timeout(10):  # a tenth of a second, and not the fifteen that it may wait
        (command,) = await waiting
    live_ms = command.pop("live_ms")
    assert command.pop("id") > 0
    assert command == {"device": "scanner", "dock": "rack", "bay": 6, "act": "POINT", "light": "green"}
    assert 0 < live_ms <= 20_000
    metrics = (await docks.house.browser().get("/metrics")).text.splitlines()
    assert "kit_question_seconds_count 1.0" in metrics  # it waited on purpose: no request was slow


async def test_what_a_bridge_has_is_not_told_again_and_what_is_over_never(docks: Docks, hand: Hand) -> None:
    await docks.bridge.scans(card_of(force.HOLLIS))
    (command,) = await docks.asks()
    assert await docks.asks(0, command["id"]) == []
    assert await docks.asks() == [command], "an answer that was lost on the way"
    hand.now_us += command["live_ms"] * 1000
    assert await docks.asks() == []


async def test_another_bridge_is_told_nothing_of_it(docks: Docks) -> None:
    other = await docks.house.bridge("medway-2", "scanner-2")
    await docks.bridge.scans(card_of(force.HOLLIS))
    assert await docks.asks(of=other) == []
    (command,) = await docks.asks()
    said = {"type": "bay_answer", "command": command["id"], "word": "REFUSED", "dock": "rack", "bay": 6, "act": "POINT"}
    await Bridge(other, boot="0f" * 16).told("obs", (1, said))
    assert await docks.asks() == [command], "and has no say in it"


async def test_a_bay_opens_once_its_camera_is_issued_and_not_before(docks: Docks) -> None:
    await docks.bridge.scans(card_of(force.HOLLIS), serial_of(CAMERA))
    assert {each["act"] for each in await docks.asks()} == {"POINT"}
    visit = (await docks.kiosk.get(f"/api/v1/hatch/{force.HATCH}")).json()["visit"]
    await docks.kiosk.post(f"/api/v1/visits/{visit['id']}/complete", {"check": "FACE"})
    assert [(each["bay"]) for each in await docks.asks() if each["act"] == "RELEASE"] == [6]


async def test_a_bay_that_is_lit_is_shown_so_on_the_stores_page(docks: Docks, hand: Hand) -> None:
    def shown() -> list[bool]:
        with docks.house.service.database.reading() as conn:
            page = store_shown(conn, force.MEDWAY, None, docks.house.service.policies.now, hand.now_us)
        assert page is not None
        return [each.is_lit for dock, bays in page.docks if dock == "medway-1/rack" for each in bays]

    await docks.bridge.scans(card_of(force.HOLLIS))
    (command,) = await docks.asks()
    before = shown()
    await docks.says(3, command, "DONE")
    lit = shown()
    visit = (await docks.kiosk.get(f"/api/v1/hatch/{force.HATCH}")).json()["visit"]
    assert (await docks.kiosk.post(f"/api/v1/visits/{visit['id']}/drop", {})).status_code < 300
    assert (before, lit, shown()) == ([False], [True], [False])
    with docks.house.service.database.reading() as conn:
        of_store = sa.select(outbox.c.body).where(outbox.c.topic == f"store:{force.MEDWAY}").order_by(outbox.c.seq)
        told = [body for body in map(json.loads, conn.execute(of_store).scalars()) if body["type"] == "bay_light"]
    assert [(each["dock"], each["bay"], each["is_lit"]) for each in told] == [
        ("medway-1/rack", 6, True), ("medway-1/rack", 6, False),
    ]  # fmt: skip


async def test_a_silent_bay_is_said_at_the_hatch_and_alarms(docks: Docks, hand: Hand) -> None:
    await docks.draws()
    (command,) = [each for each in await docks.asks() if each["act"] == "RELEASE"]
    await docks.says(3, command, "SILENT")
    with docks.house.service.database.reading() as conn:
        at_hatch = sa.select(outbox.c.body).where(outbox.c.topic == f"place:{force.HATCH}")
        told = conn.execute(at_hatch.order_by(outbox.c.seq)).scalars().all()
        alarms = conn.execute(sa.select(alarm.c.kind, alarm.c.store_id)).all()
    assert "Bay 6 of rack did not answer: open it by hand." in told[-1]
    assert [tuple(each) for each in alarms] == [("BAY_NOT_MOVED", force.MEDWAY)]
    shown = (await docks.kiosk.get(f"/api/v1/hatch/{force.HATCH}")).json()["bays"]
    assert [each["tone"] for each in shown] == ["warn"]
    policy = docks.house.service.policies.now
    with docks.house.service.database.reading() as conn:
        page = store_shown(conn, force.MEDWAY, None, policy, hand.now_us)
    assert page is not None
    (rack,) = [bays for dock, bays in page.docks if dock == "medway-1/rack"]
    assert [(each.bay, each.tone, each.says) for each in rack] == [(6, "warn", "Did not open")]


async def test_a_bridge_that_went_away_is_given_up_by_the_clock(docks: Docks, hand: Hand) -> None:
    await docks.draws()
    hand.now_us += 20_000_000
    await docks.house.clock.once(docks.house.clock.job("bays"))
    with docks.house.service.database.reading() as conn:
        words = conn.execute(sa.select(bay_command.c.word).where(bay_command.c.act == "RELEASE")).scalars().all()
    assert words == ["EXPIRED"]
    hand.now_us += LISTENS_US
    await docks.bridge.scans(card_of(force.MERCER))
    assert await docks.asks() == [], "one that has not asked for so long is told nothing"


def test_how_often_it_is_noted_that_a_bridge_listens_leaves_room() -> None:
    assert 2 * bay_commands.HEARD_EVERY_US < LISTENS_US
