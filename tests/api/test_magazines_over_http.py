"""Magazines over HTTP: loaded and unloaded by who may, returned serial by serial, looked at by anybody signed in."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests import small_force as force
from tests import t10
from tests.api.conftest import Hand, House, Person, running

pytestmark = pytest.mark.anyio
FIRST, OTHER, _ = t10.MAGAZINES
TEN = t10.inside()


@pytest.fixture(scope="module")
def with_t10(make_database: Callable[..., str], staffed: str) -> str:
    """URL of the staffed force with the T10 kit."""
    url = make_database(template=staffed)
    t10.add_to(url)
    return url


@pytest.fixture
async def house(make_database: Callable[..., str], with_t10: str, hand: Hand) -> AsyncIterator[House]:
    """The service on a fresh copy of it."""
    async with running(make_database(template=with_t10), hand) as house:
        yield house


def named(*ids: int) -> dict[str, Any]:
    return {"cartridges": [{"item_id": each} for each in ids]}


async def load(who: Person, magazine: int, *ids: int) -> httpx.Response:
    return await who.post(f"/api/v1/magazines/{magazine}/load", named(*ids))


async def issue(who: Person) -> None:
    ask = {
        "person_id": force.HOLLIS, "store_id": force.MEDWAY, "fit_declared": True, "authenticated_by": "FACE",
        "items": [{"item_id": each} for each in (t10.HANDLES[0], t10.BATTERIES[0], FIRST)],
        "planned_return_us": force.SHIFT_ENDS, "function_tests": [t10.HANDLES[0]],
        "charges": [{"item_id": t10.BATTERIES[0], "percent": 90}],
    }  # fmt: skip
    answer = await who.post("/api/v1/issues", ask)
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["item_ids"]) == 13


async def test_a_magazine_is_loaded_by_serial_and_says_what_keeps_it_back(house: House) -> None:
    ivory = await house.sign_in("ivory")
    by_serial = {"cartridges": [{"kind": "CED_CARTRIDGE", "serial": force.serial(each)} for each in TEN[:2]]}
    answer = await ivory.post(f"/api/v1/magazines/{FIRST}/load", by_serial)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "item_id": FIRST, "serial": "X00421", "model": "T10", "capacity": 10,
        "cartridges": [{"item_id": TEN[0], "serial": "X00431", "place": 1},
                       {"item_id": TEN[1], "serial": "X00432", "place": 2}],
        "told": ["Magazine X00421 is recorded with 2 cartridges, not 10."],
    }  # fmt: skip
    assert (await load(ivory, FIRST, *TEN[2:])).json()["told"] == []
    looked = await (await house.sign_in("hollis")).get(f"/api/v1/magazines/{FIRST}")
    assert [each["item_id"] for each in looked.json()["cartridges"]] == list(TEN)
    life = (await ivory.get(f"/api/v1/items/{TEN[0]}/life")).json()
    assert (life[-1]["kind"], life[-1]["people"]["by_person"]["id"]) == ("LOADED", force.ISSUER)


async def test_what_bars_a_loading_is_told_whole(house: House) -> None:
    ivory = await house.sign_in("ivory")
    answer = await load(ivory, FIRST, t10.EXPIRED, t10.OF_DOVER, TEN[0])
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems/not-loaded")
    assert {each["item_id"] for each in problem["refusals"]} == {t10.EXPIRED, t10.OF_DOVER}
    assert all(each["sentence"] in problem["detail"] and each["remedy"] for each in problem["refusals"])
    assert (await ivory.get(f"/api/v1/magazines/{FIRST}")).json()["cartridges"] == []


async def test_what_is_no_magazine_is_not_found_and_what_is_not_known_is_named(house: House) -> None:
    ivory = await house.sign_in("ivory")
    assert (await ivory.get(f"/api/v1/magazines/{TEN[0]}")).status_code == 404
    assert (await load(ivory, 999_999, TEN[0])).status_code == 404
    assert (await load(ivory, FIRST, 999_999)).status_code == 404
    unknown = await ivory.post(f"/api/v1/magazines/{FIRST}/load", {"cartridges": [{"serial": "NONE"}]})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "cartridges[0].serial")
    assert (await ivory.post(f"/api/v1/magazines/{FIRST}/load", {"cartridges": []})).status_code in (400, 422)


async def test_only_who_works_in_the_store_loads_and_unloads(house: House) -> None:
    for name, code in (("hollis", 403), ("auditor", 403), ("manager", 200), ("admin", 200)):
        who = await house.sign_in(name)
        assert (await load(who, FIRST, TEN[0])).status_code == code, name
        answer = await who.post(f"/api/v1/magazines/{FIRST}/unload", named(TEN[0]))
        assert answer.status_code == code, name
    assert (await load(house.browser(), FIRST, TEN[0])).status_code in (401, 403)


async def test_a_magazine_that_is_out_is_neither_loaded_nor_unloaded(house: House) -> None:
    ivory = await house.sign_in("ivory")
    await load(ivory, FIRST, *TEN)
    await issue(ivory)
    for act in ("load", "unload"):
        answer = await ivory.post(f"/api/v1/magazines/{FIRST}/{act}", named(TEN[0]))
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-loaded")
        assert "out with somebody" in answer.json()["detail"]
    assert house.lines()[-1]["subjects"] == f"[{force.HOLLIS}]", "whose kit was asked for is in the log"


async def test_a_return_answers_for_each_serial_of_a_magazine(house: House) -> None:
    ivory = await house.sign_in("ivory")
    await load(ivory, FIRST, *TEN)
    await issue(ivory)
    said = [{"item_id": TEN[0], "condition": "USED"}, {"item_id": TEN[1], "condition": "MISSING"}]
    body = {"store_id": force.MEDWAY, "items": [{"item_id": FIRST, "condition": "USED", "cartridges": said}]}
    answer = await ivory.post("/api/v1/returns", body)
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["items"]
    assert (row["word"], row["from_person"], row["out_of"]) == ("RETURNED", force.HOLLIS, None)
    words = {each["item_id"]: (each["word"], each["hold"]) for each in row["along"]}
    assert words == {
        TEN[0]: ("RETURNED", "WITHDRAWN"), TEN[1]: ("MISSING", None), **dict.fromkeys(TEN[2:], ("RETURNED", None)),
    }  # fmt: skip
    assert len({each["entry_id"] for each in row["along"] if each["entry_id"]}) == 9
    held = (await ivory.get(f"/api/v1/people/{force.HOLLIS}")).json()["holdings"]
    assert {each["item_id"] for each in held} == {t10.HANDLES[0], t10.BATTERIES[0], TEN[1]}
    alarms = (await ivory.get(f"/api/v1/alarms?store_id={force.MEDWAY}")).json()["rows"]
    assert [(each["kind"], each["item_id"]) for each in alarms] == [("RETURN_SHORT", TEN[1])]


async def test_what_is_said_to_be_in_a_magazine_must_be_in_it(house: House) -> None:
    ivory = await house.sign_in("ivory")
    said = [{"item_id": TEN[0], "condition": "MISSING"}]
    body = {"store_id": force.MEDWAY, "items": [{"item_id": FIRST, "cartridges": said}]}
    answer = await ivory.post("/api/v1/returns", body)
    assert (answer.status_code, answer.json()["detail"]) == (404, f"Item {TEN[0]} is not loaded in item {FIRST}.")
    wrong = {"store_id": force.MEDWAY, "items": [{"item_id": FIRST, "cartridges": [{"condition": "USED"}]}]}
    answer = await ivory.post("/api/v1/returns", wrong)
    assert answer.json()["errors"][0]["field"] == "items[0].cartridges[0]"


async def test_a_touch_at_the_kiosk_says_which_cartridge_is_not_there(house: House) -> None:
    kiosk = await house.kiosk()
    await load(kiosk, FIRST, *TEN)
    await issue(kiosk)
    for text in (force.serial(FIRST), "4417"):
        said = await kiosk.post(f"/api/v1/hatch/{force.HATCH}/scan", {"text": text})
    assert said.json()["view"]["visit"]["lines"] == [], "it came back before the visit"
    await issue_again(house, kiosk)
    said = await kiosk.post(f"/api/v1/hatch/{force.HATCH}/scan", {"text": force.serial(FIRST)})
    visit = said.json()["view"]["visit"]
    line = next(each["id"] for each in visit["lines"] if each["item_id"] == TEN[4])
    said = await kiosk.post(f"/api/v1/visits/{visit['id']}/lines/{line}/cartridge", {"word": "MISSING"})
    assert (said.status_code, said.json()["outcome"]) == (200, "MISSING"), said.text
    again = await kiosk.post(f"/api/v1/visits/{visit['id']}/lines/{line}/cartridge", {"word": "USED"})
    assert again.status_code == 404
    elsewhere = await (await house.sign_in("ivory")).post(
        f"/api/v1/visits/{visit['id']}/lines/{line}/cartridge", {"word": "USED"}
    )
    assert elsewhere.status_code == 403, "only at the kiosk"


async def issue_again(house: House, who: Person) -> None:
    """What is still out comes back, and the whole set goes out once more."""
    rest = {"store_id": force.MEDWAY, "items": [{"item_id": t10.HANDLES[0]}, {"item_id": t10.BATTERIES[0]}]}
    assert (await who.post("/api/v1/returns", rest)).status_code == 200
    house.hand.now_us += 1_000_000
    await issue(who)
