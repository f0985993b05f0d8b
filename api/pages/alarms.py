"""Alarms: what is open in the stores somebody looks after, and where it is settled with what was found.

One rule for the editor: settling is `api.alarms`, the same act as for programs; this page only shows what is asked.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.alarms import SEERS, SETTLERS
from api.context import Ctx
from api.guards import holding
from api.pages import looks
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.pages.strips import DAY_US
from api.params import ID_MAX
from api.problems import denied
from api.processing import CONSULTS
from api.store_reads import Rows
from inventory.custody.hatch_names import people_said

SETTLED_DAYS = 14


@dataclass(frozen=True, slots=True)
class AlarmsShown:
    """Everything the page shows. `stores` are those that may be chosen: (id, name, open alarms)."""

    open: Rows
    settled: Rows
    stores: list[tuple[int, str, int]]
    names: dict[int, str]
    people: dict[int, str]
    chosen: int | None

    @property
    def where(self) -> str:
        """Whose alarms these are, in words."""
        only = self.chosen or (self.stores[0][0] if len(self.stores) == 1 else 0)
        return self.names.get(only, "Every store you look after")

    @property
    def topics(self) -> str:
        """What the page listens to: the store chosen, or a few of them. "all" comes on every stream."""
        ids = [self.chosen] if self.chosen else [store_id for store_id, _, _ in self.stores]
        return " ".join(f"store:{store_id}" for store_id in ids[:18])


def alarms_shown(conn: sa.Connection, only: set[int] | None, chosen: int | None, now_us: int) -> AlarmsShown:
    """What is open, and what was settled lately, in the stores `only` (None: all), or in the one chosen."""
    stores = [row for row in store_reads.stores(conn) if only is None or row["id"] in only]
    seen = {row["id"] for row in stores} if only is not None else None
    rows = [row for row in looks.open_alarms(conn) if _is_of(row, seen)]
    counted = Counter(row["store_id"] for row in rows)
    wanted = {chosen} if chosen else seen
    shown = [row for row in rows if _is_of(row, wanted)]
    settled = [
        row for row in looks.settled_alarms(conn, now_us - SETTLED_DAYS * DAY_US) if _is_of(row, wanted)
    ]
    ids = {row["person_id"] for row in (*shown, *settled)} | {row["settled_by"] for row in settled}
    return AlarmsShown(
        open=shown, settled=settled, stores=[(row["id"], row["name"], counted[row["id"]]) for row in stores],
        names={row["id"]: row["name"] for row in stores}, chosen=chosen,
        people=people_said(conn, sorted(each for each in ids if each is not None)),
    )  # fmt: skip


def _is_of(row: dict[str, Any], stores: set[int] | None) -> bool:
    """Whether an alarm is of one of these stores, or of none at all."""
    return stores is None or row["store_id"] is None or row["store_id"] in stores


@get("/alarms", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def alarms_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    store: Annotated[int | None, QueryParameter(ge=1, le=ID_MAX)] = None,
) -> Response[str]:
    """Open alarms, newest first, of one store or of all that this person looks after."""
    only = stores_of(ctx.who, SEERS)
    if store is not None and only is not None and store not in only:
        raise denied("You do not look after this store.")
    shown = await ctx.read(lambda conn: alarms_shown(conn, only, store, ctx.now_us))
    ctx.about(*shown.people)
    settles = stores_of(ctx.who, SETTLERS)
    page = page_of(ctx, request, "Alarms")
    return html(render("alarms.html", page, shown=shown, settles=settles, settled_days=SETTLED_DAYS))


ROUTES = [alarms_page]
