"""kill -9 of the service, at named points and at any moment: what was answered green is in the ledger, nothing is
there twice, and it comes back by itself. On both databases.

`KITSTORE_KILLS=100` makes the campaign of it (`scripts/campaign-kills`).
"""

import itertools
import os
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from bench import synthetic
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.custody import custody, decision, ledger
from inventory.schema.engine import make_engine
from tests import small_force as small
from tests.api.conftest import NO_TLS
from tests.faults.service_process import ServiceProcess

KILLS = int(os.environ.get("KITSTORE_KILLS", "2"))
PEOPLE = max(60, 4 * KILLS)
HANDS = 4
Answer = tuple[int, dict[str, object]]

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@dataclass
class Desk:
    """An issuer at a client that asks once and takes note of what came back."""

    service: ServiceProcess
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, verify=NO_TLS))

    def sign_in(self) -> None:
        """The session is in the database and outlasts a kill."""
        who = {"name": "bench", "password": synthetic.PASSWORD}
        told = self.client.post(f"{self.service.url}/api/v1/sign-in", json=who)
        assert told.status_code == 200, told.text
        self.client.headers["X-CSRF"] = told.json()["csrf"]

    def ask(self, person: int) -> Answer | None:
        """A camera for the person of this number, under a key of their own; None where no answer came."""
        body = {"person_id": synthetic.FIRST_PERSON + person, "store_id": synthetic.STORE,
                "items": [{"item_id": synthetic.FIRST_CAMERA + person}], "authenticated_by": "FACE"}  # fmt: skip
        headers = {"Idempotency-Key": f"key-{person:06d}"}
        try:
            told = self.client.post(f"{self.service.url}/api/v1/issues", json=body, headers=headers)
        except httpx.TransportError:
            return None
        return told.status_code, told.json()


@pytest.fixture(scope="module")
def force(make_database: Callable[..., str]) -> str:
    """URL of a database with people and a camera each; copy it, do not change it."""
    url = make_database()
    hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    synthetic.build(url, PEOPLE, 0, hasher.hash(synthetic.PASSWORD), small.NOW)
    return url


@pytest.fixture
def desk(make_database: Callable[..., str], force: str, tmp_path: Path) -> Iterator[Desk]:
    """An issuer before a service, not started, on a copy of it."""
    signing = {"KIT_CHECKPOINT_KEY": str(tmp_path / "checkpoint.pem"), "KIT_CHECKPOINT_EVERY_S": "1"}
    made = Desk(ServiceProcess(tmp_path, make_database(template=force), signing))
    yield made
    made.service.kill()
    made.client.close()


def _ids(conn: sa.Connection, column: sa.Column[int], where: sa.ColumnElement[bool]) -> list[int]:
    return sorted(conn.execute(sa.select(column).where(where)).scalars())


def _check(desk: Desk, answered: dict[int, Answer], asked: int) -> None:
    """Ask everything again under its key: all is issued, once, and what was answered is answered alike."""
    for person in range(asked):
        again = desk.ask(person)
        assert again is not None
        assert again[0] == 201, again[1]
        assert answered.get(person, again) == again, "a repeat gets the first answer"
    engine = make_engine(desk.service.database)
    with engine.connect() as conn:
        issued = _ids(conn, custody.c.item_id, custody.c.basis == "ISSUED")
        entries = _ids(conn, ledger.c.item_id, ledger.c.kind == "ISSUED")
        allowed = _ids(conn, decision.c.id, decision.c.verdict == "ALLOW")
        assert issued == entries == [synthetic.FIRST_CAMERA + person for person in range(asked)]
        assert {body["decision_id"] for _, body in answered.values()} <= set(allowed)
        assert len(allowed) == asked
        assert audit(conn) == []
        assert verify(conn).findings == []
    engine.dispose()


@pytest.mark.parametrize(("point", "is_kept"), [("before_commit", False), ("after_commit", True)])
def test_killed_around_a_commit(desk: Desk, point: str, is_kept: bool) -> None:
    desk.service.start(f"{point}:3")
    desk.sign_in()
    answered: dict[int, Answer] = {}
    person = 0
    while (answer := desk.ask(person)) is not None:
        assert answer[0] == 201
        answered[person] = answer
        person += 1
    assert desk.service.died() == -9
    assert person == 2, "it died at the third"
    engine = make_engine(desk.service.database)
    with engine.connect() as conn:
        found = _ids(conn, custody.c.item_id, custody.c.basis == "ISSUED")
    engine.dispose()
    assert len(found) == (3 if is_kept else 2), "committed and not answered, or neither"
    desk.service.start()
    _check(desk, answered, 3)


def test_killed_at_any_moment_under_load(desk: Desk) -> None:
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    print(f"seed {seed}")
    answered: dict[int, Answer] = {}
    asked = 0
    for _ in range(KILLS):
        desk.service.start()
        if not answered:
            desk.sign_in()
        batch = range(asked, min(asked + max(HANDS, PEOPLE // KILLS), PEOPLE))
        answered |= _ask_until_killed(desk, batch, dice)
        asked = batch.stop
    desk.service.start()
    _check(desk, answered, asked)


def _ask_until_killed(desk: Desk, batch: Iterable[int], dice: random.Random) -> dict[int, Answer]:
    """Several hands ask at once; after some number of answers, and a moment more, the service is killed."""
    people = list(batch)
    enough = dice.randrange(1, max(2, len(people) - HANDS))
    count, reached = itertools.count(1), threading.Event()

    def ask(person: int) -> tuple[int, Answer | None]:
        answer = desk.ask(person)
        if answer is not None and next(count) == enough:
            reached.set()
        return person, answer

    with ThreadPoolExecutor(HANDS) as hands:
        asking = [hands.submit(ask, person) for person in people]
        assert reached.wait(60), "nobody is answered"
        threading.Event().wait(dice.uniform(0, 0.02))
        desk.service.kill()
        told = [each.result() for each in asking]
    answers = {person: answer for person, answer in told if answer is not None}
    assert {code for code, _ in answers.values()} == {201}
    return answers
