"""What each sort of correction does: movements of their own, holds placed and lifted, a serial that is read anew.

One rule for the editor: each begins by asking whether that is possible, and what is loaded in something goes with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from inventory.custody.corrections.looked import Looked, NotCorrected
from inventory.custody.corrections.reading import EntryRead
from inventory.custody.corrections.sets import (
    Set,
    custody_closed_by,
    holds_a_handle,
    inside_too,
    is_store_open,
    last_entries,
    read_set,
)
from inventory.custody.fittings import Took, fits_of, take_out
from inventory.custody.hatch_names import person_name
from inventory.custody.holds import Placing, lift_hold, place_holds
from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, pass_items
from inventory.custody.receive import AssertedDraw, Drawn, assert_drawn
from inventory.custody.returns import CONDITIONS, SPENT, Back, return_kit
from inventory.custody.told_later import Since, tell
from inventory.gate.ask import ADDING, Ask
from inventory.gate.kind_policy import Policy
from inventory.people.people import root_of
from inventory.schema.fast import Fast
from inventory.schema.stock import hold, hold_lift, item
from inventory.schema.tx import Tx
from inventory.schema.uses import use_declared
from inventory.schema.words import SPENT_FOR_GOOD
from inventory.stock.marks import item_now


@dataclass(frozen=True, slots=True)
class Made:
    """One entry that makes up for another. No `corrects`: it is of something else, and only goes with the correction.

    `after` is done once the correction stands; `refused` is the gate's refusal of what somebody has by it.
    """

    item_id: int
    entry_id: int
    corrects: int | None = None
    was: str | None = None
    became: str | None = None
    refused: int | None = None
    after: Callable[[], object] | None = None


# ---- the wrong store ---------------------------------------------------------------------------------------


def store(tx: Tx, looked: Looked, _policy: Policy) -> list[Made]:
    """It is moved, with what is loaded in it, to the store that really has it."""
    entry, there = looked.entry, looked.store_id
    if (entry.holder, entry.holder_id) == ("STORE", there):
        raise NotCorrected(
            ["The ledger has it in that store already."], ["Name the store where it really is."]
        )
    if not is_store_open(tx.conn, there, tx.now_us):
        raise NotCorrected(["That store is closed."], ["Name a store that is open."])
    moving = inside_too(tx.conn, entry)
    passed = pass_items(tx, [_moved(looked, each, corrects) for each, corrects in moving.items()])
    _left_alone(tx, looked)
    tell(tx, [Since(each.item_id, Holder("STORE", there), entry.since_us, each.entry_id) for each in passed])
    return [Made(each.item_id, each.entry_id, moving[each.item_id]) for each in passed]


def _moved(looked: Looked, item_id: int, corrects: int) -> Passage:
    asked, there = looked.asked, Holder("STORE", looked.store_id)
    return Passage(
        item_id, "TRANSFERRED", there, by_person=asked.by_person, second_person=asked.second_person,
        reason=looked.said, corrects=corrects,
    )  # fmt: skip


def _back(looked: Looked, item_id: int, corrects: int) -> Passage:
    asked, there = looked.asked, Holder("STORE", looked.store_id)
    return Passage(
        item_id, "RETURNED", there, by_person=asked.by_person, second_person=asked.second_person, reason=looked.said,
        corrects=corrects,
    )  # fmt: skip


def _left_alone(tx: Tx, looked: Looked) -> None:
    """What it was loaded in stays where it was."""
    fit = fits_of(tx.conn, [looked.entry.item_id]).within.get(looked.entry.item_id)
    if fit is not None:
        take_out(tx, [Took(fit, "put right without it", looked.asked.by_person)])


# ---- the wrong person, the wrong item ----------------------------------------------------------------------


def of_another(tx: Tx, looked: Looked, policy: Policy) -> list[Made]:
    """The whole draw is with somebody else: as had already happened, by two, a document, and the gate's own word."""
    entry, asked = looked.entry, looked.asked
    whole = read_set(tx.conn, entry)
    who = asked.person_id or 0
    person_name(tx.conn, who)  # there is such a person
    if root_of(tx.conn, who) == root_of(tx.conn, entry.taker_id or 0):
        raise NotCorrected(["The ledger says that they have it."], ["Name the person who really has it."])
    _check_one_handle(tx, whole, who)
    done = assert_drawn(tx, _drawn(looked, whole, who), policy)
    return [
        Made(each.item_id, each.entry_id, whole.entries[each.item_id], refused=done.refused)
        for each in done.passed
    ]


def _check_one_handle(tx: Tx, whole: Set, person_id: int) -> None:
    if whole.has_handle and holds_a_handle(tx.conn, person_id):
        raise NotCorrected(
            ["They have a TASER handle by the ledger already, and nobody has two."],
            ["Take that one back, or put its issue right, first."],
        )


