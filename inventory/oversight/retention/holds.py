"""Legal holds: on a person, an item or an incident, placed and released by two people, kept longer than any schedule.

One rule for the editor: a hold is never changed; it is released once, by two, and the years count from then, or from
the 18th birthday of the youngest who may claim, where that is later.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import day_start_us
from inventory.people.people import root_of
from inventory.schema.fast import Fast, Inserter
from inventory.schema.retention import legal_hold, legal_hold_released
from inventory.schema.tx import Tx

RECORDS_MANAGER = "RECORDS_MANAGER"
REASON_MAX = 500

_HOLD = Inserter(legal_hold)
_RELEASE = Inserter(legal_hold_released)
_LIST = (
    sa.select(
        legal_hold.c.id, legal_hold.c.person_id, legal_hold.c.item_id, legal_hold.c.incident, legal_hold.c.reason,
        legal_hold.c.reference, legal_hold.c.minor_until, legal_hold.c.placed_us, legal_hold.c.placed_by,
        legal_hold.c.second_person, legal_hold_released.c.released_us,
    )
    .select_from(legal_hold.outerjoin(legal_hold_released, legal_hold_released.c.hold_id == legal_hold.c.id))
    .order_by(legal_hold.c.id)
)  # fmt: skip
_ALL = Fast(_LIST)
_IN_FORCE = Fast(_LIST.where(legal_hold_released.c.released_us.is_(None)))


class RetentionRefused(ValueError):
    """This cannot be done, in words."""


@dataclass(frozen=True, slots=True)
class LegalHold:
    """One hold; `released_us` None while it is in force."""

    id: int
    person_id: int | None
    item_id: int | None
    incident: str | None
    reason: str
    reference: str
    minor_until: str | None
    placed_us: int
    placed_by: int
    second_person: int
    released_us: int | None

    def touches(
        self, conn: sa.Connection, person_id: int, items: Collection[int], incidents: Collection[str]
    ) -> bool:
        """Whether a draw of this person, with these items, used at these incidents, is under it."""
        of_person = self.person_id is not None and root_of(conn, self.person_id) == root_of(conn, person_id)
        return of_person or self.item_id in items or self.incident in incidents

    @property
    def counts_from_us(self) -> int:
        """From when the years count, once it is released."""
        grown = day_start_us(date.fromisoformat(self.minor_until)) if self.minor_until else 0
        return max(self.released_us or 0, grown)


@dataclass(frozen=True, slots=True)
class Holds:
    """The holds in force."""

    all: tuple[LegalHold, ...]

    def on_person(self, conn: sa.Connection, person_id: int) -> bool:
        """Whether one is on this person."""
        return any(each.touches(conn, person_id, (), ()) for each in self.all)

    def on_draw(
        self, conn: sa.Connection, person_id: int, items: Collection[int], incidents: Collection[str]
    ) -> bool:
        """Whether one is on a draw: its person, its kit or the incident it was used at."""
        return any(each.touches(conn, person_id, items, incidents) for each in self.all)


@dataclass(frozen=True, slots=True)
class Placing:
    """A hold to be placed: on one of person, item and incident."""

    reason: str
    reference: str
    by_person: int
    second_person: int
    person_id: int | None = None
    item_id: int | None = None
    incident: str | None = None
    minor_until: date | None = None


def holds_in_force(conn: sa.Connection) -> Holds:
    """Every hold that nobody has released."""
    return Holds(tuple(LegalHold(*row) for row in _IN_FORCE.rows(conn)))


def releases_on(conn: sa.Connection) -> list[LegalHold]:
    """Every hold that was ever placed and is released: what it touched waits from its release."""
    return [each for each in every_hold(conn) if each.released_us is not None]


def every_hold(conn: sa.Connection) -> list[LegalHold]:
    """Every hold ever placed, oldest first."""
    return [LegalHold(*row) for row in _ALL.rows(conn)]


def place(tx: Tx, new: Placing) -> int:
    """Place a legal hold; returns its id. Raises RetentionRefused."""
    on = [each for each in (new.person_id, new.item_id, new.incident) if each is not None]
    if len(on) != 1:
        raise RetentionRefused("a legal hold is on one thing: a person, an item or an incident")
    _by_two(tx, new.by_person, new.second_person)
    hold_id = tx.ids.take()
    row = {
        "id": hold_id, "tx_id": tx.id, "person_id": new.person_id, "item_id": new.item_id,
        "incident": new.incident.strip() if new.incident else None, "reason": new.reason.strip(),
        "reference": new.reference.strip(), "minor_until": new.minor_until.isoformat() if new.minor_until else None,
        "placed_us": tx.now_us, "placed_by": new.by_person, "second_person": new.second_person,
    }  # fmt: skip
    _HOLD.add(tx.conn, [row])
    return hold_id


def release(tx: Tx, hold_id: int, by: tuple[int, int], reason: str) -> None:
    """Release a hold, by two people. Raises LookupError for an unknown one, RetentionRefused where it was before."""
    found = {each.id: each for each in every_hold(tx.conn)}.get(hold_id)
    if found is None:
        raise LookupError(f"legal hold {hold_id} is not known")
    if found.released_us is not None:
        raise RetentionRefused("this legal hold was released before")
    _by_two(tx, *by)
    row = {
        "hold_id": hold_id, "tx_id": tx.id, "released_us": tx.now_us, "released_by": by[0], "second_person": by[1],
        "reason": reason.strip(),
    }  # fmt: skip
    _RELEASE.add(tx.conn, [row])


def _by_two(tx: Tx, one: int, other: int) -> None:
    if root_of(tx.conn, one) == root_of(tx.conn, other):
        raise RetentionRefused("this takes two people")
