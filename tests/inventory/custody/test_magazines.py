"""A T10 magazine: loaded in the store, drawn whole, handed back whole, and every cartridge accounted for by serial."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.came_along import Seen, say_of
from inventory.custody.fittings import Put, put_in
from inventory.custody.holds import Placing, place_holds
from inventory.custody.issue import Issued, Request, issue_kit
from inventory.custody.life import holdings, item_life, open_holds, who_had
from inventory.custody.loading import Loading, Magazine, NotDone, load, magazine_now, unload
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.receive import Assertion, assert_held
from inventory.custody.reconcile import names_of, outcomes, still_out
from inventory.custody.returns import Back, Returned, return_kit
from inventory.oversight.audit import audit
from inventory.schema.custody import alarm
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.stock import fitting
from inventory.schema.tx import Tx
from tests import t10
from tests.small_force import (
    CARTRIDGES as T7_CARTRIDGES,
)
from tests.small_force import (
    DOVER,
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
)

POLICY = demo_policy()
FIRST, OTHER, EMPTY = t10.MAGAZINES
TEN = t10.inside()
VISIT = 77


class Store:
    """Medway's T10 kit, and the acts of a storekeeper, a second apart."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.ids, self.now = engine, Ids(writing(engine)), NOW

    def act(self, act: Callable[[Tx], Any]) -> Any:
        self.now += 1_000_000
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)

    def loads(self, magazine: int, *cartridges: int) -> Magazine:
        return self.act(lambda tx: load(tx, [Loading(magazine, cartridges, ISSUER)], POLICY))[0]

    def unloads(self, magazine: int, *cartridges: int) -> Magazine:
        return self.act(lambda tx: unload(tx, Loading(magazine, cartridges, ISSUER), POLICY))

    def issues(self, person: int = HOLLIS, **changes: object) -> Issued:
        return self.act(lambda tx: issue_kit(tx, [Request(t10.t10_ask(person, **changes))], POLICY))[0]

    def returns(self, *backs: Back) -> list[Returned]:
        return self.act(lambda tx: return_kit(tx, backs))

    def places_hold(self, item: int, reason: str, authority: str | None = None) -> None:
        self.act(lambda tx: place_holds(tx, [Placing(reason, "test", item_id=item, authority=authority)]))

    def holder(self, item: int) -> tuple[str, int]:
        with self.engine.connect() as conn:
            found = who_had(conn, item, self.now + 1)
        assert found is not None
        return found["holder"], found["holder_id"]

    def inside(self, magazine: int) -> list[int]:
        with self.engine.connect() as conn:
            now = magazine_now(conn, magazine, POLICY, self.now)
        assert now is not None
        return [fit.child_id for fit in now.cartridges]

    def entries(self, item: int) -> list[tuple[str, str | None]]:
        with self.engine.connect() as conn:
            return [(row["kind"], row["reason"]) for row in item_life(conn, item)]

    def holds(self, item: int) -> set[str]:
        with self.engine.connect() as conn:
            return {row["reason"] for row in open_holds(conn, item)}

    def alarms(self) -> list[tuple[str, int, int | None]]:
        with self.engine.connect() as conn:
            rows = sa.select(alarm.c.kind, alarm.c.item_id, alarm.c.person_id).order_by(alarm.c.id)
            return [tuple(row) for row in conn.execute(rows)]


@pytest.fixture(scope="module")
def with_t10(make_database: Callable[..., str], built: str) -> str:
    """URL of the small force with the T10 kit; copy it, do not change it."""
    url = make_database(template=built)
    t10.add_to(url)
    return url


@pytest.fixture
def store(make_database: Callable[..., str], with_t10: str) -> Iterator[Store]:
    """A copy of it, its first magazine empty still; sound when the test is over."""
    engine = make_engine(make_database(template=with_t10))
    yield Store(engine)
    with engine.connect() as conn:
        assert audit(conn) == []
    engine.dispose()


