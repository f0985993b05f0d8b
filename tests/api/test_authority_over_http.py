"""Authority over HTTP and on pages: by whom, refused how, what the person themself reads of it; what is due."""

import csv
import io
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from inventory.schema.authority import reminder
from inventory.schema.people import capability_grant
from tests import small_force as force
from tests.api.asks import whole_set
from tests.api.conftest import Hand, House, Person

pytestmark = pytest.mark.anyio

HOLLIS = f"/api/v1/people/{force.HOLLIS}"
DAY = 24 * force.HOUR
COURSES = ("CED", "PPST", "FIRST_AID", "JRFT", "SBG")
UNTIL = date(2027, 6, 30)
"""The first day on which nobody of the small force is permitted to carry."""
TOMORROW = force.TODAY + timedelta(days=1)
PERMISSION = {
    "model": "T7", "from_on": TOMORROW.isoformat(), "to_on": (TOMORROW + timedelta(days=300)).isoformat(),
    "granted_by": "Supt Dale", "grade": "Superintendent", "document": "OP 12/26",
}  # fmt: skip


def table(text: str) -> list[dict[str, str]]:
    """The lines of a CSV file."""
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


@pytest.fixture
async def sergeant(house: House) -> Person:
    """Sefton, a sergeant of Medway."""
    row = {"person_id": force.SECOND_ISSUER, "capability": "SUPERVISOR", "store_id": force.MEDWAY, "from_us": 1}
    await house.service.database.awrite(
        lambda tx: tx.conn.execute(sa.insert(capability_grant), [row | {"id": 990_021, "reason": "t"}]) and None
    )
    return await house.sign_in("sefton")


async def test_an_authority_is_suspended_lifted_ended_and_granted_anew_over_http(
    house: House, sergeant: Person, hand: Hand
) -> None:
    ivory, spoc, officer = [await house.sign_in(name) for name in ("ivory", "admin", "hollis")]
    assert (await ivory.post("/api/v1/issues", whole_set(force.HOLLIS))).status_code == 201
    stopping = {"reason_class": "CONDUCT", "document": "S 1/26"}
    assert (await officer.post(f"{HOLLIS}/authority/suspend", stopping)).status_code == 403
    assert (await ivory.post(f"{HOLLIS}/authority/suspend", stopping)).status_code == 403
    wrong = await sergeant.post(f"{HOLLIS}/authority/suspend", stopping | {"reason_class": "ILL"})
    assert (wrong.status_code, "reason_class" in wrong.text) == (422, True)
    made = (await sergeant.post(f"{HOLLIS}/authority/suspend", stopping)).json()
    assert made["authority"]["carrying"][0]["state"] == "SUSPENDED"
    assert made["authority"]["history"][0]["reason_class"] is None, "a sergeant reads no class, not even their own"
    (lapse,) = (await sergeant.get("/api/v1/lapses", store_id=force.MEDWAY)).json()
    assert (lapse["must_return"], lapse["state"]) == (True, "RETURN_NOW")
    own = (await officer.get(f"{HOLLIS}/authority")).json()
    assert own["carrying"][0]["state"] == "NOT_IN_FORCE"
    assert "SUSPENDED" not in str(own)
    assert "uspended" not in (await officer.get(f"/people/{force.HOLLIS}")).text
    lift = f"/api/v1/suspensions/{made['id']}/lift"
    assert (await sergeant.post(lift, {"document": "Looked into"})).status_code == 403
    lifted = (await spoc.post(lift, {"document": "Looked into"})).json()
    assert lifted["authority"]["carrying"][0]["state"] == "LIVE"
    again = await spoc.post(lift, {"document": "Looked into"})
    assert again.status_code == 422
    assert (await spoc.post(f"{HOLLIS}/authority/end", stopping | {"document": "E 1/26"})).status_code == 200
    backdated = await spoc.post(f"{HOLLIS}/authorisations", PERMISSION | {"from_on": force.TODAY.isoformat()})
    assert (backdated.status_code, "from_on" in backdated.text) == (422, True)
    assert (await spoc.post(f"{HOLLIS}/authorisations", PERMISSION)).status_code == 200
    refused = await spoc.post(f"/api/v1/people/{force.PCSO}/authorisations", PERMISSION)
    assert (refused.status_code, refused.json()["refusals"][0]["sentence"]) == (409, "Only a constable carries a CED.")
    await listed_and_shown(house, spoc, officer)


