"""Files of people, training, authority and kit, taken in over HTTP: the same imports as `kitstore import`.

One rule for the editor: good rows are kept, every bad row is named, and whoever holds kit and lost their currency by
the file is raised in the same commit.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.params import FromPath, QueryParameter, RawBody

from api.context import Ctx
from api.database import Database
from api.guards import holding
from api.later import Later
from api.problems import bad_field, errors, not_found
from api.processing import COLLECTS
from inventory.custody.carrying.moves import look_after
from inventory.custody.receive import Delivered, receive, receive_lot
from inventory.gate.kind_policy import Policy
from inventory.oversight.mobilisation.roles_file import import_roles
from inventory.people.errors import BadField
from inventory.people.imports.authority_file import import_authorisations, import_stops
from inventory.people.imports.duty_file import import_gates, import_restrictions
from inventory.people.imports.force_file import import_force_counts
from inventory.people.imports.items_file import NewItem, import_items
from inventory.people.imports.people_file import import_people
from inventory.people.imports.report import ImportReport
from inventory.people.imports.roster_file import import_roster
from inventory.people.imports.run import WRITTEN, ImportRun, Progress, ids_needed
from inventory.people.imports.sheet import Sheet, Source, lines_of
from inventory.people.imports.specialist_file import import_specialist
from inventory.people.imports.stock_file import NewLotStock, import_checks, import_lots
from inventory.people.imports.training_file import import_training
from inventory.schema import statistics
from inventory.schema.tx import Tx

BODY_MAX = 32 << 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_MAX = 500
IDS_AN_ITEM = 16
"""Ids an item or a lot takes when it comes into the ledger, over those of its own row."""

WORKBOOK = Later("api.workbooks:read")
"""What reads XLSX, loaded with the first one."""

BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin: as an archive, or as the older sort, which a password makes of the newer one too."""

PLAIN: dict[str, Callable[[ImportRun, Source], ImportReport]] = {
    "people": import_people,
    "authorisations": import_authorisations,
    "suspensions": import_stops,
    "restrictions": import_restrictions,
    "gates": import_gates,
    "checks": import_checks,
    "force-counts": import_force_counts,
    "roles": import_roles,
    "specialist": import_specialist,
}
SOURCED: dict[str, Callable[[ImportRun, Source, str], ImportReport]] = {
    "training": import_training,
    "roster": import_roster,
}
"""Kinds for which a source vouches."""

NEEDS: dict[str, tuple[str, ...]] = {
    "people": ("ADMINISTRATOR",),
    "training": ("TRAINING_RECORDER",),
    "authorisations": ("CED_SPOC",),
    "suspensions": ("CED_SPOC", "PSD"),
    "restrictions": ("ADMINISTRATOR", "TRAINING_RECORDER"),
    "gates": ("ADMINISTRATOR", "TRAINING_RECORDER"),
    "checks": ("TECHNICIAN",),
    "items": ("CED_SPOC", "STORE_MANAGER"),
    "lots": ("CED_SPOC", "STORE_MANAGER"),
    "force-counts": ("CED_SPOC", "STORE_MANAGER"),
    "roster": ("ADMINISTRATOR", "PLANNER"),
    "roles": ("ADMINISTRATOR", "PLANNER"),
    "specialist": ("ADMINISTRATOR", "TRAINING_RECORDER"),
}
"""Kind of file -> who may send one; a file may speak of every store, so the capability must be for every store."""

