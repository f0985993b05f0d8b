"""kill -9 of the service with a scan of the bridge's in its hands: a return is done once, and lit green once."""

import time

import pytest

from tests import small_force as force
from tests.doors import people
from tests.faults.service_process import until
from tests.faults.station import Make

pytestmark = pytest.mark.faults

RUNNER = people.RUNNERS[0]
GUARD = force.GUARDS[0]
TRIES = 3
STILL_IN_TIME_S = 20
"""A scan is decided for thirty seconds. Where this machine is too busy to start a service in that time, the bridge
rightly tells the officer to scan again, and the scene is played once more."""


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_a_return_scanned_while_the_service_dies_is_done_once_and_lit_green_once(
    make_sqlite_station: Make, point: str
) -> None:
    station = make_sqlite_station()
    station.start()
    station.start_bridge()
    for _ in range(TRIES):
        done, lit, told = (station.entries(GUARD, "RETURNED"), station.greens(GUARD), len(station.outcomes()))
        assert station.issuer.issue(RUNNER, [GUARD]).code == 201
        station.service.kill()
        station.service.start(fault=point)
        scanned_s = time.monotonic()
        station.scan(GUARD)
        assert station.service.died() == -9
        assert station.entries(GUARD, "RETURNED") - done == (1 if point == "after_commit" else 0)
        assert station.greens(GUARD) == lit, "no light before an answer"
        station.service.start()
        if time.monotonic() - scanned_s < STILL_IN_TIME_S:
            break
        station.until_delivered()
        station.issuer.take_back([GUARD])
    else:
        pytest.fail(f"the service never started within {STILL_IN_TIME_S} s")
    until(lambda: station.greens(GUARD) == lit + 1, "the green light")
    station.until_delivered()
    assert (station.entries(GUARD, "RETURNED") - done, station.holder(GUARD)) == (1, None)
    assert (station.greens(GUARD) - lit, station.outcomes()[told:]) == (1, ["RETURNED"])
    station.is_in_order()
