"""What the service does by itself: checkpoints signed and copied off, sessions' last use kept, old things swept."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.clock import Clock
from api.keys import checkpoint_key
from inventory.oversight import checkpoints
from inventory.oversight.verify import verify
from inventory.schema.custody import alarm
from inventory.schema.service import outbox, web_session
from inventory.schema.stock import bay
from tests import small_force as force
from tests.api.asks import camera
from tests.api.conftest import Hand, House, running

pytestmark = pytest.mark.anyio
DAY_US = 86_400_000_000


async def test_a_checkpoint_is_signed_copied_off_the_box_and_verifies(
    make_database: Callable[..., str], staffed: str, hand: Hand, tmp_path: Path
) -> None:
    copies = tmp_path / "off-the-box"
    async with running(make_database(template=staffed), hand, checkpoints=str(copies)) as house:
        key = checkpoint_key(tmp_path / "key.pem")
        clock = Clock(house.service, key)
        job = clock.job("checkpoint")
        assert await clock.once(job)
        ivory = await house.sign_in("ivory")
        assert (await ivory.post("/api/v1/issues", camera(force.HOLLIS))).status_code == 201
        assert await clock.once(job)
        with house.service.database.reading() as conn:
            points = checkpoints.read_all(conn)
            report = verify(conn, [key.public])
    assert [point.key_id for point in points] == [key.id, key.id]
    assert report.good
    kept = sorted(json.loads(file.read_text("utf-8"))["root"] for file in copies.glob("*.json"))
    assert kept == sorted(point.root for point in points)


async def test_a_checkpoint_that_cannot_be_copied_is_not_written(
    make_database: Callable[..., str], staffed: str, hand: Hand, tmp_path: Path
) -> None:
    blocked = tmp_path / "a-file-in-the-way"
    blocked.write_text("")
    async with running(make_database(template=staffed), hand, checkpoints=str(blocked)) as house:
        clock = Clock(house.service, checkpoint_key(tmp_path / "key.pem"))
        assert not await clock.once(clock.job("checkpoint"))
        with house.service.database.reading() as conn:
            assert checkpoints.read_all(conn) == []


async def test_a_sign_ins_last_use_is_kept_for_other_instances_to_see(house: House, hand: Hand) -> None:
    ivory = await house.sign_in("ivory")
    hand.now_us += 20 * 60_000_000
    assert (await ivory.get("/api/v1/me")).status_code == 200
    assert await house.clock.once(house.clock.job("sessions"))
    with house.service.database.reading() as conn:
        seen = conn.execute(sa.select(web_session.c.seen_us)).scalars().all()
    assert seen == [hand.now_us]


async def test_what_left_its_bay_without_an_issue_is_missed(house: House, hand: Hand) -> None:
    camera_id = force.CAMERAS[0]
    leaves = sa.update(bay).where(bay.c.item_id == camera_id).values(present=0, observed_us=hand.now_us)
    await house.service.database.awrite(lambda tx: tx.conn.execute(leaves) and None)
    job = house.clock.job("left-their-bay")
    assert await house.clock.once(job)
    hand.now_us += 121_000_000
    assert await house.clock.once(job)
    assert await house.clock.once(job)
    with house.service.database.reading() as conn:
        raised = conn.execute(sa.select(alarm.c.kind, alarm.c.item_id)).all()
    assert [tuple(row) for row in raised] == [("TAKEN_WITHOUT_ISSUE", camera_id)]


async def test_old_screen_events_are_swept_but_their_numbers_never_begin_again(house: House, hand: Hand) -> None:
    ivory = await house.sign_in("ivory")
    await ivory.post("/api/v1/issues", camera(force.HOLLIS))
    await ivory.post("/api/v1/issues", camera(force.MERCER, force.CAMERAS[1]))
    hand.now_us += 3 * DAY_US
    assert await house.clock.once(house.clock.job("housekeeping"))

    def numbers() -> list[int]:
        with house.service.database.reading() as conn:
            return list(conn.execute(sa.select(outbox.c.seq).order_by(outbox.c.seq)).scalars())

    assert numbers() == [2]
    await house.service.database.awrite(lambda tx: tx.say("all", {"type": "probe"}))
    assert numbers() == [2, 3]


async def test_a_job_that_fails_says_so_and_the_clock_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = house.clock
    job = clock.job("housekeeping")

    def broken(_tx: object) -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr("api.clock.throttle.sweep", broken)
    assert not await clock.once(job)
    monkeypatch.undo()
    assert await clock.once(job)