@pytest.fixture
def full(store: Store) -> Store:
    """The first magazine has its ten."""
    store.loads(FIRST, *TEN)
    return store


# ---- loading ---------------------------------------------------------------------------------------------


def test_a_magazine_is_loaded_by_serial_with_who_and_when(store: Store) -> None:
    now = store.loads(FIRST, *TEN[:4])
    assert ([fit.child_id for fit in now.cartridges], [fit.slot for fit in now.cartridges]) == (
        list(TEN[:4]), [1, 2, 3, 4],
    )  # fmt: skip
    assert now.told == ("Magazine X00421 is recorded with 4 cartridges, not 10.",)
    now = store.loads(FIRST, *TEN[4:])
    assert (len(now.cartridges), now.capacity, now.told) == (10, 10, ())
    with store.engine.connect() as conn:
        loaded = item_life(conn, TEN[4])[-1]
        of_magazine = item_life(conn, FIRST)[-1]
    assert (loaded["kind"], loaded["reason"]) == ("LOADED", "In magazine X00421, place 5")
    assert (loaded["by_person"], loaded["at_us"]) == (ISSUER, store.now)
    assert of_magazine["kind"] == "LOADED"
    assert of_magazine["reason"] == "With cartridges X00435, X00436, X00437, X00438, X00439, X00440"


def test_a_scan_twice_loads_once(store: Store) -> None:
    store.loads(FIRST, TEN[0])
    assert len(store.loads(FIRST, TEN[0], TEN[0]).cartridges) == 1
    assert [kind for kind, _ in store.entries(TEN[0])].count("LOADED") == 1


def test_the_eleventh_cartridge_is_refused_and_nothing_is_half_loaded(full: Store) -> None:
    with pytest.raises(NotDone, match="holds 10 cartridges; that would be 11"):
        full.loads(FIRST, t10.CARTRIDGES[10])
    with pytest.raises(NotDone, match="holds 10 cartridges; that would be 11"):
        full.loads(OTHER, *t10.CARTRIDGES[10:21])
    assert full.inside(OTHER) == []


def test_a_cartridge_is_in_one_magazine_at_a_time(full: Store) -> None:
    with pytest.raises(NotDone, match="Cartridge X00431 is loaded in magazine X00421"):
        full.loads(OTHER, TEN[0])
    both = [Loading(OTHER, (t10.CARTRIDGES[10],), ISSUER), Loading(EMPTY, (t10.CARTRIDGES[10],), ISSUER)]
    with pytest.raises(NotDone, match="named for two magazines"):
        full.act(lambda tx: load(tx, both, POLICY))
    full.unloads(FIRST, TEN[0])
    assert [fit.slot for fit in full.loads(OTHER, TEN[0]).cartridges] == [1]


def test_the_database_itself_has_a_cartridge_in_one_magazine_and_a_place_for_one_cartridge(full: Store) -> None:
    loose = t10.CARTRIDGES[10]
    for put in (Put(TEN[0], "CED_CARTRIDGE", "C", OTHER, "m", 1), Put(loose, "CED_CARTRIDGE", "C", FIRST, "m", 1)):
        with pytest.raises(Exception, match="already loaded, or its place is taken"):
            full.act(lambda tx, put=put: put_in(tx, [put], ISSUER))


def test_every_reason_is_told_at_once(store: Store) -> None:
    store.places_hold(TEN[0], "WET")
    with pytest.raises(NotDone) as refused:
        store.loads(FIRST, TEN[0], t10.EXPIRED, t10.OF_DOVER, T7_CARTRIDGES[0], t10.PRACTICE[0], HANDLES[0])
    said = " ".join(reason.sentence for reason in refused.value.reasons)
    for part in (
        "X00431 is drying", "X00473 expired on 21 November 2026", "X00474 is in another store",
        "is for the T7 and does not fit a T10 magazine", "X00471 is training stock", "is for another purpose",
        "X00201 is not a cartridge",
    ):  # fmt: skip
        assert part in said, f"{part!r} not in {said!r}"
    assert store.inside(FIRST) == []


