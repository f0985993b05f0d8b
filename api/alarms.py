"""Alarms: what somebody must look at, by store, and how it was settled.

One rule for the editor: an alarm is settled with a sentence by a named person, but for what is well again by itself
(`custody.alarms.keep_raised`); it is never deleted.
"""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api.context import Ctx
from api.guards import holding
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import PathId, QueryId
from api.problems import Problem, errors, not_found
from api.processing import ALTERS, CONSULTS
from inventory.custody.alarms import settle_alarm
from inventory.schema.custody import alarm
from inventory.schema.fast import Fast
from inventory.schema.tx import Tx

SEERS = ("ISSUER", "STORE_MANAGER", "CED_SPOC", "TECHNICIAN", "EXHIBITS", "PSD", "AUDITOR")
SETTLERS = ("STORE_MANAGER", "CED_SPOC", "PSD")


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm. `settled_us` is null while it is open; `settled_by` also where it was well again by itself."""

    id: int
    kind: str
    store_id: int | None
    item_id: int | None
    person_id: int | None
    raised_us: int
    detail: str
    settled_us: int | None
    settled_by: int | None
    settlement: str | None


class Settlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How it was settled, in a sentence."""

    settlement: Annotated[str, msgspec.Meta(min_length=3, max_length=2000)]


_NAMES = AlarmRow.__struct_fields__
_LIST = (
    sa.select(*(alarm.c[name] for name in _NAMES))
    .where(alarm.c.id < sa.bindparam("before"))
    .order_by(alarm.c.id.desc())
    .limit(sa.bindparam("most"))
)
_OF_STORE = sa.or_(alarm.c.store_id == sa.bindparam("store_id"), alarm.c.store_id.is_(None))
_STATEMENTS = {
    (False, False): Fast(_LIST),
    (True, False): Fast(_LIST.where(alarm.c.settled_us.is_(None))),
    (False, True): Fast(_LIST.where(_OF_STORE)),
    (True, True): Fast(_LIST.where(alarm.c.settled_us.is_(None), _OF_STORE)),
}
_ONE = Fast(sa.select(alarm.c.store_id, alarm.c.person_id).where(alarm.c.id == sa.bindparam("alarm_id")))


@get("/alarms", operation_id="list_alarms", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     tags=["alarms"])  # fmt: skip
async def list_alarms(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    is_open: Annotated[bool, QueryParameter(name="open", description="Only those not settled")] = True,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AlarmRow]:
    """Alarms, newest first, of one store (and those of no store), or of all where the capability is for all."""
    ctx.need_any(SEERS, store_id)
    before = key_of(cursor, int)[0] if cursor else 2**62
    params: dict[str, Any] = {"before": before, "most": limit + 1, "store_id": store_id}
    if store_id is None:
        del params["store_id"]
    rows = await ctx.read(lambda conn: _STATEMENTS[is_open, store_id is not None].rows(conn, params))
    found = [AlarmRow(**dict(zip(_NAMES, row, strict=True))) for row in rows]
    ctx.about(*(row.person_id for row in found), *(row.settled_by for row in found))
    return page_of(found, limit, [(row.id,) for row in found])


@post("/alarms/{alarm_id:int}/settle", operation_id="settle_alarm", guards=[holding(*SETTLERS)], opt=ALTERS,
      status_code=204, responses=errors(401, 403, 404, 409), tags=["alarms"])  # fmt: skip
async def settle(alarm_id: PathId, data: JSONBody[Settlement], ctx: NamedDependency[Ctx]) -> Response[None]:
    """Settle an alarm. 409 where somebody has settled it already."""

    def act(tx: Tx) -> None:
        rows = _ONE.rows(tx.conn, {"alarm_id": alarm_id})
        if not rows:
            raise not_found("alarm with this id")
        store_id, person_id = rows[0]
        ctx.need_any(SETTLERS, store_id)
        ctx.about(person_id)
        if not settle_alarm(tx, alarm_id, ctx.person_id, data.settlement):
            raise Problem(409, "settled-already", "Somebody has settled this alarm already.")
        tx.say(f"store:{store_id}" if store_id else "all", {"type": "alarm_settled", "alarm_id": alarm_id})

    await ctx.write(act, (f"a{alarm_id}",))
    return Response(None)


ROUTES = [list_alarms, settle]
