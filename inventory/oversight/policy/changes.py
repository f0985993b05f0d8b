"""Changes of policy as they stand: proposed, approved and waiting, in force, superseded; and what was in force when.

One rule for the editor: reads only. A state is worked out from rows that never change; what a change may say is judged
in `gate.policy_changes`, with the checks of a file.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.gate.policy_changes import Change, in_force
from inventory.schema.fast import Fast
from inventory.schema.oversight import policy_version
from inventory.schema.policies import policy_change, policy_change_end, policy_taken_up

PROPOSED, WAITING, IN_FORCE, SUPERSEDED = "PROPOSED", "WAITING", "IN_FORCE", "SUPERSEDED"
"""States beside those of `words.POLICY_ENDS`: WAITING is approved for a day to come."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change with its end, if it has one. `value` and `was` as JSON has them (`value` None: back to the files);
    `preview` what the approver was shown; times UTC microseconds."""

    id: int
    family: str
    key: str
    value: Any
    was: Any
    reason: str
    document: str
    in_force_on: date
    base_hash: str
    proposed_us: int
    proposed_by: int
    outcome: str | None = None
    ended_us: int | None = None
    ended_by: int | None = None
    detail: str | None = None
    from_us: int | None = None
    preview: Any = None

    @property
    def change(self) -> Change:
        """It, as it is laid over the files."""
        return Change(self.id, self.family, self.key, self.value, self.document)


_END = policy_change_end.c
_ALL = (
    sa.select(
        policy_change.c.id, policy_change.c.family, policy_change.c.key, policy_change.c.value, policy_change.c.was,
        policy_change.c.reason, policy_change.c.document, policy_change.c.in_force_on, policy_change.c.base_hash,
        policy_change.c.proposed_us, policy_change.c.proposed_by, _END.outcome, _END.at_us, _END.by_person, _END.detail,
        _END.from_us, _END.preview,
    )
    .select_from(policy_change.outerjoin(policy_change_end, _END.change_id == policy_change.c.id))
    .order_by(policy_change.c.proposed_us, policy_change.c.id)
)  # fmt: skip
_PROPOSALS = Fast(_ALL)
_APPROVED = Fast(
    sa.select(
        policy_change.c.id, policy_change.c.family, policy_change.c.key, policy_change.c.value, policy_change.c.document
    )
    .select_from(policy_change_end.join(policy_change, policy_change.c.id == _END.change_id))
    .where(_END.from_us.is_not(None), _END.from_us <= sa.bindparam("at_us"))
    .order_by(_END.from_us, _END.at_us, policy_change.c.id)
)
_TAKEN_UP = Fast(
    sa.select(policy_taken_up.c.at_us, policy_taken_up.c.instance, policy_taken_up.c.hash, policy_taken_up.c.version)
    .where(policy_taken_up.c.at_us <= sa.bindparam("at_us"))
    .order_by(policy_taken_up.c.at_us.desc(), policy_taken_up.c.id.desc())
    .limit(1)
)
_BODY = Fast(sa.select(policy_version.c.body).where(policy_version.c.hash == sa.bindparam("hash")))


def proposals(conn: sa.Connection) -> list[Proposal]:
    """Every change that was ever proposed, oldest first."""
    return [_proposal(row) for row in _PROPOSALS.rows(conn)]


def _proposal(row: Any) -> Proposal:
    number, family, key, value, was, reason, document, on, *rest, preview = row
    said: list[Any] = [number, family, key, _said(value), _said(was), reason, document, date.fromisoformat(on)]
    return Proposal(*[*said, *rest, _said(preview)])


def _said(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def changes_at(conn: sa.Connection, at_us: int) -> tuple[Change, ...]:
    """The changes that are in force at that moment, in the order in which they came to be."""
    rows = _APPROVED.rows(conn, {"at_us": at_us})
    return in_force(Change(number, family, key, _said(value), said) for number, family, key, value, said in rows)


def approved_by(conn: sa.Connection, at_us: int) -> tuple[int, ...]:
    """The ids of all changes that came into force by then: what a running service compares with its own."""
    return tuple(row[0] for row in _APPROVED.rows(conn, {"at_us": at_us}))


def states(found: Iterable[Proposal], now_us: int) -> dict[int, str]:
    """The state of each change, by its id."""
    listed = list(found)
    begun = [each for each in listed if each.from_us is not None and each.from_us <= now_us]
    begun.sort(key=lambda each: (each.from_us or 0, each.ended_us or 0, each.id))
    newest = {(each.family, each.key): each.id for each in begun}
    return {each.id: _state(each, newest, now_us) for each in listed}


def _state(each: Proposal, newest: dict[tuple[str, str], int], now_us: int) -> str:
    if each.outcome is None:
        return PROPOSED
    if each.from_us is None:
        return each.outcome
    if each.from_us > now_us:
        return WAITING
    return IN_FORCE if newest[each.family, each.key] == each.id else SUPERSEDED


@dataclass(frozen=True, slots=True)
class Stood:
    """What was in force at a moment: since when, as the service took it up, its version, hash, and text (JSON)."""

    since_us: int
    instance: int
    hash: str
    version: str
    body: str


def stood_at(conn: sa.Connection, at_us: int) -> Stood | None:
    """The policy that the service worked by at that moment; None before its first start."""
    rows = _TAKEN_UP.rows(conn, {"at_us": at_us})
    if not rows:
        return None
    since_us, instance, digest, version = rows[0]
    kept = _BODY.rows(conn, {"hash": digest})
    return Stood(since_us, instance, digest, version, kept[0][0] if kept else "{}")
