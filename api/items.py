"""Items: the list, one item, its life, and who had it at a moment.

One rule for the editor: where an item is comes from custody, never from a stored word. A person named as its
holder is personal data, so their ids go into the log line.
"""

from dataclasses import asdict
from hashlib import blake2b
from typing import Annotated, Any, NamedTuple

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, QueryParameter

from api.context import Ctx
from api.guards import signed_in
from api.item_states import StateAsked, check_state, in_state, with_states
from api.named import PersonNamed, StoreNamed
from api.paging import Cursor, Limit, Page, cursor_of, key_of, page_of
from api.params import ID_MAX, PathId
from api.problems import errors, not_found
from api.processing import CONSULTS
from inventory.custody.hatch_names import people_named
from inventory.custody.life import item_alarms, item_life, open_holds, who_had
from inventory.gate.kind_policy import Policy
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.prefix import beginning, begins, by_bytes
from inventory.schema.steps import Steps, once, read
from inventory.schema.stock import item
from inventory.stock.kinds import title
from inventory.stock.sightings import last_seen

IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", max_length=200)]


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """One item and who holds it now. `holder` is a word (STORE, PERSON …), null for kit not yet received.

    `state` is the field's word for how it stands (docs/passages.md); null in answers that do not tell it.
    """

    item_id: int
    kind: str
    kind_label: str
    maker: str
    serial: str
    model: str
    home_store_id: int
    pool: str
    purpose: str | None
    variant: str | None
    expires_on: str | None
    holder: str | None
    holder_id: int | None
    since_us: int | None
    planned_return_us: int | None
    return_mode: str | None
    state: str | None = None


class OpenHold(msgspec.Struct, frozen=True, kw_only=True):
    """Why the item may not leave the store."""

    id: int
    reason: str
    detail: str
    placed_us: int
    authority: str | None


class ItemAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm about the item; settled ones have `settled_us`."""

    id: int
    kind: str
    detail: str
    raised_us: int
    settled_us: int | None
    person_id: int | None


class ItemSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tag reader last saw the item's tag. It says where the tag was, never who has the item.

    `antenna` is where it was read best, `antennas` every one that read it, in order ("2,1"), `rssi_dbm` its
    strongest read.
    """

    tag: str
    store_id: int
    store: str
    place: str | None
    device: str
    antenna: int | None
    antennas: str | None
    rssi_dbm: float | None
    reads: int
    seen_us: int


class OneItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item with its holds and alarms, and its holder by name where that is a person. `seen` is null where no
    reader has seen its tag."""

    item: ItemRow
    holder_name: str | None
    holds: list[OpenHold]
    alarms: list[ItemAlarm]
    seen: ItemSeen | None


class LifeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the ledger about the item. `people` names who gave, took, acted (`by_person`) and vouched;
    `corrects` is the entry that it puts right."""

    id: int
    seq: int
    kind: str
    at_us: int
    giver: str | None
    giver_id: int | None
    taker: str | None
    taker_id: int | None
    people: dict[str, PersonNamed]
    decision_id: int | None
    hold_id: int | None
    corrects: int | None
    visit_id: int | None
    reading_key: str | None
    reason: str | None
    hash: str


class HadReally(msgspec.Struct, frozen=True, kw_only=True):
    """Who really had an item, as `entry_id` told later: since `from_us`, until the ledger said so at `upto_us`."""

    holder: str
    holder_id: int
    from_us: int
    upto_us: int
    entry_id: int
    person: PersonNamed | None = None
    store: StoreNamed | None = None


class Had(msgspec.Struct, frozen=True, kw_only=True):
    """Who had an item at a moment, as the ledger knew it then, and on what basis. `closed_us` is null where they still
    have it. `known_now` is who really had it, where a correction or a page of paper told that later; else null."""

    item_id: int
    at_us: int
    holder: str
    holder_id: int
    opened_us: int
    closed_us: int | None
    decision_id: int | None
    basis: str
    person: PersonNamed | None = None
    store: StoreNamed | None = None
    known_now: HadReally | None = None


_COLUMNS = (
    item.c.id, item.c.kind, item.c.maker, item.c.serial, item.c.model, item.c.home_store_id, item.c.pool,
    item.c.purpose, item.c.variant, item.c.expires_on, custody.c.holder, custody.c.holder_id, custody.c.opened_us,
    custody.c.planned_return_us, custody.c.return_mode,
)  # fmt: skip
_NOW = sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))
_ITEM = sa.select(*_COLUMNS).select_from(item.outerjoin(custody, _NOW))
_ONE = Fast(_ITEM.where(item.c.id == sa.bindparam("item_id")))
_SOME = Fast(_ITEM.where(among(item.c.id, "ids")).order_by(item.c.id))

