"""What a request is given to work with: ONE object. (Two dependencies cost Litestar nearly three times one.)

One rule for the editor: `Service` holds what lives as long as the process, `Ctx` what lives as long as one
request, and neither knows a route. A route reads and writes only through its `Ctx`, so that the processing
log cannot be forgotten.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from litestar import Request

from api.background import Background
from api.batches import Kind
from api.cards_shown import CardsShown
from api.counts import Counts
from api.database import Database
from api.glance import Glance
from api.identity import Believed, PairedKiosk, kiosk_of
from api.live import Live
from api.policies import PolicyShelf
from api.problems import denied, sign_in_first
from api.processing import LINES, Log
from api.secrets import Verifier
from api.sessions import Sessions, SignedIn
from api.settings import Settings
from api.shifts import Shifts
from api.working import Working
from inventory.people.capabilities import Held
from inventory.people.imports.feed import Feed
from inventory.schema.tx import LogLine, Tx

T = TypeVar("T")


@dataclass(slots=True)
class Service:
    """What lives as long as the process."""

    settings: Settings
    database: Database
    policies: PolicyShelf
    live: Live
    sessions: Sessions
    verifier: Verifier
    counts: Counts
    readers: ThreadPoolExecutor
    issues: Kind
    bridges: Believed = field(default_factory=Believed)
    kiosks: Believed = field(default_factory=Believed)
    feeds: Believed = field(default_factory=Believed)
    countersigns: CardsShown = field(default_factory=CardsShown)
    shifts: Shifts = field(default_factory=Shifts)
    working: Working = field(default_factory=Working)
    background: Background = field(default_factory=Background)
    glance: Glance = field(default_factory=Glance)
    epoch: str = ""
    ready: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def now_us(self) -> int:
        """UTC microseconds, from the one clock."""
        return self.database.clock()

    async def read(self, look: Callable[[sa.Connection], T]) -> T:
        """Run `look` on a reading connection, beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.readers, self._look, look)

    def _look(self, look: Callable[[sa.Connection], T]) -> T:
        with self.database.looking() as conn:
            return look(conn)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a word of `words.ACTOR_KINDS`, and the id within that kind."""

    kind: str
    id: int | None = None


ANONYMOUS = Actor("ANONYMOUS")


@dataclass(slots=True)
class Ctx:
    """One request: who asks, when, and what its line in the processing log will say."""

    service: Service
    actor: Actor
    now_us: int
    request_id: str
    route: str
    log: Log
    signed_in: SignedIn | None = None
    bridge_id: int | None = None
    feed: Feed | None = None
    kiosk_token: str | None = None
    problem: Exception | None = None
    query: str | None = None
    reason: str | None = None
    recipient: str | None = None
    logged: bool = False
    waits: bool = False
    """Whether this answer waits on purpose until there is something to say (`api.bay_commands`)."""
    _about: set[int] = field(default_factory=set)

    # -- who ----------------------------------------------------------------------------------------

    @property
    def person_id(self) -> int:
        """The person signed in. Raises the 401 problem when nobody is."""
        return self.who.person_id

    @property
    def who(self) -> SignedIn:
        """The sign-in of this request. Raises the 401 problem when there is none."""
        if self.signed_in is None:
            raise sign_in_first()
        return self.signed_in

    async def kiosk(self) -> PairedKiosk | None:
        """The paired kiosk that this request comes from, whoever is signed in there; None elsewhere."""
        token = self.kiosk_token
        if token is None:
            return None
        found: PairedKiosk | None = await self.service.kiosks.find(
            token, self.now_us, lambda: self.service.read(lambda conn: kiosk_of(conn, token))
        )
        return found

    def may(self, capability: str, store_id: int | None) -> bool:
        """Whether the person signed in has the capability in this store (None: in every store)."""
        held = self.who.held
        return Held(capability, None) in held or (store_id is not None and Held(capability, store_id) in held)

    def need(self, capability: str, store_id: int | None) -> None:
        """Raise the 403 problem where `may` says no."""
        if not self.may(capability, store_id):
            where = "in every store" if store_id is None else "in this store"
            raise denied(f"This needs the capability {capability} {where}.")

    def need_any(self, capabilities: Iterable[str], store_id: int | None) -> None:
        """As `need`, for any one of several."""
        named = tuple(capabilities)
        if not any(self.may(each, store_id) for each in named):
            raise denied(f"This needs one of {', '.join(named)} in this store.")

    # -- the processing log ---------------------------------------------------------------------------

    def about(self, *person_ids: int | None) -> None:
        """Whose data this request touches. Call it before the answer is built."""
        self._about.update(each for each in person_ids if each is not None)

    def line(self, outcome: str = "OK") -> LogLine:
        """This request's line for the processing log."""
        return LogLine(
            self.log.operation, self.route, self.actor.kind, self.actor.id, tuple(sorted(self._about)),
            self.request_id, outcome, self.query, self.reason, self.recipient or self.log.recipient,
        )  # fmt: skip

    # -- reading and writing ----------------------------------------------------------------------------

    async def read(self, look: Callable[[sa.Connection], T]) -> T:
        """Run `look` on a reading connection. The line is written before the answer leaves (`api.front`)."""
        return await self.service.read(look)

    async def write(self, run: Callable[[Tx], T], keys: Iterable[str] | None = None) -> T:
        """Run `run` in a write transaction, with this request's line in the same commit."""

        def with_line(tx: Tx) -> T:
            result = run(tx)
            if self.log.operation != "NONE" and not self.logged:
                tx.record([self.line()])
            return result

        result = await self.service.database.awrite(with_line, None if keys is None else frozenset(keys))
        self.logged = True
        return result

    async def bulk(self, kind: Kind, payload: Any, keys: Iterable[str]) -> Any:
        """Run one payload of a bulk kind that records `payload.line` itself."""
        result = await self.service.database.abulk(kind, payload, frozenset(keys))
        self.logged = True
        return result

    async def settle(self, outcome: str) -> None:
        """Write this request's line, where it is owed and not yet written."""
        if self.logged or self.log.operation == "NONE":
            return
        await self.service.database.abulk(LINES, self.line(outcome), frozenset())
        self.logged = True


def provide_ctx(request: Request[Any, Any, Any]) -> Ctx:
    """The one dependency: what `api.front` made of this request."""
    ctx: Ctx = request.scope["kit_ctx"]  # type: ignore[typeddict-item]
    return ctx
