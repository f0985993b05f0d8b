"""Overrides over HTTP: by a supervisor's own sign-in or at the hatch by their PIN, listed, logged, never in vain."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.oversight.audit import audit
from inventory.schema.custody import custody
from inventory.schema.overrides import override
from inventory.schema.people import duty_restriction
from inventory.schema.stock import bay
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.asks import camera, whole_set
from tests.api.conftest import ADMIN, MANAGER, PIN, Hand, House, Person, running
from tests.inventory.gate.cases import OTHER_FORCE

pytestmark = pytest.mark.anyio
AT = f"/api/v1/hatch/{force.HATCH}"
OVERRIDES = "/api/v1/overrides"
LOW = {"code": "CAMERA_CHARGE_LOW", "item_id": force.CAMERAS[0]}
SERGEANT = force.SECOND_ISSUER
WHY = "No other camera is charged"


@pytest.fixture
async def admin(house: House) -> Person:
    """Who posts people."""
    return await house.sign_in("admin")


@pytest.fixture
async def sergeant(house: House, admin: Person) -> Person:
    """PS Sefton, a supervisor of Medway (and an issuer there); the first camera is half empty."""
    await house.service.database.awrite(half_empty)
    await post_to(admin, SERGEANT, "SUPERVISOR")
    return await house.sign_in("sefton")


def half_empty(tx: Tx) -> None:
    """The first camera's dock says 50 per cent."""
    tx.conn.execute(sa.update(bay).where(bay.c.item_id == force.CAMERAS[0]).values(charge_percent=50))


async def post_to(admin: Person, person_id: int, capability: str, store_id: int | None = force.MEDWAY) -> int:
    """Post somebody as something at a store."""
    body = {"capability": capability, "store_id": store_id, "reason": "posted there"}
    answer = await admin.post(f"/api/v1/people/{person_id}/capabilities", body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["grant_id"])


def wanted(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An override for PC Hollis's early duty at Medway."""
    body = {"person_id": force.HOLLIS, "store_id": force.MEDWAY, "rules": list(rules) or [LOW], "reason": WHY}
    return body | changes


def holders(house: House) -> list[int]:
    """Everybody who holds an item now."""
    now = sa.select(custody.c.person_id).where(custody.c.person_id.is_not(None), custody.c.closed_entry.is_(None))
    with house.service.database.reading() as conn:
        assert audit(conn) == []
        return list(conn.execute(now).scalars())


# ---- by the supervisor's own sign-in --------------------------------------------------------------------


async def test_a_sergeant_answers_for_a_half_empty_camera_and_the_next_ask_is_allowed(
    house: House, sergeant: Person
) -> None:
    ivory = await house.sign_in("ivory")
    refused = await ivory.post("/api/v1/issues", camera(force.HOLLIS))
    assert (refused.status_code, refused.json()["refusals"][0]["code"]) == (403, "CAMERA_CHARGE_LOW")
    given = await sergeant.post(OVERRIDES, wanted())
    assert given.status_code == 201, given.text
    assert given.json()["until_us"] == force.SHIFT_ENDS
    (number,) = given.json()["override_ids"]
    issued = await ivory.post("/api/v1/issues", camera(force.HOLLIS))
    assert issued.status_code == 201, issued.text
    (warning,) = issued.json()["warnings"]
    assert (warning["code"], warning["stops"], warning["override_id"]) == ("CAMERA_CHARGE_LOW", False, number)
    decision_id = issued.json()["decision_id"]
    manager = await house.sign_in("manager")
    shown = (await manager.get(f"/api/v1/decisions/{decision_id}")).json()["decision"]
    assert [(each["stops"], each["override_id"]) for each in shown["reasons"]] == [(False, number)]
    (row,) = (await manager.get(OVERRIDES, store_id=force.MEDWAY)).json()["rows"]
    assert (row["by_person"], row["capability"], row["reason"]) == (SERGEANT, "SUPERVISOR", WHY)
    assert (row["decision_ids"], row["revoked_us"]) == ([decision_id], None)
    assert holders(house) == [force.HOLLIS]


async def test_who_overrode_cannot_issue_on_it(house: House, sergeant: Person) -> None:
    assert (await sergeant.post(OVERRIDES, wanted())).status_code == 201
    assert (await sergeant.post("/api/v1/issues", camera(force.HOLLIS))).status_code == 403
    assert holders(house) == []


async def test_nobody_overrides_a_hard_rule_for_themselves_for_long_or_without_a_reason(
    house: House, sergeant: Person
) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        (wanted({"code": "CED_OUT_OF_DATE"}), 422, "rules[0].code"),
        (wanted(LOW, {"code": "DEFECTIVE"}), 422, "rules[1].code"),
        (wanted({"code": "NO_SUCH_RULE"}), 422, "rules[0].code"),
        (wanted(person_id=SERGEANT), 422, "by_person"),
        (wanted(until_us=force.NOW + 12 * force.HOUR + 1), 422, "until_us"),
        (wanted(until_us=force.NOW), 422, "until_us"),
        (wanted(reason="  . "), 422, "reason"),
        (wanted(reason=""), 400, "reason"),
        (wanted() | {"rules": []}, 400, "rules"),
        (wanted(by_person=ADMIN), 400, "by_person"),
        (wanted(capability="DUTY_INSPECTOR"), 400, "capability"),
    ]
    for body, code, field in cases:
        answer = await sergeant.post(OVERRIDES, body)
        assert answer.status_code == code, (body, answer.text)
        assert answer.json()["errors"][0]["field"] == field, (body, answer.text)
    for body in (wanted(person_id=999_999), wanted({"code": "CAMERA_CHARGE_LOW", "item_id": 999_999})):
        assert (await sergeant.post(OVERRIDES, body)).status_code == 404
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(override.c.id)).all() == []


