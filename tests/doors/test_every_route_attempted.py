"""Every unsafe route, with a body that asks for kit for somebody who may not have it, by everybody who can ask."""

import asyncio
import base64
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.clock import Clock
from api.imports import KINDS
from api.keys import checkpoint_key
from inventory.custody.overrides import needed
from inventory.gate.rules import BY_CODE
from inventory.schema.custody import custody, visit, visit_line
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import Hand, House, Person, running
from tests.built_once import built_once
from tests.doors import people
from tests.doors.attempts import ATTEMPTS, make_scene, scan_everything, whole_set
from tests.doors.every_door import FRAMEWORKS_OWN, routes, the_app
from tests.doors.plausible import SET, Operation, body_of, operations, path_of, values_for
from tests.doors.seen import custody_of, everything_is_in_order, no_ineligible_person_has_kit, refusals
from tests.house.source_tree import PACKAGES, TOP, refuse

pytestmark = pytest.mark.anyio

ENDS_THINGS = ("/remove", "/park", "/drop", "/sign-out")
"""Ends of addresses that end the draft or the sign-in: attempted after everything else, in this order."""

OPEN_TO_ALL = {
    "POST /api/v1/sign-in", "POST /sign-in", "POST /sign-out", "POST /api/v1/kiosks/pair",
    "GET /api/v1/openapi.json", "GET /health", "GET /metrics", "GET /pair", "GET /sign-in",
    "GET /static/{version:str}/{name:str}", "GET /api/v1/openapi", "GET /api/v1/openapi/openapi.json",
    "GET /api/v1/openapi/{path:str}",
}  # fmt: skip
"""What somebody who is not signed in may use; none of it shows or changes anybody's data."""

DRAFTED = {"visit_id": 900_001, "line_id": 900_002}
"""A draft set of the lapsed officer's, planted at the hatch: what a tampered draft would look like."""


@pytest.fixture
async def house(
    make_sqlite_database: Callable[..., str], sqlite_force: str, hand: Hand
) -> AsyncIterator[House]:
    """The service on a fresh copy of the force, with the planted draft."""
    async with running(make_sqlite_database(template=sqlite_force), hand) as house:
        await house.service.database.awrite(plant)
        yield house


@pytest.fixture(scope="module")
def sqlite_force(make_sqlite_database: Callable[..., str]) -> str:
    """URL of an SQLite database with everybody in it."""
    return built_once(make_sqlite_database, people.build)


def plant(tx: Tx) -> None:
    """Write the lapsed officer's draft set past every scan."""
    tx.conn.execute(sa.insert(visit).values(
        id=DRAFTED["visit_id"], store_id=force.MEDWAY, place_id=force.HATCH, person_id=people.LAPSED, state="OPEN",
        purpose="OPERATIONAL", planned_return_us=force.SHIFT_ENDS, opened_us=tx.now_us, touched_us=tx.now_us,
        fit_declared=1, authenticated_by="PIN"))  # fmt: skip
    for number, item_id in enumerate(SET):
        said = '{"title":"IN SET","sentences":[],"remedies":[]}'
        tx.conn.execute(sa.insert(visit_line).values(
            id=DRAFTED["line_id"] + number, visit_id=DRAFTED["visit_id"], item_id=item_id, quantity=1, word="IN_SET",
            detail=said, at_us=tx.now_us, function_test_passed=1, charge_percent=97))  # fmt: skip


async def document(house: House) -> dict[str, Any]:
    """The service's own description of itself."""
    return dict((await house.browser().get("/api/v1/openapi.json")).json())


async def attempt_all(house: House, who: Person, described: dict[str, Any]) -> dict[str, httpx.Response]:
    """Every unsafe operation once, those that end what the others need last."""
    values = values_for(people.LAPSED, DRAFTED)
    unsafe = [each for each in operations(described) if each.is_unsafe]
    answers = {}
    for each in sorted(unsafe, key=_how_late):
        body = body_of(each.body, described, values)
        answers[f"{each.method} {each.path}"] = await who.client.request(each.method, path_of(each, values), json=body)
    return answers