def test_a_magazine_for_practice_is_loaded_with_practice_cartridges_alone(store: Store) -> None:
    with pytest.raises(NotDone, match="training stock"):
        store.loads(FIRST, TEN[0], t10.PRACTICE[0])


@pytest.mark.parametrize("reason", ["QUARANTINE", "RECALL", "WITHDRAWN"])
def test_a_magazine_that_is_held_is_not_loaded(store: Store, reason: str) -> None:
    store.places_hold(FIRST, reason)
    with pytest.raises(NotDone, match="Magazine X00421"):
        store.loads(FIRST, TEN[0])


def test_a_reserved_magazine_is_loaded_and_said_to_be_reserved(store: Store) -> None:
    store.places_hold(FIRST, "RESERVED")
    assert "Magazine X00421 is reserved." in store.loads(FIRST, *TEN).told


def test_nothing_is_taken_out_of_evidence(full: Store) -> None:
    full.places_hold(FIRST, "EVIDENTIAL", "PSD")
    with pytest.raises(NotDone, match="held as evidence"):
        full.unloads(FIRST, TEN[0])


def test_only_what_is_in_it_is_taken_out(full: Store) -> None:
    with pytest.raises(NotDone, match="Cartridge X00441 is not loaded in magazine X00421"):
        full.unloads(FIRST, TEN[0], t10.CARTRIDGES[10])
    assert len(full.unloads(FIRST, *TEN).cartridges) == 0
    assert full.entries(TEN[0])[-1] == ("UNLOADED", "From magazine X00421")
    assert full.entries(FIRST)[-1][1] == f"Without cartridges {', '.join(f'X00{each}' for each in TEN)}"


def test_what_is_no_magazine_or_not_known_is_not_loaded(store: Store) -> None:
    with pytest.raises(NotDone, match="is not a magazine"):
        store.loads(HANDLES[0], TEN[0])
    with pytest.raises(LookupError, match="999"):
        store.loads(FIRST, 999)
    with pytest.raises(ValueError, match="each magazine once"):
        store.act(lambda tx: load(tx, [Loading(FIRST, ()), Loading(FIRST, ())], POLICY))


def test_a_magazine_with_an_officer_is_not_loaded_from_the_shelf(full: Store) -> None:
    full.issues()
    with pytest.raises(NotDone, match="out with somebody") as refused:
        full.loads(FIRST, t10.CARTRIDGES[10])
    assert "hatch" in refused.value.reasons[0].remedy
    with pytest.raises(NotDone, match="out with somebody"):
        full.unloads(FIRST, TEN[0])
    full.loads(OTHER, *t10.inside(1)[:9])
    with pytest.raises(NotDone, match="out with somebody else"):
        full.loads(OTHER, TEN[0])


# ---- issue -----------------------------------------------------------------------------------------------


def test_a_magazine_is_issued_with_its_ten_by_one_decision(full: Store) -> None:
    done = full.issues()
    assert done.allowed, done.decision.refusals
    assert {full.holder(each) for each in (FIRST, *TEN)} == {("PERSON", HOLLIS)}
    with full.engine.connect() as conn:
        assert {row["decision_id"] for row in holdings(conn, HOLLIS)} == {done.decision_id}


def test_a_cartridge_recorded_in_a_magazine_is_not_issued_by_itself(full: Store) -> None:
    done = full.issues(item_ids=(t10.HANDLES[0], t10.BATTERIES[0], TEN[3]))
    assert not done.allowed
    reason = next(each for each in done.decision.refusals if each.code == "FITTED_IN_ANOTHER")
    assert reason.item_id == TEN[3]
    assert reason.sentence == "Cartridge X00434 is recorded as loaded in a magazine."
    assert "magazine" in reason.remedy.lower()


