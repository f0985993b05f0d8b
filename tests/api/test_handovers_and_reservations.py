"""Kit from officer to officer, and kit that is kept for somebody, over HTTP: routes, files and pages."""

from typing import Any

import pytest

from inventory.custody.life import holdings
from tests import small_force as force
from tests.api.conftest import PIN, House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio
AT = f"/api/v1/hatch/{force.HATCH}"
KIT = (force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4])


@pytest.fixture(scope="module")
async def house(shared_house: House) -> House:
    """The small force."""
    return shared_house


def has(house: House, person_id: int) -> set[int]:
    with house.service.database.reading() as conn:
        return {each["item_id"] for each in holdings(conn, person_id)}


def named(*ids: int) -> list[dict[str, Any]]:
    return [{"item_id": each} for each in ids]


async def drawn_by_hollis(ivory: Person, *items: int) -> None:
    ask = {"person_id": force.HOLLIS, "store_id": force.MEDWAY, "items": named(*items), "fit_declared": True,
           "function_tests": [force.HANDLES[0]], "authenticated_by": "FACE"}  # fmt: skip
    done = await ivory.post("/api/v1/issues", ask)
    assert done.status_code == 201, done.text


async def test_a_set_changes_hands_at_a_desk_by_three_who_each_prove_who_they_are(house: House) -> None:
    ivory = await house.sign_in("ivory")
    await drawn_by_hollis(ivory, *KIT)
    giver, receiver = {"name": "hollis", "pin": PIN}, {"name": "sefton", "pin": PIN}
    body = {"store_id": force.MEDWAY, "giver": giver, "receiver": receiver, "items": named(*KIT), "fit_declared": True,
            "function_tests": [force.HANDLES[0]], "charges": [{"item_id": force.BATTERIES[0], "percent": 80}],
            "reason": "Relieved on the cordon"}  # fmt: skip
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"giver": giver | {"pin": "1111"}}, 403), ({"receiver": receiver | {"pin": "1111"}}, 403),
        ({"receiver": {"name": "ivory", "pin": PIN}}, 422), ({"receiver": giver}, 409),
        ({"giver": receiver, "receiver": giver}, 409), ({"items": []}, 400),
    ]  # fmt: skip
    for changes, code in wrong:
        answer = await ivory.post("/api/v1/handovers", body | changes)
        assert answer.status_code == code, (changes, answer.text)
    refused = await ivory.post("/api/v1/handovers", body | {"fit_declared": False})
    codes = [each["code"] for each in refused.json()["refusals"]]
    assert (refused.status_code, codes) == (403, ["FITNESS_NOT_DECLARED"])
    assert refused.json()["detail"].endswith("It can be handed in at the store instead: a return is never refused.")
    assert has(house, force.HOLLIS) == set(KIT), "nothing has moved"
    done = await ivory.post("/api/v1/handovers", body)
    assert done.status_code == 201, done.text
    assert (done.json()["giver"], done.json()["receiver"]) == ("PC Hollis 4417", "PS Sefton 4421")
    assert has(house, force.SECOND_ISSUER) == set(KIT)
    life = (await ivory.get(f"/api/v1/items/{force.HANDLES[0]}/life")).text
    assert life.count(f"handover {done.json()['id']}") == 2
    rows = (await ivory.get("/api/v1/handovers", store_id=force.MEDWAY)).json()["rows"]
    assert [(each["id"], each["reason"]) for each in rows] == [(done.json()["id"], "Relieved on the cordon")]
    file = await ivory.get("/api/v1/handovers.csv", recipient="the auditor")
    assert f"{force.serial(force.HANDLES[0])}" in file.text
    page = await ivory.get(f"/stores/{force.MEDWAY}/handovers")
    assert (page.status_code, "Relieved on the cordon" in page.text) == (200, True)
    for each in KIT:
        await ivory.post("/api/v1/returns", {"store_id": force.MEDWAY, "items": [{"item_id": each}]})