async def test_only_a_supervisor_of_that_store_overrides(house: House, admin: Person, sergeant: Person) -> None:
    for name in ("ivory", "manager", "auditor", "admin", "hollis"):
        who = await house.sign_in(name)
        assert (await who.post(OVERRIDES, wanted())).status_code == 403, name
    assert (await house.browser().post(OVERRIDES, wanted())).status_code == 401
    assert (await sergeant.post(OVERRIDES, wanted(store_id=force.DOVER))).status_code == 403
    grant = await post_to(admin, MANAGER, "DUTY_INSPECTOR", None)
    inspector = await house.sign_in("manager")
    assert (await inspector.post(OVERRIDES, wanted(store_id=force.DOVER, until_us=force.SHIFT_ENDS))).status_code == 201
    assert (await admin.post(f"/api/v1/capabilities/{grant}/end")).status_code == 204
    assert (await inspector.post(OVERRIDES, wanted())).status_code == 403


async def test_what_takes_an_inspector_is_not_a_sergeants_to_override(
    make_database: Callable[..., str], staffed: str, hand: Hand
) -> None:
    async with running(make_database(template=staffed), hand, overlay=str(OTHER_FORCE)) as house:
        admin = await house.sign_in("admin")
        await post_to(admin, SERGEANT, "SUPERVISOR")
        await post_to(admin, MANAGER, "DUTY_INSPECTOR")
        first_aid = wanted({"code": "FIRST_AID_OUT_OF_DATE"}, purpose="TRAINING")
        told = {name: await (await house.sign_in(name)).post(OVERRIDES, first_aid) for name in ("sefton", "manager")}
        assert [each.status_code for each in told.values()] == [403, 201]
        assert "DUTY_INSPECTOR" in told["sefton"].json()["detail"]


async def test_no_override_helps_a_lapsed_officer_to_a_ced(house: House, sergeant: Person) -> None:
    rules = [{"code": "PPST_OUT_OF_DATE"}, {"code": "STORE_CLOSED"}]
    assert (await sergeant.post(OVERRIDES, wanted(*rules, person_id=force.LAPSED))).status_code == 201
    ivory = await house.sign_in("ivory")
    refused = await ivory.post("/api/v1/issues", whole_set(force.LAPSED))
    assert [each["code"] for each in refused.json()["refusals"]] == ["PPST_OUT_OF_DATE"]
    assert holders(house) == []


