"""The training unit over HTTP: what it alone may write, with whom, what comes of it, and what it looks through."""

import csv
import io
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from litestar.exceptions import HTTPException

from api import special_populations, training
from api.imports import NEEDS
from api.problems import Problem
from inventory.people.capabilities import Held
from inventory.schema import words
from inventory.schema.people import capability_grant, person, training_result
from inventory.schema.training import training_retraction
from tests import small_force as force
from tests.api.asks import whole_set
from tests.api.conftest import ADMIN, MANAGER, PIN, Hand, House, Person

pytestmark = pytest.mark.anyio

HOUR = force.HOUR
STUDENT, VISITOR = 951, 952
SECOND = {"name": "sefton", "pin": PIN}
WRITES = [*training.ROUTES, *special_populations.ROUTES]


@pytest.mark.parametrize("capability", [each for each in words.CAPABILITIES if each != "TRAINING_RECORDER"])
async def test_nobody_but_the_training_unit_writes_training(capability: str) -> None:
    asks = SimpleNamespace(problem=None, who=SimpleNamespace(held=frozenset({Held(capability, None)})))
    for route in WRITES:
        assert route.guards, route.name
        with pytest.raises((Problem, HTTPException)) as refused:
            for guard in route.guards:
                await guard(SimpleNamespace(scope={"kit_ctx": asks}), route)
        assert getattr(refused.value, "code", 0) == 403
    assert capability not in NEEDS["training"], "nor by a file"


def ppst(person_id: int, **more: Any) -> dict[str, Any]:
    """A result read off a document."""
    body = {"person_id": person_id, "course": "PPST", "attended_on": "2026-11-21", "minutes": 720, "outcome": "PASS",
            "document": f"REG-{person_id}", "second": SECOND}  # fmt: skip
    return {**body, **more}


async def _add(house: House, *rows: tuple[sa.Table, dict[str, Any]]) -> None:
    await house.service.database.awrite(lambda tx: [tx.conn.execute(sa.insert(t), row) for t, row in rows] and None)


@pytest.fixture
async def unit(house: House) -> Person:
    """Somebody of the training unit, while the first set is out with Hollis. A student and a visitor are on record."""
    base = {"family_name": "Reed", "given_name": "Jo", "home_store_id": force.MEDWAY, "recorded_us": 1}
    await _add(
        house, (person, base | {"id": STUDENT, "ref": "S1", "kind": "STUDENT"}),
        (person, base | {"id": VISITOR, "ref": "V1", "kind": "VISITING_OFFICER"}),
        (capability_grant,
         {"id": 90001, "person_id": MANAGER, "capability": "SUPERVISOR", "from_us": 1, "reason": "t"}),
    )  # fmt: skip
    ivory = await house.sign_in("ivory")
    assert (await ivory.post("/api/v1/issues", whole_set(force.HOLLIS))).status_code == 201
    for path in ("/api/v1/training/results", "/api/v1/training/sessions"):
        assert (await ivory.post(path, ppst(force.HOLLIS))).status_code == 403
    return await house.sign_in("admin")


RESULTS = "/api/v1/training/results"


