"""Decisions of the gate: refusals kept as carefully as issues.

One rule for the editor: reasons are told in the words that may be shown. The facts a decision was made on hold
training and duty of the person, so only those who audit or investigate see them.
"""

import json
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery

from api.context import Ctx
from api.guards import holding
from api.issues import Reason
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import PathId, QueryId
from api.problems import errors, not_found
from api.processing import CONSULTS
from inventory.schema.custody import decision, decision_item
from inventory.schema.fast import Fast, among

SEERS = ("STORE_MANAGER", "CED_SPOC", "TRAINING_RECORDER", "AUDITOR", "PSD", "ISSUER")
SEE_FACTS = ("AUDITOR", "PSD")


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One decision with its reasons, warnings included, and the items it was about."""

    id: int
    person_id: int
    store_id: int
    purpose: str
    verdict: str
    decided_us: int
    planned_return_us: int | None
    valid_until_us: int
    policy_hash: str
    door: str
    by_person: int | None
    item_ids: list[int]
    reasons: list[Reason]


class OneDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision; `facts` only for those who audit or investigate."""

    decision: DecisionRow
    facts: dict[str, Any] | None


class DecisionsAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions, and how many."""

    filters: dict[str, Any]
    before_us: int
    before_id: int
    limit: int


_NAMES = (
    "id", "person_id", "store_id", "purpose", "verdict", "decided_us", "planned_return_us", "valid_until_us",
    "policy_hash", "door", "by_person",
)  # fmt: skip
_LIST = (
    sa.select(*(decision.c[name] for name in _NAMES), decision.c.refusals)
    .where(
        decision.c.decided_us <= sa.bindparam("before_us"),  # by itself, for the index
        sa.or_(decision.c.decided_us < sa.bindparam("before_us"), decision.c.id < sa.bindparam("before_id")),
    )
    .order_by(decision.c.decided_us.desc(), decision.c.id.desc())
    .limit(sa.bindparam("most"))
)
_FILTERS: dict[str, sa.ColumnElement[bool]] = {
    "store_id": decision.c.store_id == sa.bindparam("store_id"),
    "person_id": decision.c.person_id == sa.bindparam("person_id"),
    "verdict": decision.c.verdict == sa.bindparam("verdict"),
}
_compiled: dict[tuple[str, ...], Fast] = {}
_ITEMS = Fast(
    sa.select(decision_item.c.decision_id, decision_item.c.item_id).where(among(decision_item.c.decision_id, "ids"))
)
_ONE = Fast(
    sa.select(*(decision.c[name] for name in _NAMES), decision.c.refusals, decision.c.facts).where(
        decision.c.id == sa.bindparam("decision_id")
    )
)


def _listing(used: tuple[str, ...]) -> Fast:
    if used not in _compiled:
        _compiled[used] = Fast(_LIST.where(*(_FILTERS[name] for name in used)))
    return _compiled[used]


def _reasons(text: str) -> list[Reason]:
    told = {
        (each["public_code"], each["sentence"], each["item_id"]): Reason(
            code=each["public_code"], sentence=each["sentence"], remedy=each["remedy"], item_id=each["item_id"],
            stops=each["weight"] == "HARD" or (each["weight"] == "SOFT" and not each["overridden"]),
            override_id=each.get("override_id"),
        )
        for each in json.loads(text)
    }  # fmt: skip
    return list(told.values())


def rows_of(conn: sa.Connection, found: list[tuple[Any, ...]]) -> list[DecisionRow]:
    """Decisions as clients have them."""
    items: dict[int, list[int]] = {}
    for decision_id, item_id in _ITEMS.rows(conn, {"ids": [row[0] for row in found]}):
        items.setdefault(decision_id, []).append(item_id)
    return [
        DecisionRow(
            **dict(zip(_NAMES, row, strict=False)), item_ids=items.get(row[0], []), reasons=_reasons(row[len(_NAMES)])
        )
        for row in found
    ]


def decisions_ask(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    person_id: QueryId = None,
    verdict: FromQuery[Literal["ALLOW", "DENY"] | None] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DecisionsAsk:
    """The list's parameters. Asks for `ctx` so that the two are not one batch of dependencies (`api.context`)."""
    return DecisionsAsk(
        filters=_given(ctx, {"store_id": store_id, "person_id": person_id, "verdict": verdict}),
        limit=limit,
        **dict(zip(("before_us", "before_id"), key_of(cursor, int, int) if cursor else (2**62, 0), strict=True)),
    )


def _given(ctx: Ctx, filters: dict[str, Any]) -> dict[str, Any]:
    used = {name: value for name, value in filters.items() if value is not None}
    ctx.query = json.dumps(used)
    return used


@get("/decisions", operation_id="list_decisions", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     dependencies={"asked": Provide(decisions_ask, sync_to_thread=False)}, tags=["oversight"])  # fmt: skip
async def list_decisions(ctx: NamedDependency[Ctx], asked: NamedDependency[DecisionsAsk]) -> Page[DecisionRow]:
    """Decisions, newest first: of one store, or of all where the capability is for all."""
    ctx.need_any(SEERS, asked.filters.get("store_id"))
    params = {**asked.filters, "before_us": asked.before_us, "before_id": asked.before_id, "most": asked.limit + 1}
    statement = _listing(tuple(sorted(asked.filters)))
    found = await ctx.read(lambda conn: rows_of(conn, statement.rows(conn, params)))
    ctx.about(*(row.person_id for row in found), *(row.by_person for row in found))
    return page_of(found, asked.limit, [(row.decided_us, row.id) for row in found])


@get("/decisions/{decision_id:int}", operation_id="get_decision", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["oversight"])  # fmt: skip
async def get_decision(decision_id: PathId, ctx: NamedDependency[Ctx]) -> OneDecision:
    """One decision, with the facts it was made on for those who may see them."""

    def look(conn: sa.Connection) -> tuple[DecisionRow, str] | None:
        found = _ONE.rows(conn, {"decision_id": decision_id})
        return (rows_of(conn, [found[0][:-1]])[0], found[0][-1]) if found else None

    seen = await ctx.read(look)
    if seen is None:
        raise not_found("decision with this id")
    row, facts = seen
    ctx.about(row.person_id, row.by_person)
    ctx.need_any(SEERS, row.store_id)
    may_see = any(ctx.may(each, row.store_id) for each in SEE_FACTS)
    return OneDecision(decision=row, facts=json.loads(facts) if may_see else None)


ROUTES = [list_decisions, get_decision]
