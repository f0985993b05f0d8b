"""Policy over HTTP: the register, a change by two with its preview, what was in force on a day; and equality figures,
which the analyst alone reads and which are about nobody."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from api.database import Database
from inventory.schema.people import capability_grant, person
from inventory.schema.service import sign_in
from tests import small_force as force
from tests.api.conftest import PASSWORD, PIN, Hand, House, Person, build_staffed, running
from tests.api.shared import anyio_backend
from tests.built_once import built_once, quick_hash

__all__ = ["anyio_backend"]
pytestmark = pytest.mark.anyio
POLICY, CHANGES, EQUALITY = "/api/v1/policy", "/api/v1/policy/changes", "/api/v1/equality"
OWNER, SECOND, ANALYST = 131, 132, 141
ROLES = {OWNER: ("owen", "POLICY_OWNER"), SECOND: ("sybil", "POLICY_OWNER"), ANALYST: ("anna", "EQUALITY_ANALYST")}
CANARY = "GAY_OR_LESBIAN"


def _with_owners(url: str) -> None:
    build_staffed(url)
    database = Database(url, lambda: force.NOW - 29 * 24 * force.HOUR)
    database.start()
    database.write(lambda tx: _owners(tx.conn, tx.ids.take))
    database.stop()


def _owners(conn: sa.Connection, new_id: Callable[[], int]) -> None:
    for number, (name, capability) in ROLES.items():
        force._insert(conn, person, [{"id": number, "ref": f"P{number}", "kind": "POLICE_STAFF", "given_name": "Sam",
                      "family_name": name.title(), "recorded_us": 1}])  # fmt: skip
        force._insert(conn, capability_grant, [{"id": new_id(), "person_id": number, "capability": capability,
                      "store_id": None, "from_us": 1, "reason": "t"}])  # fmt: skip
        force._insert(conn, sign_in, [{"person_id": number, "name": name, "password_hash": quick_hash(PASSWORD),
                      "pin_hash": quick_hash(PIN), "changed_us": 1}])  # fmt: skip


@pytest.fixture(scope="module")
async def house(make_database: Callable[..., str], anyio_backend: str) -> AsyncIterator[House]:
    """One service for the module: each test has its own part of policy."""
    url = make_database(template=built_once(make_database, _with_owners))
    async with running(url, Hand()) as one:
        yield one


def shorter(**said: Any) -> dict[str, Any]:
    """Safety training lasts three months."""
    return {"family": "training", "key": "courses.PPST.months", "value": 3, "reason": "Injuries rose",
            "document": "O43 4.1.1", "in_force_on": "2026-11-22"} | said  # fmt: skip


def proof(name: str, **said: Any) -> dict[str, Any]:
    """A decision signed with a PIN."""
    return {"detail": "Agreed by the board", "proof": {"name": name, "pin": PIN}} | said


async def test_a_change_is_tried_proposed_approved_by_another_and_in_force_and_every_day_can_be_read(
    house: House,
) -> None:
    owen, sybil = await house.sign_in("owen"), await house.sign_in("sybil")
    tried = {name: shorter()[name] for name in ("family", "key", "value")}
    shown = (await owen.post(f"{CHANGES}/try", tried)).json()
    whole = [each for each in shown if each["of"] == "PEOPLE" and each["store_id"] is None]
    assert whole, "the small force's constables are all stopped by it"
    assert {each["denied"] for each in whole} == {None}, "and they are fewer than ten: nobody is told how many"
    answer = await owen.post(CHANGES, shorter())
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["state"], made["was"], made["value"]) == ("PROPOSED", 12, 3)
    path = f"{CHANGES}/{made['id']}"
    own = await owen.post(f"{path}/approve", proof("owen"))
    assert (own.status_code, "their own proposal" in own.json()["detail"]) == (409, True)
    forged = await owen.post(f"{path}/approve", proof("sybil", proof={"name": "sybil", "pin": "000000"}))
    assert forged.status_code == 403
    assert (await owen.post(f"{path}/approve", proof("manager"))).status_code == 409, "she owns no policy"
    assert len((await sybil.get(f"{path}/preview")).json()) == len(shown)
    await _approved_beside_him(owen, sybil, path, len(shown))
    await _in_force(house, sybil, made["id"])


async def _approved_beside_him(owen: Person, sybil: Person, path: str, groups: int) -> None:
    approved = await owen.post(f"{path}/approve", proof("sybil"))
    assert approved.status_code == 200, approved.text
    told = approved.json()
    assert (told["state"], told["ended_by"]) == ("IN_FORCE", SECOND)
    assert len(told["preview"]) == groups, "what she was shown is kept"
    assert (await sybil.post(f"{path}/reject", proof("sybil"))).status_code == 409


async def _in_force(house: House, sybil: Person, change_id: int) -> None:
    before = house.service.policies.now.hash
    assert await house.clock.once(house.clock.job("policy"))
    health = (await house.browser().get("/health")).json()
    assert (health["policy_version"], health["policy"] != before) == (f"2026-11-22+demo+change-{change_id}", True)
    now = (await sybil.get(f"{POLICY}/in-force", on="2026-11-22")).json()
    assert now["hash"] == health["policy"]
    assert [each["value"] for each in now["terms"] if each["key"] == "courses.PPST.months"] == [3]
    assert (await sybil.get(f"{POLICY}/in-force", on="2026-10-01")).status_code == 404
    refused = await house.sign_in("ivory")
    answer = await refused.post("/api/v1/issues/ask", {
        "person_id": force.HOLLIS, "store_id": force.MEDWAY, "items": [{"item_id": force.HANDLES[0]}],
    })  # fmt: skip
    assert "PPST_OUT_OF_DATE" in answer.text, "the gate asks by it"
    lines = [each for each in house.lines(operation="COMBINATION") if "changes" in each["route"]]
    assert {each["actor_id"] for each in lines} == {OWNER, SECOND}


async def test_what_a_file_may_not_say_is_refused_with_the_sentence_of_the_file(house: House) -> None:
    owen = await house.sign_in("owen")
    for said, code, field, expected in (
        ({"key": "courses.CED.months", "value": 13}, 422, "value", "12 or less"),
        ({"family": "ced", "key": "rules.CED_OUT_OF_DATE", "value": "SOFT"}, 422, "value", "section 5"),
        ({"document": "a letter"}, 422, "document", "register"),
        ({"key": "courses.CED.nothing"}, 422, "key", "policy files set"),
        ({"in_force_on": "2020-01-01"}, 422, "in_force_on", "two years"),
    ):
        answer = await owen.post(CHANGES, shorter(**said))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (code, field), answer.text
        assert expected in answer.json()["errors"][0]["expected"]
    assert (await owen.post(f"{CHANGES}/try", {"family": "x", "key": "y", "value": 1})).status_code == 422
    assert (await owen.get(f"{CHANGES}/5")).status_code == 404
    taken_back = (await owen.post(CHANGES, shorter(value=11, key="courses.JRFT.months"))).json()
    answer = await owen.post(f"{CHANGES}/{taken_back['id']}/withdraw", {"detail": "Later"})
    assert answer.json()["state"] == "WITHDRAWN"
    assert (await owen.get(f"{CHANGES}/{taken_back['id']}/preview")).status_code == 409
    manager = await house.sign_in("manager")
    assert (await manager.post(CHANGES, shorter())).status_code == 403
    assert (await manager.get(CHANGES)).status_code == 200, "who works by policy may read it"
    assert (await (await house.sign_in("hollis")).get(CHANGES)).status_code == 403


async def test_the_register_says_what_is_late_and_a_review_is_written_down(house: House) -> None:
    owen = await house.sign_in("owen")
    first = (await owen.get(f"{POLICY}/documents")).json()[0]
    assert (first["reference"], first["review"], first["months_over"]) == ("O43", "OVERDUE", 9)
    assert first["cites"] >= 1, "safety training cites it"
    kept = {name: first[name] for name in ("reference", "title", "owner", "contact", "risk", "eia_ref")}
    answer = await owen.post(f"{POLICY}/documents", kept | {"reviewed_on": "2026-11", "next_review_on": "2028-11"})
    assert answer.status_code == 200, answer.text
    rows = {each["reference"]: each for each in answer.json()}
    assert (rows["O43"]["review"], rows["O43"]["recorded_by"]) == ("GOOD", OWNER)
    wrong = await owen.post(f"{POLICY}/documents", kept | {"next_review_on": "soon"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "next_review_on")
    table = list(csv.reader(io.StringIO((await owen.get(f"{POLICY}/documents.csv")).text.lstrip("\ufeff"))))
    assert table[0][0] == "reference"
    assert any(row[0] == "O43l" for row in table)
    terms = (await owen.get(f"{POLICY}/terms")).json()
    assert all(each["documents"] for each in terms if each["origin"] not in ("", "D")), "every number cites a document"


async def test_equality_is_the_analysts_alone_and_no_answer_is_about_one_person(house: House) -> None:
    anna = await house.sign_in("anna")
    rows = [f"P{number},{CANARY}" for number in ROLES] + ["P999,HETEROSEXUAL", "P141,PINK"]
    body = "\r\n".join(["ref,SEXUAL_ORIENTATION", *rows])
    answer = await anna.client.post(f"{EQUALITY}/files?document=HR-7", content=body.encode())
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "rows": 5, "changed": 3, "left_out": 2,
        "faults": [{"line": 5, "field": "ref", "expected": "the number of a person that the force has"},
                   {"line": 6, "field": "SEXUAL_ORIENTATION", "expected": answer.json()["faults"][1]["expected"]}],
    }  # fmt: skip
    published = await anna.post(f"{EQUALITY}/releases", {"quarter": "2026-Q3", "reason": "PSED 2026"})
    assert published.status_code == 200, published.text
    again = await anna.post(f"{EQUALITY}/releases", {"quarter": "2026-Q3", "reason": "PSED 2026"})
    assert (again.status_code, "stay as they are" in again.text) == (409, True)
    assert (await anna.post(f"{EQUALITY}/releases", {"quarter": "2026-Q4", "reason": "Early"})).status_code == 422
    figures = (await anna.get(f"{EQUALITY}/releases/2026-Q3")).json()
    assert figures
    assert all(each["people"] is None or each["people"] >= 10 for each in figures)
    alone = [each for each in figures if each["answers"] == [CANARY]]
    assert not alone, "three people are never told alone"
    export = await anna.get(f"{EQUALITY}/releases/2026-Q3/figures.csv")
    assert "too few" in export.text or "Whole force" in export.text
    assert [each["quarter"] for each in (await anna.get(f"{EQUALITY}/releases")).json()] == ["2026-Q3"]
    assert (await anna.get(f"{EQUALITY}/releases/2026-Q2")).status_code == 404
    for other in ("admin", "auditor", "owen"):
        someone = await house.sign_in(other)
        for path in ("releases", "releases/2026-Q3", "releases/2026-Q3/figures.csv"):
            assert (await someone.get(f"{EQUALITY}/{path}")).status_code == 403
    lines = house.lines(operation="COMBINATION", route="POST /api/v1/equality/releases")
    assert "declared x training" in lines[0]["query"]
    assert not [each for each in house.lines() if CANARY in str(each)], "the log never says what somebody declared"
