"""Whether the service is there and ready, and what it counts of itself.

One rule for the editor: neither route says anything about a person, an item or a secret, and both are cheap.
"""

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.context import Ctx
from api.guards import anybody
from api.problems import errors, of_the_database
from api.processing import NOTHING_PERSONAL
from inventory.schema.tx import Tx


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The service's word about itself. `policy` is the hash of the one in force; `trouble` why nothing can be written,
    or why a newer policy is not in force. `warnings` say what is wrong with how the service is run, though it is ready.
    """

    ready: bool
    database: str
    writer: bool
    instance: int
    epoch: str
    policy: str
    policy_version: str
    trouble: str | None
    warnings: list[str]


def _answers(conn: sa.Connection) -> bool:
    return conn.exec_driver_sql("SELECT 1").scalar() == 1


def _nothing(_tx: Tx) -> None:
    """What is written to see whether anything can be."""


@get("/health", operation_id="health", guards=[anybody], opt=NOTHING_PERSONAL, responses=errors(), tags=["service"])
async def health(ctx: NamedDependency[Ctx]) -> Response[Health]:
    """200 when ready to issue kit, 503 otherwise."""
    service = ctx.service
    answers = await service.read(_answers)
    if service.database.failing is not None:
        await service.database.aattempt(_nothing)  # an empty transaction says whether it writes again
    failing = service.database.failing
    writes = service.database.is_writing and failing is None
    policy = service.policies.now
    said = Health(
        ready=service.ready and answers and writes,
        database=service.database.engine.dialect.name,
        writer=writes,
        instance=service.database.instance,
        epoch=service.epoch,
        policy=policy.hash,
        policy_version=policy.version,
        trouble=of_the_database(failing).detail if failing is not None else service.policies.trouble,
        warnings=list(service.warnings),
    )
    return Response(said, status_code=200 if said.ready else 503)


@get("/metrics", operation_id="metrics", guards=[anybody], opt=NOTHING_PERSONAL, responses=errors(),
     media_type=CONTENT_TYPE_LATEST, tags=["service"])  # fmt: skip
async def metrics(ctx: NamedDependency[Ctx]) -> bytes:
    """Our own few counters, as Prometheus reads them."""
    counts, database = ctx.service.counts, ctx.service.database
    counts.commits.set(database.batches)
    counts.commands.set(database.commands)
    return generate_latest(counts.registry)


ROUTES = [health, metrics]
