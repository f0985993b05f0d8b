"""Declared use: what was done with kit that comes back, what is still owed for it, and the answers, each by who may.

One rule for the editor: nothing is decided here, and a return is never kept waiting: what is not said becomes a point
with its time. Incident and use of force are references alone; no account of what happened is taken.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api.asking import ITEMS_MAX, Id, ItemNamed, items_named
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.hatch import OPT, HatchSaid, at_visit
from api.params import ID_MAX, PathId
from api.problems import Problem, bad_field, denied, errors, not_found
from api.processing import ALTERS, COLLECTS, CONSULTS
from api.second_person import Second, second_person
from inventory.custody.hatch_uses import UseSaid, say_used
from inventory.custody.lots import TooFew
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.uses.answering import Answering, NotOwed, NotTheirs, answer_point
from inventory.custody.uses.declaring import Declaration, Declared, declare
from inventory.custody.uses.guards import GuardsSaid, declare_guards
from inventory.custody.uses.naming import Naming, name_spent
from inventory.custody.uses.points import POINTS
from inventory.custody.uses.reading import Use, uses, uses_of_store
from inventory.custody.uses.spending import Spent
from inventory.people.calendar import moment_said
from inventory.schema.tx import Tx

DECLARERS = ("ISSUER", "SUPERVISOR", "DUTY_INSPECTOR", "CED_SPOC", "INSTRUCTOR")
ANSWERERS = (
    "ISSUER", "SUPERVISOR", "DUTY_INSPECTOR", "CED_SPOC", "STORE_MANAGER", "TECHNICIAN", "INSTRUCTOR", "EXHIBITS",
    "PSD",
)  # fmt: skip
"""Everybody whom a policy may name for a point; which point, the policy says."""

SEERS = (*ANSWERERS, "AUDITOR")
DAY_US = 86_400_000_000
DAYS_SHOWN = 90
REFERENCE = Annotated[str, msgspec.Meta(max_length=120)]
Facts = Annotated[dict[str, str | int | bool], msgspec.Meta(max_length=12)]
CedUse = Literal["DRAWN", "AIMED", "RED_DOT", "ARCED", "DRIVE_STUN", "ANGLED_DRIVE_STUN", "FIRED"]
Sort = Literal["OPERATIONAL", "TRAINING", "UNINTENTIONAL"]
GuardReason = Literal["USED", "DAMAGED", "EXPIRED", "CONTAMINATED", "LOST", "OPENED"]
T = TypeVar("T")


class CartridgeSpent(ItemNamed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One cartridge discharged. No `sort`: that of the use. `exhibit`: what is left of it is with the exhibits."""

    sort: Sort | None = None
    exhibit: bool = False


class UseAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was done with a CED handle, or why a spit guard is replaced (`reason`).

    `used_us`: UTC microseconds, now where it is left out. `dsi`: somebody died or was seriously injured. `answers` are
    points answered at once: point -> its fields.
    """

    uses: Annotated[tuple[CedUse, ...], msgspec.Meta(max_length=7)] = ()
    used_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    sort: Sort = "OPERATIONAL"
    dsi: bool = False
    reason: GuardReason | None = None
    cartridges: Annotated[tuple[CartridgeSpent, ...], msgspec.Meta(max_length=ITEMS_MAX)] = ()
    incident_ref: REFERENCE | None = None
    uof_ref: REFERENCE | None = None
    answers: Annotated[dict[str, Facts], msgspec.Meta(max_length=12)] = {}


class UseDeclared(UseAsk, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, of one item handed in at a store."""

    store_id: Id
    item: ItemNamed


class GuardsUsed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Spit guards of a lot that a person had, and why they are replaced. They are disposed of in the same act, or with
    the exhibits where `exhibit_ref` is given."""

    store_id: Id
    lot_id: Id
    person_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    reason: GuardReason = "USED"
    used_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    uof_ref: REFERENCE | None = None
    incident_ref: REFERENCE | None = None
    exhibit_ref: REFERENCE | None = None


class PointAnswered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is written down for one point, by the names of its fields; `second` signs beside, where somebody does."""

    point: Annotated[str, msgspec.Meta(max_length=40)]
    facts: Facts = {}
    second: Second | None = None


class CartridgesNamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Cartridges that were discharged in a use declared before."""

    cartridges: Annotated[tuple[CartridgeSpent, ...], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]


class OwedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A point that is still owed: its word, what people call it, and by when."""

    point: str
    title: str
    due_us: int


class DeclaredRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was written down; `item_ids` are held from now on, `owed` is still to come."""

    use_id: int
    item_ids: list[int]
    owed: list[OwedRow]


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a use: HANDLE, BATTERY, SPENT (a cartridge, of its `sort`) or GUARD, and the issue it was had by."""

    item_id: int
    serial: str
    part: str
    sort: str | None
    decision_id: int | None


class AnswerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as it was written down; `settles` false where its point stayed owed."""

    point: str
    at_us: int
    by_person: int
    second_person: int | None
    facts: dict[str, Any]
    settles: bool


class UseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One declared use with everything about it. No `uses`: its log alone tells of it, or a guard was replaced."""

    id: int
    item_id: int | None
    lot_id: int | None
    quantity: int | None
    name: str
    store_id: int
    person_id: int | None
    decision_id: int | None
    uses: list[str]
    sort: str
    dsi: bool
    reason: str | None
    used_us: int
    at_us: int
    by_person: int
    incident_ref: str | None
    uof_ref: str | None
    parts: list[PartRow]
    owed: list[OwedRow]
    answers: list[AnswerRow]


def told(act: Callable[[], T]) -> T:
    """Run an act on declared use, its refusals told as problems."""
    try:
        return act()
    except BadEvidence as found:
        raise bad_field(found.name, found.expected) from None
    except NotTheirs as found:
        raise denied(str(found)) from None
    except NotOwed:
        raise Problem(409, "not-owed", "This is not owed, or somebody has written it down already.") from None
    except TooFew as found:
        raise bad_field("quantity", f"no more than the person holds ({found})") from None
    except LookupError:
        raise not_found("such thing") from None


async def said_of(ctx: Ctx, data: UseAsk, item_id: int, store_id: int) -> Declaration:
    """The declaration that a client's request amounts to."""
    return Declaration(
        item_id, store_id, ctx.person_id, data.uses, data.used_us, data.sort, data.dsi, data.reason,
        await spent_of(ctx, data.cartridges), data.incident_ref, data.uof_ref, data.answers,
    )  # fmt: skip


async def spent_of(ctx: Ctx, named: Sequence[CartridgeSpent]) -> tuple[Spent, ...]:
    """The cartridges that a client named."""
    ids = await items_named(ctx, named, "cartridges")
    return tuple(Spent(each, one.sort, one.exhibit) for each, one in zip(ids, named, strict=True))


def row_of(each: Use) -> UseRow:
    """A use as clients have it."""
    plain = {name: getattr(each, name) for name in UseRow.__struct_fields__[:17]}
    return UseRow(
        **plain | {"uses": list(each.uses)},
        parts=[
            PartRow(item_id=p.item_id, serial=p.serial, part=p.part, sort=p.sort, decision_id=p.decision_id)
            for p in each.parts
        ],
        owed=[OwedRow(point=o.point, title=POINTS[o.point].title, due_us=o.due_us) for o in each.owed],
        answers=[
            AnswerRow(point=a.point, at_us=a.at_us, by_person=a.by_person, second_person=a.second_person,
                      facts=dict(a.facts), settles=a.settles)
            for a in each.answers
        ],
    )  # fmt: skip


def _declared(done: Declared) -> DeclaredRow:
    owed = [OwedRow(point=o.point, title=POINTS[o.point].title, due_us=o.due_us) for o in done.owed]
    return DeclaredRow(use_id=done.use_id, item_ids=list(done.item_ids), owed=owed)


# ---- what is declared ---------------------------------------------------------------------------------------


@post("/uses", operation_id="declare_use", guards=[holding(*DECLARERS)], opt=COLLECTS, status_code=200,
      responses=errors(401, 403, 404, 422), tags=["uses"])  # fmt: skip
async def declare_use(data: JSONBody[UseDeclared], ctx: NamedDependency[Ctx]) -> DeclaredRow:
    """Declare what was done with a handle, or that a spit guard was used. What is still out comes back by it."""
    ctx.need_any(DECLARERS, data.store_id)
    item_id = (await items_named(ctx, [data.item], "item"))[0]
    said, policy = await said_of(ctx, data, item_id, data.store_id), ctx.service.policies.now

    def act(tx: Tx) -> Declared:
        done = told(lambda: declare(tx, said, policy))
        ctx.about(done.person_id)
        return done

    return _declared(await ctx.write(act, [f"i{each}" for each in (item_id, *(one.item_id for one in said.spent))]))


@post("/uses/guards", operation_id="declare_guards", guards=[holding(*DECLARERS)], opt=COLLECTS, status_code=200,
      responses=errors(401, 403, 404, 422), tags=["uses"])  # fmt: skip
async def guards_used(data: JSONBody[GuardsUsed], ctx: NamedDependency[Ctx]) -> DeclaredRow:
    """Spit guards of a lot, used or handed in: the person's balance goes down, and they are disposed of."""
    ctx.need_any(DECLARERS, data.store_id)
    ctx.about(data.person_id)
    policy = ctx.service.policies.now
    said = GuardsSaid(
        data.lot_id, data.quantity, data.person_id, data.store_id, ctx.person_id, data.reason, data.used_us,
        data.uof_ref, data.incident_ref, data.exhibit_ref,
    )  # fmt: skip
    keys = (f"l{data.lot_id}", f"p{data.person_id}")
    return _declared(await ctx.write(lambda tx: told(lambda: declare_guards(tx, said, policy)), keys))


@post("/uses/{use_id:int}/answers", operation_id="answer_use", guards=[holding(*ANSWERERS)], opt=ALTERS,
      status_code=200, responses=errors(401, 403, 404, 409, 422, 429), tags=["uses"])  # fmt: skip
