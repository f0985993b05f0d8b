"""Counts of a store: opened, counted by several at once, closed by one or two, settled by movements.

One rule for the editor: a sighting is a fact and is kept whenever it comes, so its sender may send it again under its
own key; a blind count tells nobody what is expected before it is closed.
"""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

import msgspec
import sqlalchemy as sa
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import Id
from api.context import Ctx
from api.params import PathId
from api.problems import Problem, bad_field, denied, not_found
from api.processing import ALTERS, COLLECTS
from api.readings import presented
from api.sign_in import prove_pin
from api.stocktake_rows import COUNTERS, OPT, CountRow, OneCount, found, one_of, row_of
from devices.codes.identify import identify
from devices.codes.typed import cards_typed
from devices.readings import CodePresented
from inventory.custody import moves
from inventory.custody.stocktake import counting, settling
from inventory.custody.stocktake.reading import Count, NotCounted, count_of, lines_now
from inventory.custody.stocktake.shelf import the_one
from inventory.people.capabilities import may
from inventory.schema import words
from inventory.schema.people import store
from inventory.schema.tx import Tx
from inventory.stock.counting import Scope
from inventory.stock.marks import find, item_now

T = TypeVar("T")
CLOSERS = ("ISSUER", "STORE_MANAGER", "CED_SPOC", "AUDITOR")
SETTLERS = ("STORE_MANAGER", "CED_SPOC")
AT_ONCE = 200
AGE_MAX_MS = 14 * 86_400_000
Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=400)]


class NewCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A count to be opened. A scope left out is not narrowed; `recount_of` counts again what that one missed."""

    store_id: Id
    sort: Literal["HANDOVER", "DAILY", "WEEKLY", "MONTHLY", "ANNUAL", "SPOT"]
    kinds: Annotated[list[str], msgspec.Meta(max_length=6)] = []
    models: Annotated[list[Annotated[str, msgspec.Meta(max_length=60)]], msgspec.Meta(max_length=20)] = []
    pool: Literal["OPERATIONAL", "TRAINING", "EXHIBIT"] | None = None
    place_id: Id | None = None
    blind: bool = False
    two_person: bool = False
    docks: bool = False
    recount_of: Id | None = None


class SightingSent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One sighting. `key` is the sender's own, the same when it is sent again; `age_ms` how long ago it was."""

    key: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{8,100}$")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=400)] | None = None
    item_id: Id | None = None
    symbology: Annotated[str, msgspec.Meta(max_length=3)] | None = None
    way: Literal["SCAN", "TYPED", "TOUCH"] = "SCAN"
    age_ms: Annotated[int, msgspec.Meta(ge=0, le=AGE_MAX_MS)] = 0


class SightingsSent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Sightings in the order they were made, many at once after a lost connection."""

    sightings: Annotated[list[SightingSent], msgspec.Meta(min_length=1, max_length=AT_ONCE)]


class SightingSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a sighting was: FOUND, AGAIN, STRAYED, BESIDE, UNKNOWN, LATE (it had closed); SEEN in a blind count."""

    key: str
    word: str
    item_id: int | None
    says: str


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The close. A count of two people is signed by the second with their own PIN."""

    second_person: Id | None = None
    pin: Annotated[str, msgspec.Meta(max_length=12)] | None = None


class Abandoning(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a count is given up."""

    reason: Reason


class SettlingAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be done about one item: the movement that answers it, why, and who else says so."""

    item_id: Id
    act: Literal["REPORTED_MISSING", "TAKEN_BACK", "TAKEN_OVER"]
    reason: Reason
    second_person: Id | None = None
    pin: Annotated[str, msgspec.Meta(max_length=12)] | None = None


async def _act(ctx: Ctx, count_id: int, who: tuple[str, ...], act: Callable[[Tx], T]) -> T:
    """Run an act on a count of a store where this person may."""

    def run(tx: Tx) -> T:
        ctx.need_any(who, found(tx.conn, count_id).store_id)
        ctx.about(ctx.person_id)
        return _told(lambda: act(tx))

    return await ctx.write(run, (f"count{count_id}",))


def _told(act: Callable[[], T]) -> T:
    try:
        return act()
    except (counting.NotPossible, moves.NotPossible) as told:
        raise Problem(409, "not-possible", str(told)) from None


async def second_of(ctx: Ctx, store_id: int, second: int | None, pin: str | None) -> int | None:
    """The second person, sure by their own PIN and entitled at the store. Raises problems naming what is wrong."""
    if second is None:
        return None
    if second == ctx.person_id:
        raise bad_field("second_person", "somebody else")
    if not pin:
        raise bad_field("pin", "the second person's own PIN")
    now_us = ctx.now_us
    entitled = await ctx.read(
        lambda conn: any(may(conn, second, each, store_id, now_us) for each in COUNTERS)
    )
    ctx.about(second)
    if not entitled:
        raise denied(f"The second person needs one of {', '.join(COUNTERS)} in this store.")
    await prove_pin(ctx, second, pin)
    return second


# ---- opening, counting, closing --------------------------------------------------------------------------


@post("/counts", operation_id="open_count", opt=ALTERS, **OPT)
async def open_count(data: JSONBody[NewCount], ctx: NamedDependency[Ctx]) -> CountRow:
    """Open a count over what the ledger says the store has now."""
    ctx.need_any(COUNTERS, data.store_id)
    if unknown := sorted(set(data.kinds) - set(words.ITEM_KINDS)):
        raise bad_field("kinds", f"only {', '.join(words.ITEM_KINDS)}", unknown[0])
    scope = Scope(tuple(data.kinds), tuple(data.models), data.pool, data.place_id)
    opening = counting.Opening(
        data.store_id,
        data.sort,
        ctx.person_id,
        scope,
        data.blind,
        data.two_person,
        data.docks,
        data.recount_of,
    )

    def run(tx: Tx) -> CountRow:
        if (
            tx.conn.execute(
                sa.select(store.c.id).where(store.c.id == data.store_id, store.c.closed_us.is_(None))
            ).first()
            is None
        ):
            raise not_found("open store with this id")
        ctx.about(ctx.person_id)
        try:
            opened = _told(lambda: counting.open_count(tx, opening))
        except NotCounted:
            raise bad_field("recount_of", "a closed count of this store", data.recount_of) from None
        return row_of(opened, None if opened.hides else lines_now(tx.conn, opened))

    return await ctx.write(run)


@post("/counts/{count_id:int}/sightings", operation_id="sight_in_count", opt=COLLECTS, status_code=200, **OPT)
async def sight(
    count_id: PathId, data: JSONBody[SightingsSent], ctx: NamedDependency[Ctx]
) -> list[SightingSaid]:
    """Take sightings. Sent again under the same key they change nothing; after the close they are kept as late."""
    for number, each in enumerate(data.sightings):
        if (each.text is None) == (each.item_id is None):
            raise bad_field(f"sightings[{number}]", "either text or item_id")

    def act(tx: Tx) -> list[SightingSaid]:
        count = count_of(tx.conn, count_id)
        known = [_sighting(tx, ctx, count, each) for each in data.sightings]
        sightings = [each for each, is_person in known if not is_person]
        said = {each.key: each for each in counting.sight(tx, count_id, sightings)}
        return [_said(said.get(each.key), each) for each, _ in known]

    return await _act(ctx, count_id, COUNTERS, act)


def _sighting(tx: Tx, ctx: Ctx, count: Count, sent: SightingSent) -> tuple[counting.Sighting, bool]:
    """A sighting as it is counted, and whether what was read is a person's: that is never kept."""
    is_person, one, matches, code = False, None, 0, sent.text or ""
    if sent.item_id is not None:
        try:
            one, matches = item_now(tx.conn, sent.item_id), 1
        except LookupError:
            raise not_found("item with this id") from None
        code = one.serial
    else:
        named = find(tx.conn, _lookups(code, sent.symbology))
        one, matches = the_one(named.items, count.store_id), len(named.items)
        is_person = bool(named.people or named.lost)
    made_us = tx.now_us - sent.age_ms * 1000
    item_id = one.item_id if one else None
    return (
        counting.Sighting(
            sent.key, code, sent.way, made_us, item_id, matches, ctx.person_id, place_id=count.place_id
        ),
        is_person,
    )


