"""A consignment is sent: sender and carrier have both counted it and both sign, and the carrier has it from then on.

One rule for the editor: all of the list goes, with what is loaded in it, or nothing. Who carries it is its holder in
custody: CARRIER, with the number of the consignment.
"""

from dataclasses import dataclass

from inventory.custody.fittings import Fits, lock_fitted
from inventory.custody.ledger import Entry, append, store_chain
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, pass_items
from inventory.custody.transfers.listing import item_bars, lot_bars
from inventory.custody.transfers.reading import Consignment, consignment_of
from inventory.custody.transfers.terms import SEALED_KINDS
from inventory.custody.transfers.writing import Bar, NotMoved, locked, need_draft, need_two, write
from inventory.people.people import root_of
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Sending:
    """`by_person` sends and `carrier` takes over; both have signed. `counted` is the carrier's own count of pieces:
    what is loaded in something is not counted apart."""

    consignment_id: int
    by_person: int
    carrier: int
    counted: int
    seals: tuple[str, ...] = ()


def send(tx: Tx, sending: Sending) -> Consignment:
    """Hand a consignment to its carrier. Raises NotMoved with every reason, LookupError for an unknown one."""
    of = locked(tx, sending.consignment_id)
    need_draft(of)
    need_two(tx, sending.by_person, sending.carrier, "who sends it")
    items = [each.item_id for each in of.lines]
    fits = lock_fitted(tx, items)
    bars = _bars(tx, of, sending) + item_bars(tx.conn, of, items, only=items)
    bars += lot_bars(tx.conn, of, {each.lot_id: each.quantity for each in of.lots})
    if bars:
        raise NotMoved(bars)
    entry = append(tx, [_entry(of, sending)])[0]
    signed = {"by_person": sending.by_person, "second_person": sending.carrier}
    sent = signed | {"act": "SENT", "store_id": of.from_store_id, "counted": sending.counted,
                     "seals": sending.seals, "entry_id": entry}  # fmt: skip
    inside = [(fit.child_id, fit.parent_id) for each in items for fit in fits.of(each)]
    write(tx, of, [sent])
    write(tx, of, [signed | {"act": "WITH", "item_id": child, "detail": str(parent)} for child, parent in inside])
    pass_items(tx, _passages(of, sending, items, fits))
    giver, taker = Holder("STORE", of.from_store_id), Holder("CARRIER", of.id)
    pass_lots(
        tx,
        [
            LotPassage(each.lot_id, each.quantity, "TRANSFERRED", giver, taker, sending.by_person,
                       reason=_said(of), second_person=sending.carrier)
            for each in of.lots
        ],
    )  # fmt: skip
    found = consignment_of(tx.conn, of.id)
    assert found is not None
    return found


def _bars(tx: Tx, of: Consignment, sending: Sending) -> list[Bar]:
    if not of.pieces:
        return [Bar("Nothing is on the list.", "Scan what is to go.")]
    bars = []
    if sending.counted != of.pieces:
        said = f"{of.pieces} pieces are on the list, and the carrier counted {sending.counted}."
        bars.append(Bar(said, "Count again together: both counts must agree."))
    sealed = of.stock == "EXHIBIT" or any(each.kind in SEALED_KINDS for each in of.lines)
    if sealed and not sending.seals:
        bars.append(Bar("This kit travels under seal.", "Write down the number of each seal."))
    if root_of(tx.conn, of.opened_by) == root_of(tx.conn, sending.carrier):
        bars.append(Bar("The carrier made the list.", "Somebody else carries it."))
    return bars


def _passages(of: Consignment, sending: Sending, items: list[int], fits: Fits) -> list[Passage]:
    everything = [(each, _said(of)) for each in items]
    everything += [(fit.child_id, f"{_said(of)}, with {fit.parent}") for each in items for fit in fits.of(each)]
    return [
        Passage(item_id, "TRANSFERRED", Holder("CARRIER", of.id), by_person=sending.by_person,
                second_person=sending.carrier, reason=said)
        for item_id, said in everything
    ]  # fmt: skip


def _said(of: Consignment) -> str:
    return f"Consignment {of.id}"


def _entry(of: Consignment, sending: Sending) -> Entry:
    return Entry(
        chain=store_chain(of.from_store_id),
        kind="SENT",
        giver="STORE",
        giver_id=of.from_store_id,
        taker="CARRIER",
        taker_id=of.id,
        by_person=sending.by_person,
        second_person=sending.carrier,
        reason=f"{_said(of)}: {of.pieces} pieces for store {of.to_store_id}",
        payload={
            "consignment": of.id, "to_store": of.to_store_id, "stock": of.stock, "terms": of.terms,
            "back_on": of.back_on, "counted": sending.counted, "seals": list(sending.seals),
            "items": [each.item_id for each in of.lines],
            "lots": [[each.lot_id, each.quantity] for each in of.lots],
        },
    )  # fmt: skip
