"""Lapses in hand: who holds kit and may no longer, what a supervisor said of it, and whether it came back.

One rule for the editor: nothing is decided here, and nothing said here gives a right to draw. No reason is shown but
its public code.
"""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api import store_reads
from api.context import Ctx
from api.csv_out import as_csv, utc_said
from api.guards import holding
from api.loss_rows import NamedPerson, supervisors_of
from api.params import PathId, QueryId
from api.problems import Problem, bad_field, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from inventory.custody.hatch_names import people_said
from inventory.custody.lapses.acts import DECIDES, TELLS, LapseRefused, Saying, possible, say
from inventory.custody.lapses.reading import Lapse, lapses, open_lapses, page_of_lapses
from inventory.gate.chase_terms import ChaseTerms
from inventory.schema.tx import Tx

SEERS = (*TELLS, "AUDITOR", "PSD")
SHOWN_MAX = 500
EXPORTED_MAX = 20_000

Sentence = Annotated[str, msgspec.Meta(min_length=3, max_length=2000)]


class WhoWasTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who was told of it, by whom and how."""

    detail: Sentence


class ReturnNow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why it comes back now, and how the holder was told."""

    detail: Sentence


class RetainUntil(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Until when it may be kept (UTC microseconds), not after the end of the duty; and the rationale."""

    until_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    detail: Annotated[str, msgspec.Meta(min_length=10, max_length=2000)]


class LapseItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something the person has still."""

    item_id: int
    kind: str
    serial: str
    planned_return_us: int | None


class LapseEventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was written down. `by_person` null: the service saw it."""

    id: int
    act: str
    at_us: int
    by_person: int | None
    until_us: int | None
    how: str | None
    detail: str


class LapseRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who holds kit and may no longer. `state`: UNDECIDED, RETURN_NOW, RETAINED, RETAIN_OVER, ENDED.

    `codes`: public codes of what stops them. `due_us`: by when what is asked for now is done; `overdue`: it is not.
    `latest_us`: until when it may be kept at most. `possible`: what may be said of it, by whoever may.
    """

    id: int
    person_id: int
    store_id: int
    codes: list[str]
    must_return: bool
    opened_us: int
    state: str
    due_us: int | None
    overdue: bool
    latest_us: int
    holds: list[LapseItemRow]
    events: list[LapseEventRow]
    supervisors: list[NamedPerson]
    possible: list[str]


def lapse_rows(conn: sa.Connection, found: list[Lapse], terms: ChaseTerms, now_us: int) -> list[LapseRow]:
    """Lapses as clients have them, with the supervisors of each person's own team."""
    tell = supervisors_of(conn, sorted({each.person_id for each in found}), now_us)
    return [_row(each, tell.get(each.person_id, []), terms, now_us) for each in found]


def _row(of: Lapse, supervisors: list[NamedPerson], terms: ChaseTerms, now_us: int) -> LapseRow:
    state = of.state(now_us)
    due_us = None if state == "ENDED" else of.due_us(terms)
    return LapseRow(
        id=of.id, person_id=of.person_id, store_id=of.store_id, codes=of.codes.split(", "), must_return=of.must_return,
        opened_us=of.opened_us, state=state, due_us=due_us, overdue=due_us is not None and now_us >= due_us,
        latest_us=of.latest_us(terms),
        holds=[] if of.ended else [
            LapseItemRow(item_id=one.item_id, kind=one.kind, serial=one.serial, planned_return_us=one.planned_return_us)
            for one in of.holds
        ],
        events=[
            LapseEventRow(id=one.id, act=one.act, at_us=one.at_us, by_person=one.by_person, until_us=one.until_us,
                          how=one.how, detail=one.detail)
            for one in of.events
        ],
        supervisors=supervisors, possible=possible(of, now_us, terms),
    )  # fmt: skip


def _about(ctx: Ctx, rows: list[LapseRow]) -> None:
    for row in rows:
        ctx.about(row.person_id, *(each.by_person for each in row.events))
        ctx.about(*(each.person_id for each in row.supervisors))


@get("/lapses", operation_id="list_lapses", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     tags=["lapses"])  # fmt: skip
async def list_lapses(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    is_open: Annotated[bool, QueryParameter(name="open", description="Only those not over")] = True,
) -> list[LapseRow]:
    """Who holds kit and may no longer, of one store, or of all where the capability is for all; newest first."""
    ctx.need_any(SEERS, store_id)
    terms, now_us = ctx.service.policies.now.chases, ctx.now_us

    def look(conn: sa.Connection) -> list[LapseRow]:
        found = open_lapses(conn) if is_open else page_of_lapses(conn, SHOWN_MAX)
        return lapse_rows(conn, [each for each in found if store_id in (None, each.store_id)], terms, now_us)

    rows = await ctx.read(look)
    _about(ctx, rows)
    return rows


CSV_COLUMNS = (
    "lapse", "store", "person", "what_stops_them", "must_return", "since", "state", "said", "until", "ended", "how",
    "minutes_to_decision", "minutes_to_end",
)  # fmt: skip


@get("/lapses.csv", operation_id="export_lapses", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["lapses"])  # fmt: skip
async def export_lapses(ctx: NamedDependency[Ctx], store_id: QueryId = None) -> Response[bytes]:
    """Lapses of one store, or of all, for the weekly report: who, since when, what was said, when it was over."""
    ctx.need_any(SEERS, store_id)

    def look(conn: sa.Connection) -> tuple[list[Lapse], dict[int, str], dict[int, str]]:
        found = [one for one in page_of_lapses(conn, EXPORTED_MAX) if store_id in (None, one.store_id)]
        named = people_said(conn, sorted({each.person_id for each in found})) if found else {}
        return found, named, {row["id"]: row["name"] for row in store_reads.stores(conn)}

    found, named, stores = await ctx.read(look)
    ctx.about(*(each.person_id for each in found))
    rows = [_csv(each, named.get(each.person_id, ""), stores.get(each.store_id, ""), ctx.now_us) for each in found]
    return as_csv("lapses.csv", CSV_COLUMNS, rows)


def _csv(of: Lapse, who: str, store: str, now_us: int) -> list[object]:
    said, over = of.decision, of.ended
    return [
        of.id, store, who, of.codes, "yes" if of.must_return else "no", utc_said(of.opened_us), of.state(now_us),
        said.act if said else "", utc_said(said.until_us if said else None), utc_said(over.at_us if over else None),
        over.how if over else "", (said.at_us - of.opened_us) // 60_000_000 if said else "",
        (over.at_us - of.opened_us) // 60_000_000 if over else "",
    ]  # fmt: skip


ACT: dict[str, Any] = {
    "opt": ALTERS, "status_code": 200, "responses": errors(401, 403, 404, 409, 422), "tags": ["lapses"],
}  # fmt: skip


@post("/lapses/{lapse_id:int}/told", operation_id="tell_of_lapse", guards=[holding(*TELLS)], **ACT)
async def told_of_lapse(lapse_id: PathId, data: JSONBody[WhoWasTold], ctx: NamedDependency[Ctx]) -> LapseRow:
    """The sergeant, or somebody else, was told."""
    return await _say(ctx, Saying(lapse_id, "TOLD", ctx.person_id, data.detail))


@post("/lapses/{lapse_id:int}/return-now", operation_id="return_now", guards=[holding(*DECIDES)], **ACT)
async def return_now(lapse_id: PathId, data: JSONBody[ReturnNow], ctx: NamedDependency[Ctx]) -> LapseRow:
    """A supervisor says that it comes back now."""
    return await _say(ctx, Saying(lapse_id, "RETURN_NOW", ctx.person_id, data.detail))


@post("/lapses/{lapse_id:int}/retain", operation_id="retain_until", guards=[holding(*DECIDES)], **ACT)
async def retain_until(lapse_id: PathId, data: JSONBody[RetainUntil], ctx: NamedDependency[Ctx]) -> LapseRow:
    """A supervisor says that it may be kept until a time, and why. It gives no right to draw anything."""
    return await _say(ctx, Saying(lapse_id, "RETAIN_UNTIL", ctx.person_id, data.detail, data.until_us))


async def _say(ctx: Ctx, saying: Saying) -> LapseRow:
    terms = ctx.service.policies.now.chases

    def act(tx: Tx) -> LapseRow:
        try:
            say(tx, saying, terms)
        except LookupError:
            raise not_found("lapse with this id") from None
        except LapseRefused as told:
            refusals = [{"sentence": each} for each in told.bars]
            instead = [{"instead": each} for each in told.instead]
            raise Problem(409, "not-possible", str(told), refusals=[*refusals, *instead]) from None
        except ValueError as told:
            name, _, expected = str(told).partition(": ")
            raise bad_field(name, expected) from None
        rows = lapse_rows(tx.conn, list(lapses(tx.conn, [saying.lapse_id]).values()), terms, tx.now_us)
        _about(ctx, rows)
        return rows[0]

    return await ctx.write(act, (f"lapse{saying.lapse_id}",))


ROUTES = [list_lapses, export_lapses, told_of_lapse, return_now, retain_until]
