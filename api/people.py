"""People: finding them, their training, what they hold, and what they may draw and why not.

One rule for the editor: a person sees their own record; anybody else needs a capability at their home store. Why
somebody is limited is never told, here as at the hatch.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.guards import holding, signed_in
from api.params import PathId
from api.problems import errors, not_found
from api.processing import CONSULTS
from inventory.custody.life import holdings
from inventory.custody.may_draw import may_draw
from inventory.custody.visits import Visit
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import ShiftWindow
from inventory.people.people import PersonRecord, by_id, root_of, search
from inventory.people.standing import Standing, standings
from inventory.people.stores import shift_at_hatch

SEERS = (
    "ISSUER", "COUNTERSIGNER", "TRAINING_RECORDER", "TECHNICIAN", "CED_SPOC", "EXHIBITS", "PSD", "INSTRUCTOR",
    "STORE_MANAGER", "AUDITOR", "ADMINISTRATOR", "SUPERVISOR", "DUTY_INSPECTOR",
)  # fmt: skip


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """One person as lists show them."""

    id: int
    ref: str
    kind: str
    family_name: str
    given_name: str
    rank: str | None
    team: str | None
    home_store_id: int | None
    collar: str | None
    left_on: str | None


class TrainingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One qualification: the last pass, and the last good day (null: no end). `model` where it is for one."""

    qualification: str
    model: str | None
    last_pass_on: str
    last_good_day: str | None
    valid_until_us: int | None
    ended_by: str
    in_date: bool


class AuthorityRow(msgspec.Struct, frozen=True, kw_only=True):
    """Permission to carry one model."""

    model: str
    mode: str
    from_us: int
    to_us: int


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Something the person holds now; a lot has no item_id and a quantity. `within` is the item it is loaded in."""

    kind: str
    kind_label: str
    model: str
    serial: str
    quantity: int
    item_id: int | None = None
    lot_id: int | None = None
    since_us: int | None = None
    planned_return_us: int | None = None
    return_mode: str | None = None
    basis: str | None = None
    decision_id: int | None = None
    within: int | None = None


class MayDraw(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the person may draw one kind (and model) at home for the next duty, and why not."""

    kind: str
    kind_label: str
    model: str | None
    may: bool
    sentences: list[str]
    remedies: list[str]


class OnePerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person's record: training, authority, holdings, and what they may draw."""

    person: PersonRow
    opted_in: bool
    suspended: bool
    limited: bool
    training: list[TrainingRow]
    authorisations: list[AuthorityRow]
    holdings: list[Holding]
    duty: str | None
    duty_ends_us: int | None
    may_draw: list[MayDraw]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was read of one person in one consistent state."""

    record: PersonRecord
    standing: Standing
    held: list[dict[str, Any]]
    duty: ShiftWindow | None
    answers: list[dict[str, Any]]


def row_of(record: PersonRecord) -> PersonRow:
    """A record as clients have it."""
    return PersonRow(**{name: getattr(record, name) for name in PersonRow.__struct_fields__})


def look(conn: sa.Connection, person_id: int, policy: Policy, now_us: int) -> Looked | None:
    """Everything about the person (the record that counts, for a linked duplicate); None where there is none."""
    found = by_id(conn, root_of(conn, person_id))
    if found is None:
        return None
    standing = standings(conn, [found.id], now_us, policy.courses)[found.id]
    duty = shift_at_hatch(conn, found.home_store_id, now_us) if found.home_store_id else None
    answers = may_draw(conn, imagined_visit(found, duty, now_us), policy, now_us) if found.home_store_id else []
    return Looked(found, standing, holdings(conn, found.id), duty, answers)


def imagined_visit(record: PersonRecord, duty: ShiftWindow | None, now_us: int) -> Visit:
    """The visit the person would open at home now; never stored, only asked about."""
    return Visit(
        id=0, store_id=record.home_store_id or 0, place_id=0, person_id=record.id, state="OPEN", purpose="OPERATIONAL",
        shift_name=duty.name if duty else None, planned_return_us=duty.ends_us if duty else None, opened_us=now_us,
        touched_us=now_us, fit_declared=0, authenticated_by=None,
    )  # fmt: skip


def _training(standing: Standing, now_us: int) -> list[TrainingRow]:
    return [
        TrainingRow(
            qualification=name,
            model=model,
            last_pass_on=held.last_pass_on.isoformat(),
            last_good_day=held.last_good_day.isoformat() if held.last_good_day else None,
            valid_until_us=held.valid_until_us,
            ended_by=held.ended_by.value,
            in_date=held.covers(now_us + 1),
        )
        for (name, model), held in sorted(standing.training.items(), key=lambda pair: (pair[0][0], pair[0][1] or ""))
    ]


def told(seen: Looked, now_us: int) -> OnePerson:
    """What a client is told of a person."""
    standing = seen.standing
    return OnePerson(
        person=row_of(seen.record),
        opted_in=standing.opted_in,
        suspended=standing.suspended_from_us(now_us) is not None,
        limited=standing.duty_kinds_allowed is not None,
        training=_training(standing, now_us),
        authorisations=[
            AuthorityRow(model=each.model, mode=each.mode, from_us=each.from_us, to_us=each.to_us)
            for each in standing.authorisations
        ],
        holdings=[msgspec.convert(each, Holding) for each in seen.held],
        duty=seen.duty.name if seen.duty else None,
        duty_ends_us=seen.duty.ends_us if seen.duty else None,
        may_draw=[msgspec.convert(each, MayDraw) for each in seen.answers],
    )


@get("/people", operation_id="search_people", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     tags=["people"])  # fmt: skip
async def search_people(
    ctx: NamedDependency[Ctx],
    q: Annotated[str, QueryParameter(min_length=1, max_length=100, description="Name, number or collar, begun")],
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> list[PersonRow]:
    """People whose name, number or collar begins with every word of `q`."""
    ctx.query = q
    found = await ctx.read(lambda conn: search(conn, q, limit))
    ctx.about(*(each.id for each in found))
    return [row_of(each) for each in found]


@get("/people/{person_id:int}", operation_id="get_person", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["people"])  # fmt: skip
async def get_person(person_id: PathId, ctx: NamedDependency[Ctx]) -> OnePerson:
    """One person. Their own, or by somebody with a capability at their home store."""
    ctx.about(person_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us
    seen = await ctx.read(lambda conn: look(conn, person_id, policy, now_us))
    if seen is None:
        raise not_found("person with this id")
    ctx.about(seen.record.id)
    if ctx.person_id != seen.record.id:
        ctx.need_any(SEERS, seen.record.home_store_id)
    return told(seen, now_us)


ROUTES = [search_people, get_person]
