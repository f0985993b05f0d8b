"""The roles that may be called to the front line: when the JNCC last reviewed each, and who holds it.

One rule for the editor: a role is on the list by its newest review alone, and a review cites its minute. An overdue
review takes nobody off the list: it is amber once due and an alarm a month later.

Source: design `domain.md` 6 row B8; Policy O43 3.1 (roles mobilised to the front line, reviewed annually via JNCC).
Dates are Europe/London days.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import add_months, local_day
from inventory.people.errors import BadField
from inventory.schema import words
from inventory.schema.fast import Fast
from inventory.schema.mobilisation import mobilisable_role, person_role, role_review
from inventory.schema.people import person
from inventory.schema.tx import Tx

DUE_MONTHS, ALARM_MONTHS = 12, 13
TEXT_MAX = 300
IN_DATE, DUE, OVERDUE, REMOVED = "IN_DATE", "DUE", "OVERDUE", "REMOVED"
"""How the review of a role stands: within twelve months; due (amber); over thirteen months (an alarm); off the list."""


@dataclass(frozen=True, slots=True)
class MobilisableRole:
    """A role. `next_due`: twelve months after it was last reviewed; `alarm_on`: thirteen."""

    id: int
    name: str
    detail: str
    reviewed_on: date
    outcome: str
    jncc_minute_ref: str
    reviews: int
    holders: int = 0

    @property
    def next_due(self) -> date:
        """When it is to be reviewed again."""
        return add_months(self.reviewed_on, DUE_MONTHS)

    @property
    def alarm_on(self) -> date:
        """When an overdue review is an alarm."""
        return add_months(self.reviewed_on, ALARM_MONTHS)

    @property
    def is_listed(self) -> bool:
        """Whether its holders may be called."""
        return self.outcome == "KEPT"

    def state(self, today: date) -> str:
        """How its review stands."""
        if not self.is_listed:
            return REMOVED
        return IN_DATE if today < self.next_due else DUE if today < self.alarm_on else OVERDUE


@dataclass(frozen=True, slots=True)
class Review:
    """A review to be written down: when the JNCC met, its minute, and whether the role stays (KEPT, REMOVED)."""

    reviewed_on: date
    jncc_minute_ref: str
    outcome: str = "KEPT"


@dataclass(frozen=True, slots=True)
class Holding:
    """A person who holds a role on a day; `ppe_sized_on`: measured for protective equipment."""

    person_id: int
    role_id: int
    from_on: str
    to_on: str | None
    ppe_sized_on: str | None


_ROLES = Fast(sa.select(mobilisable_role.c.id, mobilisable_role.c.name, mobilisable_role.c.detail))
_REVIEWS = Fast(
    sa.select(role_review.c.role_id, role_review.c.reviewed_on, role_review.c.outcome, role_review.c.minute_ref)
    .order_by(role_review.c.role_id, role_review.c.reviewed_on, role_review.c.id)
)  # fmt: skip
_HELD = Fast(
    sa.select(
        sa.func.coalesce(person.c.same_as, person.c.id).label("who"), person_role.c.role_id, person_role.c.from_on,
        person_role.c.to_on, person_role.c.ppe_sized_on,
    )
    .select_from(person_role.join(person, person.c.id == person_role.c.person_id))
    .order_by(person_role.c.id)
)  # fmt: skip


def holdings(conn: sa.Connection, on: date) -> list[Holding]:
    """Who holds which role on the day: of each person, role and beginning the newest word."""
    said: dict[tuple[int, int, str], Holding] = {}
    for row in _HELD.rows(conn):
        said[row[0], row[1], row[2]] = Holding(*row)
    day = on.isoformat()
    found = [each for each in said.values() if each.from_on <= day and (each.to_on is None or day < each.to_on)]
    return sorted(found, key=lambda each: (each.person_id, each.role_id, each.from_on))


def roles(conn: sa.Connection, on: date) -> list[MobilisableRole]:
    """Every role by name, with its newest review and how many people hold it on the day."""
    reviews: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for role_id, *review in _REVIEWS.rows(conn):
        reviews[role_id].append((review[0], review[1], review[2]))
    held: dict[int, set[int]] = defaultdict(set)
    for each in holdings(conn, on):
        held[each.role_id].add(each.person_id)
    found = [
        MobilisableRole(
            role_id, name, detail, date.fromisoformat(reviews[role_id][-1][0]), reviews[role_id][-1][1],
            reviews[role_id][-1][2], len(reviews[role_id]), len(held[role_id]),
        )
        for role_id, name, detail in _ROLES.rows(conn)
    ]  # fmt: skip
    return sorted(found, key=lambda each: each.name)


def callable_people(conn: sa.Connection, on: date) -> Mapping[int, tuple[Holding, ...]]:
    """Who may be called to the front line on the day, with the listed roles they hold."""
    listed = {each.id for each in roles(conn, on) if each.is_listed}
    found: dict[int, list[Holding]] = defaultdict(list)
    for each in holdings(conn, on):
        if each.role_id in listed:
            found[each.person_id].append(each)
    return {who: tuple(some) for who, some in found.items()}


def add_role(tx: Tx, name: str, detail: str, review: Review, by_person: int) -> int:
    """Put a role on the list by the minute of its first review; returns its id. Raises BadField."""
    name = name.strip()
    _text("name", name)
    _text("detail", detail)
    _checked(tx, review)
    if tx.conn.execute(sa.select(mobilisable_role.c.id).where(mobilisable_role.c.name == name)).first():
        raise BadField("name", name, "a role that is not on the list yet")
    role_id = tx.ids.take()
    row = {"id": role_id, "name": name, "detail": detail.strip(), "recorded_us": tx.now_us, "recorded_by": by_person}
    tx.conn.execute(sa.insert(mobilisable_role), row)
    _write(tx, role_id, review, by_person)
    return role_id


def review_role(tx: Tx, role_id: int, review: Review, by_person: int) -> None:
    """Write down what the JNCC said of a role. Raises LookupError for one unknown, BadField for what cannot be."""
    _checked(tx, review)
    known = next((each for each in roles(tx.conn, local_day(tx.now_us)) if each.id == role_id), None)
    if known is None:
        raise LookupError("no role with this id")
    if review.reviewed_on < known.reviewed_on:
        raise BadField("reviewed_on", review.reviewed_on, f"a day not before the last review, {known.reviewed_on}")
    _write(tx, role_id, review, by_person)


def _checked(tx: Tx, review: Review) -> None:
    _text("jncc_minute_ref", review.jncc_minute_ref)
    if review.outcome not in words.ROLE_REVIEWS:
        raise BadField("outcome", review.outcome, f"one of {', '.join(words.ROLE_REVIEWS)}")
    if review.reviewed_on > local_day(tx.now_us):
        raise BadField("reviewed_on", review.reviewed_on, "a day not in the future")


def _text(field: str, value: str) -> None:
    if not 1 <= len(value.strip()) <= TEXT_MAX:
        raise BadField(field, value, f"1 to {TEXT_MAX} characters")


def _write(tx: Tx, role_id: int, review: Review, by_person: int) -> None:
    row = {
        "id": tx.ids.take(), "role_id": role_id, "reviewed_on": review.reviewed_on.isoformat(),
        "outcome": review.outcome, "minute_ref": review.jncc_minute_ref.strip(), "recorded_us": tx.now_us,
        "recorded_by": by_person,
    }  # fmt: skip
    tx.conn.execute(sa.insert(role_review), row)
    tx.say("all", {"type": "roles", "role_id": role_id, "at_us": tx.now_us})
