"""What the clock looks after: kit that is late, kit that expires while out, and who is still to be told of a loss.

One rule for the editor: what is wrong is worked out whole from the tables at every look, so that any instance, at any
time and after any stop, comes to the same alarms and raises each once.
"""

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.custody.losses import late
from inventory.custody.losses.case import TOLD_SAID, Case
from inventory.custody.losses.looking import open_cases_now
from inventory.gate.loss_terms import LossTerms
from inventory.schema.tx import Tx
from inventory.schema.words import LOSS_TOLD
from inventory.stock.kinds import title

LOCK = 0x6B69740E
KINDS = (*late.KINDS, *(f"LOSS_TELL_{each}" for each in LOSS_TOLD))


def wrong_now(conn: sa.Connection, terms: LossTerms, now_us: int) -> list[Lasting]:
    """What is wrong at `now_us`, each with since when."""
    found = late.late_alarms(late.late_now(conn, terms, now_us), now_us)
    found += late.expiry_alarms(conn, terms, now_us)
    return found + [each for case in open_cases_now(conn) for each in _untold(case, terms, now_us)]


def _untold(case: Case, terms: LossTerms, now_us: int) -> list[Lasting]:
    return [
        Lasting(
            Raise(
                f"LOSS_TELL_{each.to}",
                f"Nothing says yet that {TOLD_SAID[each.to]} was told of the loss of {title(case.kind).lower()}"
                f" {case.serial} (case {case.id}): by {late.moment_said(each.due_us)} at the latest.",
                case.store_id,
                case.item_id,
            ),
            each.due_us - each.telling.warn_us,
        )
        for each in case.owed(terms)
        if each.due_us is not None and each.warns(now_us)
    ]


def is_due(conn: sa.Connection, terms: LossTerms, now_us: int) -> bool:
    """Whether an alarm is to be raised or settled."""
    return to_change(conn, KINDS, wrong_now(conn, terms, now_us)).any()


def look(tx: Tx, terms: LossTerms) -> list[int]:
    """Raise what is wrong now and settle what is well again; the people whom it is about."""
    if tx.conn.dialect.name == "postgresql":  # two instances that look at once would raise it twice
        tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    wrong = wrong_now(tx.conn, terms, tx.now_us)
    keep_raised(tx, KINDS, wrong)
    return sorted({each.raised.person_id for each in wrong if each.raised.person_id is not None})
