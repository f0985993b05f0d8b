"""Spit guards of a store: lots and who carries pieces of them, what comes back sealed, and what each month took.

One rule for the editor: nothing is decided here. Months are numbers and references alone: no list of them, and no file,
names a person or tells what happened.
"""

from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api import store_reads
from api.asking import Id
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.params import PathId
from api.problems import errors, not_found
from api.processing import COLLECTS, CONSULTS, NOTHING_PERSONAL
from api.uses import DECLARERS, SEERS, told
from inventory.custody.uses.force_counts import ForceCount, note_count
from inventory.custody.uses.guard_reading import MONTHS_MAX, Month, carried, lots_of, months
from inventory.custody.uses.guards import SealedBack, bring_back_sealed
from inventory.schema.tx import Tx
from inventory.schema.words import GUARD_REASONS

COUNTERS = ("STORE_MANAGER", "CED_SPOC", "SUPERVISOR")
"""Who may write down how many reports of force a month had."""


class GuardsBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Pieces of a lot that a person brings back with their packing unopened."""

    store_id: Id
    lot_id: Id
    person_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class GuardsBackRow(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's entry of it."""

    entry_id: int


class ForceCountSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many reports of a month ("2026-11") say that a spit guard was applied; another number replaces the first."""

    store_id: Id
    month: Annotated[str, msgspec.Meta(max_length=7)]
    number: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    source: Annotated[str, msgspec.Meta(max_length=120)]


class ForceCountRow(msgspec.Struct, frozen=True, kw_only=True):
    """The id it is on record by."""

    force_count_id: int


class LotRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lot: pieces on the shelf here, and with people of this store."""

    lot_id: int
    lot_no: str
    product: str
    expires_on: str | None
    here: int
    out: int
    holds: list[str]


class CarriedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces that one person has. `due_us`: the first of them went out for one duty, and are due back then."""

    person_id: int
    lot_id: int
    lot_no: str
    quantity: int
    due_us: int | None


class GuardsHere(msgspec.Struct, frozen=True, kw_only=True):
    """The lots of a store, and who carries pieces."""

    lots: list[LotRow]
    carried: list[CarriedRow]


class MonthLotRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a lot came to in a month: pieces by reason, different references, applications without one."""

    lot: str
    by_reason: dict[str, int]
    references: int
    unreferenced: int


class MonthRow(msgspec.Struct, frozen=True, kw_only=True):
    """A month. `difference`: applied by our books less reported; None until the force gives its number."""

    month: str
    used: int
    references: int
    unreferenced: int
    reported: int | None
    source: str | None
    difference: int | None
    lots: list[MonthLotRow]


@post("/guards/returned", operation_id="bring_back_guards", guards=[holding(*DECLARERS)], opt=COLLECTS, status_code=200,
      responses=errors(401, 403, 404, 422), tags=["uses"])  # fmt: skip
async def guards_back(data: JSONBody[GuardsBack], ctx: NamedDependency[Ctx]) -> GuardsBackRow:
    """Put pieces that came back sealed on the shelf again."""
    ctx.need_any(DECLARERS, data.store_id)
    ctx.about(data.person_id)
    back = SealedBack(data.lot_id, data.quantity, data.person_id, data.store_id, ctx.person_id)
    keys = (f"l{data.lot_id}", f"p{data.person_id}")
    return GuardsBackRow(entry_id=await ctx.write(lambda tx: told(lambda: bring_back_sealed(tx, back)), keys))


@post("/guards/force-counts", operation_id="note_force_count", guards=[holding(*COUNTERS)], opt=COLLECTS,
      status_code=200, responses=errors(401, 403, 404, 422), tags=["uses"])  # fmt: skip
async def force_count(data: JSONBody[ForceCountSaid], ctx: NamedDependency[Ctx]) -> ForceCountRow:
    """Write down how many reports of force of a month say that a spit guard was applied."""
    ctx.need_any(COUNTERS, data.store_id)
    ctx.about(ctx.person_id)
    said = ForceCount(data.store_id, data.month, data.number, data.source, ctx.person_id)

    def act(tx: Tx) -> int:
        return told(lambda: note_count(tx, said))

    return ForceCountRow(force_count_id=await ctx.write(act))


