"""Live screens: the outbox read as it grows, told to every screen that listens (server-sent events).

One rule for the editor: a screen hears only what is committed, in the outbox's order, and can always pick up
where it left off (`Last-Event-ID` is the outbox's own number). One task tells, whoever wrote: our own writer hands
over what it has committed, PostgreSQL's NOTIFY says that another instance has, and it looks by itself every second.
What is handed over is told only where nothing lies between it and what was told last; else the outbox is read.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import sqlalchemy as sa

from api import logs
from api.counts import Counts
from api.database import Database, Event
from api.database_errors import Kinds, anything
from api.later import Later
from inventory.schema.fast import Fast, among
from inventory.schema.service import outbox

PING_S = 15.0
POLL_S = 1.0
BACKLOG_MAX = 256
"""Events a slow screen may have waiting; past that it is told to load its page's data afresh."""

REPLAY_MAX = 500
"""Events a returning screen is given again; a longer absence is a fresh load too."""

LOOK_MAX = 1000
"""Events read at a time."""

RESET = b'data: {"type":"reset"}\n\n'
PING = b": still here\n\n"
EVERYONE = "all"

LISTENING = Later("psycopg:AsyncConnection")
"""PostgreSQL's driver, for a connection of its own that hears of other instances' commits."""

_AFTER = Fast(
    sa.select(outbox.c.seq, outbox.c.topic, outbox.c.body)
    .where(outbox.c.seq > sa.bindparam("after"))
    .order_by(outbox.c.seq)
    .limit(LOOK_MAX)
)
_TOPICS_AFTER = Fast(
    sa.select(outbox.c.seq, outbox.c.topic, outbox.c.body)
    .where(outbox.c.seq > sa.bindparam("after"), among(outbox.c.topic, "topics", texts=True))
    .order_by(outbox.c.seq)
    .limit(REPLAY_MAX + 1)
)
_ENDS = Fast(sa.select(sa.func.coalesce(sa.func.max(outbox.c.seq), 0), sa.func.coalesce(sa.func.min(outbox.c.seq), 0)))


def unread() -> Kinds:
    """What it looks like when the outbox could not be read."""
    return (*anything(), OSError)


@dataclass(slots=True, eq=False)
class Screen:
    """One connected screen: what it listens to and what waits for it."""

    topics: frozenset[str]
    waiting: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(BACKLOG_MAX))

    def tell(self, event: bytes) -> None:
        """Put an event in line; a full line is thrown away for one word: reset."""
        if not self.waiting.full():
            self.waiting.put_nowait(event)
            return
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.waiting.put_nowait(RESET)