async def test_a_result_by_hand_takes_a_document_and_two_and_acts_at_once(
    house: House, unit: Person, hand: Hand
) -> None:
    await refused_by_hand(unit)
    hand.now_us += 60_000_000
    failed = await unit.post(RESULTS, ppst(force.HOLLIS, outcome="FAIL", curriculum="PPST-2023"))
    assert failed.json()["holders_now_ineligible"] == [force.HOLLIS], "a fail ends it now, and the holder is raised"
    assert len((await unit.get("/api/v1/lapses", open="true")).json()) == 1
    await looked_through(unit, failed.json()["id"])
    await taken_back(unit, f"{RESULTS}/{failed.json()['id']}/retraction")
    own = await house.sign_in("hollis")
    mine = (await own.get(f"/api/v1/people/{force.HOLLIS}/training")).json()
    assert mine[0]["why_retracted"] == "It was another Hollis"
    assert mine[0]["counts"] is None
    assert (await own.get(f"/api/v1/people/{ADMIN}/training")).status_code == 403
    assert (await own.get("/api/v1/training/not-current")).status_code == 403
    with house.service.database.reading() as conn:
        kept = conn.execute(sa.select(training_retraction.c.by_person, training_retraction.c.second_person)).all()
        said = conn.execute(sa.select(training_result.c.source).where(training_result.c.source == "MANUAL")).all()
    assert ([tuple(row) for row in kept], len(said)) == ([(ADMIN, force.SECOND_ISSUER)], 1)
    file = "ref,course,model,attended on,minutes,outcome,record\n"
    stolen = await unit.client.post("/api/v1/imports/training?source=MANUAL", content=file.encode())
    assert (stolen.status_code, "take two people" in stolen.text) == (422, True)


async def refused_by_hand(unit: Person) -> None:
    """What makes a result by hand none."""
    for changed, code, said in (
        ({"second": SECOND | {"pin": "000000"}}, 403, "pin"),
        ({"second": {"name": "admin", "pin": PIN}}, 422, "second"),
        ({"second": {"name": "hollis", "pin": PIN}}, 422, "vouches for their own"),
        ({"person_id": ADMIN}, 422, "vouches"),
        ({"document": " "}, 422, "document"), ({"attended_on": "2027-01-01"}, 422, "attended_on"),
        ({"person_id": 999_999}, 422, "person_id"), ({"curriculum": "JRFT-2014"}, 422, "curriculum"),
        ({"second": None}, 400, "second"),
    ):  # fmt: skip
        answer = await unit.post(RESULTS, ppst(force.HOLLIS) | changed)
        assert (answer.status_code, said in answer.text) == (code, True), (changed, answer.text)


async def looked_through(unit: Person, failed: int) -> None:
    """What the lists of the unit and the person's record say of a fail that was recorded after the issue."""
    lists = {name: (await unit.get(f"/api/v1/training/{name}")).json() for name in
             ("not-current", "mismatches", "issued-then", "results")}  # fmt: skip
    assert [(row["person_id"], row["says"]) for row in lists["not-current"]] == [(force.HOLLIS, "did not pass")]
    assert [(row["said"], row["current"], row["why"]) for row in lists["mismatches"]] == [
        ("PPST-2023", "PPST-2024", "SUPERSEDED")]  # fmt: skip
    assert [(row["person_id"], row["lacking"]) for row in lists["issued-then"]] == [(force.HOLLIS, ["PPST"])]
    assert [row["id"] for row in lists["results"]] == [failed]
    known = (await unit.get(f"/api/v1/people/{force.HOLLIS}/training/as-known", at_us=force.NOW)).json()
    told = next(row for row in known if row["qualification"] == "PPST")
    assert (told["was_in_date"], told["is_in_date"]) == (True, False)
    assert told["says"] == "Taken for in date as it was known; not in date as it is known now."
    assert (await unit.get("/api/v1/training/hours")).json() == []
    for name in ("not-current", "mismatches", "issued-then"):
        text = (await unit.get(f"/api/v1/training/{name}.csv")).text.lstrip("\ufeff")
        assert len(list(csv.DictReader(io.StringIO(text)))) == 1, name


async def taken_back(unit: Person, back: str) -> None:
    """It was another's, two say: once, and neither of them the one it is about."""
    why = {"reason": "It was another Hollis", "document": "MEMO-7", "second": SECOND}
    assert (await unit.post(back, why | {"second": {"name": "hollis", "pin": PIN}})).status_code == 422
    assert (await unit.post(f"{RESULTS}/999999/retraction", why)).status_code == 404
    assert (await unit.post(back, why)).json()["holders_now_ineligible"] == []
    assert (await unit.post(back, why)).status_code == 422, "once"
    assert (await unit.get("/api/v1/lapses", open="true")).json() == []
    assert (await unit.get("/api/v1/training/issued-then")).json() == [], "what was wrong is right again"


