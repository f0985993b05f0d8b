"""Losses: what is missing, what was done about it and by when, who was told; and what is late on its way there.

One rule for the editor: nothing is decided here. What a case refuses is told whole, with what is possible instead (409
`not-possible`), and a second person signs for themselves.
"""

from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api import store_reads
from api.asking import Id
from api.context import Ctx
from api.guards import holding
from api.holds import store_of_item
from api.loss_rows import LateRow, LossPage, LossRow, NoticeRow, late_rows, loss_row, losses_csv, notice_rows
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import ID_MAX, PathId, QueryId
from api.problems import Problem, bad_field, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from api.second_person import Second, second_person
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.losses.acts import WATCHES, CaseRefused, Doing, do
from inventory.custody.losses.case import Case
from inventory.custody.losses.late import late_now
from inventory.custody.losses.looking import EVER, cases, cases_of_item, cases_opened, page_of_cases
from inventory.custody.moves import NotPossible
from inventory.schema import words
from inventory.schema.tx import Tx

REPORTERS = ("ISSUER", "STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "CED_SPOC")
EXPORTED_MAX = 20_000
SEERS = (*WATCHES, "TECHNICIAN", "AUDITOR")

Sentence = Annotated[str, msgspec.Meta(min_length=3, max_length=2000)]
Words = Annotated[str, msgspec.Meta(min_length=2, max_length=300)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Since = Annotated[int | None, QueryParameter(ge=0, le=ID_MAX)]


class Reported(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that cannot be found, and how it was missed. What is loaded in it is missing with it."""

    item_id: Id
    detail: Sentence


class CaseOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The case of what was reported missing."""

    case_id: int


class Searched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where was looked and by whom; when, where it was not just now."""

    detail: Sentence
    happened_us: Moment | None = None


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """That it is lost, or stolen: what is known of it, the incident's reference, the crime's where it was stolen, and
    what was done for the safety of the public."""

    declared: Literal["LOST", "STOLEN"]
    detail: Sentence
    incident_ref: Words
    crime_ref: Words | None = None
    public_safety: Words | None = None


class Notified(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who was told: `to`, a word; when, where it was not just now; the name or number there that it was told to."""

    to: Literal[words.LOSS_TOLD]  # type: ignore[valid-type]
    detail: Sentence
    happened_us: Moment | None = None
    reference: Words | None = None


class Assessed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a breach of personal data comes to: whether a risk to people is likely, how many minutes were not uploaded
    (an estimate), when it was last uploaded, and whether what is on it is encrypted."""

    risk: Literal["RISK", "NO_RISK"]
    encryption: Literal["ON", "OFF", "UNKNOWN"]
    unuploaded_minutes: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    detail: Sentence
    last_upload_us: Moment | None = None
    reference: Words | None = None


class Recovered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How it was found: the finder's statement, by whom, where and when, in what condition, and with how many
    cartridges. `store_id`: where it is brought, the case's own where left out. A second person signs."""

    detail: Sentence
    found_by: Words
    found_where: Words
    found_us: Moment
    condition: Words
    second: Second
    cartridges: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    store_id: Id | None = None


class WrittenOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What shows that it was destroyed, by whose authority, and the certificate. A second person signs."""

    detail: Sentence
    authority: Words
    certificate: Words
    second: Second


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What came of it, in a sentence."""

    detail: Sentence


# ---- what is shown -------------------------------------------------------------------------------------


@get("/losses", operation_id="list_losses", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     tags=["losses"])  # fmt: skip
async def list_losses(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    is_open: Annotated[bool, QueryParameter(name="open", description="Only those not closed")] = True,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[LossRow]:
    """Losses, newest first, of one store, or of all where the capability is for all."""
    ctx.need_any(SEERS, store_id)
    before = key_of(cursor, int)[0] if cursor else EVER
    found = await ctx.read(
        lambda conn: page_of_cases(conn, limit + 1, before, only_open=is_open, store_id=store_id)
    )
    _about(ctx, *found)
    rows = [loss_row(each, ctx.service.policies.now.losses, ctx.now_us) for each in found]
    return page_of(rows, limit, [(row.id,) for row in rows])


@get("/losses.csv", operation_id="export_losses", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["losses"])  # fmt: skip
async def export_losses(ctx: NamedDependency[Ctx], store_id: QueryId = None) -> Response[str]:
    """Every loss of one store, or of all, as a table for a spreadsheet. It names nobody."""
    ctx.need_any(SEERS, store_id)
    terms = ctx.service.policies.now.losses

    def look(conn: sa.Connection) -> str:
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        return losses_csv(page_of_cases(conn, EXPORTED_MAX, store_id=store_id), terms, stores)

    named = {"Content-Disposition": 'attachment; filename="losses.csv"'}
    return Response(await ctx.read(look), media_type="text/csv; charset=utf-8", headers=named)


@get("/losses/{case_id:int}", operation_id="get_loss", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["losses"])  # fmt: skip
async def get_loss(case_id: PathId, ctx: NamedDependency[Ctx]) -> LossPage:
    """One loss: everything that was written down, who is to be told by when, and what comes next."""
    found = await ctx.read(lambda conn: cases(conn, [case_id]))
    case = seen_case(ctx, found.get(case_id))
    return LossPage.of(case, ctx.service.policies.now.losses, ctx.now_us)


def seen_case(ctx: Ctx, case: Case | None) -> Case:
    """The case, where there is one and this person may see it; whoever is named in it is in the log."""
    if case is None:
        raise not_found("loss with this id")
    ctx.need_any(SEERS, case.store_id)
    _about(ctx, case)
    return case


def _about(ctx: Ctx, *found: Case) -> None:
    for case in found:
        ctx.about(case.person_id, case.opened_by)
        for each in case.events:
            ctx.about(each.by_person, each.second_person)


@get("/losses/time-to-notice", operation_id="time_to_notice", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403), tags=["losses"])  # fmt: skip
async def time_to_notice(ctx: NamedDependency[Ctx], from_us: Since = None, to_us: Since = None) -> list[NoticeRow]:
    """How long it took from the last certain sighting to the report, by kind, for what was reported from `from_us` to
    `to_us` (exclusive)."""
    ctx.need_any(SEERS, None)
    found = await ctx.read(lambda conn: cases_opened(conn, from_us or 0, EVER if to_us is None else to_us))
    return notice_rows(found)


@get("/overdue", operation_id="list_overdue", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     tags=["losses"])  # fmt: skip
async def list_overdue(ctx: NamedDependency[Ctx], store_id: QueryId = None) -> list[LateRow]:
    """What is late, the longest first: by person and time, the step reached, the next one, and the person's own
    supervisors where they are known."""
    ctx.need_any(SEERS, store_id)
    terms, now_us = ctx.service.policies.now.losses, ctx.now_us

    def look(conn: sa.Connection) -> list[LateRow]:
        late = [each for each in late_now(conn, terms, now_us) if store_id in (None, each.store_id)]
        return late_rows(conn, late, now_us)

    rows = await ctx.read(look)
    for row in rows:
        ctx.about(row.person_id, *(each.person_id for each in row.supervisors))
    return rows


# ---- what is done --------------------------------------------------------------------------------------


@post("/losses", operation_id="report_missing", guards=[holding(*REPORTERS)], opt=ALTERS,
      responses=errors(401, 403, 404, 409, 422), tags=["losses"])  # fmt: skip
async def report_missing(data: JSONBody[Reported], ctx: NamedDependency[Ctx]) -> CaseOpened:
    """Something cannot be found: it is unaccounted for from now on, and a case is opened for it."""

    def act(tx: Tx) -> CaseOpened:
        at = store_of_item(tx.conn, data.item_id)
        if at is None:
            raise not_found("item with this id")
        ctx.need_any(REPORTERS, at[0])
        ctx.about(at[1])
        try:
            report_unaccounted(tx, [Missing(data.item_id, at[0], ctx.person_id, data.detail, at[1])])
        except NotPossible as told:
            raise Problem(409, "not-possible", f"It cannot go missing from where it is. {told}") from None
        return CaseOpened(case_id=cases_of_item(tx.conn, data.item_id)[0].id)

    return await ctx.write(act, (f"i{data.item_id}",))


ACT: dict[str, Any] = {
    "guards": [holding(*WATCHES)], "opt": ALTERS, "status_code": 200,
    "responses": errors(401, 403, 404, 409, 422, 429), "tags": ["losses"],
}  # fmt: skip


@post("/losses/{case_id:int}/searches", operation_id="write_down_search", **ACT)
async def searched(case_id: PathId, data: JSONBody[Searched], ctx: NamedDependency[Ctx]) -> LossPage:
    """Where was looked, and by whom."""
    return await _do(ctx, Doing(case_id, "SEARCHED", ctx.person_id, data.detail, data.happened_us))


@post("/losses/{case_id:int}/declaration", operation_id="declare_loss", **ACT)
async def declared(case_id: PathId, data: JSONBody[Declared], ctx: NamedDependency[Ctx]) -> LossPage:
    """An inspector declares it lost or stolen."""
    said = {"crime_ref": data.crime_ref, "public_safety": data.public_safety}
    doing = Doing(
        case_id, f"DECLARED_{data.declared}", ctx.person_id, data.detail, reference=data.incident_ref,
        facts=_given(said),
    )  # fmt: skip
    return await _do(ctx, doing)


@post("/losses/{case_id:int}/notifications", operation_id="write_down_notification", **ACT)
async def notified(case_id: PathId, data: JSONBody[Notified], ctx: NamedDependency[Ctx]) -> LossPage:
    """Somebody was told."""
    doing = Doing(
        case_id, "NOTIFIED", ctx.person_id, data.detail, data.happened_us, told=str(data.to), reference=data.reference
    )
    return await _do(ctx, doing)


@post("/losses/{case_id:int}/breach", operation_id="assess_breach", **ACT)
async def assessed(case_id: PathId, data: JSONBody[Assessed], ctx: NamedDependency[Ctx]) -> LossPage:
    """What the breach of personal data comes to."""
    said = {
        "risk": data.risk, "encryption": data.encryption, "unuploaded_minutes": data.unuploaded_minutes,
        "last_upload_us": data.last_upload_us,
    }  # fmt: skip
    doing = Doing(
        case_id, "BREACH_ASSESSED", ctx.person_id, data.detail, reference=data.reference, facts=_given(said)
    )
    return await _do(ctx, doing)


@post("/losses/{case_id:int}/recovery", operation_id="recover_loss", **ACT)
async def recovered(case_id: PathId, data: JSONBody[Recovered], ctx: NamedDependency[Ctx]) -> LossPage:
    """It was found: two people write down how, and it goes into quarantine."""
    said = {
        "found_by": data.found_by, "found_where": data.found_where, "found_us": data.found_us,
        "condition": data.condition, "cartridges": data.cartridges,
    }  # fmt: skip
    second = await second_person(ctx, data.second)
    doing = Doing(
        case_id, "RECOVERED", ctx.person_id, data.detail, second_person=second, facts=_given(said),
        store_id=data.store_id,
    )  # fmt: skip
    return await _do(ctx, doing)


@post("/losses/{case_id:int}/disposal", operation_id="write_off_loss", **ACT)
async def written_off(case_id: PathId, data: JSONBody[WrittenOff], ctx: NamedDependency[Ctx]) -> LossPage:
    """It is known to be destroyed, and written off by authority and by two people."""
    second = await second_person(ctx, data.second)
    said = {"authority": data.authority, "certificate": data.certificate}
    return await _do(ctx, Doing(case_id, "DISPOSED", ctx.person_id, data.detail, second_person=second, facts=said))


@post("/losses/{case_id:int}/close", operation_id="close_loss", **ACT)
async def closed(case_id: PathId, data: JSONBody[Closing], ctx: NamedDependency[Ctx]) -> LossPage:
    """The case is closed: its item is back or destroyed, and everybody was told."""
    return await _do(ctx, Doing(case_id, "CLOSED", ctx.person_id, data.detail))


def _given(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


async def _do(ctx: Ctx, doing: Doing) -> LossPage:
    terms = ctx.service.policies.now.losses

    def act(tx: Tx) -> LossPage:
        before = cases(tx.conn, [doing.case_id]).get(doing.case_id)
        seen_case(ctx, before)
        if doing.store_id is not None:
            ctx.need_any(("ISSUER", "STORE_MANAGER"), doing.store_id)
        try:
            do(tx, doing, terms)
        except CaseRefused as told:
            refusals = [{"sentence": each} for each in told.bars]
            instead = [{"instead": each} for each in told.instead]
            raise Problem(409, "not-possible", str(told), refusals=[*refusals, *instead]) from None
        except ValueError as told:
            name, _, expected = str(told).partition(": ")
            raise bad_field(name, expected) from None
        return LossPage.of(cases(tx.conn, [doing.case_id])[doing.case_id], terms, tx.now_us)

    people = [each for each in (doing.by_person, doing.second_person) if each is not None]
    return await ctx.write(act, (f"loss{doing.case_id}", *(f"p{each}" for each in people)))


ROUTES = [
    list_losses, export_losses, get_loss, time_to_notice, list_overdue, report_missing, searched, declared, notified,
    assessed, recovered, written_off, closed,
]  # fmt: skip
