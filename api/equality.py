"""Equality over HTTP: files of HR taken in, a quarter published once, and the figures that were published.

One rule for the editor: no answer here is about one person, not even to the analyst; and every route is the analyst's
alone.
"""

import asyncio
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, RawBody

from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.imports import TakesFile
from api.problems import Problem, bad_field, denied, errors, not_found
from api.processing import COLLECTS, COMBINES, NOTHING_PERSONAL
from inventory.oversight.equality import declared, releases
from inventory.oversight.equality.answers import ANSWERS, NESTED, WHOLE
from inventory.oversight.equality.cutting import Figure
from inventory.oversight.equality.declared import ANALYST
from inventory.oversight.equality.quarters import quarter_named
from inventory.oversight.equality.releases import AlreadyPublished, Release
from inventory.schema.tx import Tx

FILE_MAX = 8 << 20
FIGURES_MOST = 20_000
"""Ids a publication takes at the most: every division, answer and measure there is."""
ONLY: dict[str, Any] = {"guards": [holding(ANALYST)], "tags": ["equality"]}
FIGURE_COLUMNS = ("quarter", "division", "characteristic", "answers", "measure", "of", "people")


class LeftOutRow(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that was left out: where, and what was expected. What stood there is not said back."""

    line: int
    field: str
    expected: str


class DeclarationsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What a file did, in counts."""

    rows: int
    changed: int
    left_out: int
    faults: list[LeftOutRow]


class QuarterAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A quarter that is over ("2026-Q3"), and for what it is published. It is published once."""

    quarter: Annotated[str, msgspec.Meta(min_length=7, max_length=7)]
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=300)]


class ReleaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A quarter that was published."""

    quarter: str
    released_us: int
    reason: str


class FigureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: `division` null is the whole force, `people` null too few to be told; `of` is the measure that it is
    a part of, null for the whole. SERVING is told to the nearest five."""

    division: str | None
    characteristic: str
    answers: tuple[str, ...]
    measure: str
    of: str | None
    people: int | None


@post("/equality/files", operation_id="take_equality_file", opt=COLLECTS, status_code=200, operation_class=TakesFile,
      request_max_body_size=FILE_MAX, responses=errors(401, 403, 413, 422), **ONLY)  # fmt: skip
async def take_equality_file(
    body: RawBody, ctx: NamedDependency[Ctx],
    document: Annotated[str, QueryParameter(min_length=2, max_length=120, description="By what HR sent it")],
) -> DeclarationsTaken:  # fmt: skip
    """Take in what persons declared: CSV with `ref` and any of the characteristics. Newer words replace older ones."""

    def act(tx: Tx) -> declared.Taken:
        try:
            taken = declared.take_file(tx, body, document, ctx.person_id)
        except PermissionError as told:
            raise denied(str(told)) from None
        except ValueError as problem:
            raise _said(problem) from None
        ctx.query = f"equality file {taken.file_id}: {taken.rows} rows"
        tx.record([ctx.line()])
        return taken

    ids = 8 + (1 + len(ANSWERS)) * (body.count(b"\n") + 2)
    taken = await asyncio.to_thread(ctx.service.database.write, act, None, ids=ids)
    ctx.logged = True
    faults = [LeftOutRow(line=each.line, field=each.field, expected=each.expected) for each in taken.faults]
    return DeclarationsTaken(rows=taken.rows, changed=taken.changed, left_out=taken.left_out, faults=faults)


@post("/equality/releases", operation_id="publish_equality_quarter", opt=COMBINES, status_code=200,
      responses=errors(401, 403, 409, 422), **ONLY)  # fmt: skip
async def publish_equality_quarter(data: JSONBody[QuarterAsked], ctx: NamedDependency[Ctx]) -> list[FigureRow]:
    """Count a quarter and publish it, once. This is where what was declared meets training, authority and decisions."""
    ctx.query = f"equality {data.quarter}: declared x training x authority x decisions"
    told = await ctx.read(lambda conn: _counted(conn, data.quarter))

    def act(tx: Tx) -> int:
        try:
            release_id = releases.publish(tx, data.quarter, data.reason, ctx.person_id, told)
        except PermissionError as problem:
            raise denied(str(problem)) from None
        except AlreadyPublished as problem:
            raise Problem(409, "not-possible", str(problem)) from None
        except ValueError as problem:
            raise _said(problem) from None
        tx.record([ctx.line()])
        return release_id

    release_id = await asyncio.to_thread(ctx.service.database.write, act, None, ids=FIGURES_MOST)
    ctx.logged = True
    return [figure_row(each) for each in await ctx.read(lambda conn: releases.figures(conn, release_id))]


def _counted(conn: sa.Connection, name: str) -> list[Figure]:
    """The figures of a quarter. Raises the 422 problem for what is none."""
    try:
        return releases.counted(conn, quarter_named(name))
    except ValueError as problem:
        raise _said(problem) from None


def _said(problem: ValueError) -> Problem:
    """A problem with the field that the text begins with."""
    name, _, expected = str(problem).partition(": ")
    return bad_field(name, expected)


@get("/equality/releases", operation_id="list_equality_releases", opt=NOTHING_PERSONAL, responses=errors(401, 403),
     **ONLY)  # fmt: skip
async def list_equality_releases(ctx: NamedDependency[Ctx]) -> list[ReleaseRow]:
    """The quarters that were published, the newest first."""
    found = await ctx.read(releases.releases)
    return [ReleaseRow(quarter=each.quarter, released_us=each.released_us, reason=each.reason) for each in found]


@get("/equality/releases/{quarter:str}", operation_id="get_equality_release", opt=NOTHING_PERSONAL,
     responses=errors(401, 403, 404), **ONLY)  # fmt: skip
async def get_equality_release(quarter: FromPath[str], ctx: NamedDependency[Ctx]) -> list[FigureRow]:
    """Every figure of a published quarter."""
    return [figure_row(each) for each in await published(ctx, quarter)]


@get("/equality/releases/{quarter:str}/figures.csv", operation_id="export_equality_release", opt=NOTHING_PERSONAL,
     responses=errors(401, 403, 404), **ONLY)  # fmt: skip
async def export_equality_release(quarter: FromPath[str], ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The same as a table for a spreadsheet, fit to be published."""
    rows = [
        (quarter, each.division or "Whole force", each.characteristic, " + ".join(each.answers), each.measure,
         NESTED.get(each.measure), "too few" if each.people is None else each.people)
        for each in await published(ctx, quarter)
    ]  # fmt: skip
    return as_csv(f"equality-{quarter}.csv", FIGURE_COLUMNS, rows)


async def published(ctx: Ctx, quarter: str) -> list[Figure]:
    """The figures of a quarter. Raises the 404 problem for one that was not published."""

    def look(conn: sa.Connection) -> list[Figure] | None:
        found: Release | None = next((each for each in releases.releases(conn) if each.quarter == quarter), None)
        return None if found is None else releases.figures(conn, found.id)

    figures = await ctx.read(look)
    if figures is None:
        raise not_found("quarter of that name that was published")
    return figures


def figure_row(each: Figure) -> FigureRow:
    """A figure for programs."""
    whole = None if each.measure == WHOLE else NESTED[each.measure]
    return FigureRow(
        division=each.division, characteristic=each.characteristic, answers=each.answers, measure=each.measure,
        of=whole, people=each.people,
    )  # fmt: skip


ROUTES = [
    take_equality_file, publish_equality_quarter, list_equality_releases, get_equality_release,
    export_equality_release,
]  # fmt: skip
