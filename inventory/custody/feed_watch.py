"""How fresh training records are, source by source, by the hours after which the gate refuses a CED (M-05).

One rule for the editor: the hours are the gate's own number, and which source counts is the gate's own reading: those
the policy names, each by itself; where it names none, the newest of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import HOUR_US, moment_said
from inventory.schema.fast import Fast
from inventory.schema.people import training_feed
from inventory.schema.tx import Tx

STALE = "TRAINING_FEED_STALE"
KINDS = (STALE,)
HOURS = "feed_hours_max"
CED = "CED_HANDLE"


@dataclass(frozen=True, slots=True)
class Freshness:
    """One source: when its word was last complete (None: it never came in), when that is too old, and whether a CED is
    refused without it (`counts`)."""

    source: str
    last_good_us: int | None
    stale_from_us: int | None
    counts: bool
    detail: str = ""

    def is_stale(self, now_us: int) -> bool:
        """Whether the gate takes it for too old."""
        return self.stale_from_us is None or now_us >= self.stale_from_us


_FEEDS = Fast(
    sa.select(training_feed.c.source, training_feed.c.last_good_us, training_feed.c.detail).order_by(
        training_feed.c.source
    )
)


def hours_max(policy: Policy) -> int:
    """After how many hours the gate refuses a CED; 0 where the policy sets none."""
    governing = policy.kind(CED, "OPERATIONAL")
    setting = governing.settings.get(HOURS) if governing else None
    return setting.value if setting and isinstance(setting.value, int) else 0


def freshness(conn: sa.Connection, policy: Policy) -> list[Freshness]:
    """Every source that has come in or that the policy names, and whether a CED is refused without it."""
    span = hours_max(policy) * HOUR_US
    known = {source: (at_us, detail) for source, at_us, detail in _FEEDS.rows(conn)}
    newest = max(known, key=lambda source: (known[source][0], source), default=None)
    found = []
    for source in sorted({*known, *policy.feed_sources}):
        at_us, detail = known.get(source, (None, ""))
        counts = source in policy.feed_sources if policy.feed_sources else source == newest
        # The gate still believes it at the very hour (`gate.rules.training_feed_stale`).
        found.append(Freshness(source, at_us, None if at_us is None else at_us + span + 1, counts, detail))
    return found


def stale(conn: sa.Connection, policy: Policy, now_us: int) -> list[Lasting]:
    """The sources whose word is too old and counts."""
    return [
        Lasting(Raise(STALE, _said(each)), each.stale_from_us or 0)
        for each in freshness(conn, policy)
        if each.counts and each.last_good_us is not None and each.is_stale(now_us)
    ]


def _said(each: Freshness) -> str:
    return (
        f"{each.source}: training records have not come in since {moment_said(each.last_good_us or 0)}."
        " No CED can be issued until they do."
    )


def is_due(conn: sa.Connection, policy: Policy, now_us: int) -> bool:
    """Whether a feed has become stale, or one has come back."""
    return to_change(conn, KINDS, stale(conn, policy, now_us)).any()


def look(tx: Tx, policy: Policy) -> None:
    """Raise an alarm for each feed that has become stale; end that of one that is back, and say since when."""
    wrong = stale(tx.conn, policy, tx.now_us)
    change = to_change(tx.conn, KINDS, wrong)
    keep_raised(tx, KINDS, wrong, {key: _back(key[1], freshness(tx.conn, policy)) for _, _, key in change.over})


def _back(detail: str, now: Sequence[Freshness]) -> str:
    """How an alarm ended: the records of its source came in again."""
    source = detail.partition(":")[0]
    at_us = next((each.last_good_us for each in now if each.source == source), None)
    return f"Training records are complete again up to {moment_said(at_us)}." if at_us else "It no longer counts."
