"""Codes of items: which stand for one, a new one bound by scanning the item and then its tag, and the end of one.

One rule for the editor: what a tag is read by is made out from what was scanned, or said; never guessed where a text
might be two things: then it is a label, and the person says otherwise.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.context import Ctx
from api.guards import holding
from api.params import PathId
from api.problems import Problem, bad_field, errors, not_found
from api.processing import ALTERS, CONSULTS
from devices.codes.identify import identify
from devices.readings import CodePresented
from inventory.custody.marking import (
    MATERIALS,
    PLACES,
    TECHNOLOGIES,
    Mark,
    NotMarked,
    bind_mark,
    end_mark,
    marked_item,
)
from inventory.people.credentials import END_REASONS
from inventory.schema.fast import Fast
from inventory.schema.people import binding
from inventory.schema.stock import item
from inventory.schema.tx import Tx
from inventory.stock.labels import label_code

MARKERS = ("ISSUER", "STORE_MANAGER", "TECHNICIAN")
"""Who may bind a code to an item of their store."""
SEERS = (*MARKERS, "CED_SPOC", "AUDITOR", "ADMINISTRATOR")
_EPC = re.compile(r"[0-9A-Fa-f]{24}(?:[0-9A-Fa-f]{4})*")


class MarkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A tag as it was scanned. `technology` left out: by what the code says of itself; a plain code is a label of ours.

    `material` and `place`: what the tag is made of and where it sits; metal and etching are refused on a CED.
    `clearance`: the maker's letter that lets a radio inlay be on a CED itself.
    """

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    technology: Literal[TECHNOLOGIES] | None = None  # type: ignore[valid-type]
    symbology: Annotated[str, msgspec.Meta(max_length=4)] | None = None
    material: Literal[tuple(MATERIALS)] = "PAPER"  # type: ignore[valid-type]
    place: Literal[tuple(PLACES)] = "ITEM"  # type: ignore[valid-type]
    clearance: Annotated[str, msgspec.Meta(max_length=120)] | None = None


class MarkEnded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a code stands for an item no longer."""

    reason: Literal[END_REASONS]  # type: ignore[valid-type]


class CodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A code that stands for an item now."""

    id: int
    technology: str
    value: str
    from_us: int


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """The codes of one item, and what a label of ours for it says."""

    item_id: int
    serial: str
    label: str
    codes: list[CodeRow]


_LIVE = Fast(
    sa.select(binding.c.id, binding.c.technology, binding.c.value, binding.c.from_us)
    .where(binding.c.item_id == sa.bindparam("item_id"), binding.c.to_us.is_(None))
    .order_by(binding.c.from_us, binding.c.id)
)
_STORE = Fast(sa.select(item.c.home_store_id, item.c.serial).where(item.c.id == sa.bindparam("item_id")))


def mark_of(body: MarkBody) -> Mark:
    """The tag that was scanned. Raises the 422 problem for a code that nothing can be made of."""
    text = body.text.strip()
    technology, value = body.technology, text
    if technology is None and _EPC.fullmatch(text):
        technology = "EPC"
    if technology is None:
        known = identify(CodePresented(text=text, symbology=body.symbology))
        fit = next((each for each in known.candidates if each.technology in TECHNOLOGIES), None)
        plain = next((each for each in known.candidates if each.technology == "SERIAL"), None)
        if fit is None and plain is None:
            raise bad_field("text", known.problem.sentence if known.problem else "the code of a tag", text)
        technology, value = fit or ("LABEL", text if plain is None else plain.value)
    return Mark(technology, value, body.material, body.place, body.clearance)


def codes_of(conn: sa.Connection, item_id: int) -> Codes | None:
    """The codes of an item; None where it is not known."""
    rows = _STORE.rows(conn, {"item_id": item_id})
    if not rows:
        return None
    codes = [CodeRow(id=each[0], technology=each[1], value=each[2], from_us=each[3])
             for each in _LIVE.rows(conn, {"item_id": item_id})]  # fmt: skip
    return Codes(item_id=item_id, serial=rows[0][1], label=label_code(item_id), codes=codes)


OPT: dict[str, Any] = {
    "guards": [holding(*MARKERS)], "opt": ALTERS, "status_code": 200, "responses": errors(401, 403, 404, 409, 422),
    "tags": ["items"],
}  # fmt: skip


@get("/items/{item_id:int}/marks", operation_id="list_marks", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["items"])  # fmt: skip
async def list_marks(item_id: PathId, ctx: NamedDependency[Ctx]) -> Codes:
    """The codes that stand for an item now."""
    found = await ctx.read(lambda conn: codes_of(conn, item_id))
    if found is None:
        raise not_found("item with this id")
    return found


async def _act(ctx: Ctx, item_id: int, run: Any) -> Codes:
    def act(tx: Tx) -> Codes:
        rows = _STORE.rows(tx.conn, {"item_id": item_id})
        if not rows:
            raise not_found("item with this id")
        ctx.need_any(MARKERS, rows[0][0])
        try:
            run(tx)
        except NotMarked as told:
            refusals = [{"sentence": bar.sentence, "remedy": bar.remedy} for bar in told.bars]
            raise Problem(409, "not-marked", str(told), refusals=refusals) from None
        found = codes_of(tx.conn, item_id)
        assert found is not None, "it was there a moment ago"
        return found

    return await ctx.write(act)


@post("/items/{item_id:int}/marks", operation_id="bind_mark", **OPT)
async def add_mark(item_id: PathId, data: JSONBody[MarkBody], ctx: NamedDependency[Ctx]) -> Codes:
    """Bind the tag that was scanned to an item."""
    mark = mark_of(data)
    return await _act(
        ctx, item_id, lambda tx: bind_mark(tx, marked_item(tx.conn, item_id), mark, ctx.person_id)
    )


@post("/items/{item_id:int}/marks/{mark_id:int}/end", operation_id="end_mark", **OPT)
async def stop_mark(
    item_id: PathId, mark_id: PathId, data: JSONBody[MarkEnded], ctx: NamedDependency[Ctx]
) -> Codes:
    """A code stands for an item no longer."""
    return await _act(ctx, item_id, lambda tx: end_mark(tx, item_id, mark_id, data.reason, ctx.person_id))


ROUTES = [list_marks, add_mark, stop_mark]
