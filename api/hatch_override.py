"""A supervisor overrides a refusal at the hatch, with their own PIN: chosen by name, or by the card just shown.

One rule for the editor: the PIN proved is the supervisor's own, and it is tried on nobody who may not override here.
"""

from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import Id
from api.context import Ctx
from api.hatch import OPT, HatchSaid, at_visit, check_visit
from api.params import PathId
from api.problems import bad_field, denied
from api.sign_in import prove_pin
from inventory.custody.hatch_override import Signed, override
from inventory.custody.overrides import capability_of
from inventory.gate.override_rules import NOBODY


class Overriding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a refusal is overridden, and the supervisor's own PIN; `person_id` left out: whose card was shown last."""

    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
    pin: Annotated[str, msgspec.Meta(min_length=1, max_length=12)]
    person_id: Id | None = None


@post("/visits/{visit_id:int}/lines/{line_id:int}/override", operation_id="override_line", **OPT)
async def override_line(
    visit_id: PathId, line_id: PathId, data: JSONBody[Overriding], ctx: NamedDependency[Ctx]
) -> HatchSaid:
    """Override what refused a line, for this duty, as a supervisor who types their own PIN here."""
    place_id, store_id, now_us = ctx.who.place_id, ctx.who.store_id, ctx.now_us
    assert place_id is not None, "the guard saw to it"
    assert store_id is not None, "a place has a store"
    by = data.person_id or ctx.service.countersigns.shown_at(place_id, now_us)
    if by is None:
        raise bad_field("person_id", "the supervisor, or their card shown first")

    def look(conn: sa.Connection) -> tuple[int, bool]:
        return check_visit(conn, visit_id, place_id).person_id, capability_of(conn, by, store_id, now_us) != NOBODY

    drawer, entitled = await ctx.read(look)
    ctx.about(drawer, by)
    if not entitled:
        raise denied("Whoever overrides must be a supervisor of this store.")
    await prove_pin(ctx, by, data.pin)
    signed = Signed(by, data.reason, ctx.person_id)
    return await at_visit(ctx, visit_id, lambda tx, policy: override(tx, visit_id, line_id, signed, policy))


ROUTES = [override_line]
