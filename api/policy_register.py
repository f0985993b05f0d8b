"""The register of policy documents over HTTP, the numbers that cite them, and what was in force on a day.

One rule for the editor: a document is written down anew, whole; nothing here edits a row or a number.
"""

from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.policy_rows import (
    DOCUMENT_COLUMNS,
    DocumentRow,
    DocumentSaid,
    StoodRow,
    TermRow,
    cites_of,
    document_cells,
    document_row,
    term_row,
)
from api.problems import bad_field, denied, errors, not_found
from api.processing import ALTERS, CONSULTS, NOTHING_PERSONAL
from inventory.gate.documents import Document
from inventory.gate.policy_changes import Term, terms, terms_in
from inventory.oversight.policy.changes import Stood, stood_at
from inventory.oversight.policy.register import OWNER, Entry, documents, register, write_down
from inventory.people.calendar import day_end_us, local_day
from inventory.schema.tx import Tx

SEERS = (
    OWNER, "AUDITOR", "ADMINISTRATOR", "CED_SPOC", "STORE_MANAGER", "DUTY_INSPECTOR", "TRAINING_RECORDER", "PLANNER",
    "RECORDS_MANAGER", "PSD", "EQUALITY_ANALYST",
)  # fmt: skip
"""Who may read policy: it says what is asked of people, and nothing of anybody."""
READ: dict[str, Any] = {"guards": [holding(*SEERS)], "responses": errors(401, 403), "tags": ["policy"]}


def entries_of(conn: sa.Connection, term_list: list[Term], today: date) -> tuple[list[DocumentRow], list[TermRow]]:
    """The register and the numbers, each with the other: what is late first, then by reference."""
    entries: dict[str, Entry] = register(conn, today)
    known: dict[str, Document] = {name: entry.document for name, entry in entries.items()}
    numbers = [term_row(each, known) for each in term_list]
    cites = cites_of(numbers)
    order = ("OVERDUE", "DUE", "GOOD", "UNKNOWN")
    rows = [document_row(entry, cites) for entry in entries.values()]
    return sorted(rows, key=lambda row: (order.index(row.review), row.days or 0, row.reference)), numbers


@get("/policy/documents", operation_id="list_policy_documents", opt=CONSULTS, **READ)
async def list_policy_documents(ctx: NamedDependency[Ctx]) -> list[DocumentRow]:
    """The register: what is overdue first, then what is due within sixty days."""
    return await _documents(ctx)


@get("/policy/documents.csv", operation_id="export_policy_documents", opt=CONSULTS, **READ)
async def export_policy_documents(ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The register as a table for a spreadsheet."""
    return as_csv("policy-register.csv", DOCUMENT_COLUMNS, [document_cells(row) for row in await _documents(ctx)])


async def _documents(ctx: Ctx) -> list[DocumentRow]:
    numbers, today = terms(ctx.service.policies.now), local_day(ctx.now_us)
    rows, _ = await ctx.read(lambda conn: entries_of(conn, numbers, today))
    ctx.about(*(row.recorded_by for row in rows))
    return rows


@post("/policy/documents", operation_id="write_policy_document", guards=[holding(OWNER)], opt=ALTERS, status_code=200,
      responses=errors(401, 403, 422), tags=["policy"])  # fmt: skip
async def write_policy_document(data: JSONBody[DocumentSaid], ctx: NamedDependency[Ctx]) -> list[DocumentRow]:
    """Write down a document after its review, or a new one. What stood before is kept, and speaks no longer."""

    def act(tx: Tx) -> None:
        try:
            write_down(tx, data.document(), ctx.person_id)
        except PermissionError as told:
            raise denied(str(told)) from None
        except ValueError as told:
            name, _, expected = str(told).partition(": ")
            raise bad_field(name, expected) from None

    await ctx.write(act)
    return await _documents(ctx)


@get("/policy/terms", operation_id="list_policy_terms", opt=NOTHING_PERSONAL, **READ)
async def list_policy_terms(ctx: NamedDependency[Ctx]) -> list[TermRow]:
    """Every number and word in force that may be changed, with its source and the documents it names."""
    known = await ctx.read(documents)
    return [term_row(each, known) for each in terms(ctx.service.policies.now)]


Day = Annotated[date, QueryParameter(description="A London day; what held at its end, or holds now")]


@get("/policy/in-force", operation_id="read_policy_of_a_day", opt=NOTHING_PERSONAL, guards=[holding(*SEERS)],
     responses=errors(400, 401, 403, 404), tags=["policy"])  # fmt: skip
async def read_policy_of_a_day(on: Day, ctx: NamedDependency[Ctx]) -> StoodRow:
    """What was in force on a day: the version and hash that its decisions name, and every number."""
    found = await ctx.read(lambda conn: stood_on(conn, on, ctx.now_us))
    if found is None:
        raise not_found("policy of that day: the service had not begun")
    known = await ctx.read(documents)
    rows = [term_row(each, known) for each in terms_in(found.body)]
    return StoodRow(day=on, since_us=found.since_us, version=found.version, hash=found.hash, terms=rows)


def stood_on(conn: sa.Connection, day: date, now_us: int) -> Stood | None:
    """What held at the end of a London day, or holds now where it is not over."""
    return stood_at(conn, min(day_end_us(day) - 1, now_us))


ROUTES = [
    list_policy_documents, export_policy_documents, write_policy_document, list_policy_terms, read_policy_of_a_day,
]  # fmt: skip
