"""A consignment arrives: what is there is scanned, carrier and receiver sign for their count, and the rest is short.

One rule for the editor: nothing that arrives is ever refused; what is not as it should be is written down and said
aloud. What did not come stays open with its carrier, and then unaccounted for, until somebody finds it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.fittings import fits_of
from inventory.custody.ledger import Entry, append, store_chain
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.returns import MISSING, Back, return_kit
from inventory.custody.transfers.reading import (
    ARRIVED,
    ON_ITS_WAY,
    Consignment,
    Event,
    consignment_of,
)
from inventory.custody.transfers.writing import Bar, NotMoved, locked, need_two, write
from inventory.people.people import root_of
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.schema.tx import Tx

BY_HAND = "Consignment {}"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What somebody scans at the store where a consignment arrives, item -> how it is (a word of
    TRANSFER_CONDITIONS), and pieces of lots: how many there are."""

    consignment_id: int
    store_id: int
    by_person: int
    items: tuple[tuple[int, str], ...] = ()
    lots: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """`by_person` receives from `carrier`; both have signed. `counted` is the carrier's own count of what is there."""

    consignment_id: int
    store_id: int
    by_person: int
    carrier: int
    counted: int
    seals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """What came of a receipt: the consignment now, and what was handed over that was not on it."""

    consignment: Consignment
    extra: tuple[int, ...] = ()


_HOME = Fast(
    sa.update(item).where(item.c.id == sa.bindparam("item"), item.c.home_store_id != sa.bindparam("store"))
    .values(home_store_id=sa.bindparam("store"))
)  # fmt: skip
_HERE = Fast(
    sa.select(custody.c.item_id).where(
        among(custody.c.item_id, "items"), custody.c.closed_entry.is_(None),
        custody.c.holder == sa.literal_column("'STORE'"), custody.c.holder_id == sa.bindparam("store_id"),
    )
)  # fmt: skip
_KNOWN = Fast(sa.select(item.c.id).where(among(item.c.id, "items")))


def see(tx: Tx, scanned: Scanned) -> Consignment:
    """Note what is there, before anybody signs. Raises NotMoved where nothing of it can arrive here."""
    of = _arriving(tx, scanned.consignment_id, scanned.store_id)
    asked = [each for each, _ in scanned.items]
    known = {row[0] for row in _KNOWN.rows(tx.conn, {"items": asked})}
    fits = fits_of(tx.conn, asked)
    bars = [Bar(f"Item {each} is not known.", item_id=each) for each in asked if each not in known]
    bars += [
        Bar("Only what is loaded in something is said to be missing.", "What is not there is left out.", each)
        for each, condition in scanned.items
        if condition == MISSING and each not in fits.within
    ]
    on_it = {each.lot_id for each in of.lots}
    bars += [Bar(f"Lot {each} is not of this consignment.") for each, _ in scanned.lots if each not in on_it]
    if bars:
        raise NotMoved(bars)
    who = {"act": "SEEN", "by_person": scanned.by_person, "store_id": scanned.store_id}
    acts: list[dict[str, Any]] = [who | {"item_id": each, "condition": how} for each, how in scanned.items]
    acts += [who | {"lot_id": lot_id, "quantity": quantity} for lot_id, quantity in scanned.lots]
    write(tx, of, acts)
    return _again(tx, of.id)


def unsee(tx: Tx, scanned: Scanned) -> Consignment:
    """Take back what was scanned by mistake, before anybody signs."""
    of = _arriving(tx, scanned.consignment_id, scanned.store_id)
    who = {"act": "UNSEEN", "by_person": scanned.by_person, "store_id": scanned.store_id}
    acts: list[dict[str, Any]] = [who | {"item_id": each} for each, _ in scanned.items]
    write(tx, of, acts + [who | {"lot_id": lot_id, "quantity": 1} for lot_id, _ in scanned.lots])
    return _again(tx, of.id)


