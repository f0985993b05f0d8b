"""Issue: the one door through which kit reaches a person.

One rule for the editor: facts are read, the decision is made, and decision, custody and ledger are written in
this file, in one transaction, in this order. Whatever wants to issue kit (hatch, REST, bulk, replay) comes here
with an `Ask`; there is no other way, no role and no flag (decision record 0001).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from inventory.custody.ledger import Entry, append, store_chain
from inventory.custody.lots import pass_lots, LotPassage
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, lock, pass_items
from inventory.gate.ask import Ask
from inventory.gate.decision import Decision, decide
from inventory.gate.gather import gather
from inventory.gate.policy import Policy
from inventory.schema.custody import decision, decision_item, decision_lot
from inventory.schema.fast import Inserter
from inventory.schema.tx import Tx

_DECISION = Inserter(decision)
_DECISION_ITEM = Inserter(decision_item)
_DECISION_LOT = Inserter(decision_lot)


@dataclass(frozen=True, slots=True)
class Issued:
    """The answer to one ask: the decision as stored, and what was issued by it (nothing when it denies)."""

    decision_id: int
    decision: Decision
    item_ids: tuple[int, ...]
    lots: tuple[tuple[int, int], ...]

    @property
    def allowed(self) -> bool:
        """True when the kit has passed to the person."""
        return self.decision.verdict == "ALLOW"


@dataclass(frozen=True, slots=True)
class Request:
    """An ask with what the write needs beside it: the visit it belongs to and the reading that caused it."""

    ask: Ask
    visit_id: int | None = None
    reading_key: str | None = None


def issue_kit(tx: Tx, requests: Sequence[Request], policy: Policy) -> list[Issued]:
    """Decide every request and issue what is allowed. Requests must not share a person or an item.

    A refused request is an answer, not an error: its decision is stored as carefully as an issue. Raises
    NotPossible or the driver's IntegrityError where custody changed under a decision (then nothing is written).
    """
    asks = [request.ask for request in requests]
    lock(tx, [ask.person_id for ask in asks], [i for ask in asks for i in ask.item_ids])
    decisions = [decide(facts, policy) for facts in gather(tx.conn, asks, policy, tx.now_us)]
    ids = [tx.ids.take() for _ in asks]
    _store(tx, asks, decisions, ids)
    passages: list[Passage] = []
    lots: list[LotPassage] = []
    refused: list[Entry] = []
    for request, made, decision_id in zip(requests, decisions, ids, strict=True):
        if made.verdict == "ALLOW":
            passages += _passages(request, made, decision_id, policy)
            lots += _lot_passages(request, made, decision_id)
        else:
            refused.append(_refusal(request, made, decision_id))
    pass_items(tx, passages)
    pass_lots(tx, lots)
    append(tx, refused)
    return [_issued(r, made, i) for r, made, i in zip(requests, decisions, ids, strict=True)]


def record_refusal(tx: Tx, request: Request, made: Decision) -> int:
    """Store a DENY that was made without an attempt to issue (a scan refused at the hatch). Returns its id."""
    if made.verdict != "DENY":
        raise ValueError("only a refusal is stored without an issue")
    decision_id = tx.ids.take()
    _store(tx, [request.ask], [made], [decision_id])
    append(tx, [_refusal(request, made, decision_id)])
    return decision_id


def _issued(request: Request, made: Decision, decision_id: int) -> Issued:
    allowed = made.verdict == "ALLOW"
    return Issued(
        decision_id, made, request.ask.item_ids if allowed else (), request.ask.lots if allowed else ()
    )  # fmt: skip


def _store(tx: Tx, asks: Sequence[Ask], decisions: Sequence[Decision], ids: Sequence[int]) -> None:
    _DECISION.add(tx.conn, [_row(tx, a, d, i) for a, d, i in zip(asks, decisions, ids, strict=True)])
    pairs = [(i, a) for i, a in zip(ids, asks, strict=True)]
    _DECISION_ITEM.add(
        tx.conn, [{"decision_id": i, "item_id": item} for i, a in pairs for item in a.item_ids]
    )
    _DECISION_LOT.add(
        tx.conn, [{"decision_id": i, "lot_id": lot, "quantity": n} for i, a in pairs for lot, n in a.lots]
    )


def _row(tx: Tx, ask: Ask, made: Decision, decision_id: int) -> dict[str, Any]:
    return {
        "id": decision_id,
        "tx_id": tx.id,
        "person_id": ask.person_id,
        "store_id": ask.store_id,
        "visit_id": None,
        "purpose": ask.purpose,
        "verdict": made.verdict,
        "decided_us": tx.now_us,
        "planned_return_us": ask.planned_return_us,
        "valid_until_us": made.valid_until_us,
        "policy_hash": made.policy_hash,
        "door": ask.door,
        "by_person": ask.by_person_id,
        "refusals": json.dumps([asdict(r) for r in made.refusals], separators=(",", ":")),
        "facts": made.facts_json,
    }


def _passages(request: Request, made: Decision, decision_id: int, policy: Policy) -> list[Passage]:
    ask = request.ask
    return [
        Passage(
            item_id=item_id,
            kind="ISSUED",
            taker=Holder("PERSON", ask.person_id),
            by_person=ask.by_person_id,
            decision_id=decision_id,
            purpose=ask.purpose,
            return_mode=made.return_modes[item_id],
            planned_return_us=ask.planned_return_us,
            visit_id=request.visit_id,
            reading_key=request.reading_key,
            policy_hash=made.policy_hash,
        )
        for item_id in ask.item_ids
    ]


def _lot_passages(request: Request, made: Decision, decision_id: int) -> list[LotPassage]:
    ask = request.ask
    return [
        LotPassage(lot_id, quantity, "ISSUED", Holder("STORE", ask.store_id), Holder("PERSON", ask.person_id),
                   ask.by_person_id, decision_id, request.visit_id, made.policy_hash)
        for lot_id, quantity in ask.lots
    ]  # fmt: skip


def _refusal(request: Request, made: Decision, decision_id: int) -> Entry:
    hard = [r.code for r in made.refusals if r.weight != "WARN"]
    return Entry(
        chain=store_chain(request.ask.store_id),
        kind="REFUSED",
        item_id=request.ask.item_ids[-1] if request.ask.item_ids else None,
        taker="PERSON",
        taker_id=request.ask.person_id,
        decision_id=decision_id,
        visit_id=request.visit_id,
        by_person=request.ask.by_person_id,
        reading_key=request.reading_key,
        policy_hash=made.policy_hash,
        reason=",".join(hard),
    )
