"""The writer: what shares a commit, what waits, and what happens when one of many goes wrong. On both databases."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from api.batches import QUEUE_MAX, Busy, Command, CommandQueue
from api.database import Database
from api.problems import problem_of
from inventory.schema.custody import tx_seal
from inventory.schema.oversight import meta, processing_log
from inventory.schema.service import outbox
from inventory.schema.tx import ClockBehind, LogLine, Tx
from tests.built_once import built_once, with_tables


class Meta:
    """A bulk kind that writes names into `meta`; "bad" in a name is refused by the kind itself."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    def run(self, tx: Tx, payloads: Sequence[str]) -> list[str]:
        """Write every name."""
        self.runs.append(len(payloads))
        if any("bad" in name for name in payloads):
            raise ValueError("name: not that one")
        tx.conn.execute(sa.insert(meta), [{"name": name, "value": str(tx.id)} for name in payloads])
        return [f"{name} written" for name in payloads]


@pytest.fixture
def database(make_database: Callable[..., str]) -> Iterator[Database]:
    url = make_database(template=built_once(make_database, with_tables))
    made = Database(url, lambda: 1_800_000_000_000_000)
    yield made
    made.stop()


def _names(database: Database) -> set[str]:
    with database.reading() as conn:
        return set(conn.execute(sa.select(meta.c.name).where(meta.c.name != "epoch")).scalars())


def _put(database: Database, *commands: Command) -> None:
    """Queue everything before the writer starts, so that it is there for one batch."""
    for command in commands:
        database._queue.put(command)
    database.start()


def test_what_waits_together_is_committed_together(database: Database) -> None:
    kind = Meta()
    commands = [Command(keys=frozenset({f"i{n}"}), kind=kind, payload=f"n{n}") for n in range(10)]
    _put(database, *commands)
    assert [each.future.result(20) for each in commands] == [f"n{n} written" for n in range(10)]
    with database.reading() as conn:
        assert len(set(conn.execute(sa.select(meta.c.value).where(meta.c.name != "epoch")).scalars())) == 1
        assert conn.execute(sa.select(sa.func.count()).select_from(tx_seal)).scalar_one() == 1
    assert kind.runs == [10]


def test_one_bad_command_of_a_kind_does_not_stop_the_others(database: Database) -> None:
    kind = Meta()
    commands = [Command(keys=frozenset({name}), kind=kind, payload=name) for name in ("a", "bad", "b")]
    _put(database, *commands)
    assert commands[0].future.result(20) == "a written"
    with pytest.raises(ValueError, match="not that one"):
        commands[1].future.result(20)
    assert commands[2].future.result(20) == "b written"
    assert _names(database) == {"a", "b"}


def test_a_constraint_that_refuses_one_lets_the_rest_through(database: Database) -> None:
    kind = Meta()
    commands = [
        Command(keys=frozenset({str(n)}), kind=kind, payload=name) for n, name in enumerate(("a", "a", "b"))
    ]
    _put(database, *commands)
    results = [_outcome(each) for each in commands]
    assert results[0] == "a written"
    assert "IntegrityError" in results[1] or "UniqueViolation" in results[1]
    assert results[2] == "b written"


def _outcome(command: Command) -> str:
    problem = command.future.exception(20)
    return str(command.future.result()) if problem is None else type(problem).__name__


def test_what_a_failed_command_said_and_recorded_goes_with_it(database: Database) -> None:
    def says(tx: Tx) -> None:
        tx.say("all", {"type": "told"})
        tx.record([LogLine("CONSULTATION", "test", "SYSTEM", None, (), "r")])

    def says_and_fails(tx: Tx) -> None:
        says(tx)
        raise LookupError("gone")

    good, bad = Command(keys=frozenset({"i1"}), run=says), Command(keys=frozenset({"i2"}), run=says_and_fails)
    _put(database, good, bad)
    good.future.result(20)
    assert isinstance(bad.future.exception(20), LookupError)
    with database.reading() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one() == 1
        assert conn.execute(sa.select(sa.func.count()).select_from(processing_log)).scalar_one() == 1


def test_the_writer_outlives_a_commit_that_fails(database: Database) -> None:
    def unsealable(tx: Tx) -> None:
        tx.conn.execute(
            sa.text("INSERT INTO tx_seal (id, at_us, instance) VALUES (:id, 1, 1)"), {"id": tx.id}
        )

    bad = Command(keys=None, run=unsealable)
    _put(database, bad)
    assert bad.future.exception(20) is not None
    database.write(lambda tx: tx.conn.execute(sa.insert(meta).values(name="after", value="1")))
    assert _names(database) == {"after"}


