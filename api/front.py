"""What every request passes: who asks is found out, and no answer leaves before its processing-log line is in.

One rule for the editor: the line is committed between the answer's making and its first byte. If it cannot be,
the answer is thrown away and a 503 goes out in its place (test L4).
"""

import time
from dataclasses import dataclass
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api import logs
from api.batches import Busy
from api.context import ANONYMOUS, Actor, Ctx, Service
from api.database_errors import Kinds, anything
from api.identity import (
    KIOSK,
    SESSION,
    Headers,
    bridge_of,
    bridge_secret,
    cookie_name,
    cookies_of,
    feed_of,
    feed_secret,
    foreign,
    unknown_key,
    without_token,
)  # fmt: skip
from api.outgoing import NOT_KEPT, REQUEST_ID, SAFETY, TLS_ONLY, new_request_id
from api.problems import MEDIA_TYPE, Problem, body_of, problem_of
from api.processing import UNDECLARED
from api.sessions import SignedIn

DENIED_CODES = (401, 403, 429)


def unwritten() -> Kinds:
    """What it looks like when a line could not be committed."""
    return (Busy, *anything(), OSError, RuntimeError)


class Front:
    """ASGI middleware around every route. (One is made for each route, so it counts nothing itself.)"""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        ctx = await self._begin(scope)
        scope["kit_ctx"] = ctx  # type: ignore[typeddict-unknown-key]
        scope["kit_request_id"] = ctx.request_id  # type: ignore[typeddict-unknown-key]
        answer = Answer(self.service, ctx, send, began, scope["path"])
        await self.app(scope, receive, answer.pass_on)

    async def _begin(self, scope: Scope) -> Ctx:
        headers: Headers = dict(scope["headers"])
        route: Any = scope["route_handler"]
        method = str(scope["method"])  # type: ignore[typeddict-item]
        ctx = Ctx(
            service=self.service,
            actor=ANONYMOUS,
            now_us=self.service.now_us,
            request_id=new_request_id(),
            route=f"{method} {scope['path_template']}",
            log=route.opt.get("log", UNDECLARED),
        )
        ctx.problem = foreign(method, headers, self.service.settings.https)
        if (key := bridge_secret(headers)) is not None:
            await self._as_bridge(ctx, key)
            return ctx
        if (key := feed_secret(headers)) is not None:
            await self._as_feed(ctx, key)
            return ctx
        cookies = cookies_of(headers)
        https = self.service.settings.https
        ctx.kiosk_token = cookies.get(cookie_name(KIOSK, https))
        token = cookies.get(cookie_name(SESSION, https))
        if token is not None and (found := await self._session(token, ctx.now_us)) is not None:
            ctx.signed_in = found
            ctx.actor = Actor("PERSON", found.person_id)
            if not route.opt.get("csrf_in_form"):
                ctx.problem = ctx.problem or without_token(method, headers, found.csrf)
        return ctx

    async def _session(self, token: str, now_us: int) -> SignedIn | None:
        sessions = self.service.sessions
        found = sessions.recall(token, now_us)
        if found is None:
            found = sessions.keep(token, await self.service.read(sessions.look(token, now_us)), now_us)
        return found

    async def _as_bridge(self, ctx: Ctx, key: str) -> None:
        ctx.bridge_id = await self.service.bridges.find(
            key, ctx.now_us, lambda: self.service.read(lambda conn: bridge_of(conn, key))
        )
        if ctx.bridge_id is None:
            ctx.problem = unknown_key()
        else:
            ctx.actor = Actor("BRIDGE", ctx.bridge_id)

    async def _as_feed(self, ctx: Ctx, key: str) -> None:
        ctx.feed = await self.service.feeds.find(
            key, ctx.now_us, lambda: self.service.read(lambda conn: feed_of(conn, key))
        )
        if ctx.feed is None:
            ctx.problem = unknown_key("Feed")
        else:
            ctx.actor = Actor("FEED", ctx.feed.id)


@dataclass(slots=True)
class Answer:
    """One answer on its way out."""

    service: Service
    ctx: Ctx
    send: Send
    began: float
    path: str
    replaced: bool = False

    async def pass_on(self, message: Message) -> None:
        """Send a part of the answer; before the first one, see that the processing log has its line."""
        if message["type"] != "http.response.start":
            if not self.replaced:
                await self.send(message)
            return
        code = message["status"]
        try:
            await self.ctx.settle("OK" if code < 400 else "DENIED" if code in DENIED_CODES else "FAILED")
        except unwritten() as problem:
            logs.error("processing log not written", request_id=self.ctx.request_id, problem=repr(problem)[:300])
            await self._replace(problem)
            return
        given = {name for name, _ in message["headers"]}
        extra = [pair for pair in SAFETY if pair[0] not in given]
        if b"cache-control" not in given:
            extra.append(NOT_KEPT)
        if self.service.settings.https:
            extra.append(TLS_ONLY)
        extra.append((REQUEST_ID, self.ctx.request_id.encode()))
        message["headers"] = [*message["headers"], *extra]
        self.service.counts.answered(code, time.perf_counter() - self.began, waits=self.ctx.waits)
        await self.send(message)

    async def _replace(self, problem: Exception) -> None:
        self.replaced = True
        told = problem_of(problem)
        if told.code != 503:
            told = Problem(503, "not-logged", "What you asked for could not be logged, so it is not answered.")
        body = body_of(told, f"urn:request:{self.ctx.request_id}")
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"retry-after", b"2"),
            (REQUEST_ID, self.ctx.request_id.encode()),
            *SAFETY,
        ]
        self.service.counts.answered(503, time.perf_counter() - self.began)
        await self.send({"type": "http.response.start", "status": 503, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})
