"""Issue: the one door through which kit reaches a person.

One rule for the editor: facts are read, the decision is made, and decision, custody and ledger are written in
this file, in one transaction, in this order. Whatever wants to issue kit (hatch, REST, bulk, replay) comes here
with an `Ask`; there is no other way, no role and no flag (decision record 0001).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from inventory.custody.ledger import Entry, append, store_chain
from inventory.custody.locks import lock, lock_lots
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, pass_items
from inventory.gate.ask import Ask
from inventory.gate.decision import Decision, decide
from inventory.gate.facts import Facts
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import local_day
from inventory.schema.custody import decision, decision_item, decision_lot
from inventory.schema.fast import Inserter
from inventory.schema.overrides import decision_override
from inventory.schema.tx import Tx

_DECISION = Inserter(decision)
_DECISION_ITEM = Inserter(decision_item)
_DECISION_LOT = Inserter(decision_lot)
_DECISION_OVERRIDE = Inserter(decision_override)


class NotTogether(ValueError):
    """Requests that cannot be decided on one reading of the facts: decide them one by one."""


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
    """An ask with what the write needs beside it: its visit, the reading that caused it, and the hand-over it is half
    of, with the items that were handed in for it."""

    ask: Ask
    visit_id: int | None = None
    reading_key: str | None = None
    handover_id: int | None = None
    handed: frozenset[int] = frozenset()


def issue_kit(tx: Tx, requests: Sequence[Request], policy: Policy) -> list[Issued]:
    """Decide every request and issue what is allowed. Requests must not share a person or an item.

    A refused request is an answer, not an error: its decision is stored as carefully as an issue. Raises
    NotTogether for two records of one person (what one draws, the other's decision must know), NotPossible or the
    driver's IntegrityError where custody changed under a decision (then nothing is written).
    """
    asks = [request.ask for request in requests]
    gathered = _under_lock(tx, asks, policy)
    drawing = [facts.person.id for facts in gathered if facts.person is not None]
    if len(set(drawing)) < len(drawing):
        raise NotTogether("two requests are for one person")
    judged = [
        _Judged(request, facts, decide(facts, policy), tx.ids.take())
        for request, facts in zip(requests, gathered, strict=True)
    ]
    _store(tx, judged)
    allowed = [each for each in judged if each.made.verdict == "ALLOW"]
    pass_items(tx, [passage for each in allowed for passage in _passages(tx, each, policy)])
    pass_lots(tx, [passage for each in allowed for passage in _lot_passages(each)])
    append(tx, [_refusal(each) for each in judged if each.made.verdict != "ALLOW"])
    return [_issued(each) for each in judged]


def _under_lock(tx: Tx, asks: Sequence[Ask], policy: Policy) -> list[Facts]:
    """The facts, read once everybody else must wait for these people and items, those loaded in them too."""
    named = {each for ask in asks for each in ask.item_ids}
    lock(tx, [ask.person_id for ask in asks], list(named))
    lock_lots(tx, [lot_id for ask in asks for lot_id, _ in ask.lots])
    gathered = gather(tx.conn, asks, policy, tx.now_us)
    fitted = {kit.id for facts in gathered for kit in facts.items} - named
    if not fitted or tx.conn.dialect.name == "sqlite":
        return gathered
    lock(tx, [], list(fitted))
    return gather(tx.conn, asks, policy, tx.now_us)


def record_refusal(tx: Tx, request: Request, facts: Facts, made: Decision) -> int:
    """Store a DENY that was made without an attempt to issue (a scan refused at the hatch). Returns its id."""
    if made.verdict != "DENY":
        raise ValueError("only a refusal is stored without an issue")
    judged = _Judged(request, facts, made, tx.ids.take())
    _store(tx, [judged])
    append(tx, [_refusal(judged)])
    return judged.decision_id


@dataclass(frozen=True, slots=True)
class _Judged:
    """A request with the facts it was judged on, the decision, and the decision's id."""

    request: Request
    facts: Facts
    made: Decision
    decision_id: int


def _issued(judged: _Judged) -> Issued:
    allowed = judged.made.verdict == "ALLOW"
    items = tuple(kit.id for kit in judged.facts.items) if allowed else ()
    return Issued(judged.decision_id, judged.made, items, judged.request.ask.lots if allowed else ())


def _store(tx: Tx, judged: Sequence[_Judged]) -> None:
    _DECISION.add(tx.conn, [_row(tx, each) for each in judged])
    _DECISION_ITEM.add(
        tx.conn,
        [{"decision_id": each.decision_id, "item_id": kit.id} for each in judged for kit in each.facts.items],
    )
    lots = [(each.decision_id, lot, n) for each in judged for lot, n in each.request.ask.lots]
    unknown = {lot for each in judged for lot in each.facts.unknown_lots}
    _DECISION_LOT.add(
        tx.conn,
        [{"decision_id": i, "lot_id": lot, "quantity": n} for i, lot, n in lots if lot not in unknown],
    )
    _DECISION_OVERRIDE.add(
        tx.conn,
        [{"decision_id": i.decision_id, "override_id": each} for i in judged for each in _relied_on(i.made)],
    )


def _relied_on(made: Decision) -> list[int]:
    """The overrides that answered a refusal of this decision."""
    return sorted({each.override_id for each in made.refusals if each.override_id is not None})


def _on_override(made: Decision) -> str | None:
    """What the ledger says of an issue that relied on overrides."""
    return ", ".join(f"override {each}" for each in _relied_on(made)) or None


def _said(judged: _Judged, item_id: int) -> dict[str, Any]:
    """What the ledger says of an issue that relied on overrides, or was handed over: by whom, in which act."""
    reason, number = _on_override(judged.made), judged.request.handover_id
    if number is None or item_id not in judged.request.handed:
        return {"reason": reason}
    said = f"handover {number}" if reason is None else f"{reason}, handover {number}"
    return {"reason": said, "second_person": judged.request.ask.handed_by}


def _row(tx: Tx, judged: _Judged) -> dict[str, Any]:
    ask, made = judged.request.ask, judged.made
    return {
        "id": judged.decision_id,
        "tx_id": tx.id,
        "person_id": ask.person_id,
        "store_id": ask.store_id,
        "visit_id": judged.request.visit_id,
        "purpose": ask.purpose,
        "verdict": made.verdict,
        "decided_us": tx.now_us,
        "planned_return_us": ask.planned_return_us,
        "valid_until_us": made.valid_until_us,
        "policy_hash": made.policy_hash,
        "door": ask.door,
        "by_person": ask.by_person_id,
        "refusals": made.refusals_json(),
        "facts": made.facts_json,
    }


def _passages(tx: Tx, judged: _Judged, policy: Policy) -> list[Passage]:
    ask = judged.request.ask
    passages = []
    for kit in (
        judged.facts.items
    ):  # what was asked for and what is fitted in it: a magazine's cartridges go with it
        terms = policy.kind(kit.kind, ask.purpose)
        if terms is None:
            raise LookupError(f"kind {kit.kind} was allowed without a policy")
        mode = judged.made.return_modes[kit.id]
        review = None
        if terms.review_days is not None and mode == "PERSONAL":
            review = local_day(tx.now_us) + timedelta(days=terms.review_days)
        passages.append(
            Passage(
                item_id=kit.id,
                kind="ISSUED",
                taker=Holder("PERSON", ask.person_id),
                by_person=ask.by_person_id,
                decision_id=judged.decision_id,
                purpose=ask.purpose,
                return_mode=mode,
                planned_return_us=None if mode == "PERSONAL" else ask.planned_return_us,
                review_on=review.isoformat() if review else None,
                visit_id=judged.request.visit_id,
                reading_key=judged.request.reading_key,
                policy_hash=judged.made.policy_hash,
                **_said(judged, kit.id),
            )
        )
    return passages


def _lot_passages(judged: _Judged) -> list[LotPassage]:
    """Pieces of lots are carried for good; on an override, for that one duty alone (as items are: `decision`)."""
    ask = judged.request.ask
    due_us = ask.planned_return_us if _relied_on(judged.made) else None
    return [
        LotPassage(lot_id, quantity, "ISSUED", Holder("STORE", ask.store_id), Holder("PERSON", ask.person_id),
                   ask.by_person_id, judged.decision_id, judged.request.visit_id, judged.made.policy_hash,
                   _on_override(judged.made), due_us=due_us)
        for lot_id, quantity in ask.lots
    ]  # fmt: skip


def _refusal(judged: _Judged) -> Entry:
    ask = judged.request.ask
    # The codes that may be shown: the ledger is read by many, why somebody is restricted only in the decision.
    stops = dict.fromkeys(reason.public_code for reason in judged.made.refusals if reason.stops)
    known = [kit.id for kit in judged.facts.items]
    return Entry(
        chain=store_chain(ask.store_id),
        kind="REFUSED",
        item_id=ask.item_ids[-1] if ask.item_ids and ask.item_ids[-1] in known else None,
        taker="PERSON",
        taker_id=ask.person_id,
        decision_id=judged.decision_id,
        visit_id=judged.request.visit_id,
        by_person=ask.by_person_id,
        reading_key=judged.request.reading_key,
        policy_hash=judged.made.policy_hash,
        reason=",".join(stops),
    )
