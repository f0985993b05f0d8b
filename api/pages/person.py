"""A person's page: training on a time line, what they hold, what they may draw for the next duty, who may see this.

One rule for the editor: a person sees their own page; anybody else needs a capability, and every look is logged
with the person looked at.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.guards import signed_in
from api.pages import looks
from api.pages.frame import PAGE, STAFF, html, page_of
from api.pages.render import render
from api.pages.strips import Axis, Tick, month_ticks
from api.pages.training import TrainingRow, axis_of, training_rows
from api.params import PathId
from api.people import imagined_visit
from api.problems import not_found
from api.processing import CONSULTS
from api.store_reads import Rows
from inventory.custody.life import holdings
from inventory.custody.may_draw import may_draw
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import ShiftWindow
from inventory.people.people import PersonRecord, by_id, root_of
from inventory.people.standing import Standing, standings
from inventory.people.stores import shift_at_hatch

SEEN_BY = (
    ("ISSUER", "issue kit"), ("STORE_MANAGER", "manage the store"), ("TRAINING_RECORDER", "record training"),
    ("CED_SPOC", "are the CED single point of contact"), ("PSD", "work for Professional Standards"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duty:
    """What was drawn together and ended together."""

    from_us: int
    until_us: int
    ended: str
    items: Rows


@dataclass(frozen=True, slots=True)
class PersonShown:
    """Everything the page shows."""

    person: PersonRecord
    standing: Standing
    store: str
    axis: Axis
    ticks: list[Tick]
    training: list[TrainingRow]
    duty: ShiftWindow | None
    answers: list[dict[str, Any]]
    holding: list[dict[str, Any]]
    history: list[Duty]
    seen_by: list[tuple[str, list[str]]]


def person_shown(conn: sa.Connection, person_id: int, policy: Policy, now_us: int) -> PersonShown | None:
    """What the page of a person shows; None where there is nobody of this number."""
    found = by_id(conn, root_of(conn, person_id))
    if found is None:
        return None
    standing = standings(conn, [found.id], now_us, policy.courses)[found.id]
    stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
    axis = axis_of(now_us)
    duty = shift_at_hatch(conn, found.home_store_id, now_us) if found.home_store_id else None
    return PersonShown(
        person=found, standing=standing, store=stores.get(found.home_store_id or 0, ""), axis=axis,
        ticks=month_ticks(axis, now_us), training=training_rows(standing, policy, axis, now_us), duty=duty,
        answers=may_draw(conn, imagined_visit(found, duty, now_us), policy, now_us) if found.home_store_id else [],
        holding=holdings(conn, found.id), history=duties(looks.history(conn, found.id)),
        seen_by=_seen_by(conn, found, now_us),
    )  # fmt: skip


def duties(rows: Rows) -> list[Duty]:
    """Past custody, newest first, with what went out and came back together in one row."""
    together = groupby(rows, key=lambda row: (row["opened_us"], row["closed_us"], row["ended"]))
    return [Duty(opened, closed, ended, list(group)) for (opened, closed, ended), group in together]


def _seen_by(conn: sa.Connection, person: PersonRecord, now_us: int) -> list[tuple[str, list[str]]]:
    rows = looks.people_with(conn, tuple(name for name, _ in SEEN_BY), person.home_store_id, now_us)
    return [
        (does, [f"{row['given_name']} {row['family_name']}" for row in rows if row["capability"] == name])
        for name, does in SEEN_BY
    ]


def need_sight_of(ctx: Ctx, person_id: int, home_store_id: int | None) -> None:
    """Raise the 403 problem unless this is the person's own page or their store's people look at it."""
    if ctx.person_id != person_id:
        ctx.need_any(STAFF, home_store_id)


@get("/people/{person_id:int}", guards=[signed_in], opt=CONSULTS, **PAGE)
async def person_page(
    person_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One person."""
    ctx.about(person_id)
    policy = ctx.service.policies.now
    shown = await ctx.read(lambda conn: person_shown(conn, person_id, policy, ctx.now_us))
    if shown is None:
        raise not_found("person with this number")
    ctx.about(shown.person.id)
    need_sight_of(ctx, shown.person.id, shown.person.home_store_id)
    page = page_of(ctx, request, shown.person.name)
    return html(render("person.html", page, shown=shown, is_own=ctx.person_id == shown.person.id))


ROUTES = [person_page]