KINDS = tuple(NEEDS)


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was left out, and why. The heading is line 1; in a workbook `line` is the row's number in `sheet`."""

    sheet: str | None
    line: int
    field: str
    value: str
    expected: str


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did. `bad` shows the first five hundred; `bad_rows` counts them all.

    `sheet` is the one that was read of a workbook, `other_sheets` those that hold something and were left aside.
    """

    new: int
    changed: int
    unchanged: int
    bad_rows: int
    bad: list[BadRow]
    ignored_headings: tuple[str, ...]
    sheet: str | None
    other_sheets: tuple[str, ...]
    holders_now_ineligible: list[int]


def opened(data: bytes, sheet: str) -> Source:
    """A file as imports take it: CSV as it is, of a workbook the sheet named `sheet` ("": its first).

    Raises BadField where a sheet of a CSV file is asked for.
    """
    if data.startswith(BEGINNINGS):
        read: Sheet = WORKBOOK()(data, sheet)
        return read
    if sheet:
        raise BadField("sheet", sheet, "nothing: a CSV file has no sheets")
    return data


def ids_for(data: Source) -> int:
    """An upper bound of the ids that taking `data` in needs, to be announced to the writer."""
    return ids_needed(data) + IDS_AN_ITEM * lines_of(data)


@dataclass
class TakesFile(Operation):
    """The operation in the OpenAPI document, whose body is a CSV file or a workbook as it is."""

    def __post_init__(self) -> None:
        """The framework knows no such body, so it is written here."""
        text = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, description="CSV with headings"))
        book = OpenAPIMediaType(
            schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, description="XLSX workbook")
        )
        self.request_body = RequestBody(content={"text/csv": text, XLSX: book}, required=True)


def take(tx: Tx, kind: str, data: Source, source: str, tell: Progress | None = None) -> ImportReport:
    """Import a file of `kind` in the open transaction; `source` vouches for training results and duties."""
    run = ImportRun(tx.conn, tx.ids, tx.now_us, tell)
    if kind in SOURCED:
        return SOURCED[kind](run, data, source)
    if kind == "items":
        return import_items(run, data, partial(_receive_items, tx))
    if kind == "lots":
        return import_lots(run, data, partial(_receive_lots, tx))
    return PLAIN[kind](run, data)


def _receive_items(tx: Tx, _conn: sa.Connection, rows: Sequence[NewItem]) -> None:
    receive(tx, [Delivered(each.item_id, each.store_id, order_ref=each.order_ref) for each in rows])


def _receive_lots(tx: Tx, _conn: sa.Connection, rows: Sequence[NewLotStock]) -> None:
    for each in rows:
        receive_lot(tx, each.lot_id, each.store_id, each.quantity)


def look_over(database: Database, report: ImportReport) -> None:
    """After a large file: let PostgreSQL's planner know, in a transaction of its own."""
    if report.new + report.changed >= statistics.MANY_ROWS:
        database.write(lambda tx: statistics.refresh(tx.conn, WRITTEN))


def take_and_look(tx: Tx, policy: Policy, report: ImportReport) -> list[int]:
    """Whoever holds kit and may no longer, among those the import changed; alarms are raised. What a role's move ends
    has ended by then."""
    return look_after(tx, policy, report.person_ids_changed) if report.person_ids_changed else []


@post(
    "/imports/{kind:str}", operation_id="import_file", opt=COLLECTS, status_code=200, tags=["administration"],
    guards=[holding(*sorted({name for names in NEEDS.values() for name in names}))], request_max_body_size=BODY_MAX,
    responses=errors(401, 403, 404, 413, 422), operation_class=TakesFile,
)  # fmt: skip
async def import_file(
    kind: FromPath[str],
    body: RawBody,
    ctx: NamedDependency[Ctx],
    source: Annotated[str, QueryParameter(max_length=60, description="Who vouches for results or duties")] = "file",
    sheet: Annotated[str, QueryParameter(max_length=60, description="Sheet of a workbook; its first where empty")] = "",
) -> Imported:
    """Take in a CSV file or an XLSX workbook (the request's body). The same file twice changes nothing."""
    if kind not in NEEDS:
        raise not_found(f"kind of file {kind!r}; there are {', '.join(KINDS)}")
    ctx.need_any(NEEDS[kind], None)
    if not body.strip():
        raise bad_field("body", "a CSV file or an XLSX workbook with headings")
    service, policy = ctx.service, ctx.service.policies.now
    data = await asyncio.to_thread(opened, body, sheet)

    def act(tx: Tx) -> tuple[ImportReport, list[int]]:
        report = take(tx, kind, data, source)
        ineligible = take_and_look(tx, policy, report)
        ctx.about(*report.person_ids_changed)
        tx.record([ctx.line()])
        return report, ineligible

    ctx.query = f"{kind} from {source}, {len(body)} bytes"
    report, ineligible = await asyncio.to_thread(service.database.write, act, None, ids=ids_for(data))
    ctx.logged = True
    await asyncio.to_thread(look_over, service.database, report)
    return told(report, ineligible)


def told(report: ImportReport, ineligible: list[int]) -> Imported:
    """A report as an answer."""
    shown = [
        BadRow(sheet=each.sheet or None, line=each.line, field=each.field, value=each.value, expected=each.expected)
        for each in report.problems[:SHOWN_MAX]
    ]
    return Imported(
        new=report.new, changed=report.changed, unchanged=report.unchanged, bad=shown, ignored_headings=report.ignored,
        bad_rows=len({each.line for each in report.problems}), sheet=report.sheet or None,
        other_sheets=report.other_sheets, holders_now_ineligible=ineligible,
    )  # fmt: skip


ROUTES = [import_file]