class Live:
    """The outbox's reader and the screens of this instance."""

    def __init__(self, database: Database, counts: Counts) -> None:
        self._database = database
        self._counts = counts
        self._screens: dict[str, set[Screen]] = {}
        self._woken = asyncio.Event()
        self._handed: list[Event] = []
        self._to_look = False
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False
        self.last_seq = 0

    # -- for the service ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to follow the outbox from its present end."""
        loop = asyncio.get_running_loop()
        self.last_seq = (await asyncio.to_thread(self._ends))[0]
        self._database.committed.append(lambda events: self._hand_over(loop, events))
        self._tasks = [asyncio.create_task(self._follow())]
        if self._database.engine.dialect.name == "postgresql":
            self._tasks.append(asyncio.create_task(self._listen()))

    async def stop(self) -> None:
        """Stop following, and let every screen's stream end. A look at the database under way is waited for: its
        connection must be back before the database closes."""
        self._ending = True
        self._woken.set()
        for task in self._tasks[1:]:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        for screen in {each for group in self._screens.values() for each in group}:
            screen.tell(b"")

    async def _follow(self) -> None:
        while not self._ending:
            # not wait_for: in Python 3.11 it swallows a cancellation that arrives together with the wake-up
            try:
                async with asyncio.timeout(POLL_S):
                    await self._woken.wait()
            except TimeoutError:
                self._to_look = True
            self._woken.clear()
            try:
                self._tell_handed()
                if self._to_look:
                    await self._catch_up()
            except unread() as problem:
                self._to_look = True
                logs.warning("live screens wait for the database", problem=str(problem)[:200])
                await asyncio.sleep(POLL_S)

    def _hand_over(self, loop: asyncio.AbstractEventLoop, events: list[Event]) -> None:
        """Take what our own writer has just committed, from its thread."""
        if events and not loop.is_closed():
            loop.call_soon_threadsafe(self._take, events)

    def _take(self, events: list[Event]) -> None:
        self._handed += events
        self._woken.set()

    def _look(self) -> None:
        self._to_look = True
        self._woken.set()

    def _tell_handed(self) -> None:
        handed, self._handed = self._handed, []
        for event in handed:
            if event[0] > self.last_seq + 1:
                self._to_look = True
                return
            if event[0] == self.last_seq + 1:
                self._tell(event)

    async def _catch_up(self) -> None:
        self._to_look = False
        rows = await asyncio.to_thread(self._after, self.last_seq)
        for event in rows:
            if event[0] > self.last_seq:
                self._tell(event)
        if len(rows) == LOOK_MAX:
            self._look()

    def _tell(self, said: Event) -> None:
        seq, topic, body = said
        self.last_seq = seq
        event = encode(seq, body)
        self._counts.said.inc()
        everyone = topic == EVERYONE
        listening = [*self._screens.values()] if everyone else [self._screens.get(topic, set())]
        for screen in {each for group in listening for each in group}:
            screen.tell(event)

    async def _listen(self) -> None:
        """Wake up when another instance commits. A lost connection costs promptness, never an event."""
        dsn = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            with suppress(*unread()):
                await self._hear(dsn)
            await asyncio.sleep(POLL_S)

    async def _hear(self, dsn: str) -> None:
        async with await LISTENING().connect(dsn, autocommit=True) as conn:
            await conn.execute("LISTEN kit")
            self._look()
            async for said in conn.notifies():
                if said.payload != str(self._database.instance):
                    self._look()

    def _after(self, seq: int) -> list[Event]:
        with self._database.reading() as conn:
            return [(int(s), t, b) for s, t, b in _AFTER.rows(conn, {"after": seq})]

    def _ends(self) -> tuple[int, int]:
        with self._database.reading() as conn:
            last, first = _ENDS.rows(conn)[0]
            return int(last), int(first)

    def _missed(self, topics: list[str], after: int) -> tuple[list[tuple[int, str, str]], bool]:
        with self._database.reading() as conn:
            last, first = _ENDS.rows(conn)[0]
            if after > last or after < first - 1:
                return [], False
            rows = [(int(s), t, b) for s, t, b in _TOPICS_AFTER.rows(conn, {"after": after, "topics": topics})]
            return rows, len(rows) <= REPLAY_MAX

    # -- for one bridge ------------------------------------------------------------------------------

    @contextmanager
    def ear(self, topic: str) -> Iterator[Screen]:
        """Something that hears `topic` from now on, for as long as it is held; told b"" when the service stops."""
        ear = Screen(frozenset((topic,)))
        self._screens.setdefault(topic, set()).add(ear)
        try:
            yield ear
        finally:
            self._screens[topic].discard(ear)

    # -- for one screen ---------------------------------------------------------------------------------

    async def stream(self, topics: Iterable[str], last_event_id: int | None) -> AsyncIterator[bytes]:
        """The events of one screen, for as long as it listens. Begins with the number to ask from (no event)."""
        screen = Screen(frozenset(topics))
        for topic in screen.topics:
            self._screens.setdefault(topic, set()).add(screen)
        self._counts.screens.inc()
        try:
            sent = last_event_id or 0
            async for event, seq in self._opening(screen, last_event_id):
                sent = max(sent, seq)
                yield event
            async for event in self._following(screen, sent):
                yield event
        finally:
            self._counts.screens.dec()
            for topic in screen.topics:
                self._screens[topic].discard(screen)

    async def _opening(self, screen: Screen, last_event_id: int | None) -> AsyncIterator[tuple[bytes, int]]:
        now = self.last_seq
        yield b"retry: 1000\nid: %d\n\n" % (now if last_event_id is None else last_event_id), 0
        if last_event_id is None:
            return
        topics = [*screen.topics, EVERYONE]
        rows, whole = await asyncio.to_thread(self._missed, topics, last_event_id)
        if not whole:
            yield b"id: %d\n" % now + RESET, now
            return
        for seq, _, body in rows:
            yield encode(seq, body), seq

    async def _following(self, screen: Screen, sent: int) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(PING_S):
                    event = await screen.waiting.get()
            except TimeoutError:
                yield PING
                continue
            if not event:
                return
            if seq_of(event) > sent:
                yield event


def encode(seq: int, body: str) -> bytes:
    """One event as it goes over the wire: the outbox's number and its JSON, whose `type` says what it is."""
    return f"id: {seq}\ndata: {body}\n\n".encode()


def seq_of(event: bytes) -> int:
    """The number of an encoded event; one without (reset) comes after everything."""
    if not event.startswith(b"id: "):
        return 2**62
    return int(event[4 : event.index(b"\n")])