async def test_two_officers_at_a_kiosk_hand_over_by_card_scan_and_pin(house: House) -> None:
    kiosk = await house.kiosk()
    await drawn_by_hollis(kiosk, force.CAMERAS[0])

    async def act(path: str, **body: Any) -> dict[str, Any]:
        house.hand.now_us += 4_000_000
        answer = await kiosk.post(path, body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    said = await act(f"{AT}/scan", text="4417")
    visit = f"/api/v1/visits/{said['view']['visit']['id']}"
    assert (await kiosk.post(f"{visit}/giver", {"check": "FACE"})).status_code == 422, "nobody hands over yet"
    await act(f"{visit}/handover", side="GIVES")
    said = await act(f"{AT}/scan", text="4418")
    assert said["view"]["visit"]["handover"]["giver"]["collar"] == "4417"
    visit = f"/api/v1/visits/{said['view']['visit']['id']}"
    said = await act(f"{AT}/scan", text=force.serial(force.CAMERAS[0]))
    assert said["outcome"] == "IN_SET", said["sentences"]
    assert (await kiosk.post(f"{visit}/giver", {"check": "PIN", "pin": "1111"})).status_code == 403
    assert (await kiosk.post(f"{visit}/giver", {"check": "PIN"})).status_code == 422
    assert (await act(f"{visit}/giver", check="PIN", pin=PIN))["outcome"] == "GIVER_PROVED"
    assert (await act(f"{visit}/complete", check="FACE"))["outcome"] == "COMPLETED"
    assert has(house, force.MERCER) == {force.CAMERAS[0]}
    shown = (await kiosk.get(f"/hatch/{force.HATCH}")).text
    assert 'id="handing"' in shown


def larch(now: int) -> dict[str, Any]:
    """A camera and a handle for PC Hollis, for an hour."""
    return {"store_id": force.MEDWAY, "people": [{"collar": "4417"}], "from_us": now, "to_us": now + force.HOUR,
           "reason": "=Op Larch", "items": named(force.CAMERAS[1]),
           "kinds": [{"kind": "CED_HANDLE", "model": "T7", "quantity": 1}]}  # fmt: skip


async def test_what_cannot_be_reserved_is_sent_back(house: House) -> None:
    ivory, hollis = await house.sign_in("ivory"), await house.sign_in("hollis")
    now = house.hand.now_us
    new = larch(now)
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"people": [{"collar": "0000"}]}, 422), ({"people": []}, 400), ({"to_us": now}, 422),
        ({"store_id": force.DOVER}, 403), ({"items": named(force.DOVER_HANDLE)}, 409),
    ]  # fmt: skip
    for changes, code in wrong:
        answer = await ivory.post("/api/v1/reservations", new | changes)
        assert answer.status_code == code, (changes, answer.text)
    assert (await hollis.post("/api/v1/reservations", new)).status_code == 403
    assert (await ivory.post("/api/v1/reservations/1/end", {"reason": "It is off"})).status_code == 404


async def test_what_is_reserved_is_kept_listed_filed_shown_and_ended(house: House) -> None:
    ivory, hollis = await house.sign_in("ivory"), await house.sign_in("hollis")
    new = larch(house.hand.now_us)
    made = await ivory.post("/api/v1/reservations", new)
    assert made.status_code == 201, made.text
    row = made.json()
    assert (row["state"], row["people"]) == ("IN_FORCE", ["PC Hollis 4417"])
    assert [each["said"] for each in row["lines"]] == [
        f"Body-worn camera {force.serial(force.CAMERAS[1])}", "1 T7 TASER handle",
    ]  # fmt: skip
    again = await ivory.post("/api/v1/reservations", new)
    assert (again.status_code, again.json()["refusals"][0]["item_id"]) == (409, force.CAMERAS[1])
    other = {"person_id": force.PCSO, "store_id": force.MEDWAY, "items": named(force.CAMERAS[1])}
    asked = await ivory.post("/api/v1/issues/ask", other)
    assert [each["code"] for each in asked.json()["reasons"] if each["stops"]] == ["RESERVED"]
    pages = {f"/stores/{force.MEDWAY}/reservations": "Op Larch", f"/items/{force.CAMERAS[1]}": "Reserved until",
             f"/stores/{force.MEDWAY}": "1 now or to come"}  # fmt: skip
    for page, says in pages.items():
        shown = await ivory.get(page)
        assert (shown.status_code, says in shown.text) == (200, True), page
    item = await hollis.get(f"/items/{force.CAMERAS[1]}")
    assert ("Reserved until" in item.text, "Op Larch" in item.text) == (True, False), "for whom is not everybody's"
    file = await ivory.get("/api/v1/reservations.csv", recipient="the auditor")
    assert "'=Op Larch" in file.text
    end = f"/api/v1/reservations/{row['id']}/end"
    assert (await ivory.post(end, {"reason": "x"})).status_code == 400
    ended = await ivory.post(end, {"reason": "It is off"})
    assert (ended.status_code, ended.json()["state"]) == (200, "ENDED")
    assert (await ivory.post(end, {"reason": "It is off"})).status_code == 409
    listed = (await ivory.get("/api/v1/reservations", store_id=force.MEDWAY, limit=1)).json()["rows"]
    assert [(each["id"], each["ended_reason"]) for each in listed] == [(row["id"], "It is off")]
