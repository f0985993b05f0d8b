"""How long to wait before trying again."""

import random

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.backoff import Backoff


def test_waits_double_up_to_the_cap() -> None:
    backoff = Backoff(0.5, 5.0)
    assert [backoff.next_s() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_success_that_did_not_last_begins_nothing_again() -> None:
    backoff = Backoff(0.5, 5.0, stable_s=30.0)
    assert [backoff.next_s(29.9) for _ in range(3)] == [0.5, 1.0, 2.0]
    assert backoff.next_s(30.0) == 0.5


@given(seed=st.integers(), tries=st.integers(1, 2000))
def test_a_shaken_wait_is_never_longer_than_the_cap_and_never_nothing(seed: int, tries: int) -> None:
    backoff = Backoff(1.0, 60.0, shake=random.Random(seed))
    waits = [backoff.next_s() for _ in range(tries)]
    assert all(0.05 <= wait <= 60.0 for wait in waits)


def test_a_hundred_bridges_do_not_come_back_together() -> None:
    firsts = {Backoff(1.0, 60.0, shake=random.Random(seed)).next_s() for seed in range(100)}
    assert len(firsts) == 100


def test_other_lengths_count_from_the_next_wait_and_forget_no_try() -> None:
    backoff = Backoff(1.0, 60.0)
    assert [backoff.next_s(), backoff.next_s()] == [1.0, 2.0]
    backoff.lengths(0.5, 1.5)
    assert [backoff.next_s(), backoff.next_s()] == [1.5, 1.5]