def _how_late(operation: Operation) -> int:
    return next((n for n, end in enumerate(ENDS_THINGS, 1) if operation.path.endswith(end)), 0)


# ---- with every capability, and with each alone -----------------------------------------------------------


@pytest.mark.parametrize("at", ["desk", "kiosk"])
async def test_somebody_with_every_capability_gets_nothing_for_the_ineligible(house: House, at: str) -> None:
    name = people.name_of(people.EVERYTHING)
    who = await (house.sign_in(name) if at == "desk" else house.kiosk(name))
    answers = await attempt_all(house, who, await document(house))
    refuse(f"{name}: {answer.status_code} {answer.text[:200]}" for name, answer in answers.items()
           if answer.status_code >= 500)  # fmt: skip
    countersigned = answers["POST /api/v1/visits/{visit_id}/complete"].json()
    assert countersigned.get("outcome", countersigned.get("status")) == ("REFUSED" if at == "kiosk" else 403)
    with house.service.database.reading() as conn:
        no_ineligible_person_has_kit(conn)
        doors = {each.door for each in refusals(conn, people.LAPSED) if each.is_in_the_ledger}
        assert doors == ({"api", "hatch"} if at == "kiosk" else {"api"}), "what was tried was not written down"
        everything_is_in_order(conn)


async def test_no_single_capability_gets_anything_for_the_ineligible(house: House) -> None:
    described = await document(house)

    async def alone(person_id: int) -> None:
        await attempt_all(house, await house.sign_in(people.name_of(person_id)), described)

    await asyncio.gather(*(alone(person_id) for person_id in people.STAFF))
    with house.service.database.reading() as conn:
        no_ineligible_person_has_kit(conn)
        everything_is_in_order(conn)


async def test_only_an_issuer_reaches_the_gate_at_all(house: House) -> None:
    async def alone(person_id: int) -> str:
        who = await house.sign_in(people.name_of(person_id))
        return str((await who.post("/api/v1/issues", whole_set(force.HOLLIS))).json().get("type"))

    others = [person_id for person_id, capability in people.STAFF.items() if capability != "ISSUER"]
    told = await asyncio.gather(*(alone(each) for each in (*others, people.NOTHING, people.OF_DOVER)))
    assert set(told) == {"/problems/not-allowed"}, "stopped at the door, not by the gate alone"
    with house.service.database.reading() as conn:
        assert custody_of(conn, [force.HOLLIS]) == []


# ---- by nobody, by a stranger's page, by somebody without any capability ----------------------------------


async def test_nobody_unknown_sees_or_changes_anything(house: House) -> None:
    stranger = house.browser().client
    values = values_for(people.LAPSED, {**DRAFTED, "item_id": force.HANDLES[0]})
    let_in = []
    for door in sorted(set(routes()) - OPEN_TO_ALL):
        method, _, path = door.partition(" ")
        asked = Operation(method, path.replace(":int}", "}").replace(":str}", "}"), None)
        answer = await stranger.request(method, path_of(asked, values))
        to_sign_in = answer.status_code in (302, 303, 307) and "/sign-in" in answer.headers.get("location", "")
        if answer.status_code != 401 and not to_sign_in:
            let_in.append(f"{door}: {answer.status_code} {answer.text[:100]}")
    refuse(let_in)


async def test_what_is_open_to_all_exists() -> None:
    refuse(sorted(OPEN_TO_ALL - set(routes())))


async def test_no_unsafe_route_believes_a_cookie_without_its_pages_token(house: House) -> None:
    described = await document(house)
    who = await house.sign_in(people.name_of(people.EVERYTHING))
    del who.client.headers["X-CSRF"]
    answers = await attempt_all(house, who, described)
    in_form = {"POST /api/v1/kiosks/pair", "POST /api/v1/sign-in", "POST /sign-in", "POST /sign-out"}
    by_key = {f"POST /api/v1/bridge/{what}" for what in ("readings", "heartbeat", "commands")}
    refuse(f"{name}: {answer.status_code}" for name, answer in answers.items()
           if name not in in_form | by_key and answer.json().get("type") != "/problems/no-page-token")  # fmt: skip
    assert {answers[name].status_code for name in by_key & answers.keys()} <= {401, 403}


