"""The named reports: which there are, what each found, and what it found as a file.

One rule for the editor: one family of routes for every report. A report is a line in
`inventory.oversight.reports.REPORTS`; none has a route of its own.
"""

import json
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from api.context import Ctx
from api.guards import signed_in
from api.later import Later
from api.openapi import PATH
from api.params import PathId
from api.problems import Problem, errors, not_found
from api.processing import CONSULTS, NOTHING_PERSONAL, Log
from api.report_asking import (
    BY_NAME,
    FILES,
    RECIPIENT_CHARS_MAX,
    Wanted,
    found_for,
    in_reader,
    may_ask,
    texts_of,
    wanted,
)  # fmt: skip
from api.report_runs import Run, begin, result_of, run_of, runs_of
from api.report_words import Asker
from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.finding import Found
from inventory.oversight.reports.report import Report

MADE = Later("api.report_files:made")
"""What writes files, loaded with the first one."""
Recipient = Annotated[
    str, QueryParameter(max_length=RECIPIENT_CHARS_MAX, description="Who the file is for; kept in the log")
]
Value = str | int | float | bool | None


class ParameterRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is asked with. `needed`: it must be given; else it has a default, or may be left out.

    A store is given by id or code, a person by collar, number or id, a moment as London time, with an offset, or as
    UTC microseconds."""

    key: str
    title: str
    kind: str
    needed: bool
    choices: list[str]
    least: int | None
    most: int | None


class ColumnRow(msgspec.Struct, frozen=True, kw_only=True):
    """One column. `kind` says how a cell is read: `moment` UTC microseconds, `day` a London date, `percent` 0-100,
    `item`, `person` and `store` ids that `names` names, the rest as it says."""

    key: str
    title: str
    kind: str


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report that may be asked. `may_ask`: whoever looks holds one of `seers` in some store. `is_long`: it is
    answered in the background (`/reports/{name}/runs`)."""

    name: str
    question: str
    title: str
    definition: str
    trap: str
    source: str
    seers: list[str]
    may_ask: bool
    names_people: bool
    is_long: bool
    parameters: list[ParameterRow]
    columns: list[ColumnRow]


class NamesRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the ids in the rows are called."""

    items: dict[int, str]
    people: dict[int, str]
    stores: dict[int, str]


class ReportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a report found, with what it is. `sha256` is over `{"columns": [keys], "rows": rows}` as JSON without
    blanks, in UTF-8: the files of the same answer print the same."""

    name: str
    question: str
    title: str
    definition: str
    trap: str
    source: str
    asked: dict[str, Value]
    made_us: int
    policy_version: str
    columns: list[ColumnRow]
    rows: list[list[Value]]
    notes: list[str]
    totals: dict[str, Value]
    names: NamesRow
    sha256: str


def report_row(report: Report, *, is_seen: bool) -> ReportRow:
    """A report as clients have it."""
    return ReportRow(
        name=report.name, question=report.question, title=report.title, definition=report.definition, trap=report.trap,
        source=report.source, seers=list(report.seers), may_ask=is_seen, names_people=report.names_people,
        is_long=report.is_long, parameters=[
            ParameterRow(
                key=each.key, title=each.title, kind=each.kind, needed=each.default is None and not each.optional,
                choices=list(each.choices), least=each.least if each.kind == "number" else None,
                most=each.most if each.kind == "number" else None,
            )
            for each in report.parameters
        ],
        columns=_columns(report),
    )  # fmt: skip


def _columns(report: Report) -> list[ColumnRow]:
    return [ColumnRow(key=each.key, title=each.title, kind=each.kind) for each in report.columns]


def answer_of(found: Found) -> ReportAnswer:
    """What was found as clients have it."""
    report, names = found.report, found.names
    return ReportAnswer(
        name=report.name, question=report.question, title=report.title, definition=report.definition, trap=report.trap,
        source=report.source, asked=dict(found.given), made_us=found.made_us, policy_version=found.policy,
        columns=_columns(report), rows=[list(row) for row in found.answer.rows], notes=list(found.answer.notes),
        totals=dict(found.answer.totals),
        names=NamesRow(items=dict(names.items), people=dict(names.people), stores=dict(names.stores)),
        sha256=found.digest,
    )  # fmt: skip


def not_long(asked: Wanted) -> None:
    """Raise the 409 problem for a report that takes long: nobody waits for it."""
    if asked.report.is_long:
        raise Problem(
            409, "not-possible", f"This report takes long: POST {PATH}/reports/{asked.report.name}/runs."
        )


@get("/reports", operation_id="list_reports", guards=[signed_in], opt=NOTHING_PERSONAL, responses=errors(401),
     tags=["reports"])  # fmt: skip
async def list_reports(ctx: NamedDependency[Ctx]) -> list[ReportRow]:
    """Every named report with its definition, its trap, its parameters and its columns."""
    who = ctx.who
    return [report_row(each, is_seen=may_ask(who, each)) for each in REPORTS]


