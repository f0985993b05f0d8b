"""A person's page: what they may draw for the next duty, their kit, the duties that come, training on a time line, what
they had, who may see this.

One rule for the editor: a person sees their own page; anybody else needs a capability, and every look is logged
with the person looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.authority_rows import SEERS as SEES_AUTHORITY
from api.context import Ctx
from api.guards import signed_in
from api.pages import looks
from api.pages.frame import PAGE, STAFF, html, page_of
from api.pages.render import render
from api.pages.strips import Axis, Tick, month_ticks
from api.pages.training import NAMES, TrainingRow, axis_of, stops_kit, training_rows
from api.params import PathId
from api.people import imagined_visit
from api.problems import not_found
from api.processing import CONSULTS
from api.store_reads import Rows
from inventory.custody.life import holdings
from inventory.custody.may_draw import may_draw
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import HOUR_US, ShiftWindow, local_day
from inventory.people.due import AUTHORITY, due_of
from inventory.people.people import PersonRecord, by_id, root_of
from inventory.people.reminders import Reminder, reminders_of
from inventory.people.roster import AHEAD_US, RosteredDuty, duties_of
from inventory.people.standing import Standing, standings
from inventory.people.stores import shift_at_hatch

SOON_US = 16 * HOUR_US
"""A rostered duty is the next to draw for when it is on, or begins within so long."""
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
class ComingDuty:
    """A duty on the roster, and what runs out before it ends: (what, in words, with its model; its last good day)."""

    duty: RosteredDuty
    lacks: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PersonShown:
    """Everything the page shows. `answers` are for `duty`: the one on the roster where it is on or next, else the shift
    of their store; at `drawn_at`."""

    person: PersonRecord
    standing: Standing
    store: str
    axis: Axis
    ticks: list[Tick]
    training: list[TrainingRow]
    duty: ShiftWindow | None
    drawn_at: str
    answers: list[dict[str, Any]]
    coming: list[ComingDuty]
    reminders: list[Reminder]
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
    coming = duties_of(conn, [found.id], now_us, now_us + AHEAD_US).get(found.id, ())
    store_id, duty = _next(conn, found, coming, now_us)
    visit = replace(imagined_visit(found, duty, now_us), store_id=store_id or 0)
    return PersonShown(
        person=found, standing=standing, store=stores.get(found.home_store_id or 0, ""), axis=axis,
        ticks=month_ticks(axis, now_us), training=training_rows(standing, policy, axis, now_us), duty=duty,
        drawn_at=stores.get(store_id or 0, ""), answers=may_draw(conn, visit, policy, now_us) if store_id else [],
        coming=coming_duties(coming, standing, policy, now_us), reminders=current(conn, standing, now_us),
        holding=holdings(conn, found.id), history=duties(looks.history(conn, found.id)),
        seen_by=_seen_by(conn, found, now_us),
    )  # fmt: skip


def _next(
    conn: sa.Connection, person: PersonRecord, coming: Sequence[RosteredDuty], now_us: int
) -> tuple[int | None, ShiftWindow | None]:
    """Where and for which duty the person draws next: the rostered one that is on or soon, else the store's shift."""
    if coming and coming[0].starts_us - now_us < SOON_US:
        first = coming[0]
        name = first.duty or "Rostered"
        return first.store_id, ShiftWindow(name, local_day(first.starts_us), first.starts_us, first.ends_us)
    home = person.home_store_id
    return home, shift_at_hatch(conn, home, now_us) if home else None


def coming_duties(
    coming: Iterable[RosteredDuty], standing: Standing, policy: Policy, now_us: int
) -> list[ComingDuty]:
    """The duties that come, each with what that kit asks for runs out before it ends. Two sources may name one duty."""
    due = [each for each in due_of(standing, now_us) if each.what == AUTHORITY or stops_kit(each.what, policy)]
    once = {(each.starts_us, each.ends_us): each for each in reversed(list(coming))}
    return [
        ComingDuty(duty, [
            (f"{NAMES.get(each.what, 'Authority to carry')}{f' ({each.model})' if each.model else ''}",
             each.last_good_day.isoformat())
            for each in due if each.ends_us < duty.ends_us
        ])
        for _, duty in sorted(once.items())
    ]  # fmt: skip


def current(conn: sa.Connection, standing: Standing, now_us: int) -> list[Reminder]:
    """The newest reminder of each thing that still ends on the day it was said of: a pass since ends the matter."""
    still = {(each.what, each.model, each.ends_on.isoformat()) for each in due_of(standing, now_us)}
    newest: dict[tuple[str, str, str], Reminder] = {}
    for each in reminders_of(conn, standing.records):
        key = (each.what, each.model, each.ends_on)
        if key in still:
            newest.setdefault(key, each)
    return sorted(newest.values(), key=lambda each: (each.ends_on, each.what))


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
    is_own = ctx.person_id == shown.person.id
    said = {
        "shown": shown, "is_own": is_own, "names": NAMES | {AUTHORITY: "Authority to carry"},
        "today": local_day(ctx.now_us).isoformat(),
        "sees_authority": not is_own and any(ctx.may(each, shown.person.home_store_id) for each in SEES_AUTHORITY),
    }  # fmt: skip
    return html(render("person.html", page, **said))


ROUTES = [person_page]