def test_a_cartridge_that_is_held_keeps_its_whole_magazine_back(full: Store) -> None:
    full.places_hold(TEN[9], "RECALL")
    assert "RECALLED" in {each.code for each in full.issues().decision.refusals}


# ---- return ----------------------------------------------------------------------------------------------


def test_a_returned_magazine_brings_back_what_is_in_it_serial_by_serial(full: Store) -> None:
    done = full.issues()
    back = full.returns(Back(FIRST, MEDWAY, ISSUER))[0]
    assert [(each.item_id, each.word) for each in back.along] == [(each, "RETURNED") for each in TEN]
    assert len({each.entry_id for each in back.along} | {back.entry_id}) == 11, "each has an entry of its own"
    assert {full.holder(each) for each in (FIRST, *TEN)} == {("STORE", MEDWAY)}
    assert full.entries(TEN[0])[-1] == ("RETURNED", "with magazine X00421")
    assert full.inside(FIRST) == list(TEN), "it comes back loaded, and may go out again"
    with full.engine.connect() as conn:
        assert {each.item_id for each in still_out(conn, [done.decision_id])} == {t10.HANDLES[0], t10.BATTERIES[0]}


def test_a_cartridge_said_to_be_missing_stays_open_and_is_said_to_be(full: Store) -> None:
    done = full.issues()
    back = full.returns(Back(FIRST, MEDWAY, ISSUER, cartridges=((TEN[2], "MISSING"),)))[0]
    assert [each.item_id for each in back.along if each.word == "MISSING"] == [TEN[2]]
    assert full.holder(TEN[2]) == ("PERSON", HOLLIS)
    assert full.inside(FIRST) == [each for each in TEN if each != TEN[2]]
    assert full.alarms() == [("RETURN_SHORT", TEN[2], HOLLIS)]
    assert full.entries(TEN[2])[-1][0] == "UNLOADED"
    with full.engine.connect() as conn:
        assert TEN[2] in {each.item_id for each in still_out(conn, [done.decision_id])}
    assert full.returns(Back(TEN[2], MEDWAY, ISSUER))[0].from_person == HOLLIS, "found in the car, and handed in"


def test_a_cartridge_said_to_be_used_comes_back_spent_for_good(full: Store) -> None:
    full.issues()
    back = full.returns(Back(FIRST, MEDWAY, ISSUER, "USED", cartridges=((TEN[0], "USED"),)))[0]
    assert (back.hold, back.along[0].hold, back.along[1].hold) == ("DOWNLOAD", "WITHDRAWN", None)
    assert full.holder(TEN[0]) == ("STORE", MEDWAY)
    assert full.entries(TEN[0])[-2] == ("RETURNED", "USED, with magazine X00421")
    full.unloads(FIRST, TEN[0])
    with pytest.raises(NotDone, match="withdrawn from service"):
        full.loads(OTHER, TEN[0])


@pytest.mark.parametrize(
    ("condition", "hold"), [("GOOD", set()), ("WET", {"WET"}), ("DAMAGED", {"QUARANTINE"}), ("USED", {"QUARANTINE"})]
)  # fmt: skip
def test_what_was_in_a_magazine_is_looked_at_when_that_came_back_bad(
    full: Store, condition: str, hold: set[str]
) -> None:
    full.issues()
    full.returns(Back(FIRST, MEDWAY, ISSUER, condition, cartridges=()))
    assert full.holds(TEN[5]) == hold


def test_what_is_said_of_one_cartridge_counts_more_than_what_is_said_of_the_magazine(full: Store) -> None:
    full.issues()
    full.returns(Back(FIRST, MEDWAY, ISSUER, "DAMAGED", cartridges=((TEN[0], "GOOD"), (TEN[1], "WET"))))
    assert (full.holds(TEN[0]), full.holds(TEN[1]), full.holds(TEN[2])) == (set(), {"WET"}, {"QUARANTINE"})


