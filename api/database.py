"""The one writer of a service instance, and the readers beside it.

One rule for the editor: this file alone begins and commits a write. The writer thread takes what is queued,
runs it in ONE transaction (a savepoint each, or in bulk where a kind knows how), writes the processing log,
the outbox and the seal, commits once, and only then answers anybody.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from api import faults
from api.batches import Busy, Command, CommandQueue, Kind
from api.database_errors import Kinds, anything, away, not_kept, refused
from inventory.oversight import processing_log
from inventory.schema.custody import tx_seal
from inventory.schema.engine import make_engine, reading, steady, writing
from inventory.schema.fast import Fast, Inserter, Row
from inventory.schema.ids import Ids
from inventory.schema.service import outbox
from inventory.schema.steps import abreast, nothing, once, read
from inventory.schema.tx import ClockBehind, Tx

T = TypeVar("T")
RETRIES = 4
RETRIED_SQLSTATES = ("40001", "40P01")
"""Serialization failure and deadlock: nothing was committed, so the batch may simply be run again."""

BEHIND_MAX_S = 0.25

OUTBOX_LOCK = 0x6B69740B
"""PostgreSQL advisory lock under which outbox numbers are taken, so that commit order is number order."""

PG_WRITER = ("jit = off", "plan_cache_mode = force_generic_plan", "enable_seqscan = off", "random_page_cost = 1.1")
"""How PostgreSQL plans what the writer asks: always by a few ids, so once and through the index. Left to itself it
plans the gate's statement anew each time (2 ms), and walks tables of a few thousand rows for 32 ids."""

_SEAL = Inserter(tx_seal)
_OUTBOX = Inserter(outbox)
_LAST_SEQ = Fast(sa.select(sa.func.coalesce(sa.func.max(outbox.c.seq), 0)))


def run_with_care() -> Kinds:
    """What one command may have caused: nothing was committed, and the batch runs again with a savepoint each."""
    return (*refused(), *not_kept(), LookupError, ValueError)


def lived_through() -> Kinds:
    """What may go wrong with a whole batch: everybody in it is told, and the writer lives on."""
    return (*anything(), OSError, RuntimeError, LookupError, ValueError, TypeError)


Event = tuple[int, str, str]
"""One row of the outbox: its number, its topic, its JSON."""


@dataclass(slots=True)
class Done:
    """What became of one command: its result, or the problem it raised.

    `whole`: the batch as a whole could not be committed, so the problem may be nobody's in particular.
    """

    command: Command
    result: Any
    problem: BaseException | None = None
    whole: bool = False


