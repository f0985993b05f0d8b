"""Kit comes into the ledger: delivered to a store, or already with somebody when the ledger begins.

One rule for the editor: what is already with a person is ASSERTED by two different people with a document, and
the gate's real decision is stored beside it even when it refuses. ASSERTED custody never lights green.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.fittings import Fits, Took, lock_fitted, take_out
from inventory.custody.issue import Request, record_refusal
from inventory.custody.locks import lock
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, Passed, pass_items
from inventory.custody.told_later import Since, tell
from inventory.gate.ask import Ask
from inventory.gate.decision import decide
from inventory.gate.facts import Facts
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import local_day
from inventory.people.people import root_of
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Delivered:
    """One new item placed into a store."""

    item_id: int
    store_id: int
    by_person: int | None = None
    second_person: int | None = None
    order_ref: str | None = None
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DeliveredLot:
    """So many new pieces of a lot placed into a store."""

    lot_id: int
    store_id: int
    quantity: int
    by_person: int | None = None
    second_person: int | None = None
    order_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Assertion:
    """A fact that happened outside the system: `person_id` holds `item_id`. Two people vouch, a document proves."""

    item_id: int
    person_id: int
    store_id: int
    asserted_by: int
    asserted_second: int
    document: str
    return_mode: str = "PERSONAL"
    planned_return_us: int | None = None
    review_on: str | None = None
    purpose: str = "OPERATIONAL"
    corrects: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LotAssertion:
    """As `Assertion`, for kit without serials: `person_id` holds `quantity` pieces of the lot."""

    lot_id: int
    quantity: int
    person_id: int
    store_id: int
    asserted_by: int
    asserted_second: int
    document: str
    giver: Holder | None = None
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What somebody drew at once without the gate, at `at_us`: what the gate would have been asked then, who vouches
    for it, and by which document. Its `by_person_id` is whoever handed it over.

    `was_in_store`: it stood in the ask's store then, whoever the ledger says had it. `corrects` names, by item and by
    lot, the entries that this puts right, `lots_from` who had the pieces.
    """

    ask: Ask
    at_us: int
    asserted_by: int
    asserted_second: int
    document: str
    reason: str
    was_in_store: bool = False
    corrects: Mapping[int, int] = field(default_factory=dict)
    lot_corrects: Mapping[int, int] = field(default_factory=dict)
    lots_from: Holder | None = None


@dataclass(frozen=True, slots=True)
class AssertedDraw:
    """What was written: passages, the entries of lots by lot, and the gate's refusal where it would have refused."""

    passed: list[Passed]
    lot_entries: dict[int, int]
    refused: int | None


def receive(tx: Tx, delivered: Sequence[Delivered]) -> list[Passed]:
    """Place new items into their stores."""
    return pass_items(
        tx,
        [
            Passage(
                item_id=each.item_id,
                kind="RECEIVED",
                taker=Holder("STORE", each.store_id),
                by_person=each.by_person,
                second_person=each.second_person,
                reason=each.order_ref,
                payload=each.payload,
            )
            for each in delivered
        ],
    )


def receive_lots(tx: Tx, delivered: Sequence[DeliveredLot]) -> list[int]:
    """Place new pieces of lots into their stores; returns the ledger entries."""
    return pass_lots(
        tx,
        [
            LotPassage(each.lot_id, each.quantity, "RECEIVED", None, Holder("STORE", each.store_id), each.by_person,
                       reason=each.order_ref, second_person=each.second_person)
            for each in delivered
        ],
    )  # fmt: skip


def receive_lot(tx: Tx, lot_id: int, store_id: int, quantity: int, by_person: int | None = None) -> int:
    """Place `quantity` pieces of a lot into a store; returns the ledger entry."""
    return receive_lots(tx, [DeliveredLot(lot_id, store_id, quantity, by_person)])[0]


