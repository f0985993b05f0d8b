"""Lists and searches: complete and stable page by page, filtered, found by any code, and the past as it was."""

from typing import Any

import pytest
import sqlalchemy as sa

from inventory.schema.stock import item
from tests import small_force as force
from tests.api.asks import camera
from tests.api.conftest import House, Person
from tests.api.shared import anyio_backend, shared_house

pytestmark = pytest.mark.anyio
__all__ = ["anyio_backend", "shared_house"]
ITEMS, SEARCH, PEOPLE = "/api/v1/items", "/api/v1/search", "/api/v1/people"
ALL = {*force.HANDLES, *force.BATTERIES, *force.CARTRIDGES, *force.CAMERAS, *force.GUARDS, force.DOVER_HANDLE}
NEW = 5
"""Comes into the list while one of the tests reads it."""

BACK, OUT = force.CAMERAS[0], force.CAMERAS[1]
"""A camera that was out and is back, and one that is out."""

MINUTE_US = 60_000_000


@pytest.fixture(scope="module")
async def ivory(shared_house: House) -> Person:
    """An issuer, signed in, after Hollis drew a camera, brought it back a minute later, and drew another."""
    desk = await shared_house.sign_in("ivory")
    assert (await desk.post("/api/v1/issues", camera(force.HOLLIS, BACK))).status_code == 201
    shared_house.hand.now_us += MINUTE_US
    returned = await desk.post("/api/v1/returns", {"store_id": force.MEDWAY, "items": [{"item_id": BACK}]})
    assert returned.status_code == 200
    assert (await desk.post("/api/v1/issues", camera(force.HOLLIS, OUT))).status_code == 201
    return desk


async def pages(person: Person, path: str, **params: Any) -> list[list[dict[str, Any]]]:
    """Every page of a list."""
    found = []
    cursor: dict[str, str] = {}
    while True:
        answer = await person.get(path, **params, **cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found.append(page["rows"])
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}
        assert len(found) < 100, "the list never ends"


@pytest.mark.parametrize("limit", [1, 7, 24, 25, 500])
async def test_every_item_is_on_exactly_one_page(ivory: Person, limit: int) -> None:
    shown = await pages(ivory, ITEMS, limit=limit)
    ids = [row["item_id"] for page in shown for row in page]
    ids = [each for each in ids if each != NEW]
    assert set(ids) == ALL
    assert len(ids) == len(ALL)
    assert all(len(page) == limit for page in shown[:-1])
    assert shown[-1], "no page is empty"


async def test_a_page_asked_for_later_does_not_shift_when_items_come_in_between(
    shared_house: House, ivory: Person
) -> None:
    first = (await ivory.get(ITEMS, limit=10, kind="CED_CARTRIDGE")).json()
    new = force._item(NEW, "CED_CARTRIDGE", "T7", purpose="LIVE_DUTY", variant="STANDOFF", expires_on="2029-01-31")
    await shared_house.service.database.awrite(lambda tx: tx.conn.execute(sa.insert(item).values(new)))
    second = (await ivory.get(ITEMS, limit=10, kind="CED_CARTRIDGE", cursor=first["next"])).json()
    again = (await ivory.get(ITEMS, limit=10, kind="CED_CARTRIDGE", cursor=first["next"])).json()
    seen = [row["item_id"] for row in (*first["rows"], *second["rows"])]
    assert seen == list(force.CARTRIDGES), "none twice, none lost, in order"
    assert again == second


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
async def test_a_beginning_of_serials_is_paged_in_the_order_of_serials(ivory: Person, limit: int) -> None:
    for also in ({}, {"store_id": force.MEDWAY}, {"kind": "BWV_CAMERA"}):
        shown = await pages(ivory, ITEMS, q="x0024", limit=limit, **also)
        found = [row["serial"] for page in shown for row in page]
        there = [force.serial(each) for each in force.CAMERAS if each != OUT or "store_id" not in also]
        assert found == there, "none twice, none lost"


