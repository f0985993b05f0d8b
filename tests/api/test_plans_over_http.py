"""Operations, roles and what-ifs over HTTP: by whom, refused how, with whom in the log, given out as tables."""

import csv
import io
from typing import Any

import pytest
import sqlalchemy as sa

from api.imports import NEEDS
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.mobilisation import saved_plan
from inventory.schema.oversight import processing_log
from tests import small_force as force
from tests.api.conftest import House, Person

pytestmark = pytest.mark.anyio

POSTS = [{"name": "Constable", "each": 2, "grade": "CONSTABLE", "kit": ["CED_HANDLE", "BWV_CAMERA"]}]
HARVEST = {"name": "Harvest", "from_us": force.NOW + 24 * force.HOUR, "posts": POSTS, "keep_percent": 0}
ROLE = {"name": "PSD investigator", "detail": "The front line", "reviewed_on": "2026-01-05", "jncc_minute_ref": "4/26"}


async def planner(house: House) -> Person:
    """The administrator plans too."""
    admin = await house.sign_in("admin")
    grant = CapabilityGrant(admin.me["person_id"], "PLANNER", None, "test")
    await house.service.database.awrite(lambda tx: give(tx.conn, tx.ids, grant, tx.now_us) and None)
    return await house.sign_in("admin")


async def last_line(house: House) -> Any:
    newest = sa.select(processing_log).order_by(processing_log.c.id.desc()).limit(1)
    return await house.service.read(lambda conn: conn.execute(newest).one())


async def test_operations_roles_and_what_ifs(house: House) -> None:
    """In one service: an operation is answered, saved and given out; then the rest."""
    plans, issuer = await planner(house), await house.sign_in("ivory")
    assert (await issuer.post("/api/v1/operations/answer", HARVEST)).status_code == 403
    told = (await plans.post("/api/v1/operations/answer", HARVEST)).json()
    assert (told["yes"], told["going"], told["unfilled"]) == (True, 2, {"Constable": 0})
    assert {each["person_id"] for each in told["sent"]} == {force.HOLLIS, force.MERCER}
    line = await last_line(house)
    assert (line.operation, str(force.HOLLIS) in line.subjects, "Harvest" in line.query) == ("CONSULTATION", True, True)
    bad = await plans.post("/api/v1/operations/answer", HARVEST | {"days": 90})
    assert (bad.status_code, "days" in bad.text) == (400, True)
    number = (await plans.post("/api/v1/operations", HARVEST)).json()["id"]
    [kept] = (await plans.get("/api/v1/operations")).json()
    assert (kept["id"], kept["operation"]["posts"][0]["each"]) == (number, 2)
    again = (await plans.get(f"/api/v1/operations/{number}")).json()["operation"]
    assert (await plans.post("/api/v1/operations/answer", again)).json() == told
    file = await plans.get(f"/api/v1/operations/{number}/people.csv")
    rows = list(csv.DictReader(io.StringIO(file.text.lstrip("\ufeff"))))
    assert {row["number"] for row in rows} == {str(force.HOLLIS), str(force.MERCER)}
    assert (await last_line(house)).operation == "DISCLOSURE"
    assert (await plans.get("/api/v1/operations/999")).status_code == 404
    page = await plans.get(f"/mobilisation?saved={number}")
    assert "Yes: 2 people can go" in page.text
    wrong = await plans.get("/mobilisation?name=&units=1&days=2")
    assert "Name: 1 to 80 characters." in wrong.text
    counted = sa.select(sa.func.count()).select_from(saved_plan)
    assert await house.service.read(lambda conn: conn.execute(counted).scalar()) == 1, "looking writes nothing"
    await others_see_their_own_people_named(house, plans, issuer)
    await roles_are_listed_and_reviewed(plans)
    await a_what_if_is_worked_out(plans)


