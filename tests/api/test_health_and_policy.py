"""The service about itself: ready or not, what it counts, and a changed policy taken up or refused."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from api import logs
from api.policies import keep
from inventory.gate.policy import DEMO
from inventory.schema import migrate
from inventory.schema.custody import alarm
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.oversight import policy_version
from tests import small_force as force
from tests.api.asks import camera
from tests.api.conftest import Hand, House, running

pytestmark = pytest.mark.anyio


async def test_health_says_ready_and_by_what(house: House) -> None:
    answer = await house.browser().get("/health")
    told = answer.json()
    assert (answer.status_code, told["ready"], told["writer"], told["trouble"]) == (200, True, True, None)
    assert told["policy"] == house.service.policies.now.hash
    assert len(told["epoch"]) == 32


@pytest.mark.db
async def test_health_warns_of_a_service_that_could_rewrite_the_ledger(
    make_pg_database: Callable[..., str], hand: Hand, capsys: pytest.CaptureFixture[str]
) -> None:
    url = make_pg_database()
    force.build(url)
    logs.configure()
    async with running(url, hand) as house:
        assert (await house.browser().get("/health")).json()["warnings"] == []
    assert capsys.readouterr().err == ""
    async with running(url, hand, database=url) as house:
        told = (await house.browser().get("/health")).json()
    assert told["ready"], "it serves all the same"
    assert [each.split(",")[0] for each in told["warnings"]] == [
        "the service's database role can do more than the service needs"
    ]
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["powers"] == ["is a superuser"], "whoever reads the log is told why"


@pytest.mark.db
def test_two_instances_that_start_at_once_keep_the_same_policy_once(make_pg_database: Callable[..., str]) -> None:
    engine = make_engine(make_pg_database())
    migrate.upgrade(engine)
    ids, policy = Ids(writing(engine)), force.demo_policy()

    def keep_too() -> None:
        with force.acting(engine, ids) as tx:
            keep(tx, policy)

    other = threading.Thread(target=keep_too)
    with force.acting(engine, ids) as tx:
        keep(tx, policy)
        other.start()
        other.join(0.3)  # it waits for us: it cannot see what we have not committed
        assert other.is_alive()
    other.join()
    with engine.connect() as conn:
        assert conn.execute(sa.select(policy_version.c.hash)).scalars().all() == [policy.hash]
    engine.dispose()


async def test_health_is_503_when_nothing_can_be_written(house: House) -> None:
    house.service.database._queue.close()
    house.service.database._thread.join()  # type: ignore[union-attr]
    answer = await house.browser().get("/health")
    assert (answer.status_code, answer.json()["ready"], answer.json()["writer"]) == (503, False, False)


async def test_metrics_count_without_naming_anybody(house: House) -> None:
    ivory = await house.sign_in("ivory")
    assert (await ivory.post("/api/v1/issues", camera(force.HOLLIS))).status_code == 201
    assert (await ivory.post("/api/v1/issues", camera(force.MERCER))).status_code == 409
    text = (await house.browser().get("/metrics")).text
    assert 'kit_decisions_total{verdict="ALLOW"} 1.0' in text
    assert 'kit_decisions_total{verdict="DENY"} 1.0' in text
    assert 'kit_sign_ins_total{outcome="in"} 1.0' in text
    named = " ".join(line.rpartition(" ")[0] for line in text.splitlines())  # the counts themselves may be any number
    for private in ("ollis", "4417", force.serial(force.CAMERAS[0]), "ivory"):
        assert private not in named


async def test_a_changed_policy_is_taken_up_and_a_wrong_one_is_not(
    make_database: Callable[..., str], staffed: str, hand: Hand, tmp_path: Path
) -> None:
    overlay = tmp_path / "force.toml"
    overlay.write_text(DEMO.read_text("utf-8"), "utf-8")
    async with running(make_database(template=staffed), hand, overlay=str(overlay)) as house:
        job = house.clock.job("policy")
        first = house.service.policies.now.hash
        overlay.write_text(overlay.read_text("utf-8") + "\n[no_such_family]\nx = 1\n", "utf-8")
        assert await house.clock.once(job)
        told = (await house.browser().get("/health")).json()
        assert (told["ready"], told["policy"]) == (True, first)
        assert "no_such_family" in told["trouble"]
        with house.service.database.reading() as conn:
            (detail,) = conn.execute(sa.select(alarm.c.detail).where(alarm.c.kind == "POLICY_REFUSED")).scalars()
        assert "force.toml line" in detail
        text = DEMO.read_text("utf-8")
        overlay.write_text(text + "\n# mended\n", "utf-8")
        assert await house.clock.once(job)
        assert (await house.browser().get("/health")).json()["trouble"] is None


async def test_the_text_of_every_policy_that_decided_is_kept(house: House) -> None:
    with house.service.database.reading() as conn:
        kept = conn.execute(sa.select(policy_version.c.hash, policy_version.c.body)).all()
    assert [row[0] for row in kept] == [house.service.policies.now.hash]
    assert kept[0][1] == house.service.policies.now.body
