"""The demo force in a real kit store, on both databases: loaded, drawn on, carried forward, and sound throughout."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.solver import solve
from bench.year.force import Stored
from bench.year.plan import Year
from bench.year.replay import Disagrees, Replay, agree, came_of
from bench.year.rows import write
from devices.codes.identify import identify
from devices.readings import CodePresented
from inventory.custody import hatch
from inventory.custody.answers import HatchAnswer
from inventory.demo.force import DemoForce, build, first_files
from inventory.demo.load import LESSONS, Loading, LoadStep, first_load, later_load
from inventory.demo.posts import holder
from inventory.demo.shift import (
    CARD,
    CHARGE,
    COUNTERSIGN,
    FIT,
    FUNCTION_TEST,
    SCAN,
    Step,
    early_shift,
    returns,
)
from inventory.demo.upkeep import bays
from inventory.gate.readiness import ready
from inventory.oversight.audit import audit
from inventory.oversight.availability import availability
from inventory.oversight.lending import Force, suggestions
from inventory.oversight.pairs import readiness
from inventory.oversight.profile import weekly
from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.report import Answer, Asked
from inventory.oversight.targets import targets_on
from inventory.oversight.verify import verify
from inventory.people.authority import Authority, Duty
from inventory.people.calendar import HOUR_US, SECOND_US, day_start_us
from inventory.people.imports.report import ImportReport
from inventory.people.standing import standings
from inventory.schema import migrate
from inventory.schema.custody import alarm, custody, decision
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import carry_authorisation, person, place, store, training_feed
from inventory.schema.stock import bay, item, lot_balance
from inventory.schema.tx import Tx
from inventory.stock.docks import BayWord, keep
from tests.inventory.demo.force_counts import records
from tests.small_force import acting, demo_policy

pytestmark = [pytest.mark.db, pytest.mark.slow]

ANCHOR = date(2026, 11, 22)
POLICY = demo_policy()
DAY_US = 24 * HOUR_US


def morning(day: date) -> int:
    """Half past six in London."""
    return day_start_us(day) + 6 * HOUR_US + HOUR_US // 2


@dataclass
class DemoStore:
    """The demo force loaded into one database, and the hatch at Medway."""

    engine: sa.Engine
    demo: DemoForce
    ids: Ids
    now_us: int = morning(ANCHOR)
    reports: list[tuple[str, ImportReport | None]] = field(default_factory=list)
    serials: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    hatch_id: int = 0
    issuer: str = ""

    @contextmanager
    def acting(self) -> Iterator[Tx]:
        with acting(self.engine, self.ids, self.now_us) as tx:
            yield tx

    def take(self, steps: list[LoadStep]) -> list[tuple[str, ImportReport | None]]:
        done = []
        for step in steps:
            self.ids.reserve(step.ids + 1)
            with self.acting() as tx:
                done.append((step.name, step.act(Loading(tx, POLICY))))
        self._look_up()
        self.issuer = holder(self.demo.force, "ISSUER", "ME")
        return done

    def _look_up(self) -> None:
        with self.engine.connect() as conn:
            self.serials = {row.serial: row.id for row in conn.execute(sa.select(item.c.serial, item.c.id))}
            self.people = {row.ref: row.id for row in conn.execute(sa.select(person.c.ref, person.c.id))}
            medway = sa.select(store.c.id).where(store.c.code == "ME").scalar_subquery()
            at = sa.select(place.c.id).where(place.c.store_id == medway, place.c.name == "Hatch 1")
            self.hatch_id = conn.execute(at).scalar_one()

    def docks_speak(self) -> None:
        """Every bay of Medway says what stands in it, now."""
        self.ids.reserve(2_000)
        with self.acting() as tx:
            medway = tx.conn.execute(sa.select(store.c.id).where(store.c.code == "ME")).scalar_one()
            for row in bays(self.demo.force, self.demo.kit):
                if row.store == "ME":
                    keep(tx, bay_word(row, medway, self.now_us))

    def plays(self, step: Step) -> HatchAnswer:
        """One step at the hatch, a second after the last."""
        self.now_us += SECOND_US
        with self.acting() as tx:
            return self._act(tx, step)

    def _act(self, tx: Tx, step: Step) -> HatchAnswer:
        issuer = self.people[self.issuer]
        if step.act in (CARD, SCAN):
            return hatch.present(tx, self.hatch_id, presented(step), POLICY, issuer)
        visit = hatch.visits.at_place(tx.conn, self.hatch_id)[0]
        assert visit is not None
        if step.act == FIT:
            return hatch.declare_fit(tx, visit.id, POLICY)
        if step.act == COUNTERSIGN:
            return hatch.complete(tx, visit.id, self.people[step.code], "FACE", POLICY)
        line = self._line(tx, visit.id, step.code)
        if step.act == CHARGE:
            return hatch.set_charge(tx, visit.id, line, step.value or 0, POLICY)
        assert step.act == FUNCTION_TEST
        return hatch.function_test_passed(tx, visit.id, line, POLICY)

    def _line(self, tx: Tx, visit_id: int, serial: str) -> int:
        lines = hatch.visits.lines_of(tx.conn, [visit_id])[visit_id]
        return next(
            each.id for each in lines if each.item_id == self.serials[serial] and each.word == "IN_SET"
        )

    def ends_visit(self) -> None:
        with self.acting() as tx:
            opened = hatch.visits.at_place(tx.conn, self.hatch_id)[0]
            if opened is not None:
                hatch.drop(tx, opened.id, POLICY, "Done.")


def bay_word(row, medway: int, now_us: int) -> BayWord:  # type: ignore[no-untyped-def]
    return BayWord(
        dock=row.dock, bay=row.bay, store_id=medway, word=row.word, present=bool(row.serial),
        serial=row.serial or None, observed_us=now_us, reading_key=f"{row.dock}/{row.bay}/{now_us}",
        charge_percent=row.charge_percent, files_pending=row.files_pending, free_mb=row.free_mb,
        firmware=row.firmware,
    )  # fmt: skip


def presented(step: Step) -> hatch.Presented:
    """What the service makes of the bytes: a card's number, or what the code names."""
    if step.act == CARD:
        return hatch.Presented((("EM4100", step.code),), step.code)
    found = identify(CodePresented(text=step.code, symbology=step.symbology))
    lookups = tuple((each.technology, each.value) for each in found.candidates)
    return hatch.Presented(lookups, step.code, found.problem.sentence if found.problem else None)


