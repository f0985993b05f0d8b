"""One store with a real service process and a real bridge process on a real pty, and an issuer who never gives up.

One rule for the editor: the issuer behaves as a client should: no answer, or 503, means the same request again under
the same key. What they were told is kept, to be held against the ledger.
"""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import sqlalchemy as sa

from api import bridges
from api.database import Database
from firmware_bridge.journal import files_of, read_file
from firmware_bridge.settings import CONFIGURATION
from inventory.oversight import checkpoints
from inventory.schema.custody import custody, decision, ledger
from inventory.schema.engine import make_engine
from inventory.schema.service import device_state, reading
from tests import small_force as force
from tests.api.conftest import NO_TLS
from tests.doors import people
from tests.doors.attempts import whole_set
from tests.doors.seen import everything_is_in_order
from tests.faults.service_process import PATIENCE_S, ServiceProcess, until
from tests.firmware_bridge.bridge_process import BridgeFolder

TRY_AGAIN_S = 0.05
BRIDGE = "medway-1"
DEVICE = "hatch-scanner"
ISSUES, RETURNS = "/api/v1/issues", "/api/v1/returns"


@dataclass(frozen=True)
class Told:
    """What the service answered to one request in the end, and how often it had to be asked."""

    code: int
    body: dict[str, Any]
    is_repeat: bool
    times_asked: int


