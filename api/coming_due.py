"""What comes due on kit: full checks, dockings and reviews of kit for keeps by store and band, and printed
dates, the first to expire first.

One rule for the editor: reads only. A check is written down by its own act on the item's page (`api.passages`), or by a
dock's word.
"""

from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.context import Ctx
from api.csv_out import as_csv, utc_said
from api.guards import holding
from api.params import QueryId
from api.problems import errors
from api.processing import CONSULTS, Log
from inventory.custody.checking import due_now
from inventory.custody.coming_due import LATER, CheckDue, Expiring, expiring
from inventory.gate.kind_policy import Policy

SEERS = ("ISSUER", "STORE_MANAGER", "TECHNICIAN", "CED_SPOC", "AUDITOR", "SUPERVISOR")
DAYS_MAX = 3650
Days = Annotated[
    int | None, QueryParameter(ge=0, le=DAYS_MAX, description="How many days ahead; the policy's, if left out")
]
Band = Literal["OVERDUE", "NEVER", "DUE_3", "DUE_7", "DUE_14", "DUE_30", "LATER", "NOT_SET"]


class CheckDueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One item and one check (REVIEW: a look at what its officer keeps for good). `due_on`: the London day at whose
    start it is overdue. `store_id`: where it is, or whose.

    `band`: OVERDUE; NEVER (none on record); DUE_14 and DUE_30, of a docking DUE_3 and DUE_7 (days left); LATER; NOT_SET
    (the force has set no interval for its model, and it is not issued). `failed`: its newest full check did not pass.
    """

    item_id: int
    kind: str
    model: str
    serial: str
    store_id: int
    person_id: int | None
    check: str
    last_us: int | None
    due_on: str | None
    band: Band
    failed: bool


class ExpiringRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something whose printed date is past or near. `days` left, less than nought once past. `store_id` null: pieces of
    a lot that are in no store. `out_past`: it is out, and due back only after that date, or not at all."""

    item_id: int | None
    lot_id: int | None
    kind: str
    model: str
    serial: str
    store_id: int | None
    holder: str
    person_id: int | None
    quantity: int
    expires_on: str
    days: int
    out_past: bool


def check_rows(conn: sa.Connection, policy: Policy, now_us: int, store_id: int | None) -> list[CheckDueRow]:
    """Every check that is asked, the most pressing first."""
    return [_check_row(each) for each in due_now(conn, policy, now_us) if store_id in (None, each.store_id)]


def _check_row(each: CheckDue) -> CheckDueRow:
    return CheckDueRow(
        item_id=each.item_id, kind=each.kind, model=each.model, serial=each.serial, store_id=each.store_id,
        person_id=each.person_id, check=each.check, last_us=each.last_us,
        due_on=each.due_on.isoformat() if each.due_on else None, band=each.band, failed=each.failed,  # type: ignore[arg-type]
    )  # fmt: skip


def expiring_rows(conn: sa.Connection, days: int, now_us: int, store_id: int | None) -> list[ExpiringRow]:
    """Everything whose date is past or within `days`, the first to expire first."""
    found = expiring(conn, days, now_us)
    return [_expiring_row(each) for each in found if store_id in (None, each.store_id)]


def _expiring_row(each: Expiring) -> ExpiringRow:
    return ExpiringRow(
        item_id=each.item_id, lot_id=each.lot_id, kind=each.kind, model=each.model, serial=each.serial,
        store_id=each.store_id or None, holder=each.holder, person_id=each.person_id, quantity=each.quantity,
        expires_on=each.expires_on.isoformat(), days=each.days, out_past=each.is_out_past,
    )  # fmt: skip


@get("/checks-due", operation_id="list_checks_due", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403), tags=["items"])  # fmt: skip
async def list_checks_due(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    is_all: Annotated[bool, QueryParameter(name="all", description="Those with time left too")] = False,
) -> list[CheckDueRow]:
    """Full checks, dockings and reviews of kit for keeps that are overdue or due soon, of one store or of all."""
    ctx.need_any(SEERS, store_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us
    rows = await ctx.read(lambda conn: check_rows(conn, policy, now_us, store_id))
    shown = [row for row in rows if is_all or row.band != LATER]
    ctx.about(*(row.person_id for row in shown))
    return shown


@get("/checks-due.csv", operation_id="export_checks_due", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["items"])  # fmt: skip
async def export_checks_due(ctx: NamedDependency[Ctx], store_id: QueryId = None) -> Response[bytes]:
    """Every check that is asked, as a table for a spreadsheet. It names nobody."""
    ctx.need_any(SEERS, store_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us

    def look(conn: sa.Connection) -> tuple[list[CheckDueRow], dict[int, str]]:
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        return check_rows(conn, policy, now_us, store_id), stores

    rows, stores = await ctx.read(look)
    heads = ("check", "band", "kind", "model", "serial", "store", "out", "last_done", "due_before", "failed")
    lines = [
        (row.check, row.band, row.kind, row.model, row.serial, stores.get(row.store_id, ""),
         "yes" if row.person_id else "no", utc_said(row.last_us), row.due_on, "yes" if row.failed else "no")
        for row in rows
    ]  # fmt: skip
    return as_csv("checks-due.csv", heads, lines)


@get("/expiring", operation_id="list_expiring", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     tags=["items"])  # fmt: skip
async def list_expiring(
    ctx: NamedDependency[Ctx], store_id: QueryId = None, days: Days = None
) -> list[ExpiringRow]:
    """Whatever has passed its printed date or will within `days`, on the shelf or out, the first to expire first."""
    ctx.need_any(SEERS, store_id)
    ahead = ctx.service.policies.now.chases.expiry_days if days is None else days
    rows = await ctx.read(lambda conn: expiring_rows(conn, ahead, ctx.now_us, store_id))
    ctx.about(*(row.person_id for row in rows))
    return rows


@get("/expiring.csv", operation_id="export_expiring", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["items"])  # fmt: skip
async def export_expiring(
    ctx: NamedDependency[Ctx], store_id: QueryId = None, days: Days = None
) -> Response[bytes]:
    """The same as a table for a spreadsheet. It names nobody."""
    ctx.need_any(SEERS, store_id)
    ahead = ctx.service.policies.now.chases.expiry_days if days is None else days

    def look(conn: sa.Connection) -> tuple[list[ExpiringRow], dict[int, str]]:
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        return expiring_rows(conn, ahead, ctx.now_us, store_id), stores

    rows, stores = await ctx.read(look)
    heads = ("expires_on", "days_left", "kind", "model", "serial_or_lot", "pieces", "store", "where", "out_past_date")
    lines = [
        (row.expires_on, row.days, row.kind, row.model, row.serial, row.quantity, stores.get(row.store_id or 0, ""),
         row.holder, "yes" if row.out_past else "no")
        for row in rows
    ]  # fmt: skip
    return as_csv("expiring.csv", heads, lines)


ROUTES = [list_checks_due, export_checks_due, list_expiring, export_expiring]
