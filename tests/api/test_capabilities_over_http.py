"""Capabilities: given by an administrator to somebody else, with dates, and never two that may not meet."""

import itertools

import pytest

from inventory.people.capabilities import INCOMPATIBLE, WORKING
from inventory.schema.words import CAPABILITIES
from tests import small_force as force
from tests.api.conftest import ADMIN, AUDITOR, Hand, House, Person

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(house: House) -> Person:
    """An administrator of every store, signed in."""
    return await house.sign_in("admin")


def at(person_id: int) -> str:
    """Where a person's capabilities are."""
    return f"/api/v1/people/{person_id}/capabilities"


async def test_a_capability_is_in_force_within_the_same_breath_and_ends_so(house: House, admin: Person) -> None:
    hollis = await house.sign_in("hollis")
    path = f"/api/v1/people/{force.MERCER}"
    assert (await hollis.get(path)).status_code == 403
    given = await admin.post(at(force.HOLLIS), {"capability": "INSTRUCTOR", "reason": "runs the November course"})
    assert given.status_code == 201
    assert (await hollis.get(path)).status_code == 200
    grant_id = given.json()["grant_id"]
    assert (await admin.post(f"/api/v1/capabilities/{grant_id}/end")).status_code == 204
    assert (await hollis.get(path)).status_code == 403
    rows = (await admin.get(at(force.HOLLIS))).json()
    assert [(row["capability"], row["granted_by"], row["to_us"]) for row in rows] == [
        ("INSTRUCTOR", ADMIN, house.hand.now_us)
    ]


async def test_a_capability_given_until_a_time_is_gone_then(house: House, admin: Person, hand: Hand) -> None:
    body = {"capability": "INSTRUCTOR", "reason": "one week", "to_us": hand.now_us + 3_600_000_000}
    assert (await admin.post(at(force.HOLLIS), body)).status_code == 201
    hollis = await house.sign_in("hollis")
    path = f"/api/v1/people/{force.MERCER}"
    assert (await hollis.get(path)).status_code == 200
    for _ in range(3):  # in steps, so that the sign-in itself does not go idle
        hand.now_us += 1_200_000_000
        answer = await hollis.get("/api/v1/me")
    assert answer.json()["capabilities"] == []
    assert (await hollis.get(path)).status_code == 403


async def test_nobody_gives_a_capability_to_themselves(admin: Person) -> None:
    answer = await admin.post(at(ADMIN), {"capability": "ISSUER", "reason": "because"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-allowed")


async def test_whoever_audits_issues_nothing_and_whoever_issues_audits_nothing(admin: Person) -> None:
    for person_id, capability, held in ((AUDITOR, "ISSUER", "AUDITOR"), (force.ISSUER, "AUDITOR", "ISSUER")):
        answer = await admin.post(at(person_id), {"capability": capability, "reason": "short of people"})
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["field"], error["got"]) == ("capability", capability)
        assert error["expected"] == f"one that may be held together with {held}" or held in error["expected"]


async def test_a_pair_that_meets_in_no_store_may_stand(admin: Person) -> None:
    first = {"capability": "TRAINING_RECORDER", "store_id": force.MEDWAY, "reason": "records for Medway"}
    assert (await admin.post(at(force.HOLLIS), first)).status_code == 201
    elsewhere = {"capability": "CED_SPOC", "store_id": force.DOVER, "reason": "answers for Dover"}
    assert (await admin.post(at(force.HOLLIS), elsewhere)).status_code == 201
    everywhere = {"capability": "CED_SPOC", "reason": "answers for all"}
    assert (await admin.post(at(force.HOLLIS), everywhere)).status_code == 422


async def test_only_an_administrator_of_that_store_gives_capabilities(house: House, admin: Person) -> None:
    ivory = await house.sign_in("ivory")
    body = {"capability": "INSTRUCTOR", "store_id": force.MEDWAY, "reason": "because"}
    assert (await ivory.post(at(force.HOLLIS), body)).status_code == 403
    local = {"capability": "ADMINISTRATOR", "store_id": force.DOVER, "reason": "administers Dover"}
    assert (await admin.post(at(force.HOLLIS), local)).status_code == 201
    hollis = await house.sign_in("hollis")
    assert (await hollis.post(at(force.MERCER), body)).status_code == 403
    assert (await hollis.post(at(force.MERCER), body | {"store_id": force.DOVER})).status_code == 201


def test_the_pairs_speak_of_capabilities_that_exist_and_part_checking_from_doing() -> None:
    assert {each for pair in INCOMPATIBLE for each in pair} <= set(CAPABILITIES)
    for checker, worker in itertools.product(("AUDITOR", "LOG_READER"), WORKING):
        assert frozenset({checker, worker}) in INCOMPATIBLE
    assert frozenset({"AUDITOR", "LOG_READER"}) not in INCOMPATIBLE
