"""Training records over HTTP: files that are looked over and then taken in, and the feed that sends by itself.

One rule for the editor: one service for this module; a test leaves nobody's kit out, and moves the clock on only.
"""

import base64
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api import training_feed
from inventory.schema.custody import alarm, custody
from inventory.schema.people import training_feed as feeds
from inventory.schema.people import training_result
from tests import small_force as force
from tests.api.asks import whole_set
from tests.api.conftest import NO_TLS, PIN, Hand, House, Person, running

pytestmark = pytest.mark.anyio
YESTERDAY = force.TODAY - timedelta(days=1)
FILE = (
    "Staff No,Event,Weapon,Held on,Mark,Record\n"
    f"{force.HOLLIS},Taser annual,T7,{YESTERDAY:%d/%m/%Y},Not competent,a1\n"
    f"{force.LAPSED},PPST,,{YESTERDAY:%d/%m/%Y},Competent,a2\n"
    f"99999,PPST,,{YESTERDAY:%d/%m/%Y},Competent,a3\n"
)
MAPPING: dict[str, Any] = {
    "name": "Learning system, weekly", "times": "DMY", "zone": "Europe/London", "fixed": {"hours": "12"},
    "columns": {"Staff No": "ref", "Event": "course", "Weapon": "model", "Held on": "attended_on", "Mark": "outcome",
                "Record": "source_ref"},
    "words": {"outcome": {"Competent": "PASS", "Not competent": "FAIL"}},
}  # fmt: skip
KNOWN = MAPPING | {"words": MAPPING["words"] | {"course": {"Taser annual": "CED_REFRESHER"}}}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop for the module."""
    return "asyncio"


@pytest.fixture(scope="module")
async def house(make_sqlite_database: Callable[..., str], staffed: str) -> AsyncIterator[House]:
    """One service on SQLite: what is written is judged on both databases in tests/inventory/custody."""
    async with running(make_sqlite_database(template=staffed), Hand()) as house:
        yield house


@pytest.fixture(scope="module")
def make_database(make_sqlite_database: Callable[..., str]) -> Callable[..., str]:
    """SQLite alone."""
    return make_sqlite_database


def upload(content: str = FILE, **more: Any) -> dict[str, Any]:
    data = base64.b64encode(content.encode()).decode()
    return {"kind": "training", "file_name": "week 47.csv", "content": data} | more


async def test_a_file_is_mapped_looked_over_and_taken_in_by_its_fingerprint(house: House) -> None:
    admin = await house.sign_in("admin")
    shown = (await admin.post("/api/v1/file-previews/columns", upload())).json()
    assert [(each["name"], each["field"]) for each in shown["columns"][:3]] == [
        ("Staff No", None), ("Event", None), ("Weapon", None),
    ]  # fmt: skip
    assert {"name": "attended_on", "is_needed": True, "is_timed": True} in shown["fields"]
    asked = upload(source="test", mapping=MAPPING)
    first = (await admin.post("/api/v1/file-previews", asked)).json()
    (strange,) = first["strange"]
    assert (strange["field"], strange["value"], strange["row_count"]) == ("course", "Taser annual", 1)
    assert "CED_REFRESHER" in strange["choices"]
    seen = (await admin.post("/api/v1/file-previews", asked | {"mapping": KNOWN})).json()
    row = seen["seen"]
    assert (row["new"], row["bad_rows"], row["newly_refused"], row["newly_allowed"]) == (2, 1, 1, 1)
    assert [(each["line"], each["field"]) for each in seen["bad"]] == [(4, "ref")]
    assert {(each["ref"], each["word"], each["at"]) for each in seen["effects"] if each["model"] == "T7"} == {
        (str(force.HOLLIS), "REFUSED", "NOW"), (str(force.LAPSED), "ALLOWED", "NOW"),
    }  # fmt: skip
    listed = await admin.get(f"/api/v1/file-previews/{row['id']}/people.csv")
    assert listed.text.splitlines()[1].startswith(f"{force.HOLLIS},")
    again = (await admin.post("/api/v1/file-previews/columns", upload())).json()
    assert again["mapping"]["words"] == KNOWN["words"]
    path = f"/api/v1/file-previews/{row['id']}/take"
    assert (await admin.post(path, {"sha256": "0" * 64})).status_code == 422
    taken = await admin.post(path, {"sha256": row["sha256"]})
    assert (taken.status_code, taken.json()["seen"]["taken"]["new"]) == (200, 2)
    assert (await admin.post(path, {"sha256": row["sha256"]})).status_code == 422
    page = (await admin.get("/api/v1/file-previews", kind="training")).json()["rows"]
    assert [bool(each["taken"]) for each in page] == [True, False]
    line = house.lines(operation="ALTERATION", outcome="OK")[-1]
    assert (line["route"].endswith("/take"), str(force.HOLLIS) in line["subjects"]) == (True, True)


async def test_what_has_moved_since_the_look_is_said_and_nothing_is_taken_in(house: House) -> None:
    admin = await house.sign_in("admin")
    text = f"ref,course,date,hours,outcome\n{force.MERCER},PPST,{YESTERDAY},12,FAIL\n"
    mapping = {"name": "ours", "times": "ISO", "zone": "UTC",
               "columns": {"ref": "ref", "course": "course", "date": "attended_on", "hours": "hours",
                           "outcome": "outcome"}}  # fmt: skip
    row = (await admin.post("/api/v1/file-previews", upload(text, mapping=mapping))).json()["seen"]
    assert row["newly_refused"] == 1
    direct = await admin.client.post("/api/v1/imports/training?source=file", content=text)
    assert direct.json()["new"] == 1
    answer = await admin.post(f"/api/v1/file-previews/{row['id']}/take", {"sha256": row["sha256"]})
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("moved")
    assert "New rows: 1 when it was looked over, 0 now." in answer.json()["detail"]
    assert f"for 1: {force.MERCER}" in answer.json()["detail"]


async def test_who_may_not_record_training_looks_nothing_over_and_many_refusals_take_two(house: House) -> None:
    manager = await house.sign_in("manager")
    assert (await manager.post("/api/v1/file-previews", upload(mapping=KNOWN))).status_code == 403
    admin = await house.sign_in("admin")
    bad = await admin.post("/api/v1/file-previews", upload(mapping=KNOWN, source="MANUAL"))
    assert bad.json()["errors"][0]["field"] == "source"
    seen = (await admin.post("/api/v1/file-previews", upload(mapping=KNOWN, source="two"))).json()["seen"]
    wrong = {"sha256": seen["sha256"], "second": {"name": "hollis", "pin": PIN}}
    answer = await admin.post(f"/api/v1/file-previews/{seen['id']}/take", wrong)
    assert answer.json()["errors"][0]["field"] == "second.name"


# ---- the feed ----------------------------------------------------------------------------------------


async def feed_of(house: House, source: str) -> httpx.AsyncClient:
    key = await house.service.database.awrite(lambda tx: training_feed.add_feed(tx, source))
    client = httpx.AsyncClient(base_url=house.url, verify=NO_TLS, headers={"Authorization": f"Feed {key}"})
    house.browsers.append(Person(client))
    return client


def result(ref: int, source_ref: str, **more: Any) -> dict[str, Any]:
    return {"ref": str(ref), "course": "PPST", "attended_on": str(YESTERDAY), "minutes": 720, "outcome": "PASS",
            "source_ref": source_ref} | more  # fmt: skip


async def send(feed: httpx.AsyncClient, seq: int, upto_us: int, **more: Any) -> httpx.Response:
    return await feed.post("/api/v1/training-feed", json={"sequence": seq, "upto_us": upto_us} | more)


async def test_batches_are_taken_once_in_turn_row_by_row_and_for_the_feeds_own_source(house: House) -> None:
    feed, now = await feed_of(house, "LEARNING"), house.hand.now_us
    results = [
        result(force.MERCER, "r1"), result(force.HOLLIS, "r2"), result(99999, "r3"),
        result(force.HOLLIS, "r4", cuorse=1),
    ]  # fmt: skip
    answer = await send(feed, 1, now, results=results)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["new"], answer.json()["bad_rows"]) == (3, 2)
    assert [(each["line"], each["field"]) for each in answer.json()["bad"]] == [(3, "ref"), (4, "cuorse")]
    assert (await send(feed, 1, now, results=results)).json() == answer.json() | {"repeat": True}
    for body in ({"seq": 1, "results": results[:1]}, {"seq": 3, "results": []}):
        refused = await send(feed, body["seq"], now, results=body["results"])
        assert (refused.status_code, "The next batch is number 2." in refused.json()["detail"]) == (409, True)
    back = await send(feed, 2, now + 1, retractions=["r1", "r9"], results=[result(force.HOLLIS, "r2", minutes=600)])
    assert (back.json()["changed"], back.json()["new"]) == (2, 0)
    assert [(each["line"], each["value"]) for each in back.json()["bad"]] == [(3, "r9")]
    assert (await feed.get("/api/v1/training-feed")).json()["sequence"] == 2
    with house.service.database.reading() as conn:
        mine = sa.select(training_result.c.source_ref, training_result.c.minutes).where(
            training_result.c.source == "LEARNING", training_result.c.retracted_us.is_(None)
        )
        assert sorted(conn.execute(mine).all()) == [("r2", 600), ("r4", 720)]
    for wrong in ({"upto_us": now + 600_000_000}, {"upto_us": now - 1}):
        assert (await send(feed, 2, **wrong)).json()["errors"][0]["field"] == "upto_us"
    assert house.lines(actor_kind="FEED", outcome="OK")


async def test_a_feeds_key_opens_nothing_else_and_ends_when_it_is_revoked(house: House) -> None:
    feed = await feed_of(house, "OTHER")
    for path in ("/api/v1/people", "/api/v1/training-feeds", "/api/v1/items"):
        assert (await feed.get(path)).status_code == 401
    assert (await feed.post("/api/v1/bridge/readings", json={})).status_code in (400, 401)
    house.hand.now_us += 1
    new = await house.service.database.awrite(lambda tx: training_feed.rotate_key(tx, "OTHER"))
    assert (await send(feed, 0, house.hand.now_us)).status_code == 200
    await house.service.database.awrite(lambda tx: training_feed.revoke_keys(tx, "OTHER", but_newest=True))
    house.service.feeds.forget()
    assert (await send(feed, 0, house.hand.now_us)).status_code == 401
    assert (await feed.get("/api/v1/training-feed", headers={"Authorization": f"Feed {new}"})).status_code == 200


async def test_a_stale_feed_refuses_a_ced_is_told_once_and_a_heartbeat_ends_it(house: House) -> None:
    feed = await feed_of(house, "UNIT")
    clock, drawing = house.clock, whole_set(force.SECOND_ISSUER)
    await send(feed, 0, house.hand.now_us)
    house.hand.now_us += 25 * force.HOUR
    ivory, admin = await house.sign_in("ivory"), await house.sign_in("admin")
    fresh = {each["source"]: each for each in (await admin.get("/api/v1/training-feeds")).json()}
    assert fresh["UNIT"]["is_stale"]
    for _ in range(2):
        assert await clock.once(clock.job("training-feed"))
    assert _alarms(house) == [(None, None)]
    refused = await ivory.post("/api/v1/issues", drawing)
    assert "TRAINING_FEED_STALE" in {each["code"] for each in refused.json()["refusals"]}
    old = await send(feed, 0, house.hand.now_us - 25 * force.HOUR)  # beats, and has nothing newer to say
    assert old.status_code == 200
    assert "TRAINING_FEED_STALE" in (await ivory.post("/api/v1/issues", drawing)).text
    assert (await send(feed, 0, house.hand.now_us)).json() == {"sequence": 0, "new": 0, "changed": 0, "unchanged": 0,
                                                               "bad_rows": 0, "bad": [], "repeat": False}  # fmt: skip
    assert "TRAINING_FEED_STALE" not in (await ivory.post("/api/v1/issues", drawing)).text
    for _ in range(2):
        assert await clock.once(clock.job("training-feed"))
    ((_, how),) = _alarms(house)
    assert how == "Training records are complete again up to 23 November 2026, 08:00 GMT."
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(custody.c.id).where(custody.c.person_id.is_not(None))).all() == []
        good = sa.select(feeds.c.last_good_us).where(feeds.c.source == "UNIT")
        assert conn.execute(good).scalar() == house.hand.now_us


def _alarms(house: House) -> list[tuple[Any, Any]]:
    with house.service.database.reading() as conn:
        asked = sa.select(alarm.c.settled_us, alarm.c.settlement).where(alarm.c.kind == "TRAINING_FEED_STALE")
        return [tuple(row) for row in conn.execute(asked)]