async def test_an_override_is_revoked_once_by_somebody_who_may(house: House, sergeant: Person) -> None:
    (number,) = (await sergeant.post(OVERRIDES, wanted())).json()["override_ids"]
    ivory = await house.sign_in("ivory")
    path = f"{OVERRIDES}/{number}/revoke"
    assert (await ivory.post(path, {"reason": "I think not"})).status_code == 403
    assert (await sergeant.post(path, {"reason": ""})).status_code == 400
    assert (await sergeant.post(f"{OVERRIDES}/999/revoke", {"reason": "Not needed"})).status_code == 404
    manager = await house.sign_in("manager")
    assert (await manager.post(path, {"reason": "A charged one is in"})).status_code == 204
    assert (await manager.post(path, {"reason": "Again"})).status_code == 404
    assert (await ivory.post("/api/v1/issues", camera(force.HOLLIS))).status_code == 403
    (row,) = (await manager.get(OVERRIDES)).json()["rows"]
    assert (row["revoked_by"], row["revoked_for"], row["decision_ids"]) == (MANAGER, "A charged one is in", [])
    assert holders(house) == []


# ---- the weekly report, and the processing log ------------------------------------------------------------


async def test_a_week_of_overrides_is_listed_page_by_page_by_store_person_and_giver(
    house: House, sergeant: Person, hand: Hand
) -> None:
    for person_id in (force.HOLLIS, force.MERCER, force.PCSO):
        assert (await sergeant.post(OVERRIDES, wanted(person_id=person_id))).status_code == 201
        hand.now_us += 60_000_000
    manager = await house.sign_in("manager")

    async def people(**asked: Any) -> list[int]:
        answer = await manager.get(OVERRIDES, **asked)
        assert answer.status_code == 200, answer.text
        return [row["person_id"] for row in answer.json()["rows"]]

    assert await people() == [force.PCSO, force.MERCER, force.HOLLIS]
    assert await people(store_id=force.DOVER) == []
    assert await people(person_id=force.MERCER) == [force.MERCER]
    assert await people(by_person=force.ISSUER) == []
    week = {"from_us": force.NOW + 1, "to_us": force.NOW + 100_000_000}
    assert await people(by_person=SERGEANT, store_id=force.MEDWAY, **week) == [force.MERCER]
    first = (await manager.get(OVERRIDES, limit=2)).json()
    assert await people(limit=2, cursor=first["next"]) == [force.HOLLIS]
    for name in ("ivory", "hollis"):
        assert (await (await house.sign_in(name)).get(OVERRIDES)).status_code == 403
    assert (await sergeant.get(OVERRIDES)).status_code == 403, "of every store it takes a capability for every store"
    assert (await sergeant.get(OVERRIDES, store_id=force.MEDWAY)).status_code == 200


async def test_every_act_on_an_override_is_in_the_processing_log(house: House, sergeant: Person) -> None:
    (number,) = (await sergeant.post(OVERRIDES, wanted())).json()["override_ids"]
    await sergeant.get(OVERRIDES, store_id=force.MEDWAY)
    await sergeant.post(f"{OVERRIDES}/{number}/revoke", {"reason": "Not needed"})
    told = [
        (line["operation"], line["route"], line["subjects"], line["outcome"])
        for line in house.lines(actor_id=SERGEANT)
        if "override" in line["route"]
    ]
    assert told == [
        ("ALTERATION", "POST /api/v1/overrides", f"[{force.HOLLIS}]", "OK"),
        ("CONSULTATION", "GET /api/v1/overrides", f"[{force.HOLLIS},{SERGEANT}]", "OK"),
        ("ALTERATION", "POST /api/v1/overrides/{override_id}/revoke", f"[{force.HOLLIS}]", "OK"),
    ]


