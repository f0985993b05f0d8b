"""The demo force as files for the ordinary imports, and as plain rows for what no import takes.

One rule for the editor: the same seed and anchor day give the same force, byte for byte, on every machine.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from inventory.demo import duties, kit, posts, roster, standing, training, upkeep
from inventory.demo.kit import Piece
from inventory.demo.records import (
    BayRow,
    CapabilityRow,
    CheckRow,
    DutyRow,
    FittingRow,
    GateRow,
    GrantRow,
    HeldRow,
    HoldRow,
    ItemRow,
    LotRow,
    PersonRow,
    PlaceRow,
    RestrictionRow,
    ShiftRow,
    StopRow,
    StoreRow,
    TrainingRow,
)
from inventory.demo.training import LONG_AGO, Force, Period

SEED = 4417
TRAINING_SOURCE = "STAFF_SAFETY_TRAINING_UNIT"
ROSTER_SOURCE = "DUTY_MANAGEMENT"


@dataclass(frozen=True, slots=True)
class Files:
    """CSV texts for the ordinary imports, to be taken in this order. A file without rows has its heading."""

    people: str
    training: str
    authorisations: str
    stops: str
    restrictions: str
    gates: str
    items: str
    lots: str
    checks: str
    roster: str


@dataclass(frozen=True, slots=True)
class PlainRows:
    """What no import takes. Stores, places and shifts come before the files, the rest after them.

    `unaccounted` are serials of cameras, `held` spit guards on officers when the ledger begins.
    """

    stores: tuple[StoreRow, ...]
    places: tuple[PlaceRow, ...]
    shifts: tuple[ShiftRow, ...]
    capabilities: tuple[CapabilityRow, ...]
    fittings: tuple[FittingRow, ...]
    holds: tuple[HoldRow, ...]
    unaccounted: tuple[str, ...]
    held: tuple[HeldRow, ...]
    bays: tuple[BayRow, ...]


@dataclass(frozen=True, slots=True)
class DemoForce:
    """The force and its kit on the anchor day."""

    force: Force
    kit: tuple[Piece, ...]


def build(anchor: date, seed: int = SEED) -> DemoForce:
    """The demo force with everything dated relative to `anchor`."""
    people = roster.members(seed)
    made = Force(seed, anchor, people, standing.build(seed, anchor, people))
    return DemoForce(made, kit.pieces(people, seed))


def first_files(demo: DemoForce) -> Files:
    """The files that bring the force in on its anchor day."""
    return _files(demo, Period(LONG_AGO, demo.force.anchor), whole=True)


def later_files(demo: DemoForce, after: date, upto: date) -> Files:
    """The files that carry the force on from the day `after` to the day `upto`; see `advance`."""
    return _files(demo, Period(after, upto), whole=False)


def plain_rows(demo: DemoForce) -> PlainRows:
    """The rows of the anchor day that no import takes."""
    force = demo.force
    return PlainRows(
        stores=tuple(posts.stores()),
        places=tuple(posts.places()),
        shifts=tuple(posts.shifts(force)),
        capabilities=tuple(posts.capabilities(force)),
        fittings=tuple(kit.fittings(demo.kit)),
        holds=tuple(kit.holds(force, demo.kit)),
        unaccounted=tuple(kit.unaccounted(force, demo.kit)),
        held=tuple(kit.held(force)),
        bays=tuple(upkeep.bays(force, demo.kit)),
    )


def _files(demo: DemoForce, period: Period, *, whole: bool) -> Files:
    force = demo.force
    technician = posts.holder(force, "TECHNICIAN")
    return Files(
        people=as_csv(PersonRow, posts.people(force) if whole else ()),
        training=as_csv(TrainingRow, training.training(force, period)),
        authorisations=as_csv(GrantRow, training.grants(force, period)),
        stops=as_csv(StopRow, training.stops(force, period)),
        restrictions=as_csv(RestrictionRow, training.restrictions(force, period)),
        gates=as_csv(GateRow, training.gates(force, period)),
        items=as_csv(ItemRow, kit.items(force, demo.kit, period)),
        lots=as_csv(LotRow, kit.lots(force) if whole else ()),
        checks=as_csv(CheckRow, upkeep.checks(force, demo.kit, period, technician)),
        roster=as_csv(DutyRow, duties.duties(force, period)),
    )


COLUMN_NAMES = {"start": "from", "end": "to"}
"""Fields whose columns have names that Python keeps for itself."""


def as_csv(shape: type, rows: Iterable[object]) -> str:
    """Rows of one shape as CSV with a heading; dates in ISO form, None as an empty cell."""
    names = [each.name for each in fields(shape)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([COLUMN_NAMES.get(name, name) for name in names])
    writer.writerows([getattr(row, name) for name in names] for row in rows)
    return out.getvalue()
