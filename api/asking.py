"""What a client writes when it asks for kit, and how it becomes an `Ask` for the gate.

One rule for the editor: a client names things (ids, or kind and serial); it never states a fact that the gate can
read for itself. What does not name exactly one thing is sent back with the field's name.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa

from api.context import Ctx
from api.problems import bad_field
from inventory.gate.ask import COMPLETING, Ask
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item

Id = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Serial = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
ITEMS_MAX = 40


class ItemNamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One item: by its id, or by kind and serial (and maker, where two makers share a serial)."""

    item_id: Id | None = None
    kind: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    serial: Serial | None = None
    maker: Annotated[str, msgspec.Meta(max_length=80)] | None = None


class LotAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many pieces of a lot."""

    lot_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class ChargeRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A charge read off the device, where no dock reports it."""

    item_id: Id
    percent: Annotated[int, msgspec.Meta(ge=0, le=100)]


class IssueAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person's wish for kit at one store, to be decided as a whole.

    `planned_return_us` left out means the end of the store's current or next shift. `function_tests` are items
    whose function test passed at this draw. `authenticated_by` says how the issuer made sure of the person: FACE,
    or PIN with the person's own `pin`.
    """

    person_id: Id
    store_id: Id
    items: Annotated[list[ItemNamed], msgspec.Meta(max_length=ITEMS_MAX)] = []
    lots: Annotated[list[LotAsked], msgspec.Meta(max_length=ITEMS_MAX)] = []
    purpose: Literal["OPERATIONAL", "TRAINING"] = "OPERATIONAL"
    planned_return_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    fit_declared: bool = False
    function_tests: Annotated[list[Id], msgspec.Meta(max_length=ITEMS_MAX)] = []
    charges: Annotated[list[ChargeRead], msgspec.Meta(max_length=ITEMS_MAX)] = []
    authenticated_by: Literal["PIN", "FACE"] | None = None
    pin: Annotated[str, msgspec.Meta(max_length=12)] | None = None
    mode: Literal["OVERT", "COVERT"] = "OVERT"
    armour_worn: bool | None = None
    single_crewed: bool | None = None


_BY_SERIAL = Fast(
    sa.select(item.c.id, item.c.kind, item.c.serial, item.c.maker).where(among(item.c.serial, "serials", texts=True))
)


async def items_named(ctx: Ctx, named: Sequence[ItemNamed], field: str = "items") -> tuple[int, ...]:
    """The ids of the items a client named in `field`.

    Raises the 422 problem naming the entry that names not exactly one, or one that was named before.
    """
    serials = sorted({each.serial.strip().upper() for each in named if each.item_id is None and each.serial})
    rows = await ctx.read(lambda conn: _BY_SERIAL.rows(conn, {"serials": serials})) if serials else []
    found = tuple(_one(f"{field}[{n}]", each, rows) for n, each in enumerate(named))
    for n, item_id in enumerate(found):
        if item_id in found[:n]:
            raise bad_field(f"{field}[{n}]", "an item not named before", item_id)
    return found


def _one(entry: str, named: ItemNamed, rows: Sequence[tuple[object, ...]]) -> int:
    if named.item_id is not None:
        return named.item_id
    if named.serial is None:
        raise bad_field(entry, "item_id, or kind and serial")
    serial = named.serial.strip().upper()
    matches = [
        row for row in rows if row[2] == serial and named.kind in (None, row[1]) and named.maker in (None, row[3])
    ]
    if len(matches) != 1:
        expected = "the serial of an item we know" if not matches else "kind and maker too: several items have it"
        raise bad_field(f"{entry}.serial", expected, serial)
    return int(str(matches[0][0]))


async def ask_of(ctx: Ctx, asked: IssueAsk, stage: str = COMPLETING) -> Ask:
    """The `Ask` that a client's request amounts to. Raises problems naming what cannot be taken."""
    if not asked.items and not asked.lots:
        raise bad_field("items", "at least one item, or a lot")
    planned_us = asked.planned_return_us
    if planned_us is None:
        planned_us = await ctx.service.shifts.ends_us(ctx, asked.store_id)
    return Ask(
        person_id=asked.person_id,
        store_id=asked.store_id,
        item_ids=await items_named(ctx, asked.items),
        lots=tuple((each.lot_id, each.quantity) for each in asked.lots),
        purpose=asked.purpose,
        planned_return_us=planned_us,
        door="api",
        by_person_id=ctx.person_id,
        stage=stage,
        fit_declared=asked.fit_declared,
        function_tests=frozenset(asked.function_tests),
        charges=tuple((each.item_id, each.percent) for each in asked.charges),
        authenticated_by=asked.authenticated_by,
        mode=asked.mode,
        armour_worn=asked.armour_worn,
        single_crewed=asked.single_crewed,
    )