def test_the_writer_outlives_what_no_driver_raised(database: Database) -> None:
    unsayable = Command(keys=None, run=lambda tx: tx.say("all", {"set": {1, 2}}))
    _put(database, unsayable)
    assert isinstance(unsayable.future.exception(20), TypeError)
    database.write(lambda tx: tx.conn.execute(sa.insert(meta).values(name="after", value="1")))
    assert _names(database) == {"after"}


def test_commands_on_one_item_take_turns_in_the_order_they_came() -> None:
    queue = CommandQueue()
    first, second, third = (Command(keys=frozenset({"i1"}), payload=n) for n in range(3))
    other, later = Command(keys=frozenset({"i2"})), Command(keys=frozenset({"i1", "i3"}))
    alone = Command(keys=None)
    for command in (first, second, other, later, alone, third):
        queue.put(command)
    queue.close()
    taken: list[list[Any]] = []
    while (batch := queue.take()) is not None:
        taken.append(batch)
    assert [[id(c) for c in batch] for batch in taken] == [
        [id(c) for c in batch] for batch in ([first, other], [second], [later], [alone], [third])
    ]


def test_who_usually_comes_together_is_waited_for_and_who_comes_alone_is_not() -> None:
    def some(queue: CommandQueue, count: int) -> list[Command]:
        made = [Command(keys=frozenset()) for _ in range(count)]
        for each in made:
            queue.put(each)
        return made

    queue = CommandQueue(gather_s=60)
    lone = some(queue, 1)
    assert queue.take() == lone, "no minute has passed: nobody else was waited for"
    three = some(queue, 3)
    assert queue.take() == three
    one, late = some(queue, 1), [Command(keys=frozenset()) for _ in range(2)]
    taken: list[Any] = []
    taking = threading.Thread(target=lambda: taken.extend(queue.take() or ()))
    taking.start()
    for each in late:
        queue.put(each)
    taking.join(30)
    assert taken == [*one, *late]


def test_a_full_queue_says_so_at_once() -> None:
    queue = CommandQueue()
    for _ in range(QUEUE_MAX):
        queue.put(Command(keys=frozenset()))
    with pytest.raises(Busy, match="try again"):
        queue.put(Command(keys=frozenset()))


def test_many_threads_lose_nothing(database: Database) -> None:
    database.start()
    kept: list[int] = []

    def work(thread: int) -> None:
        for n in range(20):
            name = f"{thread}-{n}"
            database.write(
                lambda tx, name=name: tx.conn.execute(sa.insert(meta).values(name=name, value="1")),
                frozenset(),
            )  # type: ignore[misc]
            kept.append(1)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(kept) == len(_names(database)) == 120
    assert database.batches <= database.commands


@pytest.mark.parametrize("bulk", [True, False])
def test_what_began_too_early_is_begun_again_later(make_database: Callable[..., str], *, bulk: bool) -> None:
    """Another instance wrote while this one waited: no entry of a chain is before the one it follows."""
    url = make_database(template=built_once(make_database, with_tables))
    times = iter(range(1_800_000_000_000_000, 1_800_000_000_000_100, 10))
    database = Database(url, lambda: next(times))

    class Follows(Meta):
        def run(self, tx: Tx, payloads: Sequence[str]) -> list[str]:
            tx.follows(1_800_000_000_000_010)
            return super().run(tx, payloads)

    kind = Follows()
    alone = Command(keys=frozenset({"i1"}), run=lambda tx: kind.run(tx, ["n"])[0])
    command = Command(keys=frozenset({"i1"}), kind=kind, payload="n") if bulk else alone
    _put(database, command)
    assert command.future.result(20) == "n written"
    with database.reading() as conn:
        assert conn.execute(sa.select(tx_seal.c.at_us)).scalars().all() == [1_800_000_000_000_010]
    database.stop()


def test_a_clock_that_stays_behind_is_told_and_nothing_is_written(database: Database) -> None:
    command = Command(keys=None, run=lambda tx: tx.follows(tx.now_us + 1000))
    _put(database, command)
    with pytest.raises(ClockBehind, match="1000 us behind"):
        command.future.result(20)
    with database.reading() as conn:
        assert conn.execute(sa.select(tx_seal.c.id)).scalars().all() == []


def test_whoever_asks_is_told_that_the_clock_is_behind_and_what_to_do() -> None:
    told = problem_of(ClockBehind(2_500_000))
    assert (told.code, told.type) == (503, "busy"), "nothing was written, so a client may ask again"
    assert "2.5 s behind" in told.detail
    assert "an administrator sets the clock" in told.detail
