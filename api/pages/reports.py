"""Named reports on the screen: the list of them; one with its form, picture and table; and those in the background.

One rule for the editor: one page for every report, made from what the report says of itself. What is asked and who may
ask is `api.report_asking`, the same as for programs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.packs import DISCLOSERS, STRATEGISTS
from api.pages.frame import PAGE, has_any, html, page_of, stores_of
from api.pages.render import render
from api.params import PathId
from api.plots import figure_of
from api.problems import FieldError, Problem, denied
from api.processing import CONSULTS
from api.report_asking import EVERY_SEER, found_for, may_ask, report_named, texts_of, wanted
from api.report_runs import Run, result_of, run_of, runs_of
from api.report_words import totals_said
from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.finding import Found, Names
from inventory.oversight.reports.report import Cell, Column, Parameter, Report
from inventory.oversight.reports.wording import cell_said, given_said
from inventory.people.calendar import LONDON

ROWS_MAX = 1000
"""Rows that a page shows; the files have them all."""
NUMBERS = ("count", "percent", "hours")
GROUPS = (
    ("Who may draw, and what is ready", (1, 2, 3, 4, 5, 19)),
    ("Where kit is, who has it, what is missing", (6, 7, 8, 9)),
    ("Refusals and exceptions", (10, 11)),
    ("Care of kit", (12,)),
    ("Use and its evidence", (13, 14, 15, 16)),
    ("Extraordinary demand", (17, 18)),
    ("Accountability", (20, 21, 22, 23, 24)),
)
"""Heading -> questions, in the order of the page."""
STATES = {
    "RUNNING": ("warn", "clock", "Being worked on"),
    "DONE": ("good", "tick", "Done"),
    "FAILED": ("bad", "cross", "It did not work"),
    "DIED": ("bad", "warning", "It stopped with the service that worked on it"),
}
LINKS = {"item": "/items/", "person": "/people/", "store": "/stores/"}
HINTS = {
    "person": "Collar, the force's number or id", "serial": "As it is printed", "moment": "London time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a report's form, with what stands in it and what is wrong with it."""

    key: str
    title: str
    kind: str
    value: str
    is_needed: bool
    hint: str
    problem: str
    choices: Sequence[tuple[str, str]]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class CellShown:
    """One cell: its words, where it leads, and what it is sorted by."""

    text: str
    href: str
    sort: str
    is_number: bool
    is_empty: bool


@get("/reports", guards=[holding(*EVERY_SEER)], opt=CONSULTS, **PAGE)
async def reports_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    q: Annotated[str, QueryParameter(max_length=100)] = "",
) -> Response[str]:
    """The reports this person may ask, by what they are about; and those asked for in the background."""
    person_id, asked = ctx.person_id, q.lower().split()
    mine = [each for each in REPORTS if may_ask(ctx.who, each) and _is_about(each, asked)]
    groups = [(name, [each for each in mine if _number(each) in numbers]) for name, numbers in GROUPS]
    runs = [each for each in await ctx.read(lambda conn: runs_of(conn, person_id)) if _is_known(each)]
    ctx.about(*({person_id} if runs else ()))
    return html(
        render(
            "reports.html", page_of(ctx, request, "Reports"), groups=[each for each in groups if each[1]], asked=q,
            packs=has_any(ctx.who, (*DISCLOSERS, *STRATEGISTS)),
            runs=runs[:20], states=STATES, titles={each.name: each.title for each in REPORTS},
        )
    )  # fmt: skip


def _is_known(run: Run) -> bool:
    return any(each.name == run.name for each in REPORTS)


def _number(report: Report) -> int:
    return int(report.question.removeprefix("Q"))


def _is_about(report: Report, words: Iterable[str]) -> bool:
    said = f"{report.question} {report.name} {report.title} {report.definition}".lower()
    return all(word in said for word in words)


