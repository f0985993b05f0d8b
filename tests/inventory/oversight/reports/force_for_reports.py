"""A week of the small force by real acts, so that every report has something to say; and its facts, exported.

One rule for the editor: what happened is written here in the order in which it happened. A reference answer is worked
out from `exported` rows in plain Python, and shares no reader with what it checks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from inventory.custody import overrides
from inventory.custody.issue import Request, issue_kit
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.losses.acts import Doing, do
from inventory.custody.losses.looking import cases_of_item
from inventory.custody.overrides import Giving
from inventory.custody.paper.page import Page, Said
from inventory.custody.paper.writing_up import write_up
from inventory.custody.returns import Back, return_kit
from inventory.custody.stocktake.counting import Opening, Sighting, close_count, open_count, sight
from inventory.custody.uses.answering import Answering, answer_point
from inventory.custody.uses.declaring import Declaration, declare
from inventory.custody.uses.force_counts import ForceCount, note_count
from inventory.custody.uses.guards import GuardsSaid, declare_guards
from inventory.custody.uses.spending import Spent
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema import metadata
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.roster import roster
from inventory.schema.stock import bay
from inventory.schema.tx import Tx
from tests import small_force
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    CARTRIDGES,
    GUARD_LOT,
    GUARDS,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    PCSO,
    SECOND_ISSUER,
    X2_ONLY,
    acting,
    ced_ask,
    demo_policy,
    serial,
)  # fmt: skip

POLICY = demo_policy()
DAY = 24 * HOUR
SETS = tuple((HANDLES[n], BATTERIES[n], *CARTRIDGES[n * 4 : n * 4 + 4]) for n in range(3))
CAN = (
    (MERCER, "TECHNICIAN"), (HOLLIS, "SUPERVISOR"), (SECOND_ISSUER, "SUPERVISOR"), (X2_ONLY, "DUTY_INSPECTOR"),
    (ISSUER, "STORE_MANAGER"),
)  # fmt: skip
DIGEST = "cd" * 32
Run = Callable[[Tx], Any]
Facts = dict[str, list[dict[str, Any]]]


def build(url: str) -> None:
    """The small force, and its last week."""
    small_force.build(url)
    engine = make_engine(url)
    week = Week(engine, Ids(writing(engine)))
    for part in (_capable, _a_duty, _refused, _fired, _undeclared, _guards, _counted, _lost, _overridden, _on_paper,
                 _now):  # fmt: skip
        part(week)
    engine.dispose()


class Week:
    """Acts, each in a transaction of its own, so many microseconds before NOW."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids = engine, ids

    def act(self, before_us: int, run: Run) -> Any:
        """One act."""
        with acting(self.engine, self.ids, NOW - before_us) as tx:
            return run(tx)

    def drawn(self, before_us: int, person_id: int, *items: int, **asked: Any) -> bool:
        """A draw at the hatch, for nine hours unless it is said; whether it was allowed."""
        values = {"item_ids": items, "door": "hatch", "planned_return_us": NOW - before_us + 9 * HOUR} | asked
        ask = ced_ask(person_id, **values)
        return bool(self.act(before_us, lambda tx: issue_kit(tx, [Request(ask)], POLICY)[0].allowed))

    def back(self, before_us: int, *items: int) -> None:
        """Kit comes back."""
        self.act(before_us, lambda tx: return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in items]))


def _capable(week: Week) -> None:
    def run(tx: Tx) -> None:
        for person_id, capability in CAN:
            give(tx.conn, tx.ids, CapabilityGrant(person_id, capability, MEDWAY, "test"), 1)

    week.act(7 * DAY, run)


def _a_duty(week: Week) -> None:
    assert week.drawn(6 * DAY, HOLLIS, *SETS[0], CAMERAS[1])
    week.back(6 * DAY - 8 * HOUR, *SETS[0], CAMERAS[1])


def _refused(week: Week) -> None:
    for minutes in (0, 5):
        assert not week.drawn(5 * DAY - minutes * 60_000_000, LAPSED, *SETS[0])
    assert not week.drawn(5 * DAY - HOUR, PCSO, *SETS[0])