_FILTERS: dict[str, sa.ColumnElement[bool]] = {
    "kind": item.c.kind == sa.bindparam("kind"),
    "model": item.c.model == sa.bindparam("model"),
    "q": begins(item.c.serial, "q"),
    "store_id": sa.and_(custody.c.holder == "STORE", custody.c.holder_id == sa.bindparam("store_id")),
}
_compiled: dict[tuple[str, ...], Fast] = {}


class After(NamedTuple):
    """The last item of the page before; `serial` counts where the list is of a beginning of serials."""

    item_id: int = 0
    serial: str = ""


def _listing(used: tuple[str, ...]) -> Fast:
    """The list's statement for one set of filters, built once: in the order of the index that finds its rows."""
    if used not in _compiled:
        held = "store_id" in used
        source = item.join(custody, _NOW) if held else item.outerjoin(custody, _NOW)
        query = sa.select(*_COLUMNS).select_from(source).where(*(_FILTERS[name] for name in used))
        by_id = custody.c.item_id if held and "q" not in used else item.c.id
        order: list[sa.ColumnElement[Any]] = [by_id]
        after: sa.ColumnElement[bool] = by_id > sa.bindparam("after")
        if "q" in used:
            serial = by_bytes(item.c.serial)
            order, after = [serial, by_id], sa.or_(serial > sa.bindparam("q_from"), after)
        _compiled[used] = Fast(query.where(after).order_by(*order).limit(sa.bindparam("most")))
    return _compiled[used]


def item_row(row: tuple[Any, ...]) -> ItemRow:
    """A row of `_COLUMNS` as screens and clients have it."""
    return ItemRow(
        item_id=row[0], kind=row[1], kind_label=title(row[1]), maker=row[2], serial=row[3], model=row[4],
        home_store_id=row[5], pool=row[6], purpose=row[7], variant=row[8], expires_on=row[9], holder=row[10],
        holder_id=row[11], since_us=row[12], planned_return_us=row[13], return_mode=row[14],
    )  # fmt: skip


def list_of(conn: sa.Connection, filters: dict[str, Any], after: After, most: int) -> list[ItemRow]:
    """Items that match every filter, by id; by serial where `q` is its beginning. Filters as in `_FILTERS`."""
    return read(conn, list_steps(filters, after, most))


def list_steps(filters: dict[str, Any], after: After, most: int) -> Steps[list[ItemRow]]:
    """The reader behind `list_of`, of one step."""
    params = {**filters, "after": after.item_id, "most": most}
    if "q" in filters:
        # A page goes on from the serial the last one ended with, which lies within the range asked for.
        params |= beginning("q", filters["q"]) | ({"q_from": after.serial} if after.serial else {})
    rows = yield from once(_listing(tuple(sorted(filters))), params)
    return [item_row(row) for row in rows]


def rows_steps(item_ids: list[int]) -> Steps[list[ItemRow]]:
    """The reader of these items and who holds them, by id; what is not known is left out."""
    rows = (yield from once(_SOME, {"ids": item_ids})) if item_ids else []
    return [item_row(row) for row in rows]


def one_of(conn: sa.Connection, item_id: int) -> OneItem | None:
    """One item with what stands against its leaving; None where it is not known."""
    rows = _ONE.rows(conn, {"item_id": item_id})
    if not rows:
        return None
    row = item_row(rows[0])
    name = None
    if row.holder == "PERSON" and row.holder_id is not None:
        name = str(people_named(conn, [row.holder_id])[row.holder_id]["name"])
    holds = [msgspec.convert(each, OpenHold) for each in open_holds(conn, item_id)]
    alarms = [msgspec.convert(each, ItemAlarm) for each in item_alarms(conn, item_id)]
    seen = last_seen(conn, item_id)
    seen_there = None if seen is None else ItemSeen(**asdict(seen))
    return OneItem(item=row, holder_name=name, holds=holds, alarms=alarms, seen=seen_there)


def with_etag(answer: Any, if_none_match: str | None) -> Response[Any]:
    """The answer with its ETag, or 304 where the client has it already."""
    body = msgspec.json.encode(answer)
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and etag in (each.strip().removeprefix("W/") for each in if_none_match.split(",")):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


class Known(NamedTuple):
    """What states are told by, beside the tables."""

    policy: Policy
    now_us: int


class ItemsAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Which items, and how many."""

    filters: dict[str, Any]
    limit: int
    after: After


def items_ask(
    ctx: NamedDependency[Ctx],
    kind: Annotated[str | None, QueryParameter(max_length=40, description="CED_HANDLE, CED_CARTRIDGE …")] = None,
    model: Annotated[str | None, QueryParameter(max_length=40, description="T7, X2 …")] = None,
    store_id: Annotated[int | None, QueryParameter(ge=1, le=ID_MAX, description="Held by this store now")] = None,
    q: Annotated[str | None, QueryParameter(max_length=120, description="Beginning of the serial")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ItemsAsk:
    """The list's parameters. Asks for `ctx` so that the two are not one batch of dependencies (`api.context`)."""
    return ItemsAsk(
        filters=_filters(ctx, {"kind": kind, "model": model, "store_id": store_id}, q),
        limit=limit,
        after=_after(cursor, q),
    )


