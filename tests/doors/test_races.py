"""Many hands for one thing at one moment, over real HTTP: one gets it, everybody is told, nothing is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from inventory.schema.custody import custody, decision, ledger
from inventory.schema.engine import make_engine
from tests import small_force as force
from tests.api.conftest import NO_TLS
from tests.doors import people
from tests.doors.attempts import whole_set
from tests.doors.plausible import SET
from tests.doors.seen import everything_is_in_order
from tests.faults.service_process import ServiceProcess
from tests.house.source_tree import refuse

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

EVERYTHING_THERE_IS = (*force.HANDLES, *force.BATTERIES, *force.CARTRIDGES, *force.CAMERAS, *force.GUARDS)
OTHER_SET = [force.HANDLES[1], force.BATTERIES[1], *force.CARTRIDGES[4:8]]


@dataclass
class Hatches:
    """Running instances of one force's service, and an issuer signed in at each of many connections."""

    urls: list[str]
    engine: sa.Engine
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def open(self, count: int) -> None:
        """Sign the issuer in once, and give that sign-in to `count` connections spread over the instances."""
        async with httpx.AsyncClient(base_url=self.urls[0], timeout=60, verify=NO_TLS) as desk:
            who = {"name": people.name_of(people.EVERYTHING), "password": people.PASSWORD}
            told = await desk.post("/api/v1/sign-in", json=who)
            assert told.status_code == 200, told.text
            headers = {"X-CSRF": told.json()["csrf"]}
            for number in range(count):
                url = self.urls[number % len(self.urls)]
                client = httpx.AsyncClient(
                    base_url=url, timeout=60, verify=NO_TLS, headers=headers, cookies=desk.cookies
                )
                self.clients.append(client)

    async def close(self) -> None:
        """Hang up."""
        for client in self.clients:
            await client.aclose()

    async def at_once(self, *requests: tuple[str, dict[str, Any]], key: str | None = None) -> list[httpx.Response]:
        """Send all requests at one moment, each over a connection of its own that is already open."""
        start = asyncio.Event()
        headers = {"Idempotency-Key": key} if key else {}

        async def send(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
            await client.get("/health")
            await start.wait()
            return await client.post(path, json=body, headers=headers)

        waiting = [
            asyncio.create_task(send(self.clients[n], path, body)) for n, (path, body) in enumerate(requests)
        ]
        await asyncio.sleep(0.2)
        start.set()
        return list(await asyncio.gather(*waiting))

    async def all_back(self) -> None:
        """Everything comes back to Medway, so that the next test finds it there."""
        items = [{"item_id": each} for each in EVERYTHING_THERE_IS]
        for part in (items[:20], items[20:]):
            told = await self.clients[0].post("/api/v1/returns", json={"store_id": force.MEDWAY, "items": part})
            assert told.status_code == 200, told.text

    def held(self) -> dict[int, int]:
        """Item -> person, of all kit that is out."""
        with self.engine.connect() as conn:
            out = (custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None))
            return dict(conn.execute(sa.select(custody.c.item_id, custody.c.person_id).where(*out)).all())

    def count(self, *where: Any) -> int:
        """Decisions of these people so far."""
        with self.engine.connect() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(decision).where(*where)).scalar_one())


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the module's connections."""
    return "asyncio"


@pytest.fixture(scope="module")
def racing(make_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hatches]:
    """One instance on SQLite, two on PostgreSQL: real processes, real uvicorn."""
    url = make_database()
    force.build(url)
    people.add_to(url)
    people.add_runners(url)
    instances = 1 if url.startswith("sqlite") else 2
    services = [ServiceProcess(tmp_path_factory.mktemp("instance"), url) for _ in range(instances)]
    engine = make_engine(url)
    try:
        for each in services:
            each.began_ns = services[0].began_ns
            each.start()
        yield Hatches([each.url for each in services], engine)
    finally:
        for each in services:
            each.kill()
        engine.dispose()


@pytest.fixture
async def hatches(racing: Hatches) -> AsyncIterator[Hatches]:
    """Fifty connections, everything in its store; in order afterwards."""
    await racing.open(50)
    await racing.all_back()
    yield racing
    with racing.engine.connect() as conn:
        everything_is_in_order(conn)
    await racing.close()
    racing.clients.clear()


def issue(person_id: int, items: list[int]) -> tuple[str, dict[str, Any]]:
    """A request for kit, everything declared."""
    return "/api/v1/issues", whole_set(person_id) | {
        "items": [{"item_id": each} for each in items],
        "function_tests": [each for each in items if each in force.HANDLES],
    }


def back(*items: int) -> tuple[str, dict[str, Any]]:
    """A request to take kit back."""
    return "/api/v1/returns", {"store_id": force.MEDWAY, "items": [{"item_id": each} for each in items]}


