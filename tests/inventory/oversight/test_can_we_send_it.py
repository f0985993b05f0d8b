"""Can we send it and keep business as usual? Asked of the small force, whose answers can be counted on fingers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from api.solver import solve
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.losses.acts import Doing, do
from inventory.custody.losses.looking import cases_of_item
from inventory.oversight import saved_plans
from inventory.oversight.mobilisation import conflicts, operation, people, roles, watch
from inventory.oversight.mobilisation.answer import Answer, answer
from inventory.oversight.mobilisation.issuing import moves
from inventory.oversight.mobilisation.operation import Operation, Post
from inventory.oversight.mobilisation.roles import Review
from inventory.oversight.mobilisation.roles_file import import_roles
from inventory.oversight.mobilisation.wording import during_words, in_words
from inventory.oversight.reports import REPORTS, q17_mobilisation, q18_mutual_aid
from inventory.oversight.reports.report import Asked
from inventory.oversight.what_if import Delivery, Officers, Scenario, Seats, clear_by, outcome
from inventory.people.calendar import add_months
from inventory.people.errors import BadField
from inventory.people.imports.run import ImportRun
from inventory.schema.custody import alarm
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import capability_grant, person
from inventory.schema.roster import roster
from inventory.schema.stock import item
from inventory.schema.targets import assessment, availability_target
from inventory.schema.training import specialist_result
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.built_once import built_once
from tests.small_force import DOVER, HOLLIS, ISSUER, LAPSED, MEDWAY, MERCER, NOW, SECOND_ISSUER, TODAY, acting

POLICY = force.demo_policy()
DAY = 24 * force.HOUR
CED_SET, CAMERA = ("CED_HANDLE",), ("BWV_CAMERA",)


def pcs(number: int, *kit: str) -> tuple[Post, ...]:
    return (Post("Constable", number, "CONSTABLE", kit),)


def asked(number: int, *kit: str, **other: Any) -> Operation:
    """An operation of so many constables tomorrow, with nothing kept back."""
    plain = Operation("Harvest", NOW + DAY, 1, 1, posts=pcs(number, *kit), keep_percent=0)
    return replace(plain, **other)


class Force:
    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.ids = engine, Ids(writing(engine))

    def act(self, run: Callable[[Tx], Any], at_us: int = NOW) -> Any:
        with acting(self.engine, self.ids, at_us) as tx:
            return run(tx)

    def write(self, table: sa.Table, **row: Any) -> None:
        self.act(lambda tx: tx.conn.execute(sa.insert(table), [{"id": tx.ids.take(), **row}]))

    def answers(self, wanted: Operation) -> Answer:
        with self.engine.connect() as conn:
            return answer(conn, wanted, POLICY, solve, NOW)


@pytest.fixture
def small(make_sqlite_database: Callable[..., str]) -> Iterator[Force]:
    engine = make_engine(make_sqlite_database(template=built_once(make_sqlite_database, force.build)))
    yield Force(engine)
    engine.dispose()


@pytest.fixture
def on_both(make_database: Callable[..., str]) -> Iterator[Force]:
    """The small force on each of the databases in turn."""
    engine = make_engine(make_database(template=built_once(make_database, force.build)))
    yield Force(engine)
    engine.dispose()


def who(found: Answer) -> set[int]:
    return {each.candidate.who.id for each in found.sent}


def test_those_whom_the_gate_would_let_draw_go_with_kit_it_would_let_go(on_both: Force) -> None:
    small = on_both
    both = small.answers(asked(2, "CED_HANDLE", "BWV_CAMERA"))
    assert (both.yes, who(both)) == (True, {HOLLIS, MERCER})
    for each in both.sent:
        kinds = sorted(piece.kind for piece in each.pieces)
        assert kinds == ["BWV_CAMERA", "CED_BATTERY", "CED_CARTRIDGE", "CED_CARTRIDGE", "CED_HANDLE"]
    given = [item_id for each in both.sent for item_id in each.items]
    assert len(given) == len(set(given)), "nothing is given twice"
    assert in_words(both) == "Yes: 2 people can go, and every store keeps what it needs."
    assert "2 cameras need a dock each night: 2 charges in all." in during_words(both)

    third = small.answers(asked(3, *CED_SET))
    assert (third.yes, dict(third.unfilled), third.short_of) == (False, {"Constable": 1}, ("PEOPLE",))
    assert third.stopped["PPST_OUT_OF_DATE"] == 1, "Latham"
    assert small.answers(asked(3, *CAMERA)).yes, "Exton, trained on the X2 alone, may take a camera"
    assert small.answers(asked(4, *CAMERA)).short_of == ("PEOPLE",), "Sefton is a sergeant, and Pell no constable"
    assert small.answers(asked(0, *CED_SET, units=0)).yes


def test_everything_lasts_to_the_end_of_it(small: Force) -> None:
    last_good = add_months(date.fromisoformat(force.LAST_GOOD), 12) - timedelta(days=1)
    days = (last_good - TODAY).days
    ends = asked(1, *CAMERA, from_us=NOW + (days - 2) * DAY)
    assert small.answers(ends).yes
    longer = small.answers(replace(ends, days=4))
    assert (longer.yes, who(longer), longer.stopped["PPST_OUT_OF_DATE"]) == (False, set(), 5)


def test_what_stores_keep_is_kept_and_a_shift_gives_what_it_can_spare(small: Force) -> None:
    kept = small.answers(asked(1, *CED_SET, keep_percent=100))
    assert (kept.yes, kept.short_of) == (False, ("BUSINESS_AS_USUAL", "CED_HANDLE"))
    small.write(assessment, reference="STRA 1", title="t", assessed_on="2026-09-01", approved_by="DCC",
                from_on="2026-10-01", review_on="2027-03-01", recorded_us=1, recorded_by=HOLLIS,
                second_person=MERCER)  # fmt: skip
    with small.engine.connect() as conn:
        number = conn.execute(sa.select(assessment.c.id)).scalar_one()
    small.write(availability_target, assessment_id=number, store_id=MEDWAY, shift="Early", kind="CED_HANDLE", role="",
                pieces=2)  # fmt: skip
    one = small.answers(asked(1, *CED_SET))
    assert one.yes, "nobody said that either of them is on: without team or roster nobody is counted on a shift"
    assert next((row.pieces, row.pieces_wanted) for row in one.kept if row.store_id == MEDWAY) == (2, 2)
    short = small.answers(asked(2, *CED_SET)).short_of
    assert short == ("BUSINESS_AS_USUAL", "CED_HANDLE"), "two of three sets are kept"
    for each in (HOLLIS, MERCER, SECOND_ISSUER):
        small.write(roster, person_id=each, store_id=MEDWAY, starts_us=NOW + DAY, ends_us=NOW + DAY + 9 * force.HOUR,
                    source="DMS", recorded_us=1)  # fmt: skip
    one = small.answers(asked(1, *CED_SET))
    early = next(row for row in one.kept if (row.store_id, row.kind) == (MEDWAY, "CED_HANDLE"))
    assert (one.yes, early.shift, early.people, early.wanted) == (True, "Early", 2, 2)
    assert [each.duties for each in one.sent] == [1]
    assert not small.answers(asked(1, *CED_SET, rests=True)).yes, "everybody who may draw is on"
    assert not small.answers(asked(2, *CAMERA, posts=(*pcs(1, *CED_SET), Post("Sergeant", 1, "SERGEANT", CED_SET)))).yes


def test_whoever_is_not_rostered_goes_first(small: Force) -> None:
    for on, off in ((HOLLIS, MERCER), (MERCER, HOLLIS)):
        with small.engine.begin() as conn:
            conn.execute(sa.update(roster).values(withdrawn_us=NOW))
        small.write(roster, person_id=on, store_id=MEDWAY, starts_us=NOW + DAY, ends_us=NOW + DAY + 9 * force.HOUR,
                    source="DMS", recorded_us=1)  # fmt: skip
        assert who(small.answers(asked(1, *CED_SET))) == {off}


def test_what_lies_in_another_store_is_brought_and_listed_as_a_transfer(small: Force) -> None:
    with small.engine.begin() as conn:
        conn.execute(sa.update(person).where(person.c.id == MERCER).values(home_store_id=DOVER))
    found = small.answers(asked(2, *CED_SET))
    [move] = moves(found.sent)
    assert (move.from_id, move.to_id) == (MEDWAY, DOVER)
    assert sorted(piece.kind for piece in move.items) == ["CED_BATTERY", "CED_CARTRIDGE", "CED_CARTRIDGE", "CED_HANDLE"]
    own = next(each for each in found.sent if each.candidate.who.id == HOLLIS)
    assert {piece.store_id for piece in own.pieces} == {MEDWAY}


def test_an_officers_own_camera_goes_with_them(small: Force) -> None:
    with small.engine.begin() as conn:
        conn.execute(sa.update(item).where(item.c.id == force.CAMERAS[2]).values(personal_to=MERCER))
    found = small.answers(asked(2, *CAMERA))
    mercer = [each for each in found.sent if each.candidate.who.id == MERCER]
    assert all(each.pieces[0].is_own and each.items == (force.CAMERAS[2],) for each in mercer)


def test_public_order_training_comes_of_the_other_unit_and_counts_downwards(small: Force) -> None:
    level_two = asked(1, *CAMERA, level="2")
    assert small.answers(level_two).stopped["NO_PUBLIC_ORDER_LEVEL"] == 5
    for number, (each, course, until) in enumerate((
        (HOLLIS, "PSU LEVEL 1", "2027-01-01"), (MERCER, "PSU LEVEL 3", "2027-01-01"),
        (force.X2_ONLY, "PSU LEVEL 2", "2026-11-22"),
    )):  # fmt: skip
        small.write(specialist_result, person_id=each, domain="PUBLIC_ORDER", course=course, attended_on="2026-01-01",
                    last_good_on=until, source="POPS", source_ref=str(number), recorded_us=1)  # fmt: skip
    assert who(small.answers(level_two)) == {HOLLIS}, "level 1 takes in 2; level 3 does not; one runs out before"
    assert small.answers(replace(level_two, posts=pcs(2, *CAMERA))).unfilled == {"Constable": 1}


def test_psd_does_not_draw_from_a_store_whose_loss_it_looks_into(small: Force) -> None:
    small.write(capability_grant, person_id=HOLLIS, capability="PSD", store_id=None, from_us=1, reason="test")
    small.act(lambda tx: report_unaccounted(tx, [Missing(force.HANDLES[0], MEDWAY, ISSUER, "Stock count")]))
    with small.engine.connect() as conn:
        case = cases_of_item(conn, force.HANDLES[0])[0]
        assert conflicts.conflicts(conn, NOW) == []
    looks = Doing(case.id, "SEARCHED", HOLLIS, "Interviewed the night shift")
    small.act(lambda tx: do(tx, looks, POLICY.losses), NOW + force.HOUR)
    with small.engine.connect() as conn:
        [found] = conflicts.conflicts(conn, NOW)
        assert (found.person_id, found.store_id, found.case_id) == (HOLLIS, MEDWAY, case.id)
    sent = small.answers(asked(2, *CAMERA))
    assert HOLLIS not in who(sent)
    assert sent.stopped["INVESTIGATES_A_LOSS_THERE"] == 1


def test_roles_are_reviewed_each_year_and_their_holders_may_be_called(on_both: Force) -> None:
    small = on_both
    with pytest.raises(BadField, match="not in the future"):
        small.act(lambda tx: roles.add_role(tx, "PSD", "x", Review(TODAY + timedelta(days=1), "m"), ISSUER))
    role = small.act(lambda tx: roles.add_role(tx, "PSD investigator", "Front line", Review(TODAY, "JNCC 4"), ISSUER))
    with small.engine.connect() as conn:
        [known] = roles.roles(conn, TODAY)
    state = {months: known.state(add_months(TODAY, months)) for months in (0, 11, 12, 13, 30)}
    assert state == {0: "IN_DATE", 11: "IN_DATE", 12: "DUE", 13: "OVERDUE", 30: "OVERDUE"}
    assert known.state(add_months(TODAY, 12) - timedelta(days=1)) == "IN_DATE"
    for at_us, raised in ((NOW + 390 * DAY, 0), (NOW + 400 * DAY, 1), (NOW + 401 * DAY, 1)):
        small.act(watch.look, at_us)
        with small.engine.connect() as conn:
            counted = sa.select(sa.func.count()).where(alarm.c.kind == watch.ROLE_REVIEW_OVERDUE)
            assert conn.execute(counted).scalar_one() == raised, "thirteen months, and once"
    with small.engine.begin() as conn:
        conn.execute(sa.update(person).where(person.c.id.in_((HOLLIS, MERCER, LAPSED))).values(frontline=0))
    data = b"ref,role,from,to,ppe sized on\n101,psd investigator,2026-01-01,,\n"
    data += b"102,PSD investigator,2026-01-01,2026-11-01,\n"
    data += b"103,Chef,2026-01-01,,\n999,PSD investigator,2026-01-01,,\n"
    bring = lambda tx: import_roles(ImportRun(tx.conn, tx.ids, tx.now_us), data)  # noqa: E731
    first = small.act(bring)
    assert (first.new, [(each.line, each.field) for each in first.problems]) == (2, [(4, "role"), (5, "ref")])
    assert small.act(bring).unchanged == 2
    mobilises = asked(2, *CAMERA, mobilises=True)
    assert HOLLIS not in who(small.answers(replace(mobilises, mobilises=False)))
    assert who(small.answers(mobilises)) == {HOLLIS, force.X2_ONLY}, "Mercer's role has ended"

    again = b"ref,role,from,to,ppe sized on\n101,PSD investigator,2026-01-01,,2026-03-01\n"
    assert small.act(lambda tx: import_roles(ImportRun(tx.conn, tx.ids, tx.now_us), again)).changed == 1
    with small.engine.connect() as conn:
        told = q17_mobilisation.ask(conn, Asked({"when": NOW}, NOW, POLICY))
    assert told.rows[0][:8] == ("PSD investigator", 1, 1, 1, 1, 1, 1, "in date")
    small.act(lambda tx: roles.review_role(tx, role, Review(TODAY, "JNCC 9", "REMOVED"), ISSUER))
    assert HOLLIS not in who(small.answers(mobilises)), "the role is off the list"


def test_units_are_asked_as_a_report_too(small: Force) -> None:
    given = {"units": 1, "level": "NONE", "days": 2, "from": NOW + DAY, "kit": "WITHOUT_CED"}
    with small.engine.connect() as conn:
        told = q18_mutual_aid.ask(conn, Asked(given, NOW, POLICY, solve=solve))
        with pytest.raises(ValueError, match="solver"):
            q18_mutual_aid.ask(conn, Asked(given, NOW, POLICY))
    assert [row[1] for row in told.rows] == [1, 3, 18]
    assert sum(row[2] for row in told.rows) == 1, "two of three cameras are kept, where no target says otherwise"
    assert told.totals["answer"] == "no"
    assert {"mobilisation", "mutual-aid"} <= {each.name for each in REPORTS}


def test_what_if_counts_people_without_kit_and_kit_without_people(small: Force) -> None:
    kit = (Delivery(MEDWAY, "T10", 2, 2, 0, 2),)
    laid = Scenario("More", (Officers(MEDWAY, "T7", 4),), kit, (Seats("PPST", "", 1),))
    with small.engine.connect() as conn:
        found = outcome(conn, laid, POLICY, None, NOW)
        with pytest.raises(BadField, match="store"):
            outcome(conn, Scenario("x", (Officers(99, "T7", 1),)), POLICY, None, NOW)
    [store] = found.stores
    assert (store.before.people, store.before.sets, store.before.pairs) == (4, 3, 3), "Exton may draw an X2 alone"
    assert (store.after.people, store.after.sets, store.after.pairs) == (8, 5, 3)
    assert (store.after.without_kit, store.after.without_people) == (5, 2)
    late = sum(row.runs_out for row in found.months[:1])
    assert [row.waiting - row.waiting_then for row in found.months[:2]] == [1, 1] if late == 1 else True
    assert clear_by(found.months, then=True) is None, "six run out in one month of autumn, and one seat a month is one"


def test_parameters_are_kept_and_the_newest_of_a_name_is_meant(small: Force) -> None:
    plan = asked(2, *CAMERA)
    body = operation.as_json(plan)
    assert operation.from_json(body) == plan
    for _ in range(2):
        number = small.act(lambda tx: saved_plans.save(tx, "OPERATION", "Harvest", body, ISSUER))
    with small.engine.connect() as conn:
        assert [each.id for each in saved_plans.saved(conn, "OPERATION")] == [number]
        with pytest.raises(LookupError):
            saved_plans.one(conn, number, "WHAT_IF")
    with pytest.raises(BadField, match="days"):
        operation.checked(replace(plan, days=90))
    assert people.said_of("REFER_TO_SUPERVISOR").startswith("Limited")