@dataclass
class Issuer:
    """A client that asks until it is answered."""

    service: ServiceProcess
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10, verify=NO_TLS))

    def sign_in(self) -> None:
        """Sign in; the session is in the database, so it outlives the service."""
        who = {"name": people.name_of(people.EVERYTHING), "password": people.PASSWORD}
        told = self.client.post(f"{self.service.url}/api/v1/sign-in", json=who)
        assert told.status_code == 200, told.text
        self.client.headers["X-CSRF"] = told.json()["csrf"]

    def ask(self, path: str, body: dict[str, Any], key: str | None = None) -> Told:
        """POST until there is an answer that is one."""
        key = key or uuid4().hex
        end = time.monotonic() + PATIENCE_S
        times = 0
        while True:
            times += 1
            told = self.once(path, body, key)
            if told is not None and told.status_code != 503:
                repeat = told.headers.get("Idempotency-Replayed") == "true"
                return Told(told.status_code, told.json(), repeat, times)
            assert time.monotonic() < end, f"no answer to {path}: {self.service.log()[-1500:]}"
            time.sleep(TRY_AGAIN_S)

    def once(self, path: str, body: dict[str, Any], key: str) -> httpx.Response | None:
        """POST once, whatever comes of it; None where nothing came back."""
        try:
            return self.client.post(f"{self.service.url}{path}", json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return None

    def issue(self, person_id: int, items: list[int]) -> Told:
        """Ask for kit, everything declared."""
        return self.ask(ISSUES, wanted(person_id, items))

    def take_back(self, items: list[int]) -> Told:
        """Take kit back at Medway."""
        return self.ask(RETURNS, given_back(items))


def wanted(person_id: int, items: list[int]) -> dict[str, Any]:
    """A request for kit, everything declared."""
    return whole_set(person_id) | {
        "items": [{"item_id": each} for each in items],
        "function_tests": [each for each in items if each in force.HANDLES],
    }


def given_back(items: list[int]) -> dict[str, Any]:
    """A request to take kit back at Medway."""
    return {"store_id": force.MEDWAY, "items": [{"item_id": each} for each in items]}


@dataclass
class Station:
    """Everything that stands in one store."""

    service: ServiceProcess
    bridge: BridgeFolder
    issuer: Issuer
    engine: sa.Engine

    def start(self) -> None:
        """Start the service and sign the issuer in."""
        self.service.start()
        self.issuer.sign_in()

    def start_bridge(self) -> None:
        """Start the bridge and wait until the service has heard what it has to say of itself."""
        self.bridge.start()
        is_open = sa.and_(device_state.c.word == "OPEN", device_state.c.device != CONFIGURATION)
        until(lambda: self._count(device_state, is_open), "the bridge's word on its scanner")
        self.until_delivered()

    def scan(self, item_id: int) -> None:
        """The scanner reads an item's printed serial."""
        self.bridge.scanner.send(b"]C0" + force.serial(item_id).encode() + b"\r")

    def moved_to(self, url: str) -> None:
        """The service's next start is on another database."""
        self.engine.dispose()
        self.engine = make_engine(url)
        self.service.database = url

    def close(self) -> None:
        """End everything."""
        try:
            self.bridge.close()
        finally:
            self.service.kill()
            self.issuer.client.close()
            self.engine.dispose()

    # ---- what the bridge has and shows -------------------------------------------------------------------

    def until_delivered(self) -> None:
        """Wait until the service has every observation that the bridge kept before now, and every scan an answer."""
        now_us = time.time_ns() // 1000
        until(lambda: self._waiting_after(now_us) == 0, f"an empty spool: {self.bridge.log()[-500:]}")
        until(lambda: not self.unanswered(), f"an answer to every scan: {self.bridge.log()[-500:]}")

    def _waiting_after(self, now_us: int) -> int | None:
        state = self.bridge.state()
        return state.spool_waiting if state.at_us > now_us else None

    def unanswered(self) -> set[tuple[str, int]]:
        """The scans in the bridge's journal that have no answer there: boot and sequence."""
        scans: set[tuple[str, int]] = set()
        answers: set[tuple[str, int]] = set()
        for path in files_of(self.bridge.folder / "spool" / "journal"):
            for record in read_file(path):
                if record is not None and record.scan is not None:
                    scans.add((record.boot, record.scan.seq))
                if record is not None and record.answer is not None:
                    answers.add((record.boot, record.answer.seq))
        return scans - answers

    def kept(self) -> list[tuple[str, int]]:
        """Every observation in the bridge's spool, boot and sequence. The bridge must not be running."""
        with tempfile.TemporaryDirectory(prefix="kit-spool-") as name:  # looking would tidy up what a kill left
            for path in (self.bridge.folder / "spool").glob("spool.sqlite*"):
                shutil.copy(path, name)
            with closing(sqlite3.connect(Path(name) / "spool.sqlite")) as spool:
                return sorted(spool.execute("SELECT boot, seq FROM obs"))

    def greens(self, item_id: int) -> int:
        """How often the light was green for this item's return."""
        shown = [each for each in self.bridge.lights() if each.light == "green" and each.outcome == "RETURNED"]
        return len([each for each in shown if f"{force.serial(item_id)} is back" in each.sentence])

    # ---- what the service has stored ---------------------------------------------------------------------

    def entries(self, item_id: int, kind: str) -> int:
        """How many entries of a kind the item's ledger has."""
        return self._count(ledger, ledger.c.item_id == item_id, ledger.c.kind == kind)

    def decisions(self, person_id: int) -> int:
        """How many decisions were made about a person."""
        return self._count(decision, decision.c.person_id == person_id)

    def outcomes(self) -> list[str]:
        """The outcome of every scan the service has stored, in the order they came."""
        with self.engine.connect() as conn:
            scans = sa.select(reading.c.outcome).where(reading.c.stream == "scan").order_by(reading.c.received_us)
            return list(conn.execute(scans).scalars())

    def stored(self) -> list[tuple[str, int]]:
        """Every observation the service has stored, boot and sequence."""
        with self.engine.connect() as conn:
            observations = sa.select(reading.c.boot, reading.c.seq).where(reading.c.stream == "obs")
            return sorted((row.boot, row.seq) for row in conn.execute(observations))

    def holder(self, item_id: int) -> int | None:
        """Who has the item; None where a store has it."""
        with self.engine.connect() as conn:
            now = (custody.c.item_id == item_id, custody.c.closed_entry.is_(None))
            return conn.execute(sa.select(custody.c.person_id).where(*now)).scalar()

    def epoch(self) -> str:
        """The history this database calls its own."""
        with self.engine.connect() as conn:
            return checkpoints.epoch(conn)

    def _count(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        with self.engine.connect() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())

    def is_in_order(self) -> None:
        """Fail where the audit or the verifier finds anything."""
        with self.engine.connect() as conn:
            everything_is_in_order(conn)


def build_station(url: str, folder: Path) -> Station:
    """A force with its hatch's bridge in the database at `url`; nothing runs yet."""
    people.build(url)
    people.add_runners(url)
    database = Database(url, lambda: force.NOW - force.HOUR)
    database.start()
    try:
        key = database.write(lambda tx: bridges.add_bridge(tx, BRIDGE, "ME")[1])
        database.write(lambda tx: bridges.bind_station(tx, BRIDGE, DEVICE, force.HATCH))
    finally:
        database.stop()
    signing = {"KIT_CHECKPOINT_KEY": str(folder / "checkpoint.pem"), "KIT_CHECKPOINT_EVERY_S": "1"}
    service = ServiceProcess(folder, url, signing)
    (folder / "bridge").mkdir()
    bridge = BridgeFolder(folder / "bridge", service.url)
    (folder / "bridge" / "bridge.key").write_text(f"{key}\n")
    return Station(service, bridge, Issuer(service), make_engine(url))


Make = Callable[[], Station]