def codes(answers: list[httpx.Response]) -> Counter[int]:
    """How often each HTTP code was answered."""
    return Counter(each.status_code for each in answers)


async def test_of_fifty_officers_who_reach_for_one_taser_one_gets_it_and_forty_nine_are_told_who_was_faster(
    hatches: Hatches,
) -> None:
    runners = decision.c.person_id.in_(list(people.RUNNERS))
    before = hatches.count(runners)
    answers = await hatches.at_once(*[issue(each, SET) for each in people.RUNNERS])
    assert codes(answers) == {201: 1, 409: 49}
    for each in answers:
        told = each.json()
        if each.status_code == 409:
            assert told["type"] == "/problems/already-held"
            assert {refusal["code"] for refusal in told["refusals"]} >= {"HELD_BY_ANOTHER"}
            assert told["detail"]
    winner = next(each.json()["person_id"] for each in answers if each.status_code == 201)
    assert hatches.held() == dict.fromkeys(SET, winner)
    assert hatches.count(runners) - before == 50, "every one of the fifty was decided and stored"
    with hatches.engine.connect() as conn:
        refused = sa.select(sa.func.count()).select_from(ledger.join(decision, decision.c.id == ledger.c.decision_id))
        assert conn.execute(refused.where(ledger.c.kind == "REFUSED", runners)).scalar() == 49


async def test_one_officer_with_two_hands_gets_one_taser(hatches: Hatches) -> None:
    for _ in range(3):
        answers = await hatches.at_once(issue(force.HOLLIS, SET), issue(force.HOLLIS, OTHER_SET))
        assert codes(answers) == {201: 1, 403: 1}
        assert len([each for each in hatches.held() if each in force.HANDLES]) == 1
        await hatches.all_back()


async def test_one_officer_with_two_records_gets_one_taser(hatches: Hatches) -> None:
    for _ in range(3):
        answers = await hatches.at_once(issue(force.HOLLIS, SET), issue(people.DUPLICATE, OTHER_SET))
        assert codes(answers) == {201: 1, 403: 1}
        assert len([each for each in hatches.held() if each in force.HANDLES]) == 1
        await hatches.all_back()


async def test_the_same_request_sent_twenty_times_at_once_is_done_once(hatches: Hatches) -> None:
    before = hatches.count(decision.c.person_id == force.MERCER)
    answers = await hatches.at_once(*[issue(force.MERCER, SET)] * 20, key="the-same-twenty-times")
    assert set(codes(answers)) <= {201, 409}
    given = {each.content for each in answers if each.status_code == 201}
    assert len(given) == 1, "whoever is told of the issue is told the same"
    assert hatches.count(decision.c.person_id == force.MERCER) - before == 1
    assert hatches.held() == dict.fromkeys(SET, force.MERCER)
    again = await hatches.at_once(issue(force.MERCER, SET), key="the-same-twenty-times")
    assert (again[0].status_code, again[0].content) == (201, given.pop())


async def test_what_comes_back_while_others_reach_for_it_is_with_one_of_them_or_here(hatches: Hatches) -> None:
    guard = force.GUARDS[0]
    for number in range(6):
        first = people.RUNNERS[number]
        assert codes(await hatches.at_once(issue(first, [guard]))) == {201: 1}
        reaching = [issue(each, [guard]) for each in people.RUNNERS[20:25]]
        answers = await hatches.at_once(back(guard), *reaching, back(guard))
        assert codes([answers[0], answers[-1]]) == {200: 2}
        got = [each.json()["person_id"] for each in answers[1:-1] if each.status_code == 201]
        refuse(f"{each.status_code} {each.text[:200]}" for each in answers if each.status_code not in (200, 201, 409))
        holder = hatches.held().get(guard)
        assert holder is None or holder in got
        with hatches.engine.connect() as conn:
            everything_is_in_order(conn)
        await hatches.all_back()


async def test_instances_that_reach_across_each_other_neither_lock_up_nor_fail(hatches: Hatches) -> None:
    dice = Random(2026)
    for _ in range(4):
        requests = []
        for _ in range(24):
            who = dice.choice(people.RUNNERS)
            items = dice.sample(EVERYTHING_THERE_IS, 3)
            wanted = dice.choice([SET, OTHER_SET, items, list(reversed(SET))])
            requests.append(dice.choice([issue(who, wanted), back(*items), back(*reversed(items))]))
        answers = await hatches.at_once(*requests)
        failed = [each for each in answers if each.status_code not in (200, 201, 403, 409)]
        refuse(f"{each.status_code} {each.text[:300]}" for each in failed)
        with hatches.engine.connect() as conn:
            everything_is_in_order(conn)