async def test_a_page_of_another_site_gets_nothing_done(house: House) -> None:
    described = await document(house)
    who = await house.sign_in(people.name_of(people.EVERYTHING))
    who.client.headers["Origin"] = "https://elsewhere.example"
    answers = await attempt_all(house, who, described)
    refuse(f"{name}: {answer.status_code}" for name, answer in answers.items() if answer.status_code not in (401, 403))


async def test_a_bridges_key_opens_the_bridges_routes_and_nothing_else(house: House) -> None:
    bridge = Person(await house.bridge("medway-1"))
    answers = await attempt_all(house, bridge, await document(house))
    open_anyway = {name for name in answers if name in OPEN_TO_ALL}
    refuse(f"{name}: {answer.status_code}" for name, answer in answers.items()
           if "/bridge/" not in name and name not in open_anyway and answer.status_code not in (401, 403))  # fmt: skip
    with house.service.database.reading() as conn:
        no_ineligible_person_has_kit(conn)


async def test_every_route_has_a_guard_of_its_own() -> None:
    bare = []
    for route in the_app().routes:
        for each in getattr(route, "route_handlers", ()):
            methods = set(each.http_methods) - FRAMEWORKS_OWN
            if methods and not each.guards:
                bare.append(f"{'/'.join(sorted(methods))} {route.path}")
    refuse(sorted(set(bare) - {f"GET /api/v1/openapi{end}" for end in ("", "/openapi.json", "/{path:str}")}))


async def test_a_capability_at_one_store_opens_nothing_at_another(house: House) -> None:
    who = await house.kiosk(people.name_of(people.OF_DOVER))  # signed in at Medway's kiosk
    answers = await attempt_all(house, who, await document(house))
    kit = ("/issues", "/returns", "/hatch/", "/visits/", "/magazines/")
    at_medway = [name for name in answers if any(part in name for part in kit)]
    refuse(f"{name}: {answers[name].status_code} {answers[name].text[:80]}" for name in at_medway
           if answers[name].json().get("type") != "/problems/not-allowed")  # fmt: skip


async def test_overrides_of_everything_by_everybody_give_the_ineligible_nothing(house: House) -> None:
    policy = house.service.policies.now
    soft = [{"code": code} for code in sorted(BY_CODE) if needed(policy, code, "OPERATIONAL")]
    told = set()
    for person_id in (people.EVERYTHING, *people.STAFF):
        giver = await house.sign_in(people.name_of(person_id))
        for rules in (soft, [{"code": "CED_OUT_OF_DATE"}]):
            for taker in people.INELIGIBLE:
                wanted = {"person_id": taker, "store_id": force.MEDWAY, "rules": rules, "reason": "Attempted"}
                told.add((await giver.post("/api/v1/overrides", wanted)).status_code)
    assert told == {201, 403, 422}
    scene = await make_scene(house, people.name_of(people.STAFF_WITH["ISSUER"]))
    await scene.kiosk.post(f"/api/v1/visits/{DRAFTED['visit_id']}/park")
    for person_id in people.INELIGIBLE.keys() - {people.OWN_ISSUER}:
        for attempt in ATTEMPTS.values():
            await attempt(scene, person_id)
    with house.service.database.reading() as conn:
        no_ineligible_person_has_kit(conn)
        everything_is_in_order(conn)


# ---- at another place, and with words the gate should read for itself -------------------------------------