async def answer_use(use_id: PathId, data: JSONBody[PointAnswered], ctx: NamedDependency[Ctx]) -> UseRow:
    """Write down what is owed for a use. Who may, the policy says of each point."""
    second = None if data.second is None else await second_person(ctx, data.second)
    policy = ctx.service.policies.now
    said = Answering(use_id, data.point, ctx.person_id, data.facts, second)

    def act(tx: Tx) -> UseRow:
        before = _one(ctx, tx.conn, use_id)
        ctx.need_any(ANSWERERS, before.store_id)
        told(lambda: answer_point(tx, said, policy))
        return row_of(_one(ctx, tx.conn, use_id))

    return await ctx.write(act, (f"u{use_id}",))


@post("/uses/{use_id:int}/cartridges", operation_id="name_cartridges", guards=[holding(*DECLARERS)], opt=ALTERS,
      status_code=200, responses=errors(401, 403, 404, 422), tags=["uses"])  # fmt: skip
async def name_cartridges(use_id: PathId, data: JSONBody[CartridgesNamed], ctx: NamedDependency[Ctx]) -> UseRow:
    """Name the cartridges of a use that was declared before."""
    policy, spent = ctx.service.policies.now, await spent_of(ctx, data.cartridges)

    def act(tx: Tx) -> UseRow:
        ctx.need_any(DECLARERS, _one(ctx, tx.conn, use_id).store_id)
        told(lambda: name_spent(tx, Naming(use_id, ctx.person_id, spent), policy))
        return row_of(_one(ctx, tx.conn, use_id))

    return await ctx.write(act, (f"u{use_id}", *(f"i{each.item_id}" for each in spent)))


@post("/visits/{visit_id:int}/lines/{line_id:int}/use", operation_id="say_used", **OPT)
async def said_at_hatch(
    visit_id: PathId, line_id: PathId, data: JSONBody[UseAsk], ctx: NamedDependency[Ctx]
) -> HatchSaid:
    """Declare the use of what came back in this visit, as it stands at the hatch."""
    said = await said_of(ctx, data, 1, 1)
    return await at_visit(
        ctx, visit_id, lambda tx, policy: told(lambda: say_used(tx, UseSaid(visit_id, line_id, said), policy))
    )


# ---- what is shown ------------------------------------------------------------------------------------------


def _one(ctx: Ctx, conn: sa.Connection, use_id: int) -> Use:
    found = uses(conn, [use_id])
    if not found:
        raise not_found("use with this id")
    ctx.about(*found[0].people)
    return found[0]


@get("/uses/{use_id:int}", operation_id="get_use", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["uses"])  # fmt: skip
async def get_use(use_id: PathId, ctx: NamedDependency[Ctx]) -> UseRow:
    """One declared use, what it was done with, what is owed for it and what was answered."""
    found = await ctx.read(lambda conn: _one(ctx, conn, use_id))
    ctx.need_any(SEERS, found.store_id)
    return row_of(found)


StoreId = Annotated[int, QueryParameter(ge=1, le=ID_MAX)]


async def shown_of(ctx: Ctx, store_id: int) -> list[Use]:
    """What was declared at a store in the last days, and before where something is still owed."""
    ctx.need_any(SEERS, store_id)
    found = await ctx.read(lambda conn: uses_of_store(conn, store_id, ctx.now_us - DAYS_SHOWN * DAY_US))
    for each in found:
        ctx.about(*each.people)
    return found


@get("/uses", operation_id="list_uses", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403, 422),
     tags=["uses"])  # fmt: skip
async def list_uses(ctx: NamedDependency[Ctx], store_id: StoreId) -> list[UseRow]:
    """What was declared at a store in the last 90 days, and before where something is still owed: that comes first."""
    return [row_of(each) for each in await shown_of(ctx, store_id)]


COLUMNS = (
    "use", "item", "uses", "sort", "death or serious injury", "used", "declared", "incident", "use of force",
    "discharged cartridges", "still owed", "first due",
)  # fmt: skip


@get("/uses.csv", operation_id="list_uses_csv", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 422), tags=["uses"], media_type="text/csv")  # fmt: skip
async def list_uses_csv(ctx: NamedDependency[Ctx], store_id: StoreId) -> Response[bytes]:
    """The same list as a file, without anybody's name."""
    return as_csv("uses.csv", COLUMNS, [_cells(each) for each in await shown_of(ctx, store_id)])


def _cells(each: Use) -> tuple[object, ...]:
    spent = " ".join(part.serial for part in each.parts if part.part == "SPENT")
    owed = ", ".join(POINTS[one.point].title for one in each.owed)
    due = moment_said(each.owed[0].due_us) if each.owed else ""
    return (
        each.id, each.name, " ".join(each.uses), each.sort, "yes" if each.dsi else "", moment_said(each.used_us),
        moment_said(each.at_us), each.incident_ref or "", each.uof_ref or "", spent, owed, due,
    )  # fmt: skip


ROUTES = [
    declare_use, guards_used, answer_use, name_cartridges, said_at_hatch, list_uses, list_uses_csv, get_use,
]  # fmt: skip
