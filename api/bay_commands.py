"""Bridges ask what their bays are to do: one question that waits, answered as soon as there is something.

One rule for the editor: what a bridge is told stands in the database, committed, before it is told, and is told again
until it is over or answered; the bridge carries out each id once.

    bridge ──POST /bridge/commands {"have":[…],"wait_ms":15000}──▶ … nothing to do: it waits …
    hatch: a card ──▶ commit ──▶ api.live ──▶ the waiting question is answered {"commands":[…]} ──▶ bay lights

A broker is not asked: it may keep a message until the person has gone, and a dock must not open for who comes next.
"""

import asyncio
import time
from contextlib import suppress

import sqlalchemy as sa
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.context import Ctx
from api.guards import bridge as bridge_alone
from api.problems import errors
from api.processing import NOTHING_PERSONAL
from devices.wire import COMMAND_LIFE_MAX_MS, COMMANDS_MAX, BayCommand, Commanded, Listening
from inventory.schema.bays import bay_command
from inventory.schema.fast import Fast
from inventory.schema.service import bridge
from inventory.schema.tx import Tx
from inventory.stock.docks import dock_said

HEARD_EVERY_US = 30_000_000
"""How often it is noted that a bridge listens; `custody.bays.LISTENS_US` allows for two that are missed."""

_LIVE = Fast(
    sa.select(
        bay_command.c.id, bay_command.c.device, bay_command.c.dock, bay_command.c.bay, bay_command.c.act,
        bay_command.c.light, bay_command.c.until_us,
    )
    .where(
        bay_command.c.bridge_id == sa.bindparam("bridge_id"),
        bay_command.c.word == sa.literal_column("'WAITING'"),
        bay_command.c.until_us > sa.bindparam("now_us"),
    )
    .order_by(bay_command.c.at_us, bay_command.c.id)
    .limit(COMMANDS_MAX)
)  # fmt: skip
_HEARD = Fast(sa.select(bridge.c.listens_us).where(bridge.c.id == sa.bindparam("bridge_id")))
_LISTENS = Fast(
    sa.update(bridge).where(bridge.c.id == sa.bindparam("bridge_id_")).values(listens_us=sa.bindparam("to_listens"))
)


def live_commands(conn: sa.Connection, bridge_id: int, have: tuple[int, ...], now_us: int) -> tuple[BayCommand, ...]:
    """What a bridge may still begin and has not got, the oldest first."""
    rows = _LIVE.rows(conn, {"bridge_id": bridge_id, "now_us": now_us})
    return tuple(
        BayCommand(
            id=number, device=device, dock=dock_said(dock), bay=bay, act=act, light=light,
            live_ms=min(COMMAND_LIFE_MAX_MS, (until_us - now_us) // 1000),
        )
        for number, device, dock, bay, act, light, until_us in rows
        if number not in have
    )  # fmt: skip


@post(
    "/bridge/commands", operation_id="listen_for_commands", guards=[bridge_alone], opt=NOTHING_PERSONAL,
    status_code=200, responses=errors(401, 422), tags=["bridge"],
)  # fmt: skip
async def listen_for_commands(data: JSONBody[Listening], ctx: NamedDependency[Ctx]) -> Commanded:
    """What the bridge's bays are to do. Waits up to `wait_ms` for something, and answers with nothing then."""
    bridge_id = ctx.bridge_id
    assert bridge_id is not None, "the guard saw to it"
    ctx.waits = data.wait_ms > 0
    began_s = time.monotonic()
    await _heard(ctx, bridge_id)
    with ctx.service.live.ear(f"bridge:{bridge_id}") as ear, suppress(TimeoutError):
        async with asyncio.timeout(data.wait_ms / 1000 or None):
            found = await _look(ctx, bridge_id, data)
            while data.wait_ms and not found and await ear.waiting.get():
                found = await _look(ctx, bridge_id, data)
            return Commanded(commands=found, waited_ms=_ms_since(began_s))
    return Commanded(waited_ms=_ms_since(began_s))


def _ms_since(began_s: float) -> int:
    return int((time.monotonic() - began_s) * 1000)


async def _look(ctx: Ctx, bridge_id: int, data: Listening) -> tuple[BayCommand, ...]:
    now_us = ctx.service.now_us
    return await ctx.service.read(lambda conn: live_commands(conn, bridge_id, data.have, now_us))


async def _heard(ctx: Ctx, bridge_id: int) -> None:
    rows = await ctx.service.read(lambda conn: _HEARD.rows(conn, {"bridge_id": bridge_id}))
    if rows[0][0] is not None and ctx.now_us - rows[0][0] < HEARD_EVERY_US:
        return

    def note(tx: Tx) -> None:
        _LISTENS.run(tx.conn, {"bridge_id_": bridge_id, "to_listens": tx.now_us})

    await ctx.write(note, (f"bridge{bridge_id}",))


ROUTES = [listen_for_commands]
