"""Reports that are answered in the background: asked for, worked on, kept for some hours, and swept.

One rule for the editor: a run that nobody hears of any more has died, whatever its row says; it is said so and can be
asked again. Only whoever asked sees it.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from api.context import Ctx, Service
from api.database_errors import Kinds, anything
from api.problems import Problem, denied, not_found
from api.processing import system_line
from api.report_asking import BY_NAME, Wanted, answered, may_ask
from inventory.oversight.reports.asking import NotAsked
from inventory.oversight.reports.finding import Found, from_kept, kept
from inventory.oversight.reports.report import Cell
from inventory.schema.fast import Fast, Inserter
from inventory.schema.reports import report_run
from inventory.schema.tx import LogLine, Tx

BEAT_S = 2.0
DEAD_US = 30_000_000
"""Silent for so long, a run has died: fifteen beats."""
AT_ONCE_MAX = 5
"""Runs one person may have under way."""
LISTED_MAX = 100
DIED = "DIED"
STOPPED = "The service was stopped while it was worked on. Ask again."
ROUTE = "POST /api/v1/reports/{name}/runs"

_COLUMNS = (
    report_run.c.id, report_run.c.name, report_run.c.by_person, report_run.c.asked_us, report_run.c.given,
    report_run.c.policy_version, report_run.c.state, report_run.c.permille, report_run.c.heard_us,
    report_run.c.ended_us, report_run.c.trouble, report_run.c.digest,
)  # fmt: skip
_ONE = Fast(sa.select(*_COLUMNS).where(report_run.c.id == sa.bindparam("run_id")))
_MINE = Fast(
    sa.select(*_COLUMNS)
    .where(report_run.c.by_person == sa.bindparam("person_id"))
    .order_by(report_run.c.asked_us.desc(), report_run.c.id.desc())
    .limit(LISTED_MAX)
)
_ANSWER = Fast(sa.select(report_run.c.answer).where(report_run.c.id == sa.bindparam("run_id")))
_OLD = Fast(
    sa.select(report_run.c.by_person)
    .where(report_run.c.asked_us < sa.bindparam("before_us"))
    .order_by(report_run.c.asked_us)
)
_NEW = Inserter(
    report_run,
    ("id", "name", "by_person", "asked_us", "given", "policy_version", "state", "permille", "heard_us"),
)
_BEAT = Fast(
    sa.update(report_run)
    .where(report_run.c.id == sa.bindparam("run_id"), report_run.c.ended_us.is_(None))
    .values(permille=sa.bindparam("share"), heard_us=sa.bindparam("at_us"))
)
_END = Fast(
    sa.update(report_run)
    .where(report_run.c.id == sa.bindparam("run_id"), report_run.c.ended_us.is_(None))
    .values(
        state=sa.bindparam("became"), permille=sa.bindparam("share"), heard_us=sa.bindparam("at_us"),
        ended_us=sa.bindparam("at_us"), trouble=sa.bindparam("why"), digest=sa.bindparam("hash"),
        answer=sa.bindparam("text"),
    )
)  # fmt: skip


class Stopped(RuntimeError):
    """The service stops, and what is worked on with it."""


def failing() -> Kinds:
    """What it looks like when a report cannot be answered."""
    return (*anything(), OSError, RuntimeError, ValueError, LookupError)


@dataclass(frozen=True, slots=True)
class Run:
    """A report asked for in the background. `permille` of the work is done; `trouble` says why it did not work."""

    id: int
    name: str
    by_person: int
    asked_us: int
    given: Mapping[str, Cell]
    policy_version: str
    state: str
    permille: int
    heard_us: int
    ended_us: int | None
    trouble: str | None
    digest: str | None

    def said(self, now_us: int) -> str:
        """RUNNING, DONE, FAILED; DIED where whoever worked on it is silent for too long."""
        silent = self.ended_us is None and now_us - self.heard_us > DEAD_US
        return DIED if silent else self.state


def _run(row: tuple[Any, ...]) -> Run:
    read: list[Any] = [*row[:4], json.loads(row[4]), *row[5:]]
    return Run(*read)


def runs_of(conn: sa.Connection, person_id: int) -> list[Run]:
    """What a person asked for and is still kept, the newest first."""
    return [_run(row) for row in _MINE.rows(conn, {"person_id": person_id})]


async def run_of(ctx: Ctx, run_id: int) -> Run:
    """A run of whoever asks. Raises the 404 problem, for somebody else's as well."""
    rows = await ctx.read(lambda conn: _ONE.rows(conn, {"run_id": run_id}))
    if not rows or rows[0][2] != ctx.person_id or rows[0][1] not in BY_NAME:
        raise not_found("report of yours with this number; they are kept for some hours only")
    return _run(rows[0])


