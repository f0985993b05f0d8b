"""Kill -9 of the service, at named points and at any moment: what was answered green is in the ledger, nothing is
there twice, and it comes back by itself. On both databases.

`KITSTORE_KILLS=100` makes the campaign of it (`scripts/campaign-kills`).
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from bench import synthetic
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.custody import custody, decision, ledger
from inventory.schema.engine import make_engine
from tests.faults.running import Killable

PEOPLE = 400
KILLS = int(os.environ.get("KITSTORE_KILLS", "4"))
Answers = dict[int, tuple[int, dict[str, object]]]

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def force(make_database: Callable[..., str]) -> str:
    """URL of a database with people and a camera each; copy it, do not change it."""
    url = make_database()
    hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    synthetic.build(url, PEOPLE, 0, hasher.hash(synthetic.PASSWORD))
    return url


@pytest.fixture
def service(make_database: Callable[..., str], force: str, tmp_path: Path) -> Iterator[Killable]:
    """A service on a copy of it, not started."""
    made = Killable(make_database(template=force), tmp_path)
    yield made
    made.kill()


def _ask(service: Killable, person: int) -> tuple[int, dict[str, object]] | None:
    body = {"person_id": synthetic.FIRST_PERSON + person, "store_id": synthetic.STORE,
            "items": [{"item_id": synthetic.FIRST_CAMERA + person}], "authenticated_by": "FACE"}  # fmt: skip
    return service.post("/api/v1/issues", body, f"key-{person:06d}")


def _check(service: Killable, answered: Answers, asked: int) -> None:
    """Ask everything again under its key: all is issued, once, and what was answered is answered alike."""
    for person in range(asked):
        again = _ask(service, person)
        assert again is not None
        assert again[0] == 201, again[1]
        if person in answered:
            assert again == answered[person], "a replay gets the first answer"
    engine = make_engine(service.url)
    with engine.connect() as conn:
        issued = conn.execute(sa.select(custody.c.item_id).where(custody.c.basis == "ISSUED")).scalars().all()
        entries = conn.execute(sa.select(ledger.c.item_id).where(ledger.c.kind == "ISSUED")).scalars().all()
        allowed = conn.execute(sa.select(decision.c.id).where(decision.c.verdict == "ALLOW")).scalars().all()
        wanted = [synthetic.FIRST_CAMERA + person for person in range(asked)]
        assert sorted(issued) == sorted(entries) == wanted
        assert {body["decision_id"] for _, body in answered.values()} <= set(allowed)
        assert len(allowed) == asked
        assert audit(conn) == []
        assert verify(conn).findings == []
    engine.dispose()


@pytest.mark.parametrize(("point", "is_kept"), [("before_commit", False), ("after_commit", True)])
def test_killed_around_a_commit(service: Killable, point: str, is_kept: bool) -> None:
    service.start(f"{point}:3")
    service.sign_in("bench", synthetic.PASSWORD)
    answered: Answers = {}
    person = 0
    while (answer := _ask(service, person)) is not None:
        assert answer[0] == 201
        answered[person] = answer
        person += 1
    service.wait_until_dead()
    assert person == 2, "it died at the third"
    engine = make_engine(service.url)
    with engine.connect() as conn:
        found = conn.execute(sa.select(custody.c.item_id).where(custody.c.basis == "ISSUED")).scalars().all()
    engine.dispose()
    assert len(found) == (3 if is_kept else 2), "committed and not answered, or neither"
    service.start()
    _check(service, answered, 3)


def test_killed_at_any_moment_under_load(service: Killable) -> None:
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    print(f"seed {seed}")
    answered: Answers = {}
    asked = 0
    for _ in range(KILLS):
        service.start()
        if not service.headers:
            service.sign_in("bench", synthetic.PASSWORD)
        killer = threading.Timer(dice.uniform(0.05, 1.2), service.kill)
        killer.start()
        batch = range(asked, min(asked + max(8, PEOPLE // KILLS), PEOPLE))
        with ThreadPoolExecutor(4) as hands:
            told = list(hands.map(lambda person: (person, _ask(service, person)), batch))
        killer.join()
        answered |= {person: answer for person, answer in told if answer is not None and answer[0] == 201}
        asked = batch.stop
    service.start()
    assert answered, "some were answered before a kill"
    _check(service, answered, asked)
