"""Hours per person against the minimum: who was taught in the last twelve months, and less than is asked.

One rule for the editor: hours are attendance and no pass. Whoever was not taught at all is lapsed, and on that list.

Source: design `domain.md` 6 (A9: recommended contact time; below-minimum alert).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from inventory.people.attended import minutes_asked
from inventory.people.calendar import add_months
from inventory.people.training import FAMILIES, ValidityRule
from inventory.schema.fast import Fast
from inventory.schema.people import person, training_result


@dataclass(frozen=True, slots=True)
class BelowMinimum:
    """Somebody taught less of a qualification in twelve months than it asks: minutes, of minutes."""

    person_id: int
    qualification: str
    minutes: int
    asked: int


_TAUGHT = Fast(
    sa.select(
        sa.func.coalesce(person.c.same_as, person.c.id), training_result.c.course,
        sa.func.sum(training_result.c.minutes),
    )
    .select_from(training_result.join(person, person.c.id == training_result.c.person_id))
    .where(
        training_result.c.attended_on >= sa.bindparam("since_on"),
        training_result.c.attended_on <= sa.bindparam("on_day"),
        training_result.c.retracted_us.is_(None), person.c.left_on.is_(None),
    )
    .group_by(sa.func.coalesce(person.c.same_as, person.c.id), training_result.c.course)
)  # fmt: skip


def below_minimum(conn: sa.Connection, rules: Mapping[str, ValidityRule], on: date) -> list[BelowMinimum]:
    """Everybody who was taught in the twelve months up to `on`, and less than is asked; who lacks most first."""
    since = add_months(on, -12) + timedelta(days=1)
    taught: dict[tuple[int, str], int] = {}
    for person_id, course, minutes in _TAUGHT.rows(conn, {"since_on": since.isoformat(), "on_day": on.isoformat()}):
        key = (person_id, FAMILIES[course])
        taught[key] = taught.get(key, 0) + int(minutes)
    asked = {name: minutes_asked(rule, on) for name, rule in rules.items()}
    found = [
        BelowMinimum(person_id, name, minutes, asked[name])
        for (person_id, name), minutes in taught.items()
        if minutes < asked.get(name, 0)
    ]
    return sorted(found, key=lambda each: (each.minutes - each.asked, each.qualification, each.person_id))
