"""What specialists hold under policies of their own (AFO, PSU): shown as their own units say, and never counted.

One rule for the editor: no rule of issue reads this, and nothing here is added up with personal safety training.

Source: design `domain.md` 6 (B4: policy O43 2.3 puts AFO and PSU training under separate policies).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.fast import Fast, among
from inventory.schema.training import specialist_result


@dataclass(frozen=True, slots=True)
class Specialist:
    """One result: `domain` ARMED or PUBLIC_ORDER, the unit's own word for the course, its days (ISO)."""

    person_id: int
    domain: str
    course: str
    attended_on: str
    last_good_on: str | None


_OF = Fast(
    sa.select(
        specialist_result.c.person_id, specialist_result.c.domain, specialist_result.c.course,
        specialist_result.c.attended_on, specialist_result.c.last_good_on,
    )
    .where(among(specialist_result.c.person_id, "ids"), specialist_result.c.retracted_us.is_(None))
    .order_by(specialist_result.c.attended_on.desc(), specialist_result.c.id)
)  # fmt: skip


def specialists(conn: sa.Connection, person_ids: Iterable[int]) -> list[Specialist]:
    """What these people hold, the newest first; all their records are to be named by the caller."""
    return [Specialist(*row) for row in _OF.rows(conn, {"ids": sorted(set(person_ids))})]
