"""A hand-over at the hatch by touch: begun or called off in a visit, and the giver proved, by PIN or by the issuer.

One rule for the editor: the PIN proved is the giver's own; nothing passes before the set is completed as any other is.
"""

from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.context import Ctx
from api.hatch import OPT, HatchSaid, at_visit, check_visit
from api.params import PathId
from api.problems import bad_field
from api.sign_in import prove_pin
from inventory.custody.handovers.at_hatch import begin_handover, giver_proved


class HandingOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """GIVES: this visit's officer hands over. TAKES: they take over. Left out: neither, after all."""

    side: Literal["GIVES", "TAKES"] | None = None


class GiverProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """PIN: the giver's own. FACE: whoever is signed in here attests who hands over."""

    check: Literal["PIN", "FACE"]
    pin: Annotated[str, msgspec.Meta(max_length=12)] | None = None


@post("/visits/{visit_id:int}/handover", operation_id="begin_handover", **OPT)
async def begin(visit_id: PathId, data: JSONBody[HandingOver], ctx: NamedDependency[Ctx]) -> HatchSaid:
    """Hand over or take over in this visit, or neither after all."""
    return await at_visit(
        ctx, visit_id, lambda tx, policy: begin_handover(tx, visit_id, data.side, policy)
    )


@post("/visits/{visit_id:int}/giver", operation_id="prove_giver", **OPT)
async def prove(visit_id: PathId, data: JSONBody[GiverProof], ctx: NamedDependency[Ctx]) -> HatchSaid:
    """The officer who hands over proves who they are."""
    place_id, by = ctx.who.place_id, ctx.person_id
    assert place_id is not None, "the guard saw to it"

    def giver_of(conn: sa.Connection) -> int | None:
        return check_visit(conn, visit_id, place_id).giver_id

    giver = await ctx.read(giver_of)
    if giver is None:
        raise bad_field("visit_id", "a visit in which somebody hands over")
    ctx.about(giver)
    if data.check == "PIN":
        if not data.pin:
            raise bad_field("pin", "the PIN of who hands over")
        await prove_pin(ctx, giver, data.pin)
    return await at_visit(
        ctx, visit_id, lambda tx, policy: giver_proved(tx, visit_id, data.check, by, policy)
    )


ROUTES = [begin, prove]
