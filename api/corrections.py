"""Putting an entry of the ledger right, by who may; and what was put right, of an item and of a store.

One rule for the editor: nothing is decided here. What cannot be put right is told whole with what is possible instead
(409 `not-corrected`), and kit reaches nobody by a correction but as ASSERTED, with two people and a document.
"""

from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import Id, ItemNamed, items_named
from api.collars import Collar, person_named
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.params import PathId
from api.problems import Problem, errors
from api.processing import ALTERS, CONSULTS
from api.second_person import Second, second_person
from inventory.custody.corrections.correcting import put_right
from inventory.custody.corrections.looked import Correction, NotCorrected
from inventory.custody.corrections.reading import Corrected, entry_of, of_store
from inventory.custody.corrections.terms import MAKERS, SORTS, Sort, sorts_of
from inventory.people.calendar import moment_said
from inventory.schema.tx import Tx

SEERS = (*MAKERS, "AUDITOR", "ADMINISTRATOR")
SHOWN_MAX = 500
EXPORT_MAX = 5000

Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
Line = Annotated[str, msgspec.Meta(max_length=120)]
SortWord = Literal[
    "WRONG_STORE", "WRONG_PERSON", "WRONG_ITEM_OUT", "WRONG_ITEM_BACK", "WRONG_CONDITION", "WRONG_SERIAL"
]


class CorrectionAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was wrong with an entry, and what its sort asks for: the store that really has it, the person who really
    has it, the item that went or came instead (`other`), its condition, its serial read twice. `document` is what
    proves who has it. `collar` may name the person. `second` signs with their own PIN."""

    sort: SortWord
    reason: Reason
    second: Second | None = None
    document: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    store_id: Id | None = None
    person_id: Id | None = None
    collar: Collar | None = None
    other: ItemNamed | None = None
    condition: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    serial: Line | None = None
    serial_again: Line | None = None


class CorrectionMade(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: the correction, and by which entry each item moved. `refused`: the gate's refusal of what it
    put into somebody's hands, which an alarm tells of; null where the gate would have allowed it."""

    correction_id: int
    entries: dict[str, int]
    refused: int | None


class CorrectionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One correction: the entry that was wrong (`wrong_kind`, `wrong_us`), and the entry that makes up for it."""

    id: int
    sort: str
    title: str
    item_id: int
    kind: str
    serial: str
    corrects: int
    wrong_kind: str
    wrong_us: int
    entry_id: int
    store_id: int
    by_person: int
    second_person: int | None
    at_us: int
    reason: str
    document: str | None
    was: str | None
    became: str | None


class PossibleSort(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may be wrong with an entry: what it does, who may, and the second person's ([]: anybody else's)
    capabilities. `asks` are the fields it needs; `may` is of whoever asks."""

    sort: str
    title: str
    does: str
    who: list[str]
    second: list[str]
    asks: list[str]
    may: bool