def _drawn(looked: Looked, whole: Set, person_id: int) -> Drawn:
    entry, asked = looked.entry, looked.asked
    ask = Ask(
        person_id=person_id, store_id=looked.store_id, item_ids=whole.item_ids,
        lots=tuple((lot_id, quantity) for lot_id, (quantity, _) in whole.lots.items()), purpose=whole.purpose,
        planned_return_us=whole.planned_return_us, door="correction", by_person_id=entry.by_person, stage=ADDING,
    )  # fmt: skip
    return Drawn(
        ask, entry.since_us, asked.by_person, asked.second_person or asked.by_person, asked.document or "", looked.said,
        was_in_store=True, corrects=whole.entries, lot_corrects={lot: n for lot, (_, n) in whole.lots.items()},
        lots_from=Holder("PERSON", entry.taker_id or 0),
    )  # fmt: skip


def instead(tx: Tx, looked: Looked, policy: Policy) -> list[Made]:
    """What never left is back; what went out in its place is with the person."""
    entry, asked = looked.entry, looked.asked
    whole, person_id = read_set(tx.conn, entry), entry.taker_id or 0
    other = _other(tx, looked, "STORE") if asked.other_item_id is not None else None
    if other is not None and not (asked.document or "").strip():
        raise ValueError("document: expected where something else is with the person")
    moving = inside_too(tx.conn, entry)
    passed = pass_items(tx, [_back(looked, each, corrects) for each, corrects in moving.items()])
    _left_alone(tx, looked)
    there = Holder("STORE", looked.store_id)
    tell(tx, [Since(each.item_id, there, entry.since_us, each.entry_id) for each in passed])
    made = [Made(each.item_id, each.entry_id, moving[each.item_id]) for each in passed]
    if other is not None:
        one = Set((other,), {}, {}, whole.purpose, whole.planned_return_us, whole.has_handle)
        made += _went(assert_drawn(tx, _drawn(looked, one, person_id), policy))
    return made


def _went(done: AssertedDraw) -> list[Made]:
    return [Made(each.item_id, each.entry_id, refused=done.refused) for each in done.passed]


def _other(tx: Tx, looked: Looked, holder: str) -> int:
    """The item that went or came instead: it is where it can have come from, and has not moved since."""
    other = item_now(tx.conn, looked.asked.other_item_id or 0)
    if other.item_id == looked.entry.item_id:
        raise ValueError("other: expected another item")
    if other.kind != looked.entry.item_kind:
        raise NotCorrected(
            ["The other item is of another kind."], ["Name an item of the same kind, or none."]
        )
    here = (holder, looked.store_id) if holder == "STORE" else (holder, other.holder_id)
    if (other.holder, other.holder_id) != here:
        raise NotCorrected(
            [f"By the ledger, {other.serial} cannot have been in its place."],
            ["Put the other item's last entry right first, or name no other item."],
        )
    since = last_entries(tx.conn, [other.item_id])[other.item_id]
    if since.opened_us > looked.entry.since_us:
        raise NotCorrected(
            [f"{other.serial} has moved since."], [f"Put its entry {since.entry_id} right first."]
        )
    return other.item_id


def back_again(tx: Tx, looked: Looked, policy: Policy) -> list[Made]:
    """What never came back is with the person still; what came in its place is taken back."""
    entry, asked = looked.entry, looked.asked
    had = custody_closed_by(tx.conn, entry.id)
    if had is None or entry.giver != "PERSON":
        raise NotCorrected(["It did not come from a person."], ["Put it right as being in another store."])
    other = _other(tx, looked, "PERSON") if asked.other_item_id is not None else None
    made: list[Made] = []
    if other is not None:
        done = return_kit(tx, [Back(other, looked.store_id, asked.by_person)])[0]
        if done.entry_id is not None:
            tell(tx, [Since(other, Holder("STORE", looked.store_id), entry.since_us, done.entry_id)])
            made.append(Made(other, done.entry_id))
    _lift(tx, looked, _placed_with(tx.conn, entry))
    whole = Set(
        (entry.item_id,), inside_too(tx.conn, entry), {}, had.purpose, had.planned_return_us, had.is_handle
    )
    _check_one_handle(tx, whole, entry.giver_id or 0)
    back = assert_drawn(tx, _drawn(looked, whole, entry.giver_id or 0), policy)
    own = [
        Made(p.item_id, p.entry_id, whole.entries.get(p.item_id), refused=back.refused) for p in back.passed
    ]
    return own + made


# ---- the wrong condition -----------------------------------------------------------------------------------

