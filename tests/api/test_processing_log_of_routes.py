"""The processing log (DPA 2018 s.62): every route declares what it does, every answer has its line, or does not leave.

Tests L1 to L4, L6 and L9 of the design (`domain.md` 7.2).
"""

from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler

from api.app import create_app
from api.processing import Log
from api.settings import Settings
from inventory.oversight import processing_log
from inventory.schema import words
from tests import small_force as force
from tests.api.conftest import ADMIN, AUDITOR, MANAGER, PASSWORD, Hand, House

LINES = "/api/v1/processing-log"


def routes() -> list[tuple[str, HTTPRouteHandler]]:
    """Every route of the service, the framework's own lists of methods left out."""
    app = create_app(Settings(database="sqlite:///none.sqlite3", overlay="demo"))
    return [
        (f"{method} {route.path}", each)
        for route in app.routes
        for each in getattr(route, "route_handlers", ())
        for method in each.http_methods
        if method != "OPTIONS"
    ]


def test_every_route_declares_what_it_does_with_personal_data() -> None:
    undeclared = [name for name, each in routes() if not isinstance(each.opt.get("log"), Log)]
    assert undeclared == []
    assert {each.opt["log"].operation for _, each in routes()} <= set(words.LOG_OPERATIONS)


def test_every_route_has_a_guard() -> None:
    assert [name for name, each in routes() if not each.resolve_guards()] == []


def test_a_route_that_changes_something_is_no_mere_look() -> None:
    """What is a look although it is asked by POST, is named here."""
    looks = {"POST /api/v1/sign-in", "POST /sign-in", "POST /api/v1/issues/ask", "POST /api/v1/recalls/matches"}
    looks |= {f"POST /api/v1/vendor-imports/{look}" for look in ("columns", "preview")}
    looks |= {f"POST /api/v1/{look}" for look in ("operations/answer", "what-ifs/outcome", "file-previews/columns")}
    looks.add("POST /api/v1/reports/{name:str}/runs")  # what it keeps is the answer to who asked
    mute = {name for name, each in routes() if name.startswith("POST") and each.opt["log"].operation == "CONSULTATION"}
    assert mute <= looks


ASKED: list[tuple[str, str, Any, str, set[int]]] = [
    ("ivory", "/api/v1/me", None, "CONSULTATION", {force.ISSUER}),
    ("ivory", "/api/v1/items", None, "CONSULTATION", set()),
    ("ivory", f"/api/v1/items/{force.HANDLES[0]}", None, "CONSULTATION", set()),
    ("ivory", f"/api/v1/people/{force.HOLLIS}", None, "CONSULTATION", {force.HOLLIS}),
    ("ivory", "/api/v1/people?q=hollis", None, "CONSULTATION", {force.HOLLIS}),
    ("ivory", "/api/v1/search?q=4417", None, "CONSULTATION", {force.HOLLIS}),
    ("ivory", f"/api/v1/alarms?store_id={force.MEDWAY}", None, "CONSULTATION", set()),
    ("manager", "/api/v1/decisions", None, "CONSULTATION", set()),
    ("auditor", f"{LINES}?from_us=0&to_us=1", None, "CONSULTATION", set()),
    ("admin", f"/api/v1/people/{force.HOLLIS}/capabilities", None, "CONSULTATION", {force.HOLLIS}),
    ("admin", f"/api/v1/people/{force.HOLLIS}/capabilities", {"capability": "INSTRUCTOR", "reason": "a course"},
     "ALTERATION", {force.HOLLIS}),
    ("admin", "/api/v1/holds", {"item_id": force.HANDLES[0], "reason": "DEFECT", "detail": "loose"}, "ALTERATION",
     set()),
    ("ivory", "/api/v1/issues/ask", {"person_id": force.HOLLIS, "store_id": force.MEDWAY,
     "items": [{"item_id": force.CAMERAS[0]}]}, "CONSULTATION", {force.HOLLIS}),
    ("ivory", "/api/v1/issues", {"person_id": force.HOLLIS, "store_id": force.MEDWAY, "authenticated_by": "FACE",
     "fit_declared": True, "items": [{"item_id": force.CAMERAS[0]}]}, "COLLECTION", {force.HOLLIS}),
    ("ivory", "/api/v1/returns", {"store_id": force.MEDWAY, "items": [{"item_id": force.CAMERAS[0]}]},
     "COLLECTION", set()),
    ("ivory", "/api/v1/sign-out", {}, "ALTERATION", {force.ISSUER}),
]  # fmt: skip
ACTORS = {"ivory": force.ISSUER, "manager": MANAGER, "auditor": AUDITOR, "admin": ADMIN}


@pytest.mark.anyio
@pytest.mark.parametrize(("who", "path", "body", "operation", "subjects"), ASKED, ids=lambda v: str(v)[:40])
async def test_each_request_leaves_exactly_one_line_with_who_when_and_about_whom(
    house: House, who: str, path: str, body: Any, operation: str, subjects: set[int]
) -> None:
    person = await house.sign_in(who)
    before = len(house.lines())
    answer = await (person.get(path) if body is None else person.post(path, body))
    assert answer.status_code < 300, answer.text
    line, *more = house.lines()[before:]
    assert more == []
    assert (line["operation"], line["outcome"], line["at_us"]) == (operation, "OK", house.hand.now_us)
    assert (line["actor_kind"], line["actor_id"]) == ("PERSON", ACTORS[who])
    assert set(map(int, line["subjects"].strip("[]").split(",") if line["subjects"] != "[]" else [])) == subjects
    assert line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.anyio
