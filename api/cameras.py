"""Cameras' readiness: one statement for each, with every reason of the gate, for one camera and for a store's shelf.

One rule for the editor: the gate's word alone (`gate.camera_ready`); whose a camera is, is shown only to who is sure to
work with kit, and no file names a person.
"""

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency

from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.params import PathId
from api.passages import SEERS as SEES_ITEMS
from api.problems import errors, not_found
from api.processing import CONSULTS, NOTHING_PERSONAL
from api.stores import SEERS
from inventory.custody.life import shelf
from inventory.gate.camera_ready import POINTS, Statement, statements
from inventory.gate.kind_policy import Policy


class PointRow(msgspec.Struct, frozen=True, kw_only=True):
    """One point: YES, NO or UNKNOWN (nobody has told), what is known, why not, and what puts it right."""

    point: str
    title: str
    answer: str
    known: str
    reasons: list[str]
    remedies: list[str]
    stops: bool


class ReadinessRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a camera may go out now, by the same rules as the hatch; every point with its reasons."""

    item_id: int
    ready: bool
    assigned_to: int | None
    points: list[PointRow]


@get("/items/{item_id:int}/readiness", operation_id="get_readiness", guards=[holding(*SEES_ITEMS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["items"])  # fmt: skip
async def readiness(item_id: PathId, ctx: NamedDependency[Ctx]) -> ReadinessRow:
    """The readiness of one camera."""
    policy, now_us = ctx.service.policies.now, ctx.now_us
    found = (await ctx.read(lambda conn: statements(conn, [item_id], policy, now_us))).get(item_id)
    if found is None:
        raise not_found("camera with this id")
    ctx.about(found.assigned_to)
    return _row(found)


def _row(found: Statement) -> ReadinessRow:
    return ReadinessRow(
        item_id=found.item_id, ready=found.ready, assigned_to=found.assigned_to,
        points=[
            PointRow(point=each.word, title=each.title, answer=each.answer, known=each.known,
                     reasons=list(each.reasons), remedies=list(each.remedies), stops=each.stops)
            for each in found.points
        ],
    )  # fmt: skip


def cameras_of(
    conn: sa.Connection, store_id: int, policy: Policy, now_us: int
) -> list[tuple[str, str, Statement]]:
    """(serial, model, statement) of each camera that a store holds, by serial."""
    held = {row["item_id"]: row for row in shelf(conn, store_id) if row["kind"] == "BWV_CAMERA"}
    found = statements(conn, held, policy, now_us)
    return sorted(
        ((held[each]["serial"], held[each]["model"], found[each]) for each in found), key=lambda row: row[0]
    )


HEADS = ("serial", "model", "ready", *(point.says.lower() for point in POINTS), "what stops it")


@get("/stores/{store_id:int}/cameras.csv", operation_id="export_cameras", guards=[holding(*SEERS)],
     opt=NOTHING_PERSONAL, responses=errors(401, 403), tags=["stores"], media_type="text/csv")  # fmt: skip
async def cameras_csv(store_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """Every camera that a store holds, with its readiness point by point, as a file."""
    ctx.need_any(SEERS, store_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us
    rows = await ctx.read(lambda conn: cameras_of(conn, store_id, policy, now_us))
    lines = [
        (serial, model, "yes" if one.ready else "no", *(each.answer.lower() for each in one.points),
         " ".join(one.reasons))
        for serial, model, one in rows
    ]  # fmt: skip
    return as_csv("cameras.csv", HEADS, lines)


ROUTES = [readiness, cameras_csv]