async def test_a_kiosk_acts_at_its_own_place_only(house: House) -> None:
    dover = await house.kiosk(people.name_of(people.EVERYTHING), force.DOVER_HATCH)
    visit_path = f"/api/v1/visits/{DRAFTED['visit_id']}"
    line = f"{visit_path}/lines/{DRAFTED['line_id']}"
    tried = {
        f"/api/v1/hatch/{force.HATCH}/scan": {"text": force.serial(SET[0])},
        f"/api/v1/hatch/{force.HATCH}/choose": {"item_id": SET[0]},
        f"{visit_path}/complete": {"check": "FACE"},
        f"{visit_path}/declare-fit": {},
        f"{visit_path}/shift": {"name": "Early"},
        f"{visit_path}/lots": {"lot_id": force.GUARD_LOT, "quantity": 1},
        f"{visit_path}/park": {},
        f"{visit_path}/resume": {},
        f"{visit_path}/drop": {},
        f"{line}/function-test": {"passed": True},
        f"{line}/charge": {"percent": 97},
        f"{line}/remove": {},
        f"{line}/cartridge": {"word": "MISSING"},
        f"{line}/override": {"person_id": people.EVERYTHING, "pin": people.PIN, "reason": "Relief"},
    }
    answers = {path: await dover.post(path, body) for path, body in tried.items()}
    refuse(f"{path}: {answer.status_code}" for path, answer in answers.items() if answer.status_code not in (403, 404))


FAVOURS: dict[str, Any] = {
    "override": True, "overrides": [{"code": "PPST_OUT_OF_DATE"}], "verdict": "ALLOW", "stage": "ADDING", "now_us": 1,
    "by_person_id": force.ISSUER, "door": "assertion", "policy": "none", "kind": "ASSERTED", "facts": {},
    "training": {"PPST": "2026-11-01"}, "purpose": "EXERCISE", "authenticated_by": "TRUST ME", "mode": "WHATEVER",
}  # fmt: skip


async def test_a_request_can_state_no_fact_that_the_gate_reads_for_itself(house: House) -> None:
    who = await house.sign_in(people.name_of(people.EVERYTHING))
    body = whole_set(people.LAPSED)
    for name, favour in FAVOURS.items():
        answer = await who.post("/api/v1/issues", {**body, name: favour})
        assert answer.status_code in (400, 422), name
        assert answer.json()["errors"][0]["field"] == name


async def test_a_key_named_twice_in_json_is_read_as_one_person_and_judged_as_that_one(house: House) -> None:
    who = await house.sign_in(people.name_of(people.EVERYTHING))
    for first, second in ((force.HOLLIS, people.LAPSED), (people.LAPSED, force.HOLLIS)):
        items = ",".join(f'{{"item_id":{each}}}' for each in SET)
        body = (
            f'{{"person_id":{first},"store_id":1,"items":[{items}],"fit_declared":true,'
            f'"function_tests":[{SET[0]}],"authenticated_by":"FACE","person_id":{second}}}'
        )
        headers = {"Content-Type": "application/json"}
        await who.client.post("/api/v1/issues", content=body, headers=headers)
        with house.service.database.reading() as conn:
            no_ineligible_person_has_kit(conn)
            everything_is_in_order(conn)


# ---- by the clock, and by files ----------------------------------------------------------------------------


async def test_no_job_of_the_clock_gives_anybody_anything(house: House, hand: Hand, tmp_path: Any) -> None:
    scene = await make_scene(house)
    await scene.kiosk.post(f"/api/v1/visits/{DRAFTED['visit_id']}/park")
    await scan_everything(scene, force.HOLLIS)
    clock = Clock(house.service, checkpoint_key(tmp_path / "key.pem"))
    for hours in (0, 1, 24):
        hand.now_us = force.NOW + hours * force.HOUR
        for job in clock._jobs:
            assert await clock.once(job), job.name
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(custody.c.id).where(custody.c.person_id.is_not(None))).all() == []
        everything_is_in_order(conn)


CUSTODY_ISH = {
    "holder": "PERSON", "holder_id": people.LAPSED, "person_id": people.LAPSED, "with": people.LAPSED,
    "issued_to": people.LAPSED, "custody": people.LAPSED, "decision_id": 1, "verdict": "ALLOW", "basis": "ISSUED",
    "asserted_by": force.ISSUER, "document": "memo", "held_by": people.COLLARS[people.LAPSED], "status": "ISSUED",
}  # fmt: skip