class EntryCorrections(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, whether it can still be put right (its item has not moved since), and as what."""

    entry_id: int
    item_id: int
    kind: str
    store_id: int
    is_last: bool
    corrected_by: int | None
    sorts: list[PossibleSort]


OPT: dict[str, Any] = {
    "guards": [holding(*SEERS)], "responses": errors(401, 403, 404), "tags": ["corrections"],
}  # fmt: skip


def row_of(each: Corrected) -> CorrectionRow:
    """A correction as clients have it."""
    values = {name: getattr(each, name) for name in CorrectionRow.__struct_fields__ if name != "title"}
    return CorrectionRow(title=SORTS[each.sort].title, **values)


def asks_of(sort: Sort) -> list[str]:
    """The fields that a sort of correction needs, or may have."""
    asks = sort.asks
    named = {"store_id": asks.store, "person_id": asks.person, "other": asks.other, "condition": asks.condition,
             "serial": asks.serial, "serial_again": asks.serial, "document": asks.document != "NEVER"}  # fmt: skip
    return [name for name, is_asked in named.items() if is_asked]


@get("/ledger/{entry_id:int}/corrections", operation_id="get_entry_corrections", opt=CONSULTS, **OPT)
async def entry_corrections(entry_id: PathId, ctx: NamedDependency[Ctx]) -> EntryCorrections:
    """What may be wrong with an entry, and whether that can still be put right."""
    entry = await ctx.read(lambda conn: entry_of(conn, entry_id))
    at = entry.store_id or entry.home_store_id
    ctx.about(*(each for each in (entry.giver_id, entry.taker_id) if "PERSON" in (entry.giver, entry.taker)))
    return EntryCorrections(
        entry_id=entry.id, item_id=entry.item_id, kind=entry.kind, store_id=at, is_last=entry.is_last,
        corrected_by=entry.corrected_by,
        sorts=[
            PossibleSort(
                sort=each.word, title=each.title, does=each.does, who=list(each.who), second=list(each.second or ()),
                asks=asks_of(each), may=any(ctx.may(one, at) for one in each.who),
            )
            for each in sorts_of(entry.kind)
        ],
    )  # fmt: skip


@post("/ledger/{entry_id:int}/corrections", operation_id="correct_entry", guards=[holding(*MAKERS)], opt=ALTERS,
      status_code=200, responses=errors(401, 403, 404, 409, 422, 429), tags=["corrections"])  # fmt: skip
async def correct_entry(
    entry_id: PathId, data: JSONBody[CorrectionAsked], ctx: NamedDependency[Ctx]
) -> CorrectionMade:
    """Put an entry of an item right by a movement of its own that names it."""
    others = await items_named(ctx, [data.other] if data.other is not None else [], "other")
    second = None if data.second is None else await second_person(ctx, data.second)
    person_id = await person_named(ctx, data.person_id, data.collar, "collar")
    entry = await ctx.read(lambda conn: entry_of(conn, entry_id))
    asked = Correction(
        entry_id, data.sort, ctx.person_id, data.reason, second, data.document, data.store_id, person_id,
        others[0] if others else None, data.condition, data.serial, data.serial_again,
    )  # fmt: skip
    policy = ctx.service.policies.now
    ctx.about(person_id, second, *(n for end, n in ((entry.giver, entry.giver_id), (entry.taker, entry.taker_id))
                                        if end == "PERSON"))  # fmt: skip

    def run(tx: Tx) -> CorrectionMade:
        try:
            done = put_right(tx, asked, policy)
        except NotCorrected as told:
            refusals: list[dict[str, Any]] = [{"sentence": each} for each in told.bars]
            refusals += [{"instead": each} for each in told.instead]
            raise Problem(409, "not-corrected", str(told), refusals=refusals) from None
        entries = {str(item_id): number for item_id, number in done.entries.items()}
        return CorrectionMade(correction_id=done.correction_id, entries=entries, refused=done.refused)

    keys = [f"i{each}" for each in (entry.item_id, *others)]
    keys += [f"p{each}" for each in (ctx.person_id, second, person_id) if each]
    return await ctx.write(run, keys)


@get("/stores/{store_id:int}/corrections", operation_id="list_corrections", opt=CONSULTS, **OPT)
async def list_corrections(store_id: PathId, ctx: NamedDependency[Ctx]) -> list[CorrectionRow]:
    """What was put right in a store, the newest first."""
    return [row_of(each) for each in await found_of(ctx, store_id, SHOWN_MAX)]


async def found_of(ctx: Ctx, store_id: int, most: int) -> list[Corrected]:
    """A store's corrections, for who may see them."""
    ctx.need_any(SEERS, store_id)

    def look(conn: sa.Connection) -> list[Corrected]:
        return list(of_store(conn, store_id, most))

    found = await ctx.read(look)
    ctx.about(*(each.by_person for each in found), *(each.second_person for each in found))
    return found


HEADS = (
    "correction", "when", "what was wrong", "kind", "serial", "entry put right", "of", "entry that makes up for it",
    "by", "second person", "reason", "document", "was", "became",
)  # fmt: skip


@get("/stores/{store_id:int}/corrections.csv", operation_id="export_corrections", opt=CONSULTS, **OPT)
async def corrections_csv(store_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The same list as a CSV file."""
    found = await found_of(ctx, store_id, EXPORT_MAX)
    return as_csv("corrections.csv", HEADS, [_cells(each) for each in found])


def _cells(each: Corrected) -> tuple[object, ...]:
    return (
        each.id, moment_said(each.at_us), SORTS[each.sort].title, each.kind, each.serial, each.corrects,
        moment_said(each.wrong_us), each.entry_id, each.by_person, each.second_person or "", each.reason,
        each.document or "", each.was or "", each.became or "",
    )  # fmt: skip


ROUTES = [entry_corrections, correct_entry, list_corrections, corrections_csv]
