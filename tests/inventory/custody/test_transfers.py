"""Kit moves between stores: two counts, two signatures each, and nothing on its way is ever forgotten."""

import sqlite3
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from inventory.custody.holds import Placing, place_holds
from inventory.custody.loading import Loading, load
from inventory.custody.moves import Holder, NotPossible
from inventory.custody.passing import Passage, pass_items
from inventory.custody.returns import Back, return_kit
from inventory.custody.transfers.listing import (
    Listing,
    Opening,
    cancel,
    list_kit,
    open_consignment,
    unlist_kit,
)
from inventory.custody.transfers.overdue import look
from inventory.custody.transfers.reading import Consignment, consignment_of, newest
from inventory.custody.transfers.receiving import Receipt, Scanned, receive, see, unsee
from inventory.custody.transfers.sending import Sending, send
from inventory.custody.transfers.terms import TERMS, terms_of
from inventory.custody.transfers.writing import NotMoved
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.people.errors import BadField
from inventory.schema.custody import alarm, custody
from inventory.schema.ids import Ids
from inventory.schema.stock import item, lot_balance
from tests import t10
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    DOVER,
    DOVER_HANDLE,
    GUARD_LOT,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
SEALS = ("S-1001",)
REFUSED = (sqlite3.IntegrityError, psycopg.errors.CheckViolation)


