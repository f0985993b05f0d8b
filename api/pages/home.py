"""The first page: for whoever looks after stores the exceptions, then the counts; for an officer their own record.

One rule for the editor: what is wrong stands above what is right, and each row leads to the thing that settles it.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from api import store_reads
from api.alarms import SETTLERS
from api.availability import SEERS as SEES_CONSOLE
from api.context import Ctx
from api.guards import signed_in
from api.pages import looks
from api.pages.bay_words import BayShown, bay_shown
from api.pages.frame import LOOKS_AT_STORES, PAGE, has_any, html, page_of, stores_of
from api.pages.render import render
from api.pages.store import store_sums
from api.processing import CONSULTS
from api.store_reads import Rows
from inventory.custody.hatch_names import people_said
from inventory.stock.docks import dock_said

ALARMS_SHOWN = 12
DOCKS_NAMED = 4
TOPICS_MOST = 18
TO_LOOK_AT = ("bad", "warn")


@dataclass(frozen=True, slots=True)
class LatePerson:
    """A person with kit that should be back, and what."""

    person_id: int
    said: str
    due_us: int
    items: Rows


@dataclass(frozen=True, slots=True)
class DocksShown:
    """The bays of one store that say one thing that somebody should look at: `where` names docks and bays."""

    store_id: int
    tone: str
    shape: str
    says: str
    where: str
    bays: int


@dataclass(frozen=True, slots=True)
class HomeShown:
    """Everything the page shows."""

    alarms: list[tuple[str, Rows]]
    late: list[LatePerson]
    docks: list[DocksShown]
    sums: list[dict[str, Any]]
    stores: dict[int, str]
    people: dict[int, str]

    @property
    def topics(self) -> str:
        """What the page listens to."""
        return " ".join(f"store:{store_id}" for store_id in list(self.stores)[:TOPICS_MOST])

    @property
    def is_clear(self) -> bool:
        """Whether nothing needs anybody."""
        return not (self.alarms or self.late or self.docks)


def home_shown(conn: sa.Connection, only: set[int] | None, now_us: int) -> HomeShown:
    """The exceptions and counts of these stores (None: of all)."""
    alarms = [row for row in looks.open_alarms(conn) if _mine(row["store_id"], only)]
    late = [row for row in looks.overdue(conn, now_us) if _mine(row["store_id"], only)]
    stores = [row for row in store_reads.stores(conn) if only is None or row["id"] in only]
    people = people_said(conn, sorted({row["person_id"] for row in (*late, *alarms) if row["person_id"]}))
    late_people = [
        _late(person_id, list(rows), people) for person_id, rows in groupby(late, lambda r: r["person_id"])
    ]
    alarms.sort(key=lambda row: row["kind"])
    return HomeShown(
        alarms=[(kind, list(rows)) for kind, rows in groupby(alarms, lambda row: str(row["kind"]))],
        late=late_people, docks=[each for store in stores for each in docks_of(conn, store["id"], now_us)],
        sums=store_sums(conn, only, now_us), stores={row["id"]: row["name"] for row in stores},
        people=people,
    )  # fmt: skip


def docks_of(conn: sa.Connection, store_id: int, now_us: int) -> list[DocksShown]:
    """What the docks of a store say that somebody should look at."""
    bays = [bay_shown(row, now_us) for row in store_reads.bays(conn, store_id)]
    in_dock = Counter(bay.dock for bay in bays)
    looked = sorted((bay for bay in bays if bay.tone in TO_LOOK_AT), key=lambda bay: (bay.tone, bay.says))
    found = []
    for _, group in groupby(looked, key=lambda bay: bay.says):
        same = list(group)
        first = same[0]
        found.append(
            DocksShown(store_id, first.tone, first.shape, first.says, _where(same, in_dock), len(same))
        )
    return found


def _where(bays: list[BayShown], in_dock: Counter[str]) -> str:
    """'ME-BWV-02 bay 3, 4; ME-BWV-07 whole; and 12 more docks'."""
    docks = [list(group) for _, group in groupby(bays, key=lambda bay: bay.dock)]
    named = [
        f"{dock_said(group[0].dock)} "
        + (
            "whole"
            if len(group) == in_dock[group[0].dock]
            else f"bay {', '.join(str(bay.bay) for bay in group)}"
        )
        for group in docks[:DOCKS_NAMED]
    ]
    rest = len(docks) - DOCKS_NAMED
    return "; ".join([*named, f"and {rest} more docks"] if rest > 0 else named)


def _mine(store_id: int | None, only: set[int] | None) -> bool:
    return only is None or store_id is None or store_id in only


def _late(person_id: int, rows: Rows, people: dict[int, str]) -> LatePerson:
    return LatePerson(person_id, people[person_id], min(row["planned_return_us"] for row in rows), rows)


@get("/", guards=[signed_in], opt=CONSULTS, **PAGE)
async def home_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    came_from: Annotated[str, QueryParameter(name="from", max_length=20)] = "",
) -> Response[Any]:
    """The first page of whoever is signed in. At a kiosk that is the hatch, and managers land on their console."""
    if ctx.who.place_id is not None:
        return Redirect("/hatch", status_code=303)
    if came_from == "sign-in" and has_any(ctx.who, SEES_CONSOLE):
        return Redirect("/console", status_code=303)
    if not has_any(ctx.who, LOOKS_AT_STORES):
        log = "/log" if has_any(ctx.who, ("LOG_READER",)) else f"/people/{ctx.person_id}"
        way = "/console" if has_any(ctx.who, SEES_CONSOLE) else log
        return Redirect(way, status_code=303)
    only = stores_of(ctx.who, LOOKS_AT_STORES)
    shown = await ctx.read(lambda conn: home_shown(conn, only, ctx.now_us))
    ctx.about(*shown.people)
    page = page_of(ctx, request, "Now")
    settles = stores_of(ctx.who, SETTLERS)
    return html(render("home.html", page, shown=shown, settles=settles, alarms_shown=ALARMS_SHOWN))


ROUTES = [home_page]
