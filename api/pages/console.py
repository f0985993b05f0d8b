"""The managers' console: what needs somebody first, then readiness, availability against targets, the day, the weeks.

One rule for the editor: what needs somebody is read anew for every look; figures of the whole force are a look that
somebody took moments ago (`api.glance`), and the page says when. Every row leads to the thing and the act that settles
it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import alarms, coming_due, lapses, losses, recalls, transfers
from api.availability import SEERS, force_look, is_of, lending, stores_seen
from api.context import Ctx
from api.guards import holding
from api.pages import looks
from api.pages.due import Store
from api.pages.frame import PAGE, has_any, html, page_of, stores_of
from api.pages.home import DocksShown, docks_of
from api.pages.life import said_word
from api.pages.render import render
from api.policy_register import SEERS as SEES_POLICY
from api.problems import Problem
from api.processing import CONSULTS
from api.sessions import SignedIn
from api.targets import WRITERS
from api.training_due import SEERS as SEES_TRAINING
from api.training_feed import SEERS as SEES_FEEDS
from inventory.custody.hatch_names import people_said
from inventory.custody.receiving.terms import SEERS as SEES_DELIVERIES
from inventory.custody.transfers.terms import SENDERS
from inventory.oversight.availability import Against
from inventory.oversight.exceptions import WARN, Need, Needs, exceptions
from inventory.oversight.force_look import ForceLook, Trend, day_profile, trend, weeks_before
from inventory.oversight.lending import Suggestion
from inventory.oversight.moments import StoreSaid
from inventory.oversight.pairs import StoreReady
from inventory.oversight.profile import Hour, Week
from inventory.oversight.reports.q02_pairs import SHORT_SAID
from inventory.people.calendar import day_start_us, local_day

ROWS_SHOWN = 6
WEEKS_GOOD_US, WEEKS_STALE_US = 300_000_000, 3_600_000_000
DOCKS_GOOD_US, DOCKS_STALE_US = 15_000_000, 60_000_000
TARGETED = (("CED_HANDLE", "TASER handles"), ("BWV_CAMERA", "Cameras"))
TOPICS_MOST = 18


@dataclass(frozen=True, slots=True)
class Sort:
    """How one sort of exception is shown: its heading, shape and page, what is done there, and who may open it. `of`
    leads from a row: `{number}`, `{item}`, `{person}` and `{store}` stand for its own; "" where the list will do."""

    title: str
    shape: str
    href: str
    act: str
    seers: tuple[str, ...]
    of: str = ""


SORTS = {
    "UNACCOUNTED": Sort("Unaccounted for", "warning", "/losses", "Search, declare or close", losses.SEERS,
                        "/losses/{number}"),
    "INELIGIBLE": Sort("Holds kit and may no longer", "refused", "/lapses", "Say what becomes of it", lapses.SEERS),
    "OVERDUE": Sort("Overdue", "clock", "/losses", "Tell them, or miss it", losses.SEERS, "/people/{person}"),
    "FEED": Sort("Training feed", "warning", "/records", "Ask the training unit to send", SEES_FEEDS),
    "RECALL": Sort("Recalls", "warning", "/recalls", "Account for it", recalls.SEERS, "/recalls/{number}"),
    "TRANSFER": Sort("Transfers on their way", "moved", "/transfers", "Receive it", transfers.SEERS,
                     "/transfers/{number}"),
    "DELIVERY": Sort("Deliveries waiting", "parked", "/receiving", "Sign for it", SEES_DELIVERIES,
                     "/receiving/deliveries/{number}"),
    "DOCKS": Sort("Docks to look at", "battery", "/stores", "Look at the dock", SEERS, "/stores/{store}#docks"),
    "EXPIRING": Sort("Printed dates", "clock", "/expiring", "Take it out, or lend it", coming_due.SEERS,
                     "/expiring?store={store}"),
    "LAPSING": Sort("CED training that runs out within 30 days", "person", "/training-due", "Book a refresher",
                    SEES_TRAINING),
    "ALARMS": Sort("Open alarms", "warning", "/alarms", "Settle it", alarms.SEERS, "/alarms?store={store}"),
    "POLICY": Sort("Policy", "clock", "/policy", "Review it, or decide", SEES_POLICY),
    "REVIEW": Sort("Strategic assessment", "clock", "/targets", "Write the next one down", (*SEERS, *WRITERS)),
}  # fmt: skip
"""In the order of the page."""


@dataclass(frozen=True, slots=True)
class NeedShown:
    """One row: in words, when, where, about whom, and where it leads."""

    need: Need
    href: str


@dataclass(frozen=True, slots=True)
class NeedsShown:
    """One sort with its first rows; `count` of all things, `bad` of rows that are past bearing, `rest` of those not
    shown."""

    what: str
    sort: Sort
    rows: tuple[NeedShown, ...]
    count: int
    bad: int
    rest: int
    href: str

    @property
    def tone(self) -> str:
        """bad where any of it is."""
        return "bad" if self.bad else WARN


@dataclass(frozen=True, slots=True)
class StoreRow:
    """One store of the tables: its readiness at both moments, and what there is of each kind against its targets."""

    store: StoreSaid
    now: StoreReady | None
    next: StoreReady | None
    kinds: Mapping[str, Against]


def needs_shown(found: Iterable[Needs], mine: SignedIn) -> list[NeedsShown]:
    """The sorts in the page's order, each with the rows shown and where they lead this person."""
    by_what = {each.what: each for each in found if each.rows}
    shown = []
    for what, sort in SORTS.items():
        each = by_what.get(what)
        if each is None:
            continue
        may = has_any(mine, sort.seers)
        rows = tuple(NeedShown(row, _leads(sort, row, may=may)) for row in each.rows[:ROWS_SHOWN])
        bad = sum(row.tone != WARN for row in each.rows)
        count, rest = sum(row.pieces for row in each.rows), len(each.rows) - len(rows)
        shown.append(NeedsShown(what, sort, rows, count, bad, rest, sort.href if may else ""))
    return shown