class Movement:
    """Acts on one copy of the force, each in its own transaction a second after the last."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now = engine, ids, NOW

    def act(self, run: Any) -> Any:
        self.now += 1_000_000
        with acting(self.engine, self.ids, self.now) as tx:
            return run(tx)

    def open(self, **more: Any) -> int:
        asked = {"stock": "OPERATIONAL", "terms": "FOR_GOOD", "reason": "Dover is short", "by_person": ISSUER}
        new = Opening(MEDWAY, DOVER, **(asked | more))
        return int(self.act(lambda tx: open_consignment(tx, new)).id)

    def put(self, number: int, *items: int, lots: tuple[tuple[int, int], ...] = ()) -> Consignment:
        return self.act(lambda tx: list_kit(tx, Listing(number, ISSUER, items, lots)))  # type: ignore[no-any-return]

    def send(self, number: int, counted: int, carrier: int = MERCER, seals: tuple[str, ...] = SEALS) -> Consignment:
        return self.act(lambda tx: send(tx, Sending(number, ISSUER, carrier, counted, seals)))  # type: ignore[no-any-return]

    def see(self, number: int, *items: int, store: int = DOVER, how: str = "GOOD", lots: Any = ()) -> Consignment:
        scanned = Scanned(number, store, SECOND_ISSUER, tuple((each, how) for each in items), tuple(lots))
        return self.act(lambda tx: see(tx, scanned))  # type: ignore[no-any-return]

    def receive(self, number: int, counted: int, store: int = DOVER, **more: Any) -> Any:
        asked = {"by_person": SECOND_ISSUER, "carrier": MERCER, "counted": counted, "seals": SEALS}
        return self.act(lambda tx: receive(tx, Receipt(number, store, **(asked | more))))

    def sent(self, *items: int, lots: Any = (), **more: Any) -> int:
        """A consignment with its carrier."""
        number = self.open(**more)
        self.put(number, *items, lots=tuple(lots))
        self.send(number, len(items) + sum(n for _, n in lots))
        return number

    def now_of(self, number: int) -> Consignment:
        with self.engine.connect() as conn:
            found = consignment_of(conn, number)
        assert found is not None
        return found

    def at(self, item_id: int) -> tuple[str, int]:
        with self.engine.connect() as conn:
            row = conn.execute(
                sa.select(custody.c.holder, custody.c.holder_id).where(
                    custody.c.item_id == item_id, custody.c.closed_entry.is_(None)
                )
            ).one()
        return (row[0], row[1])

    def alarms(self) -> list[str]:
        with self.engine.connect() as conn:
            return list(conn.execute(sa.select(alarm.c.kind).where(alarm.c.settled_us.is_(None))).scalars())

    def value(self, column: sa.Column[Any], **where: Any) -> Any:
        with self.engine.connect() as conn:
            table = column.table
            return conn.execute(sa.select(column).where(*(table.c[k] == v for k, v in where.items()))).scalar()


@pytest.fixture
def kit(engine: sa.Engine, ids: Ids) -> Any:
    """The small force; afterwards its whole ledger is in order."""
    movement = Movement(engine, ids)
    yield movement
    with engine.connect() as conn:
        assert audit(conn) == []
        assert verify(conn).findings == []


def refused(kit: Movement, act: Any) -> str:
    with pytest.raises(NotMoved) as told:
        act()
    return str(told.value)


# ---- from one store to the other -----------------------------------------------------------------------------


def test_kit_goes_with_a_carrier_and_arrives_serial_by_serial(kit: Movement) -> None:
    number = kit.open()
    assert kit.put(number, *HANDLES[:2], BATTERIES[0]).state == "DRAFT"
    assert kit.at(HANDLES[0]) == ("STORE", MEDWAY), "a list moves nothing"
    assert kit.send(number, 3).state == "ON_ITS_WAY"
    assert {kit.at(each) for each in (*HANDLES[:2], BATTERIES[0])} == {("CARRIER", number)}
    kit.see(number, *HANDLES[:2], BATTERIES[0])
    assert kit.at(HANDLES[0]) == ("CARRIER", number), "a scan is no signature"
    done = kit.receive(number, 3)
    assert (done.consignment.state, done.extra) == ("RECEIVED", ())
    assert {kit.at(each) for each in (*HANDLES[:2], BATTERIES[0])} == {("STORE", DOVER)}
    assert kit.value(item.c.home_store_id, id=HANDLES[0]) == DOVER, "it was moved for good"
    assert kit.alarms() == []


def test_what_is_lent_keeps_its_home_and_is_asked_after_on_the_day_after(kit: Movement) -> None:
    number = kit.sent(CAMERAS[0], terms="LOAN", back_on="2026-11-24")
    kit.see(number, CAMERAS[0])
    kit.receive(number, 1)
    assert kit.value(item.c.home_store_id, id=CAMERAS[0]) == MEDWAY
    kit.now += 49 * HOUR
    kit.act(look)
    assert kit.alarms() == []
    kit.now += 24 * HOUR
    kit.act(look)
    assert kit.alarms() == ["LOAN_OVERDUE"]


def test_pieces_of_a_lot_go_by_quantity(kit: Movement) -> None:
    number = kit.sent(lots=((GUARD_LOT, 8),))
    assert kit.value(lot_balance.c.quantity, lot_id=GUARD_LOT, holder="CARRIER", holder_id=number) == 8
    kit.see(number, lots=((GUARD_LOT, 6),))
    assert kit.receive(number, 6).consignment.state == "SHORT"
    assert kit.value(lot_balance.c.quantity, lot_id=GUARD_LOT, holder="STORE", holder_id=DOVER) == 6
    kit.now += TERMS.short_us
    kit.act(look)
    assert kit.now_of(number).state == "SHORT", "missing pieces never close a consignment"
    assert sorted(kit.alarms()) == ["LOT_UNACCOUNTED", "TRANSFER_SHORT"]
    kit.see(number, lots=((GUARD_LOT, 3),))
    assert kit.receive(number, 3).consignment.state == "RECEIVED", "two were found, and one more than was sent"
    assert "TRANSFER_SURPLUS" in kit.alarms()
    assert kit.value(lot_balance.c.quantity, lot_id=GUARD_LOT, holder="STORE", holder_id=DOVER) == 8


def test_a_magazine_carries_what_is_loaded_in_it(kit: Movement) -> None:
    t10.add_to(kit.engine.url.render_as_string(hide_password=False))
    magazine, ten = t10.MAGAZINES[0], t10.inside(0)
    kit.act(lambda tx: load(tx, [Loading(magazine, ten, ISSUER)], POLICY))
    number = kit.open()
    assert "loaded in something" in refused(kit, lambda: kit.put(number, ten[0]))
    kit.put(number, magazine)
    kit.send(number, 1)
    assert {kit.at(each) for each in (magazine, *ten)} == {("CARRIER", number)}
    kit.see(number, magazine)
    kit.see(number, ten[0], how="MISSING")
    done = kit.receive(number, 1)
    assert {kit.at(each) for each in (magazine, *ten[1:])} == {("STORE", DOVER)}
    assert kit.at(ten[0]) == ("CARRIER", number)
    assert (done.consignment.state, len(done.consignment.open_lines)) == ("SHORT", 1)
    assert kit.value(item.c.home_store_id, id=ten[1]) == DOVER


def test_a_delivery_that_fails_is_received_back_where_it_came_from(kit: Movement) -> None:
    number = kit.sent(HANDLES[0])
    kit.see(number, HANDLES[0], store=MEDWAY)
    done = kit.receive(number, 1, store=MEDWAY, by_person=ISSUER)
    assert (done.consignment.state, kit.at(HANDLES[0])) == ("RECEIVED", ("STORE", MEDWAY))
    assert kit.value(item.c.home_store_id, id=HANDLES[0]) == MEDWAY


# ---- short, extra, damaged -----------------------------------------------------------------------------------


def test_what_did_not_come_stays_open_and_then_nobody_knows_where_it_is(kit: Movement) -> None:
    number = kit.sent(*HANDLES[:2])
    kit.see(number, HANDLES[0])
    assert kit.receive(number, 1).consignment.state == "SHORT"
    assert (kit.at(HANDLES[1]), kit.alarms()) == (("CARRIER", number), ["TRANSFER_SHORT"])
    kit.act(look)
    assert kit.at(HANDLES[1]) == ("CARRIER", number), "it is given its hours"
    kit.now += TERMS.short_us
    assert kit.act(look) == [number]
    assert kit.at(HANDLES[1])[0] == "UNKNOWN"
    assert sorted(kit.alarms()) == ["TRANSFER_SHORT", "UNACCOUNTED"]
    assert kit.now_of(number).state == "SHORT"
    kit.see(number, HANDLES[1])
    assert kit.receive(number, 1).consignment.state == "RECEIVED"
    assert kit.at(HANDLES[1]) == ("STORE", DOVER)


def test_a_consignment_that_never_arrives_is_said_to_be_late_and_then_missing(kit: Movement) -> None:
    number = kit.sent(CAMERAS[0])
    kit.now = kit.now_of(number).due_us
    kit.act(look)
    assert kit.alarms() == ["TRANSFER_LATE"]
    kit.now += TERMS.late_us
    assert kit.act(look) == [number]
    assert (kit.at(CAMERAS[0])[0], kit.now_of(number).state) == ("UNKNOWN", "SHORT")


def test_what_was_not_on_the_list_is_said_and_moves_nothing_of_another_store(kit: Movement) -> None:
    number = kit.sent(HANDLES[0])
    kit.see(number, HANDLES[0], HANDLES[1])
    done = kit.receive(number, 2)
    assert (done.consignment.state, done.extra) == ("RECEIVED", (HANDLES[1],))
    assert (kit.at(HANDLES[1]), kit.alarms()) == (("STORE", MEDWAY), ["STRAYED"])


def test_what_arrives_damaged_is_held(kit: Movement) -> None:
    number = kit.sent(HANDLES[0])
    kit.see(number, HANDLES[0], how="DAMAGED")
    kit.receive(number, 1)
    again = kit.open(by_person=ISSUER)
    assert "not in this store" in refused(kit, lambda: kit.put(again, HANDLES[0]))
    back = kit.act(lambda tx: open_consignment(tx, Opening(DOVER, MEDWAY, "OPERATIONAL", "FOR_GOOD", "back", ISSUER)))
    assert "travels as kit on hold" in refused(kit, lambda: kit.put(back.id, HANDLES[0]))


def test_a_broken_seal_and_another_carrier_are_said_aloud_and_refuse_nothing(kit: Movement) -> None:
    number = kit.sent(HANDLES[0])
    kit.see(number, HANDLES[0])
    kit.receive(number, 1, seals=("S-9",), carrier=HOLLIS)
    assert (sorted(kit.alarms()), kit.at(HANDLES[0])) == (["CARRIER_CHANGED", "SEALS_DIFFER"], ("STORE", DOVER))


def test_kit_on_its_way_that_is_scanned_at_a_hatch_is_taken_in_and_still_asks_for_a_signature(kit: Movement) -> None:
    number = kit.sent(HANDLES[0])
    kit.act(lambda tx: return_kit(tx, [Back(HANDLES[0], DOVER, SECOND_ISSUER)]))
    assert kit.now_of(number).state == "UNSIGNED"
    kit.see(number, HANDLES[0])
    assert kit.receive(number, 1).consignment.state == "RECEIVED"
    assert kit.value(item.c.home_store_id, id=HANDLES[0]) == DOVER


def test_how_long_kit_may_be_missing_is_the_forces_own_policy_of_late_kit() -> None:
    assert terms_of(POLICY.losses).short_us == 12 * HOUR, "design 2.2: T+12 h is treated as a loss"


# ---- what is refused -----------------------------------------------------------------------------------------


def test_duty_kit_training_kit_exhibits_and_kit_on_hold_never_travel_together(kit: Movement) -> None:
    hold = {"WET": HANDLES[0], "EVIDENTIAL": HANDLES[1]}
    for reason, each in hold.items():
        placing = Placing(reason, "test", item_id=each, placed_by=ISSUER, authority="PSD")
        kit.act(lambda tx, placing=placing: place_holds(tx, [placing]))
    kit.act(lambda tx: tx.conn.execute(sa.update(item).where(item.c.id == HANDLES[2]).values(pool="TRAINING")))
    kinds = {"HELD": HANDLES[0], "EXHIBIT": HANDLES[1], "TRAINING": HANDLES[2], "OPERATIONAL": BATTERIES[0]}
    for stock in kinds:
        number = kit.open(stock=stock)
        for other, each in kinds.items():
            if other == stock:
                assert len(kit.put(number, each).lines) == 1
            else:
                assert "never travel together" in refused(kit, lambda n=number, e=each: kit.put(n, e))


def test_kit_on_hold_of_two_pools_does_not_travel_together(kit: Movement) -> None:
    for each in HANDLES[:2]:
        kit.act(lambda tx, each=each: place_holds(tx, [Placing("WET", "test", item_id=each, placed_by=ISSUER)]))
    kit.act(lambda tx: tx.conn.execute(sa.update(item).where(item.c.id == HANDLES[1]).values(pool="TRAINING")))
    number = kit.open(stock="HELD")
    kit.put(number, HANDLES[0])
    assert "Training kit and duty kit" in refused(kit, lambda: kit.put(number, HANDLES[1]))


def test_a_count_that_differs_stops_both_hand_overs(kit: Movement) -> None:
    number = kit.open()
    kit.put(number, *HANDLES[:2])
    assert "2 pieces are on the list, and the carrier counted 1" in refused(kit, lambda: kit.send(number, 1))
    kit.send(number, 2)
    kit.see(number, HANDLES[0])
    assert "1 pieces are scanned" in refused(kit, lambda: kit.receive(number, 2))
    assert kit.at(HANDLES[0]) == ("CARRIER", number)


def test_sender_and_carrier_and_carrier_and_receiver_are_two_people(kit: Movement) -> None:
    number = kit.open()
    kit.put(number, HANDLES[0])
    assert "carrier is who sends it" in refused(kit, lambda: kit.send(number, 1, carrier=ISSUER))
    kit.send(number, 1)
    kit.see(number, HANDLES[0])
    assert "carrier is who receives it" in refused(kit, lambda: kit.receive(number, 1, by_person=MERCER))
    assert "You sent this" in refused(kit, lambda: kit.receive(number, 1, by_person=ISSUER))


def test_section_5_kit_travels_under_seal(kit: Movement) -> None:
    number = kit.open()
    kit.put(number, HANDLES[0])
    assert "under seal" in refused(kit, lambda: kit.send(number, 1, seals=()))


def test_what_has_left_the_store_since_it_was_listed_stops_all_of_it(kit: Movement) -> None:
    number, other = kit.open(), kit.open()
    kit.put(number, *HANDLES[:2])
    kit.put(other, HANDLES[1])
    kit.send(other, 1)
    assert "is not in this store" in refused(kit, lambda: kit.send(number, 2))
    assert kit.at(HANDLES[0]) == ("STORE", MEDWAY)
    kit.act(lambda tx: unlist_kit(tx, Listing(number, ISSUER, (HANDLES[1],))))
    kit.send(number, 1)


def test_a_list_is_as_it_was_once_it_is_sent(kit: Movement) -> None:
    number = kit.sent(HANDLES[0])
    assert "list stays" in refused(kit, lambda: kit.put(number, HANDLES[1]))
    assert "cannot be cancelled" in refused(kit, lambda: kit.act(lambda tx: cancel(tx, number, ISSUER, "a mistake")))
    draft = kit.open()
    assert kit.act(lambda tx: cancel(tx, draft, ISSUER, "not needed")).state == "CANCELLED"
    assert "was cancelled" in refused(kit, lambda: kit.put(draft, HANDLES[1]))


def test_a_scan_by_mistake_is_taken_back_before_anybody_signs(kit: Movement) -> None:
    number = kit.sent(*HANDLES[:2])
    kit.see(number, *HANDLES[:2])
    kit.act(lambda tx: unsee(tx, Scanned(number, DOVER, SECOND_ISSUER, ((HANDLES[1], "GOOD"),))))
    assert list(kit.now_of(number).seen(DOVER)) == [HANDLES[0]]


def test_what_does_not_fit_is_named(kit: Movement) -> None:
    for wrong, field in (
        ({"reason": " "}, "reason"), ({"terms": "LOAN"}, "back_on"), ({"back_on": "2026-12-01"}, "back_on"),
        ({"due_us": NOW - 1}, "due_us"), ({"terms": "LOAN", "back_on": "2026-01-01"}, "back_on"),
    ):  # fmt: skip
        with pytest.raises(BadField) as told:
            kit.open(**wrong)
        assert told.value.field == field
    number = kit.open()
    assert "20 of" in refused(kit, lambda: kit.put(number, lots=((GUARD_LOT, 21),)))
    assert "not in this store" in refused(kit, lambda: kit.put(number, DOVER_HANDLE))
    assert "is not known" in refused(kit, lambda: kit.put(number, 999_999))


def test_a_list_shows_the_newest_first_and_the_stores_own(kit: Movement) -> None:
    first, second = kit.open(), kit.open()
    with kit.engine.connect() as conn:
        assert [each.id for each in newest(conn, {DOVER}, 2**62, 10)] == [second, first]
        assert newest(conn, {999}, 2**62, 10) == []


# ---- the database itself -------------------------------------------------------------------------------------


def test_nothing_reaches_a_carrier_but_by_a_consignment(kit: Movement) -> None:
    number = kit.open()
    kit.put(number, HANDLES[0])
    for holder in (0, number):
        with pytest.raises(REFUSED, match="a carrier takes what its consignment lists"):
            kit.act(
                lambda tx, holder=holder: pass_items(
                    tx, [Passage(HANDLES[0], "TRANSFERRED", Holder("CARRIER", holder), by_person=ISSUER)]
                )
            )
    with pytest.raises(NotPossible):
        kit.act(lambda tx: pass_items(tx, [Passage(HANDLES[0], "ISSUED", Holder("CARRIER", number))]))


ATTACKS = {
    "is sent or cancelled already": "INSERT INTO consignment_event (id, tx_id, consignment_id, act, at_us, item_id)"
    " SELECT id + 100000, tx_id + 100000, consignment_id, 'LISTED', at_us, item_id FROM consignment_event"
    " WHERE act = 'LISTED'",
    "consignment_event is append-only": "UPDATE consignment_event SET counted = 3",
    "consignment is append-only": "DELETE FROM consignment",
}


@pytest.mark.parametrize("says", ATTACKS)
def test_what_was_written_of_a_consignment_stays(kit: Movement, says: str) -> None:
    kit.sent(HANDLES[0])
    with (
        pytest.raises(sa.exc.DBAPIError, match=says),
        kit.engine.connect() as conn,
    ):
        conn.exec_driver_sql(ATTACKS[says])
