"""What is wrong with a bridge or its devices is an alarm once, says what to do, and settles by itself when well."""

from typing import Any

import pytest
import sqlalchemy as sa

from api.clock import Clock
from api.device_words import DOWN, WORDS
from inventory.custody.alarms import WELL_AGAIN, settle_alarm
from inventory.schema.custody import alarm
from inventory.schema.service import bridge_key, device_state
from tests import small_force as force
from tests.api.asks import BOOT, HEARTBEAT, Bridge
from tests.api.conftest import Hand, House

pytestmark = pytest.mark.anyio
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 1440 * MINUTE_US


class Watched:
    """A bridge, the hand of the service's clock, and the job that looks at both."""

    def __init__(self, house: House, hand: Hand, at: Bridge) -> None:
        self.house, self.hand, self.at = house, hand, at
        self.clock = Clock(house.service, None)

    async def says(self, *, off_us: int = 0, **says: Any) -> None:
        """A heartbeat, its clock right but for `off_us`."""
        body = {"boot": BOOT, "wall_us": self.hand.now_us + off_us, "mono_ns": 5} | says
        assert (await self.at.client.post(HEARTBEAT, json=body)).status_code == 200

    async def device(self, word: str, **says: Any) -> None:
        """A heartbeat with one device in it."""
        await self.says(devices=[{"type": "device", "device": "hatch-scanner", "word": word}], **says)

    async def later(self, us: int) -> list[tuple[str, bool]]:
        """The service's clock goes on and its job runs, twice: the alarms, each with whether it is settled."""
        self.hand.now_us += us
        for _ in range(2):
            assert await self.clock.once(self.clock.job("bridges"))
        return [(kind, settled_us is not None) for kind, settled_us, *_ in self.alarms()]

    def alarms(self) -> list[tuple[Any, ...]]:
        """(kind, settled when, by whom, with what words, what was wrong), as raised."""
        asked = sa.select(alarm.c.kind, alarm.c.settled_us, alarm.c.settled_by, alarm.c.settlement, alarm.c.detail)
        with self.house.service.database.reading() as conn:
            return [tuple(row) for row in conn.execute(asked.order_by(alarm.c.id))]


@pytest.fixture
async def watched(house: House, hand: Hand) -> Watched:
    """A bridge that was heard just now and is well, at a service that has been up for a while."""
    made = Watched(house, hand, Bridge(await house.bridge()))
    hand.now_us += 121 * SECOND_US
    await made.says()
    assert await made.later(0) == []
    return made


async def test_a_silent_bridge_is_an_alarm_after_two_minutes_until_it_is_heard_again(watched: Watched) -> None:
    assert await watched.later(120 * SECOND_US) == []
    assert await watched.later(1) == [("BRIDGE_SILENT", False)]
    await watched.says()
    assert await watched.later(SECOND_US) == [("BRIDGE_SILENT", True)]
    (_, _, by, words, detail), = watched.alarms()  # fmt: skip
    assert (by, words) == (None, WELL_AGAIN)
    assert detail.startswith("Bridge medway-1 has said nothing")
    assert detail.endswith("on the network.")


async def test_a_service_that_was_off_gives_its_bridges_time_to_be_heard(watched: Watched) -> None:
    started_again = Clock(watched.house.service, None)
    job = started_again.job("bridges")
    watched.hand.now_us += 120 * SECOND_US
    assert await started_again.once(job)
    assert watched.alarms() == []
    watched.hand.now_us += 1
    assert await started_again.once(job)
    assert [kind for kind, *_ in watched.alarms()] == ["BRIDGE_SILENT"]


async def test_a_clock_that_was_set_right_settles_its_alarm(watched: Watched) -> None:
    await watched.says(off_us=-2_000_001)
    assert await watched.later(0) == [("CLOCK_SKEW", False)]
    await watched.says(off_us=2_000_000)
    assert await watched.later(0) == [("CLOCK_SKEW", True)]


MIB = 1 << 20
SPOOLS: list[tuple[dict[str, int], dict[str, int]]] = [
    ({"spool_waiting": 522, "spool_quota_bytes": MIB}, {"spool_waiting": 523, "spool_quota_bytes": MIB}),
    ({"spool_waiting": 20_000}, {"spool_waiting": 20_001}),
    ({"spool_bytes": MIB, "spool_quota_bytes": MIB}, {"spool_waiting": 99_999, "spool_quota_bytes": MIB}),
    ({"spool_waiting": 30_000, "spool_quota_bytes": 1 << 30}, {"spool_waiting": 900_000, "spool_quota_bytes": 1 << 30}),
]


