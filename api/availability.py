"""What is ready, for whom, against what target, and what stores could lend each other: the same that the console shows.

One rule for the editor: one look at the force serves whoever asks within the next moments (`api.glance`), and every
answer says when it was taken. Whoever looks after some stores sees those, of the figures of the whole force nothing.
"""

from dataclasses import asdict
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.csv_out import as_csv, utc_said
from api.guards import holding
from api.later import Later, uncollected
from api.params import QueryId
from api.problems import Problem, denied, errors
from api.processing import COMBINES, NOTHING_PERSONAL
from inventory.oversight.force_look import ForceLook, look_at_force
from inventory.oversight.lending import LENT, Suggestion, suggestions
from inventory.oversight.pairs import StoreReady

SEERS = ("STORE_MANAGER", "CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR", "PLANNER", "AUDITOR", "ADMINISTRATOR")
SOLVE = Later("api.solver:solve")
"""The solver, and numpy with it, loaded by the first who asks what could be lent."""
LENDING_GOOD_US, LENDING_STALE_US = 30_000_000, 300_000_000


class AvailableRow(msgspec.Struct, frozen=True, kw_only=True):
    """One store, kind and model: pieces on its books, in the store, of those ready and held back, out with people,
    elsewhere."""

    store_id: int
    kind: str
    model: str
    on_books: int
    here: int
    ready: int
    held_back: int
    out: int
    elsewhere: int


class AgainstRow(msgspec.Struct, frozen=True, kw_only=True):
    """One store and kind against the targets in force. `need`: the most they ask at any one moment of the day; `asked`:
    on the shift that is on; `short`: how many there would have to be more of."""

    store_id: int
    kind: str
    need: int
    asked: int
    ready: int
    out: int
    short: int


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """What there is, as seen at `at_us`. `assessment`: the reference of the one whose targets these are, if any."""

    at_us: int
    assessment: str | None
    rows: list[AvailableRow]
    against: list[AgainstRow]


class ModelReadyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One model: who may draw it, and what of it is serviceable."""

    model: str
    people: int
    handles: int
    packs: int
    loads: int


class ReadyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One store at one moment (NOW or NEXT, the duty from `from_us` to `until_us`). Of its carriers: all, in date, let
    draw by the rules about people, and for a model that the store has; `rostered` of those, null where nobody said.
    `pairs`: the most that could be out at once, those out among them. `short_of`: HANDLES, PACKS, LOADS, PEOPLE, or
    nothing where it takes several."""

    store_id: int
    moment: str
    shift: str
    from_us: int
    until_us: int
    carriers: int
    current: int
    pass_rules: int
    deployable: int
    rostered: int | None
    out: int
    sets: int
    pairs: int
    short_of: str
    models: list[ModelReadyRow]


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Readiness as seen at `at_us`."""

    at_us: int
    rows: list[ReadyRow]


class SuggestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """So many pieces that one store could lend another: `items` are those to take. `why` is a sentence."""

    kind: str
    model: str
    from_store_id: int
    to_store_id: int
    pieces: int
    items: list[int]
    within_days: int | None
    why: str


class Lending(msgspec.Struct, frozen=True, kw_only=True):
    """What stores could lend each other, as seen at `at_us`."""

    at_us: int
    rows: list[SuggestionRow]


async def force_look(ctx: Ctx) -> ForceLook:
    """The force as somebody saw it some moments ago at most."""
    service, policy, now_us = ctx.service, ctx.service.policies.now, ctx.now_us

    def look(conn: sa.Connection) -> ForceLook:
        with uncollected():  # tens of thousands of facts, none of them garbage until they are counted
            return look_at_force(conn, policy, now_us)

    async def take() -> ForceLook:
        return await service.read(look)

    return await service.glance.at("force", now_us, take)


async def lending(ctx: Ctx) -> tuple[int, list[Suggestion]]:
    """When it was seen, and what could be lent, kind by kind. Raises the 503 problem where it could not be solved."""
    service, now_us = ctx.service, ctx.now_us
    look = await force_look(ctx)

    async def take() -> tuple[int, list[Suggestion]]:
        def solved(_conn: sa.Connection) -> tuple[int, list[Suggestion]]:
            try:
                return look.at_us, suggestions(look.force, SOLVE(), LENT)
            except ValueError as error:
                raise Problem(503, "not-solved", f"What could be lent was not worked out: {error}.") from error

        return await service.read(solved)

    return await service.glance.at("lending", now_us, take, LENDING_GOOD_US, LENDING_STALE_US)


def stores_seen(ctx: Ctx, store_id: int | None) -> set[int] | None:
    """The stores whose figures this person sees (None: every one), or the one asked for. Raises the 403 problem."""
    mine = {each.store_id for each in ctx.who.held if each.capability in SEERS}
    all_ = None in mine
    if store_id is not None:
        if not all_ and store_id not in mine:
            raise denied("You do not look after this store.")
        return {store_id}
    return None if all_ else {each for each in mine if each is not None}


def is_of(stores: set[int] | None, *store_ids: int) -> bool:
    """Whether somebody who sees these stores sees a row about one of those."""
    return stores is None or any(each in stores for each in store_ids)


def ready_row(each: StoreReady) -> ReadyRow:
    """One store's readiness as an answer."""
    return ReadyRow(
        store_id=each.store_id, moment=each.moment, shift=each.asked.shift, from_us=each.asked.at_us,
        until_us=each.asked.until_us, carriers=each.stos, current=each.current, pass_rules=each.pass_rules,
        deployable=each.deployable, rostered=each.rostered, out=each.out, sets=each.sets, pairs=each.pairs,
        short_of=each.short_of, models=[ModelReadyRow(**asdict(one)) for one in each.models],
    )  # fmt: skip


