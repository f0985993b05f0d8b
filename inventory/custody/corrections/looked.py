"""What somebody asks to be put right, the entry it is about, and how a refusal says what is possible instead.

One rule for the editor: an ask names things; whether it is possible is judged in `correcting` and `effects`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.corrections.reading import EntryRead
from inventory.custody.hatch_names import person_name
from inventory.schema.people import store


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry of the ledger that was wrong: a word of `words.CORRECTIONS`, and what that asks for (`terms`).

    `store_id` is where it really is, `person_id` who really has it, `other_item_id` what went or came instead,
    `condition` a word of `returns.CONDITIONS`, `serial` and `serial_again` two readings of its label. `second_person`
    has signed by themselves.
    """

    entry_id: int
    sort: str
    by_person: int
    reason: str
    second_person: int | None = None
    document: str | None = None
    store_id: int | None = None
    person_id: int | None = None
    other_item_id: int | None = None
    condition: str | None = None
    serial: str | None = None
    serial_again: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """The entry as it was read under lock, the ask, and the store whose people answer for it."""

    entry: EntryRead
    asked: Correction
    store_id: int

    @property
    def said(self) -> str:
        """How the ledger says why."""
        return f"Correction: {self.asked.reason.strip()}"


class NotCorrected(ValueError):
    """Nothing was put right. `bars` say why, `instead` what is possible."""

    def __init__(self, bars: Sequence[str], instead: Sequence[str] = ()) -> None:
        super().__init__(" ".join([*bars, *instead]))
        self.bars, self.instead = tuple(bars), tuple(instead)


def held_now(conn: sa.Connection, entry: EntryRead) -> str:
    """Where the item of an entry is now, in words: "with PC Hollis 4417", "in Medway"."""
    if entry.holder == "PERSON" and entry.holder_id is not None:
        return f"with {person_name(conn, entry.holder_id)}"
    if entry.holder == "STORE" and entry.holder_id is not None:
        return f"in {store_name(conn, entry.holder_id)}"
    return f"with {(entry.holder or 'nobody').lower()}"


def store_name(conn: sa.Connection, store_id: int) -> str:
    """What people call a store. Raises LookupError for an unknown one."""
    name = conn.execute(sa.select(store.c.name).where(store.c.id == store_id)).scalar()
    if name is None:
        raise LookupError(f"store {store_id} is not known")
    return str(name)
