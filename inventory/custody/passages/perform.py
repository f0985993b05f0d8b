"""One act of the table of passages, by one person or two, with its evidence: done whole, or refused whole.

One rule for the editor: an act is looked up, asked and written in one transaction, and what it did stands in the
ledger beside a PASSED entry with its evidence. A refusal says what is possible instead, and for whom.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inventory.custody.fittings import lock_fitted
from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.locks import lock
from inventory.custody.passages.effects import carry_out
from inventory.custody.passages.fields import read_evidence
from inventory.custody.passages.looking import Option, capable, look, options
from inventory.custody.passages.row import Act, Bar, Looked, Row
from inventory.custody.passages.table import row_of
from inventory.gate.kind_policy import Policy
from inventory.gate.wording import label_of
from inventory.people.capabilities import Held, held_by
from inventory.people.people import root_of
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Performed:
    """What was done: the PASSED entry, and the states before and after."""

    item_id: int
    act: str
    entry_id: int
    before: str
    after: str


class NotPerformed(ValueError):
    """Nothing was done. `bars` say why; `instead` are the passages from there, for whoever asked."""

    def __init__(self, looked: Looked, bars: Sequence[Bar], instead: Sequence[Option]) -> None:
        super().__init__(" ".join(bar.sentence for bar in bars))
        self.item_id, self.state = looked.seen.item.id, looked.state
        self.bars, self.instead = tuple(bars), tuple(instead)


def perform(tx: Tx, act: Act, policy: Policy) -> Performed:
    """Do one act.

    Raises NotPerformed where it is not possible from where the item stands, or not for these people; BadEvidence for a
    field that does not fit; LookupError for an item that is not known; HoldRefused where only another may lift.
    """
    return perform_all(tx, [act], policy)[0]


def perform_all(tx: Tx, acts: Sequence[Act], policy: Policy) -> list[Performed]:
    """Do several acts, on distinct items, or none. Raises as `perform` does."""
    ids = [act.item_id for act in acts]
    if len(set(ids)) < len(ids):
        raise ValueError("item_id: each item once")
    people = {each for act in acts for each in (act.by_person, act.second_person) if each is not None}
    lock(tx, sorted(people), [])
    lock_fitted(tx, ids)
    held = held_by(tx.conn, sorted(people), tx.now_us)
    before = look(tx.conn, ids, policy, tx.now_us)
    entries = []
    for act in acts:
        if act.item_id not in before:
            raise LookupError(f"item {act.item_id} is not known")
        looked = before[act.item_id]
        row, whole = _allowed(tx, act, looked, held)
        entries.append(append(tx, [_entry(row, looked, whole)])[0])
        carry_out(tx, row, looked, whole)
        tx.say("all", {"type": "passage", "item_id": act.item_id, "act": row.act, "at_us": tx.now_us})
    after = look(tx.conn, ids, policy, tx.now_us)
    return [
        Performed(act.item_id, act.name, entry, before[act.item_id].state, after[act.item_id].state)
        for act, entry in zip(acts, entries, strict=True)
    ]


def _allowed(tx: Tx, act: Act, looked: Looked, held: dict[int, frozenset[Held]]) -> tuple[Row, Act]:
    """The row of an act and the act with its evidence read. Raises as `perform` does."""
    mine = held[act.by_person]
    row = row_of(looked, act.name)
    if row is None:
        raise NotPerformed(looked, [_no_way(looked, act)], options(looked, mine))
    bars = _people_bars(tx, row, looked, act, held)
    if bars:
        raise NotPerformed(looked, bars, options(looked, mine))
    whole = replace(act, evidence=read_evidence(row, act.evidence, tx.now_us))
    against = row.bars(replace(looked, evidence=whole.evidence))
    if against:
        raise NotPerformed(looked, against, options(looked, mine))
    return row, whole


def _no_way(looked: Looked, act: Act) -> Bar:
    state = looked.state.replace("_", " ").lower()
    return Bar(f"{label_of(looked.seen.item)} is {state}: {act.name} does not lead on from there.")


def _people_bars(tx: Tx, row: Row, looked: Looked, act: Act, held: dict[int, frozenset[Held]]) -> list[Bar]:
    """What is wrong with who asks (design `domain.md` 3.0, invariant 7)."""
    if not capable(held[act.by_person], row.who, looked.store_id):
        return [Bar(f"{row.title} is for {_listed(row.who)} of this store.", "Ask one of them.")]
    if row.second is None:
        return []
    if act.second_person is None:
        return [
            Bar(f"{row.title} takes two people.", f"The second is {_listed(row.second) or 'anybody else'}.")
        ]
    if root_of(tx.conn, act.second_person) == root_of(tx.conn, act.by_person):
        return [Bar("The second person is the first.", "Somebody else signs as the second.")]
    if not capable(held[act.second_person], row.second, looked.store_id):
        return [
            Bar(f"The second person for this is {_listed(row.second)} of this store.", "Ask one of them.")
        ]
    return []


def _listed(capabilities: Sequence[str]) -> str:
    return " or ".join(each.replace("_", " ").lower() for each in capabilities)


def _entry(row: Row, looked: Looked, act: Act) -> Entry:
    return Entry(
        chain=item_chain(act.item_id),
        kind="PASSED",
        item_id=act.item_id,
        by_person=act.by_person,
        second_person=act.second_person if row.second is not None else None,
        policy_hash=looked.policy.hash,
        reason=f"{row.act}: {looked.state} to {row.to}",
        payload={"act": row.act, "from": looked.state, "to": row.to, "evidence": dict(act.evidence)},
    )
