"""What was wrong is put right by a movement that names it: by who may, only while nothing moved since, and never
round the gate."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.corrections.correcting import PutRight, put_right
from inventory.custody.corrections.looked import Correction, NotCorrected
from inventory.custody.corrections.reading import of_item, of_store
from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import holdings, open_holds, who_had
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.oversight.correction_checks import corrections_are_in_order
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.custody import alarm, custody, ledger
from inventory.schema.ids import Ids
from inventory.schema.stock import item
from tests.inventory.oversight.test_passages_are_audited import _without_triggers
from tests.small_force import (
    CAMERAS,
    CARTRIDGES,
    DOVER,
    GUARD_LOT,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
    camera_ask,
    ced_ask,
    demo_policy,
    serial,
)  # fmt: skip

POLICY = demo_policy()
LATER = NOW + HOUR
WRONG = Correction(
    0, "", ISSUER, "The wrong card was held to the reader", SECOND_ISSUER, "Statement of PS Sefton"
)


@pytest.fixture(autouse=True)
def empowered(engine: sa.Engine, ids: Ids) -> None:
    """Ivory manages Medway; she and Sefton may issue there and at Dover."""
    with acting(engine, ids, NOW - HOUR) as tx:
        give(tx.conn, tx.ids, CapabilityGrant(ISSUER, "STORE_MANAGER", MEDWAY, "test"), tx.now_us)
        give(tx.conn, tx.ids, CapabilityGrant(ISSUER, "ISSUER", DOVER, "test"), tx.now_us)


def last_entry(engine: sa.Engine, item_id: int) -> int:
    """The entry by which an item is where it is."""
    with engine.connect() as conn:
        now = sa.select(custody.c.opened_entry).where(
            custody.c.item_id == item_id, custody.c.closed_entry.is_(None)
        )
        return int(conn.execute(now).scalar_one())


def held(engine: sa.Engine, person_id: int) -> set[int]:
    with engine.connect() as conn:
        return {row["item_id"] or row["lot_id"] for row in holdings(conn, person_id)}


def issue(engine: sa.Engine, ids: Ids, person_id: int, number: int = 0, **more: Any) -> None:
    with acting(engine, ids) as tx:
        assert issue_kit(tx, [Request(ced_ask(person_id, number, **more))], POLICY)[0].allowed


def right(engine: sa.Engine, ids: Ids, said: Correction, at_us: int = LATER) -> PutRight:
    with acting(engine, ids, at_us) as tx:
        return put_right(tx, said, POLICY)


def refused(engine: sa.Engine, ids: Ids, said: Correction, at_us: int = LATER) -> NotCorrected:
    with pytest.raises(NotCorrected) as told, acting(engine, ids, at_us) as tx:
        put_right(tx, said, POLICY)
    return told.value


def knows_who_had_it(conn: sa.Connection, told_by: int) -> None:
    """As known then, and as known now since the correction."""
    then, before = who_had(conn, HANDLES[0], NOW + 1), who_had(conn, HANDLES[0], NOW - 1)
    assert then is not None
    assert (then["person"]["id"], then["known_now"]["person"]["id"]) == (
        MERCER,
        HOLLIS,
    )
    assert then["known_now"]["entry_id"] == told_by
    assert before is not None
    assert "known_now" not in before
    after = who_had(conn, HANDLES[0], LATER + 1)
    assert after is not None
    assert (after["person"]["id"], "known_now" in after) == (HOLLIS, False)


def test_a_draw_on_the_wrong_card_passes_whole_to_who_really_has_it_as_asserted(
    engine: sa.Engine, ids: Ids
) -> None:
    issue(engine, ids, MERCER, lots=((GUARD_LOT, 1),))
    entry = last_entry(engine, HANDLES[0])
    said = replace(WRONG, entry_id=entry, sort="WRONG_PERSON", person_id=HOLLIS)
    for field in ("document", "person_id"):
        with pytest.raises(ValueError, match=field), acting(engine, ids, LATER) as tx:
            put_right(tx, replace(said, **{field: None}), POLICY)
    done = right(engine, ids, said)
    assert (held(engine, MERCER), done.refused) == (set(), None)
    whole = {HANDLES[0], 211, *CARTRIDGES[:4]}
    assert held(engine, HOLLIS) == whole | {GUARD_LOT}
    with engine.connect() as conn:
        bases = sa.select(custody.c.basis, custody.c.document).where(custody.c.person_id == HOLLIS)
        assert set(conn.execute(bases).all()) == {("ASSERTED", "Statement of PS Sefton")}
        own = of_item(conn, HANDLES[0])[0]
        assert (own.corrects, own.by_person, own.second_person, own.reason) == (
            entry,
            ISSUER,
            SECOND_ISSUER,
            WRONG.reason,
        )
        assert len(of_store(conn, MEDWAY, 20)) == len(whole)
        named = conn.execute(
            sa.select(ledger.c.corrects, ledger.c.kind).where(ledger.c.id == own.entry_id)
        ).one()
        assert tuple(named) == (entry, "ASSERTED")
        knows_who_had_it(conn, own.entry_id)
        assert audit(conn) == []
    assert "already" in str(refused(engine, ids, said, LATER + 1))


def test_the_gate_says_what_it_thinks_of_who_really_has_it_as_of_the_draw(
    engine: sa.Engine, ids: Ids
) -> None:
    issue(engine, ids, MERCER)
    entry = last_entry(engine, HANDLES[0])
    done = right(engine, ids, replace(WRONG, entry_id=entry, sort="WRONG_PERSON", person_id=LAPSED))
    assert done.refused is not None
    assert HANDLES[0] in held(engine, LAPSED)
    with engine.connect() as conn:
        told = conn.execute(
            sa.select(alarm.c.detail).where(alarm.c.kind == "ASSERTED_INELIGIBLE")
        ).scalar_one()
        assert "PPST_OUT_OF_DATE" in told
        assert "HELD_BY_ANOTHER" not in told, "at the draw it stood in the store"
        assert audit(conn) == []


def test_who_may_not_and_who_vouches_for_themselves_are_told_so(engine: sa.Engine, ids: Ids) -> None:
    issue(engine, ids, MERCER)
    said = replace(WRONG, entry_id=last_entry(engine, HANDLES[0]), sort="WRONG_PERSON", person_id=HOLLIS)
    assert "two people" in str(refused(engine, ids, replace(said, second_person=None)))
    assert "is the first" in str(refused(engine, ids, replace(said, second_person=ISSUER)))
    assert "The second person" in str(refused(engine, ids, replace(said, second_person=MERCER)))
    assert "store manager" in str(
        refused(engine, ids, replace(said, by_person=SECOND_ISSUER, second_person=ISSUER))
    )
    assert "they have it" in str(refused(engine, ids, replace(said, person_id=MERCER)))
    with pytest.raises(ValueError, match="nobody vouches"), acting(engine, ids, LATER) as tx:
        put_right(tx, replace(said, person_id=SECOND_ISSUER), POLICY)
    issue(engine, ids, HOLLIS, 1)
    assert "nobody has two" in str(refused(engine, ids, said))


def test_what_has_moved_since_is_not_put_right_and_the_refusal_says_what_is_possible(
    engine: sa.Engine, ids: Ids
) -> None:
    issue(engine, ids, MERCER)
    entry = last_entry(engine, HANDLES[0])
    with acting(engine, ids, NOW + 1) as tx:
        return_kit(tx, [Back(HANDLES[0], MEDWAY, ISSUER)])
    told = refused(engine, ids, replace(WRONG, entry_id=entry, sort="WRONG_PERSON", person_id=HOLLIS))
    back = last_entry(engine, HANDLES[0])
    assert told.bars == (f"It has moved since: it is in Medway, by entry {back}.",)
    assert told.instead[0] == f"Put entry {back} right, if that is what is wrong."
    told = refused(engine, ids, replace(WRONG, entry_id=back, sort="WRONG_PERSON", person_id=HOLLIS))
    assert "WRONG_ITEM_BACK: another item came back, or none" in told.instead


def test_a_return_at_the_wrong_store_is_moved_to_the_one_that_has_it(engine: sa.Engine, ids: Ids) -> None:
    issue(engine, ids, MERCER)
    with acting(engine, ids, NOW + 1) as tx:
        return_kit(tx, [Back(HANDLES[0], MEDWAY, ISSUER)])
    entry = last_entry(engine, HANDLES[0])
    said = replace(WRONG, entry_id=entry, sort="WRONG_STORE", store_id=DOVER, document=None)
    assert "already" in str(refused(engine, ids, replace(said, store_id=MEDWAY)))
    right(engine, ids, said)
    with engine.connect() as conn:
        now, then = who_had(conn, HANDLES[0], LATER), who_had(conn, HANDLES[0], NOW + 2)
        assert now is not None
        assert now["store"]["code"] == "DO"
        assert then is not None
        assert (then["store"]["code"], then["known_now"]["store"]["code"]) == (
            "ME",
            "DO",
        )
        assert audit(conn) == []


def test_another_item_went_out_or_came_back_than_was_scanned(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        both = [Request(camera_ask(MERCER)), Request(camera_ask(HOLLIS, CAMERAS[2]))]
        assert all(each.allowed for each in issue_kit(tx, both, POLICY))
    out = replace(
        WRONG, entry_id=last_entry(engine, CAMERAS[0]), sort="WRONG_ITEM_OUT", other_item_id=CAMERAS[1]
    )
    assert "another kind" in str(refused(engine, ids, replace(out, other_item_id=HANDLES[1])))
    with pytest.raises(ValueError, match="document"), acting(engine, ids, LATER) as tx:
        put_right(tx, replace(out, document=" "), POLICY)
    right(engine, ids, out)
    assert held(engine, MERCER) == {CAMERAS[1]}
    with acting(engine, ids, LATER + 2) as tx:
        return_kit(tx, [Back(CAMERAS[2], MEDWAY, ISSUER, "DAMAGED")])
    back = replace(
        WRONG, entry_id=last_entry(engine, CAMERAS[2]), sort="WRONG_ITEM_BACK", other_item_id=CAMERAS[1]
    )
    right(engine, ids, back, LATER + 3)
    assert (held(engine, MERCER), held(engine, HOLLIS)) == (set(), {CAMERAS[2]})
    with engine.connect() as conn:
        assert open_holds(conn, CAMERAS[2]) == [], "it was the other one that came back damaged"
        had = who_had(conn, CAMERAS[1], NOW + 1)
        assert had is not None
        assert (had["holder"], had["known_now"]["person"]["id"]) == ("STORE", MERCER)
        assert audit(conn) == []


def test_a_condition_is_put_right_and_what_lifts_a_hold_takes_two(engine: sa.Engine, ids: Ids) -> None:
    issue(engine, ids, MERCER)
    with acting(engine, ids, NOW + 1) as tx:
        return_kit(tx, [Back(HANDLES[0], MEDWAY, ISSUER, "WET"), Back(CARTRIDGES[0], MEDWAY, ISSUER)])
    said = replace(
        WRONG, entry_id=last_entry(engine, HANDLES[0]), sort="WRONG_CONDITION", condition="DAMAGED"
    )
    assert "two people" in str(refused(engine, ids, replace(said, second_person=None)))
    assert "says WET" in str(refused(engine, ids, replace(said, condition="WET")))
    right(engine, ids, said)
    worse = replace(said, entry_id=last_entry(engine, CARTRIDGES[0]), second_person=None, condition="FAULTY")
    right(engine, ids, worse)
    with engine.connect() as conn:
        assert [row["reason"] for row in open_holds(conn, HANDLES[0])] == ["QUARANTINE"]
        assert [row["reason"] for row in open_holds(conn, CARTRIDGES[0])] == ["DEFECT"]
        own = of_item(conn, HANDLES[0])[0]
        assert (own.was, own.became) == ("WET", "DAMAGED")
        assert audit(conn) == []


def test_a_serial_misread_at_receipt_is_read_twice_and_the_item_stays_the_same(
    engine: sa.Engine, ids: Ids
) -> None:
    entry = last_entry(engine, HANDLES[0])
    said = replace(WRONG, entry_id=entry, sort="WRONG_SERIAL", serial=" x99001", serial_again="X99001")
    with pytest.raises(ValueError, match="serial_again"), acting(engine, ids, LATER) as tx:
        put_right(tx, replace(said, serial_again="X99007"), POLICY)
    taken = replace(said, serial=serial(HANDLES[1]), serial_again=serial(HANDLES[1]))
    assert "another item" in str(refused(engine, ids, taken))
    right(engine, ids, said)
    with engine.connect() as conn:
        assert conn.execute(sa.select(item.c.serial).where(item.c.id == HANDLES[0])).scalar_one() == "X99001"
        assert (of_item(conn, HANDLES[0])[0].was, audit(conn)) == (serial(HANDLES[0]), [])


BROKEN = (
    "UPDATE ledger SET corrects = NULL WHERE kind = 'ASSERTED'",
    "UPDATE ledger SET kind = 'ISSUED' WHERE kind = 'ASSERTED'",
    "UPDATE told_later SET holder_id = holder_id + 1",
    f"UPDATE person SET same_as = {ISSUER} WHERE id = {SECOND_ISSUER}",
)


def test_the_audit_finds_what_breaks_a_promise_of_corrections(engine: sa.Engine, ids: Ids) -> None:
    issue(engine, ids, MERCER)
    entry = last_entry(engine, HANDLES[0])
    right(engine, ids, replace(WRONG, entry_id=entry, sort="WRONG_PERSON", person_id=HOLLIS))
    for breaking in BROKEN:
        with engine.connect() as conn:
            _without_triggers(conn)
            conn.execute(sa.text(breaking))
            told = corrections_are_in_order(conn)
            conn.rollback()
        assert told, breaking
