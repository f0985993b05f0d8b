"""What the clock looks after in recalls: lines nobody was told of, lines that are not back, and what fits by now.

One rule for the editor: what is wrong is worked out whole at every look, and a line's alarm stands until the line is
accounted for or its next step was done.
"""

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.custody.losses.late import moment_said
from inventory.custody.recalls.acts import LOCK
from inventory.custody.recalls.holding import is_any_new, look_again
from inventory.custody.recalls.reading import Line, Recall, recalls
from inventory.custody.recalls.which import in_force
from inventory.gate.chase_terms import ChaseTerms
from inventory.schema.tx import Tx
from inventory.stock.kinds import title

KINDS = ("RECALL_TO_TELL", "RECALL_NOT_TOLD", "RECALL_NOT_BACK")
_STANDS = {"OUT": "is out", "IN_TRANSIT": "is on its way", "UNACCOUNTED": "is missing"}


def wrong_now(conn: sa.Connection, terms: ChaseTerms, now_us: int) -> list[Lasting]:
    """The lines to be chased at `now_us`, each with since when."""
    ids = [each.id for each in in_force(conn)]
    return [
        lasting
        for of in recalls(conn, ids).values()
        for line in of.outstanding
        if (lasting := _lasting(of, line, terms, now_us)) is not None
    ]


def _lasting(of: Recall, line: Line, terms: ChaseTerms, now_us: int) -> Lasting | None:
    due_us = line.due_us(terms)
    if due_us is None or (line.told is not None and now_us < due_us):
        return None
    what = f"{title(of.criteria.kind)} {line.serial} was recalled (recall {of.id}) and {_STANDS[line.state]}"
    person = line.holder_id if line.holder == "PERSON" else None
    if line.told is not None:
        kind, since_us, says = "RECALL_NOT_BACK", due_us, f"told, and not back by {moment_said(due_us)}"
    elif now_us >= due_us:
        kind, since_us, says = "RECALL_NOT_TOLD", due_us, f"nobody was told by {moment_said(due_us)}"
    else:
        kind, since_us, says = "RECALL_TO_TELL", line.found_us, f"tell whoever has it by {moment_said(due_us)}"
    return Lasting(Raise(kind, f"{what}: {says}.", line.store_id, line.item_id, person), since_us)


def is_due(conn: sa.Connection, terms: ChaseTerms, now_us: int) -> bool:
    """Whether an alarm is to be raised or settled, or something is to be held."""
    return is_any_new(conn) or to_change(conn, KINDS, wrong_now(conn, terms, now_us)).any()


def look(tx: Tx, terms: ChaseTerms) -> list[int]:
    """Hold what fits by now, raise what is wrong and settle what is well again; the people whom it is about."""
    if tx.conn.dialect.name == "postgresql":  # two instances that look at once would hold and raise twice
        tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    look_again(tx)
    wrong = wrong_now(tx.conn, terms, tx.now_us)
    keep_raised(tx, KINDS, wrong)
    return sorted({each.raised.person_id for each in wrong if each.raised.person_id is not None})
