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
from api.problems import errors
from api.processing import NOTHING_PERSONAL


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The service's word about itself. `policy` is the hash of the one in force, `trouble` why a newer one is not.

    `warnings` say what is wrong with how the service is run, though it is ready.
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


@get("/health", operation_id="health", guards=[anybody], opt=NOTHING_PERSONAL, responses=errors(), tags=["service"])
async def health(ctx: NamedDependency[Ctx]) -> Response[Health]:
    """200 when ready to issue kit, 503 otherwise."""
    service = ctx.service
    answers = await service.read(_answers)
    writes = service.database.is_writing
    policy = service.policies.now
    said = Health(
        ready=service.ready and answers and writes,
        database=service.database.engine.dialect.name,
        writer=writes,
        instance=service.database.instance,
        epoch=service.epoch,
        policy=policy.hash,
        policy_version=policy.version,
        trouble=service.policies.trouble,
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
