"""Handing kit back. Never refused: what is not as it should be is written down after the kit is back.

One rule for the editor: nothing here asks the gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import ITEMS_MAX, Id, ItemNamed, items_named
from api.context import Ctx
from api.guards import holding
from api.once import Given, IdempotencyKey, Key, given_before, key_for, remember, response
from api.problems import MEDIA_TYPE, errors
from api.processing import COLLECTS
from inventory.custody.returns import Along, Back, Returned, return_kit
from inventory.schema.tx import LogLine, Tx

Condition = Literal["GOOD", "DAMAGED", "WET", "USED", "FAULTY"]


class CartridgeSaid(ItemNamed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is said of one cartridge loaded in a magazine that is handed in; MISSING: it is not there."""

    condition: Literal["GOOD", "DAMAGED", "WET", "USED", "FAULTY", "MISSING"]


class ItemBack(ItemNamed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One item handed in, and its condition. A magazine brings back what is loaded in it.

    `cartridges` are those loaded in it of which something else is to be said than of the rest.
    """

    condition: Condition = "GOOD"
    cartridges: Annotated[tuple[CartridgeSaid, ...], msgspec.Meta(max_length=ITEMS_MAX)] = ()


class ReturnAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Items handed in at a store."""

    store_id: Id
    items: Annotated[list[ItemBack], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]


class AlongRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one thing loaded in an item handed in: RETURNED with it, or MISSING (an alarm was raised)."""

    item_id: int
    kind: str
    serial: str
    word: str
    entry_id: int | None
    hold: str | None


class ReturnedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item: RETURNED, ALREADY_HERE, or STRAYED (another holder's; an alarm was raised).

    `along` is what was loaded in it; `out_of` names what it was recorded in and came back without.
    """

    item_id: int
    word: str
    from_person: int | None
    held_since_us: int | None
    entry_id: int | None
    hold: str | None
    along: list[AlongRow]
    out_of: str | None


class ReturnAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One row an item, in the order they were named."""

    items: list[ReturnedRow]


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One return on its way to the writer."""

    backs: tuple[Back, ...]
    ctx: Ctx
    key: Key | None


class Returns:
    """Many returns in one commit. A kind of command, see `api.batches.Kind`."""

    def run(self, tx: Tx, payloads: Sequence[HandedIn]) -> Sequence[Given]:
        """Take everything back, in order; what was answered before is answered alike."""
        before = given_before(tx, [each.key for each in payloads])
        fresh = [each for each in payloads if each.key is None or each.key.key not in before]
        done = iter(return_kit(tx, [back for each in fresh for back in each.backs]))
        made: dict[int, Given] = {}
        lines: list[LogLine] = []
        for each in fresh:
            rows = [next(done) for _ in each.backs]
            made[id(each)] = _given(rows)
            each.ctx.about(*(row.from_person for row in rows))
            home = {"type": "returned", "item_ids": _back_ids(rows), "at_us": tx.now_us}
            tx.say(f"store:{each.backs[0].store_id}", home)
        remember(tx, [(each.key, made[id(each)]) for each in fresh])
        lines += [each.ctx.line() for each in payloads]
        tx.record(lines)
        return [made.get(id(each)) or before[each.key.key if each.key else ""] for each in payloads]


RETURNS = Returns()


def _back_ids(rows: Sequence[Returned]) -> list[int]:
    along = [each.item_id for row in rows for each in row.along if each.word == "RETURNED"]
    return [*(row.item_id for row in rows), *along]


def _along(each: Along) -> AlongRow:
    return AlongRow(
        item_id=each.item_id, kind=each.kind, serial=each.serial, word=each.word, entry_id=each.entry_id,
        hold=each.hold,
    )  # fmt: skip


def _given(rows: Sequence[Returned]) -> Given:
    told = [
        ReturnedRow(
            item_id=row.item_id, word=row.word, from_person=row.from_person, held_since_us=row.held_since_us,
            entry_id=row.entry_id, hold=row.hold, along=[_along(each) for each in row.along], out_of=row.out_of,
        )
        for row in rows
    ]  # fmt: skip
    return Given(200, msgspec.json.encode(ReturnAnswer(items=told)))


@post("/returns", operation_id="return_kit", guards=[holding("ISSUER")], opt=COLLECTS, status_code=200,
      responses=errors(401, 403, 404, 422), tags=["issue"])  # fmt: skip
async def hand_in(
    data: JSONBody[ReturnAsk], ctx: NamedDependency[Ctx], idempotency_key: IdempotencyKey = None
) -> Response[ReturnAnswer]:
    """Take kit back at a store."""
    ctx.need("ISSUER", data.store_id)
    ids = await items_named(ctx, data.items)
    said = [await _said(ctx, n, each) for n, each in enumerate(data.items)]
    backs = tuple(
        Back(item_id, data.store_id, ctx.person_id, each.condition, cartridges=cartridges)
        for item_id, each, cartridges in zip(ids, data.items, said, strict=True)
    )
    key = key_for(f"p{ctx.person_id}", ctx.route, idempotency_key, msgspec.json.encode(data))
    keys = {*(f"i{each}" for each in ids), *([f"k{key.key}"] if key else [])}
    given: Given = await ctx.bulk(RETURNS, HandedIn(backs, ctx, key), keys)
    for row in msgspec.json.decode(given.body, type=ReturnAnswer).items if given.code == 200 else ():
        ctx.service.counts.returns.labels(row.word).inc()
    return response(given, MEDIA_TYPE)  # type: ignore[return-value]


async def _said(ctx: Ctx, n: int, back: ItemBack) -> tuple[tuple[int, str], ...]:
    ids = await items_named(ctx, back.cartridges, f"items[{n}].cartridges")
    return tuple((item_id, each.condition) for item_id, each in zip(ids, back.cartridges, strict=True))


ROUTES = [hand_in]
