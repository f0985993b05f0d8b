"""Kit comes from a supplier: each label read twice, its tag after it, two signatures, nothing quietly left out."""

import hashlib
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.custody.marking import Mark, NotMarked, bind_mark, end_mark, marked_item
from inventory.custody.receiving.judging import Reading, UnitRead
from inventory.custody.receiving.listing import ListReport, SupplierList, take_list
from inventory.custody.receiving.ordering import NewLine, NewPurchase, end_line, open_delivery, open_purchase
from inventory.custody.receiving.reading import Delivery, Purchase, newest, purchase_of
from inventory.custody.receiving.signing import Signing, end_delivery, sign
from inventory.custody.receiving.unpacking import Unpacking, mark_unit, read_unit, take_back
from inventory.custody.receiving.writing import NotReceived
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.people.errors import BadField
from inventory.people.imports.vendor.grid import Reading as HowRead
from inventory.people.imports.vendor.grid import read_grid
from inventory.schema.custody import alarm, custody, ledger
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import binding
from inventory.schema.stock import hold, item, lot, lot_balance
from inventory.stock.labels import label_code, printed_for
from tests.inventory.custody.passage_force import Doing
from tests.small_force import GUARD_LOT, HANDLES, HOLLIS, ISSUER, MEDWAY, MERCER, NOW, acting, serial

LINES = (
    NewLine("CED_HANDLE", "Axon", "T7", 2),
    NewLine("CED_CARTRIDGE", "Axon", "T7", 3, purpose="LIVE_DUTY", variant="STANDOFF"),
    NewLine("SBG", "Trojan", "ProGuard", 50, by_lot=True),
)
TASERS, CARTRIDGES, GUARDS = range(3)
LATER = "2030-06-30"