@get("/availability", operation_id="get_availability", guards=[holding(*SEERS)], opt=NOTHING_PERSONAL,
     responses=errors(401, 403), tags=["oversight"])  # fmt: skip
async def get_availability(ctx: NamedDependency[Ctx], store_id: QueryId = None) -> Availability:
    """What there is by store, kind and model, and against the targets in force."""
    stores, look = stores_seen(ctx, store_id), await force_look(ctx)
    return Availability(
        at_us=look.at_us, assessment=look.assessment.reference if look.assessment else None,
        rows=[
            AvailableRow(**asdict(each), held_back=each.held_back)
            for each in look.available if is_of(stores, each.store_id)
        ],
        against=[
            AgainstRow(**asdict(each), short=each.short) for each in look.against if is_of(stores, each.store_id)
        ],
    )  # fmt: skip


@get("/availability.csv", operation_id="export_availability", guards=[holding(*SEERS)], opt=NOTHING_PERSONAL,
     responses=errors(401, 403), tags=["oversight"])  # fmt: skip
async def export_availability(ctx: NamedDependency[Ctx], store_id: QueryId = None) -> Response[bytes]:
    """The same as a table for a spreadsheet."""
    stores, look = stores_seen(ctx, store_id), await force_look(ctx)
    names = {each.id: each.name for each in look.stores}
    need = {(each.store_id, each.kind): each for each in look.against}
    heads = ("store", "kind", "model", "on_books", "in_store", "ready", "held_back", "out", "elsewhere",
             "need_of_kind", "short_of_kind", "seen_at")  # fmt: skip
    lines = []
    for each in look.available:
        if is_of(stores, each.store_id):
            of = need.get((each.store_id, each.kind))
            lines.append(
                (names.get(each.store_id, ""), each.kind, each.model, each.on_books, each.here, each.ready,
                 each.held_back, each.out, each.elsewhere, of.need if of else "", of.short if of else "",
                 utc_said(look.at_us))
            )  # fmt: skip
    return as_csv("availability.csv", heads, lines)


@get("/readiness", operation_id="get_force_readiness", guards=[holding(*SEERS)], opt=COMBINES,
     responses=errors(401, 403), tags=["oversight"])  # fmt: skip
async def get_readiness(ctx: NamedDependency[Ctx], store_id: QueryId = None) -> Readiness:
    """How many people could go out with a CED at once, by store, now and at the next duty. It names nobody."""
    stores, look = stores_seen(ctx, store_id), await force_look(ctx)
    rows = [ready_row(each) for each in (*look.now, *look.next) if is_of(stores, each.store_id)]
    return Readiness(at_us=look.at_us, rows=rows)


@get("/lending", operation_id="list_lending", guards=[holding(*SEERS)], opt=NOTHING_PERSONAL,
     responses=errors(401, 403, 503), tags=["oversight"])  # fmt: skip
async def list_lending(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    kind: Annotated[str, QueryParameter(max_length=20, description="One kind; all, if left out")] = "",
) -> Lending:
    """What stores could lend each other, so that as little as can be is short of its target; and why."""
    stores, (at_us, found) = stores_seen(ctx, store_id), await lending(ctx)
    rows = [
        SuggestionRow(kind=each.kind, model=each.model, from_store_id=each.from_id, to_store_id=each.to_id,
                      pieces=each.pieces, items=list(each.items), within_days=each.within_days, why=each.why)
        for each in found if is_of(stores, each.from_id, each.to_id) and kind in ("", each.kind)
    ]  # fmt: skip
    return Lending(at_us=at_us, rows=rows)


@get("/lending.csv", operation_id="export_lending", guards=[holding(*SEERS)], opt=NOTHING_PERSONAL,
     responses=errors(401, 403, 503), tags=["oversight"])  # fmt: skip
async def export_lending(ctx: NamedDependency[Ctx], store_id: QueryId = None) -> Response[bytes]:
    """The same as a table for a spreadsheet."""
    stores, (_, found) = stores_seen(ctx, store_id), await lending(ctx)
    names = {each.id: each.name for each in (await force_look(ctx)).stores}
    heads = ("from", "to", "kind", "model", "pieces", "expire_within_days", "why")
    lines = [
        (names.get(each.from_id, ""), names.get(each.to_id, ""), each.kind, each.model, each.pieces,
         each.within_days, each.why)
        for each in found if is_of(stores, each.from_id, each.to_id)
    ]  # fmt: skip
    return as_csv("lending.csv", heads, lines)


ROUTES = [get_availability, export_availability, get_readiness, list_lending, export_lending]