def assert_held(tx: Tx, assertions: Sequence[Assertion], policy: Policy) -> list[Passed]:
    """Write down that people hold kit already, with what is loaded in it. Gives an answer for each of these.

    Each assertion is judged by the gate as it stands; where it would have refused, the refusal is stored and an
    alarm is raised. Custody is written all the same, because the kit is out there. Raises ValueError where two
    people or a document are missing.
    """
    _check_vouched(assertions)
    lock(tx, [a.person_id for a in assertions], [])
    fits = lock_fitted(tx, [a.item_id for a in assertions])
    asks = [
        _ask(each, item_ids=(each.item_id,), planned_return_us=each.planned_return_us) for each in assertions
    ]
    _judge_asserted(tx, asks, policy)
    held = _with_what_is_in_it(assertions, fits)
    passed = pass_items(tx, [_passage(each) for each in held])
    take_out(tx, _left_apart(held, fits))
    return passed


def assert_drawn(tx: Tx, drawn: Drawn, policy: Policy) -> AssertedDraw:
    """Write down that somebody has what they drew without the gate, judged as the gate would have judged it then.

    Where it would have refused, the refusal is stored and an alarm is raised for each item. Raises ValueError where two
    people or a document are missing, or who has it vouches for it; NotPossible, TooFew.
    """
    ask = drawn.ask
    assertions = [_asserted(drawn, item_id) for item_id in ask.item_ids]
    lots = [_lot_asserted(drawn, lot_id, quantity) for lot_id, quantity in ask.lots]
    _check_vouched([*assertions, *lots])
    _check_not_theirs(tx, drawn)
    lock(tx, [ask.person_id], [])
    fits = lock_fitted(tx, ask.item_ids)
    facts = gather(tx.conn, [ask], policy, drawn.at_us)[0]
    if drawn.was_in_store:
        here = tuple(replace(each, holder="STORE", holder_id=ask.store_id) for each in facts.items)
        facts = replace(facts, items=here)
    refused = _judged(tx, ask, facts, policy)
    held = [_on_terms(tx, each, facts, policy) for each in _with_what_is_in_it(assertions, fits)]
    passed = pass_items(tx, [_passage(_of_its_own(each, drawn)) for each in held])
    take_out(tx, _left_apart(held, fits))
    tell(
        tx,
        [Since(each.item_id, Holder("PERSON", ask.person_id), drawn.at_us, each.entry_id) for each in passed],
    )
    entries = pass_lots(tx, [_lot_passage(each) for each in lots])
    return AssertedDraw(passed, dict(zip((lot for lot, _ in ask.lots), entries, strict=True)), refused)


def _asserted(drawn: Drawn, item_id: int) -> Assertion:
    ask = drawn.ask
    return Assertion(
        item_id, ask.person_id, ask.store_id, drawn.asserted_by, drawn.asserted_second, drawn.document,
        planned_return_us=ask.planned_return_us, purpose=ask.purpose, reason=drawn.reason,
    )  # fmt: skip


def _lot_asserted(drawn: Drawn, lot_id: int, quantity: int) -> LotAssertion:
    ask = drawn.ask
    return LotAssertion(
        lot_id, quantity, ask.person_id, ask.store_id, drawn.asserted_by, drawn.asserted_second, drawn.document,
        drawn.lots_from, drawn.lot_corrects.get(lot_id),
    )  # fmt: skip


def _of_its_own(each: Assertion, drawn: Drawn) -> Assertion:
    """With the entry that is put right: what is loaded in something has entries of its own."""
    return replace(each, corrects=drawn.corrects.get(each.item_id))


def _on_terms(tx: Tx, each: Assertion, facts: Facts, policy: Policy) -> Assertion:
    """For a duty, or to keep until it is looked at again: as the policy has it for this kind."""
    kinds = {kit.id: kit.kind for kit in facts.items}
    terms = policy.kind(kinds.get(each.item_id, ""), each.purpose)
    if terms is None or terms.return_mode == "PERSONAL" or each.planned_return_us is None:
        days = terms.review_days if terms and terms.review_days is not None else 0
        review = (local_day(tx.now_us) + timedelta(days=days)).isoformat()
        return replace(each, return_mode="PERSONAL", review_on=review)
    return replace(each, return_mode="DUTY")


def _check_not_theirs(tx: Tx, drawn: Drawn) -> None:
    theirs = root_of(tx.conn, drawn.ask.person_id)
    one, other = root_of(tx.conn, drawn.asserted_by), root_of(tx.conn, drawn.asserted_second)
    if one == other:
        raise ValueError("second: somebody else than the first person, by whichever record")
    if theirs in (one, other):
        raise ValueError(
            "person_id: somebody who does not vouch for it: nobody vouches for what they hold themselves"
        )