def test_a_cartridge_handed_in_beside_its_magazine_is_taken_as_it_is_handed_in(full: Store) -> None:
    full.issues()
    one, magazine = full.returns(Back(TEN[0], MEDWAY, ISSUER, "DAMAGED"), Back(FIRST, MEDWAY, ISSUER))
    assert (one.hold, one.out_of) == ("QUARANTINE", None)
    assert [each.item_id for each in magazine.along] == list(TEN[1:])
    assert full.inside(FIRST) == list(TEN)


def test_a_cartridge_handed_in_by_itself_has_been_taken_out(full: Store) -> None:
    full.issues()
    back = full.returns(Back(TEN[0], MEDWAY, ISSUER))[0]
    assert (back.word, back.out_of) == ("RETURNED", "magazine X00421")
    assert (full.holder(TEN[0]), full.holder(FIRST)) == (("STORE", MEDWAY), ("PERSON", HOLLIS))
    assert full.entries(TEN[0])[-1] == ("UNLOADED", "From magazine X00421: handed in by itself")
    assert len(full.returns(Back(FIRST, DOVER))[0].along) == 9
    assert full.holder(TEN[1]) == ("STORE", DOVER)


def test_what_is_said_to_be_in_a_magazine_must_be_in_it(full: Store) -> None:
    full.issues()
    with pytest.raises(LookupError, match=f"item {t10.CARTRIDGES[10]} is not loaded in item {FIRST}"):
        full.returns(Back(FIRST, MEDWAY, ISSUER, cartridges=((t10.CARTRIDGES[10], "MISSING"),)))


def test_a_magazine_that_is_here_already_brings_nothing(full: Store) -> None:
    back = full.returns(Back(FIRST, MEDWAY, ISSUER))[0]
    assert (back.word, back.along) == ("ALREADY_HERE", ())
    stray = full.returns(Back(FIRST, DOVER, ISSUER))[0]
    assert (stray.word, stray.along) == ("STRAYED", ())


def test_what_is_still_out_is_named_without_a_list_of_ten(full: Store) -> None:
    done = full.issues()
    full.returns(Back(t10.HANDLES[0], MEDWAY, ISSUER))
    with full.engine.connect() as conn:
        named = names_of(conn, still_out(conn, [done.decision_id]))
    assert named == ["Battery pack X00411", "Magazine X00421 and the 10 cartridges in it"]


# ---- looked at after the scan ----------------------------------------------------------------------------


def test_a_cartridge_seen_to_be_missing_after_the_scan_is_unaccounted_for_and_the_return_is_short(
    full: Store,
) -> None:
    done = full.issues()
    full.returns(Back(FIRST, MEDWAY, ISSUER, visit_id=VISIT))
    full.act(lambda tx: say_of(tx, Seen(TEN[7], MEDWAY, VISIT, "MISSING", ISSUER)))
    assert full.holder(TEN[7]) == ("UNKNOWN", 0)
    assert full.alarms() == [("RETURN_SHORT", TEN[7], HOLLIS)]
    assert full.inside(FIRST) == [each for each in TEN if each != TEN[7]]
    with full.engine.connect() as conn:
        words = {each.item_id: each.word for each in outcomes(conn, [done.decision_id])}
        assert (words[TEN[7]], words[TEN[8]]) == ("UNACCOUNTED", "RETURNED")
        assert TEN[7] in {each.item_id for each in still_out(conn, [done.decision_id])}
    assert full.returns(Back(TEN[7], MEDWAY, ISSUER))[0].word == "RETURNED"
    with full.engine.connect() as conn:
        assert TEN[7] not in {each.item_id for each in still_out(conn, [done.decision_id])}


