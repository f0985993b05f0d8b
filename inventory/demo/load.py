"""Bringing the demo force into a kit store: the ordinary imports in their order, and custody's own acts.

One rule for the editor: every step is one write transaction of the caller's, and nothing here writes custody
itself. A row that an import refuses stops the load: this force has no bad rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import partial

import sqlalchemy as sa

from inventory.custody import loading as magazines
from inventory.custody.carrying.moves import look_after
from inventory.custody.holds import Placing, place_holds
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.receive import Delivered, LotAssertion, assert_lots_held, receive, receive_lot
from inventory.demo import asked, assessed, governed, lessons, mobilised, posts
from inventory.demo.advance import advance
from inventory.demo.force import (
    ROSTER_SOURCE,
    TRAINING_SOURCE,
    DemoForce,
    Files,
    PlainRows,
    as_csv,
    first_files,
    plain_rows,
)
from inventory.demo.postings import MOVED, post
from inventory.demo.records import HeldRow, TrainingRow
from inventory.demo.training import Period
from inventory.gate.kind_policy import Policy
from inventory.oversight.targets import record
from inventory.people.calendar import ShiftPattern
from inventory.people.capabilities import CapabilityGrant, give
from inventory.people.imports.authority_file import import_authorisations, import_stops
from inventory.people.imports.duty_file import import_gates, import_restrictions
from inventory.people.imports.items_file import NewItem, import_items
from inventory.people.imports.people_file import import_people
from inventory.people.imports.report import ImportReport
from inventory.people.imports.roster_file import import_roster
from inventory.people.imports.run import ImportRun, Progress, ids_needed
from inventory.people.imports.stock_file import NewLotStock, import_checks, import_lots
from inventory.people.imports.training_file import import_training
from inventory.people.stores import NewStore, add_place, add_shift_pattern, open_store
from inventory.schema.people import person, store
from inventory.schema.stock import item, lot
from inventory.schema.tx import Tx

REGISTER = "Personal issue register, opening balance"
MISSED = "Missed at the stock count before the ledger began"
ELSEWHERE = "TO"
"""The store that looks after those who are on no store's books."""

LESSONS = "course days"
IDS_AN_ITEM = 12
"""More ids than any item takes on its way in: its record, mark, ledger entry and custody."""

HELD_A_STEP = 400
IDS_OF_TARGETS = 400


class BadDemoRow(RuntimeError):
    """An import refused a row of the demo force: the demo and the imports no longer fit."""


@dataclass(frozen=True, slots=True)
class Loading:
    """What a step is given: the open write transaction, the policy, and who wants to see progress."""

    tx: Tx
    policy: Policy
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class LoadStep:
    """One transaction of the load. Reserve `ids` ids before it begins; `name` says what it does, to people.

    `act` gives the import's report, or None where the step is not an import.
    """

    name: str
    ids: int
    act: Callable[[Loading], ImportReport | None]


def first_load(demo: DemoForce) -> list[LoadStep]:
    """The steps that fill an empty kit store with the force on its anchor day."""
    rows = plain_rows(demo)
    steps = [LoadStep("stores, places and shifts", 200, partial(_set_up, rows=rows))]
    steps += _imports(first_files(demo))
    steps.append(LoadStep("capabilities", len(rows.capabilities), partial(_capabilities, rows=rows)))
    steps.append(_lessons(demo, lessons.window(None, demo.force.anchor)))
    steps.append(LoadStep("targets", IDS_OF_TARGETS, partial(_targets, demo=demo)))
    ids = governed.IDS_A_PERSON * len(demo.force.people)
    steps.append(LoadStep("policy and equality", ids, partial(_governed, demo=demo)))
    steps.append(LoadStep("postings", MOVED, partial(_posted, demo=demo)))
    steps.append(LoadStep("mobilisation", mobilised.IDS, partial(_mobilised, demo=demo)))
    steps.append(LoadStep("data protection", asked.IDS, partial(_asked, demo=demo)))
    more_ids = IDS_AN_ITEM * (len(rows.fittings) + len(rows.holds) + len(rows.unaccounted))
    steps.append(LoadStep("magazines, repairs and losses", more_ids, partial(_kit_as_it_is, rows=rows)))
    vouch = (
        posts.holder(demo.force, "ISSUER", ELSEWHERE),
        posts.holder(demo.force, "STORE_MANAGER", ELSEWHERE),
    )
    for start in range(0, len(rows.held), HELD_A_STEP):
        part = rows.held[start : start + HELD_A_STEP]
        act = partial(_held, rows=part, vouch=vouch)
        steps.append(LoadStep("spit guards officers carry", IDS_AN_ITEM * len(part), act))
    return steps