async def test_no_file_of_any_kind_says_who_has_what(house: House) -> None:
    who = await house.sign_in(people.name_of(people.EVERYTHING))
    known = {"maker": "AXON", "kind": "CED_HANDLE", "serial": "X99001", "model": "T7", "store": "ME", "ref": "9901",
             "family_name": "New", "given_name": "Sam", "person_kind": "REGULAR", "personal_to": people.LAPSED,
             "lot": "L99", "lot_no": "L99", "product": "GUARD", "quantity": 5, "person": people.LAPSED}  # fmt: skip
    row = {**known, **CUSTODY_ISH}
    text = ",".join(row) + "\n" + ",".join(str(value) for value in row.values()) + "\n"
    for kind in KINDS:
        answer = await who.client.post(f"/api/v1/imports/{kind}", content=text, headers={"Content-Type": "text/csv"})
        assert answer.status_code in (200, 400, 422), answer.text
        if answer.status_code == 200:
            assert {"custody", "verdict", "basis"} <= set(answer.json()["ignored_headings"]), kind
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(custody.c.id).where(custody.c.person_id.is_not(None))).all() == []
        everything_is_in_order(conn)


async def test_no_vendors_file_says_who_has_what_whatever_its_columns_are_mapped_to(house: House) -> None:
    who = await house.sign_in(people.name_of(people.EVERYTHING))
    collar = people.COLLARS[people.LAPSED]
    serial, held_by = force.serial(SET[0]), people.LAPSED
    row = {"serial": serial, "holder": collar, "custody": collar, "with": held_by, "state": "ISSUED"}
    text = ",".join(row) + "\n" + ",".join(str(value) for value in row.values()) + "\n"
    named = {"serial": "serial", "holder": "assignee_collar", "custody": "assignee", "state": "state"}
    how = {"name": "M", "vendor": "V", "maker": "AXON", "columns": named}
    sent = {"file_name": "f.csv", "content": base64.b64encode(text.encode()).decode(), "as_of_us": force.NOW}
    assert (await who.post("/api/v1/vendor-imports", sent | {"mapping": how})).json()["new"] == 1
    for word in ("holder", "custody", "person_id", "issued_to"):
        wrong = how | {"columns": {"serial": "serial", "with": word}}
        assert (await who.post("/api/v1/vendor-imports", sent | {"mapping": wrong})).status_code == 422, word
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(custody.c.id).where(custody.c.person_id.is_not(None))).all() == []
        everything_is_in_order(conn)


# ---- seen from the database ---------------------------------------------------------------------------------


@contextmanager
def watched(table: str, written_by: set[str]) -> Iterator[None]:
    """Collect the file of ours behind every write to `table`, on any connection opened meanwhile."""
    verbs = r"insert(\s+or\s+\w+)?\s+into|update|delete\s+from|replace\s+into"
    writes = re.compile(rf"\s*({verbs})\s+\W?{table}\b", re.IGNORECASE)

    def look(statement: str) -> None:
        if not writes.match(statement) or statement.lstrip().startswith("--"):
            return
        frame, files = sys._getframe(1), []
        while frame.f_back is not None:
            files.append(frame.f_code.co_filename)
            frame = frame.f_back
        ours = [Path(name).relative_to(TOP).as_posix() for name in files if is_ours(name)]
        written_by.add(next(name for name in ours if name != "inventory/schema/fast.py"))

    def watch(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(look)

    sa.event.listen(sa.pool.Pool, "connect", watch)
    try:
        yield
    finally:
        sa.event.remove(sa.pool.Pool, "connect", watch)


def is_ours(name: str) -> bool:
    """Whether a file is one of the four packages'."""
    return name.startswith(str(TOP)) and Path(name).relative_to(TOP).parts[0] in PACKAGES


async def test_the_database_itself_hears_of_custody_from_one_file_alone(
    make_sqlite_database: Callable[..., str], sqlite_force: str, hand: Hand
) -> None:
    written_by: set[str] = set()
    with watched("custody", written_by):
        async with running(make_sqlite_database(template=sqlite_force), hand) as house:
            scene = await make_scene(house)
            for attempt in ATTEMPTS.values():
                await attempt(scene, force.HOLLIS)
                await scene.desk.post("/api/v1/returns", {"store_id": 1, "items": [{"item_id": each} for each in SET]})
            await attempt_all(house, scene.desk, await document(house))
    assert written_by == {"inventory/custody/passing.py"}