def _with_what_is_in_it(assertions: Sequence[Assertion], fits: Fits) -> list[Assertion]:
    named = {each.item_id for each in assertions}
    inside = [(each, fit.child_id) for each in assertions for fit in fits.of(each.item_id)]
    return [*assertions, *(replace(each, item_id=child) for each, child in inside if child not in named)]


def _left_apart(held: Sequence[Assertion], fits: Fits) -> list[Took]:
    """What somebody holds without the thing it is recorded in: it was taken out."""
    holder = {each.item_id: each.person_id for each in held}
    asserted = [(each, fits.within.get(each.item_id)) for each in held]
    return [
        Took(fit, "held without it", each.asserted_by)
        for each, fit in asserted
        if fit is not None and holder.get(fit.parent_id) != each.person_id
    ]


def assert_lots_held(tx: Tx, assertions: Sequence[LotAssertion], policy: Policy) -> list[int]:
    """As `assert_held`, for pieces of lots; returns the ledger entries. Raises ValueError and TooFew.

    The pieces were never in a store: the lot's balance there is not touched.
    """
    _check_vouched(assertions)
    lock(tx, [a.person_id for a in assertions], [])
    _judge_asserted(tx, [_ask(each, lots=((each.lot_id, each.quantity),)) for each in assertions], policy)
    return pass_lots(tx, [_lot_passage(each) for each in assertions])


def _check_vouched(assertions: Sequence[Assertion | LotAssertion]) -> None:
    for each in assertions:
        if each.asserted_by == each.asserted_second:
            raise ValueError("asserted_second: a second, different person must vouch")
        if not each.document.strip():
            raise ValueError("document: name the document that proves it")


def _judge_asserted(tx: Tx, asks: Sequence[Ask], policy: Policy) -> None:
    """Store the gate's real decision where it would have refused, and say so."""
    for ask, facts in zip(asks, gather(tx.conn, asks, policy, tx.now_us), strict=True):
        _judged(tx, ask, facts, policy)


def _judged(tx: Tx, ask: Ask, facts: Facts, policy: Policy) -> int | None:
    """The id of the refusal, stored and said aloud; None where the gate would have allowed it."""
    made = decide(facts, policy)
    if made.verdict != "DENY":
        return None
    refused = record_refusal(tx, Request(ask), facts, made)
    codes = ", ".join(dict.fromkeys(r.code for r in made.refusals if r.stops))
    item_id = ask.item_ids[0] if ask.item_ids else None
    raise_alarms(tx, [Raise("ASSERTED_INELIGIBLE", codes, ask.store_id, item_id, ask.person_id)])
    return refused


def _ask(
    each: Assertion | LotAssertion,
    item_ids: tuple[int, ...] = (),
    lots: tuple[tuple[int, int], ...] = (),
    planned_return_us: int | None = None,
) -> Ask:
    return Ask(
        person_id=each.person_id,
        store_id=each.store_id,
        item_ids=item_ids,
        lots=lots,
        purpose=each.purpose if isinstance(each, Assertion) else "OPERATIONAL",
        planned_return_us=planned_return_us,
        door="assertion",
        by_person_id=each.asserted_by,
        stage="ADDING",
    )


def _lot_passage(each: LotAssertion) -> LotPassage:
    return LotPassage(
        lot_id=each.lot_id,
        quantity=each.quantity,
        kind="ASSERTED",
        giver=each.giver,
        taker=Holder("PERSON", each.person_id),
        by_person=each.asserted_by,
        reason=each.document,
        second_person=each.asserted_second,
        corrects=each.corrects,
    )


def _passage(each: Assertion) -> Passage:
    return Passage(
        item_id=each.item_id,
        kind="ASSERTED",
        taker=Holder("PERSON", each.person_id),
        by_person=each.asserted_by,
        second_person=each.asserted_second,
        purpose=each.purpose,
        return_mode=each.return_mode,
        planned_return_us=each.planned_return_us,
        review_on=each.review_on,
        document=each.document,
        corrects=each.corrects,
        reason=each.reason,
    )