def _leads(sort: Sort, row: Need, *, may: bool) -> str:
    if not may:
        return ""
    if not sort.of or (row.store_id is None and "{store}" in sort.of):
        return sort.href
    return sort.of.format(number=row.number, item=row.item_id, person=row.person_id, store=row.store_id)


def docks_needs(found: Iterable[DocksShown]) -> Needs:
    """Docks that speak ill or not at all, a row a store and word."""
    rows = [
        Need(f"{each.bays} bays: {each.says.lower()} ({each.where})", store_id=each.store_id, tone=each.tone,
             pieces=each.bays)
        for each in found
    ]  # fmt: skip
    return Needs("DOCKS", tuple(sorted(rows, key=lambda each: each.tone)))


def lapsing_needs(look: ForceLook, stores: set[int] | None) -> Needs:
    """Carriers whose training runs out, by store, the most first."""
    found = sorted(look.lapsing.items(), key=lambda row: -row[1])
    rows = [
        Need(f"{count} carriers", store_id=store_id, tone=WARN, pieces=count)
        for store_id, count in found
        if is_of(stores, store_id)
    ]
    return Needs("LAPSING", tuple(rows))


def alarm_needs(rows: Iterable[Mapping[str, Any]], stores: set[int] | None) -> Needs:
    """Open alarms by store and kind, but those whose sort has a list of its own here."""
    counted: Counter[tuple[int | None, str]] = Counter()
    first: dict[tuple[int | None, str], int] = {}
    for row in rows:
        if row["kind"] in LISTED_BESIDE or (row["store_id"] is not None and not is_of(stores, row["store_id"])):
            continue
        key = (row["store_id"], row["kind"])
        counted[key] += 1
        first[key] = min(first.get(key, row["raised_us"]), row["raised_us"])
    return Needs(
        "ALARMS",
        tuple(
            Need(f"{said_word(kind)}: {count}", first[store_id, kind], store_id, tone=WARN, pieces=count)
            for (store_id, kind), count in counted.most_common()
        ),
    )


LISTED_BESIDE = frozenset(
    {"UNACCOUNTED", "OVERDUE_OFFICER", "OVERDUE_SERGEANT", "OVERDUE_INSPECTOR", "OVERDUE_LOSS", "HOLDER_INELIGIBLE"}
)


@dataclass(frozen=True, slots=True)
class Live:
    """What is read anew for each look."""

    needs: list[Needs]
    hours: list[Hour]
    people: dict[int, str]


def _read(conn: sa.Connection, ctx: Ctx, look: ForceLook, stores: set[int] | None) -> Live:
    own = [each for each in look.stores if is_of(stores, each.id)]
    found = exceptions(conn, ctx.service.policies.now, ctx.now_us, stores)
    found += [alarm_needs(looks.open_alarms(conn), stores), lapsing_needs(look, stores)]
    people = sorted({row.person_id for each in found for row in each.rows[:ROWS_SHOWN] if row.person_id})
    return Live(found, day_profile(conn, own, look.targets, ctx.now_us), people_said(conn, people) if people else {})


async def _docks(ctx: Ctx, look: ForceLook) -> list[DocksShown]:
    service, now_us = ctx.service, ctx.now_us

    async def take() -> list[DocksShown]:
        return await service.read(lambda conn: [one for each in look.stores for one in docks_of(conn, each.id, now_us)])

    return await service.glance.at("docks", now_us, take, DOCKS_GOOD_US, DOCKS_STALE_US)


