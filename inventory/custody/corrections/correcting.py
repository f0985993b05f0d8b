"""Putting an entry of the ledger right: by a movement of its own that names it, by who may, and only while it is still
the last word on its item.

One rule for the editor: nothing that stands is changed. What cannot be put right any more is refused with what is
possible instead, and kit reaches nobody here but by `receive.assert_drawn`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from inventory.custody.corrections.effects import (
    Made,
    back_again,
    condition,
    instead,
    of_another,
    serial,
    store,
)
from inventory.custody.corrections.looked import Correction, Looked, NotCorrected, held_now
from inventory.custody.corrections.reading import EntryRead, entry_of
from inventory.custody.corrections.terms import SORTS, Sort, sorts_of
from inventory.custody.fittings import lock_fitted
from inventory.custody.locks import lock
from inventory.custody.passages.looking import capable
from inventory.gate.kind_policy import Policy
from inventory.people.capabilities import held_by
from inventory.people.people import root_of
from inventory.schema.corrections import correction
from inventory.schema.fast import Inserter
from inventory.schema.tx import Tx

Effect = Callable[[Tx, Looked, Policy], list[Made]]
EFFECTS: dict[str, Effect] = {
    "WRONG_STORE": store, "WRONG_PERSON": of_another, "WRONG_ITEM_OUT": instead, "WRONG_ITEM_BACK": back_again,
    "WRONG_CONDITION": condition, "WRONG_SERIAL": serial,
}  # fmt: skip
"""Sort -> what it does; gives what it wrote, one for each entry that it puts right."""

_INSERT = Inserter(correction)


@dataclass(frozen=True, slots=True)
class PutRight:
    """What was written: the correction of the entry that was named, its entries by item, and the gate's refusal of what
    it put into somebody's hands (None: it would have allowed that, or there is none)."""

    correction_id: int
    entries: dict[int, int]
    refused: int | None


def put_right(tx: Tx, asked: Correction, policy: Policy) -> PutRight:
    """Make a correction.

    Raises LookupError for an entry that is not known, NotCorrected where it cannot be put right so, or not by these
    people, ValueError naming a field that is missing or does not fit.
    """
    entry = _locked(tx, asked)
    sort = _sort_of(entry, asked)
    looked = Looked(entry, asked, _store_of(sort, entry, asked))
    _check_people(tx, sort, looked)
    _check_fields(sort, asked)
    if sort.word != "WRONG_SERIAL" and not entry.is_last:
        raise NotCorrected([_moved(tx, entry)], _instead(tx, entry))
    made = EFFECTS[sort.word](tx, looked, policy)
    rows = [_row(tx, looked, each) for each in made if each.corrects is not None]
    _INSERT.add(tx.conn, rows)
    for each in made:
        if each.after is not None:
            each.after()
    tx.say(f"store:{looked.store_id}", {"type": "correction", "item_id": entry.item_id, "at_us": tx.now_us})
    refused = next((each.refused for each in made if each.refused is not None), None)
    own = next(row for row in rows if row["item_id"] == entry.item_id)
    return PutRight(int(str(own["id"])), {each.item_id: each.entry_id for each in made}, refused)


def _locked(tx: Tx, asked: Correction) -> EntryRead:
    """The entry, read once everybody else must wait for its item and for these people."""
    first = entry_of(tx.conn, asked.entry_id)
    lock(
        tx, [each for each in (asked.by_person, asked.second_person, asked.person_id) if each is not None], []
    )
    lock_fitted(tx, [each for each in (first.item_id, asked.other_item_id) if each is not None])
    return entry_of(tx.conn, asked.entry_id)


def _store_of(sort: Sort, entry: EntryRead, asked: Correction) -> int:
    """The store whose people answer for it: where it really is, else the one whose entry it is, else its own."""
    return (asked.store_id if sort.asks.store else None) or entry.store_id or entry.home_store_id


def _sort_of(entry: EntryRead, asked: Correction) -> Sort:
    sort = SORTS.get(asked.sort)
    if sort is None:
        raise ValueError(f"sort: expected one of {', '.join(SORTS)}")
    if entry.kind not in sort.kinds:
        could = [f"{each.word}: {each.title.lower()}" for each in sorts_of(entry.kind)]
        raise NotCorrected([f"{entry.kind} is not put right as {sort.word}."], could)
    if entry.corrected_by is not None:
        raise NotCorrected(
            [f"This entry was put right already, by entry {entry.corrected_by}."],
            ["Where that was wrong too, put that entry right."],
        )
    return sort


def _check_people(tx: Tx, sort: Sort, looked: Looked) -> None:
    """Who may, and the second person where there is one (design `domain.md` 3.0, invariant 7)."""
    asked = looked.asked
    people = [each for each in (asked.by_person, asked.second_person) if each is not None]
    held = held_by(tx.conn, people, tx.now_us)
    if not capable(held[asked.by_person], sort.who, looked.store_id):
        raise NotCorrected(
            [f"{sort.title}: this is for {_listed(sort.who)} of this store."], ["Ask one of them."]
        )
    second = asked.second_person
    if second is None:
        if sort.word != "WRONG_CONDITION":
            raise NotCorrected(
                ["This takes two people."], [f"The second is {_listed(sort.second) or 'anybody else'}."]
            )
        return
    if root_of(tx.conn, second) == root_of(tx.conn, asked.by_person):
        raise NotCorrected(["The second person is the first."], ["Somebody else signs as the second."])
    if sort.second and not capable(held[second], sort.second, looked.store_id):
        raise NotCorrected(
            [f"The second person for this is {_listed(sort.second)} of this store."], ["Ask one of them."]
        )


def _listed(capabilities: tuple[str, ...] | None) -> str:
    return " or ".join(each.replace("_", " ").lower() for each in capabilities or ())


def _check_fields(sort: Sort, asked: Correction) -> None:
    if len(asked.reason.strip()) < 3:
        raise ValueError("reason: say in a sentence what was wrong")
    wanted = {"store_id": sort.asks.store, "person_id": sort.asks.person, "condition": sort.asks.condition,
              "serial": sort.asks.serial, "document": sort.asks.document == "ALWAYS"}  # fmt: skip
    for name, is_wanted in wanted.items():
        if is_wanted and not str(getattr(asked, name) or "").strip():
            raise ValueError(f"{name}: expected for {sort.word}")


def _moved(tx: Tx, entry: EntryRead) -> str:
    return f"It has moved since: it is {held_now(tx.conn, entry)}, by entry {entry.opened_entry}."


def _instead(tx: Tx, entry: EntryRead) -> list[str]:
    """What is possible where an entry is not the last word any more."""
    said = [f"Put entry {entry.opened_entry} right, if that is what is wrong."] if entry.opened_entry else []
    if entry.holder == "PERSON":
        return [*said, f"Or take it back at the hatch: it is {held_now(tx.conn, entry)}."]
    if entry.holder == "STORE":
        return [*said, "Or count the store: what a count finds is settled by movements."]
    return said


def _row(tx: Tx, looked: Looked, made: Made) -> dict[str, object]:
    asked = looked.asked
    return {
        "id": tx.ids.take(), "tx_id": tx.id, "sort": asked.sort, "corrects": made.corrects, "entry_id": made.entry_id,
        "item_id": made.item_id, "store_id": looked.store_id, "by_person": asked.by_person,
        "second_person": asked.second_person, "at_us": tx.now_us, "reason": asked.reason.strip(),
        "document": (asked.document or "").strip() or None, "was": made.was, "became": made.became,
    }  # fmt: skip