async def test_why_an_officer_is_limited_is_told_to_who_overrode_and_who_audits_alone(
    house: House, sergeant: Person
) -> None:
    limited = wanted({"code": "DUTY_RESTRICTED"})
    assert (await sergeant.post(OVERRIDES, limited)).status_code == 201
    told = {}
    for name in ("sefton", "manager", "auditor"):
        who = await house.sign_in(name)
        told[name] = (await who.get(OVERRIDES, store_id=force.MEDWAY)).json()["rows"][0]["code"]
    assert told == {"sefton": "DUTY_RESTRICTED", "manager": "REFER_TO_SUPERVISOR", "auditor": "DUTY_RESTRICTED"}


# ---- at the hatch, by the supervisor's PIN -----------------------------------------------------------------


@pytest.fixture
async def kiosk(house: House, sergeant: Person) -> Person:
    """The Medway kiosk with an issuer signed in; a sergeant is about."""
    return await house.kiosk()


async def scan(kiosk: Person, text: str) -> dict[str, Any]:
    """Type or scan a text at the hatch."""
    answer = await kiosk.post(f"{AT}/scan", {"text": text})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refused_camera(kiosk: Person, collar: str = "4417") -> tuple[str, dict[str, Any]]:
    """An officer scans the half-empty camera; the visit's address and the refused line."""
    await scan(kiosk, collar)
    said = await scan(kiosk, force.serial(force.CAMERAS[0]))
    assert said["outcome"] == "REFUSED"
    visit = said["view"]["visit"]
    return f"/api/v1/visits/{visit['id']}", visit["lines"][-1] | {"supervisors": visit["supervisors"]}


async def test_a_soft_refusal_says_who_may_override_and_their_pin_puts_it_in_the_set(
    house: House, kiosk: Person
) -> None:
    visit, line = await refused_camera(kiosk)
    assert line["override_by"] == "SUPERVISOR"
    assert [(each["id"], each["rank"], each["may"]) for each in line["supervisors"]] == [
        (SERGEANT, "PS", ["SUPERVISOR"])
    ]
    said = await kiosk.post(
        f"{visit}/lines/{line['id']}/override", {"person_id": SERGEANT, "pin": PIN, "reason": WHY}
    )
    assert (said.status_code, said.json()["outcome"]) == (200, "OVERRIDDEN"), said.text
    assert WHY not in said.text, "the queue reads the screen"
    lines = said.json()["view"]["visit"]["lines"]
    assert [(each["word"], each["title"]) for each in lines] == [("IN_SET", "OVERRIDDEN")]
    assert said.json()["view"]["visit"]["supervisors"] == []
    done = (await kiosk.post(f"{visit}/complete", {"check": "FACE"})).json()
    assert done["outcome"] == "COMPLETED", done
    assert holders(house) == [force.HOLLIS]
    line_of_log = next(each for each in house.lines() if each["route"].endswith("/override"))
    assert (line_of_log["operation"], line_of_log["actor_id"]) == ("COLLECTION", force.ISSUER)
    assert line_of_log["subjects"] == f"[{force.HOLLIS},{SERGEANT}]"


async def test_a_supervisors_card_asks_for_their_pin_and_names_them(house: House, kiosk: Person) -> None:
    visit, line = await refused_camera(kiosk)
    asked = await scan(kiosk, "4421")
    assert (asked["outcome"], asked["view"]["parked"]) == ("OVERRIDE_NEEDED", [])
    said = await kiosk.post(f"{visit}/lines/{line['id']}/override", {"pin": PIN, "reason": WHY})
    assert said.json()["outcome"] == "OVERRIDDEN", said.text


async def test_another_officers_card_still_parks_the_visit(kiosk: Person) -> None:
    await refused_camera(kiosk)
    said = await scan(kiosk, "4418")
    assert (said["outcome"], len(said["view"]["parked"])) == ("VISIT_OPENED", 1)


async def test_the_supervisor_who_overrode_does_not_countersign_too(house: House, kiosk: Person) -> None:
    visit, line = await refused_camera(kiosk)
    path = f"{visit}/lines/{line['id']}/override"
    assert (await kiosk.post(path, {"person_id": SERGEANT, "pin": PIN, "reason": WHY})).status_code == 200
    await house.sign_in("sefton", kiosk)
    done = (await kiosk.post(f"{visit}/complete", {"check": "FACE"})).json()
    assert done["outcome"] == "REFUSED"
    assert holders(house) == []