async def test_a_page_of_one_list_does_not_go_on_in_another(ivory: Person) -> None:
    begun = (await ivory.get(ITEMS, q="x0024", limit=1)).json()["next"]
    whole = (await ivory.get(ITEMS, limit=1)).json()["next"]
    for cursor, also in ((begun, {}), (whole, {"q": "x0024"})):
        answer = await ivory.get(ITEMS, cursor=cursor, **also)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")


async def test_filters_narrow_and_combine(ivory: Person) -> None:
    async def ids(**params: Any) -> set[int]:
        return {row["item_id"] for page in await pages(ivory, ITEMS, **params) for row in page}

    assert await ids(kind="BWV_CAMERA") == set(force.CAMERAS)
    assert await ids(kind="CED_HANDLE", store_id=force.DOVER) == {force.DOVER_HANDLE}
    assert await ids(kind="BWV_CAMERA", store_id=force.MEDWAY) == set(force.CAMERAS) - {OUT}
    assert await ids(model="T7", kind="CED_BATTERY") == set(force.BATTERIES)
    assert await ids(q="x0024") == set(force.CAMERAS), "a serial begun, however it is typed"
    assert await ids(q=" X00241 ") == {BACK}
    assert await ids(q="%") == await ids(q="_") == set(), "no letter stands for others"
    assert await ids(kind="CED_HANDLE", model="NO-SUCH") == set()


async def test_an_unchanged_list_and_item_need_not_be_sent_again(ivory: Person) -> None:
    for path in (f"{ITEMS}?kind=SBG", f"{ITEMS}/{force.GUARDS[0]}"):
        first = await ivory.client.get(path)
        again = await ivory.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        other = await ivory.client.get(path, headers={"If-None-Match": '"another"'})
        assert (other.status_code, other.content) == (200, first.content)
        assert "private" in first.headers["cache-control"]


async def test_the_etag_changes_with_the_item(shared_house: House, ivory: Person) -> None:
    path = f"{ITEMS}/{force.GUARDS[1]}"
    before = await ivory.get(path)
    admin = await shared_house.sign_in("admin")
    hold = {"item_id": force.GUARDS[1], "reason": "RECALL", "detail": "a notice"}
    assert (await admin.post("/api/v1/holds", hold)).status_code == 201
    after = await ivory.client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert [each["reason"] for each in after.json()["holds"]] == ["RECALL"]


async def test_an_items_life_is_told_from_the_ledger_oldest_first(ivory: Person) -> None:
    life = (await ivory.get(f"{ITEMS}/{BACK}/life")).json()
    assert [each["kind"] for each in life] == ["RECEIVED", "ISSUED", "RETURNED"]
    assert [each["seq"] for each in life] == [1, 2, 3]
    issued = life[1]
    assert (issued["taker"], issued["taker_id"], issued["at_us"]) == ("PERSON", force.HOLLIS, force.NOW)
    assert issued["people"]["taker"]["collar"] == "4417"
    assert issued["people"]["by_person"]["id"] == force.ISSUER
    assert issued["decision_id"]
    assert (await ivory.get(f"{ITEMS}/{99_999}/life")).status_code == 404


async def test_who_had_it_is_answered_for_every_moment(ivory: Person) -> None:
    async def had(at_us: int) -> tuple[str, int] | int:
        answer = await ivory.get(f"{ITEMS}/{BACK}/had", at_us=at_us)
        told = answer.json()
        return (told["holder"], told["holder_id"]) if answer.status_code == 200 else answer.status_code

    back_us = force.NOW + MINUTE_US
    assert await had(force.NOW - 1) == ("STORE", force.MEDWAY)
    assert await had(force.NOW) == ("PERSON", force.HOLLIS)
    assert await had(back_us - 1) == ("PERSON", force.HOLLIS)
    assert await had(back_us) == ("STORE", force.MEDWAY)
    assert await had(1) == 404, "before the ledger knew it"
    then = (await ivory.get(f"{ITEMS}/{BACK}/had", at_us=force.NOW)).json()
    assert then["person"]["name"].endswith("Hollis")
    assert (then["opened_us"], then["closed_us"]) == (force.NOW, back_us)


