"""One look at the whole force, for screens: readiness now and next, what there is against targets, and what runs out.

It is worked out in one go, because all of it rests on the same two readings (kit, carriers), and it is plain values, so
that one look can serve everybody who looks within the next moments (`api.glance`).

One rule for the editor: a figure here is that of `pairs`, `availability`, `profile` or `targets`, never one of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.oversight.availability import Against, Available, against, availability, lots_available
from inventory.oversight.carriers import lapsing
from inventory.oversight.lending import Force
from inventory.oversight.moments import NEXT, NOW, StoreSaid
from inventory.oversight.pairs import StoreReady, readiness
from inventory.oversight.profile import Hour, Week, asked_hours, drawn, hourly, weekly
from inventory.oversight.targets import Assessment, Target, in_force, targets_of
from inventory.people.calendar import HOUR_US, day_end_us, day_start_us, local_day

LAPSING_DAYS = 30
WEEKS = 8
HANDLE = "CED_HANDLE"


@dataclass(frozen=True, slots=True)
class ForceLook:
    """What was found at `at_us`. `lapsing`: carriers by store whose CED training runs out within 30 days. `force`: what
    suggestions are made from."""

    at_us: int
    stores: tuple[StoreSaid, ...]
    now: tuple[StoreReady, ...]
    next: tuple[StoreReady, ...]
    available: tuple[Available, ...]
    against: tuple[Against, ...]
    assessment: Assessment | None
    targets: tuple[Target, ...]
    lapsing: Mapping[int, int]
    force: Force


def look_at_force(conn: sa.Connection, policy: Policy, now_us: int) -> ForceLook:
    """Look now."""
    found = readiness(conn, policy, now_us)
    assessed = in_force(conn, local_day(now_us))
    targets = tuple(targets_of(conn, assessed.id)) if assessed else ()
    rows = [*availability(found.kit, policy, now_us, found.fit[NOW]), *lots_available(conn, policy, now_us)]
    shifts = {store_id: each[NOW].shift for store_id, each in found.asked.items()}
    runs_out_us = now_us + LAPSING_DAYS * 24 * HOUR_US
    return ForceLook(
        at_us=now_us, stores=found.stores, now=tuple(found.of(NOW)), next=tuple(found.of(NEXT)),
        available=tuple(rows), against=tuple(against(rows, found.stores, targets, shifts, now_us)),
        assessment=assessed, targets=targets, lapsing=lapsing(found.read, now_us, runs_out_us),
        force=Force(found.stores, found.kit, targets, policy, now_us),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trend:
    """One week of some stores together: hours carried, and hours that today's targets would ask for."""

    begins_us: int
    draws: int
    carried: float
    asked: float


def trend(weeks: Sequence[Week], stores: Sequence[StoreSaid], targets: Sequence[Target], now_us: int) -> list[Trend]:
    """The whole weeks before today, the oldest first; those in which nothing went out too, once there was a first."""
    own, today = {each.id for each in stores}, local_day(now_us)
    asked = sum(asked_hours(each, targets, HANDLE, today) for each in stores)
    begins = sorted({each.begins_us for each in weeks})
    return [
        Trend(
            at, sum(each.draws for each in weeks if each.begins_us == at and each.store_id in own),
            sum(each.hours for each in weeks if each.begins_us == at and each.store_id in own), asked,
        )
        for at in begins
    ]  # fmt: skip


def weeks_before(conn: sa.Connection, now_us: int) -> list[Week]:
    """The last eight whole weeks of handles, by store."""
    return weekly(conn, HANDLE, WEEKS, local_day(now_us))


def day_profile(
    conn: sa.Connection, stores: Sequence[StoreSaid], targets: Sequence[Target], now_us: int
) -> list[Hour]:
    """Today of these stores together, hour by hour, up to now."""
    day = local_day(now_us)
    found = drawn(conn, HANDLE, day_start_us(day), min(now_us, day_end_us(day)))
    return hourly(found, stores, targets, HANDLE, day)
