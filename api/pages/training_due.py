"""What comes due of people: bands by store or team, who is rostered past it, courses against seats.

One rule for the editor: reads only; counts and dates are those of `people.due`, and every bar has its number beside it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.pages.due import Store, tabs_for
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.pages.training import NAMES
from api.problems import denied
from api.processing import CONSULTS
from api.training_due import SEERS
from inventory.gate.kind_policy import Policy
from inventory.people.bands import BANDS
from inventory.people.due import AUTHORITY, Due
from inventory.people.due_reading import (
    COURSE_SEATS,
    DuePerson,
    MonthOfCourses,
    RosteredPast,
    course_months,
    people_due,
    rostered_past,
    seats_ahead,
)

WHATS = {"CED": "CED course", **{key: NAMES[key] for key in NAMES if key != "CED"}, AUTHORITY: "Authority to carry"}
BANDS_SAID = {
    0: ("bad", "cross", "Run out"), 14: ("warn", "clock", "1 to 14 days"), 30: ("warn", "clock", "15 to 30 days"),
    60: ("still", "clock", "31 to 60 days"), 90: ("still", "dot", "61 to 90 days"),
}  # fmt: skip
LISTED_DAYS = 30
LISTED_MOST = 300
FEW = 10
PLOT_WIDE, PLOT_HIGH = 1000, 200


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team's counts by band (a whole store's where all are shown: `team` ""), its bar's segments (band, x, width)."""

    store_id: int | None
    team: str
    bands: Counter[int]
    segments: tuple[tuple[int, float, float], ...]
    past: int


@dataclass(frozen=True, slots=True)
class MonthDrawn:
    """A month of courses with its column: whole heights in a plot of `PLOT_HIGH`."""

    month: date
    runs_out: int
    backlog: int
    courses: int
    seats: int
    waiting: int
    x: float
    runs_high: float
    backlog_high: float
    seats_y: float


@dataclass(frozen=True, slots=True)
class DueShown:
    """Everything the page shows."""

    what: str
    teams: list[TeamLine]
    totals: Counter[int]
    soon: list[tuple[DuePerson, Due]]
    more: int
    past: list[RosteredPast]
    months: list[MonthDrawn]
    stores: dict[int, str]


def due_shown(conn: sa.Connection, asked: tuple[str, set[int] | None], policy: Policy, now_us: int) -> DueShown:
    """One qualification of the people of these stores (None: of everybody)."""
    what, only = asked
    everybody = people_due(conn, policy.courses, now_us)
    people = [each for each in everybody if only is None or each.store_id in only]
    lines = [(one, due) for one in people for due in one.due if due.what == what]
    past = [each for each in rostered_past(conn, people, now_us) if each.due.what == what]
    soon = sorted(
        ((one, due) for one, due in lines if due.days <= LISTED_DAYS), key=lambda pair: (pair[1].days, pair[0].ref)
    )
    months = course_months(everybody, seats_ahead(conn, now_us), now_us)
    return DueShown(
        what=what, teams=_teams(lines, past, by_team=only is not None and len(only) == 1),
        totals=Counter(due.band for _, due in lines if due.band is not None),
        soon=soon[:LISTED_MOST], more=max(0, len(soon) - LISTED_MOST), past=past,
        months=_drawn([each for each in months if each.what == what]),
        stores={row["id"]: row["name"] for row in store_reads.stores(conn)},
    )  # fmt: skip


def _teams(lines: list[tuple[DuePerson, Due]], past: list[RosteredPast], *, by_team: bool) -> list[TeamLine]:
    counted: dict[tuple[int | None, str], Counter[int]] = {}
    for one, due in lines:
        bands = counted.setdefault((one.store_id, one.team if by_team else ""), Counter())
        if due.band is not None:
            bands[due.band] += 1
    there = Counter((each.person.store_id, each.person.team if by_team else "") for each in past)
    most = max((sum(bands.values()) for bands in counted.values()), default=1) or 1
    return [
        TeamLine(store_id, team, bands, _segments(bands, most), there[store_id, team])
        for (store_id, team), bands in sorted(counted.items(), key=lambda pair: (pair[0][0] or 0, pair[0][1]))
        if bands
    ]


def _segments(bands: Counter[int], most: int) -> tuple[tuple[int, float, float], ...]:
    x, found = 0.0, []
    for band in sorted(BANDS):
        wide = round(bands[band] * PLOT_WIDE / most, 1)
        if wide:
            found.append((band, round(x, 1), wide))
            x += wide
    return tuple(found)


def _drawn(months: list[MonthOfCourses]) -> list[MonthDrawn]:
    """The months with all models of a qualification taken together, as columns."""
    by_month: dict[date, list[MonthOfCourses]] = {}
    for each in months:
        by_month.setdefault(each.month, []).append(each)
    sums = [
        (month, *(sum(getattr(each, name) for each in some) for name in ("runs_out", "backlog", "seats", "waiting")))
        for month, some in by_month.items()
    ]
    most = max((max(runs + late, seats) for _, runs, late, seats, _ in sums), default=1) or 1
    step = PLOT_WIDE / max(1, len(sums))
    return [
        MonthDrawn(
            month, runs, late, -(-(runs + late) // COURSE_SEATS), seats, waiting, round(n * step + step * 0.2, 1),
            round(runs * PLOT_HIGH / most, 1), round(late * PLOT_HIGH / most, 1),
            round(PLOT_HIGH - seats * PLOT_HIGH / most, 1),
        )
        for n, (month, runs, late, seats, waiting) in enumerate(sums)
    ]  # fmt: skip


@get("/training-due", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def training_due_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    store: Store = "",
    what: Annotated[str, QueryParameter(max_length=20, pattern="^[A-Z_]*$")] = "CED",
) -> Response[str]:
    """What runs out of one qualification, team by team, and what that asks of the courses."""
    mine = stores_of(ctx.who, SEERS)
    chosen = int(store) if store else None
    if chosen is not None and mine is not None and chosen not in mine:
        raise denied("You do not look after this store.")
    only = mine if chosen is None else {chosen}
    asked = (what if what in WHATS else "CED", only)
    policy = ctx.service.policies.now
    shown = await ctx.read(lambda conn: due_shown(conn, asked, policy, ctx.now_us))
    ctx.about(*(one.id for one, _ in shown.soon), *(each.person.id for each in shown.past))
    choices = [(key, name) for key, name in shown.stores.items() if mine is None or key in mine]
    said = {
        "shown": shown, "bands": BANDS_SAID, "whats": WHATS, "chosen": chosen, "choices": choices,
        "tabs": tabs_for(ctx.who), "high": PLOT_HIGH, "listed_days": LISTED_DAYS,
        "few": FEW, "by_team": only is not None and len(only) == 1, "is_force": mine is None,
    }  # fmt: skip
    return html(render("training_due.html", page_of(ctx, request, "Training due"), **said))


ROUTES = [training_due_page]