async def test_a_look_that_is_denied_is_logged_with_whose_record_was_asked_for(house: House) -> None:
    hollis = await house.sign_in("hollis")
    answer = await hollis.get(f"/api/v1/people/{force.MERCER}")
    assert answer.status_code == 403
    line = house.lines()[-1]
    assert (line["outcome"], line["actor_id"], line["subjects"]) == ("DENIED", force.HOLLIS, f"[{force.MERCER}]")


@pytest.mark.anyio
async def test_a_look_by_nobody_and_a_look_at_nothing_are_logged(house: House) -> None:
    assert (await house.browser().get(f"/api/v1/people/{force.MERCER}")).status_code == 401
    line = house.lines()[-1]
    assert (line["outcome"], line["actor_kind"], line["actor_id"]) == ("DENIED", "ANONYMOUS", None)
    ivory = await house.sign_in("ivory")
    assert (await ivory.get("/api/v1/people/999999")).status_code == 404
    assert house.lines()[-1]["outcome"] == "FAILED"


@pytest.mark.anyio
async def test_an_act_that_fails_leaves_one_line_that_says_so(house: House) -> None:
    ivory = await house.sign_in("ivory")
    before = len(house.lines())
    answer = await ivory.post("/api/v1/returns", {"store_id": force.MEDWAY, "items": [{"item_id": 999_999}]})
    assert answer.status_code == 404
    assert [line["outcome"] for line in house.lines()[before:]] == ["FAILED"]


@pytest.mark.anyio
async def test_what_cannot_be_logged_is_not_answered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ivory = await house.sign_in("ivory")

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(processing_log, "write", full)
        answer = await ivory.get(f"/api/v1/people/{force.HOLLIS}")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Hollis" not in answer.text
    assert (await ivory.get(f"/api/v1/people/{force.HOLLIS}")).status_code == 200


@pytest.mark.anyio
async def test_a_line_and_what_it_tells_of_are_one_commit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = await house.sign_in("admin")

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    grant = {"capability": "INSTRUCTOR", "reason": "a course"}
    with monkeypatch.context() as broken:
        broken.setattr(processing_log, "write", full)
        assert (await admin.post(f"/api/v1/people/{force.HOLLIS}/capabilities", grant)).status_code == 503
    assert (await admin.get(f"/api/v1/people/{force.HOLLIS}/capabilities")).json() == []


@pytest.mark.anyio
async def test_reading_the_log_is_for_its_readers_and_is_itself_a_line(house: House) -> None:
    for name in ("ivory", "manager", "admin"):
        person = await house.sign_in(name)
        assert (await person.get(LINES, from_us=0, to_us=2**50)).status_code in (400, 403)
    auditor = await house.sign_in("auditor")
    ivory = await house.sign_in("ivory")
    await ivory.get(f"/api/v1/people/{force.HOLLIS}")
    span = {"from_us": house.hand.now_us - 1, "to_us": house.hand.now_us + 1}
    rows = (await auditor.get(LINES, person_id=force.HOLLIS, **span)).json()["rows"]
    assert [(row["route"], row["actor_id"]) for row in rows][-1:] == [
        ("GET /api/v1/people/{person_id}", force.ISSUER)
    ]
    again = (await auditor.get(LINES, limit=500, **span)).json()["rows"]
    assert again[-1]["route"] == "GET /api/v1/processing-log"
    assert again[-1]["actor_id"] == AUDITOR


@pytest.mark.anyio
async def test_the_log_is_read_page_by_page_without_gap_or_repeat(house: House) -> None:
    auditor = await house.sign_in("auditor")
    for _ in range(7):
        await auditor.get("/api/v1/me")
    span = {"from_us": house.hand.now_us - 1, "to_us": house.hand.now_us + 1, "limit": 3}
    seen: list[int] = []
    cursor = None
    for _ in range(4):
        page = (await auditor.get(LINES, **span, **({"cursor": cursor} if cursor else {}))).json()
        seen += [row["id"] for row in page["rows"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 11, "the sign-in, seven looks, and the three pages before the last"
    assert seen == sorted(seen)


@pytest.mark.anyio
async def test_what_the_service_does_by_itself_is_done_by_a_named_part_of_it(house: House, hand: Hand) -> None:
    kiosk = await house.kiosk()
    shown = await kiosk.post(f"/api/v1/hatch/{force.HATCH}/scan", {"text": "4417"})
    assert shown.json()["outcome"] == "VISIT_OPENED", shown.text
    hand.now_us += 91_000_000
    job = house.clock.job("idle-visits")
    assert await house.clock.once(job)
    line = house.lines(actor_kind="SYSTEM")[-1]
    assert (line["route"], line["operation"], line["subjects"]) == (
        "clock/idle-visits", "ALTERATION", f"[{force.HOLLIS}]",
    )  # fmt: skip


@pytest.mark.anyio
async def test_a_bridges_delivery_is_collected_by_that_bridge(house: House) -> None:
    bridge = await house.bridge()
    reading = {"type": "code", "text": "4417"}
    sent = [{"seq": 1, "device": "scanner", "observed_at_us": 1, "mono_ns": 1, "reading": reading}]
    body = {"boot": "0" * 32, "stream": "scan", "sent": sent}
    before = len(house.lines())
    assert (await bridge.post("/api/v1/bridge/readings", json=body)).json()["answers"][0]["outcome"] == "VISIT_OPENED"
    line, *more = house.lines()[before:]
    assert more == []
    assert (line["actor_kind"], line["operation"], line["subjects"]) == ("BRIDGE", "COLLECTION", f"[{force.HOLLIS}]")


@pytest.mark.anyio
async def test_no_secret_ever_stands_in_the_log(house: House) -> None:
    await house.sign_in("ivory")
    await house.browser().post("/api/v1/sign-in", {"name": "ivory", "password": "not my password"})
    text = "".join(str(line) for line in house.lines())
    assert PASSWORD not in text
    assert "not my password" not in text
