"""Magazines: what is in one, loading and unloading it in its store, and what is seen of it when it comes back.

One rule for the editor: nothing is decided here. What bars a loading is told whole, with what puts it right (409
`not-loaded`), and a magazine that is with a person is reached by the hatch alone.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import ITEMS_MAX, ItemNamed, items_named
from api.context import Ctx
from api.guards import holding, signed_in
from api.hatch import OPT, HatchSaid, at_visit
from api.holds import store_of_item
from api.params import PathId
from api.problems import Problem, errors, not_found
from api.processing import ALTERS, CONSULTS
from inventory.custody.hatch_returns import Looked, say_of_cartridge
from inventory.custody.loading import Loading, Magazine, NotDone, load, magazine_now, unload
from inventory.gate.kind_policy import Policy
from inventory.schema.tx import Tx

LOADERS = ("ISSUER", "TECHNICIAN", "STORE_MANAGER")
"""Who may load and unload, at the store that has the magazine."""


class Cartridges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Cartridges to be put in a magazine, or taken out of it, in this order: all of them or none."""

    cartridges: Annotated[list[ItemNamed], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]


class InPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One cartridge in a magazine; `place` counts from 1, null where nobody wrote it down."""

    item_id: int
    serial: str
    place: int | None


class MagazineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A magazine and what is in it. `told` says all that keeps it from going out now; empty: it is ready.

    `capacity` is null where the force has not set how many its model holds.
    """

    item_id: int
    serial: str
    model: str
    capacity: int | None
    cartridges: list[InPlace]
    told: list[str]


def row_of(now: Magazine) -> MagazineRow:
    """A magazine as clients have it."""
    inside = [InPlace(item_id=fit.child_id, serial=fit.child_serial, place=fit.slot) for fit in now.cartridges]
    return MagazineRow(
        item_id=now.item_id, serial=now.serial, model=now.model, capacity=now.capacity, cartridges=inside,
        told=list(now.told),
    )  # fmt: skip


class CartridgeSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is seen of a cartridge that came back in its magazine: it was used, or it is not there."""

    word: Literal["USED", "MISSING"]


Act = Callable[[Tx, Loading, Policy], Magazine]


async def _do(ctx: Ctx, magazine_id: int, data: Cartridges, act: Act) -> MagazineRow:
    ids = await items_named(ctx, data.cartridges, "cartridges")
    loading = Loading(magazine_id, ids, ctx.person_id)

    def run(tx: Tx) -> MagazineRow:
        _check_store(ctx, tx.conn, magazine_id)
        try:
            return row_of(act(tx, loading, ctx.service.policies.now))
        except NotDone as told:
            refusals = [
                {"item_id": each.item_id, "sentence": each.sentence, "remedy": each.remedy} for each in told.reasons
            ]
            raise Problem(409, "not-loaded", str(told), refusals=refusals) from None

    return await ctx.write(run, (f"i{magazine_id}", *(f"i{each}" for each in ids)))


def _check_store(ctx: Ctx, conn: sa.Connection, item_id: int) -> None:
    at = store_of_item(conn, item_id)
    if at is None:
        raise not_found("item with this id")
    ctx.need_any(LOADERS, at[0])
    ctx.about(at[1])


@get("/magazines/{item_id:int}", operation_id="get_magazine", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 404), tags=["items"])  # fmt: skip
async def get_magazine(item_id: PathId, ctx: NamedDependency[Ctx]) -> MagazineRow:
    """One magazine, what is in it, and what keeps it from going out."""
    policy, now_us = ctx.service.policies.now, ctx.now_us
    found = await ctx.read(lambda conn: magazine_now(conn, item_id, policy, now_us))
    if found is None:
        raise not_found("magazine with this id")
    return row_of(found)


@post("/magazines/{item_id:int}/load", operation_id="load_magazine", guards=[holding(*LOADERS)], opt=ALTERS,
      status_code=200, responses=errors(401, 403, 404, 409, 422), tags=["items"])  # fmt: skip
async def load_magazine(item_id: PathId, data: JSONBody[Cartridges], ctx: NamedDependency[Ctx]) -> MagazineRow:
    """Put cartridges of this store in a magazine of it. One that is in it already stays where it is."""
    return await _do(ctx, item_id, data, lambda tx, loading, policy: load(tx, [loading], policy)[0])


@post("/magazines/{item_id:int}/unload", operation_id="unload_magazine", guards=[holding(*LOADERS)], opt=ALTERS,
      status_code=200, responses=errors(401, 403, 404, 409, 422), tags=["items"])  # fmt: skip
async def unload_magazine(item_id: PathId, data: JSONBody[Cartridges], ctx: NamedDependency[Ctx]) -> MagazineRow:
    """Take cartridges out of a magazine, in the store that has it."""
    return await _do(ctx, item_id, data, unload)


@post("/visits/{visit_id:int}/lines/{line_id:int}/cartridge", operation_id="say_of_cartridge", **OPT)
async def seen_cartridge(
    visit_id: PathId, line_id: PathId, data: JSONBody[CartridgeSeen], ctx: NamedDependency[Ctx]
) -> HatchSaid:
    """What is seen of a cartridge that came back in its magazine, in the visit in which it did."""
    looked = Looked(line_id, data.word, ctx.person_id)
    return await at_visit(ctx, visit_id, lambda tx, policy: say_of_cartridge(tx, visit_id, looked, policy))


ROUTES = [get_magazine, load_magazine, unload_magazine, seen_cartridge]
