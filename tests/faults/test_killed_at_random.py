"""kill -9 of service, bridge or both at random moments of a shift: nothing told is missing, nothing is there twice.

The long form, a hundred moments: scripts/campaign-kills.
"""

import random

import pytest

from tests.faults.shift import VICTIMS, Shift
from tests.faults.station import Make

pytestmark = [pytest.mark.faults, pytest.mark.slow]

ROUNDS = len(VICTIMS)
"""On each kind of database, so that each of them is killed once."""


def test_a_shift_goes_on_while_everything_is_killed_at_random(make_station: Make) -> None:
    shift = Shift(make_station())
    shift.play(ROUNDS, random.Random(2026))
    shift.reckon()
