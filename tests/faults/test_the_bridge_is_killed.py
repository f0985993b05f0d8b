"""kill -9 of the bridge at each of its points, beside the real service: a scan is decided once or told as too late, and
an observation arrives, once."""

import pytest

from tests import small_force as force
from tests.doors import people
from tests.faults.service_process import until
from tests.faults.station import Make

pytestmark = pytest.mark.faults

RUNNER, NEXT = people.RUNNERS[:2]
GUARD, OTHER = force.GUARDS

SCANNED: dict[str, list[str]] = {
    "before_journal": [],
    "after_journal": ["LATE"],
    "before_post": ["LATE"],
    "after_answer": ["RETURNED"],
}
"""Where it dies with a scan in its hands -> what the service has of that scan in the end."""

OBSERVED = ("after_spool", "before_post_obs", "after_answer_obs")
"""Where it dies with an observation in its hands."""


def test_a_scan_during_which_the_bridge_dies_is_decided_once_or_never(make_sqlite_station: Make) -> None:
    station = make_sqlite_station()
    station.start()
    told: list[str] = []
    for number, (point, outcomes) in enumerate(SCANNED.items(), start=1):
        assert station.issuer.issue(RUNNER, [GUARD]).code == 201
        assert station.issuer.issue(NEXT, [OTHER]).code == 201
        before = station.entries(GUARD, "RETURNED")
        station.bridge.start(fault=point)
        station.scan(GUARD)
        assert station.bridge.died() == -9, point
        station.bridge.start()
        station.scan(OTHER)
        until(lambda: station.greens(OTHER) == number, f"green for the next scan after {point}")  # noqa: B023
        station.until_delivered()
        station.bridge.kill()
        told += sorted([*outcomes, "RETURNED"])
        assert sorted(station.outcomes()[len(told) - len(outcomes) - 1 :]) == sorted([*outcomes, "RETURNED"]), point
        assert station.entries(GUARD, "RETURNED") - before == outcomes.count("RETURNED"), point
        assert station.greens(GUARD) == 0, "the light of a dead bridge stays dark"
        station.issuer.take_back([GUARD])
    assert len(station.outcomes()) == len(told), "nothing came twice"
    assert station.kept() == station.stored()
    station.is_in_order()


def test_an_observation_during_which_the_bridge_dies_arrives_once(make_sqlite_station: Make) -> None:
    station = make_sqlite_station()
    station.start()
    for point in OBSERVED:
        station.bridge.start(fault=point)  # its own word on its scanner is an observation
        assert station.bridge.died() == -9, point
        kept = station.kept()
        assert kept, point
        arrived = [each for each in kept if each in station.stored()]
        assert (arrived == kept) == (point == "after_answer_obs"), point
        station.start_bridge()
        station.bridge.kill()
        assert set(kept) < set(station.kept())
        assert station.kept() == station.stored(), f"each of them once after {point}"
    station.is_in_order()
