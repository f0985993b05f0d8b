"""What may be done with an item now, by whom and with what evidence; and the doing, by one person or two.

One rule for the editor: nothing is decided here. The table of passages says what is possible, and what is refused is
told whole with what is possible instead (409 `not-possible`). Kit does not reach a person here.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from api.asking import ITEMS_MAX, Id, ItemNamed, items_named
from api.context import Ctx
from api.guards import holding
from api.params import PathId
from api.problems import Problem, bad_field, errors, not_found
from api.processing import ALTERS, CONSULTS
from api.second_person import Second, second_person
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.passages.looking import Option, possible
from inventory.custody.passages.perform import NotPerformed, Performed, perform_all
from inventory.custody.passages.row import Act, Looked, Row
from inventory.custody.passages.table import ROWS
from inventory.schema.tx import Tx

ACTORS = tuple(sorted({each for row in ROWS for each in row.who}))
"""Everybody who may do any act of the table."""

SEERS = (*ACTORS, "AUDITOR", "COUNTERSIGNER", "ADMINISTRATOR")
OF_ONE = frozenset({"serial_read", "expiry_read"})
"""Evidence that is one item's own: with it, several are not done at once."""

ActName = Annotated[str, PathParameter(max_length=40, pattern="^[A-Z_]+$")]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A field that an act asks for. `kind`: text, choice (one of `options`), number, yes (only true will do), day
    ("2026-11-22"), moment (UTC microseconds), digest (SHA-256 in hex)."""

    name: str
    asks: str
    kind: Literal["text", "choice", "number", "yes", "day", "moment", "digest"]
    options: list[tuple[str, str]]
    least: int
    most: int
    optional: bool


class Barred(msgspec.Struct, frozen=True, kw_only=True):
    """Why an act is not possible now, and what puts that right."""

    sentence: str
    remedy: str


class PossiblePassage(msgspec.Struct, frozen=True, kw_only=True):
    """One act from where the item is. `who`: any one of these capabilities in its store; `second` the same for the
    second person ([]: anybody else), null where one is enough. `may` is of whoever asks; `bars` empty: it can be done.
    """

    act: str
    title: str
    to: str
    who: list[str]
    second: list[str] | None
    may: bool
    bars: list[Barred]
    evidence: list[Evidence]


class Passages(msgspec.Struct, frozen=True, kw_only=True):
    """How an item stands, and every act that leads on from there."""

    item_id: int
    state: str
    store_id: int
    passages: list[PossiblePassage]


class Doing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An act's evidence, by the names of its fields, and who signs as the second person where it takes two.

    `also`: further items to which the same is done, with the same evidence, all of them or none. `store_id`: where it
    comes to, for acts that bring it into a store; left out, its own.
    """

    evidence: Annotated[dict[str, str | int | bool], msgspec.Meta(max_length=20)] = {}
    second: Second | None = None
    also: Annotated[list[ItemNamed], msgspec.Meta(max_length=ITEMS_MAX)] = []
    store_id: Id | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to one item: the ledger's entry, the state before and after."""

    item_id: int
    act: str
    entry_id: int
    before: str
    after: str


def passage_of(option: Option) -> PossiblePassage:
    """A passage as clients have it."""
    row = option.row
    return PossiblePassage(
        act=row.act, title=row.title, to=row.to, who=list(row.who),
        second=None if row.second is None else list(row.second), may=option.may,
        bars=[Barred(sentence=bar.sentence, remedy=bar.remedy) for bar in option.bars], evidence=_evidence(row),
    )  # fmt: skip


def _evidence(row: Row) -> list[Evidence]:
    return [
        Evidence(
            name=each.name, asks=each.asks, kind=each.kind, options=list(each.options), least=each.least,
            most=each.most, optional=each.optional,
        )
        for each in row.evidence
    ]  # fmt: skip


