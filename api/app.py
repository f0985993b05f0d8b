"""The whole service on one page: its routes, what it is made of, and how it starts and stops.

One rule for the editor: this is the one place that reads the wall clock, and the one list of routes. A route that
is not listed here does not exist.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin

from api import (
    alarms,
    authorities,
    availability,
    bay_commands,
    cameras,
    coming_due,
    corrections,
    count_lots,
    decisions,
    deliveries,
    devices,
    equality,
    file_previews,
    grants,
    handovers,
    hatch,
    hatch_handover,
    hatch_override,
    health,
    holds,
    imports,
    issues,
    item_states,
    items,
    kiosks,
    labels,
    lapses,
    log_reading,
    logs,
    losses,
    magazines,
    marks,
    mobilisation,
    openapi,
    overrides,
    packs,
    papers,
    passages,
    people,
    policy_changes,
    policy_register,
    purchases,
    readings,
    recalls,
    reports,
    reservations,
    retention,
    returns,
    rights,
    screens,
    search,
    sign_in,
    special_populations,
    spit_guards,
    stocktake_lists,
    stocktakes,
    stores,
    targets,
    training,
    training_due,
    training_feed,
    training_reads,
    transfers,
    uses,
    vendor_imports,
    what_ifs,
)
from api.clock import Clock
from api.context import Service, provide_ctx
from api.counts import Counts
from api.database import Database
from api.front import Front
from api.issues import Issues
from api.keys import checkpoint_key
from api.later import Later
from api.live import Live
from api.openapi import PATH, openapi_config
from api.pages.routes import ROUTES as PAGES
from api.policies import PolicyShelf
from api.problems import EXCEPTION_HANDLERS
from api.secrets import Verifier
from api.sessions import Sessions
from api.settings import Settings
from api.strict import StrictRequest
from inventory.gate.policy import PolicyError
from inventory.oversight import checkpoints
from inventory.schema import revision, roles

ROUTES: list[Any] = [
    *sign_in.ROUTES,
    *issues.ROUTES,
    *returns.ROUTES,
    *hatch.ROUTES,
    *hatch_override.ROUTES,
    *hatch_handover.ROUTES,
    *handovers.ROUTES,
    *reservations.ROUTES,
    *overrides.ROUTES,
    *items.ROUTES,
    *item_states.ROUTES,
    *magazines.ROUTES,
    *transfers.ROUTES,
    *purchases.ROUTES,
    *deliveries.ROUTES,
    *labels.ROUTES,
    *marks.ROUTES,
    *passages.ROUTES,
    *uses.ROUTES,
    *spit_guards.ROUTES,
    *cameras.ROUTES,
    *corrections.ROUTES,
    *papers.ROUTES,
    *people.ROUTES,
    *training.ROUTES,
    *training_reads.ROUTES,
    *special_populations.ROUTES,
    *stores.ROUTES,
    *stocktakes.ROUTES,
    *count_lots.ROUTES,
    *stocktake_lists.ROUTES,
    *devices.ROUTES,
    *search.ROUTES,
    *holds.ROUTES,
    *losses.ROUTES,
    *recalls.ROUTES,
    *lapses.ROUTES,
    *coming_due.ROUTES,
    *availability.ROUTES,
    *targets.ROUTES,
    *authorities.ROUTES,
    *training_due.ROUTES,
    *reports.ROUTES,
    *policy_register.ROUTES,
    *policy_changes.ROUTES,
    *equality.ROUTES,
    *alarms.ROUTES,
    *decisions.ROUTES,
    *log_reading.ROUTES,
    *retention.ROUTES,
    *rights.ROUTES,
    *packs.ROUTES,
    *grants.ROUTES,
    *kiosks.ROUTES,
    *imports.ROUTES,
    *vendor_imports.ROUTES,
    *mobilisation.ROUTES,
    *what_ifs.ROUTES,
    *file_previews.ROUTES,
    *training_feed.ROUTES,
    *readings.ROUTES,
    *bay_commands.ROUTES,
    *openapi.ROUTES,
]
"""Everything under /api/v1."""

TOP_ROUTES: list[Any] = [*health.ROUTES, *screens.ROUTES, *PAGES]
"""What lies outside: health, metrics, live screens and pages."""

BODY_MAX = 1 << 20
INGEST = Later("api.mqtt_ingest:MqttIngest")


def now_us() -> int:
    """UTC microseconds since 1970: the service's clock."""
    return time.time_ns() // 1000


