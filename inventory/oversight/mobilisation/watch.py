"""The clock of the roles on the JNCC's list: an alarm for each that was not reviewed for thirteen months.

One rule for the editor: an alarm takes nobody off the list, and ends by itself with the review.
"""

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.gate.wording import day_in_words
from inventory.oversight.mobilisation.roles import OVERDUE, roles
from inventory.people.calendar import day_start_us, local_day
from inventory.schema.tx import Tx

ROLE_REVIEW_OVERDUE = "ROLE_REVIEW_OVERDUE"


def is_due(conn: sa.Connection, now_us: int) -> bool:
    """Whether an alarm is to be raised or settled."""
    return to_change(conn, (ROLE_REVIEW_OVERDUE,), _overdue(conn, now_us)).any()


def look(tx: Tx) -> None:
    """Raise an alarm for each review that is overdue, and settle those that were done."""
    keep_raised(tx, (ROLE_REVIEW_OVERDUE,), _overdue(tx.conn, tx.now_us))


def _overdue(conn: sa.Connection, now_us: int) -> list[Lasting]:
    today = local_day(now_us)
    late = [each for each in roles(conn, today) if each.state(today) == OVERDUE]
    says = "its review with the JNCC was due by"
    return [
        Lasting(
            Raise(ROLE_REVIEW_OVERDUE, f"{each.name}: {says} {day_in_words(each.next_due)}"),
            day_start_us(each.alarm_on),
        )
        for each in late
    ]