def _fired(week: Week) -> None:
    """PC Mercer fires one cartridge, without a camera; the form is late, one disc is found, nobody reads the log."""
    assert week.drawn(4 * DAY, MERCER, *SETS[1])
    said = Declaration(
        HANDLES[1], MEDWAY, ISSUER, ("FIRED",), used_us=NOW - 4 * DAY + HOUR, spent=(Spent(CARTRIDGES[4]),),
        uof_ref="UOF/1",
    )  # fmt: skip
    done = week.act(4 * DAY - 2 * HOUR, lambda tx: declare(tx, said, POLICY))
    week.back(4 * DAY - 2 * HOUR - 1, *SETS[1][1:2], *CARTRIDGES[5:8])
    for point, facts in (
        ("INCIDENT_REF", {"reference": "INC/1"}), ("BESPOKE_FORM", {"reference": "NLLW/1"}),
        ("DISCS", {"afids": 1, "probes": 2}),
    ):  # fmt: skip
        answer = Answering(done.use_id, point, HOLLIS, facts)
        week.act(4 * DAY - 31 * HOUR, lambda tx, answer=answer: answer_point(tx, answer, POLICY))


def _undeclared(week: Week) -> None:
    assert week.drawn(60 * HOUR, HOLLIS, *SETS[0], CAMERAS[1])
    said = Declaration(HANDLES[0], MEDWAY, ISSUER, ("RED_DOT",), used_us=NOW - 58 * HOUR, uof_ref="UOF/2")
    done = week.act(56 * HOUR, lambda tx: declare(tx, said, POLICY))
    week.back(55 * HOUR, *SETS[0][1:], CAMERAS[1])
    facts = {"download_ref": "EV-1", "digest": DIGEST, "review": "UNDECLARED"}
    week.act(54 * HOUR, lambda tx: answer_point(tx, Answering(done.use_id, "DOWNLOAD", MERCER, facts), POLICY))


def _guards(week: Week) -> None:
    """Two are applied, one of them without a reference yet, and one is lost; the force counts one report."""
    for person_id in (HOLLIS, MERCER):
        assert week.drawn(50 * HOUR, person_id, lots=((GUARD_LOT, 2),))
    for hours, person_id, reason, more in (
        (49, HOLLIS, "USED", {"uof_ref": "UOF/3"}), (48, MERCER, "USED", {}), (47, MERCER, "LOST", {}),
    ):  # fmt: skip
        said = GuardsSaid(GUARD_LOT, 1, person_id, MEDWAY, ISSUER, reason, **more)
        week.act(hours * HOUR, lambda tx, said=said: declare_guards(tx, said, POLICY))
    week.act(46 * HOUR, lambda tx: note_count(tx, ForceCount(MEDWAY, "2026-11", 1, "Return 11", ISSUER)))


def _counted(week: Week) -> None:
    """Two counts: in the first a handle and a camera are not seen, and something of nobody's is."""
    for hours, by, missed, strange in ((40, ISSUER, {HANDLES[2], CAMERAS[2]}, 1), (38, SECOND_ISSUER, set(), 0)):
        count = week.act(hours * HOUR, lambda tx, by=by: open_count(tx, Opening(MEDWAY, "SPOT", by)))
        seen_us = NOW - hours * HOUR + 1
        seen = [
            Sighting(f"k{item_id}", serial(item_id), "SCAN", seen_us, item_id, 1, by)
            for item_id in sorted(count.expected_items - missed)
        ]
        seen += [Sighting("strange", "ZZ-9", "SCAN", seen_us, None, 0, by)] * strange
        week.act(hours * HOUR - HOUR, lambda tx, of=(count.id, seen): sight(tx, *of))
        week.act(hours * HOUR - HOUR - 1, lambda tx, of=(count.id, by): close_count(tx, *of))