@pytest.mark.parametrize(
    ("text", "items", "people"),
    [
        (force.serial(BACK), {BACK}, set()),
        (force.serial(BACK).lower(), {BACK}, set()),
        (f" {force.serial(BACK)} ", {BACK}, set()),
        ("4417", set(), {force.HOLLIS}),
        (force.card(force.HOLLIS), set(), {force.HOLLIS}),
        ("NO-SUCH-THING", set(), set()),
    ],
)
async def test_a_code_finds_what_the_hatch_would_make_of_it(
    ivory: Person, text: str, items: set[int], people: set[int]
) -> None:
    found = (await ivory.get(SEARCH, q=text)).json()
    assert {row["item_id"] for row in found["exact_items"]} == items
    assert {row["id"] for row in found["exact_people"]} == people


async def test_a_name_or_serial_begun_finds_everything_that_begins_so(ivory: Person) -> None:
    by_name = (await ivory.get(SEARCH, q="holl")).json()
    assert [row["family_name"] for row in by_name["people"]] == ["Hollis"]
    assert (by_name["exact_people"], by_name["items"]) == ([], [])
    by_serial = (await ivory.get(SEARCH, q="x0024")).json()
    assert {row["item_id"] for row in by_serial["items"]} == set(force.CAMERAS)
    both = (await ivory.get(PEOPLE, q="alex h")).json()
    assert [row["collar"] for row in both] == ["4417"], "every word must fit"
    assert (await ivory.get(SEARCH, q="%")).json()["people"] == []
    assert (await ivory.get(PEOPLE, q="zz")).json() == []


async def test_a_search_is_logged_with_its_words_and_whom_it_found(shared_house: House, ivory: Person) -> None:
    before = len(shared_house.lines())
    await ivory.get(SEARCH, q="Mercer")
    line = shared_house.lines()[before:]
    assert [(each["operation"], each["query"], each["subjects"]) for each in line] == [
        ("CONSULTATION", "Mercer", f"[{force.MERCER}]")
    ]


async def test_a_person_is_shown_to_themselves_and_to_who_may_look(shared_house: House, ivory: Person) -> None:
    seen = (await ivory.get(f"{PEOPLE}/{force.HOLLIS}")).json()
    assert [row["item_id"] for row in seen["holdings"]] == [OUT]
    assert {row["kind"]: row["may"] for row in seen["may_draw"]}["CED_HANDLE"] is True
    hollis = await shared_house.sign_in("hollis")
    assert (await hollis.get(f"{PEOPLE}/{force.HOLLIS}")).json()["person"]["collar"] == "4417"
    assert (await hollis.get(f"{PEOPLE}/{force.MERCER}")).status_code == 403
    assert (await hollis.get(SEARCH, q="Mercer")).status_code == 403
    assert (await ivory.get(f"{PEOPLE}/99999")).status_code == 404


async def test_what_is_asked_wrongly_names_the_parameter(ivory: Person) -> None:
    wrong = [
        (f"{ITEMS}?limit=0", "limit"), (f"{ITEMS}?limit=501", "limit"), (f"{ITEMS}?limit=ten", "limit"),
        (f"{ITEMS}?cursor=zz", "cursor"), (f"{ITEMS}?cursor=%21%21", "cursor"), (f"{ITEMS}?cursor=WyJhIl0", "cursor"),
        (f"{ITEMS}?store_id=0", "store_id"), (f"{ITEMS}?q={'x' * 121}", "q"), (f"{ITEMS}/{BACK}/had", "at_us"),
        (f"{ITEMS}/{BACK}/had?at_us=-1", "at_us"), (SEARCH, "q"), (f"{PEOPLE}?q=", "q"),
    ]  # fmt: skip
    for path, field in wrong:
        answer = await ivory.client.get(path)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), (path, answer.text)
