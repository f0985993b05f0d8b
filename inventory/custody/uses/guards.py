"""Spit guards that carry a lot number: pieces used, handed in, lost or brought back sealed, each with its reason.

One rule for the editor: what was applied once is disposed of in the same act, or is with the exhibits; a lot's balance
never says otherwise. Only what is still sealed goes back on the shelf (design `domain.md` 2.2, 3.5).
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, lot_chain
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.uses.declaring import AGO_DAYS_MAX, DAY_US, Declared, Owed, reference
from inventory.custody.uses.points import open_of, open_points
from inventory.gate.kind_policy import Policy
from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import lot
from inventory.schema.tx import Tx
from inventory.schema.uses import use_declared
from inventory.schema.words import GUARD_REASONS

SEALED = "SEALED"
"""Why pieces came back that go on the shelf again: their packing is unopened."""

EXHIBITED = ("USED", "CONTAMINATED")
"""What may be seized as an exhibit, where another replaces it."""


@dataclass(frozen=True, slots=True)
class GuardsSaid:
    """`quantity` pieces of a lot that `person_id` had, and why they are replaced (a word of `words.GUARD_REASONS`).

    `exhibit_ref`: they are with the exhibits, and not disposed of.
    """

    lot_id: int
    quantity: int
    person_id: int
    store_id: int
    by_person: int
    reason: str
    used_us: int | None = None
    uof_ref: str | None = None
    incident_ref: str | None = None
    exhibit_ref: str | None = None


_LOT = Fast(sa.select(lot.c.kind).where(lot.c.id == sa.bindparam("of_lot")))
_USE = Inserter(use_declared)


def declare_guards(tx: Tx, said: GuardsSaid, policy: Policy) -> Declared:
    """Write down pieces of a lot of spit guards as used, handed in or lost, and where they end.

    Raises LookupError for a lot that is not known, BadEvidence for what cannot be true, TooFew where the person does
    not hold so many.
    """
    _check_lot(tx, said.lot_id, said.quantity)
    used_us = tx.now_us if said.used_us is None else said.used_us
    _check(tx, said, used_us)
    for passage in _ways(said):
        pass_lots(tx, [passage])
    use_id, entry_id = _write(tx, said, used_us)
    words = frozenset({"GUARD"}) if said.reason == "USED" else frozenset()
    given = {"UOF_REF"} if reference("uof_ref", said.uof_ref) else set()
    open_points(tx, use_id, [each for each in policy.uses.owed(words) if each.point not in given], used_us)
    tx.say(f"store:{said.store_id}", {"type": "used", "lot_id": said.lot_id, "use_id": use_id, "at_us": tx.now_us})
    owed = tuple(Owed(each.point, each.due_us) for each in open_of(tx.conn, [use_id]))
    return Declared(use_id, entry_id, (), said.person_id, owed)


@dataclass(frozen=True, slots=True)
class SealedBack:
    """`quantity` pieces of a lot that `person_id` brings back with their packing unopened."""

    lot_id: int
    quantity: int
    person_id: int
    store_id: int
    by_person: int


def bring_back_sealed(tx: Tx, back: SealedBack) -> int:
    """Put sealed pieces on the shelf again; gives the ledger's entry. Raises as `declare_guards` does."""
    _check_lot(tx, back.lot_id, back.quantity)
    person, store = Holder("PERSON", back.person_id), Holder("STORE", back.store_id)
    passage = LotPassage(
        back.lot_id, back.quantity, "RETURNED", person, store, by_person=back.by_person, reason=SEALED
    )
    entry = pass_lots(tx, [passage])[0]
    told = {"type": "guards_back", "lot_id": back.lot_id, "quantity": back.quantity, "at_us": tx.now_us}
    tx.say(f"store:{back.store_id}", told)
    return entry


def _check_lot(tx: Tx, lot_id: int, quantity: int) -> None:
    kinds = _LOT.rows(tx.conn, {"of_lot": lot_id})
    if not kinds:
        raise LookupError(f"lot {lot_id} is not known")
    if kinds[0][0] != "SBG":
        raise BadEvidence("lot_id", "a lot of spit guards")
    if quantity < 1:
        raise BadEvidence("quantity", "1 or more")


def _check(tx: Tx, said: GuardsSaid, used_us: int) -> None:
    if said.reason not in GUARD_REASONS:
        raise BadEvidence("reason", f"one of {', '.join(GUARD_REASONS)}")
    if not tx.now_us - AGO_DAYS_MAX * DAY_US <= used_us <= tx.now_us:
        raise BadEvidence("used_us", "UTC microseconds, within the last year and not after now")
    if reference("exhibit_ref", said.exhibit_ref) and said.reason not in EXHIBITED:
        raise BadEvidence("exhibit_ref", f"nothing, but where the reason is {' or '.join(EXHIBITED)}")
    reference("incident_ref", said.incident_ref)
    reference("uof_ref", said.uof_ref)


def _ways(said: GuardsSaid) -> list[LotPassage]:
    """How the pieces go from hand to hand: to their end, or to the exhibits. What is lost is written off by one
    signature (design 2.2: lot write-off)."""
    person, store, nobody = Holder("PERSON", said.person_id), Holder("STORE", said.store_id), Holder("UNKNOWN", 0)
    of, by, why = said.lot_id, said.by_person, said.reason
    exhibit = reference("exhibit_ref", said.exhibit_ref)
    if exhibit:
        seized = f"{why}, exhibit {exhibit}"
        return [LotPassage(of, said.quantity, "TRANSFERRED", person, Holder("EXHIBIT", 0), by, reason=seized)]
    if why == "LOST":
        first = LotPassage(of, said.quantity, "UNACCOUNTED", person, nobody, by, reason=why)
    else:
        first = LotPassage(of, said.quantity, "RETURNED", person, store, by, reason=why)
    return [first, LotPassage(of, said.quantity, "DISPOSED", first.taker, Holder("DISPOSAL", 0), by, reason=why)]


def _write(tx: Tx, said: GuardsSaid, used_us: int) -> tuple[int, int]:
    row = dict.fromkeys(column.name for column in use_declared.columns)
    row |= {
        "id": tx.ids.take(), "tx_id": tx.id, "lot_id": said.lot_id, "quantity": said.quantity,
        "store_id": said.store_id, "person_id": said.person_id, "uses": "APPLIED" if said.reason == "USED" else "",
        "sort": "OPERATIONAL", "dsi": 0, "reason": said.reason, "used_us": used_us, "at_us": tx.now_us,
        "by_person": said.by_person, "uof_ref": reference("uof_ref", said.uof_ref),
        "incident_ref": reference("incident_ref", said.incident_ref),
    }  # fmt: skip
    payload = {name: value for name, value in row.items() if value is not None and name not in ("tx_id", "at_us")}
    entry = Entry(
        chain=lot_chain(said.lot_id), kind="USED", lot_id=said.lot_id, quantity=said.quantity,
        by_person=said.by_person, reason=said.reason, payload=payload,
    )  # fmt: skip
    row["entry_id"] = append(tx, [entry])[0]
    _USE.add(tx.conn, [row])
    return int(str(row["id"])), int(str(row["entry_id"]))