def _lost(week: Week) -> None:
    """A camera is missing still; a spit guard was found again, and its case is closed."""
    for item_id in (CAMERAS[2], GUARDS[1]):
        missing = Missing(item_id, MEDWAY, ISSUER, "Not on the shelf")
        week.act(30 * HOUR, lambda tx, missing=missing: report_unaccounted(tx, [missing]))
    with week.engine.connect() as conn:
        case = cases_of_item(conn, GUARDS[1])[0]
    found = {"found_by": "PC Mercer", "found_where": "Van", "found_us": NOW - 29 * HOUR, "condition": "Good"}
    for act, by, more in (
        ("RECOVERED", ISSUER, {"second_person": SECOND_ISSUER, "facts": found}), ("CLOSED", X2_ONLY, {}),
    ):  # fmt: skip
        doing = Doing(case.id, act, by, "As the log says", **more)
        week.act(28 * HOUR, lambda tx, doing=doing: do(tx, doing, POLICY.losses))


def _overridden(week: Week) -> None:
    """A half empty camera goes out on a sergeant's word, and is late since."""
    def low(tx: Tx) -> None:
        tx.conn.execute(sa.update(bay).where(bay.c.item_id == CAMERAS[0]).values(charge_percent=50))

    week.act(27 * HOUR, low)
    rules = (overrides.Answered("CAMERA_CHARGE_LOW", CAMERAS[0]),)
    given = Giving(MERCER, MEDWAY, "OPERATIONAL", rules, HOLLIS, "No other is charged", NOW - 17 * HOUR)
    week.act(27 * HOUR - 1, lambda tx: overrides.give(tx, given))
    assert week.drawn(26 * HOUR, MERCER, CAMERAS[0])

    def lifted(tx: Tx) -> None:
        values = {"present": 0, "files_pending": 3, "observed_us": tx.now_us, "received_us": tx.now_us}
        tx.conn.execute(sa.update(bay).where(bay.c.item_id == CAMERAS[0]).values(**values))

    week.act(26 * HOUR - 1, lifted)


def _on_paper(week: Week) -> None:
    """A page: PC Latham drew a set that the gate would have refused, and brought it back."""
    out_us, back_us = NOW - 24 * HOUR, NOW - 22 * HOUR
    lines = (
        Said("DRAWN", LAPSED, out_us, SETS[2], (), ISSUER, True, True, 90, NOW - 15 * HOUR),
        Said("RETURNED", LAPSED, back_us, SETS[2]),
    )
    page = Page(
        MEDWAY, "REGISTER", "Register ME, page 1", b"%PDF-1.7 scan", "application/pdf", ISSUER, SECOND_ISSUER, lines,
        "ME-1", 1,
    )  # fmt: skip
    week.act(20 * HOUR, lambda tx: write_up(tx, page, POLICY))


def _now(week: Week) -> None:
    """Three people are rostered for the early shift; one of them has a camera already."""
    def run(tx: Tx) -> None:
        rows = [
            {"id": tx.ids.take(), "person_id": each, "store_id": MEDWAY, "starts_us": NOW, "ends_us": NOW + 9 * HOUR,
             "duty": "Early", "source": "test", "source_ref": str(each), "recorded_us": NOW - DAY}
            for each in (HOLLIS, MERCER, X2_ONLY)
        ]  # fmt: skip
        tx.conn.execute(sa.insert(roster), rows)

    week.act(HOUR, run)
    assert week.drawn(HOUR, HOLLIS, CAMERAS[1], planned_return_us=NOW + 8 * HOUR)


# ---- its facts -----------------------------------------------------------------------------------------------


def exported(conn: sa.Connection) -> Facts:
    """Every row of every table, as plain dictionaries by column, in the order of their ids."""
    return {
        name: [dict(row) for row in conn.execute(sa.select(table).order_by(*table.primary_key)).mappings()]
        for name, table in metadata.tables.items()
    }


@contextmanager
def looking(url: str) -> Iterator[sa.Connection]:
    """A connection to the database at `url`."""
    engine = make_engine(url)
    with engine.connect() as conn:
        yield conn
    engine.dispose()
