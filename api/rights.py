"""Rights of people over their data, and the Commissioner's: the register of requests with its clock, the answer in one
act, the export of the processing log, and the records of processing made from the routes themselves.

One rule for the editor: every file is disclosed with its recipient and hash in the line of its request, and others than
the person it is about are taken out of what that person is given.
"""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.bundles import Bundle
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.later import Later
from api.packs import PackAsk, hand_out, header_of
from api.params import PathId
from api.problems import Problem, bad_field, errors, not_found
from api.processing import ALTERS, COLLECTS, CONSULTS, NOTHING_PERSONAL, Log
from api.processing_records import HEADS, records_of_processing
from api.retention import Numbered
from inventory.custody.hatch_names import people_said
from inventory.oversight.disclosure import requests as register
from inventory.oversight.disclosure.log_export import HASHED_SO, PURPOSES, is_whole, log_of, person_known
from inventory.oversight.disclosure.own_data import own_data
from inventory.oversight.disclosure.requests import Pack, RequestRefused, RightsRequest
from inventory.oversight.disclosure.rows import sha256_of, text_of
from inventory.people.calendar import local_day
from inventory.schema.tx import Tx

OWN_PDF = Later("api.data_papers:own_data_pdf")
KEEPER = ("RECORDS_MANAGER",)
SEERS = ("RECORDS_MANAGER", "AUDITOR")
EXPORTERS = ("LOG_READER",)
DAYS_MAX = 400
DISCLOSES: dict[str, Any] = {"log": Log("DISCLOSURE", "whoever the request names")}
ACT: dict[str, Any] = {
    "guards": [holding(*KEEPER)], "status_code": 200, "tags": ["oversight"],
    "responses": errors(401, 403, 404, 409, 422),
}  # fmt: skip
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Named = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class RequestAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody asked for their own data: who (collar or number), on which day, and the force's number of it."""

    person: Named
    received_on: date
    reference: Words


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request, when it is due, and what became of it. `days_left` is below nought where it is late."""

    id: int
    person_id: int
    received_on: str
    due_on: str
    days_left: int
    reference: str
    state: str
    ended_us: int | None
    sha256: str | None


class Detail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happened, in a sentence."""

    detail: Words