async def result_of(ctx: Ctx, run: Run) -> Found:
    """What a run found, for whoever may still ask for it. Raises the 409 problem while it is not done."""
    if not may_ask(ctx.who, BY_NAME[run.name]):
        raise denied(f"This needs one of {', '.join(BY_NAME[run.name].seers)}.")
    said = run.said(ctx.now_us)
    if said != "DONE":
        raise Problem(409, "not-possible", f"This report is {said.lower()}; there is nothing to show.")
    rows = await ctx.read(lambda conn: _ANSWER.rows(conn, {"run_id": run.id}))
    found = from_kept(BY_NAME[run.name], run.given, run.policy_version, str(rows[0][0]))
    ctx.about(*found.people)
    return found


async def begin(ctx: Ctx, asked: Wanted) -> Run:
    """Ask for a report in the background. Raises the 429 problem where too many are under way."""
    service, who, now_us = ctx.service, ctx.person_id, ctx.now_us

    def write(tx: Tx) -> Run:
        under_way = [each for each in runs_of(tx.conn, who) if each.said(now_us) == "RUNNING"]
        if len(under_way) >= AT_ONCE_MAX:
            raise Problem(
                429,
                "too-many",
                f"{AT_ONCE_MAX} of your reports are under way; wait for one.",
                retry_after_s=5,
            )
        row = {
            "id": tx.ids.take(), "name": asked.report.name, "by_person": who, "asked_us": now_us,
            "given": json.dumps(dict(asked.given)), "policy_version": service.policies.now.version, "state": "RUNNING",
            "permille": 0, "heard_us": now_us,
        }  # fmt: skip
        _NEW.add(tx.conn, [row])
        return _run(_ONE.rows(tx.conn, {"run_id": row["id"]})[0])

    run = await ctx.write(write, [f"reports of {who}"])
    service.background.begin(_work(service, run, asked))
    return run


async def _work(service: Service, run: Run, asked: Wanted) -> None:
    share = [0.0]

    def told(done: float) -> None:
        share[0] = min(1.0, max(share[0], done))
        if service.background.is_stopping:
            raise Stopped

    def answer() -> tuple[str, str, list[int]]:
        told(0.0)
        found = answered(service, asked, run.asked_us, told)
        return kept(found), found.digest, sorted(found.people)

    beating = asyncio.create_task(_beat(service, run.id, share))
    try:
        text, digest, people = await service.background.run(answer)
    except failing() as problem:
        await _ended(service, run, share[0], problem=problem)
    else:
        await _ended(service, run, 1.0, text=text, digest=digest, people=people)
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(service: Service, run_id: int, share: list[float]) -> None:
    def write(tx: Tx) -> None:
        _BEAT.run(tx.conn, {"run_id": run_id, "share": int(share[0] * 1000), "at_us": tx.now_us})

    while True:
        await asyncio.sleep(BEAT_S)
        await service.database.aattempt(write, frozenset({f"run{run_id}"}))


async def _ended(service: Service, run: Run, share: float, **came: Any) -> None:
    """Write down how it ended, with its line in the processing log: the looking was done in the background."""
    problem = came.get("problem")
    params = {
        "run_id": run.id, "share": int(share * 1000), "at_us": service.now_us,
        "became": "FAILED" if problem else "DONE", "why": _trouble(problem) if problem else None,
        "hash": came.get("digest"), "text": came.get("text"),
    }  # fmt: skip
    query = json.dumps({"report": run.name, "asked": dict(run.given), "sha256": came.get("digest")})
    line = LogLine(
        "CONSULTATION", ROUTE, "PERSON", run.by_person, tuple(came.get("people", ())), f"report-run:{run.id}",
        "FAILED" if problem else "OK", query,
    )  # fmt: skip

    def write(tx: Tx) -> None:
        _END.run(tx.conn, params)
        tx.record([line])

    await service.database.aattempt(write, frozenset({f"run{run.id}"}))


def _trouble(problem: BaseException) -> str:
    if isinstance(problem, Stopped):
        return STOPPED
    if isinstance(problem, NotAsked):
        return str(problem)[:400]
    return "It could not be answered. Ask again; if it stays so, tell whoever runs the service."


# ---- the clock's part --------------------------------------------------------------------------------------


def any_old(conn: sa.Connection, before_us: int) -> bool:
    """Whether a run was asked for before then."""
    return bool(_OLD.rows(conn, {"before_us": before_us}))


def sweep(tx: Tx, before_us: int) -> None:
    """Forget what was asked for before then."""
    about = sorted({row[0] for row in _OLD.rows(tx.conn, {"before_us": before_us})})
    tx.conn.execute(sa.delete(report_run).where(report_run.c.asked_us < before_us))
    tx.record([system_line("clock/reports", "ERASURE", about)])