async def test_a_class_is_written_down_whole_over_http(house: House, unit: Person) -> None:
    day = {"course": "PPST", "held_on": "2026-11-22", "seats": 3, "place": "Maidstone", "starts": "09:00"}
    assert (await unit.post("/api/v1/training/sessions", day | {"starts": "9"})).status_code == 400
    number = (await unit.post("/api/v1/training/sessions", day)).json()["id"]
    path = f"/api/v1/training/sessions/{number}"
    bad = await unit.post(f"{path}/seats", {"collars": ["4417"], "person_ids": [STUDENT, STUDENT]})
    assert [each["field"] for each in bad.json()["errors"]] == ["person_ids.1"]
    seated = {"collars": ["4417"], "person_ids": [STUDENT, VISITOR]}
    assert (await unit.post(f"{path}/seats", seated)).status_code == 200
    assert (await unit.post(f"{path}/seats/release", {"person_id": VISITOR})).status_code == 200
    shown = (await unit.get(path)).json()
    assert (sorted(shown["people"]), shown["minutes_min"]) == (sorted([force.HOLLIS, STUDENT]), 720)
    rows = [{"person_id": force.HOLLIS, "outcome": "FAIL", "minutes": 720},
            {"person_id": STUDENT, "outcome": "PASS", "minutes": 480}]  # fmt: skip
    whole = {"rows": rows, "document": "REG-9", "second": SECOND}
    refused = await unit.post(f"{path}/results", whole | {"rows": [*rows, rows[1] | {"person_id": 999_999}]})
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == ["rows.2.person_id"]
    assert (await unit.get("/api/v1/training/results")).json() == []
    written = (await unit.post(f"{path}/results", whole)).json()
    assert set(written["results"]) == {str(force.HOLLIS), str(STUDENT)}
    assert written["holders_now_ineligible"] == [force.HOLLIS]
    hours = (await unit.get("/api/v1/training/hours")).json()
    assert [(row["person_id"], row["minutes"], row["asked"]) for row in hours] == [(STUDENT, 480, 720)]
    assert "480,720" in (await unit.get("/api/v1/training/hours.csv")).text
    short = {row["person_id"]: row["says"] for row in (await unit.get("/api/v1/training/not-current")).json()}
    assert short == {force.HOLLIS: "did not pass", STUDENT: "attended for 8 h of 12 h"}
    assert (await unit.post(f"{path}/cancellation", {"reason": "Snow"})).status_code == 422
    other = (await unit.post("/api/v1/training/sessions", day | {"held_on": "2026-12-01"})).json()["id"]
    assert (await unit.post(f"/api/v1/training/sessions/{other}/cancellation", {"reason": "Snow"})).status_code == 200
    listed = (await unit.get("/api/v1/training/sessions", from_on="2026-11-01")).json()
    assert [(row["id"], row["how"], row["taken"]) for row in listed] == [(number, "HELD", 2), (other, "CANCELLED", 0)]
    courses = (await unit.get("/api/v1/training/courses")).json()
    owners = {row["name"]: row["owner"] for row in courses["curricula"]}
    assert (owners["PPST-2024"], owners["SPIT-GUARD-1"]) == ("COP", "FORCE")


