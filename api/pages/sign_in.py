"""Signing in and out by a page: a form, and the way back to what was asked for.

One rule for the editor: the checks are `api.sign_in.enter`, the same as for programs; a form only words them.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect

from api import sign_in
from api.context import Ctx
from api.guards import anybody
from api.pages.frame import PAGE, html, page_of, safe_way_back
from api.pages.looks import place_named
from api.pages.render import render
from api.problems import Problem
from api.processing import ALTERS, CONSULTS, NOTHING_PERSONAL

SHOWN_CODES = (401, 429)
FIRST_PAGE = "/?from=sign-in"
"""Where somebody lands who asked for no page: the first page leads on, each to what they come for."""


class SignInForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-in form sends."""

    name: str = ""
    password: str = ""
    next: str = "/"


class SignOutForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-out button sends."""

    csrf: str = ""


async def _form(
    ctx: Ctx, request: Request[Any, Any, Any], asked: SignInForm, problem: Problem | None = None
) -> Response[str]:
    kiosk = await ctx.kiosk()
    where = await ctx.read(lambda conn: place_named(conn, kiosk.place_id)) if kiosk else None
    page = page_of(ctx, request, "Sign in")
    told = problem.detail if problem else ""
    content = render(
        "sign_in.html", page, kiosk=where, name=asked.name, next=safe_way_back(asked.next), problem=told
    )
    return html(content, problem.code if problem else 200)


@get("/sign-in", guards=[anybody], opt=NOTHING_PERSONAL, **PAGE)
async def sign_in_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    back_to: Annotated[str, QueryParameter(name="next", max_length=500)] = "/",
) -> Response[str]:
    """The form."""
    return await _form(ctx, request, SignInForm(next=back_to))


@post("/sign-in", guards=[anybody], opt={**CONSULTS, "csrf_in_form": True}, status_code=200, **PAGE)
async def sign_in_form(
    data: URLEncodedBody[SignInForm], ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[Any]:
    """Check the form; begin a session and lead on, or show the form again with what was wrong."""
    name, password = data.name.strip()[:120], data.password[:200]
    if not name or not password:
        return await _form(
            ctx, request, data, Problem(401, "nothing-given", "Give your name and your password.")
        )
    try:
        asked = sign_in.SignInAsk(name=name, password=password)
        begun = await sign_in.enter(ctx, sign_in.address_of(request), asked)
    except Problem as problem:
        if problem.code not in SHOWN_CODES:
            raise
        return await _form(ctx, request, data, problem)
    cookie = sign_in.session_cookie(ctx, begun.token)
    way = safe_way_back(data.next)
    return Redirect(FIRST_PAGE if way == "/" else way, status_code=303, cookies=[cookie])


@post("/sign-out", guards=[anybody], opt={**ALTERS, "csrf_in_form": True}, status_code=200, **PAGE)
async def sign_out_form(data: URLEncodedBody[SignOutForm], ctx: NamedDependency[Ctx]) -> Response[Any]:
    """End the session and show the sign-in."""
    if ctx.signed_in is not None and data.csrf == ctx.signed_in.csrf:
        await sign_in.leave(ctx)
    return Redirect("/sign-in", status_code=303, cookies=[sign_in.gone_cookie(ctx)])


@get("/pair", guards=[anybody], opt=NOTHING_PERSONAL, **PAGE)
async def pair_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """Where a device is made the screen of a hatch."""
    return html(render("pair.html", page_of(ctx, request, "Pair this device")))


ROUTES = [pair_page, sign_in_page, sign_in_form, sign_out_form]