def receive(tx: Tx, receipt: Receipt) -> Received:
    """Take over what was scanned here; what did not come is said to be short.

    Raises NotMoved where the two counts differ or the two people are one; LookupError for an unknown consignment.
    """
    of = _arriving(tx, receipt.consignment_id, receipt.store_id)
    need_two(tx, receipt.by_person, receipt.carrier, "who receives it")
    _may_receive(tx, of, receipt)
    seen, lots = of.seen(receipt.store_id), of.seen_lots(receipt.store_id)
    _check_count(tx, receipt, seen, lots)
    entry = append(tx, [_entry(of, receipt, seen, lots)])[0]
    signed = {"by_person": receipt.by_person, "second_person": receipt.carrier, "store_id": receipt.store_id}
    said = {"act": "RECEIVED", "counted": receipt.counted, "seals": receipt.seals, "entry_id": entry}
    write(tx, of, [signed | said])
    _take_in(tx, receipt, seen)
    _take_lots(tx, of, receipt, lots)
    now = _again(tx, of.id)
    _to_its_home(tx, now, receipt, list(seen))
    raise_alarms(tx, _alarms(tx, of, now, receipt))
    named = {each.item_id for each in of.lines}
    return Received(now, tuple(each for each in seen if each not in named))


def _arriving(tx: Tx, consignment_id: int, store_id: int) -> Consignment:
    of = locked(tx, consignment_id)
    if store_id not in (of.from_store_id, of.to_store_id):
        said = f"Consignment {of.id} goes neither to nor from this store."
        raise NotMoved([Bar(said, "Scan what you have at your hatch: it is taken in there.")])
    if of.state not in ("ON_ITS_WAY", "SHORT", "UNSIGNED"):
        word = {"DRAFT": "is not sent yet", "CANCELLED": "was cancelled"}.get(of.state, "is received whole")
        raise NotMoved([Bar(f"Consignment {of.id} {word}.", "There is nothing of it to receive.")])
    return of


def _may_receive(tx: Tx, of: Consignment, receipt: Receipt) -> None:
    """Where it was to go, somebody else receives it than who sent it."""
    sent = of.last("SENT")
    if sent is None or sent.by_person is None or receipt.store_id != of.to_store_id:
        return
    if root_of(tx.conn, sent.by_person) == root_of(tx.conn, receipt.by_person):
        raise NotMoved([Bar("You sent this consignment.", "Somebody else receives it.")])


def _check_count(tx: Tx, receipt: Receipt, seen: Mapping[int, Event], lots: Mapping[int, int]) -> None:
    there = [each for each, event in seen.items() if event.condition != MISSING]
    within = fits_of(tx.conn, there).within
    alone = [each for each in there if each not in within or within[each].parent_id not in there]
    pieces = len(alone) + sum(lots.values())
    if pieces != receipt.counted:
        said = f"{pieces} pieces are scanned, and the carrier counted {receipt.counted}."
        raise NotMoved([Bar(said, "Count again together: both counts must agree.")])


def _take_in(tx: Tx, receipt: Receipt, seen: Mapping[int, Event]) -> None:
    """Everything that is there passes to the store with what is loaded in it, by the door that refuses nothing."""
    how = {each: event.condition or "GOOD" for each, event in seen.items()}
    fits = fits_of(tx.conn, list(how))
    said: dict[int, list[tuple[int, str]]] = {}
    for each, condition in how.items():
        parent = fits.within[each].parent_id if each in fits.within else None
        if condition == MISSING or (parent in how and how[parent] != MISSING):
            said.setdefault(parent or 0, []).append((each, condition))
    inside = {each for some in said.values() for each, _ in some}
    backs = [
        Back(each, receipt.store_id, receipt.by_person, condition, cartridges=tuple(said.get(each, ())))
        for each, condition in how.items()
        if each not in inside
    ]
    return_kit(tx, backs)


