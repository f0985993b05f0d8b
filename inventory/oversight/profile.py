"""What was really out, hour by hour and shift by shift, against what the targets asked for (Q3).

Read from custody, so it is what people carried and not what was planned. A piece counts to the store whose it is; what
is kept between duties (return mode PERSONAL) is left out, because nobody knows whether it was worn.

One rule for the editor: a draw belongs to ONE shift, the one it overlaps longest, so that an early officer's CED is not
counted for the late shift too; the hours of a profile count whatever was out, whoever's. Times are UTC microseconds.

Each item's own rows are looked up by time (`ix_custody_item`), so that what it costs grows with the kit of a kind and
with what went out in the window, and not with the years before.

Source: design `domain.md` 5.3, Q3: carried hours over target hours.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from inventory.oversight.demand import HOURS, asked_on, by_hour, by_shift, overlap_us
from inventory.oversight.moments import StoreSaid, windows
from inventory.oversight.targets import Target
from inventory.people.calendar import HOUR_US, ShiftWindow, day_end_us, day_start_us
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.people import person
from inventory.schema.stock import item

BACK_US = 2 * HOURS * HOUR_US
"""How far back a draw is looked for that was out on a day: a duty lasts a day at most, and is chased from then on."""
WEEK_US = 7 * HOURS * HOUR_US


@dataclass(frozen=True, slots=True)
class Drawn:
    """One piece that was out: whose store's it is, its kind, with somebody of which team, from when to when."""

    store_id: int
    kind: str
    team: str
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the day: pieces out on average, and what the targets asked for. `begins_us` UTC."""

    begins_us: int
    out: float
    target: float


@dataclass(frozen=True, slots=True)
class ShiftCarried:
    """A store's shift on one day: hours that pieces of a kind were carried, and hours that the targets asked for."""

    store_id: int
    kind: str
    shift: str
    on: date
    carried_hours: float
    target_hours: float

    @property
    def percent(self) -> float | None:
        """Carried over asked for, in percent; None where nothing was asked."""
        return 100 * self.carried_hours / self.target_hours if self.target_hours else None


_DRAWN = Fast(
    sa.select(item.c.home_store_id, item.c.kind, person.c.team, custody.c.opened_us, custody.c.closed_us)
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id).join(person, person.c.id == custody.c.person_id)
    )
    .where(
        custody.c.person_id.is_not(None),
        custody.c.opened_us >= sa.bindparam("back_us", type_=sa.BigInteger),
        custody.c.opened_us < sa.bindparam("until_us", type_=sa.BigInteger),
        sa.or_(custody.c.closed_us.is_(None), custody.c.closed_us > sa.bindparam("from_us", type_=sa.BigInteger)),
        sa.or_(custody.c.return_mode.is_(None), custody.c.return_mode == sa.literal_column("'DUTY'")),
        item.c.kind == sa.bindparam("kind"),
    )
)
_FROM: sa.BindParameter[int] = sa.bindparam("from_us", type_=sa.BigInteger)
_UNTIL: sa.BindParameter[int] = sa.bindparam("until_us", type_=sa.BigInteger)
_WEEK = (custody.c.opened_us - _FROM) // sa.literal_column(str(WEEK_US))
_SECONDS = (sa.func.coalesce(custody.c.closed_us, _UNTIL) - custody.c.opened_us) // sa.literal_column("1000000")
_WEEKLY = Fast(
    sa.select(item.c.home_store_id, _WEEK, sa.func.count(), sa.func.sum(_SECONDS))
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.person_id.is_not(None),
        custody.c.opened_us >= _FROM,
        custody.c.opened_us < _UNTIL,
        sa.or_(custody.c.return_mode.is_(None), custody.c.return_mode == sa.literal_column("'DUTY'")),
        item.c.kind == sa.bindparam("kind"),
    )
    .group_by(item.c.home_store_id, _WEEK)
)


def drawn(conn: sa.Connection, kind: str, from_us: int, until_us: int) -> list[Drawn]:
    """Every piece of a kind that was out at some time of the window, in time order; still out: up to its end."""
    params = {"kind": kind, "from_us": from_us, "until_us": until_us, "back_us": from_us - BACK_US}
    rows = _DRAWN.rows(conn, params)
    return sorted(
        (
            Drawn(row[0], row[1], row[2] or "", row[3], until_us if row[4] is None else row[4])
            for row in rows
        ),
        key=lambda each: (each.from_us, each.store_id),
    )


