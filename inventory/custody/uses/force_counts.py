"""How many reports of force in which a spit guard was applied a store's officers made in a month: a number, no more.

One rule for the editor: a number that turns out wrong is followed by another; none is changed. No report is kept here.
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.custody.passages.fields import BadEvidence
from inventory.people.calendar import local_day
from inventory.schema.fast import Fast, Inserter
from inventory.schema.guards import force_count
from inventory.schema.people import store
from inventory.schema.tx import Tx

NUMBER_MAX = 100_000
SOURCE_CHARS_MAX = 120


@dataclass(frozen=True, slots=True)
class ForceCount:
    """`number` reports of `month` ("2026-11"); `source` says where the number is from."""

    store_id: int
    month: str
    number: int
    source: str
    by_person: int | None = None


_COUNT = Inserter(force_count)
_STORE = Fast(sa.select(store.c.id).where(store.c.id == sa.bindparam("of_store"), store.c.closed_us.is_(None)))


def note_count(tx: Tx, said: ForceCount) -> int:
    """Write a month's number down; gives its id. Raises BadEvidence by field, LookupError for a store that is not."""
    if not _STORE.rows(tx.conn, {"of_store": said.store_id}):
        raise LookupError(f"store {said.store_id} is not open")
    if not is_month(said.month) or said.month > local_day(tx.now_us).isoformat()[:7]:
        raise BadEvidence("month", "a month as 2026-11, not after this one")
    if not 0 <= said.number <= NUMBER_MAX:
        raise BadEvidence("number", f"a whole number from 0 to {NUMBER_MAX}")
    source = said.source.strip()
    if not (2 <= len(source) <= SOURCE_CHARS_MAX and source.isprintable()):
        raise BadEvidence("source", f"2 to {SOURCE_CHARS_MAX} characters: where the number is from")
    count_id = tx.ids.take()
    row = {
        "id": count_id, "store_id": said.store_id, "month": said.month, "number": said.number, "source": source,
        "by_person": said.by_person, "recorded_us": tx.now_us,
    }  # fmt: skip
    _COUNT.add(tx.conn, [row])
    return count_id


def is_month(text: str) -> bool:
    """Whether it reads "2026-11"."""
    try:
        return date.fromisoformat(f"{text}-01").isoformat()[:7] == text
    except ValueError:
        return False
