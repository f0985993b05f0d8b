"""Files over HTTP: good rows kept, bad rows named, the same file twice changes nothing, lapses raised at once."""

from datetime import date, time
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.schema.custody import alarm
from inventory.schema.people import person
from tests import small_force as force
from tests.api.asks import whole_set
from tests.api.conftest import House, Person
from tests.workbook_files import workbook

pytestmark = pytest.mark.anyio

PEOPLE = "ref,kind,family name,given name,store,collar\nN1,REGULAR,Newall,Robin,ME,5001\nN2,WIZARD,Odd,Sam,ME,5002\n"


async def send(person: Person, kind: str, text: str, source: str = "file") -> tuple[int, dict[str, object]]:
    """Send a file; the answer's code and body."""
    answer = await person.client.post(f"/api/v1/imports/{kind}", content=text.encode(), params={"source": source})
    return answer.status_code, answer.json()


async def test_good_rows_are_kept_bad_ones_named_and_a_second_time_changes_nothing(house: House) -> None:
    admin = await house.sign_in("admin")
    code, told = await send(admin, "people", PEOPLE)
    assert (code, told["new"], told["bad_rows"]) == (200, 1, 1)
    (bad,) = told["bad"]  # type: ignore[misc]
    assert (bad["line"], bad["field"], bad["value"]) == (3, "kind", "WIZARD")
    assert "REGULAR" in bad["expected"]
    again = (await send(admin, "people", PEOPLE))[1]
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 1)
    with house.service.database.reading() as conn:
        found = conn.execute(sa.select(person.c.id).where(person.c.ref == "N1")).scalars().all()
    assert len(found) == 1


async def test_a_workbook_is_taken_as_the_same_rows_in_a_csv_file_are(house: House) -> None:
    admin = await house.sign_in("admin")
    heading = ["ref", "kind", "family name", "given name", "store", "collar", "joined"]
    rows: list[list[object]] = [
        heading,
        ["N1", "REGULAR", "Newall", "Robin", "ME", 5001, date(2026, 1, 5)],
        ["N2", "WIZARD", "Odd", "Sam", "ME", 5002, None],
    ]
    data = workbook(Medway=rows, Dover=[heading, ["N3", "PCSO", "Dale", "Kit", "DO", 5003, None]])

    async def sent(**params: str) -> dict[str, Any]:
        answer = await admin.client.post("/api/v1/imports/people", content=data, params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    told = await sent()
    assert (told["new"], told["bad_rows"], told["sheet"], told["other_sheets"]) == (1, 1, "Medway", ["Dover"])
    (bad,) = told["bad"]
    assert (bad["sheet"], bad["line"], bad["field"], bad["value"]) == ("Medway", 3, "kind", "WIZARD")
    again = await sent()
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 1)
    as_csv = "ref,kind,family name,given name,store,collar,joined\nN1,REGULAR,Newall,Robin,ME,5001,05/01/2026\n"
    assert (await send(admin, "people", as_csv))[1]["unchanged"] == 1
    assert (await sent(sheet="Dover"))["new"] == 1
    nowhere = await sent(sheet="Kent")
    assert (nowhere["new"], nowhere["bad"][0]["field"]) == (0, "file")
    assert "Medway, Dover" in nowhere["bad"][0]["expected"]


async def test_results_permissions_and_kit_come_in_by_workbook_too(house: House) -> None:
    seen = date(2026, 11, 20)
    files: list[tuple[str, str, list[list[object]]]] = [
        ("admin", "training", [["ref", "course", "attended on", "hours", "outcome", "record"],
                               [force.HOLLIS, "BWV_USER", seen, time(7, 30), "PASS", 7]]),
        ("admin", "authorisations", [["ref", "model", "from", "to", "granted by"],
                                     [force.HOLLIS, "X2", seen, date(2027, 11, 20), "ACC Ashe"]]),
        ("manager", "items", [["maker", "kind", "serial", "model", "store", "in service"],
                              ["AXON", "BWV_CAMERA", "D99000001", "AB4", "ME", seen]]),
    ]  # fmt: skip
    for name, kind, rows in files:
        person = await house.sign_in(name)
        for new, unchanged in ((1, 0), (0, 1)):
            answer = await person.client.post(f"/api/v1/imports/{kind}", content=workbook(Sheet1=rows))
            told = answer.json()
            assert answer.status_code == 200, (kind, told)
            assert (told["bad"], told["new"], told["unchanged"]) == ([], new, unchanged), kind


async def test_a_sheet_of_a_csv_file_is_asked_for_in_vain(house: House) -> None:
    admin = await house.sign_in("admin")
    answer = await admin.client.post("/api/v1/imports/people", content=PEOPLE, params={"sheet": "Medway"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "sheet")


async def test_a_lapse_in_the_file_is_raised_for_whoever_holds_a_ced(house: House) -> None:
    ivory = await house.sign_in("ivory")
    assert (await ivory.post("/api/v1/issues", whole_set(force.HOLLIS))).status_code == 201
    admin = await house.sign_in("admin")
    failed = "ref,course,model,attended on,minutes,outcome,record\n" + f"{force.HOLLIS},PPST,,2026-11-21,480,FAIL,r9\n"
    code, told = await send(admin, "training", failed, "academy")
    assert (code, told["bad"]) == (200, [])
    assert told["holders_now_ineligible"] == [force.HOLLIS]
    with house.service.database.reading() as conn:
        kinds = conn.execute(sa.select(alarm.c.kind).where(alarm.c.person_id == force.HOLLIS)).scalars().all()
    assert kinds == ["HOLDER_INELIGIBLE"]
    line = house.lines(route="POST /api/v1/imports/{kind}")[-1]
    assert (line["operation"], line["subjects"]) == ("COLLECTION", f"[{force.HOLLIS}]")


async def test_each_kind_of_file_has_its_senders(house: House) -> None:
    manager = await house.sign_in("manager")
    assert (await send(manager, "training", "ref\n"))[0] == 403
    assert (await send(manager, "lots", "maker,kind,lot,product,store,quantity\n"))[0] == 200
    ivory = await house.sign_in("ivory")
    assert (await send(ivory, "lots", "x"))[0] == 403


async def test_what_is_no_such_file_is_said(house: House) -> None:
    admin = await house.sign_in("admin")
    code, told = await send(admin, "horses", "a,b\n")
    assert (code, told["type"]) == (404, "/problems/not-found")
    code, told = await send(admin, "people", "")
    assert (code, told["errors"][0]["field"]) == (422, "body")  # type: ignore[index]
    code, told = await send(admin, "people", "colour,shape\nred,round\n")
    assert code == 200
    assert told["new"] == 0
    assert {each["line"] for each in told["bad"]} == {1}  # type: ignore[attr-defined]
