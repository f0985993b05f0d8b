"""The state of many items: on lists, as a filter, and of a whole store as a CSV file.

One rule for the editor: a state is worked out for the page that is looked at, in a number of statements that does not
grow with it, and is never stored. No personal data is in the file: who has what is on the items' own pages.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.params import PathId
from api.problems import bad_field, errors
from api.processing import NOTHING_PERSONAL
from api.stores import SEERS
from inventory.custody.life import shelf
from inventory.custody.passages.looking import clock_of
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import local_day
from inventory.stock.item_facts import read_items
from inventory.stock.kinds import title
from inventory.stock.kit_facts import ItemFacts
from inventory.stock.state import WORDS, read_states

StateAsked = Annotated[str | None, QueryParameter(name="state", max_length=40, description="AVAILABLE, QUARANTINED …")]
KindAsked = Annotated[str | None, QueryParameter(max_length=40, description="CED_HANDLE, CED_CARTRIDGE …")]
ROUNDS_MAX = 20
"""How many pages are looked through for items in a state before the cursor is handed back."""

HEADS = (
    "Serial",
    "Kind",
    "Maker",
    "Model",
    "State",
    "Stock",
    "Purpose",
    "Expires",
    "Held back for",
    "Last full check",
)


def check_state(state: str | None) -> None:
    """Raise the 422 problem for a word that is no state."""
    if state is not None and state not in WORDS:
        raise bad_field("state", f"one of {', '.join(WORDS)}", state)


def states_of(conn: sa.Connection, item_ids: Sequence[int], policy: Policy, now_us: int) -> dict[int, str]:
    """The state of each item by id."""
    return read_states(conn, item_ids, clock_of(policy, now_us))


Row = Any
"""An `api.items.ItemRow`."""


def with_states(conn: sa.Connection, rows: Sequence[Row], policy: Policy, now_us: int) -> list[Row]:
    """Rows of items, each with its state."""
    states = states_of(conn, [row.item_id for row in rows], policy, now_us)
    return [msgspec.structs.replace(row, state=states.get(row.item_id)) for row in rows]


def in_state(
    more: Callable[[Row | None], list[Row]], state: str, most: int, states: Callable[[list[Row]], list[Row]]
) -> tuple[list[Row], Row | None]:
    """Rows in `state`, at most `most`, and the last row looked at where there may be more (None: there are no more).

    `more` gives the rows after one, `states` the same rows with their states.
    """
    found: list[Row] = []
    last: Row | None = None
    for _ in range(ROUNDS_MAX):
        rows = more(last)
        if not rows:
            return found, None
        for row in states(rows):
            last = row
            if row.state == state:
                found.append(row)
            if len(found) == most:
                return found, last
    return found, last


@get("/stores/{store_id:int}/states.csv", operation_id="export_states", guards=[holding(*SEERS)], opt=NOTHING_PERSONAL,
     responses=errors(401, 403, 422), tags=["stores"])  # fmt: skip
async def export_states(
    store_id: PathId, ctx: NamedDependency[Ctx], kind: KindAsked = None, stands: StateAsked = None
) -> Response[bytes]:
    """Everything a store holds now, with how each item stands, as a CSV file; of one kind or state where asked."""
    ctx.need_any(SEERS, store_id)
    check_state(stands)
    policy, now_us = ctx.service.policies.now, ctx.now_us

    def look(conn: sa.Connection) -> list[Sequence[object]]:
        held = [row["item_id"] for row in shelf(conn, store_id) if kind in (None, row["kind"])]
        states = states_of(conn, held, policy, now_us)
        facts = read_items(conn, [each for each in held if stands in (None, states[each])])
        return [_line(each, states) for each in facts.values()]

    lines = await ctx.read(look)
    return as_csv(f"store-{store_id}.csv", HEADS, sorted(lines, key=lambda line: (str(line[1]), str(line[0]))))


def _line(item: ItemFacts, states: Mapping[int, str]) -> Sequence[object]:
    checked = item.full_check
    return (
        item.serial, title(item.kind), item.maker, item.model, states[item.id], item.pool, item.purpose or "",
        item.expires_on or "", " ".join(sorted(item.holds or ())),
        "" if checked is None else local_day(checked.at_us).isoformat(),
    )  # fmt: skip


ROUTES = [export_states]