@get("/stores/{store_id:int}/guards", operation_id="get_guards", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["stores"])  # fmt: skip
async def guards_here(store_id: PathId, ctx: NamedDependency[Ctx]) -> GuardsHere:
    """A store's lots of spit guards, and who of its people carries pieces; who owes some back comes first."""
    ctx.need_any(SEERS, store_id)

    def look(conn: sa.Connection) -> GuardsHere:
        store_of(conn, store_id)
        names = LotRow.__struct_fields__[:-1]
        lots = [
            LotRow(**{name: getattr(each, name) for name in names}, holds=list(each.holds))
            for each in lots_of(conn, store_id)
        ]
        had = CarriedRow.__struct_fields__
        rows = [CarriedRow(**{name: getattr(each, name) for name in had}) for each in carried(conn, store_id)]
        return GuardsHere(lots=lots, carried=rows)

    found = await ctx.read(look)
    ctx.about(*(each.person_id for each in found.carried))
    return found


def store_of(conn: sa.Connection, store_id: int) -> dict[str, object]:
    """An open store. Raises the 404 problem."""
    found = next((row for row in store_reads.stores(conn) if row["id"] == store_id), None)
    if found is None:
        raise not_found("open store with this id")
    return found


MonthsAsked = Annotated[int, QueryParameter(ge=1, le=MONTHS_MAX, description="how many months, this one among them")]


async def months_of(ctx: Ctx, store_id: int, number: int) -> list[Month]:
    """A store's months, newest first, for who may see its uses."""
    ctx.need_any(SEERS, store_id)
    now_us = ctx.now_us

    def look(conn: sa.Connection) -> list[Month]:
        store_of(conn, store_id)
        return months(conn, [store_id], now_us, number)

    return await ctx.read(look)


@get("/stores/{store_id:int}/guards/months", operation_id="list_guard_months", guards=[holding(*SEERS)],
     opt=NOTHING_PERSONAL, responses=errors(401, 403, 404, 422), tags=["stores"])  # fmt: skip
async def guard_months(store_id: PathId, ctx: NamedDependency[Ctx], number: MonthsAsked = 12) -> list[MonthRow]:
    """What each month took, by lot and reason, against references and the force's own count of reports."""
    return [_row(each) for each in await months_of(ctx, store_id, number)]


def _row(month: Month) -> MonthRow:
    return MonthRow(
        month=month.month, used=month.used, references=month.references, unreferenced=month.unreferenced,
        reported=month.reported, source=month.source, difference=month.difference,
        lots=[
            MonthLotRow(lot=each.lot, by_reason=dict(each.by_reason), references=len(each.references),
                        unreferenced=each.unreferenced)
            for each in month.lots
        ],
    )  # fmt: skip


HEADS = (
    "month", "lot", *(reason.lower() for reason in GUARD_REASONS), "use-of-force references", "applied without one",
    "reported by the force", "difference", "source of the number",
)  # fmt: skip
WHOLE = "all lots"


@get("/stores/{store_id:int}/guards/months.csv", operation_id="export_guard_months", guards=[holding(*SEERS)],
     opt=NOTHING_PERSONAL, responses=errors(401, 403, 404, 422), tags=["stores"], media_type="text/csv")  # fmt: skip
async def guard_months_csv(
    store_id: PathId, ctx: NamedDependency[Ctx], number: MonthsAsked = 12
) -> Response[bytes]:
    """The same as a file: a line for each lot and month, and one for the month as a whole."""
    lines = [line for each in await months_of(ctx, store_id, number) for line in _lines(each)]
    return as_csv("spit-guards.csv", HEADS, lines)


def _lines(month: Month) -> list[tuple[object, ...]]:
    lots = [
        (month.month, each.lot, *(each.by_reason.get(reason, 0) for reason in GUARD_REASONS), len(each.references),
         each.unreferenced, "", "", "")
        for each in month.lots
    ]  # fmt: skip
    given = "" if month.reported is None else month.reported
    apart = "" if month.difference is None else month.difference
    whole = (
        month.month, WHOLE, *(month.of(reason) for reason in GUARD_REASONS), month.references, month.unreferenced,
        given, apart, month.source or "",
    )  # fmt: skip
    return [*lots, whole]


ROUTES = [guards_back, force_count, guards_here, guard_months, guard_months_csv]