async def test_a_spool_that_fills_is_an_alarm_until_it_is_delivered(watched: Watched) -> None:
    settled: list[tuple[str, bool]] = []
    for sound, wrong in SPOOLS:
        await watched.says(**sound)
        assert await watched.later(0) == settled
        await watched.says(**wrong)
        assert await watched.later(0) == [*settled, ("SPOOL_FILLING", False)]
        await watched.says(**sound)
        settled.append(("SPOOL_FILLING", True))
        assert await watched.later(0) == settled


async def test_a_certificate_is_an_alarm_three_weeks_before_it_ends_until_another_is_there(watched: Watched) -> None:
    ends_us = watched.hand.now_us + 21 * DAY_US
    await watched.says(certificate_ends_us=ends_us)
    assert await watched.later(0) == []
    assert await watched.later(1) == [("CERTIFICATE_ENDS", False)]
    await watched.says(certificate_ends_us=ends_us + 365 * DAY_US)
    assert await watched.later(0) == [("CERTIFICATE_ENDS", True)]


async def test_a_device_that_is_no_use_for_five_minutes_is_an_alarm_that_says_what_to_do(watched: Watched) -> None:
    words = {f"scanner-{word}": word for word in DOWN}
    await watched.says(devices=[{"type": "device", "device": name, "word": word} for name, word in words.items()])
    await watched.later(100 * SECOND_US)
    await watched.says()
    await watched.later(100 * SECOND_US)
    await watched.says()
    assert await watched.later(100 * SECOND_US) == []
    assert await watched.later(1) == [("DEVICE_DOWN", False)] * len(DOWN)
    assert {detail.partition(". ")[2] for *_, detail in watched.alarms()} == {WORDS[word].do for word in DOWN}
    await watched.says(devices=[{"type": "device", "device": name, "word": "OPEN"} for name in words])
    assert await watched.later(0) == [("DEVICE_DOWN", True)] * len(DOWN)


async def test_the_alarm_of_a_device_that_left_the_configuration_ends_with_that_reason(watched: Watched) -> None:
    scanner = {"type": "device", "device": "hatch-scanner", "word": "MISSING", "driver": "serial-scanner"}
    await watched.says(devices=[scanner | {"port": "usb:1-4"}])
    assert await watched.later(100 * SECOND_US) == []
    for _ in range(2):
        await watched.says()  # names no device, and so says nothing of it
        told = await watched.later(101 * SECOND_US)
    assert told == [("DEVICE_DOWN", False)]
    await watched.says(devices=[scanner | {"device": "counter-scanner", "word": "OPEN", "port": "usb:1-5"}])
    assert await watched.later(0) == [("DEVICE_DOWN", True)]
    (_, _, by, words, _), = watched.alarms()  # fmt: skip
    assert (by, words) == (None, "hatch-scanner is not read any more: no longer in the configuration.")


async def test_a_dock_behind_a_station_goes_with_its_station_and_no_sooner(watched: Watched) -> None:
    dock = {"type": "device", "device": "rack", "word": "OPEN", "driver": "kit-dock"}
    await watched.at.told("obs", (1, dock))
    for driver, word in (("kit-dock", "OPEN"), ("em4100", "STOPPED")):
        named = {"type": "device", "device": f"a-{driver}", "word": "OPEN", "driver": driver}
        await watched.says(devices=[named])
        with watched.house.service.database.reading() as conn:
            rack = sa.select(device_state.c.word).where(device_state.c.device == "rack")
            assert conn.execute(rack).scalar_one() == word


async def test_a_stopped_device_and_a_bridge_whose_keys_are_revoked_are_nobodys_alarm(watched: Watched) -> None:
    await watched.device("STOPPED")
    await watched.later(0)
    revoked = sa.update(bridge_key).values(revoked_us=watched.hand.now_us)
    await watched.house.service.database.awrite(lambda tx: tx.conn.execute(revoked) and None)
    assert await watched.later(DAY_US) == []


async def test_what_was_settled_by_hand_is_not_raised_again_before_it_was_well(watched: Watched) -> None:
    await watched.device("WEDGED")
    await watched.later(301 * SECOND_US)
    with watched.house.service.database.reading() as conn:
        ids = conn.execute(sa.select(alarm.c.id)).scalars().all()
    for each in ids:
        await watched.house.service.database.awrite(
            lambda tx, each=each: settle_alarm(tx, each, force.ISSUER, "A new one is ordered.")  # type: ignore[misc]
        )
    assert await watched.later(MINUTE_US) == [("BRIDGE_SILENT", True), ("DEVICE_DOWN", True)]
    await watched.device("OPEN")
    await watched.device("WEDGED")
    await watched.later(110 * SECOND_US)
    await watched.says()
    assert await watched.later(100 * SECOND_US) == [("BRIDGE_SILENT", True), ("DEVICE_DOWN", True)]
    await watched.says()
    assert (await watched.later(95 * SECOND_US))[1:] == [("DEVICE_DOWN", True), ("DEVICE_DOWN", False)]
