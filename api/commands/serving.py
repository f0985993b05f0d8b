"""`kitstore serve`: the service.

One rule for the editor: the database is claimed before the application is made, and let go after it has ended.
"""

import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress

import click
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from api import logs
from api.app import create_app, now_us
from api.claim import claim
from api.commands.instances import ONE_OF_SEVERAL, Instances, end_with_parent, listen
from api.commands.opened import bring_up, closing, told
from api.commands.said import Said
from api.later import uncollected
from api.settings import Settings, SettingsError
from inventory.schema.engine import make_engine

GRACE_S = 2
"""How long open live screens may hold up a stop; without a limit they would for ever."""

DAY_US = 86_400_000_000
OFFSET = "KITSTORE_CLOCK_OFFSET_DAYS"
"""For the demonstration alone: its day, so many days from today. A real force is judged on the day that it is: a
clock set back would let a lapsed officer draw."""


def clock_of(settings: Settings, days: str) -> Callable[[], int]:
    """The service's clock; `days` is what OFFSET says. Raises SettingsError where a real force's day would be moved."""
    if days == "0":
        return now_us
    if settings.overlay != "demo":
        raise SettingsError(f"{OFFSET}: only the demonstration's overlay (demo) may run on another day than today")
    try:
        offset_us = int(days) * DAY_US
    except ValueError:
        raise SettingsError(f"{OFFSET}: expected a whole number of days, got {days!r}") from None
    return lambda: now_us() + offset_us


@click.command()
@click.option("--host", help="Address to listen on (default: the settings').")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default: the settings').")
@click.option("--no-upgrade", is_flag=True, help="Do not bring the database to today's tables first.")
@click.option("--instances", type=click.IntRange(1, 32), help="Processes that share the work (PostgreSQL only).")
@click.pass_obj
def serve(
    settings: Settings, host: str | None, port: int | None, no_upgrade: bool, instances: int | None
) -> None:
    """Run the service until it is stopped (Ctrl-C or SIGTERM).

    One process serves an SQLite database; any number serve a PostgreSQL one, here (--instances, best one a core) or
    on several machines.
    """
    shared = ONE_OF_SEVERAL in os.environ
    count = 1 if shared else instances or settings.instances
    where = (host or settings.host, settings.port if port is None else port)
    logs.configure()
    if count > 1:
        _check_several(settings, count, where[1])
    with told():
        held = claim(settings)
    with held, told():
        if not (no_upgrade or shared):
            _upgrade(settings)
        if count == 1:
            _serve(settings, held.instance, where, shared)
    if count > 1:
        raise SystemExit(Instances([sys.executable, *sys.argv], count).run())


def _check_several(settings: Settings, count: int, port: int) -> None:
    if settings.is_sqlite:
        raise Said(f"instances: expected 1 on SQLite, which one process serves, got {count}; PostgreSQL takes several")
    if port == 0:
        raise Said("port: expected a number, got 0 (any free port): several instances share one")


def _upgrade(settings: Settings) -> None:
    engine = make_engine(settings.database)
    with closing(engine):
        bring_up(engine)


def _serve(settings: Settings, instance: int, where: tuple[str, int], shared: bool) -> None:
    with uncollected():
        app = create_app(settings, clock_of(settings, os.environ.get(OFFSET, "0")), instance)
    gc.freeze()  # what was loaded stays: no look for garbage goes through it again, which would take 0.1 s
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=where[0],
            port=where[1],
            loop="uvloop",
            http="httptools",
            access_log=False,
            log_level="warning",
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=GRACE_S,
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=settings.proxies or None,
        )
    )
    if shared:
        end_with_parent()
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listen(*where)] if shared else None)
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)
