"""A visit at the hatch by wedge and touch, over HTTP: the card, the scans, the touches, the countersign, the return."""

from typing import Any

import pytest
import sqlalchemy as sa

from inventory.people.credentials import Bind, bind
from inventory.schema.custody import custody, decision, visit
from inventory.schema.oversight import processing_log
from tests import small_force as force
from tests.api.conftest import PIN, Hand, House, Person

pytestmark = pytest.mark.anyio
AT = f"/api/v1/hatch/{force.HATCH}"
SECOND_US = 1_000_000


@pytest.fixture
async def kiosk(house: House) -> Person:
    """The Medway kiosk with an issuer signed in."""
    return await house.kiosk()


async def scan(kiosk: Person, text: str) -> dict[str, Any]:
    """Type or scan a text at the hatch."""
    answer = await kiosk.post(f"{AT}/scan", {"text": text})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def draw(kiosk: Person, *item_ids: int, collar: str = "4417") -> dict[str, Any]:
    """Open a visit by collar and scan kit; the last answer."""
    said = await scan(kiosk, collar)
    for item_id in item_ids:
        said = await scan(kiosk, force.serial(item_id))
    return said


def held_by(house: House, person_id: int) -> set[int]:
    """The items a person holds now."""
    now = sa.select(custody.c.item_id).where(custody.c.person_id == person_id, custody.c.closed_entry.is_(None))
    with house.service.database.reading() as conn:
        return set(conn.execute(now).scalars())


def visits(house: House) -> list[tuple[Any, ...]]:
    """Every visit: its state, how the drawer was made sure of, and who issued."""
    columns = (visit.c.state, visit.c.authenticated_by, visit.c.by_person)
    with house.service.database.reading() as conn:
        return [tuple(row) for row in conn.execute(sa.select(*columns).order_by(visit.c.id))]


async def test_a_whole_visit_from_the_collar_to_the_countersign_and_back(house: House, kiosk: Person) -> None:
    kit = (force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4])
    said = await draw(kiosk, *kit)
    assert (said["outcome"], said["light"]) == ("IN_SET", "green")
    shown = said["view"]["visit"]
    assert not shown["ready_to_complete"]
    lines = {line["item_id"]: line for line in shown["lines"]}
    visit_at = f"/api/v1/visits/{shown['id']}"
    handle, battery = lines[force.HANDLES[0]], lines[force.BATTERIES[0]]
    assert handle["function_test_needed"]
    tested = await kiosk.post(f"{visit_at}/lines/{handle['id']}/function-test", {"passed": True})
    assert tested.json()["outcome"] == "TESTED"
    charged = await kiosk.post(f"{visit_at}/lines/{battery['id']}/charge", {"percent": 88})
    assert charged.json()["outcome"] == "CHARGE_SET"
    fit = (await kiosk.post(f"{visit_at}/declare-fit", {})).json()
    assert (fit["outcome"], fit["view"]["visit"]["ready_to_complete"]) == ("DECLARED", True)
    assert held_by(house, force.HOLLIS) == set(), "nothing passes before the countersign"
    done = (await kiosk.post(f"{visit_at}/complete", {"check": "FACE"})).json()
    assert (done["outcome"], done["light"], done["tone"]) == ("COMPLETED", "green", "issued")
    assert held_by(house, force.HOLLIS) == set(kit)
    assert visits(house) == [("COMPLETED", "FACE", force.ISSUER)]
    back = await scan(kiosk, force.serial(force.HANDLES[0]))
    assert (back["outcome"], back["tone"]) == ("RETURNED", "returned")
    assert held_by(house, force.HOLLIS) == set(kit) - {force.HANDLES[0]}


async def test_the_drawers_own_pin_proves_the_drawer(house: House, kiosk: Person) -> None:
    shown = (await draw(kiosk, force.CAMERAS[0]))["view"]["visit"]
    await kiosk.post(f"/api/v1/visits/{shown['id']}/declare-fit", {})
    done = await kiosk.post(f"/api/v1/visits/{shown['id']}/complete", {"check": "PIN", "pin": PIN})
    assert done.json()["outcome"] == "COMPLETED", done.text
    assert visits(house) == [("COMPLETED", "PIN", force.ISSUER)]