class NotUpgraded(RuntimeError):
    """The database is not at this program's tables yet; the message says what to run."""


class KitStoreApp(Litestar):
    """Litestar with the plugin for the structs that we use, and for nothing else that happens to be installed.

    The stand-in broker of the demo brings pydantic; the service would load it at every start, for nothing.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def create_app(settings: Settings, clock: Callable[[], int] = now_us, instance: int = 1) -> Litestar:
    """The service. Nothing is opened before its lifespan begins. Raises PolicyError for a policy not right."""
    service = make_service(settings, clock, instance)
    routes: list[Any] = [Router(PATH, route_handlers=ROUTES), *TOP_ROUTES]
    return KitStoreApp(
        route_handlers=routes,
        dependencies={"ctx": Provide(provide_ctx, sync_to_thread=False)},
        middleware=[DefineMiddleware(Front, service=service)],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[lambda _app: serving(service)],
        openapi_config=openapi_config(version("kitstore")),
        request_class=StrictRequest,
        request_max_body_size=BODY_MAX,
        state=State({"service": service}),
        logging_config=None,
    )


def make_service(settings: Settings, clock: Callable[[], int], instance: int) -> Service:
    """What lives as long as the process."""
    database = Database(settings.database, clock, instance=instance)
    counts = Counts()
    policies = PolicyShelf(settings.policies, settings.overlay)
    return Service(
        settings=settings,
        database=database,
        policies=policies,
        issues=Issues(policies),
        live=Live(database, counts),
        sessions=Sessions(settings.sign_in),
        verifier=Verifier(),
        counts=counts,
        readers=ThreadPoolExecutor(settings.readers, "reader"),
    )


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[None]:
    """Start the writer, the live screens and the clock; stop them in the opposite order."""
    await asyncio.to_thread(_check_tables, service.database)
    service.database.start()
    service.epoch = await service.read(checkpoints.epoch)
    service.warnings = await service.read(_warnings)
    await _take_up_policy(service)
    await service.live.start()
    settings = service.settings
    key = checkpoint_key(Path(settings.checkpoint_key)) if settings.checkpoint_key else None
    clock = Clock(service, key)
    ticking = asyncio.create_task(clock.run())
    ingest = INGEST()(service, settings.mqtt) if settings.mqtt else None
    service.ready = True
    if ingest is not None:
        await ingest.start()
    try:
        yield
    finally:
        service.ready = False
        if ingest is not None:
            await ingest.stop()
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        if service.database.is_writing:
            await clock.last()
        await service.live.stop()
        await service.background.stop()
        await service.glance.stop()
        await asyncio.to_thread(service.readers.shutdown)  # waits: every connection must be back before the close
        await asyncio.to_thread(service.database.stop)
        service.verifier.close()


async def _take_up_policy(service: Service) -> None:
    """The files, every stored change over them. Raises PolicyError for one that is not right, and nothing starts."""
    try:
        await service.database.awrite(service.policies.begin)
    except PolicyError:
        await asyncio.to_thread(service.database.stop)
        raise


TOO_STRONG = (
    "the service's database role can do more than the service needs, so the ledger is not out of its reach: see"
    " `kitstore db check` and docs/postgresql.md"
)


def _warnings(conn: sa.Connection) -> tuple[str, ...]:
    powers = roles.powers(conn)
    if not powers:
        return ()
    logs.warning(TOO_STRONG, role=roles.connected_as(conn), powers=powers)
    return (TOO_STRONG,)


def _check_tables(database: Database) -> None:
    with database.reading() as conn:
        found = revision.current(conn)
    if found != revision.head():
        raise NotUpgraded(f"the database is at {found or 'nothing'}; run `kitstore db upgrade` first")
