"""The hatch by touch, wedge and typing: the same acts that a bridge's scans reach, for a signed-in kiosk.

One rule for the editor: every act happens at the kiosk's own place, by the person signed in there, and through
`inventory.custody.hatch`; nothing is decided here.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import Id
from api.cards_shown import ASKED
from api.context import Ctx
from api.countersign import Countersigned, countersign
from api.guards import at_kiosk, holding
from api.params import PathId
from api.problems import bad_field, denied, errors, not_found
from api.processing import COLLECTS, CONSULTS
from api.readings import people_in, presented
from devices.codes.identify import identify
from devices.codes.typed import cards_typed
from devices.readings import CodePresented
from inventory.custody import hatch, visits
from inventory.custody.hatch_view import view
from inventory.gate.policy import Policy
from inventory.schema.tx import Tx


class Typed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a wedge scanner or a person typed, and the symbology where the scanner names it ("]C1")."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    symbology: Annotated[str, msgspec.Meta(max_length=3)] | None = None


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a code on several things was meant for: one of the items, or one of the people."""

    item_id: Id | None = None
    person_id: Id | None = None


class ShiftChosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A shift of the store, by name."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class LotTaken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Pieces of a lot, for the set."""

    lot_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100)]


class Tested(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the function test passed."""

    passed: bool


class Charge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The charge as the device shows it."""

    percent: Annotated[int, msgspec.Meta(ge=0, le=100)]


class Completing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The countersign. FACE: the issuer signed in here attests who it is. PIN: the drawer's own, or an issuer's."""

    check: Literal["FACE", "PIN"]
    pin: Annotated[str, msgspec.Meta(max_length=12)] | None = None


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An empty object: the act needs no more words."""


class HatchSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict that everybody must see, and the hatch's screen after the act."""

    outcome: str
    light: str
    tone: str
    title: str
    sentences: tuple[str, ...]
    remedies: tuple[str, ...]
    view: dict[str, Any]


Act = Callable[[Tx, Policy], hatch.HatchAnswer]
ERRORS = errors(401, 403, 404, 409, 422)
OPT: dict[str, Any] = {
    "guards": [at_kiosk], "opt": COLLECTS, "status_code": 200, "responses": ERRORS, "tags": ["hatch"],
}  # fmt: skip


async def act_at(ctx: Ctx, place_id: int, act: Act) -> HatchSaid:
    """Run one act at this kiosk's place, in one commit with its log line."""
    policy = ctx.service.policies.now

    def run(tx: Tx) -> hatch.HatchAnswer:
        said = act(tx, policy)
        ctx.about(*people_in(said.view))
        if said.outcome == "COMPLETED":
            tx.say(f"store:{ctx.who.store_id}", {"type": "issued", "at_us": tx.now_us})
        return said

    said = await ctx.write(run, (f"place{place_id}",))
    return HatchSaid(
        outcome=said.outcome, light=said.light, tone=said.tone, title=said.title, sentences=said.sentences,
        remedies=said.remedies, view=said.view,
    )  # fmt: skip


def own_place(ctx: Ctx, place_id: int) -> int:
    """The kiosk's place, which must be the one named. Raises the 403 problem."""
    if ctx.who.place_id != place_id:
        raise denied("This kiosk belongs to another place.")
    return place_id


async def at_visit(ctx: Ctx, visit_id: int, act: Act) -> HatchSaid:
    """Run one act on a visit at this kiosk's place. 404 where there is no such visit here."""
    place_id = ctx.who.place_id
    assert place_id is not None, "the guard saw to it"

    def run(tx: Tx, policy: Policy) -> hatch.HatchAnswer:
        check_visit(tx.conn, visit_id, place_id)
        return act(tx, policy)

    return await act_at(ctx, place_id, run)


def check_visit(conn: sa.Connection, visit_id: int, place_id: int) -> visits.Visit:
    """The visit, which must be at this place. Raises the 404 problem."""
    try:
        found = visits.visit_of(conn, visit_id)
    except LookupError:
        raise not_found("visit with this id") from None
    if found.place_id != place_id:
        raise not_found("visit with this id at this hatch")
    return found


# ---- at the place -----------------------------------------------------------------------------------------


@get("/hatch/{place_id:int}", operation_id="hatch_view", guards=[holding("ISSUER", "STORE_MANAGER")], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["hatch"])  # fmt: skip
async def hatch_view(place_id: PathId, ctx: NamedDependency[Ctx]) -> dict[str, Any]:
    """What the hatch's screen shows now."""
    policy, now_us = ctx.service.policies.now, ctx.now_us

    def look(conn: sa.Connection) -> dict[str, Any]:
        try:
            place = visits.place_of(conn, place_id)
        except LookupError:
            raise not_found("place with this id") from None
        ctx.need_any(("ISSUER", "STORE_MANAGER"), place.store_id)
        return view(conn, place_id, policy, now_us)

    shown = await ctx.read(look)
    ctx.about(*people_in(shown))
    return shown


@post("/hatch/{place_id:int}/scan", operation_id="hatch_scan", **OPT)
async def scan(place_id: PathId, data: JSONBody[Typed], ctx: NamedDependency[Ctx]) -> HatchSaid:
    """A code read by a wedge scanner, or typed: a card or collar, or kit."""
    own_place(ctx, place_id)
    shown = presented(identify(CodePresented(text=data.text, symbology=data.symbology)), data.text, None, None)
    if data.symbology is None:
        shown = replace(shown, lookups=(*shown.lookups, *cards_typed(data.text)))
    issuer_id = ctx.person_id

    def act(tx: Tx, policy: Policy) -> hatch.HatchAnswer:
        said = hatch.present(tx, place_id, shown, policy, issuer_id)
        ctx.service.countersigns.note(tx, place_id, shown, said)
        return said

    return await act_at(ctx, place_id, act)


@post("/hatch/{place_id:int}/choose", operation_id="hatch_choose", **OPT)
async def choose(place_id: PathId, data: JSONBody[Chosen], ctx: NamedDependency[Ctx]) -> HatchSaid:
    """One of several items or people that a code is on, chosen by touch."""
    own_place(ctx, place_id)
    issuer_id, item_id, person_id = ctx.person_id, data.item_id, data.person_id
    if (item_id is None) == (person_id is None):
        raise bad_field("item_id", "item_id or person_id, one of them")

    def act(tx: Tx, policy: Policy) -> hatch.HatchAnswer:
        if person_id is None:
            return hatch.choose(tx, place_id, item_id or 0, policy, issuer_id)
        said = hatch.choose_person(tx, place_id, person_id, policy, issuer_id)
        ctx.service.countersigns.keep(place_id, person_id if said.outcome in ASKED else None, tx.now_us)
        return said

    return await act_at(ctx, place_id, act)


# ---- on a visit -------------------------------------------------------------------------------------------


@post("/visits/{visit_id:int}/declare-fit", operation_id="declare_fit", **OPT)
async def declare_fit(visit_id: PathId, data: JSONBody[Nothing], ctx: NamedDependency[Ctx]) -> HatchSaid:  # noqa: ARG001
    """The person declares to be fit for duty."""
    return await at_visit(ctx, visit_id, lambda tx, policy: hatch.declare_fit(tx, visit_id, policy))


@post("/visits/{visit_id:int}/shift", operation_id="choose_shift", **OPT)
async def choose_shift(visit_id: PathId, data: JSONBody[ShiftChosen], ctx: NamedDependency[Ctx]) -> HatchSaid:
    """Draw for another shift."""
    return await at_visit(ctx, visit_id, lambda tx, policy: hatch.choose_shift(tx, visit_id, data.name, policy))


@post("/visits/{visit_id:int}/lots", operation_id="add_lot", **OPT)
async def add_lot(visit_id: PathId, data: JSONBody[LotTaken], ctx: NamedDependency[Ctx]) -> HatchSaid:
    """Add pieces of a lot to the set."""
    return await at_visit(
        ctx, visit_id, lambda tx, policy: hatch.add_lot(tx, visit_id, data.lot_id, data.quantity, policy)
    )


@post("/visits/{visit_id:int}/park", operation_id="park_visit", **OPT)
async def park(visit_id: PathId, data: JSONBody[Nothing], ctx: NamedDependency[Ctx]) -> HatchSaid:  # noqa: ARG001
    """Set the draft aside, visibly."""
    return await at_visit(ctx, visit_id, lambda tx, policy: hatch.park(tx, visit_id, policy))


@post("/visits/{visit_id:int}/resume", operation_id="resume_visit", **OPT)
async def resume(visit_id: PathId, data: JSONBody[Nothing], ctx: NamedDependency[Ctx]) -> HatchSaid:  # noqa: ARG001
    """Take a parked draft up again (one that is open here is parked instead), or keep an open one from being dropped.
    404 where it has ended."""
    return await at_visit(ctx, visit_id, lambda tx, policy: hatch.resume(tx, visit_id, policy))


@post("/visits/{visit_id:int}/drop", operation_id="drop_visit", **OPT)
async def drop(visit_id: PathId, data: JSONBody[Nothing], ctx: NamedDependency[Ctx]) -> HatchSaid:  # noqa: ARG001
    """End a visit without issuing what is in its set."""
    return await at_visit(ctx, visit_id, lambda tx, policy: hatch.drop(tx, visit_id, policy, "Ended at the hatch."))


@post("/visits/{visit_id:int}/complete", operation_id="complete_visit", **OPT)
async def complete(visit_id: PathId, data: JSONBody[Completing], ctx: NamedDependency[Ctx]) -> HatchSaid:
    """The countersign: facts read again, one decision over the set, everything in one commit."""
    place_id = ctx.who.place_id
    assert place_id is not None, "the guard saw to it"
    opened = await ctx.read(lambda conn: check_visit(conn, visit_id, place_id))
    ctx.about(opened.person_id)
    by: Countersigned = await countersign(ctx, opened, data.check, data.pin)
    said = await at_visit(
        ctx, visit_id, lambda tx, policy: hatch.complete(tx, visit_id, by.issuer_id, by.authenticated_by, policy)
    )
    ctx.service.counts.decisions.labels("ALLOW" if said.outcome == "COMPLETED" else "DENY").inc()
    return said


# ---- on a line of the set ---------------------------------------------------------------------------------


@post("/visits/{visit_id:int}/lines/{line_id:int}/function-test", operation_id="function_test", **OPT)
async def function_test(
    visit_id: PathId, line_id: PathId, data: JSONBody[Tested], ctx: NamedDependency[Ctx]
) -> HatchSaid:
    """The function test of a handle at this draw. A failed one stays here as defective."""
    if data.passed:
        return await at_visit(
            ctx, visit_id, lambda tx, policy: hatch.function_test_passed(tx, visit_id, line_id, policy)
        )
    by = ctx.person_id
    return await at_visit(
        ctx, visit_id, lambda tx, policy: hatch.function_test_failed(tx, visit_id, line_id, policy, by)
    )


@post("/visits/{visit_id:int}/lines/{line_id:int}/charge", operation_id="set_charge", **OPT)
async def set_charge(
    visit_id: PathId, line_id: PathId, data: JSONBody[Charge], ctx: NamedDependency[Ctx]
) -> HatchSaid:
    """The charge as the device itself shows it."""
    return await at_visit(
        ctx, visit_id, lambda tx, policy: hatch.set_charge(tx, visit_id, line_id, data.percent, policy)
    )


@post("/visits/{visit_id:int}/lines/{line_id:int}/remove", operation_id="remove_line", **OPT)
async def remove_line(
    visit_id: PathId, line_id: PathId, data: JSONBody[Nothing], ctx: NamedDependency[Ctx]  # noqa: ARG001
) -> HatchSaid:
    """Put something back out of the set, or take what was refused off the list."""
    return await at_visit(ctx, visit_id, lambda tx, policy: hatch.remove_line(tx, visit_id, line_id, policy))


ROUTES = [
    hatch_view, scan, choose, declare_fit, choose_shift, add_lot, park, resume, drop, complete, function_test,
    set_charge, remove_line,
]  # fmt: skip
