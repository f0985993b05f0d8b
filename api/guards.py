"""Who may use a route: plain functions, one or more on every route.

One rule for the editor: a guard looks at the person's capabilities anywhere; where a store is known, the route
asks again for that store (`ctx.need`). There is no guard that lets anybody past the gate.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.context import Ctx
from api.problems import denied, sign_in_first

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def _ctx(connection: Connection) -> Ctx:
    ctx: Ctx = connection.scope["kit_ctx"]  # type: ignore[typeddict-item]
    if ctx.problem is not None:
        raise ctx.problem
    return ctx


async def anybody(connection: Connection, _route: BaseRouteHandler) -> None:
    """No sign-in is asked for; a forged request is refused all the same."""
    _ctx(connection)


async def signed_in(connection: Connection, _route: BaseRouteHandler) -> None:
    """Somebody is signed in."""
    _ = _ctx(connection).who


async def bridge(connection: Connection, _route: BaseRouteHandler) -> None:
    """A bridge with a key in force."""
    if _ctx(connection).bridge_id is None:
        raise sign_in_first("Authorization: expected `Bridge` and a key that is in force.")


async def feed(connection: Connection, _route: BaseRouteHandler) -> None:
    """A training feed with a key in force."""
    if _ctx(connection).feed is None:
        raise sign_in_first("Authorization: expected `Feed` and a key that is in force.")


async def at_kiosk(connection: Connection, _route: BaseRouteHandler) -> None:
    """A person signed in at a paired kiosk, who may issue at its store."""
    ctx = _ctx(connection)
    if ctx.who.kiosk_id is None:
        raise denied("This is done at a paired kiosk.")
    ctx.need("ISSUER", ctx.who.store_id)


def holding(*capabilities: str) -> Guard:
    """A person with one of these capabilities in some store."""
    wanted = frozenset(capabilities)

    async def capable(connection: Connection, _route: BaseRouteHandler) -> None:
        """A person with the capability."""
        if not any(each.capability in wanted for each in _ctx(connection).who.held):
            raise denied(f"This needs one of {', '.join(sorted(wanted))}.")

    return capable
