"""Holds: why an item may not leave the store, placed and lifted by named people.

One rule for the editor: who may place or lift what is the tables below; nothing here ends what an act of the item with
guards and evidence ends, and an evidential hold is released only by the authority written on it.
"""

from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.context import Ctx
from api.guards import holding
from api.params import PathId
from api.problems import bad_field, denied, errors, not_found
from api.processing import ALTERS
from inventory.custody.holds import Placing, lift_hold, place_holds
from inventory.custody.recalls.reading import recall_of_hold
from inventory.schema import words
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.stock import hold, item
from inventory.schema.tx import Tx

PLACERS = ("ISSUER", "STORE_MANAGER", "TECHNICIAN", "CED_SPOC", "EXHIBITS", "PSD")
LIFTERS: dict[str, tuple[str, ...]] = {
    "EVIDENTIAL": ("PSD",),
    "EXTERNAL_EXAM": ("EXHIBITS", "PSD"),
    "RECALL": ("CED_SPOC",),
    "DEFECT": ("TECHNICIAN",),
    "WET": ("TECHNICIAN",),
    "QUARANTINE": ("TECHNICIAN", "CED_SPOC"),
    "NOT_ACCEPTED": ("TECHNICIAN", "STORE_MANAGER"),
    "RESERVED": ("STORE_MANAGER",),
}
"""Reason -> who may lift such a hold from a lot; any other stays (design `domain.md` 3.1)."""

OF_AN_ITEM = ("RECALL", "RESERVED")
"""What may be lifted here from one item. Every other hold on it ends by an act with a guard and evidence of its own: a
passage (docs/passages.md), a download (docs/uses.md) or what closes its loss (docs/losses.md)."""

NOT_PLACED = (*words.SPENT_FOR_GOOD, "LOST", "STOLEN", "RECOVERED")
"""What an act alone places: most of it is never lifted again."""

PLACED = tuple(reason for reason in words.HOLD_REASONS if reason not in NOT_PLACED)

Detail = Annotated[str, msgspec.Meta(min_length=3, max_length=1000)]


class NewHold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A hold on one item or one lot. `authority` names who alone may release an EVIDENTIAL one."""

    reason: str
    detail: Detail
    item_id: int | None = None
    lot_id: int | None = None
    authority: Annotated[str, msgspec.Meta(min_length=2, max_length=200)] | None = None


class HoldPlaced(msgspec.Struct, frozen=True, kw_only=True):
    """The hold's id."""

    hold_id: int


class Lift(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why the hold is lifted, and by whose release where an authority is needed."""

    detail: Detail
    authority: Annotated[str, msgspec.Meta(max_length=200)] | None = None


_HOLD = Fast(sa.select(hold.c.reason, hold.c.item_id, hold.c.lot_id).where(hold.c.id == sa.bindparam("hold_id")))
_AT = Fast(
    sa.select(item.c.home_store_id, custody.c.holder, custody.c.holder_id, custody.c.person_id)
    .select_from(item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))))
    .where(item.c.id == sa.bindparam("item_id"))
)


def store_of_item(conn: sa.Connection, item_id: int) -> tuple[int, int | None] | None:
    """(the store that has or owns the item, the person who holds it); None where it is not known."""
    rows = _AT.rows(conn, {"item_id": item_id})
    if not rows:
        return None
    home, holder, holder_id, person_id = rows[0]
    return (int(holder_id) if holder == "STORE" else int(home)), person_id


@post("/holds", operation_id="place_hold", guards=[holding(*PLACERS)], opt=ALTERS,
      responses=errors(401, 403, 404, 422), tags=["holds"])  # fmt: skip
async def place_hold(data: JSONBody[NewHold], ctx: NamedDependency[Ctx]) -> HoldPlaced:
    """Place a hold on an item or a lot."""
    if data.reason not in PLACED:
        raise bad_field("reason", f"one of {', '.join(PLACED)}", data.reason)
    if (data.item_id is None) == (data.lot_id is None):
        raise bad_field("item_id", "either item_id or lot_id")
    placing = Placing(data.reason, data.detail, data.item_id, data.lot_id, ctx.person_id, data.authority)

    def place(tx: Tx) -> int:
        _check_place(ctx, tx.conn, data.item_id)
        hold_id = place_holds(tx, [placing])[0]
        tx.say("all", {"type": "hold", "item_id": data.item_id, "lot_id": data.lot_id, "reason": data.reason})
        return hold_id

    return HoldPlaced(hold_id=await ctx.write(place, (f"i{data.item_id}" if data.item_id else f"l{data.lot_id}",)))


def _check_place(ctx: Ctx, conn: sa.Connection, item_id: int | None) -> None:
    if item_id is None:
        return
    at = store_of_item(conn, item_id)
    if at is None:
        raise not_found("item with this id")
    ctx.need_any(PLACERS, at[0])
    ctx.about(at[1])


@post("/holds/{hold_id:int}/lift", operation_id="lift_hold", guards=[holding(*PLACERS)], opt=ALTERS,
      status_code=204, responses=errors(401, 403, 404, 422), tags=["holds"])  # fmt: skip
async def lift(hold_id: PathId, data: JSONBody[Lift], ctx: NamedDependency[Ctx]) -> Response[None]:
    """Lift a hold from a lot, or a recall or reservation from an item; other holds on items end by own acts."""

    def act(tx: Tx) -> None:
        rows = _HOLD.rows(tx.conn, {"hold_id": hold_id})
        if not rows:
            raise not_found("hold with this id")
        reason, item_id, _ = rows[0]
        at = store_of_item(tx.conn, item_id) if item_id is not None else None
        if item_id is not None and reason not in OF_AN_ITEM:
            raise denied(
                f"A hold {reason} on an item ends by an act that says what it takes. What is possible now is on the "
                f"item's page and at /api/v1/items/{item_id}/passages."
            )
        recall_id = recall_of_hold(tx.conn, hold_id) if reason == "RECALL" else None
        if recall_id is not None:
            raise denied(f"This hold belongs to recall {recall_id}: its line is ended there, or the whole is lifted.")
        lifters = LIFTERS.get(reason, ())
        if not any(ctx.may(each, at[0] if at else None) for each in lifters):
            raise denied(f"A hold {reason} is lifted by {' or '.join(lifters) or 'nobody'}.")
        ctx.about(at[1] if at else None)
        lift_hold(tx, hold_id, ctx.person_id, data.detail, data.authority)
        tx.say("all", {"type": "hold_lifted", "item_id": item_id, "hold_id": hold_id, "reason": reason})

    await ctx.write(act, (f"h{hold_id}",))
    return Response(None)


ROUTES = [place_hold, lift]
