"""`kitstore serve`: the service.

One rule for the editor: the database is claimed before the application is made, and let go after it has ended.
"""

import os

import click
import uvicorn

from api.app import create_app, now_us
from api.claim import claim
from api.commands.common import told
from api.settings import Settings
from inventory.schema import migrate
from inventory.schema.engine import make_engine

GRACE_S = 2
"""How long open live screens may hold up a stop; without a limit they would for ever."""

DAY_US = 86_400_000_000
OFFSET = "KITSTORE_CLOCK_OFFSET_DAYS"
"""For demonstrations and tests: the service's day, so many days from today. It moves every clock alike, so it lets
nobody past a date that the training records do not cover on that day."""


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
            migrate.upgrade(engine)
            engine.dispose()
        offset_us = int(os.environ.get(OFFSET, "0")) * DAY_US
        clock = (lambda: now_us() + offset_us) if offset_us else now_us
        app = create_app(settings, clock, held.instance)
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
