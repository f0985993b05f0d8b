"""Kit from officer to officer: one act, one decision, two movements, three people who each prove who they are.

One rule for the editor: this file reaches custody only through `handovers.act.hand_over`. Giver and receiver sign with
their own PIN; whoever is signed in countersigns. What the gate refuses is a 403 as for any issue, and moves nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api.asking import ITEMS_MAX, ChargeRead, Id, ItemNamed, items_named
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.issues import reasons_of
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import QueryId
from api.problems import Problem, errors
from api.processing import COLLECTS, CONSULTS, Log
from api.reservations import stores_seen
from api.second_person import Second, second_person
from inventory.custody.handovers.act import INSTEAD, HandedOver, Handing, NotHandedOver, hand_over
from inventory.custody.handovers.reading import Handover, newest
from inventory.custody.hatch_names import people_said
from inventory.gate.ask import COMPLETING, Ask
from inventory.gate.decision import Decision
from inventory.schema.tx import Tx
from inventory.stock.kinds import title

SEERS = ("ISSUER", "STORE_MANAGER", "CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR", "AUDITOR", "ADMINISTRATOR")
EXPORT_MAX = 2000


class NewHandover(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What passes from `giver` to `receiver`, who each sign with their own name and PIN.

    The rest is as in an issue to the receiver; what of `items` the giver does not hold comes from the store's shelf.
    """

    store_id: Id
    giver: Second
    receiver: Second
    items: Annotated[list[ItemNamed], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]
    planned_return_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    fit_declared: bool = False
    function_tests: Annotated[list[Id], msgspec.Meta(max_length=ITEMS_MAX)] = []
    charges: Annotated[list[ChargeRead], msgspec.Meta(max_length=ITEMS_MAX)] = []
    reason: Annotated[str, msgspec.Meta(max_length=400)] | None = None


class HandedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item with the ledger entries of both its movements."""

    item_id: int
    kind_label: str
    serial: str
    returned_entry: int
    issued_entry: int


class HandoverRow(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over as clients, pages and files have it."""

    id: int
    at_us: int
    store_id: int
    giver: str
    receiver: str
    countersigned_by: str
    giver_proof: str
    receiver_proof: str
    decision_id: int
    items: list[HandedItem]
    reason: str | None


def people_of(some: Iterable[Handover]) -> list[int]:
    """Everybody who is named in what is shown of these."""
    return sorted({person for each in some for person in each.people})


def rows_of(conn: sa.Connection, some: Sequence[Handover]) -> list[HandoverRow]:
    """Hand-overs as a list has them."""
    names = people_said(conn, people_of(some))
    return [
        HandoverRow(
            id=each.id, at_us=each.at_us, store_id=each.store_id, giver=names.get(each.giver_id, ""),
            receiver=names.get(each.receiver_id, ""), countersigned_by=names.get(each.by_person, ""),
            giver_proof=each.giver_proof, receiver_proof=each.receiver_proof, decision_id=each.decision_id,
            items=[
                HandedItem(item_id=one.item_id, kind_label=title(one.kind), serial=one.serial,
                           returned_entry=one.returned_entry, issued_entry=one.issued_entry)
                for one in each.items
            ],
            reason=each.reason,
        )
        for each in some
    ]  # fmt: skip


@post("/handovers", operation_id="hand_over", guards=[holding("ISSUER")], opt=COLLECTS,
      responses=errors(401, 403, 409, 422, 429), tags=["issue"])  # fmt: skip
async def make_handover(data: JSONBody[NewHandover], ctx: NamedDependency[Ctx]) -> HandoverRow:
    """Pass kit from one officer to another: 201, or 403 with every reason where the receiver may not have it."""
    ctx.need("ISSUER", data.store_id)
    giver = await second_person(ctx, data.giver)
    receiver = await second_person(ctx, data.receiver)
    planned_us = data.planned_return_us
    if planned_us is None:
        planned_us = await ctx.service.shifts.ends_us(ctx, data.store_id)
    ask = Ask(
        person_id=receiver, store_id=data.store_id, item_ids=await items_named(ctx, data.items), lots=(),
        purpose="OPERATIONAL", planned_return_us=planned_us, door="handover", by_person_id=ctx.person_id,
        stage=COMPLETING, fit_declared=data.fit_declared, function_tests=frozenset(data.function_tests),
        charges=tuple((each.item_id, each.percent) for each in data.charges), authenticated_by="PIN", handed_by=giver,
    )  # fmt: skip
    handing = Handing(ask, "PIN", (data.reason or "").strip() or None)
    policy = ctx.service.policies.now

    def act(tx: Tx) -> tuple[HandedOver, HandoverRow | None]:
        try:
            done = hand_over(tx, handing, policy)
        except NotHandedOver as told:
            raise Problem(409, "not-handed-over", f"{told} {INSTEAD}") from None
        if done.issued is None:
            return done, None
        return done, rows_of(tx.conn, newest(tx.conn, {data.store_id}, (done.handover_id or 0) + 1, 1))[0]

    keys = (f"p{giver}", f"p{receiver}", *(f"i{each}" for each in ask.item_ids))
    done, row = await ctx.write(act, keys)
    ctx.service.counts.decisions.labels("ALLOW" if row is not None else "DENY").inc()
    if row is None:
        raise refused(done.decision, done.decision_id)
    return row


def refused(made: Decision, decision_id: int) -> Problem:
    """Why the receiver may not have it, and what is possible instead. The refusal is on record."""
    stopping = [each for each in reasons_of(made) if each.stops]
    detail = " ".join([*dict.fromkeys(each.sentence for each in stopping), INSTEAD])
    told = [msgspec.to_builtins(each) for each in stopping]
    return Problem(403, "refused", detail, refusals=told, decision_id=decision_id)


@get("/handovers", operation_id="list_handovers", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(400, 401, 403), tags=["issue"])  # fmt: skip
async def list_handovers(
    ctx: NamedDependency[Ctx], store_id: QueryId = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[HandoverRow]:
    """Hand-overs at the stores this person looks after, newest first."""
    before = key_of(cursor, int)[0] if cursor else 2**62
    stores = stores_seen(ctx, store_id, SEERS)

    def look(conn: sa.Connection) -> tuple[list[Handover], list[HandoverRow]]:
        found = newest(conn, stores, before, limit + 1)
        return found, rows_of(conn, found)

    found, rows = await ctx.read(look)
    ctx.about(*people_of(found[:limit]))
    return page_of(rows, limit, [(each.id,) for each in rows])


@get("/handovers.csv", operation_id="export_handovers", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["issue"])  # fmt: skip
async def export_handovers(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    recipient: Annotated[str, QueryParameter(max_length=200, description="Who the file is for")] = "",
) -> Response[bytes]:
    """The newest hand-overs at the stores this person looks after, as CSV."""
    stores = stores_seen(ctx, store_id, SEERS)
    ctx.recipient = recipient or None
    found = await ctx.read(lambda conn: newest(conn, stores, 2**62, EXPORT_MAX))
    rows = await ctx.read(lambda conn: rows_of(conn, found))
    ctx.about(*people_of(found))
    return as_csv("handovers.csv", HandoverRow.__struct_fields__, [_cells(each) for each in rows])


def _cells(row: HandoverRow) -> list[object]:
    values: dict[str, Any] = {name: getattr(row, name) for name in row.__struct_fields__}
    values["items"] = ", ".join(f"{each.kind_label} {each.serial}" for each in row.items)
    return ["" if each is None else each for each in values.values()]


ROUTES = [make_handover, list_handovers, export_handovers]
