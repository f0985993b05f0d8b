"""What the service does by itself, by the clock: drop idle visits, sign checkpoints, sweep what is over.

One rule for the editor: a job is a function of one transaction, is named in the processing log as a system
actor, and may run on several instances at once without harm. A job that fails says so and runs again next time.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from api import bridge_alarms, logs, paper_folders, report_runs, sessions, throttle
from api.context import Service
from api.database_errors import Kinds, anything
from api.device_words import BRIDGE_SILENT_US
from api.keys import CheckpointKey
from api.processing import system_line
from api.readings import people_in
from api.reminding import Reminding
from inventory.custody import bays, checking, docking, feed_watch, hatch, lapse, visits
from inventory.custody.alarms import Lasting, keep_raised, to_change
from inventory.custody.lapses.watch import alarms_due
from inventory.custody.losses import watch
from inventory.custody.recalls import watch as recalls_watch
from inventory.custody.stocktake import due
from inventory.custody.transfers import overdue
from inventory.custody.transfers.terms import terms_of
from inventory.custody.uses.guard_reading import NOT_BACK, not_back
from inventory.custody.uses.reading import OVERDUE, late
from inventory.oversight import checkpoints
from inventory.oversight.mobilisation import watch as role_watch
from inventory.oversight.policy import register
from inventory.oversight.retention import runs
from inventory.oversight.retention.certificate import step
from inventory.schema.service import answered, outbox, web_session
from inventory.schema.tx import Tx
from inventory.stock.sightings import forget_strangers

TICK_S = 1.0
REMIND_S, REMIND_FIRST_S = 1800.0, 30.0
"""The whole force is looked through for what runs out: not while a service is only just starting."""
CHECKPOINT_LOCK = 0x6B69740C
OUTBOX_KEPT_US = 2 * 86_400_000_000
ANSWERS_KEPT_US = 7 * 86_400_000_000
USE_ALARMS = (*OVERDUE.values(), NOT_BACK)
SESSIONS_KEPT_US = 30 * 86_400_000_000


def failed() -> Kinds:
    """What it looks like when a job could not be done."""
    return (*anything(), OSError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Job:
    """One job: how often, whether there is anything to do (asked on a reading connection), and what to do.

    `first_s`: so long after the start at the soonest.
    """

    name: str
    every_s: float
    run: Callable[[Tx], None]
    is_due: Callable[[sa.Connection], bool] = lambda _conn: True
    first_s: float = 0.0


class Clock:
    """Runs the jobs of one instance, one after the other."""

    def __init__(self, service: Service, key: CheckpointKey | None) -> None:
        self._service = service
        self._key = key
        self._jobs = self._all()
        self._since_us = service.now_us
        self._printed: set[int] = set()
        self._void: list[Lasting] = []
        self._next_s = dict.fromkeys((job.name for job in self._jobs), 0.0)

    async def run(self) -> None:
        """Run every job when it is due, for ever."""
        loop = asyncio.get_running_loop()
        self._next_s = {job.name: loop.time() + job.first_s for job in self._jobs}
        while True:
            await asyncio.sleep(TICK_S)
            for job in self._jobs:
                if loop.time() >= self._next_s[job.name]:
                    await self.once(job)
                    self._next_s[job.name] = loop.time() + job.every_s

    async def once(self, job: Job) -> bool:
        """Run one job where it has something to do; False where it failed, which is logged."""
        try:
            if not await self._service.read(job.is_due):
                return True
            done = await self._service.database.aattempt(job.run)
            problem: BaseException | None = done.problem
        except failed() as error:
            problem = error
        if problem is not None:
            logs.error("clock job failed", job=job.name, problem=f"{type(problem).__name__}: {problem}"[:300])
        return problem is None

    async def last(self) -> None:
        """What is done once more when the service stops: sessions' last use, and a checkpoint."""
        for job in self._jobs:
            if job.name in ("sessions", "checkpoint"):
                await self.once(job)

    def job(self, name: str) -> Job:
        """The job called `name`."""
        return next(job for job in self._jobs if job.name == name)

    def _all(self) -> tuple[Job, ...]:
        every_s = self._service.settings.checkpoint_every_s
        reminding = Reminding(self._service)
        jobs = (
            Job("policy", 1.0, self._new_policy, self._any_new_policy),  # first: no other job works by an old one
            Job("policy-reviews", 3600.0, register.look, self._any_review),
            Job("role-reviews", 3600.0, role_watch.look, lambda conn: role_watch.is_due(conn, self._service.now_us)),
            Job("idle-visits", 2.0, self._drop_idle, self._any_idle),
            Job("sessions", 30.0, self._touch_sessions),
            Job("left-their-bay", 30.0, self._missed),
            Job("bays", 1.0, bays.give_up, lambda conn: bool(bays.overdue(conn, self._service.now_us))),
            Job("bridges", 15.0, bridge_alarms.look, self._any_bridge),
            Job("late-and-lost", 30.0, self._late, self._any_late),
            Job("lapses", 60.0, self._lapses, self._any_lapse),
            Job("training-feed", 30.0, self._feeds, self._any_feed),
            Job("recalls", 60.0, self._recalls, self._any_recalled),
            Job("checks", 300.0, self._checks, self._any_check_due),
            Job("counts", 60.0, self._counts, self._count_overdue),
            Job("transfers", 60.0, self._transfers, self._any_on_its_way),
            Job("uses", 60.0, self._uses, self._any_use_late),
            Job("paper", 60.0, self._paper, self._any_paper),
            Job("role-moves", 60.0, reminding.end_moved, reminding.any_moved),
            Job("reminders", REMIND_S, reminding.say, reminding.any_to_say, first_s=REMIND_FIRST_S),
            Job("mail", 20.0, reminding.mail, reminding.any_mail),
            Job("reports", 600.0, self._reports, self._any_old_report),
            Job("disposals", 2.0, _dispose, lambda conn: bool(runs.under_way(conn))),
            Job("housekeeping", 3600.0, _sweep),
        )
        return (*jobs, Job("checkpoint", float(every_s), self._checkpoint)) if self._key else jobs

    # -- the jobs -----------------------------------------------------------------------------------

    def _idle_us(self) -> int:
        return self._service.settings.visit_idle_s * 1_000_000

    def _any_use_late(self, conn: sa.Connection) -> bool:
        now_us = self._service.now_us
        return to_change(conn, USE_ALARMS, [*late(conn, now_us), *not_back(conn, now_us)]).any()

    def _uses(self, tx: Tx) -> None:
        wrong = [*late(tx.conn, tx.now_us), *not_back(tx.conn, tx.now_us)]
        keep_raised(tx, USE_ALARMS, wrong)
        about = {each.raised.person_id for each in wrong if each.raised.person_id is not None}
        tx.record([system_line("clock/uses", "ALTERATION", sorted(about))])

    def _any_idle(self, conn: sa.Connection) -> bool:
        return bool(visits.idle_since(conn, self._service.now_us - self._idle_us()))

    def _drop_idle(self, tx: Tx) -> None:
        idle = visits.idle_since(tx.conn, tx.now_us - self._idle_us())
        about = {each.person_id for each in idle}
        for said in hatch.drop_idle(tx, self._service.policies.now, self._idle_us()):
            about.update(people_in(said.view))
        tx.record([system_line("clock/idle-visits", "ALTERATION", sorted(about))])

    def _any_bridge(self, conn: sa.Connection) -> bool:
        """A bridge that nobody could hear, because the service was off, is first given the time to be heard."""
        now_us = self._service.now_us
        return now_us - self._since_us > BRIDGE_SILENT_US and bridge_alarms.is_due(conn, now_us)

    def _any_late(self, conn: sa.Connection) -> bool:
        return watch.is_due(conn, self._service.policies.now.losses, self._service.now_us)

    def _late(self, tx: Tx) -> None:
        about = watch.look(tx, self._service.policies.now.losses)
        tx.record([system_line("clock/late-and-lost", "ALTERATION", about)])

    def _any_lapse(self, conn: sa.Connection) -> bool:
        policy, now_us = self._service.policies.now, self._service.now_us
        return lapse.is_due(conn, policy, now_us) or alarms_due(conn, policy.chases, now_us)

    def _lapses(self, tx: Tx) -> None:
        about = lapse.raise_ineligible(tx, self._service.policies.now)
        tx.record([system_line("clock/lapses", "ALTERATION", about)])

    def _any_feed(self, conn: sa.Connection) -> bool:
        return feed_watch.is_due(conn, self._service.policies.now, self._service.now_us)

    def _feeds(self, tx: Tx) -> None:
        feed_watch.look(tx, self._service.policies.now)

    def _any_recalled(self, conn: sa.Connection) -> bool:
        return recalls_watch.is_due(conn, self._service.policies.now.chases, self._service.now_us)

    def _recalls(self, tx: Tx) -> None:
        about = recalls_watch.look(tx, self._service.policies.now.chases)
        tx.record([system_line("clock/recalls", "ALTERATION", about)])

    def _any_check_due(self, conn: sa.Connection) -> bool:
        return checking.is_due(conn, self._service.policies.now, self._service.now_us)

    def _checks(self, tx: Tx) -> None:
        checking.look(tx, self._service.policies.now)

    def _count_overdue(self, conn: sa.Connection) -> bool:
        return due.is_due(conn, self._service.policies.now, self._service.now_us)

    def _counts(self, tx: Tx) -> None:
        due.look(tx, self._service.policies.now)

    def _any_on_its_way(self, conn: sa.Connection) -> bool:
        return overdue.is_due(conn, self._service.now_us, terms_of(self._service.policies.now.losses))

    def _transfers(self, tx: Tx) -> None:
        overdue.look(tx, terms_of(self._service.policies.now.losses))
        tx.record([system_line("clock/transfers", "ALTERATION")])

    def _any_paper(self, conn: sa.Connection) -> bool:
        """The registers are made here, on a reading connection: nobody waits for a file to be written."""
        service, now_us = self._service, self._service.now_us
        folders = service.settings.paper
        made = paper_folders.make_due(conn, folders, service.policies.now, now_us)
        for problem in made.wrong.values():
            logs.error("a printed register could not be put in its folder", problem=problem[:300])
        self._printed |= made.person_ids
        terms = service.policies.now.paper
        self._void = paper_folders.too_old(paper_folders.kept(conn, folders), terms, now_us)
        return bool(self._printed) or to_change(conn, (paper_folders.TOO_OLD,), self._void).any()

    def _paper(self, tx: Tx) -> None:
        keep_raised(tx, (paper_folders.TOO_OLD,), self._void)
        tx.record([system_line("clock/paper", "DISCLOSURE", sorted(self._printed))])
        self._printed.clear()

    def _reports_before_us(self) -> int:
        return self._service.now_us - self._service.settings.report_hours * 3_600_000_000

    def _any_old_report(self, conn: sa.Connection) -> bool:
        return report_runs.any_old(conn, self._reports_before_us())

    def _reports(self, tx: Tx) -> None:
        report_runs.sweep(tx, self._reports_before_us())

    def _touch_sessions(self, tx: Tx) -> None:
        sessions.touch(tx, self._service.sessions.used(tx.now_us))

    def _any_new_policy(self, conn: sa.Connection) -> bool:
        return self._service.policies.is_due(conn, self._service.now_us)

    def _any_review(self, conn: sa.Connection) -> bool:
        return register.is_due(conn, self._service.now_us)

    def _new_policy(self, tx: Tx) -> None:
        self._service.policies.take_up(tx)

    def _missed(self, tx: Tx) -> None:
        docking.taken_without_issue(tx)

    def _checkpoint(self, tx: Tx) -> None:
        assert self._key is not None, "the job exists only with a key"
        if tx.conn.dialect.name == "postgresql":
            tx.conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({CHECKPOINT_LOCK})")
        point = checkpoints.write(tx, self._key.sign, self._key.id)
        folder = self._service.settings.checkpoints
        if point is not None and folder is not None:
            keep_copy(Path(folder), point)