def test_a_cartridge_seen_to_be_used_after_the_scan_never_goes_out_again(full: Store) -> None:
    full.issues()
    full.returns(Back(FIRST, MEDWAY, ISSUER, visit_id=VISIT))
    fit = full.act(lambda tx: say_of(tx, Seen(TEN[7], MEDWAY, VISIT, "USED", ISSUER)))
    assert (fit.child, fit.parent) == ("Cartridge X00438", "magazine X00421")
    assert full.holds(TEN[7]) == {"WITHDRAWN"}


@pytest.mark.parametrize("item", [TEN[0], FIRST, t10.CARTRIDGES[10]])
def test_only_what_came_along_in_this_visit_is_spoken_of(full: Store, item: int) -> None:
    full.issues()
    full.returns(Back(FIRST, MEDWAY, ISSUER, visit_id=VISIT - 1))
    with pytest.raises(LookupError, match="in this visit"):
        full.act(lambda tx: say_of(tx, Seen(item, MEDWAY, VISIT, "MISSING", ISSUER)))


# ---- lost, found, and known by paper ---------------------------------------------------------------------


def test_a_lost_magazine_is_lost_with_what_is_in_it_and_found_with_it(full: Store) -> None:
    full.act(lambda tx: report_unaccounted(tx, [Missing(FIRST, MEDWAY, ISSUER, "Stock count")]))
    assert {full.holder(each) for each in (FIRST, *TEN)} == {("UNKNOWN", 0)}
    back = full.returns(Back(FIRST, MEDWAY, ISSUER))[0]
    assert (back.from_person, len(back.along)) == (None, 10)
    assert full.entries(TEN[0])[-2:] == [("FOUND", "with magazine X00421"), ("HELD", "RECOVERED")]


def test_a_lost_cartridge_is_lost_out_of_its_magazine(full: Store) -> None:
    full.act(lambda tx: report_unaccounted(tx, [Missing(TEN[0], MEDWAY, ISSUER, "Stock count")]))
    assert full.inside(FIRST) == list(TEN[1:])


def test_a_magazine_known_by_paper_to_be_out_is_out_with_what_is_in_it(full: Store) -> None:
    fact = Assertion(FIRST, MERCER, MEDWAY, ISSUER, SECOND_ISSUER, "register p. 3")
    full.act(lambda tx: assert_held(tx, [fact], POLICY))
    assert {full.holder(each) for each in (FIRST, *TEN)} == {("PERSON", MERCER)}
    other = Assertion(TEN[0], HOLLIS, MEDWAY, ISSUER, SECOND_ISSUER, "register p. 4")
    full.act(lambda tx: assert_held(tx, [other], POLICY))
    assert (full.holder(TEN[0]), full.inside(FIRST)) == (("PERSON", HOLLIS), list(TEN[1:]))


# ---- what a broken record looks like ---------------------------------------------------------------------


def test_an_audit_finds_what_no_act_of_ours_leaves_behind(
    make_database: Callable[..., str], with_t10: str
) -> None:
    broken = Store(make_engine(make_database(template=with_t10)))
    broken.loads(FIRST, *TEN)
    broken.issues()
    with writing(broken.engine).begin() as conn:  # by somebody who owns the tables
        on = " ON fitting" if conn.dialect.name == "postgresql" else ""
        conn.exec_driver_sql(f"DROP TRIGGER fitting_ends_once{on}")
        conn.execute(sa.update(fitting).where(fitting.c.child_id == TEN[0]).values(parent_id=OTHER))
        conn.execute(sa.update(fitting).where(fitting.c.child_id == TEN[1]).values(to_us=HOUR))
    with broken.engine.connect() as conn:
        found = {(fault.check, fault.about) for fault in audit(conn)}
    broken.engine.dispose()
    assert found == {
        ("promises_are_in_force", "fitting_ends_once"),
        ("loaded_is_where_its_magazine_is", str(TEN[0])),
        ("loaded_as_the_ledger_says", f"item {TEN[1]}"),
    }
