"""Labels of items to print: sheets as PDF, or ZPL for a label printer.

One rule for the editor: a label says the item's own code (`stock.labels`) and is bound by scanning it; printing binds
nothing.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from api.context import Ctx
from api.guards import holding
from api.later import Later
from api.params import QueryId
from api.problems import bad_field, errors, not_found
from api.processing import NOTHING_PERSONAL
from api.purchases import seen_by
from api.zpl import Label, Tape, zpl
from inventory.custody.receiving.reading import Purchase, purchase_of_delivery
from inventory.custody.receiving.terms import SEERS
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.stock.kinds import title
from inventory.stock.labels import label_code

IDS = re.compile(r"[1-9]\d{0,15}(,[1-9]\d{0,15}){0,499}")
PDF, PRINT = Later("api.label_sheets:pdf"), Later("api.label_sheets:Print")
"""What draws sheets, loaded with the first one."""

_ITEMS = Fast(sa.select(item.c.id, item.c.serial, item.c.kind, item.c.model).where(among(item.c.id, "ids")))


def of_items(conn: sa.Connection, item_ids: Sequence[int]) -> list[Label]:
    """A label for each of these items, in this order. Raises LookupError for an unknown one."""
    rows = {row[0]: row for row in _ITEMS.rows(conn, {"ids": sorted(set(item_ids))})}
    for each in item_ids:
        if each not in rows:
            raise LookupError(f"item {each} is not known")
    return [
        Label(label_code(each), rows[each][1], (f"{title(rows[each][2])} {rows[each][3]}",))
        for each in item_ids
    ]


def of_delivery(of: Purchase, delivery_id: int) -> list[Label]:
    """A label for everything with a serial that was read in a delivery, signed for or not."""
    lines = {each.id: each for each in of.lines}
    return [
        Label(label_code(each.id), each.serial, (f"{title(lines[each.line_id].kind)} {lines[each.line_id].model}",))
        for each in of.delivery(delivery_id).units
        if each.serial is not None
    ]  # fmt: skip


class Sheets(msgspec.Struct, frozen=True, kw_only=True):
    """How labels are put on A4 sheets."""

    sheet: str
    symbol: str
    start: int
    dx_mm: float
    dy_mm: float


def on_sheets(
    ctx: NamedDependency[Ctx],  # noqa: ARG001 - so that the two are not one batch of dependencies (`api.context`)
    sheet: Annotated[
        str, QueryParameter(max_length=10, description="pdf: L7160, L7163, L7651 or L4731")
    ] = "L7160",
    symbol: Annotated[
        Literal["DATA_MATRIX", "CODE_128"], QueryParameter(description="What is drawn")
    ] = "DATA_MATRIX",
    start: Annotated[
        int, QueryParameter(ge=1, le=500, description="pdf: the first free label of the sheet")
    ] = 1,
    dx_mm: Annotated[float, QueryParameter(ge=-20, le=20, description="Move the print to the right")] = 0.0,
    dy_mm: Annotated[float, QueryParameter(ge=-20, le=20, description="Move the print down")] = 0.0,
) -> Sheets:
    """The parameters of sheets; the symbol and the offsets hold for a label printer too."""
    return Sheets(sheet=sheet, symbol=symbol, start=start, dx_mm=dx_mm, dy_mm=dy_mm)


def on_tape(
    ctx: NamedDependency[Ctx],  # noqa: ARG001 - as above
    width_mm: Annotated[float, QueryParameter(ge=15, le=150, description="zpl: a label's width")] = 50.0,
    height_mm: Annotated[float, QueryParameter(ge=8, le=150, description="zpl: a label's height")] = 25.0,
    dpi: Annotated[int, QueryParameter(ge=203, le=600, description="zpl: 203, 300 or 600")] = 203,
) -> Tape:
    """The parameters of a label printer."""
    return Tape(width_mm, height_mm, dpi)


class LabelsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Labels of what, and in what form."""

    items: tuple[int, ...]
    delivery_id: int | None
    form: str


def labels_asked(
    ctx: NamedDependency[Ctx],  # noqa: ARG001 - as above
    items: Annotated[
        str, QueryParameter(max_length=9000, description="Ids of items, with commas between")
    ] = "",
    delivery_id: QueryId = None,
    form: Annotated[
        Literal["pdf", "zpl"], QueryParameter(description="A4 sheets, or a label printer")
    ] = "pdf",
) -> LabelsAsked:
    """Which labels. Raises the 422 problem where neither items nor a delivery are named, or both."""
    if bool(items) == (delivery_id is not None):
        raise bad_field("items", "ids of items, or a delivery_id")
    if items and not IDS.fullmatch(items):
        raise bad_field("items", "up to 500 ids with commas between", items)
    ids = tuple(int(each) for each in items.split(",")) if items else ()
    return LabelsAsked(items=ids, delivery_id=delivery_id, form=form)


@get("/labels", operation_id="print_labels", guards=[holding(*SEERS)], opt=NOTHING_PERSONAL, dependencies={
    "asked": Provide(labels_asked, sync_to_thread=False), "sheets": Provide(on_sheets, sync_to_thread=False),
    "tape": Provide(on_tape, sync_to_thread=False)},
    responses=errors(401, 403, 404, 422), tags=["receiving"])  # fmt: skip
async def print_labels(
    ctx: NamedDependency[Ctx],
    asked: NamedDependency[LabelsAsked],
    sheets: NamedDependency[Sheets],
    tape: NamedDependency[Tape],
) -> Response[bytes]:
    """Labels of some items, or of everything with a serial that was read in a delivery: a PDF, or ZPL."""
    if asked.delivery_id is None:
        labels = await ctx.read(lambda conn: of_items(conn, asked.items))
    else:
        of = seen_by(ctx, await ctx.read(lambda conn: purchase_of_delivery(conn, asked.delivery_id or 0)))
        labels = of_delivery(of, asked.delivery_id)
    if not labels:
        raise not_found("label to print: nothing with a serial is read yet")
    if asked.form == "zpl":
        moved = replace(tape, dx_mm=max(0.0, sheets.dx_mm), dy_mm=max(0.0, sheets.dy_mm))
        data, name = zpl(labels, moved, sheets.symbol).encode(), "labels.zpl"
    else:
        data, name = await asyncio.to_thread(sheet_of, labels, sheets), "labels.pdf"
    kind = "application/pdf" if asked.form == "pdf" else "text/plain; charset=utf-8"
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def sheet_of(labels: Sequence[Label], how: Sheets) -> bytes:
    """The labels as a PDF. Raises BadField for a sheet that cannot be."""
    made: bytes = PDF()(labels, PRINT()(how.sheet, how.symbol, how.start, how.dx_mm, how.dy_mm))
    return made


ROUTES = [print_labels]
