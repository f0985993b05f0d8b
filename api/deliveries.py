"""Deliveries: each label read twice, a tag scanned after it, signed for by two. The supplier's own list goes beside it.

One rule for the editor: what was scanned is made out here, by the codes' own reader; what it means is decided in
`inventory.custody.receiving`, and what is refused is told whole (409 `not-received`).
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.imports import BadRow, opened
from api.marks import MarkBody, mark_of
from api.params import PathId
from api.problems import bad_field, errors, not_found
from api.processing import ALTERS, COLLECTS, CONSULTS, Log
from api.purchases import Day, refusing, seen_by
from api.receiving_rows import DeliveryOut, UnitRow, delivery_out, people_of
from api.second_person import Second, second_person
from api.vendor_files import Upload, bad_rows
from devices.codes.identify import Identity, identify
from devices.readings import CodePresented
from inventory.custody.receiving.judging import Reading, UnitRead, judge
from inventory.custody.receiving.listing import IDS_A_ROW, ListReport, SupplierList, take_list
from inventory.custody.receiving.reading import Delivery, Purchase, purchase_of_delivery
from inventory.custody.receiving.signing import IDS_A_UNIT, Signing, end_delivery, sign
from inventory.custody.receiving.terms import READ_MAX, SEERS, UNPACKERS
from inventory.custody.receiving.unpacking import Unpacking, mark_unit, read_unit, take_back
from inventory.people.calendar import local_day
from inventory.people.imports.vendor.grid import Reading as HowRead
from inventory.people.imports.vendor.grid import read_grid
from inventory.people.imports.vendor.mapping import checked_reading
from inventory.people.imports.vendor.vendor_file import hashed
from inventory.schema.tx import Tx

LIST_MAX = 4 << 20
Why = Annotated[str, msgspec.Meta(max_length=400)]


class LabelRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One reading of a label: the text, whether it was scanned or typed, and the scanner's symbology where it tells."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    way: Literal["SCAN", "TYPED"]
    symbology: Annotated[str, msgspec.Meta(max_length=4)] | None = None


class UnitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A label of a line. Without `second` nothing is written: the answer says what was made of the first reading.

    `expires_on`, `lot`: where no reading tells them. `quantity`: pieces of a lot. `why`: the reason to take it although
    something does not fit.
    """

    line_id: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    first: LabelRead
    second: LabelRead | None = None
    expires_on: Day | None = None
    lot: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    why: Why | None = None


class BarOut(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not fit."""

    word: str
    sentence: str
    remedy: str
    item_id: int | None


class UnitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a label. `unit` is null where it was read once: then `value`, `lot` and `expires_on` are what was
    made of it, and `bars` what would be refused."""

    unit: UnitRow | None
    value: str
    lot: str | None
    expires_on: str | None
    bars: list[BarOut]
    delivery: DeliveryOut


class SignBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is read is signed for: the count of both, and the second person's own PIN."""

    counted: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    second: Second


class EndBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing more comes with a delivery; the reason is needed where something of its list is not there."""

    reason: Why | None = None


class ListBody(Upload, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The supplier's own list. `columns`: column of the file -> serial, kind, maker, model, lot, expires_on or line_no;
    left out, they are as in the last file with these columns, or by likely names."""

    columns: Annotated[dict[str, str], msgspec.Meta(max_length=100)] = {}  # noqa: RUF012 - msgspec copies it
    delimiter: Annotated[str, msgspec.Meta(max_length=1)] = ""
    heading_row: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0


class ListAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a list amounts to. `bad` shows the first five hundred problems; `columns` is what each was taken for."""

    listed: int
    before: int
    refused: int
    bad: list[BadRow]
    columns: dict[str, str]
    delivery: DeliveryOut


OPT: dict[str, Any] = {
    "guards": [holding(*UNPACKERS)], "opt": ALTERS, "status_code": 200, "responses": errors(401, 403, 404, 409, 422),
    "tags": ["receiving"],
}  # fmt: skip
TAKES: dict[str, Any] = OPT | {
    "opt": COLLECTS,
    "request_max_body_size": LIST_MAX,
    "responses": errors(401, 403, 404, 409, 413, 422),
}
SIGNS: dict[str, Any] = OPT | {"responses": errors(401, 403, 404, 409, 422, 429)}


def _of(conn: sa.Connection, number: int) -> tuple[Purchase, Delivery]:
    of = purchase_of_delivery(conn, number)
    if of is None:
        raise not_found("delivery with this number")
    return of, of.delivery(number)


def _told(ctx: Ctx, conn: sa.Connection, number: int) -> DeliveryOut:
    of, at = _of(conn, number)
    ctx.about(*people_of([of]))
    return delivery_out(conn, of, at)


def _guarded(ctx: Ctx, number: int, run: Callable[[Tx], Any]) -> Callable[[Tx], Any]:
    """`run`, for who may unpack at the delivery's store; what it refuses is the problem."""

    def act(tx: Tx) -> Any:
        of, _ = _of(tx.conn, number)
        ctx.need_any(UNPACKERS, of.store_id)
        return refusing(run, tx)

    return act


async def _act(ctx: Ctx, number: int, run: Callable[[Tx], Any]) -> DeliveryOut:
    def act(tx: Tx) -> DeliveryOut:
        run(tx)
        return _told(ctx, tx.conn, number)

    found: DeliveryOut = await ctx.write(_guarded(ctx, number, act))
    return found


@get("/deliveries/{number:int}", operation_id="get_delivery", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["receiving"])  # fmt: skip
async def get_delivery(number: PathId, ctx: NamedDependency[Ctx]) -> DeliveryOut:
    """One delivery: what is read, signed for, and listed but not seen."""
    of = seen_by(ctx, await ctx.read(lambda conn: purchase_of_delivery(conn, number)))
    ctx.about(*people_of([of]))
    return await ctx.read(lambda conn: delivery_out(conn, of, of.delivery(number)))


EXPORTED = (
    "order_ref", "delivery", "item_id", "name", "serial", "lot", "expires_on", "quantity", "label", "read", "tags",
    "signed", "not_fitting", "why",
)  # fmt: skip


@get("/deliveries/{number:int}/export", operation_id="export_delivery", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403, 404),
     tags=["receiving"])  # fmt: skip
