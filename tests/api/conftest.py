"""The service over HTTP with the small force behind it: who signs in, and how a test asks.

One rule for the editor: tests speak HTTP to the whole application; nothing is reached round the front.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn

from api import bridges, kiosks
from api.clock import Clock
from api.context import Service
from api.database import Database
from api.settings import Settings
from inventory.schema.oversight import processing_log
from inventory.schema.people import capability_grant
from inventory.schema.service import sign_in
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.one_app import one_app
from tests.built_once import built_once, quick_hash
from tests.postgresql_server import as_the_service

MANAGER, AUDITOR, ADMIN = 121, 122, 123
PASSWORD = "correct horse 9"
PIN = "402817"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Every client is on this machine and speaks plain HTTP; to read the machine's certificates for each takes 50 ms."""
NAMES = {
    force.ISSUER: "ivory",
    force.SECOND_ISSUER: "sefton",
    force.HOLLIS: "hollis",
    MANAGER: "manager",
    AUDITOR: "auditor",
    ADMIN: "admin",
}
GRANTS = {
    MANAGER: ("STORE_MANAGER",),
    AUDITOR: ("AUDITOR", "LOG_READER"),
    ADMIN: ("ADMINISTRATOR", "TRAINING_RECORDER", "CED_SPOC", "TECHNICIAN", "EXHIBITS"),
}


@pytest.fixture
def anyio_backend() -> str:
    """Tests run on asyncio alone."""
    return "asyncio"


@pytest.fixture(scope="module")
def staffed(make_database: Callable[..., str]) -> str:
    """URL of a database with the small force, its staff and their sign-ins; copy it, do not change it."""
    return built_once(make_database, build_staffed)


def build_staffed(url: str) -> None:
    """Fill the database at `url` with the small force, its staff and their sign-ins."""
    force.build(url)
    database = Database(url, lambda: force.NOW - 29 * 24 * force.HOUR)
    database.start()
    database.write(lambda tx: _staff(tx.conn, tx.ids.take))
    database.stop()


def _staff(conn: sa.Connection, new_id: Callable[[], int]) -> None:
    for person_id in (MANAGER, AUDITOR, ADMIN):
        force._insert(conn, force.person, [{"id": person_id, "ref": str(person_id), "kind": "POLICE_STAFF",
                      "family_name": NAMES[person_id].title(), "given_name": "Sam", "recorded_us": 1}])  # fmt: skip
        force._insert(conn, capability_grant, [
            {"id": new_id(), "person_id": person_id, "capability": each, "store_id": None, "from_us": 1, "reason": "t"}
            for each in GRANTS[person_id]
        ])  # fmt: skip
    force._insert(conn, sign_in, [
        {"person_id": person_id, "name": name, "password_hash": quick_hash(PASSWORD), "pin_hash": quick_hash(PIN),
         "changed_us": 1}
        for person_id, name in NAMES.items()
    ])  # fmt: skip


@dataclass
class Hand:
    """The clock of a test: it stands still until moved."""

    now_us: int = force.NOW

    def __call__(self) -> int:
        return self.now_us


@dataclass
class Person:
    """A browser, and who is signed in with it."""

    client: httpx.AsyncClient
    me: dict[str, Any] = field(default_factory=dict)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """GET with query parameters."""
        return await self.client.get(path, params=params or None)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """POST JSON; underscores in header names become hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, json={} if body is None else body, headers=given)


@dataclass
class House:
    """One running service, its database, and its clock."""

    url: str
    service: Service
    hand: Hand
    browsers: list[Person] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """The service's clock jobs, to be run when a test says so."""
        return Clock(self.service, None)

    def browser(self, **cookies: str) -> Person:
        """A browser nobody has signed in with."""
        person = Person(httpx.AsyncClient(base_url=self.url, timeout=20, verify=NO_TLS, cookies=cookies))
        self.browsers.append(person)
        return person

    async def sign_in(self, name: str, browser: Person | None = None) -> Person:
        """Sign somebody in, in a browser of their own or in this one."""
        person = browser or self.browser()
        answer = await person.post("/api/v1/sign-in", {"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        person.me = answer.json()
        person.client.headers["X-CSRF"] = person.me["csrf"]
        return person

    async def kiosk(self, name: str = "ivory", place_id: int = force.HATCH) -> Person:
        """A kiosk paired with a hatch, and somebody signed in at it."""
        code = await self.service.database.awrite(lambda tx: kiosks.add_kiosk(tx, place_id, "k", 60)[1])
        browser = self.browser()
        answer = await browser.post("/api/v1/kiosks/pair", {"code": code})
        assert answer.status_code == 200, answer.text
        return await self.sign_in(name, browser)

    async def bridge(self, name: str = "medway-1", *devices: str) -> httpx.AsyncClient:
        """A bridge with a key, whose devices stand at the hatch."""

        def make(tx: Tx) -> str:
            key = bridges.add_bridge(tx, name, "ME")[1]
            for device in devices or ("scanner",):
                bridges.bind_station(tx, name, device, force.HATCH)
            return key

        key = await self.service.database.awrite(make)
        headers = {"Authorization": f"Bridge {key}"}
        client = httpx.AsyncClient(base_url=self.url, timeout=20, verify=NO_TLS, headers=headers)
        self.browsers.append(Person(client))
        return client

    def lines(self, **where: Any) -> list[dict[str, Any]]:
        """Lines of the processing log, oldest first, that have these values."""
        with self.service.database.reading() as conn:
            rows = conn.execute(sa.select(processing_log).order_by(processing_log.c.id)).mappings()
            return [dict(row) for row in rows if all(row[name] == value for name, value in where.items())]


@asynccontextmanager
async def running(url: str, hand: Hand, instance: int = 1, **settings: Any) -> AsyncIterator[House]:
    """The service on a port of its own, over real HTTP; on PostgreSQL as the role that it runs as at a force."""
    service_settings = Settings(**{"database": as_the_service(url), "overlay": "demo", **settings})
    with one_app(service_settings, hand, instance) as app, socket.socket() as listening:
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, lifespan="on")
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started and not serving.done():  # noqa: ASYNC110 (uvicorn offers no event)
            await asyncio.sleep(0.01)
        assert server.started, "the service did not start"
        house = House(f"http://127.0.0.1:{listening.getsockname()[1]}", app.state["service"], hand)
        try:
            yield house
        finally:
            for each in house.browsers:
                await each.client.aclose()
            server.should_exit = True
            await serving


@pytest.fixture
def hand() -> Hand:
    """A clock that stands at the small force's morning."""
    return Hand()


@pytest.fixture
async def house(make_database: Callable[..., str], staffed: str, hand: Hand) -> AsyncIterator[House]:
    """The service on a fresh copy of the staffed force."""
    async with running(make_database(template=staffed), hand) as house:
        yield house