@get("/reports/{name:str}", guards=[holding(*EVERY_SEER)], opt=CONSULTS, **PAGE)
async def report_page(
    name: FromPath[str], ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One report: its form, and what it found where everything it needs is given."""
    report = report_named(name)
    if not may_ask(ctx.who, report):
        raise denied(f"This needs one of {', '.join(report.seers)}.")
    texts = {
        key: value for key, value in texts_of(request.query_params.multi_items()).items() if value.strip()
    }
    stores = await ctx.read(store_reads.stores)
    texts |= _own_store(ctx, report, texts, stores)
    found, problems = await _asked(ctx, report, texts, is_asked=bool(request.url.query))
    shown = _shown(found, ctx.now_us) if found else None
    said = {
        "report": report, "shown": shown, "fields": _fields(ctx, report, texts, problems, stores),
        "problems": problems, "files": f"/api/v1/reports/{report.name}", "hidden": texts, "run": None,
        "query": urlencode(texts), "states": STATES,
    }  # fmt: skip
    return html(render("report.html", page_of(ctx, request, report.title), **said))


def _own_store(
    ctx: Ctx, report: Report, texts: Mapping[str, str], stores: store_reads.Rows
) -> dict[str, str]:
    """The store asked of where none is named and this person may not ask of every store."""
    key = next((each.key for each in report.parameters if each.kind == "store"), None)
    own = stores_of(ctx.who, report.seers)
    first = next((row["id"] for row in stores if own is not None and row["id"] in own), None)
    return {key: str(first)} if key is not None and key not in texts and first is not None else {}


async def _asked(
    ctx: Ctx, report: Report, texts: Mapping[str, str], *, is_asked: bool
) -> tuple[Found | None, list[FieldError]]:
    """What was found; or what is wrong, said only to somebody who has asked already."""
    needs = any(_is_needed(each) and each.key not in texts for each in report.parameters)
    if report.is_long or (needs and not is_asked):
        return None, []
    try:
        return await found_for(ctx, await wanted(ctx, report.name, texts)), []
    except Problem as problem:
        if problem.code != 422:
            raise
        return None, list(problem.errors) if is_asked else []


def _is_needed(parameter: Parameter) -> bool:
    return parameter.default is None and not parameter.optional


@get("/reports/runs/{run_id:int}", guards=[holding(*EVERY_SEER)], opt=CONSULTS, **PAGE)
async def run_page(
    run_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """A report in the background: how far it is, or what it found."""
    run = await run_of(ctx, run_id)
    ctx.about(run.by_person)
    report, said = report_named(run.name), run.said(ctx.now_us)
    shown = _shown(await result_of(ctx, run), ctx.now_us) if said == "DONE" else None
    again = urlencode({key: value for key, value in run.given.items() if value is not None})
    told: dict[str, Any] = {
        "report": report, "shown": shown, "fields": [], "problems": [], "files": f"/api/v1/report-runs/{run.id}",
        "hidden": {}, "run": run, "state": said, "query": again, "states": STATES,
        "asked": {key: str(value) for key, value in run.given.items() if value is not None},
    }  # fmt: skip
    return html(render("report.html", page_of(ctx, request, report.title), **told))


# ---- what a page shows ---------------------------------------------------------------------------------------


def _shown(found: Found, now_us: int) -> dict[str, Any]:
    """What was found as the template draws it."""
    columns, names = found.report.columns, found.names
    rows = [
        [_cell(cell, column, names) for cell, column in zip(row, columns, strict=True)]
        for row in found.answer.rows[:ROWS_MAX]
    ]
    return {
        "columns": [(each.title, each.kind in NUMBERS, each.kind) for each in columns], "rows": rows,
        "more": max(0, len(found.answer.rows) - ROWS_MAX), "count": len(found.answer.rows),
        "notes": found.answer.notes, "totals": totals_said(found), "figure": figure_of(found), "digest": found.digest,
        "made_us": found.made_us, "policy": found.policy, "asked": given_said(found.report, found.given, names),
        "now_us": now_us,
    }  # fmt: skip


def _cell(cell: Cell, column: Column, names: Names) -> CellShown:
    text = cell_said(cell, column.kind, names)
    sort = text if column.kind in ("item", "person", "store", "text") else "" if cell is None else str(cell)
    href = f"{LINKS[column.kind]}{cell}" if column.kind in LINKS and isinstance(cell, int) else ""
    return CellShown(text, href, sort, column.kind in NUMBERS, cell is None or cell == "")


def _fields(
    ctx: Ctx,
    report: Report,
    texts: Mapping[str, str],
    problems: Iterable[FieldError],
    stores: store_reads.Rows,
) -> list[Field]:
    wrong = {each.field: f"Expected {each.expected}." for each in problems}
    own = stores_of(ctx.who, report.seers)
    seen = [(str(row["id"]), row["name"]) for row in stores if own is None or row["id"] in own]
    return [
        Field(
            each.key, each.title, each.kind, texts.get(each.key) or _default(each, ctx.now_us), _is_needed(each),
            HINTS.get(each.kind, ""), wrong.get(each.key, ""), _choices(each, seen, is_every=own is None), each.least,
            each.most,
        )
        for each in report.parameters
    ]  # fmt: skip


def _choices(
    parameter: Parameter, stores: Sequence[tuple[str, str]], *, is_every: bool
) -> list[tuple[str, str]]:
    """What may be chosen; nothing where it is typed."""
    if parameter.kind == "store":
        return [*([("", "Every store")] if is_every and parameter.optional else []), *stores]
    if parameter.kind != "word":
        return []
    words = [(word, word.replace("_", " ").capitalize()) for word in parameter.choices]
    return [("", "Any"), *words] if parameter.optional else words


def _default(parameter: Parameter, now_us: int) -> str:
    """What stands in a field that nobody filled in: its default, a time as browsers write it."""
    value = parameter.default(now_us) if callable(parameter.default) else parameter.default
    if parameter.kind == "moment" and isinstance(value, int):
        return f"{datetime.fromtimestamp(value // 1_000_000, LONDON):%Y-%m-%dT%H:%M}"
    return "" if value is None else str(value)


ROUTES = [reports_page, report_page, run_page]
