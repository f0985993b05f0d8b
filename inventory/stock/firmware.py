"""What firmware was seen on what, from when to when: bridges, their devices and docks, and what stood in a bay.

One rule for the editor: a stretch of one version is one row, seen again at most once an hour, so that a heartbeat
costs a look and seldom a write. A word older than the last one changes nothing: a bridge that sends again what it
kept has not gone back to it.
"""

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import firmware_seen, item
from inventory.schema.tx import Tx
from inventory.stock.versions import read_version

AGAIN_US = 3_600_000_000
"""How often at most `last_us` of a version that goes on is written: once an hour."""
ROWS_MAX = 5000
"""Most rows read of a store: what was seen last comes first."""

Subject = Literal["BRIDGE", "DEVICE", "ITEM", "SERIAL"]


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose firmware it is. `who` tells it apart for ever; `name` and `driver` are for people, and for the policy."""

    subject: Subject
    who: str
    name: str
    store_id: int
    bridge_id: int | None = None
    item_id: int | None = None
    driver: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """One version of one bearer, from `first_us` to `last_us` (to the hour). `kind` and `model` are of an item.

    `is_downgrade`: the bearer ran a later version before, and of the same family. `is_now`: nothing came after.
    """

    subject: Subject
    who: str
    name: str
    bridge_id: int | None
    item_id: int | None
    kind: str | None
    model: str | None
    version: str
    first_us: int
    last_us: int
    is_now: bool
    before: str | None
    is_downgrade: bool


_NAMES = tuple(Stretch.__dataclass_fields__)[:10]
"""The fields that are columns of `_OF_STORE`; the rest is worked out."""
_NOW = Fast(
    sa.select(firmware_seen.c.id, firmware_seen.c.version, firmware_seen.c.store_id, firmware_seen.c.last_us)
    .where(firmware_seen.c.subject == sa.bindparam("of_subject"), firmware_seen.c.who == sa.bindparam("of_who"))
    .order_by(firmware_seen.c.first_us.desc(), firmware_seen.c.id.desc())
    .limit(1)
)
_ADD = Inserter(firmware_seen)
_AGAIN = Fast(
    sa.update(firmware_seen).where(firmware_seen.c.id == sa.bindparam("of_id")).values(last_us=sa.bindparam("at_us"))
)
_OF_STORE = Fast(
    sa.select(
        firmware_seen.c.subject, firmware_seen.c.who, firmware_seen.c.name, firmware_seen.c.bridge_id,
        firmware_seen.c.item_id, item.c.kind, sa.func.coalesce(item.c.model, firmware_seen.c.driver),
        firmware_seen.c.version, firmware_seen.c.first_us, firmware_seen.c.last_us,
    )
    .select_from(firmware_seen.outerjoin(item, item.c.id == firmware_seen.c.item_id))
    .where(firmware_seen.c.store_id == sa.bindparam("store_id"))
    .order_by(firmware_seen.c.first_us.desc(), firmware_seen.c.id.desc())
    .limit(sa.bindparam("most"))
)  # fmt: skip


def saw(tx: Tx, of: Bearer, version: str | None, at_us: int) -> bool:
    """Note that `of` runs `version`, told at `at_us`; None and "" say nothing. Returns whether it is another now."""
    if not version:
        return False
    rows = _NOW.rows(tx.conn, {"of_subject": of.subject, "of_who": of.who})
    if rows:
        row_id, was, store_id, last_us = rows[0]
        if at_us <= last_us:
            return False
        if (was, store_id) == (version, of.store_id):
            if at_us - last_us >= AGAIN_US:
                _AGAIN.run(tx.conn, {"of_id": row_id, "at_us": at_us})
            return False
    row = {
        "id": tx.ids.take(), "subject": of.subject, "who": of.who, "store_id": of.store_id, "bridge_id": of.bridge_id,
        "item_id": of.item_id, "name": of.name, "driver": of.driver, "version": version, "first_us": at_us,
        "last_us": at_us,
    }  # fmt: skip
    _ADD.add(tx.conn, [row])
    return True


def store_of(conn: sa.Connection, subject: Subject, who: str) -> int | None:
    """The store where this was last seen to run something; None where it never was."""
    rows = _NOW.rows(conn, {"of_subject": subject, "of_who": who})
    return int(rows[0][2]) if rows else None


def seen_in(conn: sa.Connection, store_id: int, most: int = ROWS_MAX) -> list[Stretch]:
    """The stretches of a store, newest first, each with the version before it."""
    rows = _OF_STORE.rows(conn, {"store_id": store_id, "most": most})
    later: set[tuple[str, str]] = set()
    found = []
    before = _before(rows)
    for n, row in enumerate(rows):
        bearer = (row[0], row[1])
        was = before[n]
        back = was is not None and went_back(was, row[7])
        told = dict(zip(_NAMES, row, strict=True))
        found.append(Stretch(**told, is_now=bearer not in later, before=was, is_downgrade=back))
        later.add(bearer)
    return found


def _before(rows: list[tuple[object, ...]]) -> list[str | None]:
    """For each row, newest first, the version that its bearer ran before."""
    last: dict[tuple[object, object], str] = {}
    found: list[str | None] = []
    for row in reversed(rows):
        found.append(last.get((row[0], row[1])))
        last[row[0], row[1]] = str(row[7])
    return found[::-1]


def went_back(was: str, now: str) -> bool:
    """Whether `now` is an earlier version than `was`; no, where the two cannot be compared."""
    one, other = read_version(was), read_version(now)
    return one is not None and other is not None and one.family == other.family and other < one
