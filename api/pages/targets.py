"""Strategic assessments on the screen: the one in force with its targets, those before it, and a new one from a file.

One rule for the editor: every act is `api.targets`, the same as for programs; a file is looked over first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.availability import SEERS
from api.context import Ctx
from api.guards import holding
from api.pages.due import Store
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.processing import CONSULTS
from api.targets import WRITERS
from inventory.custody.hatch_names import people_said
from inventory.oversight.demand import by_shift, peak
from inventory.oversight.moments import StoreSaid, open_stores
from inventory.oversight.targets import Assessment, Target, assessments, targets_of
from inventory.people.calendar import day_start_us, local_day
from inventory.stock.kinds import title


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One store and kind: pieces by shift ("" for every shift) and team, and the most at any one moment."""

    store: StoreSaid
    kind: str
    shifts: tuple[tuple[str, str, int], ...]
    need: int


@dataclass(frozen=True, slots=True)
class TargetsShown:
    """Everything the page shows."""

    history: list[Assessment]
    shown: Assessment | None
    lines: list[TargetLine]
    people: dict[int, str]


def targets_shown(conn: sa.Connection, number: int | None, now_us: int) -> TargetsShown:
    """One assessment (None: the one in force, or the newest) with its targets, and all there are, the newest first."""
    history = list(reversed(assessments(conn)))
    today = local_day(now_us)
    wanted = [each for each in history if each.id == number] or [each for each in history if each.is_in_force(today)]
    shown = next(iter(wanted or history), None)
    lines = _lines(open_stores(conn), targets_of(conn, shown.id), now_us) if shown else []
    people = people_said(conn, sorted({each for one in history for each in (one.recorded_by, one.second_person)}))
    return TargetsShown(history, shown, lines, people)


def _lines(stores: Sequence[StoreSaid], found: Sequence[Target], now_us: int) -> list[TargetLine]:
    lines = []
    day_us = day_start_us(local_day(now_us))
    for store in stores:
        mine = [each for each in found if each.store_id == store.id]
        for kind in dict.fromkeys(each.kind for each in mine):
            of = tuple((each.shift, each.role, each.pieces) for each in mine if each.kind == kind)
            lines.append(TargetLine(store, kind, of, peak(store.patterns, by_shift(mine, kind), day_us)))
    return lines


@get("/targets", guards=[holding(*SEERS, *WRITERS)], opt=CONSULTS, **PAGE)
async def targets_page(
    ctx: NamedDependency[Ctx], request: Request[Any, Any, Any], of: Store = ""
) -> Response[str]:
    """The strategic assessments, and the targets of one of them."""
    number = int(of) if of else None
    shown = await ctx.read(lambda conn: targets_shown(conn, number, ctx.now_us))
    ctx.about(*shown.people)
    page = page_of(ctx, request, "Targets")
    writes = stores_of(ctx.who, WRITERS) is None
    today = local_day(ctx.now_us)
    return html(render("targets.html", page, one=shown, today=today, writes=writes, kind_said=title))


ROUTES = [targets_page]