_PLACED = Fast(
    sa.select(hold.c.id, hold.c.reason)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(
        hold.c.item_id == sa.bindparam("item_id"),
        hold.c.placed_us == sa.bindparam("at_us"),
        hold_lift.c.hold_id.is_(None),
    )
    .order_by(hold.c.id)
)
_USED = Fast(
    sa.select(use_declared.c.id).where(
        use_declared.c.item_id == sa.bindparam("item_id"), use_declared.c.at_us >= sa.bindparam("at_us")
    )
)
OF_A_RETURN = frozenset(
    {reason for held in (*CONDITIONS.values(), *SPENT.values()) if held for reason in [held[0]]}
)
"""The holds that a return places for its condition."""


def _placed_with(conn: sa.Connection, entry: EntryRead) -> list[int]:
    """The holds that a return placed for the condition it was said to be in, and that nobody lifted."""
    rows = _PLACED.rows(conn, {"item_id": entry.item_id, "at_us": entry.at_us})
    if any(reason in SPENT_FOR_GOOD for _, reason in rows):
        raise NotCorrected(["It is spent, and that is for good."], ["Nothing brings it back into use."])
    return [hold_id for hold_id, reason in rows if reason in OF_A_RETURN]


def _lift(tx: Tx, looked: Looked, holds: Sequence[int]) -> None:
    for hold_id in holds:
        lift_hold(tx, hold_id, looked.asked.by_person, looked.said)


def condition(tx: Tx, looked: Looked, _policy: Policy) -> list[Made]:
    """The holds of what was said of it are lifted, by two; what its true condition asks for is placed."""
    entry, asked = looked.entry, looked.asked
    if asked.condition not in CONDITIONS:
        raise ValueError(f"condition: expected one of {', '.join(CONDITIONS)}")
    was = next(
        (word for word in CONDITIONS if word in (entry.reason or "").replace(",", " ").split()), "GOOD"
    )
    if was == asked.condition:
        raise NotCorrected([f"Its return says {was} already."], ["Name the condition it was really in."])
    if _USED.rows(tx.conn, {"item_id": entry.item_id, "at_us": entry.at_us}):
        raise NotCorrected(
            ["Its use was declared at that return."], ["Answer what is owed for that use instead."]
        )
    lifting = _placed_with(tx.conn, entry)
    if lifting and asked.second_person is None:
        raise NotCorrected(["What lifts a hold takes two people."], ["Somebody else signs as the second."])
    _lift(tx, looked, lifting)
    placed = SPENT.get(entry.item_kind) if asked.condition == "USED" else None
    placed = placed or CONDITIONS[asked.condition]
    if placed is not None:
        place_holds(tx, [Placing(placed[0], placed[1], item_id=entry.item_id, placed_by=asked.by_person)])
    made = append(tx, [_corrected(looked, f"{was} to {asked.condition}")])[0]
    return [Made(entry.item_id, made, entry.id, was, asked.condition)]


def _corrected(looked: Looked, what: str) -> Entry:
    entry, asked = looked.entry, looked.asked
    return Entry(
        chain=item_chain(entry.item_id), kind="CORRECTED", item_id=entry.item_id, by_person=asked.by_person,
        second_person=asked.second_person, corrects=entry.id, reason=f"{what}. {looked.said}",
    )  # fmt: skip


# ---- the wrong serial --------------------------------------------------------------------------------------

_SAME = Fast(
    sa.select(item.c.id).where(
        item.c.serial == sa.bindparam("serial"), item.c.maker == sa.bindparam("maker"),
        item.c.kind == sa.bindparam("kind"),
    )
)  # fmt: skip
_RENAME = Fast(
    sa.update(item).where(item.c.id == sa.bindparam("of_item")).values(serial=sa.bindparam("new_serial"))
)


def serial(tx: Tx, looked: Looked, _policy: Policy) -> list[Made]:
    """The same item by the serial on its label, read twice."""
    entry, asked = looked.entry, looked.asked
    new = (asked.serial or "").strip().upper()
    if new != (asked.serial_again or "").strip().upper():
        raise ValueError("serial_again: expected the same as the first reading of the label")
    if entry.holder != "STORE":
        raise NotCorrected(
            ["It is not in a store, where its label could be read."], ["Do it when it is back."]
        )
    if new == entry.serial:
        raise NotCorrected(["That is its serial already."])
    if _SAME.rows(tx.conn, {"serial": new, "maker": entry.maker, "kind": entry.item_kind}):
        raise NotCorrected([f"There is another item with the serial {new}."], ["Look at both labels."])
    made = append(tx, [_corrected(looked, f"Serial {entry.serial} to {new}")])[0]
    rename = partial(_RENAME.run, tx.conn, {"of_item": entry.item_id, "new_serial": new})
    return [Made(entry.item_id, made, entry.id, entry.serial, new, after=rename)]