async def listed_and_shown(house: House, spoc: Person, officer: Person) -> None:
    """What was done stands on the page, in the list and in the processing log."""
    page = (await spoc.get(f"/people/{force.HOLLIS}/authority")).text
    assert "OP 12/26" in page
    assert "Conduct" in page
    assert (await officer.get(f"/people/{force.HOLLIS}/authority")).status_code == 403
    rows = (await spoc.get("/api/v1/authorities", state="NOT_YET")).json()
    assert [each["person_id"] for each in rows] == [force.HOLLIS]
    listed = table((await spoc.get("/api/v1/authorities.csv")).text)
    assert {(each["number"], each["state"]) for each in listed} >= {("101", "NOT_YET"), ("102", "LIVE")}
    assert "Hollis" in (await spoc.get("/authorities", state="NOT_YET")).text
    alters = {each["route"] for each in house.lines(operation="ALTERATION", actor_id=force.SECOND_ISSUER)}
    assert any("authority/suspend" in each for each in alters)


async def test_a_choice_and_limited_duties_over_http(house: House, sergeant: Person) -> None:
    spoc, officer = await house.sign_in("admin"), await house.sign_in("hollis")
    limits = {"category": "ADJUSTED", "kinds_allowed": ["BWV_CAMERA"], "document": "HR 4",
              "review_on": (force.TODAY + timedelta(days=28)).isoformat()}  # fmt: skip
    with_reason = await spoc.post(f"{HOLLIS}/restrictions", limits | {"reason": "shoulder"})
    assert with_reason.status_code == 400
    without = await spoc.post(f"{HOLLIS}/restrictions", {key: limits[key] for key in limits if key != "review_on"})
    assert without.status_code in (400, 422)
    assert (await sergeant.post(f"{HOLLIS}/restrictions", limits)).status_code == 403
    made = (await spoc.post(f"{HOLLIS}/restrictions", limits)).json()
    assert made["authority"]["limited"] is True
    assert "ADJUSTED" not in str(made)
    lifted = await spoc.post(f"/api/v1/restrictions/{made['id']}/lift", {"document": "HR 5"})
    assert lifted.json()["authority"]["limited"] is False
    left = (await officer.post(f"{HOLLIS}/choice", {"opted_in": False})).json()
    assert (left["authority"]["opted_in"], left["authority"]["carrying"][0]["state"]) == (False, "NOT_IN_FORCE")
    assert (await officer.post(f"{HOLLIS}/choice", {"opted_in": False})).status_code == 409
    assert (await sergeant.post(f"{HOLLIS}/choice", {"opted_in": True})).status_code == 403


async def test_what_runs_out_is_listed_and_said_once_to_whom_it_concerns(
    house: House, sergeant: Person, hand: Hand
) -> None:
    ends = date.fromisoformat(force.LAST_GOOD).replace(year=force.TODAY.year + 1)
    hand.now_us += (ends - force.TODAY).days * DAY - 20 * DAY
    sergeant = await house.sign_in("sefton")
    rows = (await sergeant.get("/api/v1/training-due", store_id=force.MEDWAY, band=30)).json()
    mine = [each for each in rows if each["person_id"] == force.HOLLIS]
    assert {(each["what"], each["days"], each["band"]) for each in mine} == {
        ("AUTHORITY", (UNTIL - ends).days + 20, 0), *((what, 20, 30) for what in COURSES)
    }
    assert (await sergeant.get("/api/v1/training-due")).status_code == 403, "the force's is for the force's people"
    spoc = await house.sign_in("admin")
    assert len(table((await spoc.get("/api/v1/training-due.csv", band=30)).text)) >= len(mine)
    august = [each for each in (await spoc.get("/api/v1/course-demand")).json()
                if (each["what"], each["model"], each["month"]) == ("CED", "T7", "2027-08")]  # fmt: skip
    assert [each["runs_out"] for each in august] == [4], "Hollis, Mercer, the lapsed officer and Sefton"
    assert "Hollis" in (await sergeant.get("/training-due")).text
    clock = house.clock
    for job in ("reminders", "reminders", "role-moves", "mail"):
        assert await clock.once(clock.job(job))
    with house.service.database.reading() as conn:
        said = conn.execute(sa.select(reminder.c.id, reminder.c.what).where(reminder.c.person_id == force.HOLLIS)).all()
        assert len(said) == 6, "once each"
    officer = await house.sign_in("hollis")
    landed = (await officer.get("/")).headers["location"]
    assert landed == f"/people/{force.HOLLIS}", "an officer's first page is their own"
    page = (await officer.get(landed)).text
    assert "Do not let this run out" in page
    assert "My duties that come" in page
    ids = [each[0] for each in said]
    assert (await officer.post("/api/v1/me/reminders", {"reminder_ids": ids})).json() == {"changed": 6}
    assert (await spoc.post("/api/v1/me/reminders", {"reminder_ids": ids})).status_code == 422, "nobody else's"
    known = {"reminder_ids": ids, "known": True}
    assert (await officer.post("/api/v1/me/reminders", known)).json() == {"changed": 6}
    assert "Do not let this run out" not in (await officer.get(landed)).text
    listed = table((await spoc.get("/api/v1/reminders.csv")).text)
    assert {each["what"] for each in listed if "Hollis" in each["person"] and each["known"]} == {
        "AUTHORITY", *COURSES
    }
