"""Guessing made slow: every attempt is counted before its secret is looked at.

One rule for the editor: the attempt is taken in the writer first, so that a hundred guesses at once are a
hundred attempts, on every instance. A right secret wipes the count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.fast import Fast
from inventory.schema.service import throttle
from inventory.schema.tx import Tx

FREE_ATTEMPTS = 5
FIRST_WAIT_US = 30_000_000
LONGEST_WAIT_US = 15 * 60_000_000
FORGOTTEN_AFTER_US = 24 * 3600 * 1_000_000
ADDRESS_ATTEMPTS = 50
"""A station of officers may share one address, so an address gets more."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many attempts; the next one counts in so many seconds."""

    seconds: int


_COUNT = Fast(
    sa.text(
        "INSERT INTO throttle (name, failures, until_us) VALUES (:of_name, 1, :at_us)"
        " ON CONFLICT (name) DO UPDATE SET failures = throttle.failures"
        " + CASE WHEN throttle.until_us > :at_us THEN 0 ELSE 1 END RETURNING failures, until_us"
    )
)
"""One statement, so that attempts on several instances queue behind each other's row lock."""

_BAR = Fast(
    sa.update(throttle).where(throttle.c.name == sa.bindparam("of_name")).values(until_us=sa.bindparam("to_us"))
)
_WIPE = Fast(sa.delete(throttle).where(throttle.c.name == sa.bindparam("of_name")))
_SWEEP = Fast(sa.delete(throttle).where(throttle.c.until_us < sa.bindparam("before_us")))


def take_attempt(tx: Tx, names: Sequence[str]) -> Wait | None:
    """Count one attempt under each of `names` ("login:jb", "address:10.0.0.7"); Wait where one may not try yet."""
    waits_us = [_take(tx, name) for name in sorted(names)]
    longest = max(waits_us, default=0)
    return Wait(-(-longest // 1_000_000)) if longest > 0 else None


def _take(tx: Tx, name: str) -> int:
    failures, until_us = _COUNT.rows(tx.conn, {"of_name": name, "at_us": tx.now_us})[0]
    if until_us > tx.now_us:
        return int(until_us) - tx.now_us
    over = failures - (ADDRESS_ATTEMPTS if name.startswith("address:") else FREE_ATTEMPTS)
    if over >= 0:
        wait_us = min(FIRST_WAIT_US << min(over, 10), LONGEST_WAIT_US)
        _BAR.run(tx.conn, {"of_name": name, "to_us": tx.now_us + wait_us})
    return 0


def passed(tx: Tx, names: Sequence[str]) -> None:
    """The right secret came: forget what was counted under `names`."""
    _WIPE.many(tx.conn, [{"of_name": name} for name in names])


def sweep(tx: Tx) -> None:
    """Forget what is a day old."""
    _SWEEP.run(tx.conn, {"before_us": tx.now_us - FORGOTTEN_AFTER_US})
