"""The processing log for those who read it: a day at a time, of everybody or of one person, oldest line first.

One rule for the editor: DPA 2018 s.62(4) says what these lines may be used for. Nothing here counts, ranks or groups
them, and every reading is itself a line.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.guards import holding
from api.log_reading import LogAsk, LogRow, lines_of
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.paging import Cursor, cursor_of, key_of
from api.problems import bad_field
from api.processing import CONSULTS
from inventory.custody.hatch_names import people_said
from inventory.people.calendar import day_start_us, local_day
from inventory.stock.marks import COLLAR, find

READERS = ("LOG_READER",)
LINES_SHOWN = 200
NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class DayShown:
    """The lines of a day (or those after a cursor), and the people they name. `person_id` where one was asked for."""

    lines: list[LogRow]
    people: dict[int, str]
    person_id: int | None
    is_unknown: bool
    more: str | None


def day_shown(conn: sa.Connection, day: date, who: str, after: tuple[int, int]) -> DayShown:
    """The lines of a London day, about or by the person whose collar `who` is ("" for everybody)."""
    named = find(conn, [(COLLAR, who.upper())]).people if who else ()
    if who and len(named) != 1:
        return DayShown([], {}, None, is_unknown=True, more=None)
    person_id = named[0] if named else None
    asked = LogAsk(
        from_us=day_start_us(day), to_us=day_start_us(day + timedelta(days=1)), person_id=person_id, limit=LINES_SHOWN,
        after=after,
    )  # fmt: skip
    found = lines_of(conn, asked)
    lines = found[:LINES_SHOWN]
    ids = {each for row in lines for each in row.subjects[:NAMES_SHOWN]}
    ids |= {row.actor_id for row in lines if row.actor_kind == "PERSON" and row.actor_id}
    more = cursor_of((lines[-1].at_us, lines[-1].id)) if len(found) > LINES_SHOWN else None
    return DayShown(lines, people_said(conn, sorted(ids)), person_id, is_unknown=False, more=more)


@get("/log", guards=[holding(*READERS)], opt=CONSULTS, **PAGE)
async def log_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    day: Annotated[str, QueryParameter(max_length=10, description="A date, YYYY-MM-DD; today without")] = "",
    who: Annotated[
        str, QueryParameter(max_length=60, description="A collar: about this person, or by them")
    ] = "",
    cursor: Cursor = None,
) -> Response[str]:
    """The log of one day."""
    today = local_day(ctx.now_us)
    try:
        chosen = date.fromisoformat(day) if day else today
    except ValueError:
        raise bad_field("day", "a date, YYYY-MM-DD", day, 400) from None
    collar = who.strip()
    key = key_of(cursor, int, int) if cursor else (-1, 0)
    ctx.query = f"{chosen.isoformat()}, {collar or 'everybody'}"
    shown = await ctx.read(lambda conn: day_shown(conn, chosen, collar, (key[0], key[1])))
    ctx.about(shown.person_id, *(subject for row in shown.lines for subject in row.subjects))
    page = page_of(ctx, request, "Processing log")
    before = (chosen - timedelta(days=1)).isoformat()
    after = (chosen + timedelta(days=1)).isoformat() if chosen < today else ""
    days = {"day": chosen.isoformat(), "before": before, "after": after}
    return html(render("log.html", page, shown=shown, who=collar, names_shown=NAMES_SHOWN, **days))


ROUTES = [log_page]