class Database:
    """Reads and writes of one service instance. `clock` gives UTC microseconds."""

    def __init__(self, url: str, clock: Callable[[], int], *, instance: int = 1) -> None:
        """`url` as for `inventory.schema.engine.make_engine`. Nothing is written before `start`."""
        self.url = url
        self.engine = make_engine(url)
        self.clock = clock
        self.instance = instance
        self._looking = reading(self.engine)
        self._steady = steady(self.engine)
        self.ids = Ids(writing(self.engine))
        self.committed: list[Callable[[list[Event]], None]] = []
        self._events: list[Event] = []
        self.batches = 0
        self.commands = 0
        self._queue = CommandQueue()
        self.failing: BaseException | None = None
        """Why the last batch could not be committed at all (a full disk, a server that is away); None once one was."""
        self._thread: threading.Thread | None = None
        self._conn: sa.Connection | None = None

    def start(self) -> None:
        """Start the writer thread."""
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued, stop the writer and close every connection."""
        if self._thread is not None:
            self._queue.close()
            self._thread.join()
            self._thread = None
        self.engine.dispose()

    @property
    def is_writing(self) -> bool:
        """Whether the writer thread is there to take commands."""
        return self._thread is not None and self._thread.is_alive()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that writes nothing, in a transaction from its first statement: for what reads row after row."""
        with self.engine.connect() as conn:
            yield conn

    @contextmanager
    def looking(self) -> Iterator[sa.Connection]:
        """A connection for the few short reads of one request; see `inventory.schema.engine.reading`."""
        with self._looking.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def steady(self) -> Iterator[sa.Connection]:
        """A connection for the many reads of one report: all of them see one state."""
        with self._steady.connect() as conn, conn.begin():
            yield conn

    def write(self, run: Callable[[Tx], T], keys: frozenset[str] | None = None, *, ids: int = 0) -> T:
        """Run `run` in a write transaction and wait for its commit (from a thread).

        `keys` name the people and items it touches ("p7", "i12"); None: it runs alone. `ids` beyond the usual
        few thousand must be announced. Raises what `run` raised, or `batches.Busy`.
        """
        command = Command(run=run, keys=keys, ids=ids)
        self._queue.put(command)
        return command.future.result()  # type: ignore[no-any-return]

    async def awrite(self, run: Callable[[Tx], T], keys: frozenset[str] | None = None) -> T:
        """As `write`, from the event loop."""
        return await self._put(Command(run=run, keys=keys))  # type: ignore[no-any-return]

    async def abulk(self, kind: Kind, payload: Any, keys: frozenset[str]) -> Any:
        """Run one payload of a bulk kind and wait for its commit, from the event loop."""
        return await self._put(Command(kind=kind, payload=payload, keys=keys))

    async def aattempt(self, run: Callable[[Tx], T], keys: frozenset[str] | None = None) -> Done:
        """As `awrite`, but a problem is handed back, not raised: one bad reading must not stop the rest."""
        command = Command(run=run, keys=keys)
        command.attempt = True
        return await self._put(command)  # type: ignore[no-any-return]

    async def aattempt_bulk(self, kind: Kind, payload: Any, keys: frozenset[str]) -> Done:
        """As `abulk`, but a problem is handed back, not raised."""
        command = Command(kind=kind, payload=payload, keys=keys)
        command.attempt = True
        return await self._put(command)  # type: ignore[no-any-return]

    async def _put(self, command: Command) -> Any:
        if not self.is_writing:
            raise Busy("the writer has stopped; nothing can be written")
        command.loop = asyncio.get_running_loop()
        command.waiter = command.loop.create_future()
        self._queue.put(command)
        return await command.waiter

    # -- the writer thread ------------------------------------------------------------------------

    def _work(self) -> None:
        while (batch := self._queue.take()) is not None:
            deliver(self._run_batch(batch))
            for tell in self.committed:
                tell(self._events)
        if self._conn is not None:
            self._conn.close()

    def _run_batch(self, batch: list[Command]) -> list[Done]:
        for attempt in range(1, RETRIES + 1):
            try:
                done = self._in_one_commit(batch)
            except lived_through() as problem:
                self._events = []
                self._drop_connection()
                if attempt < RETRIES and _may_run_again(problem):
                    time.sleep(_behind_s(problem))
                    continue
                self.failing = problem if isinstance(problem, away()) else self.failing
                return [Done(command, None, problem, whole=True) for command in batch]
            self.failing = None
            self.batches += 1
            self.commands += len(batch)
            return done
        return []

    def _in_one_commit(self, batch: list[Command]) -> list[Done]:
        self.ids.reserve(sum(command.ids for command in batch))
        if all(command.kind is not None for command in batch):
            try:
                return self._commit_at_once(batch)
            except run_with_care():
                self._drop_connection()
        with self._connection().begin():
            tx = self._begin()
            done = run_all(tx, batch)
            self._finish(tx)
        faults.point("after_commit", counts=bool(tx.said))
        return done

    def _commit_at_once(self, batch: list[Command]) -> list[Done]:
        """Bulk kinds alone need no savepoints: all of it is taken, or none and the batch is run with care."""
        with self._connection().begin(), _pipelined(self._connection()):
            tx = self._begin()
            done = [done for kind, some in _by_kind(batch).items() for done in _together(tx, kind, some)]
            self._finish(tx)
        faults.point("after_commit", counts=bool(tx.said))
        return done

    def _begin(self) -> Tx:
        return Tx(self._connection(), self.ids, self.ids.take(), self.clock(), self.instance)

    def _finish(self, tx: Tx) -> None:
        if tx.said and tx.conn.dialect.name == "postgresql":
            tx.conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({OUTBOX_LOCK})")
        log_head, last = read(
            tx.conn,
            abreast(
                processing_log.head_steps(tx) if tx.lines else nothing(),
                once(_LAST_SEQ, {}) if tx.said else nothing(),
            ),
        )
        processing_log.write(tx, tx.lines, log_head)
        self._events = _write_outbox(tx, last)
        _SEAL.add(tx.conn, [{"id": tx.id, "at_us": tx.now_us, "instance": tx.instance}])
        faults.point("before_commit", counts=bool(tx.said))

    def _connection(self) -> sa.Connection:
        if self._conn is None:
            self._conn = writing(self.engine).connect()
            _prepare(self._conn)
        return self._conn

    def _drop_connection(self) -> None:
        if self._conn is not None:
            self._conn.invalidate()
            self._conn.close()
            self._conn = None