async def _weeks(ctx: Ctx) -> list[Week]:
    service, now_us = ctx.service, ctx.now_us

    async def take() -> list[Week]:
        return await service.read(lambda conn: weeks_before(conn, now_us))

    return await service.glance.at("weeks", now_us, take, WEEKS_GOOD_US, WEEKS_STALE_US)


async def _lent(ctx: Ctx, stores: set[int] | None) -> list[Suggestion] | None:
    """What could be lent from or to these stores; None where that was not solved: the page stands all the same."""
    try:
        _, found = await lending(ctx)
    except Problem:
        return None
    return [each for each in found if is_of(stores, each.from_id, each.to_id)]


def store_rows(look: ForceLook, stores: set[int] | None) -> list[StoreRow]:
    """A row a store, by name."""
    now, then = {each.store_id: each for each in look.now}, {each.store_id: each for each in look.next}
    kinds: dict[int, dict[str, Against]] = {}
    for each in look.against:
        kinds.setdefault(each.store_id, {})[each.kind] = each
    return [
        StoreRow(each, now.get(each.id), then.get(each.id), kinds.get(each.id, {}))
        for each in look.stores
        if is_of(stores, each.id)
    ]


def sums(rows: Sequence[StoreReady | None]) -> dict[str, int]:
    """What the stores have together at one moment."""
    there = [each for each in rows if each is not None]
    names = ("stos", "current", "pass_rules", "deployable", "out", "sets", "pairs")
    return {name: sum(getattr(each, name) for each in there) for name in names}


def sends(mine: SignedIn, found: Iterable[Suggestion]) -> set[int]:
    """The stores from which this person may open a transfer of duty stock."""
    may = stores_of(mine, SENDERS["OPERATIONAL"])
    return {each.from_id for each in found if may is None or each.from_id in may}


@get("/console", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def console_page(
    ctx: NamedDependency[Ctx], request: Request[Any, Any, Any], store: Store = ""
) -> Response[str]:
    """The console of the stores this person looks after, or of one of them."""
    chosen = int(store) if store else None
    stores, mine = stores_seen(ctx, chosen), stores_seen(ctx, None)
    look = await force_look(ctx)
    docks, weeks, lent = await _docks(ctx, look), await _weeks(ctx), await _lent(ctx, stores)
    live = await ctx.read(lambda conn: _read(conn, ctx, look, stores))
    ctx.about(*live.people)
    rows = store_rows(look, stores)
    own = [each.store for each in rows]
    found = [*live.needs, docks_needs(each for each in docks if is_of(stores, each.store_id))]
    said = {
        "needs": needs_shown(found, ctx.who), "people": live.people, "rows": rows, "look": look, "lent": lent,
        "sends": sends(ctx.who, lent or ()), "now": sums([each.now for each in rows]),
        "next": sums([each.next for each in rows]), "hours": live.hours, "plot": plot_of(live.hours),
        "weeks": trend(weeks, own, look.targets, ctx.now_us), "names": {each.id: each.name for each in look.stores},
        "choices": [(each.id, each.name) for each in look.stores if is_of(mine, each.id)], "chosen": chosen,
        "targeted": TARGETED, "short_said": SHORT_SAID, "today": local_day(ctx.now_us).isoformat(),
        "topics": " ".join(f"store:{each.id}" for each in own[:TOPICS_MOST]),
        "hour_now": (ctx.now_us - day_start_us(local_day(ctx.now_us))) // 3_600_000_000,
    }  # fmt: skip
    said["trend_top"] = _top(said["weeks"])
    return html(render("console.html", page_of(ctx, request, "Console"), **said))


def _top(weeks: Any) -> float:
    found: Sequence[Trend] = weeks
    return max([each.carried for each in found] + [each.asked for each in found] + [1.0])


@dataclass(frozen=True, slots=True)
class DayPlot:
    """The day as it is drawn, in a field one wide an hour and `top` high: bars, and the target as a line in steps."""

    top: float
    bars: tuple[tuple[int, float], ...]
    line: str


def plot_of(hours: Sequence[Hour]) -> DayPlot:
    """The picture of a day."""
    top = max([1.0, *(each.out for each in hours), *(each.target for each in hours)]) * 1.08
    steps = " ".join(
        f"{n},{top - each.target:.2f} {n + 1},{top - each.target:.2f}" for n, each in enumerate(hours)
    )
    return DayPlot(round(top, 2), tuple((n, round(each.out, 2)) for n, each in enumerate(hours)), steps)


ROUTES = [console_page]