async def export_delivery(
    number: PathId,
    ctx: NamedDependency[Ctx],
    recipient: Annotated[str, QueryParameter(max_length=200, description="Who the file is for")] = "",
) -> Response[bytes]:
    """What was read in a delivery, and what its list names and nobody read, as CSV."""
    found = await get_delivery.fn(number, ctx)
    ctx.recipient = recipient or None
    of, note = found.purchase.order_ref, found.note_ref
    rows = [
        [of, note, each.id, each.name, each.serial or "", each.lot or "", each.expires_on or "", each.quantity,
         each.code, "+".join(each.ways), " ".join(f"{m.technology}:{m.value}" for m in each.marks),
         "yes" if each.is_signed else "no", " ".join(each.told), each.why or ""]
        for each in found.units
    ]  # fmt: skip
    rows += [
        [of, note, "", each.name, each.serial, "", "", 0, "", "", "", "no", "LISTED_NOT_SEEN", ""]
        for each in found.not_seen
    ]
    return as_csv(f"delivery-{number}.csv", EXPORTED, rows)


@post("/deliveries/{number:int}/units", operation_id="read_unit", **OPT)
async def read_label(number: PathId, data: JSONBody[UnitBody], ctx: NamedDependency[Ctx]) -> UnitAnswer:
    """Read a label twice; the two are compared, and with everything that is known."""

    def run(tx: Tx) -> UnitAnswer:
        of, at = _of(tx.conn, number)
        asked = _asked(of, data)
        if asked.second is None:
            return _first_reading(ctx, tx, asked, number)
        unit_id = read_unit(tx, Unpacking(at.id, ctx.person_id, asked))
        told = _told(ctx, tx.conn, number)
        unit = next(each for each in told.units if each.id == unit_id)
        value = unit.serial or unit.lot or ""
        return UnitAnswer(
            unit=unit, value=value, lot=unit.lot, expires_on=unit.expires_on, bars=[], delivery=told
        )

    found: UnitAnswer = await ctx.write(_guarded(ctx, number, run))
    return found


def _first_reading(ctx: Ctx, tx: Tx, asked: UnitRead, number: int) -> UnitAnswer:
    of, at = _of(tx.conn, number)
    judged = judge(tx.conn, of, at, asked, local_day(tx.now_us))
    bars = [
        BarOut(word=each.word, sentence=each.sentence, remedy=each.remedy, item_id=each.item_id)
        for each in judged.bars
    ]
    return UnitAnswer(
        unit=None, value=asked.first.value, lot=judged.lot, expires_on=judged.expires_on, bars=bars,
        delivery=_told(ctx, tx.conn, number),
    )  # fmt: skip


def _asked(of: Purchase, data: UnitBody) -> UnitRead:
    line = of.line(data.line_id)
    by_lot = line is not None and line.by_lot
    second = None if data.second is None else _reading("second", data.second, by_lot)
    first = _reading("first", data.first, by_lot)
    return UnitRead(data.line_id, first, second, data.lot, data.expires_on, data.quantity, data.why)