class LogExportAsk(PackAsk, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The processing log about and by a person (collar or number), from a day to a day, for one of the uses of s.62(4)
    or (5): LAWFULNESS, SELF_MONITORING, INTEGRITY, CRIMINAL, COMMISSIONER."""

    person: Named
    from_on: date
    to_on: date
    use: str = "COMMISSIONER"


@get("/rights-requests", operation_id="list_rights_requests", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403), tags=["oversight"])  # fmt: skip
async def list_requests(ctx: NamedDependency[Ctx]) -> list[RequestRow]:
    """Requests by people for their own data, with the days that are left."""
    found = await ctx.read(lambda conn: register.requests(conn, 500))
    ctx.about(*(each.person_id for each in found))
    return [request_row(each, local_day(ctx.now_us)) for each in found]


def request_row(of: RightsRequest, today: date) -> RequestRow:
    """A request as clients have it."""
    ended = of.ended
    state = ended.act if ended else "LATE" if of.days_left(today) < 0 else "OPEN"
    return RequestRow(
        id=of.id, person_id=of.person_id, received_on=of.received_on, due_on=of.due_on, days_left=of.days_left(today),
        reference=of.reference, state=state, ended_us=ended.at_us if ended else None,
        sha256=ended.sha256 if ended else None,
    )  # fmt: skip


@post("/rights-requests", operation_id="receive_rights_request", opt=COLLECTS, **ACT)
async def receive_request(data: JSONBody[RequestAsk], ctx: NamedDependency[Ctx]) -> Numbered:
    """Write down that somebody asked for their own data: it is due in a month."""
    ctx.need("RECORDS_MANAGER", None)

    def act(tx: Tx) -> Numbered:
        person_id = person_known(tx.conn, data.person).id
        ctx.about(person_id)
        return Numbered(id=register.receive(tx, person_id, data.received_on, data.reference, ctx.person_id))

    return await ctx.write(_told(act))


@post("/rights-requests/{request_id:int}/extend", operation_id="extend_rights_request", opt=ALTERS, **ACT)
async def extend_request(request_id: PathId, data: JSONBody[Detail], ctx: NamedDependency[Ctx]) -> Numbered:
    """Extend a request by two months, with the reason that the person was told."""
    ctx.need("RECORDS_MANAGER", None)

    def act(tx: Tx) -> Numbered:
        register.extend(tx, request_id, ctx.person_id, data.detail)
        return Numbered(id=request_id)

    return await ctx.write(_told(act))


@post("/rights-requests/{request_id:int}/withdraw", operation_id="withdraw_rights_request", opt=ALTERS, **ACT)
async def withdraw_request(request_id: PathId, data: JSONBody[Detail], ctx: NamedDependency[Ctx]) -> Numbered:
    """Who asked took it back."""
    ctx.need("RECORDS_MANAGER", None)

    def act(tx: Tx) -> Numbered:
        register.withdraw(tx, request_id, ctx.person_id, data.detail)
        return Numbered(id=request_id)

    return await ctx.write(_told(act))


@post("/rights-requests/{request_id:int}/answer", operation_id="answer_rights_request", opt=DISCLOSES, **ACT)
async def answer_request(
    request_id: PathId, data: JSONBody[PackAsk], ctx: NamedDependency[Ctx]
) -> Response[bytes]:
    """Everything held on the person who asked, as paper and JSON, others taken out; the request is answered by it."""
    ctx.need("RECORDS_MANAGER", None)

    def look(conn: sa.Connection) -> tuple[int, Bundle]:
        of = register.open_one(conn, request_id)
        return of.person_id, _own(conn, of.person_id)

    try:
        person_id, made = await ctx.read(look)
    except LookupError as problem:
        raise not_found(str(problem)) from None
    except RequestRefused as problem:
        raise _refused(problem) from None
    ctx.about(person_id)
    made = replace(made, header=header_of(ctx, data))
    pack = Pack(0, "ACCESS", f"request {request_id}", made.sha256, 0, ctx.person_id, data.purpose, data.recipient)

    def answered(tx: Tx) -> None:
        register.answer(tx, request_id, ctx.person_id, data.recipient, made.sha256)

    return await hand_out(ctx, made, pack, _told(answered))


def _own(conn: sa.Connection, person_id: int) -> Bundle:
    content = own_data(conn, person_id)
    files = {"own-data.json": text_of(content)}
    name = people_said(conn, [person_id]).get(person_id, f"person {person_id}")
    paper = OWN_PDF()(content, name, sha256_of(files["own-data.json"]), "Kit store")
    return Bundle(f"own-data-{person_id}.zip", {**files, "own-data.pdf": paper}, {})


@post("/ico-exports", operation_id="export_processing_log", status_code=200, guards=[holding(*EXPORTERS)],
      opt=DISCLOSES, responses=errors(401, 403, 404, 422), tags=["oversight"])  # fmt: skip
async def export_log(data: JSONBody[LogExportAsk], ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The processing log about and by a person over some days, with the hash of every line and a manifest, for one of
    the uses that the law allows. The export is itself a line, with its recipient and hash."""
    ctx.need("LOG_READER", None)
    if data.use not in PURPOSES:
        raise bad_field("use", f"one of {', '.join(PURPOSES)}", data.use)
    if not data.from_on <= data.to_on or (data.to_on - data.from_on).days > DAYS_MAX:
        raise bad_field("to_on", f"a day from {data.from_on}, at most {DAYS_MAX} days later", data.to_on)
    try:
        person_id, made = await ctx.read(lambda conn: log_bundle(conn, data))
    except LookupError as problem:
        raise not_found(str(problem)) from None
    except ValueError as problem:
        raise bad_field("to_on", str(problem).partition("expected ")[2]) from None
    ctx.about(person_id)
    made = replace(made, header=header_of(ctx, data))
    subject = f"person {person_id}, {data.from_on} to {data.to_on}"
    return await hand_out(ctx, made, Pack(0, "ICO", subject, made.sha256, 0, ctx.person_id,
                                          f"{PURPOSES[data.use]}: {data.purpose}", data.recipient))  # fmt: skip


def log_bundle(conn: sa.Connection, data: LogExportAsk) -> tuple[int, Bundle]:
    """The person's id and the export; its header is still to be filled in. Raises LookupError and ValueError."""
    person = person_known(conn, data.person)
    rows = log_of(conn, person.id, data.from_on, data.to_on)
    about = {
        "person": {"id": person.id, "number": person.ref, "collar": person.collar, "name": person.name},
        "from": data.from_on.isoformat(), "to": data.to_on.isoformat(), "lines": len(rows),
        "use": PURPOSES[data.use], "hashed": HASHED_SO, "every_hash_is_its_lines": is_whole(rows),
    }  # fmt: skip
    lines = "".join(msgspec.json.encode(row).decode() + "\n" for row in rows)
    files = {"about.json": text_of(about), "processing-log.jsonl": lines.encode()}
    return person.id, Bundle(f"processing-log-{person.ref}-{data.from_on}-{data.to_on}.zip", files, {})


@get("/records-of-processing.csv", operation_id="export_records_of_processing",
     guards=[holding("RECORDS_MANAGER", "AUDITOR", "LOG_READER")], opt=NOTHING_PERSONAL, responses=errors(401, 403),
     tags=["oversight"])  # fmt: skip
async def records_csv(request: Request[Any, Any, Any], ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The records of processing (UK GDPR art. 30; DPA 2018 s.61), made from the routes that there are."""
    _ = ctx.person_id
    return as_csv("records-of-processing.csv", HEADS, records_of_processing(request.app))


def _told(act: Any) -> Any:
    """The act; the problem for what it refuses."""

    def told(tx: Tx) -> Any:
        try:
            return act(tx)
        except LookupError as problem:
            raise not_found(str(problem)) from None
        except RequestRefused as problem:
            raise _refused(problem) from None

    return told


def _refused(problem: RequestRefused) -> Problem:
    return Problem(409, "not-possible", str(problem), refusals=[{"sentence": str(problem)}])


ROUTES = [
    list_requests, receive_request, extend_request, withdraw_request, answer_request, export_log, records_csv,
]  # fmt: skip