def _after(cursor: str | None, q: str | None) -> After:
    if cursor is None:
        return After()
    return After(*key_of(cursor, int, str)) if q is not None and q.strip() else After(*key_of(cursor, int))


def _filters(ctx: Ctx, given: dict[str, Any], q: str | None) -> dict[str, Any]:
    filters = {name: value for name, value in given.items() if value is not None}
    if q is not None and (begun := q.strip().upper()):
        filters["q"] = begun
    ctx.query = msgspec.json.encode(filters).decode()
    return filters


@get("/items", operation_id="list_items", guards=[signed_in], opt=CONSULTS, dependencies={"asked": Provide(
    items_ask, sync_to_thread=False)}, responses=errors(401), tags=["items"])  # fmt: skip
async def list_items(
    ctx: NamedDependency[Ctx],
    asked: NamedDependency[ItemsAsk],
    stands: StateAsked = None,
    if_none_match: IfNoneMatch = None,
) -> Response[Page[ItemRow]]:
    """Items by id, a page at a time; by serial where `q` asks for its beginning.

    Where a `state` is asked for, a page may hold fewer than the limit although there are more: go on while it has a
    `next`."""
    check_state(stands)
    clock = Known(ctx.service.policies.now, ctx.now_us)
    answer = await ctx.read(lambda conn: _page(conn, asked, stands, clock))
    ctx.about(*(row.holder_id for row in answer.rows if row.holder == "PERSON"))
    return with_etag(answer, if_none_match)


def _page(conn: sa.Connection, asked: ItemsAsk, state: str | None, known: Known) -> Page[ItemRow]:
    def states(rows: list[ItemRow]) -> list[ItemRow]:
        return with_states(conn, rows, known.policy, known.now_us)

    def more(last: ItemRow | None) -> list[ItemRow]:
        after = asked.after if last is None else After(last.item_id, last.serial)
        return list_of(conn, asked.filters, after, asked.limit + 1)

    def key(row: ItemRow) -> tuple[int | str, ...]:
        return (row.item_id, row.serial) if "q" in asked.filters else (row.item_id,)

    if state is None:
        rows = more(None)
        return page_of(states(rows), asked.limit, [key(row) for row in rows])
    found, last = in_state(more, state, asked.limit, states)
    return Page(rows=found, next=cursor_of(key(last)) if last else None)


@get("/items/{item_id:int}", operation_id="get_item", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 404), tags=["items"])  # fmt: skip
async def get_item(
    item_id: PathId, ctx: NamedDependency[Ctx], if_none_match: IfNoneMatch = None
) -> Response[OneItem]:
    """One item, who holds it, and what stands against its leaving."""
    found = await ctx.read(lambda conn: one_of(conn, item_id))
    if found is None:
        raise not_found("item with this id")
    ctx.about(found.item.holder_id if found.item.holder == "PERSON" else None, *(a.person_id for a in found.alarms))
    return with_etag(found, if_none_match)


@get("/items/{item_id:int}/life", operation_id="get_item_life", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 404), tags=["items"])  # fmt: skip
async def get_item_life(item_id: PathId, ctx: NamedDependency[Ctx]) -> list[LifeEntry]:
    """Every entry of the ledger about the item, oldest first."""
    entries = await ctx.read(lambda conn: item_life(conn, item_id) if _ONE.rows(conn, {"item_id": item_id}) else None)
    if entries is None:
        raise not_found("item with this id")
    for each in entries:
        ctx.about(*(named["id"] for named in each["people"].values()))
    return [msgspec.convert(each, LifeEntry) for each in entries]


@get("/items/{item_id:int}/had", operation_id="who_had_item", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 404), tags=["items"])  # fmt: skip
async def who_had_item(
    item_id: PathId, ctx: NamedDependency[Ctx], at_us: Annotated[int, QueryParameter(ge=0, le=2**53)]
) -> Had:
    """Who had the item at the moment `at_us`: as known then, and as known now where that was put right."""
    found = await ctx.read(lambda conn: who_had(conn, item_id, at_us))
    if found is None:
        raise not_found("custody of this item at that moment")
    if found["holder"] == "PERSON":
        ctx.about(found["holder_id"])
    if "known_now" in found and found["known_now"]["holder"] == "PERSON":
        ctx.about(found["known_now"]["holder_id"])
    return msgspec.convert({**found, "item_id": item_id, "at_us": at_us}, Had)


ROUTES = [list_items, get_item, get_item_life, who_had_item]
