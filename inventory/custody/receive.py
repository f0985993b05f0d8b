"""Kit comes into the ledger: delivered to a store, or already with somebody when the ledger begins.

One rule for the editor: what is already with a person is ASSERTED by two different people with a document, and
the gate's real decision is stored beside it even when it refuses. ASSERTED custody never lights green.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.issue import Request, record_refusal
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, Passed, lock, pass_items
from inventory.gate.ask import Ask
from inventory.gate.decision import decide
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Delivered:
    """One new item placed into a store."""

    item_id: int
    store_id: int
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
            )
            for each in delivered
        ],
    )


def receive_lot(tx: Tx, lot_id: int, store_id: int, quantity: int, by_person: int | None = None) -> int:
    """Place `quantity` pieces of a lot into a store; returns the ledger entry."""
    return pass_lots(
        tx, [LotPassage(lot_id, quantity, "RECEIVED", None, Holder("STORE", store_id), by_person)]
    )[0]


def assert_held(tx: Tx, assertions: Sequence[Assertion], policy: Policy) -> list[Passed]:
    """Write down that people hold kit already. Raises ValueError where two people or a document are missing.

    Each assertion is judged by the gate as it stands; where it would have refused, the refusal is stored and an
    alarm is raised. Custody is written all the same, because the kit is out there.
    """
    for each in assertions:
        if each.asserted_by == each.asserted_second:
            raise ValueError("asserted_second: a second, different person must vouch")
        if not each.document.strip():
            raise ValueError("document: name the document that proves it")
    lock(tx, [a.person_id for a in assertions], [a.item_id for a in assertions])
    asks = [_ask(each) for each in assertions]
    for each, facts in zip(assertions, gather(tx.conn, asks, policy, tx.now_us), strict=True):
        made = decide(facts, policy)
        if made.verdict == "DENY":
            record_refusal(tx, Request(_ask(each)), facts, made)
            codes = ", ".join(r.code for r in made.refusals if r.stops)
            raise_alarms(
                tx, [Raise("ASSERTED_INELIGIBLE", codes, each.store_id, each.item_id, each.person_id)]
            )
    return pass_items(tx, [_passage(each) for each in assertions])


def _ask(each: Assertion) -> Ask:
    return Ask(
        person_id=each.person_id,
        store_id=each.store_id,
        item_ids=(each.item_id,),
        lots=(),
        purpose=each.purpose,
        planned_return_us=each.planned_return_us,
        door="assertion",
        by_person_id=each.asserted_by,
        stage="ADDING",
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
    )
