"""Limited duties: which kinds of kit a person may still draw, and never why.

One rule for the editor: no clinical or disciplinary word enters this file, its table or anything it returns.
A restriction past its review date stays in force until someone lifts it.

Source: design `domain.md` section 4.5 and rule O-08. Times are UTC microseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import day_start_us
from inventory.people.errors import BadField
from inventory.schema import words
from inventory.schema.ids import Ids
from inventory.schema.people import duty_restriction

CATEGORIES = ("RECUPERATIVE", "ADJUSTED", "MANAGEMENT")


@dataclass(frozen=True, slots=True)
class Restriction:
    """One restriction: only `kinds_allowed` may be drawn from `from_us` until it is lifted (`to_us`)."""

    kinds_allowed: frozenset[str]
    from_us: int
    to_us: int | None
    review_us: int

    def touches(self, from_us: int, until_us: int) -> bool:
        """Whether it is in force at any moment of the duty."""
        return self.from_us < until_us and (self.to_us is None or self.to_us > from_us)


def kinds_allowed(restrictions: Iterable[Restriction], from_us: int, until_us: int) -> frozenset[str] | None:
    """The kinds that every restriction touching the duty allows; None where none does, which is full duty."""
    found = [each.kinds_allowed for each in restrictions if each.touches(from_us, until_us)]
    return frozenset.intersection(*found) if found else None


def parse_kinds(text: str) -> frozenset[str]:
    """Item kinds from comma or semicolon separated text, "" for none. Raises BadField for an unknown kind."""
    names = [each.strip().upper() for each in text.replace(";", ",").split(",") if each.strip()]
    for name in names:
        if name not in words.ITEM_KINDS:
            raise BadField("kinds_allowed", name, f"any of {', '.join(words.ITEM_KINDS)}")
    return frozenset(names)


def kinds_text(kinds: Iterable[str]) -> str:
    """Kinds as the table holds them: sorted, comma separated."""
    return ",".join(sorted(kinds))


@dataclass(frozen=True, slots=True)
class RestrictionOrder:
    """A restriction to be recorded. `category` is one of `CATEGORIES`; a review date is mandatory."""

    person_id: int
    category: str
    kinds_allowed: frozenset[str]
    from_on: date
    review_on: date


def restrict(conn: sa.Connection, ids: Ids, order: RestrictionOrder, now_us: int) -> int:
    """Record a restriction; returns its id. Raises BadField for an unknown category or a review before it."""
    if order.category not in CATEGORIES:
        raise BadField("category", order.category, f"one of {', '.join(CATEGORIES)}")
    if order.review_on < order.from_on:
        raise BadField("review_on", order.review_on, f"a date not before {order.from_on}")
    new_id = ids.take()
    row = {
        "id": new_id, "person_id": order.person_id, "category": order.category,
        "kinds_allowed": kinds_text(order.kinds_allowed), "from_on": order.from_on.isoformat(),
        "review_on": order.review_on.isoformat(), "lifted_us": None, "recorded_us": now_us,
    }  # fmt: skip
    conn.execute(sa.insert(duty_restriction), row)
    return new_id


def lift_restriction(conn: sa.Connection, restriction_id: int, now_us: int) -> None:
    """End a restriction now. Raises BadField where it is not in force."""
    lifted = conn.execute(
        sa.update(duty_restriction)
        .where(duty_restriction.c.id == restriction_id, duty_restriction.c.lifted_us.is_(None))
        .values(lifted_us=now_us)
    )
    if lifted.rowcount != 1:
        raise BadField("restriction_id", restriction_id, "a restriction that is in force")


def stored(kinds: str, from_on: str, review_on: str, lifted_us: int | None) -> Restriction:
    """A row of the table as a restriction; dates are ISO text."""
    start = day_start_us(date.fromisoformat(from_on))
    names = frozenset(kinds.split(",")) if kinds else frozenset()
    return Restriction(names, start, lifted_us, day_start_us(date.fromisoformat(review_on)))
