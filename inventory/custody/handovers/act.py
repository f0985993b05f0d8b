"""Kit passes from officer to officer in one act: handed in by the one, issued to the other, by one gate and one commit.

One rule for the editor: nothing is handed in unless the gate has said yes to the receiver before, on the facts as they
will be then; and the issue asks it again. A refusal changes nothing but the record of the refusal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.fittings import lock_fitted
from inventory.custody.issue import Issued, Request, issue_kit, record_refusal
from inventory.custody.locks import lock
from inventory.custody.returns import Back, Returned, return_kit
from inventory.gate.ask import Ask
from inventory.gate.decision import Decision, decide
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.people.people import root_of
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.handovers import handover, handover_item
from inventory.schema.tx import Tx

INSTEAD = "It can be handed in at the store instead: a return is never refused."
"""What is possible where the receiver may not have it."""


class NotHandedOver(ValueError):
    """Nothing was done, and no gate was asked: who stands there does not fit the act. Says what is possible instead."""


@dataclass(frozen=True, slots=True)
class Handing:
    """A hand-over: what is asked for the receiver (`ask.handed_by` is the giver, `ask.by_person_id` who countersigns),
    and how both were made sure of (a word of `words.PROOFS` each; the receiver's is `ask.authenticated_by`)."""

    ask: Ask
    giver_proof: str
    reason: str | None = None
    visit_id: int | None = None
    reading_key: str | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The answer: the decision as stored, and where it allows, the number of the act and what changed hands."""

    decision_id: int
    decision: Decision
    handover_id: int | None
    issued: Issued | None
    handed: tuple[int, ...] = ()


_HELD = Fast(
    sa.select(custody.c.item_id, custody.c.opened_entry).where(
        among(custody.c.item_id, "items"),
        custody.c.closed_entry.is_(None),
        custody.c.holder == sa.literal_column("'PERSON'"),
        custody.c.holder_id == sa.bindparam("person_id"),
    )
)
_HANDOVER, _ITEM = Inserter(handover), Inserter(handover_item)


def held_by(conn: sa.Connection, person_id: int, item_ids: Sequence[int]) -> dict[int, int]:
    """Which of these items the person has, each with the ledger entry by which they have it."""
    rows = _HELD.rows(conn, {"items": list(item_ids), "person_id": person_id}) if item_ids else []
    return {row[0]: row[1] for row in rows}


def hand_over(tx: Tx, handing: Handing, policy: Policy) -> HandedOver:
    """Close the giver's custody and open the receiver's. Raises NotHandedOver where it is no hand-over at all."""
    giver, ask = _giver(handing.ask), handing.ask
    people = [giver, ask.person_id] + ([ask.by_person_id] if ask.by_person_id is not None else [])
    lock(tx, people, list(ask.item_ids))
    lock_fitted(tx, ask.item_ids)
    _need_three(tx, handing)
    if not held_by(tx.conn, giver, ask.item_ids):
        raise NotHandedOver("None of this is out with the officer who hands over. Issue it as from the shelf.")
    facts = gather(tx.conn, [ask], policy, tx.now_us)[0]
    made = decide(facts, policy)
    if not made.allowed:
        request = Request(ask, handing.visit_id, handing.reading_key)
        return HandedOver(record_refusal(tx, request, facts, made), made, None, None)
    handed = tuple(held_by(tx.conn, giver, [kit.id for kit in facts.items]))
    return _pass_on(tx, handing, handed, policy)


def _giver(ask: Ask) -> int:
    if ask.handed_by is None:
        raise NotHandedOver("Nobody hands over.")
    return ask.handed_by


def _need_three(tx: Tx, handing: Handing) -> None:
    """Giver, receiver and who countersigns are three people, however many records each has."""
    giver, by = root_of(tx.conn, _giver(handing.ask)), handing.ask.by_person_id
    if giver == root_of(tx.conn, handing.ask.person_id):
        raise NotHandedOver("Giver and receiver are one person: it is with them already.")
    if by is not None and giver == root_of(tx.conn, by):
        raise NotHandedOver("Nobody countersigns what they hand over themselves: another issuer does.")


def _pass_on(tx: Tx, handing: Handing, handed: tuple[int, ...], policy: Policy) -> HandedOver:
    ask, number, giver = handing.ask, tx.ids.take(), _giver(handing.ask)
    named = held_by(tx.conn, giver, ask.item_ids)
    backs = [
        Back(item_id, ask.store_id, ask.by_person_id, visit_id=handing.visit_id, reading_key=handing.reading_key,
             handed_to=ask.person_id, handover_id=number)
        for item_id in named
    ]  # fmt: skip
    back = return_kit(tx, backs)
    request = Request(ask, handing.visit_id, handing.reading_key, number, frozenset(handed))
    issued = issue_kit(tx, [request], policy)[0]
    if not issued.allowed:
        raise RuntimeError(f"the gate changed its mind within one act: {issued.decision.refusals}")
    _write(tx, handing, issued, number, _entries(back))
    return HandedOver(issued.decision_id, issued.decision, number, issued, handed)


def _entries(back: Sequence[Returned]) -> dict[int, int]:
    """Item -> the entry by which it was handed in, what came along loaded too."""
    found = {each.item_id: each.entry_id for each in back}
    found |= {along.item_id: along.entry_id for each in back for along in each.along}
    return {item_id: entry for item_id, entry in found.items() if entry is not None}


def _write(tx: Tx, handing: Handing, issued: Issued, number: int, returned: Mapping[int, int]) -> None:
    ask = handing.ask
    _HANDOVER.add(
        tx.conn,
        [
            {
                "id": number, "tx_id": tx.id, "store_id": ask.store_id, "giver_id": ask.handed_by,
                "receiver_id": ask.person_id, "decision_id": issued.decision_id, "by_person": ask.by_person_id,
                "giver_proof": handing.giver_proof, "receiver_proof": ask.authenticated_by, "at_us": tx.now_us,
                "visit_id": handing.visit_id, "reason": handing.reason,
            }
        ],
    )  # fmt: skip
    taken = held_by(tx.conn, ask.person_id, sorted(returned))
    _ITEM.add(
        tx.conn,
        [
            {"id": tx.ids.take(), "tx_id": tx.id, "handover_id": number, "item_id": item_id,
             "returned_entry": entry, "issued_entry": taken[item_id]}
            for item_id, entry in returned.items()
        ],
    )  # fmt: skip
    tx.say(f"store:{ask.store_id}", {"type": "handover", "handover_id": number, "at_us": tx.now_us})