def _take_lots(tx: Tx, of: Consignment, receipt: Receipt, lots: Mapping[int, int]) -> None:
    """Pieces come out of the carrier's hands first, then out of those that were missed; more than were sent is said."""
    by_lot = {each.lot_id: each for each in of.lots}
    store = Holder("STORE", receipt.store_id)
    signed: dict[str, Any] = {
        "by_person": receipt.by_person, "second_person": receipt.carrier, "store_id": receipt.store_id,
    }  # fmt: skip
    for lot_id, there in lots.items():
        line, number = by_lot[lot_id], there
        came, found = min(number, line.carried), min(max(number - line.carried, 0), line.missed)
        reason, by, second = BY_HAND.format(of.id), receipt.by_person, receipt.carrier
        of_it = signed | {"lot_id": lot_id}
        if came:
            carrier = Holder("CARRIER", of.id)
            moved = LotPassage(lot_id, came, "TRANSFERRED", carrier, store, by, reason=reason, second_person=second)
            write(tx, of, [of_it | {"act": "ARRIVED", "quantity": came, "entry_id": pass_lots(tx, [moved])[0]}])
        if found:
            nobody = Holder("UNKNOWN", 0)
            moved = LotPassage(lot_id, found, "FOUND", nobody, store, by, reason=reason, second_person=second)
            of_it |= {"entry_id": pass_lots(tx, [moved])[0]}
            back = [of_it | {"act": "ARRIVED", "quantity": found}, of_it | {"act": "MISSED", "quantity": -found}]
            write(tx, of, back)
        number -= came + found
        if number:
            said = f"Consignment {of.id}: {number} more of {line.name} than were sent"
            raise_alarms(tx, [Raise("TRANSFER_SURPLUS", said, receipt.store_id)])


def _to_its_home(tx: Tx, now: Consignment, receipt: Receipt, seen: Sequence[int]) -> None:
    """What is moved for good belongs to the store that received it from then on, with what is loaded in it."""
    if now.terms != "FOR_GOOD" or receipt.store_id != now.to_store_id:
        return
    arrived = {each.item_id for each in now.lines if each.word == ARRIVED and each.store_id == receipt.store_id}
    inside = fits_of(tx.conn, list(seen)).inside.values()
    came = arrived | {*seen} | {fit.child_id for some in inside for fit in some}
    asked = sorted(came & {each.item_id for each in now.lines})
    for (each,) in _HERE.rows(tx.conn, {"items": asked, "store_id": receipt.store_id}):
        _HOME.run(tx.conn, {"item": each, "store": receipt.store_id})


def _alarms(tx: Tx, of: Consignment, now: Consignment, receipt: Receipt) -> list[Raise]:
    sent = of.last("SENT")
    assert sent is not None, "what arrives was sent"
    raised = [
        Raise("TRANSFER_SHORT", f"{each.name} did not come with consignment {of.id}", receipt.store_id, each.item_id)
        for each in now.lines
        if each.word == ON_ITS_WAY
    ]
    raised += [
        Raise("TRANSFER_SHORT", f"{lot.carried} of {lot.name} did not come with consignment {of.id}", receipt.store_id)
        for lot in now.lots
        if lot.carried
    ]
    if sorted(receipt.seals) != sorted(sent.seals):
        told = f"Consignment {of.id}: sent under seals {_listed(sent.seals)}, arrived under {_listed(receipt.seals)}"
        raised.append(Raise("SEALS_DIFFER", told, receipt.store_id))
    if sent.second_person is not None and root_of(tx.conn, sent.second_person) != root_of(tx.conn, receipt.carrier):
        told = f"Consignment {of.id} was brought by somebody else than took it"
        raised.append(Raise("CARRIER_CHANGED", told, receipt.store_id))
    return raised


def _listed(seals: Sequence[str]) -> str:
    return ", ".join(sorted(seals)) or "none"


def _entry(of: Consignment, receipt: Receipt, seen: Mapping[int, Event], lots: Mapping[int, int]) -> Entry:
    return Entry(
        chain=store_chain(receipt.store_id),
        kind="DELIVERED",
        giver="CARRIER",
        giver_id=of.id,
        taker="STORE",
        taker_id=receipt.store_id,
        by_person=receipt.by_person,
        second_person=receipt.carrier,
        reason=f"{BY_HAND.format(of.id)}: {receipt.counted} pieces",
        payload={
            "consignment": of.id, "counted": receipt.counted, "seals": list(receipt.seals),
            "items": [[each, event.condition] for each, event in seen.items()],
            "lots": [list(each) for each in lots.items()],
        },
    )  # fmt: skip


def _again(tx: Tx, consignment_id: int) -> Consignment:
    found = consignment_of(tx.conn, consignment_id)
    assert found is not None
    return found
