"""How a report is asked for by a person: who may, with what, and what is left in the processing log.

One rule for the editor: whoever asks must hold one of the report's capabilities for the store it is asked of. A report
of one person is of the store that the person belongs to; one of a serial is open to whoever holds one of them
anywhere; one that names no store is of every store.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from api.context import Ctx, Service
from api.later import Later
from api.problems import FieldError, Problem, denied, not_found
from api.sessions import SignedIn
from inventory.oversight.program import Program
from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.asking import Fault, NotAsked, given_of
from inventory.oversight.reports.finding import Found, find
from inventory.oversight.reports.report import Asked, Cell, Report
from inventory.people.people import by_id

T = TypeVar("T")
FILES = ("csv", "xlsx", "pdf")
RECIPIENT = "recipient"
"""The one word of an address that is no parameter: for whom a file is."""
RECIPIENT_CHARS_MAX = 200
SOLVER = Later("api.solver:solve")
BY_NAME: dict[str, Report] = {each.name: each for each in REPORTS}
EVERY_SEER = tuple(sorted({seer for each in REPORTS for seer in each.seers}))
"""Whoever holds one of these may ask at least one report."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report and its parameters, checked, and the store whose capabilities whoever asks must hold.

    `is_anywhere`: in any store will do.
    """

    report: Report
    given: Mapping[str, Cell]
    store_id: int | None
    is_anywhere: bool = False


def report_named(name: str) -> Report:
    """The report of this name. Raises the 404 problem."""
    found = BY_NAME.get(name)
    if found is None:
        raise not_found("report of this name; /api/v1/reports lists them")
    return found


def may_ask(who: SignedIn, report: Report) -> bool:
    """Whether a person holds one of the report's capabilities in some store."""
    return any(each.capability in report.seers for each in who.held)


def texts_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The parameters of an address. Raises the 422 problem for one that is given twice."""
    texts: dict[str, str] = {}
    for key, value in pairs:
        if key in texts:
            raise refused((Fault(key, "to be given once", value[:120]),))
        texts[key] = value
    texts.pop(RECIPIENT, None)
    return texts


def refused(faults: Iterable[Fault]) -> Problem:
    """What is wrong with the parameters, as an answer."""
    errors = [FieldError(field=each.field, expected=each.expected, got=each.got) for each in faults]
    said = "; ".join(f"{each.field}: expected {each.expected}" for each in errors)
    return Problem(422, "bad-input", said, errors=errors)


async def wanted(ctx: Ctx, name: str, texts: Mapping[str, str]) -> Wanted:
    """The report with its parameters, for whoever may ask it so. Raises the problems that say why not."""
    report, now_us = report_named(name), ctx.now_us
    if not may_ask(ctx.who, report):
        raise denied(f"This needs one of {', '.join(report.seers)}.")
    try:
        found = await ctx.read(lambda conn: _wanted(conn, report, texts, now_us))
    except NotAsked as problem:
        raise refused(problem.faults) from problem
    if not found.is_anywhere:
        ctx.need_any(report.seers, found.store_id)
    ctx.query = json.dumps({"report": name, "asked": dict(found.given)})
    return found


def _wanted(conn: sa.Connection, report: Report, texts: Mapping[str, str], now_us: int) -> Wanted:
    given = given_of(conn, report, texts, now_us)
    kinds = {each.kind: given[each.key] for each in report.parameters if given[each.key] is not None}
    if "store" in kinds:
        return Wanted(report, given, _number(kinds["store"]))
    if "person" in kinds:
        person = by_id(conn, _number(kinds["person"]) or 0)
        return Wanted(report, given, person.home_store_id if person else None)
    return Wanted(report, given, None, is_anywhere="serial" in kinds)


def _number(value: Cell) -> int | None:
    return value if isinstance(value, int) else None


def _solve(program: Program) -> Sequence[int]:
    """The solver, loaded by the first report that needs one."""
    found: Sequence[int] = SOLVER()(program)
    return found


def answered(
    service: Service, asked: Wanted, now_us: int, told: Callable[[float], None] = lambda _share: None
) -> Found:
    """Ask the report, seeing one state of the database from beginning to end. Raises NotAsked."""
    with service.database.steady() as conn:
        return find(conn, asked.report, Asked(asked.given, now_us, service.policies.now, told, _solve))


async def found_for(ctx: Ctx, asked: Wanted) -> Found:
    """The answer, with whom it is about put in this request's line of the processing log."""
    try:
        found = await in_reader(ctx.service, lambda: answered(ctx.service, asked, ctx.now_us))
    except NotAsked as problem:
        raise refused(problem.faults) from problem
    ctx.about(*found.people)
    return found


async def in_reader(service: Service, work: Callable[[], T]) -> T:
    """Run what takes a while beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(service.readers, work)