async def test_another_issuers_card_and_pin_countersign(house: House, kiosk: Person) -> None:
    shown = (await draw(kiosk, force.CAMERAS[0], collar="4418"))["view"]["visit"]  # Mercer has no PIN
    await kiosk.post(f"/api/v1/visits/{shown['id']}/declare-fit", {})
    assert (await scan(kiosk, "4421"))["outcome"] == "COUNTERSIGN_NEEDED"
    done = await kiosk.post(f"/api/v1/visits/{shown['id']}/complete", {"check": "PIN", "pin": PIN})
    assert done.json()["outcome"] == "COMPLETED", done.text
    assert visits(house) == [("COMPLETED", "FACE", force.SECOND_ISSUER)]
    assert held_by(house, force.MERCER) == {force.CAMERAS[0]}


async def test_guessing_a_pin_becomes_slow_and_issues_nothing(house: House, kiosk: Person, hand: Hand) -> None:
    shown = (await draw(kiosk, force.CAMERAS[0]))["view"]["visit"]
    path = f"/api/v1/visits/{shown['id']}/complete"
    assert (await kiosk.post(path, {"check": "PIN"})).json()["errors"][0]["field"] == "pin"
    answers = [await kiosk.post(path, {"check": "PIN", "pin": f"11111{n}"}) for n in range(6)]
    assert [each.status_code for each in answers] == [403] * 5 + [429]
    assert answers[0].json()["errors"][0]["field"] == "pin"
    assert answers[5].headers["retry-after"] == "30"
    assert (await kiosk.post(path, {"check": "PIN", "pin": PIN})).status_code == 429
    assert held_by(house, force.HOLLIS) == set()
    assert [state for state, *_ in visits(house)] == ["OPEN"]
    hand.now_us += 31 * SECOND_US
    await kiosk.post(f"/api/v1/visits/{shown['id']}/declare-fit", {})
    done = await kiosk.post(path, {"check": "PIN", "pin": PIN})
    assert (done.status_code, done.json().get("outcome")) == (200, "COMPLETED"), done.text


async def test_a_refusal_is_said_with_every_reason_and_what_puts_it_right(house: House, kiosk: Person) -> None:
    said = await draw(kiosk, force.HANDLES[0], collar="4419")
    assert (said["outcome"], said["light"], said["tone"]) == ("REFUSED", "red", "refused")
    assert said["sentences"]
    assert said["remedies"]
    assert [line["word"] for line in said["view"]["visit"]["lines"]] == ["REFUSED"]
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(decision.c.verdict, decision.c.door)).all() == [("DENY", "hatch")]


async def test_the_issuer_cannot_countersign_their_own_draw(house: House, kiosk: Person) -> None:
    shown = (await draw(kiosk, force.CAMERAS[0], collar="4421"))["view"]["visit"]
    await kiosk.post(f"/api/v1/visits/{shown['id']}/declare-fit", {})
    await house.sign_in("sefton", kiosk)
    assert (await scan(kiosk, force.serial(force.GUARDS[0])))["outcome"] == "REFUSED", "told at the first scan"
    for body in ({"check": "FACE"}, {"check": "PIN", "pin": PIN}):
        done = (await kiosk.post(f"/api/v1/visits/{shown['id']}/complete", body)).json()
        assert (done["outcome"], done["light"]) == ("REFUSED", "red")
    assert held_by(house, force.SECOND_ISSUER) == set()


async def test_who_may_not_issue_here_reaches_no_act(house: House, kiosk: Person) -> None:
    shown = (await draw(kiosk, force.CAMERAS[0]))["view"]["visit"]
    acts: list[tuple[str, dict[str, Any]]] = [
        (f"{AT}/scan", {"text": "4417"}),
        (f"{AT}/choose", {"item_id": force.CAMERAS[0]}),
        (f"/api/v1/visits/{shown['id']}/declare-fit", {}),
        (f"/api/v1/visits/{shown['id']}/drop", {}),
        (f"/api/v1/visits/{shown['id']}/complete", {"check": "FACE"}),
    ]
    no_issuer = await house.kiosk("hollis")
    no_kiosk = await house.sign_in("sefton")
    elsewhere = await house.kiosk("ivory", force.DOVER_HATCH)
    nobody = house.browser()
    for person, code in ((no_issuer, 403), (no_kiosk, 403), (elsewhere, 403), (nobody, 401)):
        assert [(await person.post(path, body)).status_code for path, body in acts] == [code] * len(acts)
    assert [state for state, *_ in visits(house)] == ["OPEN"]
    assert (await no_issuer.get(AT)).status_code == 403
    other_place = await kiosk.post(f"/api/v1/hatch/{force.DOVER_HATCH}/scan", {"text": "4417"})
    assert other_place.status_code == 403


