"""Disposal in two steps: a run proposes what is due, two people approve it (or one rejects it). Nothing goes by this.

One rule for the editor: whoever proposes may approve, and never alone; what a run lists is fixed when it is proposed.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.oversight.retention.due import BULK, SUBJECT, Due, due
from inventory.oversight.retention.holds import RetentionRefused
from inventory.people.calendar import local_day
from inventory.people.people import root_of
from inventory.schema.fast import Fast, Inserter
from inventory.schema.retention import (
    disposal_answer,
    disposal_batch,
    disposal_certificate,
    disposal_line,
    disposal_run,
)
from inventory.schema.tx import Tx

_RUN = Inserter(disposal_run)
_LINE = Inserter(disposal_line)
_ANSWER = Inserter(disposal_answer)
_RUNS = (
    sa.select(
        disposal_run.c.id, disposal_run.c.rule, disposal_run.c.rule_says, disposal_run.c.policy_hash,
        disposal_run.c.cutoff_us, disposal_run.c.proposed_us, disposal_run.c.proposed_by, disposal_run.c.due,
        disposal_run.c.kept, disposal_answer.c.act, disposal_answer.c.at_us, disposal_answer.c.by_person,
        disposal_answer.c.second_person, disposal_answer.c.reason, disposal_certificate.c.at_us,
        disposal_certificate.c.body, disposal_certificate.c.sha256,
    )
    .select_from(
        disposal_run.outerjoin(disposal_answer, disposal_answer.c.run_id == disposal_run.c.id)
        .outerjoin(disposal_certificate, disposal_certificate.c.run_id == disposal_run.c.id)
    )
)  # fmt: skip
_LATEST = Fast(_RUNS.order_by(disposal_run.c.proposed_us.desc(), disposal_run.c.id.desc()).limit(sa.bindparam("most")))
_ONE = Fast(_RUNS.where(disposal_run.c.id == sa.bindparam("run_id")))
_UNDER_WAY = Fast(
    _RUNS.where(
        disposal_answer.c.act == sa.literal_column("'APPROVED'"), disposal_certificate.c.run_id.is_(None)
    ).order_by(disposal_run.c.id)
)
_LINES = Fast(
    sa.select(disposal_line.c.id, disposal_line.c.subject, disposal_line.c.subject_id)
    .where(disposal_line.c.run_id == sa.bindparam("run_id"), disposal_line.c.id > sa.bindparam("after_id"))
    .order_by(disposal_line.c.id)
    .limit(sa.bindparam("most"))
)
_BATCHES = Fast(
    sa.select(disposal_batch.c.line_from, disposal_batch.c.line_upto, disposal_batch.c.erased, disposal_batch.c.at_us)
    .where(disposal_batch.c.run_id == sa.bindparam("run_id"))
    .order_by(disposal_batch.c.id)
)


@dataclass(frozen=True, slots=True)
class Run:
    """A proposal and what became of it."""

    id: int
    rule: str
    rule_says: str
    policy_hash: str
    cutoff_us: int
    proposed_us: int
    proposed_by: int
    due: int
    kept: int
    answer: str | None
    answered_us: int | None
    answered_by: int | None
    second_person: int | None
    answer_reason: str | None
    certified_us: int | None
    certificate: str | None
    sha256: str | None

    @property
    def state(self) -> str:
        """PROPOSED, REJECTED, UNDER_WAY or ERASED."""
        if self.answer is None:
            return "PROPOSED"
        if self.answer == "REJECTED":
            return "REJECTED"
        return "UNDER_WAY" if self.certified_us is None else "ERASED"

    @property
    def schedule(self) -> dict[str, Any]:
        """The line of the schedule as it was when this was proposed."""
        found: dict[str, Any] = json.loads(self.rule_says)
        return found


def propose(tx: Tx, policy: Policy, name: str, by_person: int) -> int:
    """Propose what is due by the line of the schedule called `name`; returns the run's id.

    Raises LookupError for a line that is not there, RetentionRefused where nothing is due or the line is done by hand,
    and where a run of it waits already.
    """
    line = policy.retention.lines.get(name)
    if line is None:
        raise LookupError(f"{name} is no line of the retention schedule")
    if line.rule not in SUBJECT:
        raise RetentionRefused(f"{line.title}: reviewed by hand; the kit store erases nothing of it")
    if any(run.rule == line.rule and run.state in ("PROPOSED", "UNDER_WAY") for run in latest(tx.conn, 200)):
        raise RetentionRefused(f"{line.title}: a run of it is waiting; approve, reject or finish that one first")
    found = due(tx.conn, line, local_day(tx.now_us))
    if not found.count:
        kept = f"; {found.kept} are kept by a legal hold" if found.kept else ""
        raise RetentionRefused(f"{line.title}: nothing is due{kept}")
    run_id = tx.ids.take()
    row = {
        "id": run_id, "tx_id": tx.id, "rule": line.rule, "rule_says": json.dumps(asdict(line), sort_keys=True),
        "policy_hash": policy.hash, "cutoff_us": found.cutoff_us, "proposed_us": tx.now_us,
        "proposed_by": by_person, "due": found.count, "kept": found.kept,
    }  # fmt: skip
    _RUN.add(tx.conn, [row])
    _LINE.add(tx.conn, _lines(tx, run_id, line.rule, found))
    return run_id


def _lines(tx: Tx, run_id: int, rule: str, found: Due) -> list[dict[str, Any]]:
    ids = (0,) if rule in BULK else found.ids
    return [
        {"id": tx.ids.take(), "tx_id": tx.id, "run_id": run_id, "subject": SUBJECT[rule], "subject_id": each}
        for each in ids
    ]


def approve(tx: Tx, run_id: int, by: tuple[int, int], reason: str) -> None:
    """Approve a run, by two people. Raises LookupError and RetentionRefused."""
    run = one(tx.conn, run_id)
    if run.answer is not None:
        raise RetentionRefused("this run was answered before")
    if root_of(tx.conn, by[0]) == root_of(tx.conn, by[1]):
        raise RetentionRefused("this takes two people")
    _answer(tx, run_id, "APPROVED", by, reason)


def reject(tx: Tx, run_id: int, by_person: int, reason: str) -> None:
    """Reject a run: nothing of it is erased. Raises LookupError and RetentionRefused."""
    if one(tx.conn, run_id).answer is not None:
        raise RetentionRefused("this run was answered before")
    _answer(tx, run_id, "REJECTED", (by_person, None), reason)


def _answer(tx: Tx, run_id: int, act: str, by: tuple[int, int | None], reason: str) -> None:
    row = {
        "run_id": run_id, "tx_id": tx.id, "act": act, "at_us": tx.now_us, "by_person": by[0],
        "second_person": by[1], "reason": reason.strip(),
    }  # fmt: skip
    _ANSWER.add(tx.conn, [row])


def latest(conn: sa.Connection, most: int) -> list[Run]:
    """Runs, newest first."""
    return [Run(*row) for row in _LATEST.rows(conn, {"most": most})]


def under_way(conn: sa.Connection) -> list[Run]:
    """Runs that were approved and are not certified."""
    return [Run(*row) for row in _UNDER_WAY.rows(conn)]


def one(conn: sa.Connection, run_id: int) -> Run:
    """One run. Raises LookupError."""
    rows = _ONE.rows(conn, {"run_id": run_id})
    if not rows:
        raise LookupError(f"disposal {run_id} is not known")
    return Run(*rows[0])


def lines_after(conn: sa.Connection, run_id: int, after_id: int, most: int) -> list[tuple[int, str, int]]:
    """Lines of a run by id: (line, what it covers, whose)."""
    asked = {"run_id": run_id, "after_id": after_id, "most": most}
    return [(row[0], row[1], row[2]) for row in _LINES.rows(conn, asked)]


def batches(conn: sa.Connection, run_id: int) -> list[tuple[int, int, dict[str, int], int]]:
    """Batches of a run, oldest first: (first line, last line, rows erased by table, when)."""
    return [(row[0], row[1], json.loads(row[2]), row[3]) for row in _BATCHES.rows(conn, {"run_id": run_id})]
