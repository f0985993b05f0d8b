"""What every store keeps for itself while an operation lasts: people on each shift, kit for the shifts that overlap.

One rule for the editor: what is kept is the force's target, or all there is where that is less: a store that is short
already gives nobody, and sending nobody always keeps it. People and kit are kept apart, each to the target.

A shift of a store is known by its roster; where no roster says who is on, every team of the store keeps what its
largest shift needs, because each team is one of those shifts. Times are UTC microseconds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.oversight.demand import asked_on, by_shift, peak
from inventory.oversight.moments import StoreSaid, windows
from inventory.oversight.targets import targets_on
from inventory.people.calendar import ShiftWindow, day_start_us, local_day
from inventory.people.roster import RosteredDuty, rostered, rostered_upto

KEPT = ("CED_HANDLE", "BWV_CAMERA")
"""The kinds that stores keep people and kit for."""

Shift = tuple[int, str, int]
"""(store, name of the shift, when it starts), or (store, team, 0) where no roster is known."""

@dataclass(frozen=True, slots=True)
class Targets:
    """What the assessment in force asks of each (store, kind), by shift (`demand.by_shift`); where it says nothing,
    `percent` of what there is is kept."""

    asked: Mapping[tuple[int, str], dict[str, int]]
    percent: int

    def of(self, store_id: int, shift: str, kind: str, there: int) -> int:
        """How many of the `there` people on a shift are kept."""
        known = self.asked.get((store_id, kind))
        return self._share(there) if known is None else min(there, asked_on(known, shift))

    def largest(self, store_id: int, kind: str, there: int) -> int:
        """How many of a team that may be any shift's."""
        known = self.asked.get((store_id, kind))
        return self._share(there) if known is None else min(there, max(asked_on(known, shift) for shift in known))

    def at_once(self, store: StoreSaid, kind: str, from_us: int, there: int) -> int:
        """How many pieces are kept: as many as are in use where shifts overlap most."""
        known = self.asked.get((store.id, kind))
        if known is None:
            return self._share(there)
        return min(there, peak(store.patterns, known, day_start_us(local_day(from_us))))

    def _share(self, there: int) -> int:
        return -(-there * self.percent // 100)


def targets(conn: sa.Connection, at_us: int, percent: int) -> Targets:
    """The targets in force on the London day of `at_us`."""
    found = targets_on(conn, local_day(at_us))
    places = {(each.store_id, each.kind) for each in found}
    return Targets(
        {(at, kind): by_shift([each for each in found if each.store_id == at], kind) for at, kind in places}, percent
    )


@dataclass(frozen=True, slots=True)
class Duties:
    """Who is on which shift while it lasts, by person; how many of their duties it touches; and the shifts by store."""

    shifts: Mapping[int, frozenset[Shift]]
    touched: Mapping[int, int]
    windows: Mapping[int, tuple[ShiftWindow, ...]]


def duties(
    conn: sa.Connection, stores: Sequence[StoreSaid], teams: Mapping[int, tuple[int, str]], from_us: int, until_us: int
) -> Duties:
    """Read the roster. `teams`: person -> (store, team) of whoever is on a store's books."""
    upto = rostered_upto(conn)
    days = (local_day(until_us) - local_day(from_us)).days
    on = {each.id: _within(windows(each.patterns, from_us, days), from_us, until_us) for each in stores}
    of: dict[int, set[Shift]] = defaultdict(set)
    touched: Counter[int] = Counter()
    for duty in rostered(conn, None, from_us, until_us):
        touched[duty.person_id] += 1
        shift = _shift_of(duty, on.get(duty.store_id, ()))
        if shift is not None:
            of[duty.person_id].add((duty.store_id, shift.name, shift.starts_us))
    last = {each.id: max((one.starts_us for one in on[each.id]), default=until_us) for each in stores}
    for person_id, (store_id, team) in teams.items():
        if team and upto.get(store_id, 0) < last.get(store_id, until_us):
            of[person_id].add((store_id, team, 0))
    return Duties({who: frozenset(some) for who, some in of.items()}, dict(touched), on)


def _within(some: Iterable[ShiftWindow], from_us: int, until_us: int) -> tuple[ShiftWindow, ...]:
    return tuple(each for each in some if each.starts_us < until_us and each.ends_us > from_us)


def _shift_of(duty: RosteredDuty, shifts: Sequence[ShiftWindow]) -> ShiftWindow | None:
    """The shift that a duty shares most time with."""
    shared = [(min(duty.ends_us, each.ends_us) - max(duty.starts_us, each.starts_us), each) for each in shifts]
    best = max(shared, key=lambda row: (row[0], -row[1].starts_us), default=None)
    return best[1] if best is not None and best[0] > 0 else None


def to_keep(known: Targets, shift: Shift, kind: str, there: int) -> int:
    """How many of the `there` people counted in a shift are kept for a kind."""
    store_id, name, starts_us = shift
    return known.of(store_id, name, kind, there) if starts_us else known.largest(store_id, kind, there)
