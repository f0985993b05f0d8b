"""Kiosks: a screen at a place, paired once by a code that an administrator hands over.

One rule for the editor: a kiosk by itself may see nothing; somebody signs in at it. A code works once, for an
hour, and guessing it is counted.
"""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api import throttle
from api.asking import Id
from api.context import Ctx
from api.guards import anybody, holding
from api.params import PathId
from api.problems import Problem, errors, not_found
from api.processing import NOTHING_PERSONAL
from api.secrets import code_digest, digest, new_code, new_token
from api.sign_in import PlaceHere, address_of, kiosk_cookie, place_here
from inventory.people.errors import BadField
from inventory.schema.fast import Fast
from inventory.schema.people import place
from inventory.schema.service import kiosk
from inventory.schema.tx import Tx

MINUTE_US = 60_000_000
PAIRERS = ("ADMINISTRATOR", "STORE_MANAGER")


class NewKiosk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kiosk to be paired with a place."""

    place_id: Id
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class PairingCode(msgspec.Struct, frozen=True, kw_only=True):
    """The code to type at the kiosk, shown this once."""

    kiosk_id: int
    code: str
    ends_us: int


class Pairing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The code as typed; capitals and hyphens do not matter."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class KioskRow(msgspec.Struct, frozen=True, kw_only=True):
    """One kiosk."""

    id: int
    name: str
    place_id: int
    place: str
    store_id: int
    paired_us: int | None
    revoked_us: int | None


_WAITING = Fast(
    sa.select(kiosk.c.id, kiosk.c.place_id).where(
        kiosk.c.pairing_hash == sa.bindparam("code_hash"), kiosk.c.pairing_ends_us > sa.bindparam("at_us"),
        kiosk.c.revoked_us.is_(None),
    )
)  # fmt: skip
_ALL = Fast(
    sa.select(
        kiosk.c.id, kiosk.c.name, kiosk.c.place_id, place.c.name, place.c.store_id, kiosk.c.paired_us,
        kiosk.c.revoked_us,
    )
    .select_from(kiosk.join(place, place.c.id == kiosk.c.place_id))
    .order_by(kiosk.c.id)
)  # fmt: skip


def add_kiosk(tx: Tx, place_id: int, name: str, minutes: int) -> tuple[int, str, int]:
    """Record a kiosk for a place; its id, its pairing code (this once) and when that ends. Raises BadField."""
    if tx.conn.execute(sa.select(place.c.id).where(place.c.id == place_id)).scalar() is None:
        raise BadField("place_id", place_id, "the id of a place")
    kiosk_id, code, ends_us = tx.ids.take(), new_code(), tx.now_us + minutes * MINUTE_US
    values = {"id": kiosk_id, "place_id": place_id, "name": name, "pairing_hash": code_digest(code)}
    tx.conn.execute(sa.insert(kiosk).values(**values, pairing_ends_us=ends_us))
    return kiosk_id, code, ends_us


def pair(tx: Tx, code: str) -> tuple[int, str] | None:
    """Use a pairing code up; the place and the kiosk's token. None where the code is not one that waits."""
    rows = _WAITING.rows(tx.conn, {"code_hash": code_digest(code), "at_us": tx.now_us})
    if not rows:
        return None
    kiosk_id, place_id = rows[0]
    token = new_token()
    values = {"token_hash": digest(token), "paired_us": tx.now_us, "pairing_hash": None, "pairing_ends_us": None}
    tx.conn.execute(sa.update(kiosk).where(kiosk.c.id == kiosk_id).values(**values))
    return int(place_id), token


@post("/kiosks", operation_id="add_kiosk", guards=[holding(*PAIRERS)], opt=NOTHING_PERSONAL,
      responses=errors(401, 403, 422), tags=["administration"])  # fmt: skip
async def add(data: JSONBody[NewKiosk], ctx: NamedDependency[Ctx]) -> PairingCode:
    """Record a kiosk and get its one-time pairing code."""
    minutes = ctx.service.settings.sign_in.pairing_code_minutes

    def act(tx: Tx) -> tuple[int, str, int]:
        store_id = tx.conn.execute(sa.select(place.c.store_id).where(place.c.id == data.place_id)).scalar()
        ctx.need_any(PAIRERS, store_id)
        return add_kiosk(tx, data.place_id, data.name, minutes)

    kiosk_id, code, ends_us = await ctx.write(act)
    return PairingCode(kiosk_id=kiosk_id, code=code, ends_us=ends_us)


@get("/kiosks", operation_id="list_kiosks", guards=[holding(*PAIRERS)], opt=NOTHING_PERSONAL,
     responses=errors(401, 403), tags=["administration"])  # fmt: skip
async def listing(ctx: NamedDependency[Ctx]) -> list[KioskRow]:
    """Every kiosk, revoked ones too."""
    rows = await ctx.read(_ALL.rows)
    return [KioskRow(**dict(zip(KioskRow.__struct_fields__, row, strict=True))) for row in rows]


@post("/kiosks/{kiosk_id:int}/revoke", operation_id="revoke_kiosk", guards=[holding(*PAIRERS)], opt=NOTHING_PERSONAL,
      status_code=204, responses=errors(401, 403, 404), tags=["administration"])  # fmt: skip
async def revoke(kiosk_id: PathId, ctx: NamedDependency[Ctx]) -> Response[None]:
    """Revoke a kiosk: it, and whoever is signed in at it, are out within a second."""

    def act(tx: Tx) -> None:
        rows = [row for row in _ALL.rows(tx.conn) if row[0] == kiosk_id]
        if not rows:
            raise not_found("kiosk with this id")
        ctx.need_any(PAIRERS, rows[0][4])
        tx.conn.execute(sa.update(kiosk).where(kiosk.c.id == kiosk_id).values(revoked_us=tx.now_us))

    await ctx.write(act)
    ctx.service.kiosks.forget()
    ctx.service.sessions.forget()
    return Response(None)


@post("/kiosks/pair", operation_id="pair_kiosk", guards=[anybody], opt={**NOTHING_PERSONAL, "csrf_in_form": True},
      status_code=200, responses=errors(403, 429), tags=["administration"])  # fmt: skip
async def pair_here(
    data: JSONBody[Pairing], ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[PlaceHere]:
    """Pair the screen that asks with the place its code was made for."""
    counted = (f"address:{address_of(request)}",)

    def act(tx: Tx) -> tuple[int, str] | throttle.Wait | None:
        return throttle.take_attempt(tx, counted) or pair(tx, data.code)

    done = await ctx.write(act, counted)
    if isinstance(done, throttle.Wait):
        raise Problem(429, "too-many-attempts", f"Wait {done.seconds} s, then try again.", retry_after_s=done.seconds)
    if done is None:
        raise Problem(403, "wrong-code", "This code is not waiting to be used. Ask for a new one.")
    here = await place_here(ctx, done[0])
    assert here is not None, "the kiosk has a place"
    return Response(here, cookies=[kiosk_cookie(ctx, done[1])])


ROUTES = [add, listing, revoke, pair_here]
