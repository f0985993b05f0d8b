"""Signing in and out, and who I am.

One rule for the editor: every sign-in begins a new session with a new token, a wrong name takes as long as a
wrong password, and an answer never says which of the two was wrong.
"""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api import sessions, throttle
from api.context import Ctx
from api.guards import anybody, signed_in
from api.identity import KIOSK, SESSION, cookie_name
from api.problems import Problem, bad_field, errors
from api.processing import ALTERS, CONSULTS
from api.secrets import pin_weakness, weakness
from inventory.schema.fast import Fast, among
from inventory.schema.people import place, store
from inventory.schema.service import sign_in
from inventory.schema.tx import Tx


class SignInAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sign-in name and its password."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class CapabilityHeld(msgspec.Struct, frozen=True, kw_only=True):
    """One capability in force; `store_id` null is every store."""

    capability: str
    store_id: int | None


class PlaceHere(msgspec.Struct, frozen=True, kw_only=True):
    """Where a kiosk stands."""

    place_id: int
    place: str
    store_id: int
    store: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, what they may do, and the token that unsafe requests carry as `X-CSRF`."""

    person_id: int
    name: str
    csrf: str
    ends_us: int
    capabilities: list[CapabilityHeld]
    kiosk: PlaceHere | None


class NewSecret(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A change of one's own password or PIN; `password` is the present password."""

    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    new_password: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    new_pin: Annotated[str, msgspec.Meta(max_length=12)] | None = None


_BY_NAME = Fast(
    sa.select(sign_in.c.person_id, sign_in.c.password_hash).where(
        sign_in.c.name == sa.bindparam("of_name"), sign_in.c.closed_us.is_(None)
    )
)
_BY_PERSON = Fast(
    sa.select(sign_in.c.name, sign_in.c.password_hash).where(
        sign_in.c.person_id == sa.bindparam("person_id"), sign_in.c.closed_us.is_(None)
    )
)
_PLACE = Fast(
    sa.select(place.c.id, place.c.name, store.c.id, store.c.name)
    .select_from(place.join(store, store.c.id == place.c.store_id))
    .where(place.c.id == sa.bindparam("place_id"))
)


_PINS = Fast(
    sa.select(sign_in.c.person_id, sign_in.c.pin_hash).where(
        among(sign_in.c.person_id, "ids"), sign_in.c.closed_us.is_(None)
    )
)


def pins_of(conn: sa.Connection, person_ids: list[int]) -> dict[int, str | None]:
    """The stored PIN of each person who has a sign-in."""
    return {int(row[0]): row[1] for row in _PINS.rows(conn, {"ids": person_ids})}


async def enter(ctx: Ctx, address: str, asked: SignInAsk) -> sessions.NewSession:
    """Check name and password and begin a session, at the kiosk the request comes from if it is one.

    Raises the 429 problem after too many attempts and the 401 problem for a wrong name or password.
    """
    service = ctx.service
    name = asked.name.strip().lower()
    counted = (f"login:{name}", f"address:{address}")
    wait = await service.database.awrite(lambda tx: throttle.take_attempt(tx, counted), frozenset(counted))
    if wait is not None:
        service.counts.sign_ins.labels("throttled").inc()
        raise Problem(429, "too-many-attempts", f"Wait {wait.seconds} s, then try again.", retry_after_s=wait.seconds)
    rows = await service.read(lambda conn: _BY_NAME.rows(conn, {"of_name": name}))
    person_id, stored = rows[0] if rows else (None, None)
    ctx.about(person_id)
    if not await service.verifier.fits(stored, asked.password) or person_id is None:
        service.counts.sign_ins.labels("wrong").inc()
        raise Problem(401, "wrong-name-or-password", "Name or password is wrong.")
    kiosk = await ctx.kiosk()
    before = ctx.signed_in

    def begin(tx: Tx) -> sessions.NewSession:
        throttle.passed(tx, counted)
        if before is not None:
            sessions.end(tx, before.token_hash)
        if kiosk is not None:
            sessions.end_others_at(tx, kiosk.id)
        return sessions.begin(tx, person_id, kiosk.id if kiosk else None, service.settings.sign_in)

    begun = await ctx.write(begin, (f"p{person_id}",))
    service.sessions.forget()
    service.counts.sign_ins.labels("in").inc()
    return begun


async def leave(ctx: Ctx) -> None:
    """End the session of this request, if there is one."""
    mine = ctx.signed_in
    if mine is not None:
        ctx.about(mine.person_id)
        await ctx.write(lambda tx: sessions.end(tx, mine.token_hash), (f"p{mine.person_id}",))
        ctx.service.sessions.forget()


def session_cookie(ctx: Ctx, token: str) -> Cookie:
    """The cookie that carries a session; it goes when the browser closes, or with the session."""
    https = ctx.service.settings.https
    return Cookie(cookie_name(SESSION, https), value=token, secure=https, httponly=True, samesite="strict", path="/")


def kiosk_cookie(ctx: Ctx, token: str) -> Cookie:
    """The cookie that a paired kiosk keeps across sign-ins."""
    settings = ctx.service.settings
    name = cookie_name(KIOSK, settings.https)
    age = settings.sign_in.kiosk_days * 86_400
    return Cookie(
        name, value=token, secure=settings.https, httponly=True, samesite="strict", path="/", max_age=age
    )  # fmt: skip