def later_load(demo: DemoForce, brought_to: date, today: date) -> list[LoadStep]:
    """The steps that carry the force from the day it was brought to up to today.

    On the same day it is the training recorder's empty file, which says that the feed is alive.
    """
    files = advance(demo, brought_to, today)
    if files is None:
        beat = as_csv(TrainingRow, ()).encode()
        return [LoadStep("training feed", ids_needed(beat), partial(_take, name="training", data=beat))]
    return [*_imports(files), _lessons(demo, lessons.window(brought_to, today))]


# ---- imports ---------------------------------------------------------------------------------------

_ORDER = {
    "people": "people",
    "training": "training results",
    "authorisations": "permissions to carry",
    "stops": "suspensions",
    "restrictions": "limited duties",
    "gates": "approvals",
    "items": "items",
    "lots": "spit guards in store",
    "checks": "checks and dockings",
    "roster": "who is rostered",
}
"""The files in the order they are taken -> what they are called. Training always comes: it keeps the feed alive."""


def _imports(files: Files) -> list[LoadStep]:
    steps = []
    for name, title in _ORDER.items():
        data = getattr(files, name).encode()
        if data.count(b"\n") > 1 or name == "training":
            ids = max(ids_needed(data), IDS_AN_ITEM * data.count(b"\n") if name in ("items", "lots") else 0)
            steps.append(LoadStep(title, ids, partial(_take, name=name, data=data)))
    return steps


def _take(loading: Loading, name: str, data: bytes) -> ImportReport:
    tx = loading.tx
    run = ImportRun(tx.conn, tx.ids, tx.now_us, loading.progress)
    if name == "training":
        report = import_training(run, data, TRAINING_SOURCE)
    elif name == "roster":
        report = import_roster(run, data, ROSTER_SOURCE)
    elif name == "items":
        report = import_items(run, data, partial(_receive_items, tx))
    elif name == "lots":
        report = import_lots(run, data, partial(_receive_lots, tx))
    else:
        report = _PLAIN_IMPORTS[name](run, data)
    if report.problems:
        raise BadDemoRow(f"{name}: {report.problems[0]} (and {len(report.problems) - 1} more)")
    if report.person_ids_changed:
        look_after(tx, loading.policy, report.person_ids_changed)
    return report


_PLAIN_IMPORTS: dict[str, Callable[[ImportRun, bytes], ImportReport]] = {
    "people": import_people,
    "authorisations": import_authorisations,
    "stops": import_stops,
    "restrictions": import_restrictions,
    "gates": import_gates,
    "checks": import_checks,
}


def _receive_items(tx: Tx, _conn: sa.Connection, rows: Sequence[NewItem]) -> None:
    receive(tx, [Delivered(each.item_id, each.store_id, order_ref=each.order_ref) for each in rows])


def _receive_lots(tx: Tx, _conn: sa.Connection, rows: Sequence[NewLotStock]) -> None:
    for each in rows:
        receive_lot(tx, each.lot_id, each.store_id, each.quantity)


# ---- what no import takes --------------------------------------------------------------------------


def _set_up(loading: Loading, rows: PlainRows) -> None:
    conn, ids = loading.tx.conn, loading.tx.ids
    stores = {
        each.code: open_store(conn, ids, NewStore(each.code, each.name, each.division), loading.tx.now_us)
        for each in rows.stores
    }
    for place in rows.places:
        add_place(conn, ids, stores[place.store], place.name, place.activity)
    for shift in rows.shifts:
        starts, ends = time.fromisoformat(shift.starts), time.fromisoformat(shift.ends)
        add_shift_pattern(
            conn, ids, stores[shift.store], ShiftPattern(shift.name, starts, ends, shift.from_on)
        )


