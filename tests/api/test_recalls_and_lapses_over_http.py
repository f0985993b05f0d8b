"""Recalls, lapses in hand and what comes due over HTTP and on pages: by whom, refused how, given out as tables."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.schema.people import capability_grant, training_result
from inventory.schema.stock import item
from tests import small_force as force
from tests.api.asks import whole_set
from tests.api.conftest import Hand, House, Person

pytestmark = pytest.mark.anyio

HOUR = force.HOUR
RANGE = {"kind": "CED_CARTRIDGE", "serial_from": "x00221", "serial_to": "X00226"}
NOTICE = RANGE | {"notice_from": "MAKER", "notice_ref": "AX-7", "detail": "Primers may fail"}
WHY = "The only double-crewed car on the late turn"


async def changed(house: House, statement: Any, *rows: Any) -> None:
    """Change the record as an import would."""
    await house.service.database.awrite(lambda tx: tx.conn.execute(statement, *rows) and None)


@pytest.fixture
async def out(house: House) -> Person:
    """The first set is out with Hollis; the issuer's browser."""
    ivory = await house.sign_in("ivory")
    assert (await ivory.post("/api/v1/issues", whole_set(force.HOLLIS))).status_code == 201
    return ivory


async def test_a_recall_over_http_from_the_count_to_the_lifting(house: House, out: Person) -> None:
    spoc = await house.sign_in("admin")
    fits = (await spoc.post("/api/v1/recalls/matches", RANGE)).json()
    assert (fits["items"], fits["by_holder"]) == (6, {"PERSON": 4, "STORE": 2})
    assert (await out.post("/api/v1/recalls", NOTICE)).status_code == 403
    bad = await spoc.post("/api/v1/recalls", NOTICE | {"serial_to": "X1"})
    assert (bad.status_code, "serial_to" in bad.text) == (422, True)
    made = (await spoc.post("/api/v1/recalls", NOTICE)).json()
    assert (made["items"], made["outstanding"]) == (6, 4)
    path = f"/api/v1/recalls/{made['id']}"
    refused = await spoc.post(f"{path}/close", {"detail": "Give up"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible")
    whole = (await out.get(path)).json()
    lines = [line["id"] for line in whole["lines"] if not line["accounted_for"]]
    told = await out.post(f"{path}/told", {"line_ids": lines, "told": "PC Hollis", "detail": "By radio"})
    assert {line["told"] for line in told.json()["lines"]} == {"PC Hollis", None}
    page = (await out.get(path.removeprefix("/api/v1"))).text
    assert "PC Hollis" in page
    assert "It closes when every line is accounted for" not in page, "that is for the single point of contact"
    held = next(line for line in whole["lines"] if line["state"] == "HELD")
    ended = {"outcome": "NOT_AFFECTED", "reference": "Lab 4/26", "detail": "Another batch"}
    assert (await spoc.post(f"{path}/lines/{held['id']}/end", ended)).status_code == 200
    rows = list(csv.DictReader(io.StringIO((await out.get(f"{path}/lines.csv")).text.lstrip("\ufeff"))))
    assert sorted(row["where"] for row in rows) == ["HELD", "NOT_AFFECTED", *["OUT"] * 4]
    other = next(line for line in whole["lines"] if line["state"] == "HELD" and line["id"] != held["id"])
    with_hold = await house.service.read(
        lambda conn: conn.execute(sa.text(f"SELECT hold_id FROM recall_line WHERE id = {other['id']}")).scalar()
    )
    by_another_door = await spoc.post(f"/api/v1/holds/{with_hold}/lift", {"detail": "Never mind"})
    assert (by_another_door.status_code, f"recall {made['id']}" in by_another_door.text) == (403, True)
    lifted = await spoc.post(f"{path}/lift", {"authority": "AX-7 withdrawn", "detail": "Sound"})
    assert lifted.json()["recall"]["state"] == "LIFTED"
    listed = (await out.get("/api/v1/recalls")).json()["rows"]
    assert [each["notice_ref"] for each in listed] == ["AX-7"]
    assert "AX-7" in (await spoc.get("/recalls")).text
    assert "Open a recall" not in (await out.get("/recalls")).text


async def test_a_lapse_over_http_is_told_decided_and_given_out(house: House, out: Person, hand: Hand) -> None:
    mine = sa.and_(training_result.c.person_id == force.HOLLIS, training_result.c.course == "PPST")
    await changed(house, sa.update(training_result).where(mine).values(retracted_us=hand.now_us))
    grant = {"person_id": force.SECOND_ISSUER, "capability": "SUPERVISOR", "store_id": force.MEDWAY, "from_us": 1}
    await changed(house, sa.insert(capability_grant), [grant | {"id": 990_011, "reason": "t"}])
    hand.now_us += HOUR // 60
    assert await house.clock.once(house.clock.job("lapses"))
    (row,) = (await out.get("/api/v1/lapses", store_id=force.MEDWAY)).json()
    assert (row["person_id"], row["codes"], row["state"]) == (force.HOLLIS, ["PPST_OUT_OF_DATE"], "UNDECIDED")
    path = f"/api/v1/lapses/{row['id']}"
    assert (await out.post(f"{path}/told", {"detail": "PS Sefton, by telephone"})).status_code == 200
    assert (await out.post(f"{path}/return-now", {"detail": "Come in"})).status_code == 403
    sergeant = await house.sign_in("sefton")
    assert "Retain until" in (await sergeant.get("/lapses")).text
    late = await sergeant.post(f"{path}/retain", {"until_us": force.SHIFT_ENDS + 1, "detail": WHY})
    assert (late.status_code, "until_us" in late.text) == (422, True)
    kept = await sergeant.post(f"{path}/retain", {"until_us": force.SHIFT_ENDS, "detail": WHY})
    assert (kept.status_code, kept.json()["state"]) == (200, "RETAINED")
    assert WHY in (await out.get("/lapses")).text
    again = await out.post("/api/v1/issues", whole_set(force.HOLLIS, 1))
    assert (again.status_code, "PPST_OUT_OF_DATE" in again.text) == (403, True), "to keep is no right to draw"
    table = (await sergeant.get("/api/v1/lapses.csv", store_id=force.MEDWAY)).text.lstrip("\ufeff")
    (line,) = csv.DictReader(io.StringIO(table))
    assert (line["said"], line["what_stops_them"]) == ("RETAIN_UNTIL", "PPST_OUT_OF_DATE")
    gone = await sergeant.post("/api/v1/lapses/4/told", {"detail": "Whoever"})
    assert gone.status_code == 404


async def test_what_comes_due_is_listed_and_said_before_it_is_overdue(house: House, out: Person, hand: Hand) -> None:
    soon = (force.TODAY + timedelta(days=151 + 32)).isoformat()
    await changed(house, sa.update(item).where(item.c.id == force.CARTRIDGES[0]).values(expires_on=soon))
    hand.now_us += 151 * 24 * HOUR
    ivory = await house.sign_in("ivory")
    due = (await ivory.get("/api/v1/checks-due", store_id=force.MEDWAY)).json()
    assert (due[0]["serial"], due[0]["band"], due[0]["check"]) == ("X00201", "DUE_14", "FULL_CHECK")
    (one,) = (await ivory.get("/api/v1/expiring", store_id=force.MEDWAY, days=40)).json()
    assert (one["person_id"], one["days"], one["out_past"]) == (force.HOLLIS, 32, False)
    for path in ("/api/v1/checks-due.csv", "/api/v1/expiring.csv"):
        given = await ivory.get(path, store_id=force.MEDWAY)
        assert (given.status_code, "X002" in given.text) == (200, True)
    assert "X00201" in (await ivory.get("/checks-due")).text
    assert "Hollis" in (await ivory.get("/expiring", days=40, store="")).text
    assert await house.clock.once(house.clock.job("checks"))
    raised = (await ivory.get("/api/v1/alarms", store_id=force.MEDWAY)).json()["rows"]
    assert {each["kind"] for each in raised} >= {"FULL_CHECK_DUE", "DOCKING_OVERDUE"}


@pytest.mark.parametrize("path", ["/api/v1/recalls", "/api/v1/lapses", "/api/v1/checks-due", "/api/v1/expiring"])
async def test_officers_do_not_see_what_is_chased(house: House, path: str) -> None:
    assert (await house.browser().get(path)).status_code == 401
    assert (await (await house.sign_in("hollis")).get(path)).status_code == 403