def gone_cookie(ctx: Ctx) -> Cookie:
    """The cookie that makes a browser forget its session."""
    cookie = session_cookie(ctx, "")
    cookie.max_age, cookie.expires = 0, 0
    return cookie


def address_of(request: Request[Any, Any, Any]) -> str:
    """The network address a request comes from; all of a local socket's count as one."""
    return request.client.host if request.client else "local"


async def place_here(ctx: Ctx, place_id: int | None) -> PlaceHere | None:
    """The place by name; None for none."""
    if place_id is None:
        return None
    rows = await ctx.read(lambda conn: _PLACE.rows(conn, {"place_id": place_id}))
    return PlaceHere(place_id=rows[0][0], place=rows[0][1], store_id=rows[0][2], store=rows[0][3]) if rows else None


async def me_of(ctx: Ctx, found: sessions.SignedIn) -> Me:
    """What `GET /api/v1/me` says."""
    held = sorted(found.held, key=lambda h: (h.capability, h.store_id or 0))
    return Me(
        person_id=found.person_id,
        name=found.name,
        csrf=found.csrf,
        ends_us=found.ends_us,
        capabilities=[CapabilityHeld(capability=h.capability, store_id=h.store_id) for h in held],
        kiosk=await place_here(ctx, found.place_id),
    )


@post(
    "/sign-in", operation_id="sign_in", guards=[anybody], opt={**CONSULTS, "csrf_in_form": True}, status_code=200,
    responses=errors(401, 403, 429), tags=["sign-in"],
)  # fmt: skip
async def sign_in_here(
    data: JSONBody[SignInAsk], ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[Me]:
    """Sign in with name and password. The answer's cookie carries the session, its body the `csrf` token."""
    begun = await enter(ctx, address_of(request), data)
    found = await ctx.read(ctx.service.sessions.look(begun.token, ctx.now_us))
    assert found is not None, "the session was committed a moment ago"
    return Response(await me_of(ctx, found), cookies=[session_cookie(ctx, begun.token)])


@post("/sign-out", operation_id="sign_out", guards=[signed_in], opt=ALTERS, status_code=204,
      responses=errors(401, 403), tags=["sign-in"])  # fmt: skip
async def sign_out_here(ctx: NamedDependency[Ctx]) -> Response[None]:
    """End this session, now and on every instance."""
    await leave(ctx)
    return Response(None, cookies=[gone_cookie(ctx)])


@get("/me", operation_id="me", guards=[signed_in], opt=CONSULTS, responses=errors(401), tags=["sign-in"])
async def me(ctx: NamedDependency[Ctx]) -> Me:
    """Who is signed in, and what they may do."""
    ctx.about(ctx.person_id)
    return await me_of(ctx, ctx.who)


@post("/me/secrets", operation_id="change_my_secrets", guards=[signed_in], opt=ALTERS, status_code=204,
      responses=errors(401, 403, 422, 429), tags=["sign-in"])  # fmt: skip
async def change_my_secrets(data: JSONBody[NewSecret], ctx: NamedDependency[Ctx]) -> Response[None]:
    """Change one's own password or PIN. A new password ends every session of the person, this one too."""
    mine = ctx.person_id
    ctx.about(mine)
    rows = await ctx.read(lambda conn: _BY_PERSON.rows(conn, {"person_id": mine}))
    name, stored = rows[0]
    if data.new_password and (expected := weakness(name, data.new_password)):
        raise bad_field("new_password", expected)
    if data.new_pin and (expected := pin_weakness(data.new_pin)):
        raise bad_field("new_pin", expected)
    await prove(ctx, f"login:{name}", stored, data.password, "password")
    values: dict[str, object] = {}
    if data.new_password:
        values["password_hash"] = await ctx.service.verifier.hash(data.new_password)
    if data.new_pin:
        values["pin_hash"] = await ctx.service.verifier.hash(data.new_pin)

    def change(tx: Tx) -> None:
        tx.conn.execute(
            sa.update(sign_in).where(sign_in.c.person_id == mine).values(changed_us=tx.now_us, **values)
        )
        if data.new_password:
            sessions.end_all_of(tx, mine)

    await ctx.write(change, (f"p{mine}",))
    ctx.service.sessions.forget()
    return Response(None)


async def prove(ctx: Ctx, counted: str, stored: str | None, offered: str, field: str) -> None:
    """Make sure that `offered` is the secret behind `stored`, counted as an attempt under `counted`.

    Raises the 429 problem after too many attempts and the 403 problem naming `field` where it is wrong.
    """
    database = ctx.service.database
    wait = await database.awrite(lambda tx: throttle.take_attempt(tx, (counted,)), frozenset((counted,)))
    if wait is not None:
        raise Problem(429, "too-many-attempts", f"Wait {wait.seconds} s, then try again.", retry_after_s=wait.seconds)
    if not await ctx.service.verifier.fits(stored, offered):
        raise bad_field(field, f"the right {field}", code=403)
    await database.awrite(lambda tx: throttle.passed(tx, (counted,)), frozenset((counted,)))


async def prove_pin(ctx: Ctx, person_id: int, pin: str) -> None:
    """Make sure of a person by their PIN. Raises as `prove`; a person without a PIN has none that is right."""
    stored = await ctx.read(lambda conn: pins_of(conn, [person_id]))
    ctx.about(person_id)
    await prove(ctx, f"pin:{person_id}", stored.get(person_id), pin, "pin")


ROUTES = [sign_in_here, sign_out_here, me, change_my_secrets]