def keep_copy(folder: Path, point: checkpoints.Checkpoint) -> None:
    """Write a checkpoint where it can be copied off the box. Raises OSError, and the checkpoint is not written."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{point.id}.partial"
    partial.write_text(json.dumps({"type": "checkpoint", **asdict(point)}), "utf-8")
    partial.replace(folder / f"{point.id}.json")


def _dispose(tx: Tx) -> None:
    """The next batch of every disposal that two records managers approved, or its certificate."""
    for run in runs.under_way(tx.conn):
        step(tx, run)


def _sweep(tx: Tx) -> None:
    """Forget what nobody can ask for any more: old screen events, answers, throttles, ended sessions, tags that are
    not ours, and what bays were told to show."""
    throttle.sweep(tx)
    forget_strangers(tx)
    bays.forget(tx)
    newest = sa.select(sa.func.max(outbox.c.seq)).scalar_subquery()  # stays: its number is where the next begins
    tx.conn.execute(sa.delete(outbox).where(outbox.c.at_us < tx.now_us - OUTBOX_KEPT_US, outbox.c.seq < newest))
    tx.conn.execute(sa.delete(answered).where(answered.c.at_us < tx.now_us - ANSWERS_KEPT_US))
    tx.conn.execute(sa.delete(web_session).where(web_session.c.ends_us < tx.now_us - SESSIONS_KEPT_US))
