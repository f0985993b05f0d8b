"""`kitstore serve`: the service.

One rule for the editor: the database is claimed before the application is made, and let go after it has ended.
"""

import gc
import os
from collections.abc import Callable

import click
import uvicorn

from api import logs
from api.app import create_app, now_us
from api.claim import claim
from api.commands.opened import bring_up, closing, told
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
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None, no_upgrade: bool) -> None:
    """Run the service until it is stopped (Ctrl-C or SIGTERM).

    One process serves an SQLite database; any number serve a PostgreSQL one.
    """
    with told():
        held = claim(settings)
    with held, told():
        if not no_upgrade:
            engine = make_engine(settings.database)
            with closing(engine):
                bring_up(engine)
        logs.configure()
        with uncollected():
            app = create_app(settings, clock_of(settings, os.environ.get(OFFSET, "0")), held.instance)
        gc.freeze()  # what was loaded stays: no look for garbage goes through it again, which would take 0.1 s
        uvicorn.run(
            app,
            host=host or settings.host,
            port=settings.port if port is None else port,
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