def run_all(tx: Tx, batch: Sequence[Command]) -> list[Done]:
    """Run every command of a batch; bulk kinds together, the others in a savepoint each."""
    done = [_run_one(tx, command) for command in batch if command.kind is None]
    for kind, commands in _by_kind(batch).items():
        done += _run_kind(tx, kind, commands)
    return done


def _by_kind(batch: Sequence[Command]) -> dict[Kind, list[Command]]:
    kinds: dict[Kind, list[Command]] = {}
    for command in batch:
        if command.kind is not None:
            kinds.setdefault(command.kind, []).append(command)
    return kinds


def _together(tx: Tx, kind: Kind, commands: Sequence[Command]) -> list[Done]:
    results = kind.run(tx, [command.payload for command in commands])
    return [Done(command, result) for command, result in zip(commands, results, strict=True)]


def _prepare(conn: sa.Connection) -> None:
    if conn.dialect.name == "postgresql":
        for setting in PG_WRITER:
            conn.exec_driver_sql("SET " + setting)
        conn.commit()


@contextmanager
def _pipelined(conn: sa.Connection) -> Iterator[None]:
    """On PostgreSQL, send what needs no answer without waiting for one."""
    if conn.dialect.name == "sqlite":
        yield
        return
    with conn.connection.driver_connection.pipeline():  # type: ignore[union-attr]
        yield


def _run_one(tx: Tx, command: Command) -> Done:
    mark = tx.mark()
    savepoint = tx.conn.begin_nested()
    try:
        result = command.run_alone(tx)
    except Exception as problem:  # named in tests/house: handed to whoever asked, never swallowed
        savepoint.rollback()
        tx.back_to(mark)
        _raise_if_passing(problem)
        return Done(command, None, problem)
    savepoint.commit()
    return Done(command, result)


def _run_kind(tx: Tx, kind: Kind, commands: list[Command]) -> list[Done]:
    if len(commands) == 1:
        return [_run_one(tx, commands[0])]
    outcome = _run_one(tx, Command(run=lambda inner: _together(inner, kind, commands), keys=None))
    if outcome.problem is None:
        return list(outcome.result)
    return [_run_one(tx, command) for command in commands]


def _write_outbox(tx: Tx, last: Sequence[Row]) -> list[Event]:
    if not tx.said:
        return []
    rows = [
        {"seq": last[0][0] + n, "at_us": tx.now_us, "topic": topic, "body": json.dumps(body, separators=(",", ":"))}
        for n, (topic, body) in enumerate(tx.said, start=1)
    ]
    _OUTBOX.add(tx.conn, rows)
    if tx.conn.dialect.name == "postgresql":
        tx.conn.exec_driver_sql(f"NOTIFY kit, '{tx.instance:d}'")
    return [(row["seq"], row["topic"], row["body"]) for row in rows]


def _sqlstate(problem: BaseException) -> str:
    driver_problem = getattr(problem, "orig", None) or problem
    return getattr(driver_problem, "sqlstate", None) or ""


def _may_run_again(problem: BaseException) -> bool:
    return isinstance(problem, ClockBehind) or _sqlstate(problem) in RETRIED_SQLSTATES


def _behind_s(problem: BaseException) -> float:
    """How long to wait until the clock has come to where the ledger is: no longer than people notice."""
    return min(BEHIND_MAX_S, problem.by_us / 1e6) if isinstance(problem, ClockBehind) else 0.0


def _raise_if_passing(problem: Exception) -> None:
    """A deadlock aborts the whole transaction, so it is the batch that must run again, not the command that failed."""
    if _may_run_again(problem):
        raise problem


def deliver(done: Sequence[Done]) -> None:
    """Answer everybody: threads through their future, each event loop with one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Done]] = {}
    for each in done:
        if each.command.loop is not None:
            by_loop.setdefault(each.command.loop, []).append(each)
        elif each.problem is not None:
            each.command.future.set_exception(each.problem)
        else:
            each.command.future.set_result(each.result)
    for loop, some in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, some)


def _resolve(done: list[Done]) -> None:
    for each in done:
        waiter = each.command.waiter
        if waiter is None or waiter.done():
            continue  # the client went away; what it asked for is committed all the same
        if each.command.attempt:
            waiter.set_result(each)
        elif each.problem is not None:
            waiter.set_exception(each.problem)
        else:
            waiter.set_result(each.result)