def passages_of(looked: Looked, options: Sequence[Option]) -> Passages:
    """An item's passages as clients have them: first those the asker may do."""
    ordered = sorted(options, key=lambda option: (not option.may, bool(option.bars)))
    return Passages(
        item_id=looked.seen.item.id, state=looked.state, store_id=looked.store_id,
        passages=[passage_of(each) for each in ordered],
    )  # fmt: skip


@get("/items/{item_id:int}/passages", operation_id="get_passages", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["items"])  # fmt: skip
async def get_passages(item_id: PathId, ctx: NamedDependency[Ctx]) -> Passages:
    """What may be done with an item now, by whom, and what evidence it asks for."""
    policy, now_us, mine = ctx.service.policies.now, ctx.now_us, ctx.person_id

    def look(conn: sa.Connection) -> tuple[Looked, tuple[Option, ...]] | None:
        return possible(conn, [item_id], policy, now_us, mine).get(item_id)

    found = await ctx.read(look)
    if found is None:
        raise not_found("item with this id")
    _about_holder(ctx, found[0])
    return passages_of(*found)


@post("/items/{item_id:int}/passages/{act:str}", operation_id="perform_passage", guards=[holding(*ACTORS)], opt=ALTERS,
      status_code=200, responses=errors(401, 403, 404, 409, 422, 429), tags=["items"])  # fmt: skip
async def perform_passage(
    item_id: PathId, act: ActName, data: JSONBody[Doing], ctx: NamedDependency[Ctx]
) -> list[Done]:
    """Do an act of the table with an item, and the same with further ones: all of them or none."""
    also = await items_named(ctx, data.also, "also")
    if item_id in also:
        raise bad_field("also", "further items", item_id)
    if also and OF_ONE & data.evidence.keys():
        raise bad_field("also", "nothing: this act reads each item's own label")
    second = None if data.second is None else await second_person(ctx, data.second)
    acts = [Act(each, act, ctx.person_id, second, data.evidence, data.store_id) for each in (item_id, *also)]
    policy = ctx.service.policies.now

    def run(tx: Tx) -> list[Done]:
        try:
            return [_done(each) for each in perform_all(tx, acts, policy)]
        except NotPerformed as told:
            raise _not_possible(told) from None
        except BadEvidence as told:
            raise bad_field(f"evidence.{told.name}", told.expected) from None

    keys = [f"i{each.item_id}" for each in acts] + [f"p{each}" for each in (ctx.person_id, second) if each]
    return await ctx.write(run, keys)


def _about_holder(ctx: Ctx, looked: Looked) -> None:
    item = looked.seen.item
    ctx.about(item.holder_id if item.holder == "PERSON" else None)


def _done(each: Performed) -> Done:
    return Done(
        item_id=each.item_id, act=each.act, entry_id=each.entry_id, before=each.before, after=each.after
    )


def _not_possible(told: NotPerformed) -> Problem:
    bars: list[dict[str, Any]] = [
        {"item_id": told.item_id, "sentence": bar.sentence, "remedy": bar.remedy} for bar in told.bars
    ]
    instead = [
        {"item_id": told.item_id, "act": each.row.act, "title": each.row.title, "who": list(each.row.who),
         "may": each.may}
        for each in told.instead
        if not each.bars
    ]  # fmt: skip
    return Problem(
        409, "not-possible", _sentence(told), refusals=[*bars, *({"instead": each} for each in instead)]
    )


def _sentence(told: NotPerformed) -> str:
    possible_now = [each.row.title.lower() for each in told.instead if not each.bars and each.may]
    others = [each.row.title.lower() for each in told.instead if not each.bars and not each.may]
    said = [str(told), *(bar.remedy for bar in told.bars if bar.remedy)]
    if possible_now:
        said.append(f"You may: {', '.join(possible_now)}.")
    elif others:
        said.append(f"Others may: {', '.join(others)}.")
    return " ".join(said)


ROUTES = [get_passages, perform_passage]
