"""A store's page: its shelf by kind, each item ready or not and why, and its docks and devices live.

One rule for the editor: ready is the gate's word (`gate.readiness`), never a dock's and never a stored one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.item_states import states_of
from api.pages import looks
from api.pages.bay_words import BayShown, bay_shown
from api.pages.frame import LOOKS_AT_STORES, PAGE, has_any, html, page_of, stores_of
from api.pages.render import render
from api.params import PathId
from api.problems import not_found
from api.processing import CONSULTS, NOTHING_PERSONAL
from api.reservations import SEERS as SEES_KEPT
from api.store_reads import Rows
from api.training_due import SEERS as SEES_TRAINING_DUE
from api.uses import SEERS as SEES_USES
from inventory.custody import bays as bays_told
from inventory.custody.life import shelf
from inventory.custody.reservations.reading import live_at
from inventory.gate.camera_ready import POINTS, statements, tally
from inventory.gate.decision import Refusal
from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import ready
from inventory.schema.words import ITEM_KINDS
from inventory.stock.kinds import title

ROWS_MAX = 400


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """One item on the shelf, and what stops it (nothing: ready). `warns` is said of it and stops nothing."""

    item: dict[str, Any]
    stops: tuple[str, ...]
    warns: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class StoreShown:
    """Everything the page shows."""

    store: dict[str, Any]
    kinds: list[tuple[str, int]]
    kind: str
    rows: list[ShelfRow]
    docks: list[tuple[str, list[BayShown]]]
    devices: Rows
    places: Rows
    visits: dict[tuple[int, str], int]
    alarms: int
    states: list[tuple[str, int]]
    state: str | None
    points: dict[str, dict[str, int]]
    kept: int

    @property
    def bays_said(self) -> list[tuple[BayShown, int]]:
        """How many bays say each word; the first of them stands for its tone and shape."""
        bays = [bay for _, group in self.docks for bay in group]
        counted = Counter(bay.says for bay in bays)
        first = {bay.says: bay for bay in reversed(bays)}
        return [(first[says], number) for says, number in counted.most_common()]

    @property
    def stopped(self) -> list[ShelfRow]:
        """What the gate would not let go, of the kind shown."""
        return [row for row in self.rows if row.stops]

    @property
    def ready(self) -> list[ShelfRow]:
        """What is ready, of the kind shown, with a warning or without."""
        return [row for row in self.rows if not row.stops]

    @property
    def warned(self) -> list[ShelfRow]:
        """What is ready and has something said of it all the same."""
        return [row for row in self.ready if row.warns]

    @property
    def hatches(self) -> str:
        """The ids of the store's hatches, for the live stream."""
        return " ".join(str(row["id"]) for row in self.places if row["activity"] == "HATCH")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the shelf is shown: a kind (None: the first there is), and of it one state or all."""

    kind: str | None = None
    state: str | None = None


def store_shown(
    conn: sa.Connection, store_id: int, asked: Chosen | None, policy: Policy, now_us: int
) -> StoreShown | None:
    """What the page of a store shows; None where there is no such store."""
    asked = asked or Chosen()
    kind = asked.kind
    store = next((row for row in store_reads.stores(conn) if row["id"] == store_id), None)
    if store is None:
        return None
    held = shelf(conn, store_id)
    counted = Counter(row["kind"] for row in held)
    kinds = [(name, counted[name]) for name in ITEM_KINDS if counted[name]]
    chosen = kind if kind is not None and kind in counted else next((name for name, _ in kinds), "")
    of_kind = [row for row in held if row["kind"] == chosen]
    held_ids = [row["item_id"] for row in of_kind]
    stops, states = ready(conn, held_ids, policy, now_us), states_of(conn, held_ids, policy, now_us)
    rows = [
        _shelf_row(row, stops.get(row["item_id"], ()), states[row["item_id"]])
        for row in of_kind
        if asked.state in (None, states[row["item_id"]])
    ]
    rows.sort(key=lambda row: (row.item["model"], row.item["serial"]))
    bays = groupby(_bays(conn, store_id, now_us), key=lambda bay: bay.dock)
    return StoreShown(
        store=store, kinds=kinds, kind=chosen, rows=rows,
        docks=[(dock, list(group)) for dock, group in bays],
        devices=store_reads.devices(conn, store_id), places=store_reads.places(conn, store_id),
        visits={(row["place_id"], row["state"]): row["number"] for row in looks.visits_here(conn, store_id)},
        alarms=sum(1 for row in looks.open_alarms(conn) if row["store_id"] == store_id),
        states=Counter(states.values()).most_common(), state=asked.state,
        kept=len(live_at(conn, store_id, now_us)),
        points=tally(statements(conn, held_ids, policy, now_us)) if chosen == "BWV_CAMERA" else {},
    )  # fmt: skip


def _bays(conn: sa.Connection, store_id: int, now_us: int) -> list[BayShown]:
    failing, lit = bays_told.failing(conn, store_id, now_us), bays_told.shining(conn, store_id)
    shown = []
    for row in store_reads.bays(conn, store_id):
        where = (row["dock"], row["bay"])
        shown.append(bay_shown(row, now_us, failing.get(where), is_lit=where in lit))
    return shown


def _shelf_row(row: dict[str, Any], said: Sequence[Refusal], state: str) -> ShelfRow:
    stops = tuple(_of_it(each.sentence, row) for each in said if each.stops)
    return ShelfRow(row, stops, tuple(_of_it(each.sentence, row) for each in said if not each.stops), state)


def _of_it(sentence: str, row: dict[str, Any]) -> str:
    """A sentence of the gate beside the item it is about, which need not be named again."""
    name = f"{title(row['kind'])} {row['serial']}"
    short = sentence.replace(f" of {name}", "")
    return f"It{short.removeprefix(name)}" if short.startswith(f"{name} ") else short


@get("/stores/{store_id:int}", guards=[holding(*LOOKS_AT_STORES)], opt=NOTHING_PERSONAL, **PAGE)
async def store_page(
    store_id: PathId,
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    kind: Annotated[str | None, QueryParameter(max_length=40)] = None,
    stands: Annotated[str | None, QueryParameter(name="state", max_length=40)] = None,
) -> Response[str]:
    """One store; of its shelf one kind, and of that one state or all."""
    ctx.need_any(LOOKS_AT_STORES, store_id)
    asked = Chosen(kind, stands)
    policy = ctx.service.policies.now
    shown = await ctx.read(lambda conn: store_shown(conn, store_id, asked, policy, ctx.now_us))
    if shown is None:
        raise not_found("store with this number")
    page = page_of(ctx, request, str(shown.store["name"]))
    sees_guards = any(ctx.may(each, store_id) for each in SEES_USES)
    said = {"points": POINTS, "sees_guards": sees_guards, "sees_kept": has_any(ctx.who, SEES_KEPT),
            "sees_training": any(ctx.may(each, store_id) for each in SEES_TRAINING_DUE)}  # fmt: skip
    return html(render("store.html", page, shown=shown, rows_max=ROWS_MAX, **said))


@get("/stores", guards=[holding(*LOOKS_AT_STORES)], opt=CONSULTS, **PAGE)
async def stores_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """Every store this person looks after, with what is in it and what is out."""
    mine = stores_of(ctx.who, LOOKS_AT_STORES)

    def look(conn: sa.Connection) -> list[dict[str, Any]]:
        return store_sums(conn, mine, ctx.now_us)

    rows = await ctx.read(look)
    return html(render("stores.html", page_of(ctx, request, "Stores"), rows=rows))


def store_sums(conn: sa.Connection, only: set[int] | None, now_us: int) -> list[dict[str, Any]]:
    """Each store with counts of its books: in a store and out with people, by kind, and what is late or alarmed."""
    here: Counter[tuple[int, str, str]] = Counter()
    for row in looks.counts(conn):
        holder = row["holder"] if row["holder"] in ("STORE", "PERSON") else "AWAY"
        here[row["store_id"], row["kind"], holder] += row["number"]
    late = Counter(row["store_id"] for row in looks.overdue(conn, now_us))
    alarms = Counter(row["store_id"] for row in looks.open_alarms(conn))
    return [
        {
            **store,
            "overdue": late[store["id"]],
            "alarms": alarms[store["id"]],
            "kinds": {
                kind: {holder: here[store["id"], kind, holder] for holder in ("STORE", "PERSON", "AWAY")}
                for kind in ("CED_HANDLE", "BWV_CAMERA")
            },
        }
        for store in store_reads.stores(conn)
        if only is None or store["id"] in only
    ]


ROUTES = [store_page, stores_page]
