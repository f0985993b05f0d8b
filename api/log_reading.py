"""Reading the processing log: who looked at whom, for those alone who may, and logged itself.

One rule for the editor: DPA 2018 s.62(4) says what these lines may be used for. There is no counting, sorting by
person or grouping here, and none may be added.
"""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from api.context import Ctx
from api.guards import holding
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import ID_MAX
from api.problems import Problem, bad_field, errors
from api.processing import CONSULTS
from inventory.oversight.disclosure.log_export import PURPOSES
from inventory.schema.fast import Fast
from inventory.schema.oversight import processing_log

NOT_TO_MEASURE = (
    "The processing log is not counted by person. It may be used to verify that processing was lawful, for"
    " self-monitoring, to keep personal data whole and secure, and for criminal proceedings (DPA 2018 s.62(4)); how"
    " much somebody worked is none of these. What a store did is in the reports, which are made from the ledger."
)
SPAN_MAX_US = 400 * 86_400_000_000


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the processing log."""

    id: int
    chain: str
    seq: int
    at_us: int
    operation: str
    route: str
    actor_kind: str
    actor_id: int | None
    subjects: list[int]
    query: str | None
    reason: str | None
    recipient: str | None
    outcome: str
    request_id: str
    hash: str


class LogAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines, and how many."""

    from_us: int
    to_us: int
    person_id: int | None
    limit: int
    after: tuple[int, int]


_NAMES = LogRow.__struct_fields__
_inner = sa.func.substr(processing_log.c.subjects, 2, sa.func.length(processing_log.c.subjects) - 2)
_ABOUT = sa.literal(",") + _inner + sa.literal(",")
"""`subjects` is a JSON list of ids; between commas one id is one word."""

_LIST = (
    sa.select(*(processing_log.c[name] for name in _NAMES))
    .where(
        processing_log.c.at_us >= sa.bindparam("from_us"),
        processing_log.c.at_us < sa.bindparam("to_us"),
        sa.or_(processing_log.c.at_us > sa.bindparam("from_us"), processing_log.c.id > sa.bindparam("after_id")),
    )
    .order_by(processing_log.c.at_us, processing_log.c.id)
    .limit(sa.bindparam("most"))
)
_ALL = Fast(_LIST)
_OF_PERSON = Fast(
    _LIST.where(
        sa.or_(
            _ABOUT.like(sa.bindparam("pattern")),
            sa.and_(processing_log.c.actor_kind == "PERSON", processing_log.c.actor_id == sa.bindparam("person_id")),
        )
    )
)


def log_ask(
    ctx: NamedDependency[Ctx],
    from_us: Annotated[int, QueryParameter(ge=0, le=2**53)],
    to_us: Annotated[int, QueryParameter(ge=0, le=2**53)],
    person_id: Annotated[
        int | None, QueryParameter(ge=1, le=ID_MAX, description="About this person, or by them")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> LogAsk:
    """The list's parameters. Asks for `ctx` so that the two are not one batch of dependencies (`api.context`)."""
    ctx.query = f"{from_us} to {to_us}, person {person_id}"
    after = key_of(cursor, int, int) if cursor else (-1, 0)
    return LogAsk(from_us=from_us, to_us=to_us, person_id=person_id, limit=limit, after=(after[0], after[1]))


def log_use(
    ctx: NamedDependency[Ctx],
    purpose: Annotated[str | None, QueryParameter(description="One of the uses of s.62(4)")] = None,
    count_by: Annotated[str | None, QueryParameter(max_length=40, description="Always refused: s.62(4)")] = None,
) -> str:
    """For which use the log is read, in words; "" where none is named. Raises the 403 problem for counting by it."""
    if count_by is not None:
        raise Problem(403, "not-a-use-of-the-log", NOT_TO_MEASURE)
    if purpose is not None and purpose not in PURPOSES:
        raise bad_field("purpose", f"one of {', '.join(PURPOSES)}", purpose, 400)
    ctx.reason = PURPOSES[purpose] if purpose else None
    return ctx.reason or ""


@get("/processing-log", operation_id="read_processing_log", guards=[holding("LOG_READER")], opt=CONSULTS,
     dependencies={"asked": Provide(log_ask, sync_to_thread=False), "use": Provide(log_use, sync_to_thread=False)},
     responses=errors(401, 403),
     tags=["oversight"])  # fmt: skip
async def read_log(
    ctx: NamedDependency[Ctx], asked: NamedDependency[LogAsk], use: NamedDependency[str]
) -> Page[LogRow]:
    """Lines of a span of time, oldest first; of one person where asked. Reading them is itself a line, with its use."""
    ctx.reason = use or None
    if not asked.from_us < asked.to_us <= asked.from_us + SPAN_MAX_US:
        raise bad_field("to_us", "a time after from_us, at most 400 days", asked.to_us, 400)
    found = await ctx.read(lambda conn: lines_of(conn, asked))
    ctx.about(asked.person_id, *(subject for row in found for subject in row.subjects))
    return page_of(found, asked.limit, [(row.at_us, row.id) for row in found])


def lines_of(conn: sa.Connection, asked: LogAsk) -> list[LogRow]:
    """The lines asked for, oldest first, and one more than `limit` where there are more."""
    params: dict[str, Any] = {
        # A page begins where the last one ended, not where the span does: what was shown is not read again.
        **_start(asked), "to_us": asked.to_us, "most": asked.limit + 1,
    }  # fmt: skip
    statement = _ALL
    if asked.person_id is not None:
        statement = _OF_PERSON
        params |= {"person_id": asked.person_id, "pattern": f"%,{asked.person_id},%"}
    return [_row(row) for row in statement.rows(conn, params)]


def _start(asked: LogAsk) -> dict[str, int]:
    after_us, after_id = asked.after
    return {"from_us": asked.from_us, "after_id": -1} if after_us < asked.from_us else {
        "from_us": after_us, "after_id": after_id,
    }  # fmt: skip


def _row(row: tuple[Any, ...]) -> LogRow:
    values = dict(zip(_NAMES, row, strict=True))
    return LogRow(**{**values, "subjects": msgspec.json.decode(values["subjects"])})


ROUTES = [read_log]