@pytest.fixture(scope="module")
def loaded(database_url: str) -> Iterator[DemoStore]:
    engine = make_engine(database_url)
    migrate.upgrade(engine)
    made = DemoStore(engine, build(ANCHOR), Ids(writing(engine)))
    made.reports = made.take(first_load(made.demo))
    yield made
    engine.dispose()


def counted(loaded: DemoStore, question: sa.Select[tuple[int]]) -> int:
    with loaded.engine.connect() as conn:
        return int(conn.execute(question).scalar_one())


def how_many(table: sa.Table, *where: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    return sa.select(sa.func.count()).select_from(table).where(*where)


# The tests below tell one story in order, on the database of this module: loaded, drawn, returned, carried on.


def test_every_row_is_taken_as_new_and_none_is_refused(loaded: DemoStore) -> None:
    taken = {name: report for name, report in loaded.reports if report}
    assert taken["people"].new == 7_120
    assert all(report.changed == report.unchanged == 0 for report in taken.values())
    assert counted(loaded, how_many(custody, custody.c.closed_entry.is_(None))) == 13_415
    assert counted(loaded, how_many(custody, custody.c.holder == "UNKNOWN")) == 7
    held = sa.select(sa.func.sum(lot_balance.c.quantity))
    assert counted(loaded, held.where(lot_balance.c.holder == "PERSON")) == 5_100
    assert counted(loaded, held.where(lot_balance.c.holder == "STORE")) == 3_900


def test_the_opening_balance_puts_nothing_in_the_wrong_hands(loaded: DemoStore) -> None:
    with loaded.engine.connect() as conn:
        kinds = Counter(conn.execute(sa.select(alarm.c.kind)).scalars())
    assert kinds == {"UNACCOUNTED": 7}


def test_the_same_imports_again_change_nothing(loaded: DemoStore) -> None:
    loaded.now_us += 60 * SECOND_US
    imports = [
        step for step, (_, report) in zip(first_load(loaded.demo), loaded.reports, strict=True) if report
    ]
    for name, report in loaded.take(imports):
        assert report is not None
        assert (report.new, report.changed, report.person_ids_changed) == (0, 0, frozenset()), name


def test_the_gate_would_let_1337_carriers_draw(loaded: DemoStore) -> None:
    duty = Duty(loaded.now_us, loaded.now_us + 9 * HOUR_US)
    with loaded.engine.connect() as conn:
        ids = list(conn.execute(sa.select(carry_authorisation.c.person_id).distinct()).scalars())
        found = standings(conn, ids, loaded.now_us, POLICY.courses)
        models = dict(
            conn.execute(sa.select(carry_authorisation.c.person_id, carry_authorisation.c.model)).all()
        )
    fit = [
        models[person_id]
        for person_id, each in found.items()
        if each.authority(models[person_id], duty) is Authority.LIVE
        and each.kinds_allowed(duty) is None
        and each.opted_in
        and all(
            key in each.training and each.training[key].covers(duty.until_us)
            for key in (("CED", models[person_id]), ("PPST", None), ("FIRST_AID", None), ("JRFT", None))
        )
    ]
    assert len(found) == 1_550
    assert (len(fit), sum(model != "X2" for model in fit)) == (1_441, 1_337)


def copied(loaded: DemoStore, path: Path) -> Stored:
    """The loaded force in a database file of its own."""
    with loaded.engine.connect() as conn, closing(sqlite3.connect(path)) as copy:
        conn.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
    made = Stored(f"sqlite:///{path}", loaded.demo)
    made.mark()
    return made


def test_a_day_written_in_bulk_is_what_the_gate_makes_of_it(loaded: DemoStore, tmp_path: Path) -> None:
    """The short form of `bench.year`, for one store's early shift; with one draw moved by a second it is told."""
    draws = [each for each in Year(loaded.demo, ANCHOR).day(ANCHOR, ANCHOR) if each.store == "MA"]
    real = Stored(loaded.engine.url.render_as_string(hide_password=False), loaded.demo)
    with pytest.raises(ValueError, match="not marked synthetic"):
        write(real, draws, draws[-1].back_us)
    real.engine.dispose()
    if loaded.engine.dialect.name != "sqlite":
        return  # what follows copies the database as a file
    some = [each for each in draws if each.refused][:2]
    some += [each for each in draws if each.handle and not each.refused][:8]
    bulk, alone = copied(loaded, tmp_path / "bulk.sqlite3"), copied(loaded, tmp_path / "alone.sqlite3")
    assert write(bulk, some, some[-1].back_us + DAY_US) == 2 * sum(len(each.serials) for each in some[2:])
    replay = Replay(alone)
    replay.play([replace(some[-1], back_us=some[-1].back_us + 1) if each is some[-1] else each for each in some])
    with bulk.engine.connect() as ours, alone.engine.connect() as theirs:
        assert audit(ours) == []
        assert verify(ours).findings == []
        written, played = came_of(ours, ANCHOR), came_of(theirs, ANCHOR)
    late = {(*each[:3], each[3] + 1, each[4]) for each in written.held - played.held}
    assert (replay.wrong, written.refused) == ([], played.refused)
    assert len(written.refused) == 2
    assert late == played.held - written.held
    with pytest.raises(Disagrees, match="held: only in bulk"):
        agree(written, played, replay.wrong)


def by_hand(loaded: DemoStore) -> dict[str, int]:
    """Handles of each store that could go out, counted from the files alone: the books less late full checks."""
    rows = [row for row in records(first_files(loaded.demo).items) if row["kind"] == "CED_HANDLE"]
    own = Counter(row["store"] for row in rows if row["pool"] == "OPERATIONAL")
    late = [each for each in loaded.demo.kit if each.kind == "CED_HANDLE" and each.model == "T7"
            and each.pool == "OPERATIONAL" and each.n % 100 == 7]  # fmt: skip
    own.subtract(each.store for each in late)
    return dict(own)


def test_readiness_counts_what_the_files_say_and_the_pairs_that_they_make(loaded: DemoStore) -> None:
    with loaded.engine.connect() as conn:
        found = readiness(conn, POLICY, loaded.now_us)
        ids = [each for each, item_ in found.kit.items.items() if item_.holder == "STORE"]
        said = ready(conn, ids, POLICY, loaded.now_us)
        rows = availability(found.kit, POLICY, loaded.now_us, found.fit["NOW"])
        assert rows == availability(found.kit, POLICY, loaded.now_us), "what lasts through the duty stands at its start"
        targets = targets_on(conn, ANCHOR)
    codes = {each.id: each.code for each in found.stores}
    handles = by_hand(loaded)
    for moment in ("NOW", "NEXT"):
        of = found.of(moment)
        sums = {name: sum(getattr(each, name) for each in of) for name in ("stos", "deployable", "out")}
        assert sums == {"stos": 1_550, "deployable": 1_337, "out": 0}
        assert {codes[each.store_id]: each.sets for each in of} == handles
        for each in of:
            on = each.deployable if each.rostered is None else each.rostered
            assert each.pairs <= min(on, each.sets)
            assert each.pairs == on or each.short_of != "PEOPLE"
    now = found.of("NOW")
    assert (sum(each.current for each in now), sum(each.pass_rules for each in now)) == (1_488, 1_441)
    assert [each.asked.shift for each in (now[0], found.of("NEXT")[0])] == ["Early", "Late"]
    x2 = [each for each in found.carriers["NOW"] if each.models == ("X2",)]
    assert len(x2) == 104, "they pass the rules about people, and no store has an X2 for duty"
    own = [each for each in ids if found.kit.items[each].pool == "OPERATIONAL"]
    well = sum(not any(stop.stops for stop in said[each]) for each in own)
    assert sum(each.ready for each in rows) == well, "what is ready is what the gate's readiness says"
    assert sum(each.pieces for each in targets if each.kind == "BWV_CAMERA") == 467 + 430 + 342
    lent = suggestions(Force(found.stores, found.kit, targets, POLICY, loaded.now_us), solve, ("CED_HANDLE",))
    assert sum(each.pieces for each in lent) == 45 + 42 - handles["TH"], "Thanet's early and late overlap"
    assert {codes[each.to_id] for each in lent} == {"TH"}
    assert {each.division for each in found.stores for one in lent if each.id == one.from_id} == {"East"}


def asked(loaded: DemoStore, name: str, **given: str | int) -> Answer:
    """A named report's answer."""
    report = next(each for each in REPORTS if each.name == name)
    with loaded.engine.connect() as conn:
        return report.ask(conn, Asked({"store": None, **given}, loaded.now_us, POLICY))


def test_what_expires_and_who_is_trained_are_what_the_files_say(loaded: DemoStore) -> None:
    files = first_files(loaded.demo)
    own = [row for row in records(files.items) if row["kind"] == "CED_CARTRIDGE" and row["pool"] == "OPERATIONAL"]
    days = [(date.fromisoformat(row["expires_on"]) - ANCHOR).days for row in own]
    bands = {"expired": (-9999, -1), "d30": (0, 30), "d90": (31, 90), "d180": (91, 180)}
    assert asked(loaded, "expiring-cartridges").totals == {
        name: sum(least <= each <= most for each in days) for name, (least, most) in bands.items()
    }
    conversion = asked(loaded, "conversion", months=12).totals
    assert {name: conversion[f"handles {name}"] for name in ("T7", "T10", "X2")} == {"T7": 840, "T10": 60, "X2": 0}
    trained = {name: int(conversion[f"people {name}"] or 0) for name in ("T7", "T10", "X2")}
    assert (sum(trained.values()), trained["X2"]) == (1_488, 110 - 6)


def carried_by_hand(loaded: DemoStore, day: date) -> float:
    """Hours that Medway's handles were out in its early shift of the day, from the custody rows in plain Python."""
    begins, ends = day_start_us(day) + 7 * HOUR_US, day_start_us(day) + 16 * HOUR_US
    rows = sa.select(custody.c.opened_us, custody.c.closed_us).where(
        custody.c.is_handle == 1, custody.c.holder == "PERSON", custody.c.opened_us >= begins - 2 * HOUR_US,
        custody.c.opened_us < ends,
    )  # fmt: skip
    with loaded.engine.connect() as conn:
        spans = [(max(opened, begins), min(closed, ends)) for opened, closed in conn.execute(rows)]
    return sum(max(0, last - first) for first, last in spans) / HOUR_US


def play(loaded: DemoStore, steps: list[Step]) -> None:
    """Play a script; every answer must be the one the script foretold."""
    loaded.docks_speak()
    for step in steps:
        if loaded.now_us - last_word_us(loaded) > 300 * SECOND_US:
            loaded.docks_speak()
        if step.act == CARD and step.expected == "VISIT_OPENED" and not mid_visit(steps, step):
            loaded.ends_visit()
        answer = loaded.plays(step)
        assert answer.outcome == step.expected, (step, answer.outcome, answer.sentences)


def mid_visit(steps: list[Step], step: Step) -> bool:
    """Whether this card is shown in the middle of somebody else's visit."""
    before = steps[: steps.index(step)]
    after = steps[steps.index(step) :]
    return bool(before) and any(each.expected == "RESUMED" and each.ref == before[-1].ref for each in after)


def last_word_us(loaded: DemoStore) -> int:
    return counted(loaded, sa.select(sa.func.max(bay.c.observed_us)))


def refusal_codes(loaded: DemoStore) -> Counter[str]:
    with loaded.engine.connect() as conn:
        texts = conn.execute(sa.select(decision.c.refusals).where(decision.c.verdict == "DENY")).scalars()
        return Counter(code for text in texts for code in CODES if f'"{code}"' in text)


CODES = (
    "CED_OUT_OF_DATE", "PPST_OUT_OF_DATE", "AUTHORITY_SUSPENDED", "DUTY_RESTRICTED", "CED_NOT_TRAINED",
    "NOT_AUTHORISED", "EXPIRED", "AT_ANOTHER_STORE", "CHARGE_LOW", "ASSIGNED_TO_ANOTHER",
)  # fmt: skip


@pytest.mark.parametrize(("days", "brought_to"), [(0, None), (1, 0), (40, 1), (400, 40)])
def test_the_early_shift_draws_and_brings_back_as_foretold(
    loaded: DemoStore, days: int, brought_to: int | None
) -> None:
    day = ANCHOR + timedelta(days=days)
    if brought_to is not None:
        loaded.now_us = morning(day)
        for name, report in loaded.take(later_load(loaded.demo, ANCHOR + timedelta(days=brought_to), day)):
            assert report is not None or name == LESSONS, name
    if days in (0, 400):  # on the days between it is only brought forward: two shifts are enough
        draws_and_returns(loaded, day)


def draws_and_returns(loaded: DemoStore, day: date) -> None:
    before = refusal_codes(loaded)
    script = early_shift(loaded.demo, day)
    play(loaded, script)
    foretold = Counter(code for each in script for code in each.refusals)
    assert not foretold - (refusal_codes(loaded) - before)
    handles = sum(each.act == FUNCTION_TEST for each in script)
    out = how_many(
        custody, custody.c.is_handle == 1, custody.c.holder == "PERSON", custody.c.closed_entry.is_(None)
    )
    assert counted(loaded, out) == handles
    play(loaded, returns(script))
    loaded.ends_visit()
    assert counted(loaded, out) == 0
    by_hand = carried_by_hand(loaded, day)
    rows = asked(loaded, "availability-by-shift", kind="CED_HANDLE", day=day.isoformat()).rows
    assert max(float(str(row[2])) for row in rows if row[1] == "Early") == pytest.approx(by_hand, abs=0.01)
    hours = asked(loaded, "availability-by-hour", kind="CED_HANDLE", day=day.isoformat()).rows
    assert sum(float(str(row[1])) for row in hours[7:16]) == pytest.approx(by_hand, abs=0.1)
    with loaded.engine.connect() as conn:
        weeks = weekly(conn, "CED_HANDLE", 1, day + timedelta(days=1))
    assert [each.draws for each in weeks] == [handles]


def test_a_start_on_the_same_day_keeps_the_training_feed_alive(loaded: DemoStore) -> None:
    today = ANCHOR + timedelta(days=400)
    loaded.now_us += HOUR_US
    loaded.take(later_load(loaded.demo, today, today))
    assert counted(loaded, sa.select(training_feed.c.last_good_us)) == loaded.now_us


def test_after_all_that_the_ledger_is_sound(loaded: DemoStore) -> None:
    with loaded.engine.connect() as conn:
        assert audit(conn) == []
