"""The real service, with the small force behind it, for a browser to look at: sign-ins, kiosks, some history.

One rule for the editor: nothing here reaches round the front; a browser gets what a browser in a store would get.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
import uvicorn

from api import kiosks
from api.context import Service
from api.settings import Settings
from inventory.custody import hatch
from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.hatch import Presented
from inventory.custody.holds import Placing, place_holds
from inventory.gate.kind_policy import Policy
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import capability_grant, person
from inventory.schema.service import sign_in
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.one_app import one_app
from tests.built_once import quick_hash
from tests.postgresql_server import as_the_service

MANAGER, OFFICER = 121, force.HOLLIS
NAMES = {force.ISSUER: "ivory", MANAGER: "manager", OFFICER: "hollis"}
PASSWORD = "correct horse 9"
PIN = "402817"
READY_WITHIN_S = 20


@dataclass
class Hand:
    """The small force's morning, running on from when the service started, or moved on by hand."""

    ahead_us: int = 0
    began_s: float = 0.0

    def __call__(self) -> int:
        return force.NOW + self.ahead_us + int((time.monotonic() - self.began_s) * 1_000_000)


@dataclass
class Running:
    """The service at its address."""

    url: str
    service: Service
    hand: Hand

    def pairing_code(self, place_id: int = force.HATCH) -> str:
        """A code that makes a browser the hatch's screen."""
        return self.service.database.write(lambda tx: kiosks.add_kiosk(tx, place_id, "browser", 60)[1])

    def scan(self, text: str, place_id: int = force.HATCH) -> None:
        """A scan that a bridge delivers: the browser hears of it and did not ask."""
        policy = self.service.policies.now
        shown = Presented((("SERIAL", text), ("EM4100", text)), text, None, "bridge/boot/scan/1")
        self.service.database.write(lambda tx: hatch.present(tx, place_id, shown, policy, force.ISSUER))

    def draw(self, items: Sequence[int], guards: tuple[int, int]) -> None:
        """PC Hollis draws these now."""
        policy = self.service.policies.now
        self.service.database.write(lambda tx: draw(tx, policy, items, guards))


def build(url: str) -> None:
    """The small force with people who can sign in, and yesterday's draws behind it."""
    force.build(url)
    engine = make_engine(url)
    ids = Ids(writing(engine))
    hashed = quick_hash(PASSWORD), quick_hash(PIN)
    with force.acting(engine, ids, force.NOW - 29 * 24 * force.HOUR) as tx:
        _staff(tx, hashed)
    for days_ago, number in ((9, 0), (6, 1), (5, 0), (2, 0)):
        _a_duty(engine, ids, force.NOW - days_ago * 24 * force.HOUR, number)
    with force.acting(engine, ids, force.NOW - 3 * force.HOUR) as tx:
        stuck = Placing(reason="DEFECT", detail="Trigger sticks", item_id=force.HANDLES[2], placed_by=MANAGER)
        place_holds(tx, [stuck])
        raise_alarms(
            tx, [Raise("TAKEN_WITHOUT_ISSUE", "X00243 left rack bay 6 and was not issued", force.MEDWAY, 243)]
        )
    engine.dispose()


def _staff(tx: Tx, hashed: tuple[str, str]) -> None:
    row = {"id": MANAGER, "ref": "121", "kind": "POLICE_STAFF", "family_name": "Marlowe", "given_name": "Sam",
           "recorded_us": 1}  # fmt: skip
    tx.conn.execute(sa.insert(person), row)
    grant = {
        "id": tx.ids.take(),
        "person_id": MANAGER,
        "capability": "STORE_MANAGER",
        "from_us": 1,
        "reason": "test",
    }
    tx.conn.execute(sa.insert(capability_grant), grant)
    tx.conn.execute(sa.insert(sign_in), [
        {"person_id": each, "name": name, "password_hash": hashed[0], "pin_hash": hashed[1], "changed_us": 1}
        for each, name in NAMES.items()
    ])  # fmt: skip


def _a_duty(engine: sa.Engine, ids: Ids, at_us: int, number: int) -> None:
    """PC Hollis draws a set and a camera at the hatch, and brings everything back nine hours later."""
    policy = force.demo_policy()
    items = [force.HANDLES[number], force.BATTERIES[number], *force.CARTRIDGES[number * 4 : number * 4 + 4]]
    items.append(force.CAMERAS[number])
    with force.acting(engine, ids, at_us) as tx:
        draw(tx, policy, items)
    with force.acting(engine, ids, at_us + 9 * force.HOUR) as tx:
        for item_id in items:
            hatch.present(tx, force.HATCH, force.scan(force.serial(item_id)), policy, force.ISSUER)


def draw(tx: Tx, policy: Policy, items: Sequence[int], guards: tuple[int, int] = (0, 0)) -> None:
    """PC Hollis draws `items` and perhaps (lot, quantity) of spit guards, from the card to the countersign."""
    said = hatch.present(tx, force.HATCH, force.show_card(OFFICER), policy, force.ISSUER)
    visit_id = said.view["visit"]["id"]
    for item_id in items:
        said = hatch.present(tx, force.HATCH, force.scan(force.serial(item_id)), policy, force.ISSUER)
    if guards[1]:
        hatch.add_lot(tx, visit_id, *guards, policy)
    hatch.declare_fit(tx, visit_id, policy)
    handle = next(line for line in said.view["visit"]["lines"] if line["kind"] == "CED_HANDLE")
    hatch.function_test_passed(tx, visit_id, handle["id"], policy)
    done = hatch.complete(tx, visit_id, force.ISSUER, "FACE", policy)
    assert done.outcome == "COMPLETED", done.sentences


@contextmanager
def running(url: str, port: int = 0) -> Iterator[Running]:
    """The service on a port of its own, in a thread; gone when the block ends."""
    hand = Hand(began_s=time.monotonic())
    settings = Settings(database=as_the_service(url), overlay="demo")
    with one_app(settings, hand) as app, socket.socket() as listening:
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, lifespan="on")
        server = uvicorn.Server(config)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            _wait(lambda: server.started or not thread.is_alive())
            assert server.started, "the service did not start"
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            yield Running(address, app.state["service"], hand)
        finally:
            server.should_exit = True
            thread.join()


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not done() and time.monotonic() < until:
        time.sleep(0.01)