def _capabilities(loading: Loading, rows: PlainRows) -> None:
    tx = loading.tx
    people, stores = _people(tx), _stores(tx)
    for each in rows.capabilities:
        where = stores[each.store] if each.store else None
        give(tx.conn, tx.ids, CapabilityGrant(people[each.ref], each.capability, where, "Posted"), tx.now_us)


def _posted(loading: Loading, demo: DemoForce) -> None:
    post(loading.tx, demo, _people(loading.tx))


def _lessons(demo: DemoForce, period: Period) -> LoadStep:
    planned = list(lessons.lessons(demo.force, period))
    return LoadStep(LESSONS, lessons.ids_needed(planned), partial(_plan_lessons, demo=demo, planned=planned))


def _plan_lessons(loading: Loading, demo: DemoForce, planned: list[lessons.Lesson]) -> None:
    lessons.plan_lessons(loading.tx, demo.force, planned, _people(loading.tx))


def _targets(loading: Loading, demo: DemoForce) -> None:
    """The force's strategic assessments, as two people wrote them down."""
    people = _people(loading.tx)
    one, other = (people[ref] for ref in assessed.recorded_by(demo.force))
    for new in assessed.assessments(demo.force, _stores(loading.tx)):
        record(loading.tx, new, one, other)


def _governed(loading: Loading, demo: DemoForce) -> None:
    """A change of policy that waits for its second owner, and what persons declared, with a quarter published."""
    governed.govern(loading.tx, demo.force, _people(loading.tx))


def _mobilised(loading: Loading, demo: DemoForce) -> None:
    """Roles on the JNCC's list with their holders, public order training, and plans to reopen."""
    mobilised.mobilise(loading.tx, demo.force, _people(loading.tx))


def _asked(loading: Loading, demo: DemoForce) -> None:
    """Two requests for one's own data, and a legal hold."""
    asked.ask(loading.tx, demo.force, _people(loading.tx))


def _kit_as_it_is(loading: Loading, rows: PlainRows) -> None:
    """Magazines loaded, holds placed, and the cameras nobody can find."""
    tx = loading.tx
    found = tx.conn.execute(sa.select(item.c.serial, item.c.id, item.c.home_store_id))
    items = {row.serial: (row.id, row.home_store_id) for row in found}
    place_holds(tx, [Placing(each.reason, each.detail, item_id=items[each.serial][0]) for each in rows.holds])
    counted_by = _people(tx)[
        next(each.ref for each in rows.capabilities if each.capability == "STORE_MANAGER")
    ]
    inside: dict[str, list[int]] = {}
    for each in rows.fittings:
        inside.setdefault(each.magazine, []).append(items[each.cartridge][0])
    full = [magazines.Loading(items[name][0], tuple(ids), counted_by) for name, ids in inside.items()]
    magazines.load(tx, full, loading.policy)
    report_unaccounted(tx, [Missing(*items[serial], counted_by, MISSED) for serial in rows.unaccounted])


def _held(loading: Loading, rows: Sequence[HeldRow], vouch: tuple[str, str]) -> None:
    tx = loading.tx
    people, stores = _people(tx), _stores(tx)
    homes = dict(tx.conn.execute(sa.select(person.c.id, person.c.home_store_id)).all())
    lots = dict(tx.conn.execute(sa.select(lot.c.lot_no, lot.c.id)).all())
    one, other = (people[ref] for ref in vouch)
    held = [
        LotAssertion(
            lot_id=lots[each.lot], quantity=each.quantity, person_id=people[each.ref],
            store_id=homes[people[each.ref]] or stores[ELSEWHERE], asserted_by=one, asserted_second=other,
            document=REGISTER,
        )
        for each in rows
    ]  # fmt: skip
    assert_lots_held(tx, held, loading.policy)


def _people(tx: Tx) -> dict[str, int]:
    return {row.ref: row.id for row in tx.conn.execute(sa.select(person.c.ref, person.c.id))}


def _stores(tx: Tx) -> dict[str, int]:
    return {row.code: row.id for row in tx.conn.execute(sa.select(store.c.code, store.c.id))}