class Unpacked:
    """Acts on one copy of the force, each in its own transaction a second after the last."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now, self.orders = engine, ids, NOW, 0

    def act(self, run: Any) -> Any:
        self.now += 1_000_000
        with acting(self.engine, self.ids, self.now) as tx:
            return run(tx)

    def order(self, *lines: NewLine) -> Purchase:
        self.orders += 1
        new = NewPurchase(
            f"po-{self.orders}", "Axon UK", "Home Office uplift", MEDWAY, ISSUER, lines or LINES
        )
        return self.act(lambda tx: open_purchase(tx, new))  # type: ignore[no-any-return]

    def delivered(self, of: Purchase, note: str = "DN-1") -> int:
        return int(self.act(lambda tx: open_delivery(tx, of.id, note, ISSUER)))

    def read(self, at: int, line_id: int, first: str, second: str | None = None, **more: Any) -> int:
        """A label scanned twice, where nothing else is said."""
        ways = more.pop("ways", ("SCAN", "SCAN"))
        twice = Reading(second or first, ways[1], second or first) if second != "" else None
        unit = UnitRead(line_id, Reading(first, ways[0], first), twice, **more)
        return int(self.act(lambda tx: read_unit(tx, Unpacking(at, ISSUER, unit))))

    def tag(self, at: int, unit: int, value: str, technology: str = "LABEL", **more: Any) -> Mark:
        mark = Mark(technology, value, **more)
        return self.act(lambda tx: mark_unit(tx, at, unit, mark, ISSUER))  # type: ignore[no-any-return]

    def sign(self, at: int, counted: int, second: int = MERCER) -> int:
        return int(self.act(lambda tx: sign(tx, Signing(at, ISSUER, second, counted))))

    def take(self, at: int, text: str, **columns: str) -> ListReport:
        data = text.encode()
        grid = read_grid(data, HowRead())
        file = SupplierList(at, grid, "axon.csv", hashlib.sha256(data).hexdigest(), columns, ISSUER)
        return self.act(lambda tx: take_list(tx, file))  # type: ignore[no-any-return]

    def of(self, purchase_id: int) -> Purchase:
        with self.engine.connect() as conn:
            found = purchase_of(conn, purchase_id)
        assert found is not None
        return found

    def at(self, of: Purchase, delivery_id: int) -> Delivery:
        return self.of(of.id).delivery(delivery_id)

    def rows(self, *columns: Any, **where: Any) -> list[Any]:
        with self.engine.connect() as conn:
            table = columns[0].table
            return list(conn.execute(sa.select(*columns).where(*(table.c[k] == v for k, v in where.items()))))

    def alarms(self) -> list[str]:
        return sorted(row[0] for row in self.rows(alarm.c.kind))


@pytest.fixture(scope="module")
def store(make_database: Any, built: str) -> Any:
    """One small force for all of these tests; afterwards its whole ledger is in order."""
    engine = make_engine(make_database(template=built))
    unpacked = Unpacked(engine, Ids(writing(engine)))
    yield unpacked
    with engine.connect() as conn:
        assert audit(conn) == []
        assert verify(conn).findings == []
    engine.dispose()


def refused(act: Any) -> NotReceived:
    with pytest.raises(NotReceived) as told:
        act()
    return told.value


def words(act: Any) -> set[str]:
    return {bar.word for bar in refused(act).bars}


# ---- an order comes ------------------------------------------------------------------------------------------


def test_a_taser_is_read_twice_tagged_signed_for_by_two_and_waits_to_be_accepted(store: Unpacked) -> None:
    of = store.order()
    at = store.delivered(of)
    tasers = of.lines[TASERS].id
    unit = store.read(at, tasers, "X7100", ways=("SCAN", "TYPED"))
    code = label_code(unit)
    assert printed_for(code) == unit, "its label can be printed before it is signed for"
    store.tag(at, unit, code.lower())
    assert store.rows(item.c.id, serial="X7100") == [], "nothing is kit of ours before two people signed"
    assert store.sign(at, 1) == 1
    assert store.rows(item.c.id, item.c.model, item.c.order_ref, serial="X7100") == [
        (unit, "T7", of.order_ref)
    ]
    assert store.rows(custody.c.holder, custody.c.holder_id, item_id=unit) == [("STORE", MEDWAY)]
    assert store.rows(binding.c.technology, binding.c.value, item_id=unit) == [("LABEL", code)]
    entries = store.rows(ledger.c.kind, ledger.c.by_person, ledger.c.second_person, item_id=unit)
    assert entries == [("RECEIVED", ISSUER, MERCER), ("HELD", ISSUER, None), ("MARKED", ISSUER, MERCER)]
    assert store.rows(hold.c.reason, item_id=unit) == [("NOT_ACCEPTED",)]
    assert [(line.received, line.to_come, line.word) for line in store.of(of.id).lines] == [
        (1, 1, "PART"), (0, 3, "TO_COME"), (0, 50, "TO_COME"),
    ]  # fmt: skip


def test_what_was_received_is_accepted_as_ever(engine: sa.Engine, ids: Ids) -> None:
    store, doing = Unpacked(engine, ids), Doing(engine, ids, NOW + 3_600_000_000)
    of = store.order()
    at = store.delivered(of)
    unit = store.read(at, of.lines[TASERS].id, "X7101")
    store.tag(at, unit, label_code(unit))
    store.sign(at, 1)
    assert doing.state(unit) == "RECEIVED"
    doing.do("ACCEPT", unit, MERCER)
    assert doing.state(unit) == "AVAILABLE"


def test_two_readings_that_differ_are_refused_with_both(store: Unpacked) -> None:
    of = store.order()
    at = store.delivered(of)
    told = refused(lambda: store.read(at, of.lines[TASERS].id, "X7102", "X71O2"))
    assert "The first reading says X7102, the second X71O2." in str(told)
    assert words(lambda: store.read(at, of.lines[TASERS].id, "X7102", "")) == {"READ_ONCE"}
    assert words(lambda: store.read(at, of.lines[TASERS].id, "X7102", ways=("TYPED", "TYPED"))) == {
        "TYPED_TWICE"
    }
    store.read(at, of.lines[TASERS].id, "X7102", ways=("TYPED", "TYPED"), why="the label is scratched")
    assert words(lambda: store.read(at, of.lines[TASERS].id, "X7102")) == {"READ_BEFORE"}


def test_a_serial_on_record_is_refused_naming_the_item(store: Unpacked) -> None:
    of = store.order()
    at, other = store.delivered(of), store.delivered(of, "DN-2")
    told = refused(lambda: store.read(at, of.lines[TASERS].id, serial(HANDLES[0])))
    assert [bar.item_id for bar in told.bars] == [HANDLES[0]]
    assert f"X00201 is on record already (item {HANDLES[0]}), in a store." in str(told)
    forced = refused(lambda: store.read(at, of.lines[TASERS].id, serial(HANDLES[0]), why="it is here"))
    assert [bar.word for bar in forced.bars] == ["DUPLICATE"], "no reason makes two items of one serial"
    store.read(at, of.lines[TASERS].id, "X7103")
    assert words(lambda: store.read(other, of.lines[TASERS].id, "X7103")) == {"READ_BEFORE"}
    store.read(at, of.lines[CARTRIDGES].id, "X7103", expires_on=LATER)  # another kind may share the serial


def test_a_serial_that_came_on_record_meanwhile_stops_the_signature(store: Unpacked) -> None:
    first, second = store.order(), store.order()
    one, two = store.delivered(first), store.delivered(second)
    store.read(one, first.lines[TASERS].id, "X7104")
    store.read(
        two, second.lines[TASERS].id, "X7104"
    )  # another order's line: nobody can tell yet whose label lies
    store.sign(one, 1)
    assert words(lambda: store.sign(two, 1)) == {"DUPLICATE"}


def test_more_than_was_ordered_is_taken_with_a_reason_and_told(store: Unpacked) -> None:
    of = store.order()
    at = store.delivered(of)
    for number in range(2):
        store.read(at, of.lines[TASERS].id, f"X711{number}")
    assert words(lambda: store.read(at, of.lines[TASERS].id, "X7112")) == {"OVER"}
    unit = store.read(at, of.lines[TASERS].id, "X7112", why="one too many in the box")
    store.sign(at, 3)
    assert (store.of(of.id).lines[TASERS].word, "DELIVERY_OVER" in store.alarms()) == ("OVER", True)
    assert store.rows(alarm.c.store_id, item_id=unit) == [(MEDWAY,)]
    ended = store.act(
        lambda tx: end_line(tx, of.id, of.lines[CARTRIDGES].id, ISSUER, "cancelled by the supplier")
    )
    assert (ended.lines[CARTRIDGES].word, ended.lines[CARTRIDGES].to_come) == ("ENDED", 0)
    assert words(lambda: store.read(at, of.lines[CARTRIDGES].id, "C1", expires_on=LATER)) == {"LINE_ENDED"}
    assert words(
        lambda: store.act(lambda tx: end_line(tx, of.id, of.lines[TASERS].id, ISSUER, "all here"))
    ) == {"NOTHING_TO_COME"}


def test_cartridges_need_their_printed_date_and_lots_are_counted(store: Unpacked) -> None:
    of = store.order()
    at = store.delivered(of)
    cartridges, guards = of.lines[CARTRIDGES].id, of.lines[GUARDS].id
    assert words(lambda: store.read(at, cartridges, "C7120", lot="l9")) == {"NO_DATE"}
    assert words(lambda: store.read(at, cartridges, "C7120", expires_on="2020-01-01")) == {"DATE_PAST"}
    first = Reading("(17)...", "SCAN", "C7120", "L9", "2030-05-31")
    unit = UnitRead(cartridges, first, first, lot="L8", expires_on=LATER)
    assert words(lambda: store.act(lambda tx: read_unit(tx, Unpacking(at, ISSUER, unit)))) == {
        "DATES_DIFFER", "LOTS_DIFFER",
    }  # fmt: skip
    store.read(at, cartridges, "C7120", lot="l9", expires_on=LATER)
    store.read(at, guards, "SG-77", quantity=40)
    assert words(lambda: store.read(at, guards, "SG-77", quantity=11)) == {"OVER"}
    assert words(lambda: store.sign(at, 40)) == {"COUNT"}
    assert store.sign(at, 41) == 41
    lots = {row[1]: row for row in store.rows(lot.c.id, lot.c.lot_no, lot.c.product)}
    assert store.rows(lot_balance.c.holder_id, lot_balance.c.quantity, lot_id=lots["SG-77"][0]) == [
        (MEDWAY, 40)
    ]
    assert store.rows(item.c.lot_id, item.c.expires_on, item.c.purpose, serial="C7120") == [
        (lots["L9"][0], LATER, "LIVE_DUTY")
    ]
    assert store.rows(ledger.c.second_person, lot_id=lots["SG-77"][0]) == [(MERCER,)]
    assert GUARD_LOT not in (lots["SG-77"][0], lots["L9"][0])


def test_one_person_does_not_sign_twice_and_a_mistake_is_taken_back(store: Unpacked) -> None:
    of = store.order()
    at = store.delivered(of)
    assert words(lambda: store.sign(at, 0)) == {"NOTHING"}
    unit = store.read(at, of.lines[TASERS].id, "X7130")
    assert words(lambda: store.sign(at, 1, second=ISSUER)) == {"TWO"}
    assert words(lambda: store.act(lambda tx: end_delivery(tx, at, ISSUER, None))) == {"UNSIGNED"}
    store.act(lambda tx: take_back(tx, at, unit, ISSUER))
    with pytest.raises(LookupError):
        store.act(lambda tx: take_back(tx, at, unit, ISSUER))
    again = store.read(at, of.lines[TASERS].id, "X7130")
    store.sign(at, 1)
    with pytest.raises(LookupError):
        store.tag(at, again, "TOO-LATE")
    store.act(lambda tx: end_delivery(tx, at, ISSUER, None))
    assert words(lambda: store.read(at, of.lines[TASERS].id, "X7131")) == {"ENDED"}


# ---- the supplier's own list -----------------------------------------------------------------------------------


def test_a_suppliers_list_names_what_is_to_come_and_receives_nothing(store: Unpacked) -> None:
    of = store.order()
    at = store.delivered(of)
    file = (
        "Serial No,Product Type,Lot,Use by\nX7140,TASER,,\nC7141,cartridge,B7,30/06/2030\n"
        f"{serial(HANDLES[1])},TASER,,\nC7142,cartridge,B7,soon\n,TASER,,\nG1,camera,,\n"
    )
    report = store.take(at, file)
    assert (report.listed, report.before, report.refused) == (2, 0, 4)
    assert [(each.line, each.field) for each in report.problems] == [
        (4, "serial"), (5, "expires_on"), (6, "serial"), (7, "line"),
    ]  # fmt: skip
    assert f"this is item {HANDLES[1]}" in report.problems[0].expected
    assert (store.take(at, file).listed, store.take(at, file).before) == (0, 2), (
        "the same file twice changes nothing"
    )
    assert store.rows(item.c.id, serial="X7140") == []
    assert words(lambda: store.read(at, of.lines[TASERS].id, "X7149")) == {"UNLISTED"}
    assert words(lambda: store.read(at, of.lines[CARTRIDGES].id, "C7141", expires_on="2031-01-01")) == {
        "DATES_DIFFER"
    }
    store.read(at, of.lines[CARTRIDGES].id, "C7141")  # lot and date as listed
    assert store.at(of, at).pending[0].expires_on == LATER
    store.sign(at, 1)
    assert [each.serial for each in store.at(of, at).not_seen] == ["X7140"]
    assert words(lambda: store.act(lambda tx: end_delivery(tx, at, ISSUER, None))) == {"WHY"}
    store.act(lambda tx: end_delivery(tx, at, ISSUER, "box 2 did not come"))
    assert "DELIVERY_SHORT" in store.alarms()
    assert store.of(of.id).state == "OPEN", "the order still waits for it"


def test_columns_that_a_person_named_are_known_again(store: Unpacked) -> None:
    of = store.order(LINES[TASERS])
    at, other = store.delivered(of), store.delivered(of, "DN-2")
    with pytest.raises(BadField, match="a column for the serial"):
        store.take(at, "Ref,Gerät\nA,B\n")
    with pytest.raises(BadField, match="a column of the file"):
        store.take(at, "Ref,Gerät\nA,B\n", nothing="serial")
    assert store.take(at, "Ref,Gerät\nA7150,B\n", Ref="serial").listed == 1
    assert store.take(other, "Ref,Gerät\nA7151,B\n").listed == 1


# ---- tags ------------------------------------------------------------------------------------------------------


def test_no_metal_and_no_etching_on_a_taser(store: Unpacked) -> None:
    of = store.order()
    at = store.delivered(of)
    unit = store.read(at, of.lines[TASERS].id, "X7160")
    for material in ("METAL", "ETCHED"):
        told = refused(lambda given=material: store.tag(at, unit, "T-1", material=given))
        assert "no metal identity tags and no etching" in str(told)
    told = refused(lambda: store.tag(at, unit, "3476451FD40000000000162E", "EPC"))
    assert "clearance in writing" in str(told)
    assert store.tag(at, unit, "3476451FD40000000000162E", "EPC", place="HOLSTER").material == "INLAY"
    assert store.tag(at, unit, "T-1", material="METAL", place="CASE").material == "METAL"
    store.sign(at, 1)
    with pytest.raises(NotMarked, match="no metal identity tags"):
        store.act(lambda tx: bind_mark(tx, marked_item(tx.conn, unit), Mark("LABEL", "T-2", "METAL"), ISSUER))


def test_a_tag_stands_for_one_thing(store: Unpacked) -> None:
    of = store.order()
    at = store.delivered(of)
    one, two = (store.read(at, of.lines[TASERS].id, f"X717{n}") for n in range(2))
    store.tag(at, one, "K-1")
    for value, says in (("k-1", "is on TASER handle X7170 already"), ("X7171", "its printed serial"),
                        (label_code(one), "printed for another item"),
                        (serial(HANDLES[0]), "is the printed serial of TASER handle X00201")):  # fmt: skip
        assert says in str(refused(lambda given=value: store.tag(at, two, given)))
    with pytest.raises(BadField):
        store.tag(at, two, "ZZ", "EPC")
    handle = store.act(lambda tx: marked_item(tx.conn, HANDLES[0]))
    bound = store.act(lambda tx: bind_mark(tx, handle, Mark("LABEL", "k-2"), HOLLIS))
    assert store.act(lambda tx: bind_mark(tx, handle, Mark("LABEL", "K-2"), HOLLIS)) == bound
    assert "K-2 stands for TASER handle X00201 already" in str(refused(lambda: store.tag(at, two, "K-2")))
    with pytest.raises(LookupError):
        store.act(lambda tx: end_mark(tx, HANDLES[1], bound, "LOST", HOLLIS))
    store.act(lambda tx: end_mark(tx, HANDLES[0], bound, "REPLACED", HOLLIS))
    store.tag(at, two, "K-2")
    kinds = [row[0] for row in store.rows(ledger.c.kind, item_id=HANDLES[0])]
    assert kinds[-2:] == ["MARKED", "UNMARKED"]


@given(st.integers(1, 2**53))
@settings(max_examples=40)
def test_a_label_of_ours_tells_whose_it_is_and_a_misread_one_tells_nothing(item_id: int) -> None:
    code = label_code(item_id)
    assert printed_for(f" {code.lower()} ") == item_id
    for place in range(2, len(code)):
        for digit in "0Z":
            changed = code[:place] + digit + code[place + 1 :]
            assert changed == code or printed_for(changed) != item_id
    swapped = code[:2] + code[3] + code[2] + code[4:]
    assert swapped == code or printed_for(swapped) is None


# ---- what is written down ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (NewLine("CED_CARTRIDGE", "Axon", "T7", 1), "lines\\[0\\].purpose"),
        (NewLine("CED_HANDLE", "Axon", "T7", 1, by_lot=True), "lines\\[0\\].by_lot"),
        (NewLine("CED_HANDLE", "Axon", "T7", 0), "lines\\[0\\].quantity"),
        (NewLine("GUN", "Axon", "T7", 1), "lines\\[0\\].kind"),
    ],
)
def test_an_order_that_cannot_be_is_named_by_its_field(store: Unpacked, line: NewLine, says: str) -> None:
    with pytest.raises(BadField, match=says):
        store.order(line)


def test_orders_and_delivery_notes_are_written_down_once(store: Unpacked) -> None:
    of = store.order()
    store.delivered(of, "dn-9")
    with pytest.raises(BadField, match="note_ref"):
        store.delivered(of, " DN-9 ")
    store.orders -= 1
    with pytest.raises(BadField, match="order_ref"):
        store.order()
    with store.engine.connect() as conn:
        assert [each.id for each in newest(conn, {MEDWAY}, 2**62, 1)] == [of.id]
        assert newest(conn, {999}, 2**62, 1) == []
