"""Said once when it breaks and once when it mends."""

import pytest

from firmware_bridge.told import Told


def test_a_loss_and_a_return_are_said_once_each(caplog: pytest.LogCaptureFixture) -> None:
    told = Told("the service")
    for _ in range(2):
        told.good()
        for why in ("refused", "timed out", "refused"):
            told.lost(why)
        told.good()
        told.good()
    assert [record.getMessage() for record in caplog.records] == [
        "the service: lost: refused",
        "the service: back",
    ] * 2
