"""The stream that live screens listen to.

One rule for the editor: who may hear a topic is decided when the stream is opened, topic by topic; a stream lasts
no longer than the sign-in that opened it.
"""

from collections.abc import AsyncIterator
from typing import Annotated

import sqlalchemy as sa
from litestar import get
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from api.context import Ctx
from api.guards import signed_in
from api.problems import bad_field, errors
from api.processing import CONSULTS
from inventory.schema import words
from inventory.schema.fast import Fast
from inventory.schema.people import place

TOPICS_MAX = 20
CHECK_US = 10_000_000
"""Pings come every 15 s, so a stream outlives its sign-in by no more than that."""
STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

_STORE_OF = Fast(sa.select(place.c.store_id).where(place.c.id == sa.bindparam("place_id")))


@get("/live", operation_id="live", guards=[signed_in], opt=CONSULTS, responses=errors(401, 403), tags=["live"])
async def live(
    ctx: NamedDependency[Ctx],
    topics: Annotated[str, QueryParameter(max_length=400, description="place:3,store:2")],
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID", max_length=20)] = None,
) -> Stream:
    """What happens at these places and stores, as server-sent events, from `Last-Event-ID` on."""
    asked = [each.strip() for each in topics.split(",") if each.strip()]
    if not 1 <= len(asked) <= TOPICS_MAX:
        raise bad_field("topics", f"1 to {TOPICS_MAX} of place:<id> and store:<id>", topics, 400)
    for topic in asked:
        await _check(ctx, topic)
    after = _number(last_event_id)
    ctx.query = ",".join(asked)
    ctx.about(ctx.person_id)
    return Stream(_while_signed_in(ctx, asked, after), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _check(ctx: Ctx, topic: str) -> None:
    kind, _, number = topic.partition(":")
    if kind not in ("place", "store") or not number.isdigit() or len(number) > 16:
        raise bad_field("topics", "place:<id> or store:<id>", topic, 400)
    store_id: int | None = int(number)
    if kind == "place":
        rows = await ctx.read(lambda conn: _STORE_OF.rows(conn, {"place_id": int(number)}))
        store_id = int(rows[0][0]) if rows else None
        if store_id is None:
            raise bad_field("topics", "a place that exists", topic, 404)
    ctx.need_any(words.CAPABILITIES, store_id)


def _number(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not text.isdigit():
        raise bad_field("Last-Event-ID", "the id of an event", text, 400)
    return int(text)


async def _while_signed_in(ctx: Ctx, topics: list[str], after: int | None) -> AsyncIterator[bytes]:
    """The stream, ended soon after the sign-in is."""
    service, mine = ctx.service, ctx.who
    checked_us = ctx.now_us
    async for event in service.live.stream(topics, after):
        yield event
        now_us = service.now_us
        if now_us - checked_us > CHECK_US:
            checked_us = now_us
            if not await service.read(lambda conn, at=now_us: service.sessions.lives_on(conn, mine, at)):  # type: ignore[misc]
                return


ROUTES = [live]