async def test_students_visitors_and_reviews_over_http(house: House, unit: Person, hand: Hand) -> None:
    gate = {"gate": "STUDENT_CONFLICT_HANDLING", "met_on": "2026-11-20", "document": "D1"}
    assert (await unit.post(f"/api/v1/people/{STUDENT}/gates", gate)).status_code == 200
    other = await unit.post(f"/api/v1/people/{STUDENT}/gates", gate | {"gate": "X"})
    assert "STUDENT_INDEPENDENT_PATROL" in other.text
    word = {"donor_force": "Essex Police", "attested_by": "Insp Vale", "model": "T7", "operation": "OP LINDEN",
            "until_us": force.NOW + 48 * HOUR, "document": "E1", "second": SECOND}  # fmt: skip
    assert (await unit.post(f"/api/v1/people/{STUDENT}/attestations", word)).status_code == 422
    made = (await unit.post(f"/api/v1/people/{VISITOR}/attestations", word)).json()
    ended = f"/api/v1/attestations/{made['id']}/withdrawal"
    assert [(await unit.post(ended)).status_code for _ in range(2)] == [200, 422]
    ivory = await house.sign_in("ivory")
    used = {"store_id": force.MEDWAY, "item": {"item_id": force.HANDLES[0]}, "uses": ["DRAWN"], "incident_ref": "I-1"}
    use_id = (await ivory.post("/api/v1/uses", used)).json()["use_id"]
    assert (await unit.get("/api/v1/training/reviews-due")).json() == [], "by a regular officer it is nobody's lesson"
    student = sa.update(person).where(person.c.id == force.HOLLIS).values(kind="STUDENT")
    await house.service.database.awrite(lambda tx: tx.conn.execute(student) and None)
    due = (await unit.get("/api/v1/training/reviews-due")).json()
    assert [(row["use_id"], row["person_id"]) for row in due] == [(use_id, force.HOLLIS)]
    assert "1 use of a TASER" in (await unit.get(f"/people/{force.HOLLIS}/training")).text
    went = {"reviewed_on": "2026-11-22", "document": "PDR-4", "second": SECOND}
    assert (await unit.post(f"/api/v1/uses/{use_id}/review", went)).status_code == 403, "the second is no supervisor"
    by = {"name": "manager", "pin": PIN}
    assert (await unit.post(f"/api/v1/uses/{use_id}/review", went | {"second": by})).status_code == 200
    assert (await unit.get("/api/v1/training/reviews-due")).json() == []
    assert (await unit.post("/api/v1/uses/999/review", went | {"second": by})).status_code == 404


async def test_the_pages_of_the_training_unit(house: House, unit: Person, hand: Hand) -> None:
    day = {"course": "PPST", "held_on": "2026-11-22", "seats": 3, "place": "Maidstone", "starts": "09:00"}
    number = (await unit.post("/api/v1/training/sessions", day)).json()["id"]
    await unit.post(f"/api/v1/training/sessions/{number}/seats", {"collars": ["4417"]})
    path = f"/training/sessions/{number}"
    shown = await unit.get(path)
    assert (shown.status_code, "Write the class down" in shown.text, "With less than 720 minutes" in shown.text) == (
        200, True, True)  # fmt: skip
    hand.now_us += 60_000_000
    rows = [{"person_id": force.HOLLIS, "outcome": "FAIL", "minutes": 720}]
    whole = {"rows": rows, "document": "REG-9", "second": SECOND}
    assert (await unit.post(f"/api/v1{path}/results", whole)).status_code == 200
    after = (await unit.get(path)).text
    assert "Written down" in after
    assert "Write the class down" not in after
    page = await unit.get("/training")
    assert page.status_code == 200, page.text[-2000:]
    for said in ("Issued on what we knew then", "did not pass", "Take back", "at least 12 h", "PPST-2024"):
        assert said in page.text, said
    record = await unit.get(f"/people/{force.HOLLIS}/training", at="2026-11-22T05:50")
    assert record.status_code == 200, record.text[-2000:]
    assert "Taken for in date as it was known; not in date as it is known now." in record.text
    assert (await unit.get(f"/people/{force.HOLLIS}/training", at="2026-02-31T05:50")).status_code == 422
    assert (await unit.get(f"/people/{STUDENT}/training")).status_code == 200
    assert "Their own force" in (await unit.get(f"/people/{VISITOR}/training")).text
    own = await house.sign_in("hollis")
    mine = await own.get(f"/people/{force.HOLLIS}/training")
    assert (mine.status_code, "Write it down" in mine.text) == (200, False)
    assert (await own.get("/training")).status_code == 403
    assert (await own.get(f"/people/{STUDENT}/training")).status_code == 403