async def test_a_draft_is_parked_taken_up_again_changed_and_ended(house: House, kiosk: Person, hand: Hand) -> None:
    shown = (await draw(kiosk, force.CAMERAS[0], force.GUARDS[0]))["view"]["visit"]
    visit_at = f"/api/v1/visits/{shown['id']}"
    parked = (await kiosk.post(f"{visit_at}/park", {})).json()
    assert (parked["view"]["visit"], [each["id"] for each in parked["view"]["parked"]]) == (None, [shown["id"]])
    resumed = (await kiosk.post(f"{visit_at}/resume", {})).json()
    assert len(resumed["view"]["visit"]["lines"]) == 2
    line = resumed["view"]["visit"]["lines"][0]
    removed = (await kiosk.post(f"{visit_at}/lines/{line['id']}/remove", {})).json()
    assert [each["item_id"] for each in removed["view"]["visit"]["lines"]] == [force.GUARDS[0]]
    late = (await kiosk.post(f"{visit_at}/shift", {"name": "Late"})).json()
    assert late["view"]["visit"]["shift_name"] == "Late"
    lots = (await kiosk.post(f"{visit_at}/lots", {"lot_id": force.GUARD_LOT, "quantity": 1})).json()
    assert lots["outcome"] in ("IN_SET", "REFUSED")
    assert (await kiosk.get(AT)).json()["visit"]["id"] == shown["id"], "a reloaded screen shows the draft"
    ended = (await kiosk.post(f"{visit_at}/drop", {})).json()
    assert (ended["outcome"], ended["view"]["visit"]) == ("DROPPED", None)
    assert held_by(house, force.HOLLIS) == set()


async def test_what_is_parked_is_taken_up_again_and_what_was_open_is_parked_instead(
    house: House, kiosk: Person
) -> None:
    first = (await draw(kiosk, force.CAMERAS[0]))["view"]["visit"]["id"]
    kept = (await kiosk.post(f"/api/v1/visits/{first}/resume", {})).json()
    assert (kept["outcome"], kept["view"]["visit"]["id"]) == ("KEPT_OPEN", first)
    await kiosk.post(f"/api/v1/visits/{first}/park", {})
    second = (await scan(kiosk, "4418"))["view"]["visit"]["id"]
    taken_up = (await kiosk.post(f"/api/v1/visits/{first}/resume", {})).json()
    assert taken_up["view"]["visit"]["id"] == first
    assert [each["id"] for each in taken_up["view"]["parked"]] == [second]
    await kiosk.post(f"/api/v1/visits/{first}/drop", {})
    gone = await kiosk.post(f"/api/v1/visits/{first}/resume", {})
    assert (gone.status_code, gone.json()["detail"]) == (404, f"Visit {first} has ended.")


async def test_a_failed_function_test_keeps_the_handle_here(house: House, kiosk: Person) -> None:
    shown = (await draw(kiosk, force.HANDLES[0]))["view"]["visit"]
    path = f"/api/v1/visits/{shown['id']}/lines/{shown['lines'][0]['id']}/function-test"
    failed = (await kiosk.post(path, {"passed": False})).json()
    assert (failed["outcome"], failed["light"]) == ("TEST_FAILED", "red")
    assert (await scan(kiosk, force.serial(force.HANDLES[0])))["outcome"] == "REFUSED"


async def test_what_cannot_be_meant_is_sent_back_naming_it(house: House, kiosk: Person) -> None:
    shown = (await draw(kiosk, force.CAMERAS[0]))["view"]["visit"]
    visit_at = f"/api/v1/visits/{shown['id']}"
    line_at = f"{visit_at}/lines/{shown['lines'][0]['id']}"
    wrong: list[tuple[str, dict[str, Any], int, str | None]] = [
        (f"{AT}/scan", {"text": ""}, 400, "text"),
        (f"{AT}/scan", {"text": "x" * 5000}, 400, "text"),
        (f"{AT}/scan", {}, 400, "text"),
        (f"{AT}/choose", {"item_id": 0}, 400, "item_id"),
        (f"{AT}/choose", {"item_id": 999}, 404, None),
        (f"{visit_at}/shift", {"name": "Dawn"}, 422, "name"),
        (f"{visit_at}/lots", {"lot_id": force.GUARD_LOT, "quantity": 0}, 400, "quantity"),
        (f"{visit_at}/complete", {"check": "NOD"}, 400, "check"),
        (f"{visit_at}/complete", {"check": "FACE", "issuer_id": 107}, 400, "issuer_id"),
        ("/api/v1/visits/999/resume", {}, 404, None),
        (f"{line_at}/charge", {"percent": 101}, 400, "percent"),
        (f"{visit_at}/lines/999/remove", {}, 404, None),
        ("/api/v1/visits/999/park", {}, 404, None),
    ]
    for path, body, code, field in wrong:
        answer = await kiosk.post(path, body)
        told = answer.json()
        assert answer.status_code == code, (path, body, told)
        assert field is None or told["errors"][0]["field"] == field, (path, body, told)