def _reading(field: str, told: LabelRead, by_lot: bool) -> Reading:
    """A reading as it is compared: the serial in it (of a line by lot, the lot's number), its lot and date."""
    known = identify(CodePresented(text=told.text.strip(), symbology=told.symbology))
    value = _lot_in(known) if by_lot else _serial_in(known)
    if value is None:
        said = known.problem.sentence if known.problem else "a code with a serial in it"
        raise bad_field(f"{field}.text", said, told.text)
    return Reading(told.text, told.way, value, known.lot.upper() if known.lot else None, known.expires_on)


def _serial_in(known: Identity) -> str | None:
    return next((each.value.upper() for each in known.candidates if each.technology == "SERIAL"), None)


def _lot_in(known: Identity) -> str | None:
    return known.lot.upper() if known.lot else _serial_in(known)


@post("/deliveries/{number:int}/units/{unit_id:int}/marks", operation_id="mark_unit", **OPT)
async def mark_read(
    number: PathId, unit_id: PathId, data: JSONBody[MarkBody], ctx: NamedDependency[Ctx]
) -> DeliveryOut:
    """Note the tag that was scanned after a unit; it is bound when the unit is signed for."""
    mark = mark_of(data)
    return await _act(ctx, number, lambda tx: mark_unit(tx, number, unit_id, mark, ctx.person_id))


@post("/deliveries/{number:int}/units/{unit_id:int}/remove", operation_id="take_back_unit", **OPT)
async def take_back_read(number: PathId, unit_id: PathId, ctx: NamedDependency[Ctx]) -> DeliveryOut:
    """Take back what was read by mistake."""
    return await _act(ctx, number, lambda tx: take_back(tx, number, unit_id, ctx.person_id))


@post("/deliveries/{number:int}/sign", operation_id="sign_delivery", **SIGNS)
async def sign_for(number: PathId, data: JSONBody[SignBody], ctx: NamedDependency[Ctx]) -> DeliveryOut:
    """Take what is read into the store, by two people; it waits there to be accepted into service."""
    second = await second_person(ctx, data.second)

    def run(tx: Tx) -> DeliveryOut:
        sign(tx, Signing(number, ctx.person_id, second, data.counted))
        return _told(ctx, tx.conn, number)

    found: DeliveryOut = await _in_bulk(ctx, _guarded(ctx, number, run), READ_MAX * IDS_A_UNIT)
    return found


async def _in_bulk(ctx: Ctx, run: Callable[[Tx], Any], ids: int) -> Any:
    """Write what takes more ids than an act does."""

    def act(tx: Tx) -> Any:
        found = run(tx)
        tx.record([ctx.line()])
        return found

    found = await asyncio.to_thread(ctx.service.database.write, act, None, ids=ids)
    ctx.logged = True
    return found


@post("/deliveries/{number:int}/end", operation_id="end_delivery", **OPT)
async def end_unpacking(number: PathId, data: JSONBody[EndBody], ctx: NamedDependency[Ctx]) -> DeliveryOut:
    """Nothing more comes with this delivery; what its list names and nobody read is told as an alarm."""
    return await _act(ctx, number, lambda tx: end_delivery(tx, number, ctx.person_id, data.reason))


@post("/deliveries/{number:int}/list", operation_id="list_delivery", **TAKES)
async def list_units(number: PathId, data: JSONBody[ListBody], ctx: NamedDependency[Ctx]) -> ListAnswer:
    """Put the supplier's own list beside a delivery: good rows kept, bad ones named. It receives nothing."""
    file = await asyncio.to_thread(list_of, number, data, ctx.person_id)
    ctx.query = f"{data.file_name}, {len(data.content)} bytes"

    def run(tx: Tx) -> ListAnswer:
        report = take_list(tx, file)
        return _list_answer(report, _told(ctx, tx.conn, number))

    found: ListAnswer = await _in_bulk(ctx, _guarded(ctx, number, run), IDS_A_ROW * (len(file.grid.rows) + 1))
    return found


def list_of(number: int, body: ListBody, by_person: int | None) -> SupplierList:
    """A supplier's list to be taken. Raises BadField where it cannot be read so."""
    how = checked_reading(HowRead(body.delimiter, "", body.heading_row))
    grid = read_grid(opened(body.content, body.sheet), how)
    return SupplierList(number, grid, body.file_name, hashed(body.content), body.columns, by_person)


def _list_answer(report: ListReport, delivery: DeliveryOut) -> ListAnswer:
    return ListAnswer(
        listed=report.listed, before=report.before, refused=report.refused, bad=bad_rows(report.problems),
        columns=dict(report.columns), delivery=delivery,
    )  # fmt: skip


ROUTES = [
    get_delivery, export_delivery, read_label, mark_read, take_back_read, sign_for, end_unpacking, list_units,
]  # fmt: skip