async def others_see_their_own_people_named(house: House, plans: Person, issuer: Person) -> None:
    grant = CapabilityGrant(issuer.me["person_id"], "DUTY_INSPECTOR", force.DOVER, "test")
    await house.service.database.awrite(lambda tx: give(tx.conn, tx.ids, grant, tx.now_us) and None)
    looks = await house.sign_in("ivory")
    told = (await looks.post("/api/v1/operations/answer", HARVEST)).json()
    assert (told["yes"], told["going"], told["sent"]) == (True, 2, []), "both are of Medway"
    assert (await looks.post("/api/v1/operations", HARVEST)).status_code == 403
    assert (await plans.post("/api/v1/operations/answer", HARVEST)).json()["going"] == 2


async def roles_are_listed_and_reviewed(plans: Person) -> None:
    assert "PLANNER" in NEEDS["roles"]
    role = (await plans.post("/api/v1/mobilisable-roles", ROLE)).json()["id"]
    twice = await plans.post("/api/v1/mobilisable-roles", ROLE)
    assert (twice.status_code, "name" in twice.text) == (422, True)
    late = await plans.post(f"/api/v1/mobilisable-roles/{role}/reviews", ROLE_REVIEW | {"reviewed_on": "2027-01-01"})
    assert (late.status_code, "reviewed_on" in late.text) == (422, True)
    no_day = await plans.post(f"/api/v1/mobilisable-roles/{role}/reviews", ROLE_REVIEW | {"reviewed_on": "2026-02-31"})
    assert (no_day.status_code, "calendar" in no_day.text) == (422, True)
    assert (await plans.post("/api/v1/mobilisable-roles/99/reviews", ROLE_REVIEW)).status_code == 404
    reviewed = (await plans.post(f"/api/v1/mobilisable-roles/{role}/reviews", ROLE_REVIEW)).json()
    assert (reviewed["state"], reviewed["next_due"], reviewed["reviews"]) == ("IN_DATE", "2027-11-02", 2)
    [listed] = (await plans.get("/api/v1/mobilisable-roles")).json()
    assert listed == reviewed
    assert (await plans.get("/api/v1/mobilisation/conflicts")).json() == []


ROLE_REVIEW = {"reviewed_on": "2026-11-02", "jncc_minute_ref": "11/26"}


async def a_what_if_is_worked_out(plans: Person) -> None:
    """Over the facts; what no policy may say is refused."""
    laid = {"name": "Four more", "officers": [{"store_id": force.MEDWAY, "model": "T7", "people": 4}]}
    [store] = (await plans.post("/api/v1/what-ifs/outcome", laid)).json()["stores"]
    assert store["after"]["people"] - store["before"]["people"] == 4
    margin = {"family": "ced", "key": "numbers.expiry_margin_days.value"}
    other = {"name": "Shorter life", "number": margin | {"value": "9000"}}
    groups = (await plans.post("/api/v1/what-ifs/outcome", other)).json()["groups"]
    assert {(each["of"], each["kind"]) for each in groups} == {("KIT", "CED_CARTRIDGE")}
    for value, says in (('"many"', "number.value"), ("many", "number.value")):
        bad = await plans.post("/api/v1/what-ifs/outcome", {"name": "x", "number": margin | {"value": value}})
        assert (bad.status_code, says in bad.text) == (422, True)
    nowhere = {"name": "x", "number": {"family": "ced", "key": "numbers.nothing", "value": "1"}}
    assert "number.key" in (await plans.post("/api/v1/what-ifs/outcome", nowhere)).text
    assert (await plans.post("/api/v1/what-ifs/outcome", {"name": "x"})).status_code == 422
    ids = [(await plans.post("/api/v1/what-ifs", each)).json()["id"] for each in (laid, other)]
    page = (await plans.get(f"/what-if?saved={ids[0]}&beside={ids[1]}")).text
    assert "Four more" in page
    assert "Shorter life" in page
    assert [each["id"] for each in (await plans.get("/api/v1/what-ifs")).json()] == ids[::-1]
    assert (await plans.get(f"/api/v1/what-ifs/{ids[0]}")).json()["scenario"]["officers"] == laid["officers"]
    assert (await plans.get("/api/v1/what-ifs/999")).status_code == 404
