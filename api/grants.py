"""Capabilities given and taken away over HTTP.

One rule for the editor: nobody grants to themselves. What may not be held together is refused by the kit store
itself (`inventory.people.capabilities`), at this door as at every other.
"""

from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import Id
from api.context import Ctx
from api.guards import holding
from api.params import PathId
from api.problems import denied, errors, not_found
from api.processing import ALTERS, CONSULTS
from inventory.people.capabilities import CapabilityGrant, give, take_away
from inventory.schema.fast import Fast
from inventory.schema.people import capability_grant, person
from inventory.schema.tx import Tx


class GrantRow(msgspec.Struct, frozen=True, kw_only=True):
    """One grant; `to_us` is when it ended or will, `store_id` null is every store."""

    id: int
    capability: str
    store_id: int | None
    from_us: int
    to_us: int | None
    granted_by: int | None
    reason: str


class NewGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A capability to be given, at one store or (null) at every store."""

    capability: str
    store_id: Id | None = None
    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
    to_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None


class GrantGiven(msgspec.Struct, frozen=True, kw_only=True):
    """The grant's id."""

    grant_id: int


_NAMES = GrantRow.__struct_fields__
_OF = Fast(
    sa.select(*(capability_grant.c[name] for name in _NAMES))
    .where(capability_grant.c.person_id == sa.bindparam("person_id"))
    .order_by(capability_grant.c.from_us, capability_grant.c.id)
)
_WHOSE = Fast(sa.select(capability_grant.c.person_id).where(capability_grant.c.id == sa.bindparam("grant_id")))


@get("/people/{person_id:int}/capabilities", operation_id="list_capabilities", opt=CONSULTS,
     guards=[holding("ADMINISTRATOR", "AUDITOR")], responses=errors(401, 403), tags=["administration"])  # fmt: skip
async def listing(person_id: PathId, ctx: NamedDependency[Ctx]) -> list[GrantRow]:
    """Every grant to a person, ended ones too."""
    ctx.about(person_id)
    rows = await ctx.read(lambda conn: _OF.rows(conn, {"person_id": person_id}))
    return [GrantRow(**dict(zip(_NAMES, row, strict=True))) for row in rows]


@post("/people/{person_id:int}/capabilities", operation_id="grant_capability", guards=[holding("ADMINISTRATOR")],
      opt=ALTERS, responses=errors(401, 403, 404, 422), tags=["administration"])  # fmt: skip
async def grant_capability(
    person_id: PathId, data: JSONBody[NewGrant], ctx: NamedDependency[Ctx]
) -> GrantGiven:
    """Give a person a capability from now. Nobody gives one to themselves."""
    ctx.need("ADMINISTRATOR", data.store_id)
    ctx.about(person_id)
    if person_id == ctx.person_id:
        raise denied("Nobody gives a capability to themselves; another administrator must.")

    def act(tx: Tx) -> int:
        if tx.conn.execute(sa.select(person.c.id).where(person.c.id == person_id)).scalar() is None:
            raise not_found("person with this id")
        new = CapabilityGrant(person_id, data.capability, data.store_id, data.reason, ctx.person_id, data.to_us)
        return give(tx.conn, tx.ids, new, tx.now_us)

    grant_id = await ctx.write(act, (f"p{person_id}",))
    ctx.service.sessions.forget()
    return GrantGiven(grant_id=grant_id)


@post("/capabilities/{grant_id:int}/end", operation_id="end_capability", guards=[holding("ADMINISTRATOR")],
      opt=ALTERS, status_code=204, responses=errors(401, 403, 404, 422), tags=["administration"])  # fmt: skip
async def end_capability(grant_id: PathId, ctx: NamedDependency[Ctx]) -> Response[None]:
    """End a grant now."""
    ctx.need("ADMINISTRATOR", None)

    def act(tx: Tx) -> None:
        rows = _WHOSE.rows(tx.conn, {"grant_id": grant_id})
        if not rows:
            raise not_found("grant with this id")
        ctx.about(rows[0][0])
        take_away(tx.conn, grant_id, tx.now_us)

    await ctx.write(act)
    ctx.service.sessions.forget()
    return Response(None)


ROUTES = [listing, grant_capability, end_capability]
