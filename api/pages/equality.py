"""Equality on the screen, for the analyst alone: a published quarter by characteristic, what HR sent, and publishing.

One rule for the editor: only published figures are shown. Nothing here reads what anybody declared.
"""

from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.guards import holding
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.problems import not_found
from api.processing import NOTHING_PERSONAL
from inventory.oversight.equality import releases
from inventory.oversight.equality.answers import ANSWERS, MEANS, NESTED, WHOLE
from inventory.oversight.equality.cutting import Figure
from inventory.oversight.equality.declared import ANALYST
from inventory.oversight.equality.quarters import last_over
from inventory.oversight.equality.releases import Release
from inventory.oversight.reports.q20_equality import answers_said, share_of
from inventory.oversight.small_numbers import LEAST

Chosen = Annotated[str, QueryParameter(max_length=40, description="Empty: the newest, or the first")]
FORCE = "The whole force"


@get("/equality", guards=[holding(ANALYST)], opt=NOTHING_PERSONAL, **PAGE)
async def equality_page(
    ctx: NamedDependency[Ctx], request: Request[Any, Any, Any], quarter: Chosen = "", by: Chosen = ""
) -> Response[str]:
    """The figures of one quarter and one characteristic, and the forms that take a file and publish a quarter."""
    what = by or "ETHNICITY"
    if what not in ANSWERS:
        raise not_found("characteristic of that name")

    def look(conn: sa.Connection) -> tuple[list[Release], list[Figure], list[Any]]:
        found = releases.releases(conn)
        one = next((each for each in found if each.quarter == quarter or not quarter), None)
        if quarter and one is None:
            raise not_found("quarter of that name that was published")
        figures = releases.figures(conn, one.id) if one else []
        return found, [each for each in figures if each.characteristic == what], list(releases.files(conn))

    found, figures, files = await ctx.read(look)
    published = {each.quarter for each in found}
    shown = {
        "found": found, "one": next((each for each in found if each.quarter == quarter or not quarter), None),
        "what": what, "characteristics": list(ANSWERS), "tables": tables_of(figures), "files": files,
        "measures": MEANS, "whole": WHOLE, "least": LEAST, "answers": ANSWERS,
        "open_quarters": [each.name for each in last_over(ctx.now_us) if each.name not in published],
    }  # fmt: skip
    return html(render("equality.html", page_of(ctx, request, "Equality"), **shown))


def tables_of(figures: list[Figure]) -> list[tuple[str, list[tuple[str, list[dict[str, Any]]]]]]:
    """The force first, then each division: measure by measure, the parts that are told."""
    places = [None, *releases.divisions_of(figures)]
    return [
        (place or FORCE, [
            (measure, [_cell(each, figures) for each in figures if (each.division, each.measure) == (place, measure)])
            for measure in (WHOLE, *NESTED)
            if any((each.division, each.measure) == (place, measure) for each in figures)
        ])
        for place in places
    ]  # fmt: skip


def _cell(figure: Figure, figures: list[Figure]) -> dict[str, Any]:
    whole, share, low, high = share_of(figure, figures)
    return {
        "says": answers_said(figure.answers), "people": figure.people, "whole": whole, "share": share, "low": low,
        "high": high,
    }  # fmt: skip


ROUTES = [equality_page]
