"""Whatever goes wrong is told as a problem (RFC 9457): a stable type, the field by name, and never our insides."""

import asyncio
import sqlite3
import threading
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from api import batches, items
from inventory.oversight import processing_log
from inventory.schema.engine import make_engine, writing
from tests import small_force as force
from tests.api.asks import READINGS, Bridge, camera, card_of
from tests.api.conftest import House, Person
from tests.api.shared import anyio_backend, shared_house
from tests.postgresql_server import as_the_owner

pytestmark = pytest.mark.anyio
__all__ = ["anyio_backend", "shared_house"]
V1 = "/api/v1"
HUGE = 10**30
INSIDES = ("Traceback", 'File "', "sqlite3", "psycopg", "sqlalchemy", "SELECT ", "INSERT ")


@pytest.fixture(scope="module")
async def ivory(shared_house: House) -> Person:
    """An issuer, signed in."""
    return await shared_house.sign_in("ivory")


@pytest.fixture(scope="module")
async def admin(shared_house: House) -> Person:
    """An administrator, signed in."""
    return await shared_house.sign_in("admin")


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem in an answer, which must be one and must not tell of our insides."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"].startswith("/problems/")
    assert told["title"]
    assert told["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert len(answer.headers["x-request-id"]) > 12
    assert [each for each in INSIDES if each in answer.text] == []
    return told


GETS: list[tuple[str, int, str | None]] = [
    ("/items/999", 404, None),
    ("/items/abc", 404, None),
    ("/nowhere", 404, None),
    ("/items?limit=0", 400, "limit"),
    ("/items/201/had", 400, "at_us"),
    ("/hatch/999", 404, None),
    (f"/hatch/{force.DOVER_HATCH}", 403, None),
    ("/processing-log?from_us=0&to_us=1", 403, None),
]


async def test_every_look_that_goes_wrong_is_told_as_a_problem_naming_the_field(ivory: Person) -> None:
    for path, code, field in GETS:
        answer = await ivory.client.get(V1 + path)
        assert answer.status_code == code, (path, answer.text)
        named = [each["field"] for each in problem(answer).get("errors", [])]
        assert named == ([field] if field else []), path


async def test_an_address_or_method_nobody_serves_is_a_numbered_problem_with_the_headers_of_any_answer(
    ivory: Person,
) -> None:
    served = await ivory.client.get(f"{V1}/items")
    answers = [
        await ivory.client.request(method, path)
        for method, path in (("GET", "/nowhere"), ("GET", f"{V1}/nowhere"), ("PUT", f"{V1}/items"))
    ]
    assert [each.status_code for each in answers] == [404, 404, 405]
    assert len({problem(each)["instance"] for each in answers}) == 3
    for each in answers:
        for name in ("content-security-policy", "x-content-type-options", "x-frame-options"):
            assert each.headers[name] == served.headers[name]
        assert each.headers["cache-control"] == "no-store"
    assert answers[2].headers["allow"]


TOO_LARGE = [
    f"/items/{2**63}", f"/items/{HUGE}", f"/items/{HUGE}/life", f"/people/{HUGE}", f"/hatch/{HUGE}",
    f"/items?store_id={HUGE}", "/items?cursor=WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDBd",
]  # fmt: skip


async def test_a_number_too_large_for_any_id_is_the_askers_mistake_and_not_ours(ivory: Person) -> None:
    for path in TOO_LARGE:
        answer = await ivory.client.get(V1 + path)
        assert answer.status_code in (400, 422), (path, answer.text)
        assert problem(answer)["errors"][0]["field"], path


ISSUE = camera(force.HOLLIS)
POSTS: list[tuple[str, Any, int, str | None]] = [
    ("/issues", {**ISSUE, "surplus": 1}, 400, "surplus"),
    ("/issues", {k: v for k, v in ISSUE.items() if k != "person_id"}, 400, "person_id"),
    ("/issues", {**ISSUE, "person_id": "101"}, 400, "person_id"),
    ("/issues", {**ISSUE, "person_id": HUGE}, 400, "person_id"),
    ("/issues", {**ISSUE, "items": [{"item_id": 1}, {"item_id": 0}]}, 400, "items[1].item_id"),
    ("/issues", {**ISSUE, "items": [{"item_id": 241, "colour": "red"}]}, 400, "items[0].colour"),
    ("/issues", {**ISSUE, "items": [{"item_id": n} for n in range(1, 42)]}, 400, "items"),
    ("/issues", {**ISSUE, "items": []}, 422, "items"),
    ("/issues", {**ISSUE, "items": [{"serial": "NOT\u0000KNOWN"}]}, 422, None),
    ("/issues", {**ISSUE, "charges": [{"item_id": 241, "percent": 101}]}, 400, "charges[0].percent"),
    ("/issues", {**ISSUE, "purpose": "FUN"}, 400, "purpose"),
    ("/issues", {**ISSUE, "authenticated_by": "PIN"}, 422, "pin"),
    ("/issues", {**ISSUE, "fit_declared": "yes"}, 400, "fit_declared"),
    ("/issues", [ISSUE], 400, "body"),
    ("/issues", "kit", 400, "body"),
    ("/returns", {"store_id": 1, "items": [{"item_id": 241, "condition": "LOST"}]}, 400, "items[0].condition"),
    ("/sign-in", {"name": "ivory"}, 400, "password"),
    ("/sign-in", {"name": "", "password": "x"}, 400, "name"),
]


async def test_every_ask_that_goes_wrong_is_told_as_a_problem_naming_the_field(ivory: Person) -> None:
    for path, body, code, field in POSTS:
        answer = await ivory.post(V1 + path, body)
        assert answer.status_code == code, (path, body, answer.text)
        named = [each["field"] for each in problem(answer).get("errors", [])]
        assert field is None or named == [field], (path, body, named)


async def test_every_change_by_the_administrator_that_goes_wrong_names_the_field(admin: Person) -> None:
    hold = {"item_id": force.HANDLES[0], "reason": "DEFECT", "detail": "does not fire"}
    cases: list[tuple[str, Any, int, str | None]] = [
        ("/holds", {**hold, "reason": "MOOD"}, 422, "reason"),
        ("/holds", {**hold, "detail": "x"}, 400, "detail"),
        ("/holds", {**hold, "lot_id": 3}, 422, "item_id"),
        ("/holds", {**hold, "item_id": 999}, 404, None),
        ("/holds", {**hold, "reason": "EVIDENTIAL"}, 422, "authority"),
        ("/holds/999/lift", {"detail": "done with it"}, 404, None),
        ("/alarms/999/settle", {"settlement": "looked"}, 404, None),
        ("/kiosks", {"place_id": 999, "name": "k"}, 422, "place_id"),
        ("/kiosks/pair", {"code": "WRONG-CODE"}, 403, None),
    ]
    for path, body, code, field in cases:
        answer = await admin.post(V1 + path, body)
        assert answer.status_code == code, (path, body, answer.text)
        named = [each["field"] for each in problem(answer).get("errors", [])]
        assert named == ([field] if field else []), (path, body, answer.text)


async def test_a_text_that_cannot_be_kept_is_sent_back_on_every_database(ivory: Person, shared_house: House) -> None:
    wrong = await shared_house.browser().post(f"{V1}/sign-in", {"name": "iv\u0000ory", "password": "x"})
    assert wrong.status_code in (401, 422), wrong.text
    problem(wrong)
    found = await ivory.get(f"{V1}/items", q="X\u0000")
    assert found.status_code in (200, 422)


async def test_methods_sizes_and_bytes_that_are_not_ours_are_problems_too(ivory: Person) -> None:
    gone = await ivory.client.delete(f"{V1}/items")
    assert (gone.status_code, problem(gone)["type"]) == (405, "/problems/method-not-allowed")
    assert "GET" in gone.headers["allow"]
    large = await ivory.client.post(f"{V1}/issues", content=b"[" + b" " * (1 << 20) + b"]")
    assert (large.status_code, problem(large)["type"]) == (413, "/problems/request-entity-too-large")
    for body in (b"", b"{", b"nul", b"\xff", b"<x/>"):
        broken = await ivory.client.post(f"{V1}/issues", content=body, headers={"Content-Type": "application/json"})
        assert (broken.status_code, problem(broken)["errors"][0]["field"]) == (400, "body"), body


async def test_nobody_signed_in_is_told_so_everywhere(shared_house: House) -> None:
    nobody = shared_house.browser()
    for path in ("/items", "/items/201", "/people?q=h", "/me", "/alarms", "/kiosks", f"/hatch/{force.HATCH}"):
        answer = await nobody.client.get(V1 + path)
        assert (answer.status_code, problem(answer)["type"]) == (401, "/problems/not-signed-in"), path
    for path in ("/issues", "/returns", "/holds", "/visits/1/complete", "/sign-out"):
        answer = await nobody.post(V1 + path, {})
        assert (answer.status_code, problem(answer)["type"]) == (401, "/problems/not-signed-in"), path
    assert (await nobody.post(READINGS, {})).status_code == 401


async def test_a_mistake_of_ours_tells_nothing_but_where_to_look_for_it(
    ivory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("SELECT the pin 402817 of 4417")

    def crooked(*_: object) -> None:
        msgspec.convert({"id": "402817"}, items.OpenHold)

    for mistake in (broken, crooked):
        monkeypatch.setattr(items, "list_of", mistake)
        answer = await ivory.get(f"{V1}/items")
        assert (answer.status_code, problem(answer)["type"]) == (500, "/problems/our-fault")
        assert "402817" not in answer.text
        assert answer.json()["instance"] == f"urn:request:{answer.headers['x-request-id']}"


async def test_every_answer_forbids_being_kept_framed_or_guessed_at(ivory: Person) -> None:
    for path in ("/items/201", "/nowhere", "/me"):
        headers = (await ivory.client.get(V1 + path)).headers
        if path != "/nowhere":
            assert "no-store" in headers["cache-control"] or "no-cache" in headers["cache-control"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert "default-src 'self'" in headers["content-security-policy"]
        assert "set-cookie" not in headers


# ---- too much, and no database: these need a service of their own ------------------------------------------


async def test_too_much_to_write_is_503_and_passes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ivory = await house.sign_in("ivory")
    bridge = Bridge(await house.bridge())
    goes_on = threading.Event()
    database = house.service.database
    stuck = asyncio.ensure_future(database.awrite(lambda _tx: goes_on.wait(30)))
    await asyncio.sleep(0)
    monkeypatch.setattr(batches, "QUEUE_MAX", 0)
    try:
        answers = [
            await ivory.post(f"{V1}/issues", camera(force.HOLLIS)),
            await ivory.get(f"{V1}/items/{force.CAMERAS[0]}"),
            await bridge.sends("scan", (1, card_of(force.HOLLIS))),
        ]
        for answer in answers:
            assert (answer.status_code, problem(answer)["status"]) == (503, 503)
            assert int(answer.headers["retry-after"]) >= 1
            assert force.serial(force.CAMERAS[0]) not in answer.text
    finally:
        monkeypatch.undo()
        goes_on.set()
        await stuck
    assert (await ivory.post(f"{V1}/issues", camera(force.HOLLIS))).status_code == 201
    assert (await bridge.scans(card_of(force.HOLLIS)))[0].get("repeat", False) is False, "nothing of it was stored"


def rename(url: str, old: str, new: str) -> None:
    """Rename a table, behind the service's back."""
    engine = make_engine(url)
    with writing(engine).begin() as conn:
        conn.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")
    engine.dispose()


async def test_when_the_log_cannot_be_written_nothing_is_answered_or_done(house: House) -> None:
    ivory = await house.sign_in("ivory")
    manager = await house.sign_in("manager")
    url = as_the_owner(house.service.database.url)
    rename(url, "processing_log", "away")
    answers = [
        await ivory.get(f"{V1}/items/{force.CAMERAS[0]}"),
        await manager.get(f"{V1}/people/{force.HOLLIS}"),
        await ivory.get("/live", topics=f"place:{force.HATCH}"),
        await ivory.post(f"{V1}/issues", camera(force.HOLLIS)),
        await house.browser().post(f"{V1}/sign-in", {"name": "ivory", "password": "wrong"}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), answer.text
        assert problem(answer)["type"] in ("/problems/not-logged", "/problems/database-away")
        assert "Hollis" not in answer.text
        assert force.serial(force.CAMERAS[0]) not in answer.text
    rename(url, "away", "processing_log")
    shown = await ivory.get(f"{V1}/items/{force.CAMERAS[0]}")
    assert (shown.status_code, shown.json()["item"]["holder"]) == (200, "STORE")


FULL = {
    "sqlite": sqlite3.OperationalError("database or disk is full"),
    "postgresql": psycopg.errors.DiskFull("no space left on device"),
}
FULL["sqlite"].sqlite_errorcode = sqlite3.SQLITE_FULL


async def test_a_scan_that_could_not_be_logged_is_neither_decided_nor_set_aside(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = Bridge(await house.bridge())

    def full(*_: object) -> None:
        raise FULL[house.service.database.engine.dialect.name]

    with monkeypatch.context() as broken:
        broken.setattr(processing_log, "write", full)
        answer = await bridge.sends("scan", (1, card_of(force.HOLLIS)))
        assert (answer.status_code, problem(answer)["status"]) == (503, 503), "the bridge keeps it"
    again = (await bridge.told("scan", (1, card_of(force.HOLLIS))))["answers"][0]
    assert (again["outcome"], again.get("repeat", False)) == ("VISIT_OPENED", False)


async def test_a_full_disk_is_called_one_and_what_was_asked_is_asked_again_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ivory = await house.sign_in("ivory")

    def full(*_: object) -> None:
        raise FULL[house.service.database.engine.dialect.name]

    with monkeypatch.context() as broken:
        broken.setattr(processing_log, "write", full)
        for answer in (
            await ivory.get(f"{V1}/items/{force.CAMERAS[0]}"),
            await ivory.post(f"{V1}/issues", camera(force.HOLLIS)),
        ):
            told = problem(answer)
            assert (told["status"], told["type"]) == (503, "/problems/disk-full")
            assert "disk is full" in told["detail"]
            assert int(answer.headers["retry-after"]) >= 1
    assert (await ivory.post(f"{V1}/issues", camera(force.HOLLIS))).status_code == 201