async def test_a_code_nobody_knows_is_said_and_kit_without_a_card_is_not_drawn(kiosk: Person) -> None:
    unknown = await scan(kiosk, "NO-SUCH-THING")
    assert (unknown["outcome"], unknown["light"]) == ("UNKNOWN_CODE", "red")
    assert (await scan(kiosk, force.serial(force.CAMERAS[0])))["outcome"] == "NOTHING_OPEN"


def labelled(house: House, item_id: int, text: str) -> None:
    """Somebody stuck a label on an item whose text is also a collar."""
    label = Bind("LABEL", text, item_id=item_id)
    house.service.database.write(lambda tx: bind(tx.conn, tx.ids, label, tx.now_us))


async def test_a_card_typed_by_a_keyboard_reader_opens_the_visit(kiosk: Person) -> None:
    whole = force.card(force.HOLLIS)
    number, facility = f"{int(whole[2:], 16):010}", f"{int(whole[4:6], 16):03},{int(whole[6:], 16):05}"
    for typed in (whole, whole.lower(), number, facility):
        said = await scan(kiosk, typed)
        assert (said["view"]["visit"] or {}).get("person", {}).get("id") == force.HOLLIS, (typed, said["sentences"])
        await kiosk.post(f"/api/v1/visits/{said['view']['visit']['id']}/drop", {})


async def test_a_symbol_that_a_scanner_names_is_no_card(kiosk: Person) -> None:
    number = f"{int(force.card(force.HOLLIS)[2:], 16):010}"
    answer = await kiosk.post(f"{AT}/scan", {"text": number, "symbology": "]C0"})
    assert answer.json()["outcome"] == "UNKNOWN_CODE"


async def test_an_ambiguous_number_is_settled_by_touch_and_by_nothing_else(house: House, kiosk: Person) -> None:
    labelled(house, force.CAMERAS[0], "4417")
    said = await scan(kiosk, "4417")
    assert (said["outcome"], said["view"]["visit"]) == ("CHOOSE", None)
    for body in ({}, {"item_id": force.CAMERAS[0], "person_id": force.HOLLIS}):
        assert (await kiosk.post(f"{AT}/choose", body)).status_code == 422
    assert (await kiosk.post(f"{AT}/choose", {"person_id": 999_999})).status_code == 404
    touched = await kiosk.post(f"{AT}/choose", {"person_id": force.HOLLIS})
    assert touched.json()["view"]["visit"]["person"]["id"] == force.HOLLIS


async def test_an_issuer_chosen_by_touch_is_asked_for_their_own_pin(house: House, kiosk: Person) -> None:
    labelled(house, force.CAMERAS[2], "4421")
    drawn = await draw(kiosk, force.CAMERAS[0])
    assert (await scan(kiosk, "4421"))["outcome"] == "CHOOSE"
    touched = await kiosk.post(f"{AT}/choose", {"person_id": force.SECOND_ISSUER})
    assert touched.json()["outcome"] == "COUNTERSIGN_NEEDED"
    shown_at = house.service.countersigns.shown_at(force.HATCH, house.service.now_us)
    assert shown_at == force.SECOND_ISSUER
    assert drawn["view"]["visit"]["id"] == touched.json()["view"]["visit"]["id"]


async def test_the_people_named_in_a_choice_are_in_the_processing_log(house: House, kiosk: Person) -> None:
    labelled(house, force.CAMERAS[0], "4417")
    await scan(kiosk, "4417")
    with house.service.database.reading() as conn:
        rows = conn.execute(sa.select(processing_log.c.subjects).order_by(processing_log.c.id.desc())).scalars()
        assert str(force.HOLLIS) in next(iter(rows))