def hourly(
    found: Iterable[Drawn], stores: Sequence[StoreSaid], targets: Sequence[Target], kind: str, day: date
) -> list[Hour]:
    """The day of these stores together, hour by hour (23 or 25 where the clocks change)."""
    begins, ends = day_start_us(day), day_end_us(day)
    hours = (ends - begins) // HOUR_US
    out = [0.0] * hours
    own = {each.id for each in stores}
    for each in found:
        if each.store_id in own:
            _add(out, each, begins)
    asked = [0.0] * hours
    for store in stores:
        mine = by_shift([each for each in targets if each.store_id == store.id], kind)
        for n, pieces in enumerate(by_hour(store.patterns, mine, begins, hours)):
            asked[n] += pieces
    return [Hour(begins + n * HOUR_US, out[n], asked[n]) for n in range(hours)]


def _add(out: list[float], each: Drawn, begins: int) -> None:
    first = max(0, (each.from_us - begins) // HOUR_US)
    last = min(len(out) - 1, (each.until_us - 1 - begins) // HOUR_US)
    for n in range(first, last + 1):
        hour = begins + n * HOUR_US
        out[n] += (min(each.until_us, hour + HOUR_US) - max(each.from_us, hour)) / HOUR_US


def shifts_carried(
    found: Iterable[Drawn], stores: Sequence[StoreSaid], targets: Sequence[Target], kind: str, day: date
) -> list[ShiftCarried]:
    """For each store and each of its shifts that starts on the day: carried hours and asked hours."""
    rows = []
    here: dict[int, list[Drawn]] = defaultdict(list)
    for each in found:
        here[each.store_id].append(each)
    for store in stores:
        spans = windows(store.patterns, day_start_us(day), 1)
        mine = [each for each in targets if each.store_id == store.id]
        carried = _carried(here.get(store.id, ()), spans, _teams(mine, kind))
        of_shift = by_shift(mine, kind)
        for span in spans:
            if span.on == day:
                hours = (span.ends_us - span.starts_us) / HOUR_US
                asked = asked_on(of_shift, span.name) * hours
                rows.append(ShiftCarried(store.id, kind, span.name, day, carried.get(span, 0) / HOUR_US, asked))
    return rows


def _teams(targets: Iterable[Target], kind: str) -> frozenset[str]:
    """The teams that are asked for; none where some target is for everybody, and so everybody counts."""
    asked = [each.role for each in targets if each.kind == kind]
    return frozenset() if "" in asked else frozenset(asked)


def _carried(
    found: Iterable[Drawn], spans: Sequence[ShiftWindow], teams: frozenset[str]
) -> Mapping[ShiftWindow, int]:
    carried: dict[ShiftWindow, int] = defaultdict(int)
    for each in found:
        longest = max(spans, key=lambda span: overlap_us(span, each.from_us, each.until_us), default=None)
        if longest is not None and (not teams or each.team in teams):
            carried[longest] += overlap_us(longest, each.from_us, each.until_us)
    return carried


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a store: how often pieces of a kind went out, and for how many hours in all."""

    store_id: int
    begins_us: int
    draws: int
    hours: float


def weekly(conn: sa.Connection, kind: str, weeks: int, upto: date) -> list[Week]:
    """The `weeks` whole weeks of 168 hours that end as the London day `upto` begins, the oldest first, by store.

    A draw belongs to the week in which it went out.
    """
    until_us = day_start_us(upto)
    from_us = until_us - weeks * WEEK_US
    rows = _WEEKLY.rows(conn, {"kind": kind, "from_us": from_us, "until_us": until_us})
    found = [Week(row[0], from_us + int(row[1]) * WEEK_US, int(row[2]), int(row[3] or 0) / 3600) for row in rows]
    return sorted(found, key=lambda each: (each.begins_us, each.store_id))


def asked_hours(store: StoreSaid, targets: Sequence[Target], kind: str, upto: date, weeks: int = 1) -> float:
    """The hours that targets ask of a store in so many weeks before a day."""
    of_shift = by_shift([each for each in targets if each.store_id == store.id], kind)
    total = 0.0
    for back in range(1, 7 * weeks + 1):
        on = upto - timedelta(days=back)
        spans = [each for each in windows(store.patterns, day_start_us(on), 0) if each.on == on]
        total += sum(asked_on(of_shift, each.name) * (each.ends_us - each.starts_us) / HOUR_US for each in spans)
    return total
