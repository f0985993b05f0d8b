"""Overrides of SOFT refusals: given by a supervisor from their own sign-in, revoked, and listed for the weekly report.

One rule for the editor: an override is given by whoever is signed in, never in somebody's name, and it issues
nothing: the next ask is decided by the gate as any other.
"""

import json
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody, QueryParameter

from api.asking import Id
from api.context import Ctx
from api.guards import holding
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import ID_MAX, PathId, QueryId
from api.problems import bad_field, denied, errors, not_found
from api.processing import ALTERS, CONSULTS
from inventory.custody.overrides import Answered, Giving, give, needed, revoke
from inventory.gate.override_rules import NOBODY, SUFFICES
from inventory.gate.rules import BY_CODE
from inventory.gate.wording import REFER_CODE
from inventory.schema import words
from inventory.schema.fast import Fast, among
from inventory.schema.overrides import decision_override, override, override_revoked
from inventory.schema.people import store
from inventory.schema.stock import item
from inventory.schema.tx import Tx

GIVERS = words.OVERRIDERS
REVOKERS = (*GIVERS, "STORE_MANAGER", "CED_SPOC", "PSD")
SEERS = (*REVOKERS, "AUDITOR")
SEE_CODES = ("AUDITOR", "PSD")
"""Who is told the real rule where a hatch says only "refer to supervisor"; so is whoever gave the override."""

Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
Moment = Annotated[int | None, QueryParameter(ge=0, le=ID_MAX)]
RULES_MAX = 20
OVERRIDABLE = "a SOFT rule that may be overridden; docs/rules.md lists them"


class RuleNamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule by its code, for one item or (left out) for whatever it finds wrong with this person's draws."""

    code: Annotated[str, msgspec.Meta(min_length=3, max_length=60)]
    item_id: Id | None = None


