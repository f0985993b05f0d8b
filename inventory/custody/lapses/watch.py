"""The alarms of lapses: somebody may no longer hold their kit, nobody has said what becomes of it, or it is not back.

One rule for the editor: what is wrong is worked out whole at every look; an alarm names no person in its words.
"""

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.custody.lapses.reading import Lapse, open_lapses
from inventory.custody.losses.late import moment_said
from inventory.gate.chase_terms import ChaseTerms
from inventory.schema.tx import Tx
from inventory.stock.kinds import title

LOCK = 0x6B69741B
INELIGIBLE = "HOLDER_INELIGIBLE"
KINDS = (INELIGIBLE, "LAPSE_UNDECIDED", "RETURN_NOW_LATE", "RETAIN_OVER")
_LATE = {
    "UNDECIDED": ("LAPSE_UNDECIDED", "no supervisor has said what becomes of it: tell the duty inspector"),
    "RETURN_NOW": ("RETURN_NOW_LATE", "it was to be brought back, and is not: tell the duty inspector"),
    "RETAIN_OVER": ("RETAIN_OVER", "the time until which it might be kept is over: have it brought back"),
}


def one_at_a_time(tx: Tx) -> None:
    """Two instances that look at once would open a lapse twice: the second waits."""
    if tx.conn.dialect.name == "postgresql":
        tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def wrong_now(conn: sa.Connection, terms: ChaseTerms, now_us: int) -> list[Lasting]:
    """What is wrong of lapses at `now_us`."""
    return [each for of in open_lapses(conn) for each in _of(of, terms, now_us)]


def _of(of: Lapse, terms: ChaseTerms, now_us: int) -> list[Lasting]:
    what = f"{title(of.kind)} {of.serial}: its holder may no longer hold it ({of.codes}), lapse {of.id}"
    found = [Lasting(Raise(INELIGIBLE, f"{what}.", of.store_id, of.item_id, of.person_id), of.opened_us)]
    late, due_us = _LATE.get(of.state(now_us)), of.due_us(terms)
    if late is not None and now_us >= due_us:
        says = f"{what}; since {moment_said(due_us)} {late[1]}."
        found.append(Lasting(Raise(late[0], says, of.store_id, of.item_id, of.person_id), due_us))
    return found


def alarms_due(conn: sa.Connection, terms: ChaseTerms, now_us: int) -> bool:
    """Whether an alarm is to be raised or settled."""
    return to_change(conn, KINDS, wrong_now(conn, terms, now_us)).any()


def keep_alarms(tx: Tx, terms: ChaseTerms) -> None:
    """Raise what is wrong now and settle what is well again."""
    keep_raised(tx, KINDS, wrong_now(tx.conn, terms, tx.now_us))