async def test_the_issuer_signed_in_at_the_hatch_does_not_override_there(house: House, sergeant: Person) -> None:
    kiosk = await house.kiosk("sefton")
    visit, line = await refused_camera(kiosk)
    said = await kiosk.post(
        f"{visit}/lines/{line['id']}/override", {"person_id": SERGEANT, "pin": PIN, "reason": WHY}
    )
    assert (said.status_code, said.json()["errors"][0]["field"]) == (422, "by_person")
    assert holders(house) == []


async def test_nothing_is_overridden_at_the_hatch_by_who_may_not_or_by_a_guess(house: House, kiosk: Person) -> None:
    visit, line = await refused_camera(kiosk)
    path = f"{visit}/lines/{line['id']}/override"
    bodies: list[tuple[dict[str, Any], int]] = [
        ({"person_id": force.HOLLIS, "pin": PIN, "reason": WHY}, 403),  # the officer's own PIN
        ({"person_id": MANAGER, "pin": PIN, "reason": WHY}, 403),
        ({"person_id": SERGEANT, "pin": "111111", "reason": WHY}, 403),
        ({"pin": PIN, "reason": WHY}, 422),  # no card was shown
        ({"person_id": SERGEANT, "pin": PIN, "reason": "  -  "}, 422),
        ({"person_id": SERGEANT, "pin": PIN, "reason": WHY, "code": "DEFECTIVE"}, 400),
    ]
    for body, code in bodies:
        answer = await kiosk.post(path, body)
        assert answer.status_code == code, (body, answer.text)
    good = {"person_id": SERGEANT, "pin": PIN, "reason": WHY}
    assert (await kiosk.post(f"{visit}/lines/999/override", good)).status_code == 404
    elsewhere = await house.kiosk("ivory", force.DOVER_HATCH)
    assert (await elsewhere.post(path, good)).status_code == 403
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(override.c.id)).all() == []
    for _ in range(6):
        answer = await kiosk.post(path, {"person_id": SERGEANT, "pin": "111111", "reason": WHY})
    assert answer.status_code == 429
    assert holders(house) == []


async def test_a_hard_refusal_offers_nobody_and_takes_no_override(house: House, kiosk: Person) -> None:
    await scan(kiosk, "4419")
    said = await scan(kiosk, force.serial(force.HANDLES[0]))
    visit = said["view"]["visit"]
    assert (visit["lines"][-1]["override_by"], visit["supervisors"]) == ("", [])
    path = f"/api/v1/visits/{visit['id']}/lines/{visit['lines'][-1]['id']}/override"
    answer = await kiosk.post(path, {"person_id": SERGEANT, "pin": PIN, "reason": WHY})
    assert (answer.status_code, answer.json()["detail"]) == (422, "Nobody overrides this refusal.")
    assert (await scan(kiosk, "4421"))["outcome"] == "VISIT_OPENED", "a supervisor's card has nothing to answer"


async def test_limited_duties_are_overridden_without_saying_so_on_the_screen(house: House, kiosk: Person) -> None:
    def limit(tx: Tx) -> None:
        row = {"id": tx.ids.take(), "person_id": force.MERCER, "category": "MANAGEMENT", "kinds_allowed": "SBG"}
        dates = {"from_on": force.LAST_GOOD, "review_on": "2027-06-30", "recorded_us": 1}
        tx.conn.execute(sa.insert(duty_restriction), row | dates)

    await house.service.database.awrite(limit)
    visit, line = await refused_camera(kiosk, "4418")
    good = {"person_id": SERGEANT, "pin": PIN, "reason": "Seen by the line manager today"}
    said = await kiosk.post(f"{visit}/lines/{line['id']}/override", good)
    assert said.json()["outcome"] == "OVERRIDDEN", said.text
    assert "DUTY_RESTRICTED" not in said.text
    done = (await kiosk.post(f"{visit}/complete", {"check": "FACE"})).json()
    assert done["outcome"] == "COMPLETED", done
    assert holders(house) == [force.MERCER]
