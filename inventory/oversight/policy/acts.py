"""What is done about a change of policy: proposed by one who owns policy, approved or rejected by another, withdrawn.

One rule for the editor: a change that would not load, or that softens what nobody may soften, is refused when it is
proposed and again when it is approved: the files may have changed in between. Nothing is edited; a later change
supersedes. Each act has its entry in the ledger.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append
from inventory.gate.documents import cited
from inventory.gate.kind_policy import Policy
from inventory.gate.policy_changes import BACK, Change, check_not_lengthened, in_force, term_of
from inventory.oversight.policy.changes import Proposal, changes_at, proposals
from inventory.oversight.policy.register import OWNER, documents
from inventory.people.calendar import day_start_us, local_day
from inventory.people.capabilities import may
from inventory.people.people import root_of
from inventory.schema.fast import Inserter
from inventory.schema.policies import policy_change, policy_change_end
from inventory.schema.tx import Tx

AHEAD_MAX = timedelta(days=730)
"""How far ahead a change may be dated."""
Trial = Callable[[Sequence[Change]], Policy]
"""The force's files with these changes over them, checked whole. Raises PolicyError."""


class ChangeRefused(ValueError):
    """Nothing was done; the text says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Proposing:
    """A change that somebody proposes: `value` as JSON has it, None to go back to what the files say; `document` names
    one of the register; `in_force_on` the London day from whose start it is in force (today: from approval)."""

    family: str
    key: str
    value: Any
    reason: str
    document: str
    in_force_on: date
    by_person: int


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who ends a proposal, and what they say. `preview`: what the approver was shown."""

    change_id: int
    by_person: int
    detail: str
    preview: Sequence[Mapping[str, Any]] | None = None


_CHANGE = Inserter(policy_change)
_END = Inserter(policy_change_end)


def propose(tx: Tx, asked: Proposing, trial: Trial) -> int:
    """Propose a change; its id. Raises ValueError naming the field, PolicyError as a file would, ChangeRefused."""
    _need_owner(tx, asked.by_person)
    if len(asked.reason.strip()) < 2:
        raise ValueError("reason: say why")
    if not cited(asked.document, documents(tx.conn)):
        raise ValueError("document: a document of the register, by its reference")
    today = local_day(tx.now_us)
    if not today <= asked.in_force_on <= today + AHEAD_MAX:
        raise ValueError("in_force_on: today or a day of the next two years")
    change = Change(tx.ids.take(), asked.family, asked.key, asked.value, asked.document.strip())
    base, _ = judged(tx.conn, change, asked.in_force_on, tx.now_us, trial)
    term = term_of(base, asked.family, asked.key)
    value = None if asked.value is BACK else _json(asked.value)
    was = None if term is None else _json(term.value)
    said = {"family": asked.family, "key": asked.key, "value": value, "was": was, "document": change.document}
    said |= {"reason": asked.reason.strip(), "in_force_on": asked.in_force_on.isoformat()}
    entry = Entry(
        chain=chain_of(change.id), kind="POLICY", by_person=asked.by_person, policy_hash=base.hash, reason="PROPOSED",
        payload=said,
    )  # fmt: skip
    row = said | {
        "id": change.id, "tx_id": tx.id, "base_hash": base.hash, "proposed_us": tx.now_us,
        "proposed_by": asked.by_person, "entry_id": append(tx, [entry])[0],
    }  # fmt: skip
    _CHANGE.add(tx.conn, [row])
    return change.id


def judged(conn: sa.Connection, change: Change, on: date, now_us: int, trial: Trial) -> tuple[Policy, Policy]:
    """The policy as it will stand that day without the change, and with it. Raises PolicyError and ChangeRefused."""
    standing = changes_at(conn, max(day_start_us(on), now_us))
    base = trial(standing)
    term = term_of(base, change.family, change.key)
    if term is None:
        raise ValueError("key: a number or word that the policy files set")
    then = trial(in_force([*standing, change]))
    if then.hash == base.hash or (change.value is not BACK and term.value == change.value):
        raise ChangeRefused("It says this already: nothing would change.")
    check_not_lengthened(trial(()), then, change)
    return base, then


def approve(tx: Tx, deciding: Deciding, trial: Trial) -> int:
    """Approve a proposal by a second person; the moment from which it is in force.

    Raises LookupError, PolicyError and ChangeRefused.
    """
    found = _open(tx, deciding, by_another=True)
    _, then = judged(tx.conn, found.change, found.in_force_on, tx.now_us, trial)
    from_us = max(day_start_us(found.in_force_on), tx.now_us)
    _end(tx, found, deciding, "APPROVED", {"from_us": from_us, "policy_hash": then.hash})
    return from_us


def reject(tx: Tx, deciding: Deciding) -> None:
    """A second person says no. Raises LookupError and ChangeRefused."""
    _end(tx, _open(tx, deciding, by_another=True), deciding, "REJECTED", {})


def withdraw(tx: Tx, deciding: Deciding) -> None:
    """Whoever proposed it takes it back before it is decided. Raises LookupError and ChangeRefused."""
    _end(tx, _open(tx, deciding, by_another=False), deciding, "WITHDRAWN", {})


def chain_of(change_id: int) -> str:
    """The chain of one change in the ledger."""
    return f"policy:{change_id}"


def _need_owner(tx: Tx, person_id: int) -> None:
    if not may(tx.conn, person_id, OWNER, None, tx.now_us):
        raise ChangeRefused("Policy is proposed and decided by those who own it for every store.")


def _open(tx: Tx, deciding: Deciding, *, by_another: bool) -> Proposal:
    _need_owner(tx, deciding.by_person)
    if len(deciding.detail.strip()) < 2:
        raise ValueError("detail: say why")
    found = next((each for each in proposals(tx.conn) if each.id == deciding.change_id), None)
    if found is None:
        raise LookupError(f"policy change {deciding.change_id} is not known")
    if found.outcome is not None:
        raise ChangeRefused("It was decided already. Propose a new change: what was decided stays.")
    is_own = root_of(tx.conn, found.proposed_by) == root_of(tx.conn, deciding.by_person)
    if by_another and is_own:
        raise ChangeRefused("Nobody decides on their own proposal: a second owner of policy does.")
    if not by_another and not is_own:
        raise ChangeRefused("Only whoever proposed it withdraws it; reject it instead.")
    return found


def _end(tx: Tx, found: Proposal, deciding: Deciding, outcome: str, said: Mapping[str, Any]) -> None:
    payload = {"detail": deciding.detail.strip(), "from_us": said.get("from_us")}
    entry = Entry(
        chain=chain_of(found.id), kind="POLICY", by_person=deciding.by_person, second_person=found.proposed_by,
        policy_hash=said.get("policy_hash"), reason=outcome, payload=payload,
    )  # fmt: skip
    row = payload | {
        "change_id": found.id, "tx_id": tx.id, "outcome": outcome, "at_us": tx.now_us,
        "by_person": deciding.by_person, "entry_id": append(tx, [entry])[0],
        "preview": None if deciding.preview is None else _json(list(deciding.preview)),
    }  # fmt: skip
    _END.add(tx.conn, [row])
    tx.say("all", {"type": "policy_change", "change_id": found.id})


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
