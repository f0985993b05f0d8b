"""Kit stores, the places in them and their shift patterns, as they are set up and read.

One rule for the editor: a store is opened and closed, never deleted; a pattern is ended and begun anew.
"""

from dataclasses import dataclass
from datetime import date, time

import sqlalchemy as sa

from inventory.people.calendar import ShiftPattern, ShiftWindow, current_or_next
from inventory.people.errors import BadField
from inventory.schema import words
from inventory.schema.fast import Fast
from inventory.schema.ids import Ids
from inventory.schema.people import place, shift_pattern, store

_PATTERNS = Fast(
    sa.select(
        shift_pattern.c.name, shift_pattern.c.starts, shift_pattern.c.ends, shift_pattern.c.from_on,
        shift_pattern.c.to_on,
    ).where(shift_pattern.c.store_id == sa.bindparam("store_id"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewStore:
    """A kit store to be opened; `code` is the short name on labels ("ME")."""

    code: str
    name: str
    division: str | None = None


def open_store(conn: sa.Connection, ids: Ids, new: NewStore, now_us: int) -> int:
    """Record a store and return its id. Raises BadField for an empty code or one in use."""
    code = new.code.strip().upper()
    taken = conn.execute(sa.select(store.c.id).where(store.c.code == code)).first()
    if not code or taken:
        raise BadField("code", new.code, "a code that no other store has")
    new_id = ids.take()
    row = {"id": new_id, "code": code, "name": new.name, "division": new.division, "opened_us": now_us}
    conn.execute(sa.insert(store), row)
    return new_id


def add_place(conn: sa.Connection, ids: Ids, store_id: int, name: str, activity: str) -> int:
    """Record a place of a store; returns its id. Raises BadField for an unknown activity."""
    if activity not in words.ACTIVITIES:
        raise BadField("activity", activity, f"one of {', '.join(words.ACTIVITIES)}")
    place_id = ids.take()
    conn.execute(sa.insert(place), {"id": place_id, "store_id": store_id, "name": name, "activity": activity})
    return place_id


def add_shift_pattern(conn: sa.Connection, ids: Ids, store_id: int, pattern: ShiftPattern) -> int:
    """Record a shift pattern of a store and return its id."""
    new_id = ids.take()
    row = {
        "id": new_id, "store_id": store_id, "name": pattern.name, "starts": f"{pattern.starts:%H:%M}",
        "ends": f"{pattern.ends:%H:%M}", "from_on": pattern.from_on.isoformat(),
        "to_on": pattern.to_on.isoformat() if pattern.to_on else None,
    }  # fmt: skip
    conn.execute(sa.insert(shift_pattern), row)
    return new_id


def shift_patterns(conn: sa.Connection, store_id: int) -> tuple[ShiftPattern, ...]:
    """Every shift pattern of a store, ended ones too."""
    return tuple(
        ShiftPattern(
            name, time.fromisoformat(starts), time.fromisoformat(ends), date.fromisoformat(from_on),
            date.fromisoformat(to_on) if to_on else None,
        )
        for name, starts, ends, from_on, to_on in _PATTERNS.rows(conn, {"store_id": store_id})
    )  # fmt: skip


def shift_at_hatch(conn: sa.Connection, store_id: int, now_us: int) -> ShiftWindow | None:
    """The shift a visit at this store's hatch draws kit for, unless the officer chooses another by touch."""
    return current_or_next(shift_patterns(conn, store_id), now_us)
