"""Which counts a store owes, by the policy's frequencies, and the alarm for one that is overdue.

One rule for the editor: a count answers for a sort of count, and for a longer kind of scope than was asked, never for a
shorter one; an abandoned one and a recount answer for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.gate.count_policy import CountTerms
from inventory.gate.kind_policy import Policy
from inventory.schema.fast import Fast
from inventory.schema.oversight import policy_version
from inventory.schema.people import store
from inventory.schema.stocktake import stocktake, stocktake_closed
from inventory.schema.tx import Tx

HOUR_US = 3_600_000_000
OVERDUE = "COUNT_OVERDUE"


@dataclass(frozen=True, slots=True)
class Due:
    """One sort of count that a store owes: when it was last closed (None: never), and when the next is due."""

    store_id: int
    store: str
    sort: str
    terms: CountTerms
    last_us: int | None
    due_us: int


_LAST = Fast(
    sa.select(stocktake.c.store_id, stocktake.c.sort, stocktake.c.kinds, sa.func.max(stocktake_closed.c.closed_us))
    .select_from(stocktake.join(stocktake_closed, stocktake_closed.c.stocktake_id == stocktake.c.id))
    .where(
        stocktake_closed.c.outcome == "CLOSED", stocktake.c.models.is_(None), stocktake.c.pool.is_(None),
        stocktake.c.place_id.is_(None), stocktake.c.recount_of.is_(None),
    )
    .group_by(stocktake.c.store_id, stocktake.c.sort, stocktake.c.kinds)
)  # fmt: skip
_STORES = Fast(
    sa.select(store.c.id, store.c.name, store.c.opened_us)
    .where(store.c.closed_us.is_(None))
    .order_by(store.c.name)
)
_ASKED = Fast(
    sa.select(sa.func.min(policy_version.c.loaded_us)).where(policy_version.c.body.like('%"counts":%'))
)


def due_counts(conn: sa.Connection, policy: Policy, store_id: int | None = None) -> list[Due]:
    """Every sort of count that the policy asks of each store (or of one), and when it is due.

    A store that was never counted owes its first count since the policy first asked for one.
    """
    asked_us = _ASKED.rows(conn)[0][0] or 0
    done: dict[tuple[int, str], list[tuple[str | None, int]]] = {}
    for at, sort, kinds, closed_us in _LAST.rows(conn):
        done.setdefault((at, sort), []).append((kinds, closed_us))
    made = []
    for at, name, opened_us in _STORES.rows(conn):
        if store_id not in (None, at):
            continue
        for sort, terms in policy.counts.items():
            last = max((us for kinds, us in done.get((at, sort), ()) if _whole(kinds, terms)), default=None)
            begins = max(opened_us, asked_us) if last is None else last
            made.append(Due(at, name, sort, terms, last, begins + terms.every_hours * HOUR_US))
    return made


def _whole(kinds: str | None, terms: CountTerms) -> bool:
    return kinds is None or (bool(terms.kinds) and set(terms.kinds) <= set(kinds.split(",")))


def _overdue(dues: Iterable[Due], now_us: int) -> list[Lasting]:
    return [
        Lasting(
            Raise(OVERDUE, f"{each.store}: the {each.sort.lower()} count is overdue.", each.store_id),
            each.due_us,
        )
        for each in dues
        if each.due_us < now_us
    ]


def look(tx: Tx, policy: Policy) -> None:
    """Raise an alarm for each count that is overdue, and settle those that were made."""
    keep_raised(tx, (OVERDUE,), _overdue(due_counts(tx.conn, policy), tx.now_us))


def is_due(conn: sa.Connection, policy: Policy, now_us: int) -> bool:
    """Whether `look` would do anything."""
    return to_change(conn, (OVERDUE,), _overdue(due_counts(conn, policy), now_us)).any()