def _lookups(text: str, symbology: str | None) -> tuple[tuple[str, str], ...]:
    """What a code may name; one that nobody knows the symbology of may have been typed off a card or a tag."""
    shown = presented(identify(CodePresented(text=text, symbology=symbology)), text, None, None)
    typed = [*cards_typed(text), ("EPC", text.upper()), ("TID", text.upper())] if symbology is None else []
    return (*shown.lookups, *typed)


SAYS = {
    "FOUND": "is where it should be", "SEEN": "is counted", "AGAIN": "was counted before",
    "BESIDE": "is this store's, and not what is counted", "STRAYED": "is with somebody else by the ledger",
    "UNKNOWN": "is not one known item; it is kept as it was read", "LATE": "is kept; the count had closed",
    "PERSON": "That is a person's card. It is not kept.",
}  # fmt: skip


def _said(answer: counting.Answered | None, sent: counting.Sighting) -> SightingSaid:
    if answer is None:
        return SightingSaid(key=sent.key, word="PERSON", item_id=None, says=SAYS["PERSON"])
    return SightingSaid(
        key=sent.key, word=answer.word, item_id=answer.item_id, says=f"{sent.code} {SAYS[answer.word]}."
    )


@post("/counts/{count_id:int}/close", operation_id="close_count", opt=ALTERS, status_code=200, **OPT)
async def close(count_id: PathId, data: JSONBody[Closing], ctx: NamedDependency[Ctx]) -> OneCount:
    """Close a count: what it came to is fixed, hashed, and named in the store's chain of the ledger."""
    at = await ctx.read(lambda conn: found(conn, count_id).store_id)
    ctx.need_any(CLOSERS, at)
    second = await second_of(ctx, at, data.second_person, data.pin)

    def act(tx: Tx) -> OneCount:
        counting.close_count(tx, count_id, ctx.person_id, second)
        return one_of(tx.conn, count_id)

    return await _act(ctx, count_id, CLOSERS, act)


@post("/counts/{count_id:int}/abandon", operation_id="abandon_count", opt=ALTERS, status_code=200, **OPT)
async def abandon(count_id: PathId, data: JSONBody[Abandoning], ctx: NamedDependency[Ctx]) -> CountRow:
    """Give a count up, and say why. What was seen in it stays; it answers for nothing."""

    def act(tx: Tx) -> CountRow:
        return row_of(counting.abandon_count(tx, count_id, ctx.person_id, data.reason), None)

    return await _act(ctx, count_id, CLOSERS, act)


@post("/counts/{count_id:int}/settle", operation_id="settle_count", opt=ALTERS, status_code=200, **OPT)
async def settle(count_id: PathId, data: JSONBody[SettlingAsk], ctx: NamedDependency[Ctx]) -> OneCount:
    """Settle one variance by the movement that answers it, which names this count."""
    at = await ctx.read(lambda conn: found(conn, count_id).store_id)
    ctx.need_any(SETTLERS, at)
    second = await second_of(ctx, at, data.second_person, data.pin)
    asked = settling.Settling(count_id, data.item_id, data.act, ctx.person_id, data.reason, second)

    def act(tx: Tx) -> OneCount:
        settling.settle(tx, asked)
        return one_of(tx.conn, count_id)

    return await _act(ctx, count_id, SETTLERS, act)


ROUTES = [open_count, sight, close, abandon, settle]