class NewOverride(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """SOFT rules to be overridden for one person's duty. `until_us` is its planned return, at most 12 hours away; left
    out, the end of the store's current or next shift."""

    person_id: Id
    store_id: Id
    rules: Annotated[list[RuleNamed], msgspec.Meta(min_length=1, max_length=RULES_MAX)]
    reason: Reason
    purpose: Literal["OPERATIONAL", "TRAINING"] = "OPERATIONAL"
    until_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None


class OverrideGiven(msgspec.Struct, frozen=True, kw_only=True):
    """The overrides, one a rule in the order named, and when they end."""

    override_ids: list[int]
    until_us: int


class Revoking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why an override is ended before its time."""

    reason: Reason


class OverrideRow(msgspec.Struct, frozen=True, kw_only=True):
    """One override: who answered for whom, where, what and why, until when, and the decisions that relied on it."""

    id: int
    person_id: int
    store_id: int
    purpose: str
    code: str
    item_id: int | None
    by_person: int
    capability: str
    reason: str
    given_us: int
    until_us: int
    revoked_us: int | None
    revoked_by: int | None
    revoked_for: str | None
    decision_ids: list[int]


class OverridesAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Which overrides: the filters given, by name."""

    filters: dict[str, int]


_OWN = ("id", "person_id", "store_id", "purpose", "code", "item_id", "by_person", "capability", "reason", "given_us",
        "until_us")  # fmt: skip
_NAMES = (*_OWN, "revoked_us", "revoked_by", "revoked_for")
_LIST = (
    sa.select(
        *(override.c[name] for name in _OWN), override_revoked.c.revoked_us, override_revoked.c.revoked_by,
        override_revoked.c.reason,
    )
    .select_from(override.outerjoin(override_revoked, override_revoked.c.override_id == override.c.id))
    .where(override.c.id < sa.bindparam("before"))
    .order_by(override.c.id.desc())
    .limit(sa.bindparam("most"))
)  # fmt: skip
_FILTERS: dict[str, sa.ColumnElement[bool]] = {
    "store_id": override.c.store_id == sa.bindparam("store_id"),
    "person_id": override.c.person_id == sa.bindparam("person_id"),
    "by_person": override.c.by_person == sa.bindparam("by_person"),
    "from_us": override.c.given_us >= sa.bindparam("from_us"),
    "to_us": override.c.given_us < sa.bindparam("to_us"),
}
_compiled: dict[tuple[str, ...], Fast] = {}
_RELIED = Fast(
    sa.select(decision_override.c.override_id, decision_override.c.decision_id)
    .where(among(decision_override.c.override_id, "ids"))
    .order_by(decision_override.c.decision_id)
)
_WHERE = Fast(sa.select(override.c.store_id, override.c.person_id).where(override.c.id == sa.bindparam("override_id")))
_ITEMS = Fast(sa.select(item.c.id).where(among(item.c.id, "ids")))
_STORE = Fast(sa.select(store.c.id).where(store.c.id == sa.bindparam("store_id")))


def _listing(used: tuple[str, ...]) -> Fast:
    if used not in _compiled:
        _compiled[used] = Fast(_LIST.where(*(_FILTERS[name] for name in used)))
    return _compiled[used]


@post("/overrides", operation_id="give_override", guards=[holding(*GIVERS)], opt=ALTERS,
      responses=errors(401, 403, 404, 422), tags=["issue"])  # fmt: skip
async def give_override(data: JSONBody[NewOverride], ctx: NamedDependency[Ctx]) -> OverrideGiven:
    """Override SOFT rules for one duty of somebody else, as whoever is signed in. Nobody overrides a HARD rule."""
    ctx.need_any(GIVERS, data.store_id)
    ctx.about(data.person_id)
    _check_rules(ctx, data)
    until_us = data.until_us
    if until_us is None:
        until_us = await ctx.service.shifts.ends_us(ctx, data.store_id)
    if until_us is None:
        raise bad_field("until_us", "when the duty ends; this store has no shifts")
    giving = Giving(
        person_id=data.person_id,
        store_id=data.store_id,
        purpose=data.purpose,
        rules=tuple(Answered(each.code, each.item_id) for each in data.rules),
        by_person=ctx.person_id,
        reason=data.reason,
        until_us=until_us,
    )

    def act(tx: Tx) -> list[int]:
        _check_named(tx.conn, data)
        return give(tx, giving)

    return OverrideGiven(override_ids=await ctx.write(act, (f"p{data.person_id}",)), until_us=until_us)


def _check_rules(ctx: Ctx, data: NewOverride) -> None:
    """Raise the 422 problem for a rule that nobody may override, and the 403 one where it takes more."""
    policy = ctx.service.policies.now
    for n, each in enumerate(data.rules):
        least = needed(policy, each.code, data.purpose)
        if least == NOBODY:
            raise bad_field(f"rules[{n}].code", OVERRIDABLE, each.code)
        if not any(ctx.may(word, data.store_id) for word in SUFFICES[least]):
            raise denied(f"To override {each.code} takes the capability {least} in this store.")


def _check_named(conn: sa.Connection, data: NewOverride) -> None:
    if not _STORE.rows(conn, {"store_id": data.store_id}):
        raise not_found("store with this id")
    wanted = {each.item_id for each in data.rules if each.item_id is not None}
    if len(_ITEMS.rows(conn, {"ids": sorted(wanted)})) < len(wanted):
        raise not_found("item with this id")


@post("/overrides/{override_id:int}/revoke", operation_id="revoke_override", guards=[holding(*REVOKERS)], opt=ALTERS,
      status_code=204, responses=errors(401, 403, 404, 422), tags=["issue"])  # fmt: skip
async def revoke_override(
    override_id: PathId, data: JSONBody[Revoking], ctx: NamedDependency[Ctx]
) -> Response[None]:
    """End an override now. What was issued on it stays issued."""

    def act(tx: Tx) -> None:
        rows = _WHERE.rows(tx.conn, {"override_id": override_id})
        if not rows:
            raise not_found("override with this id")
        ctx.need_any(REVOKERS, rows[0][0])
        ctx.about(rows[0][1])
        revoke(tx, override_id, ctx.person_id, data.reason)

    await ctx.write(act, (f"o{override_id}",))
    return Response(None)


def overrides_ask(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    person_id: QueryId = None,
    by_person: QueryId = None,
    from_us: FromQuery[Moment] = None,
    to_us: FromQuery[Moment] = None,
) -> OverridesAsk:
    """The list's filters. Asks for `ctx` so that the two are not one batch of dependencies (`api.context`)."""
    given = {"store_id": store_id, "person_id": person_id, "by_person": by_person, "from_us": from_us, "to_us": to_us}
    used = {name: value for name, value in given.items() if value is not None}
    ctx.query = json.dumps(used)
    return OverridesAsk(filters=used)


@get("/overrides", operation_id="list_overrides", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     dependencies={"asked": Provide(overrides_ask, sync_to_thread=False)}, tags=["oversight"])  # fmt: skip
async def list_overrides(
    ctx: NamedDependency[Ctx], asked: NamedDependency[OverridesAsk], limit: Limit = 100, cursor: Cursor = None
) -> Page[OverrideRow]:
    """Overrides, newest first, given from `from_us` to `to_us` (exclusive): of one store, or of all where the
    capability is for all. A week of them is the weekly report."""
    ctx.need_any(SEERS, asked.filters.get("store_id"))
    params = {**asked.filters, "before": key_of(cursor, int)[0] if cursor else 2**62, "most": limit + 1}
    statement = _listing(tuple(sorted(asked.filters)))

    def look(conn: sa.Connection) -> list[OverrideRow]:
        return _rows(ctx, conn, statement.rows(conn, params))

    found = await ctx.read(look)
    for row in found:
        ctx.about(row.person_id, row.by_person, row.revoked_by)
    return page_of(found, limit, [(row.id,) for row in found])


def _rows(ctx: Ctx, conn: sa.Connection, found: list[tuple[Any, ...]]) -> list[OverrideRow]:
    relied: dict[int, list[int]] = {}
    for override_id, decision_id in _RELIED.rows(conn, {"ids": [row[0] for row in found]}):
        relied.setdefault(override_id, []).append(decision_id)
    named = [dict(zip(_NAMES, row, strict=True)) for row in found]
    return [OverrideRow(**_shown(ctx, row), decision_ids=relied.get(row["id"], [])) for row in named]


def _shown(ctx: Ctx, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its code as far as this person may know it."""
    may_see = row["by_person"] == ctx.person_id or any(ctx.may(each, row["store_id"]) for each in SEE_CODES)
    if may_see or not BY_CODE[row["code"]].secret:
        return row
    return row | {"code": REFER_CODE}


ROUTES = [give_override, revoke_override, list_overrides]