@get("/reports/{name:str}", operation_id="ask_report", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 403, 404, 422), tags=["reports"])  # fmt: skip
async def ask_report(
    name: FromPath[str], ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> ReportAnswer:
    """A report, answered now. Its parameters are given in the address by their keys (`?store=ME&days=30`)."""
    asked = await wanted(ctx, name, texts_of(request.query_params.multi_items()))
    not_long(asked)
    return answer_of(await found_for(ctx, asked))


@get("/reports/{name:str}/{form:str}", operation_id="export_report", guards=[signed_in],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403, 404, 422),
     tags=["reports"])  # fmt: skip
async def export_report(
    name: FromPath[str],
    form: FromPath[str],
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    recipient: Recipient = "",
) -> Response[bytes]:
    """The same as a file: `csv`, `xlsx` or `pdf`. Its hash and whom it is for are kept in the processing log."""
    if form not in FILES:
        raise not_found(f"file of this form; there are {', '.join(FILES)}")
    asked = await wanted(ctx, name, texts_of(request.query_params.multi_items()))
    not_long(asked)
    return await file_of(ctx, await found_for(ctx, asked), form, recipient)


async def file_of(ctx: Ctx, found: Found, form: str, recipient: str) -> Response[bytes]:
    """A file to take away, with its hash in this request's line of the processing log."""
    made = await in_reader(ctx.service, lambda: MADE()(found, form, Asker(ctx.who.name)))
    ctx.recipient = recipient.strip() or None
    ctx.query = json.dumps({"report": found.report.name, "asked": dict(found.given), "sha256": made.sha256})
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Repr-Digest": made.repr_digest}
    return Response(made.body, media_type=made.media, headers=headers)


# ---- in the background ---------------------------------------------------------------------------------------


class RunAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parameters of a report, by key, as texts."""

    asked: dict[str, Annotated[str, msgspec.Meta(max_length=200)]] = {}


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report asked for in the background. `state`: RUNNING; DONE; FAILED; DIED, where the instance that worked on it
    is heard of no more. `share` of the work is done, 0 to 1. `sha256` is the data's, as in the answer."""

    run_id: int
    name: str
    title: str
    asked: dict[str, Value]
    asked_us: int
    state: str
    share: float
    ended_us: int | None
    trouble: str | None
    sha256: str | None


def run_row(run: Run, now_us: int) -> RunRow:
    """A run as clients have it."""
    return RunRow(
        run_id=run.id, name=run.name, title=BY_NAME[run.name].title, asked=dict(run.given), asked_us=run.asked_us,
        state=run.said(now_us), share=run.permille / 1000, ended_us=run.ended_us, trouble=run.trouble,
        sha256=run.digest,
    )  # fmt: skip


@post("/reports/{name:str}/runs", operation_id="begin_report", guards=[signed_in], opt=CONSULTS, status_code=202,
      responses=errors(401, 403, 404, 422, 429), tags=["reports"])  # fmt: skip
async def begin_report(name: FromPath[str], data: JSONBody[RunAsk], ctx: NamedDependency[Ctx]) -> RunRow:
    """Have a report answered in the background: any may be, and those that take long must be. It is kept for some hours
    for whoever asked."""
    run = await begin(ctx, await wanted(ctx, name, data.asked))
    return run_row(run, ctx.now_us)


@get("/report-runs", operation_id="list_report_runs", guards=[signed_in], opt=CONSULTS, responses=errors(401),
     tags=["reports"])  # fmt: skip
async def list_runs(ctx: NamedDependency[Ctx]) -> list[RunRow]:
    """What whoever asks has asked for in the background and is still kept, the newest first."""
    person_id, now_us = ctx.person_id, ctx.now_us
    found = await ctx.read(lambda conn: runs_of(conn, person_id))
    ctx.about(*({person_id} if found else ()))
    return [run_row(each, now_us) for each in found if each.name in BY_NAME]


@get("/report-runs/{run_id:int}", operation_id="get_report_run", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 404), tags=["reports"])  # fmt: skip
async def get_run(run_id: PathId, ctx: NamedDependency[Ctx]) -> RunRow:
    """How far one of one's own reports is."""
    run = await run_of(ctx, run_id)
    ctx.about(run.by_person)
    return run_row(run, ctx.now_us)


@get("/report-runs/{run_id:int}/answer", operation_id="get_report_run_answer", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 404, 409), tags=["reports"])  # fmt: skip
async def get_run_answer(run_id: PathId, ctx: NamedDependency[Ctx]) -> ReportAnswer:
    """What it found, as `ask_report` answers."""
    return answer_of(await result_of(ctx, await run_of(ctx, run_id)))


@get("/report-runs/{run_id:int}/{form:str}", operation_id="export_report_run", guards=[signed_in],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 404, 409),
     tags=["reports"])  # fmt: skip
async def export_run(
    run_id: PathId, form: FromPath[str], ctx: NamedDependency[Ctx], recipient: Recipient = ""
) -> Response[bytes]:
    """What it found as a file: `csv`, `xlsx` or `pdf`."""
    if form not in FILES:
        raise not_found(f"file of this form; there are {', '.join(FILES)}")
    return await file_of(ctx, await result_of(ctx, await run_of(ctx, run_id)), form, recipient)


ROUTES = [
    list_reports, ask_report, export_report, begin_report, list_runs, get_run, get_run_answer, export_run,
]  # fmt: skip
