"""Issues of a CED whose holder turns out, by a late correction, not to have been in date: issued on what we knew then.

One rule for the editor: a list, and never a verdict. The decision of the time stands in the ledger as it was made, and
whoever holds kit now is the affair of `custody.lapse`.

Source: design `domain.md` 4.2 (bitemporal results).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.people.as_known import Key, Moment, not_in_date_after_all, records_of
from inventory.people.people import root_of
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.people import training_result
from inventory.schema.stock import item

ASKED: Mapping[str, str] = {
    "PPST_OUT_OF_DATE": "PPST", "FIRST_AID_OUT_OF_DATE": "FIRST_AID", "JRFT_OUT_OF_DATE": "JRFT",
    "CED_OUT_OF_DATE": "CED",
}  # fmt: skip
"""A rule of the gate -> the qualification it asks for."""


@dataclass(frozen=True, slots=True)
class IssuedThen:
    """One issue: who, what, when, by which decision, and in what the person was not in date after all."""

    person_id: int
    item_id: int
    kind: str
    model: str
    serial: str
    issued_us: int
    returned_us: int | None
    decision_id: int | None
    lacking: tuple[Key, ...]


_CORRECTED = Fast(
    sa.union(
        sa.select(training_result.c.person_id).where(
            training_result.c.retracted_us.is_not(None), training_result.c.retracted_us >= sa.bindparam("since_us")
        ),
        sa.select(training_result.c.person_id).where(
            training_result.c.recorded_us >= sa.bindparam("since_us"), training_result.c.outcome == "FAIL"
        ),
    )
)
"""Whose record lost a result lately, or gained a fail: nothing else takes a currency away afterwards."""

_ISSUES = Fast(
    sa.select(
        custody.c.person_id, custody.c.item_id, item.c.kind, item.c.model, item.c.serial, custody.c.opened_us,
        custody.c.closed_us, custody.c.decision_id, custody.c.planned_return_us,
    )
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        among(custody.c.person_id, "people"), custody.c.is_handle == 1, custody.c.basis == "ISSUED",
        custody.c.purpose == "OPERATIONAL",
    )
)  # fmt: skip


def issued_on_what_we_knew(conn: sa.Connection, policy: Policy, since_us: int, now_us: int) -> list[IssuedThen]:
    """Every such issue that a correction recorded since `since_us` speaks of, the earliest first."""
    corrected = sorted({row[0] for row in _CORRECTED.rows(conn, {"since_us": since_us})})
    if not corrected:
        return []
    records = records_of(conn, corrected)
    people = sorted({*corrected, *records})
    issues = {(root_of(conn, row[0]), row[5]): row for row in _ISSUES.rows(conn, {"people": people})}
    moments = [
        Moment(person_id, at_us, row[8] or at_us + 1, needs(policy, row[2], row[3]))
        for (person_id, at_us), row in issues.items()
    ]
    found = not_in_date_after_all(moments, records, policy.courses, now_us)
    return [_issued(issues[moment.person_id, moment.at_us], moment, lacking) for moment, lacking in found]


def needs(policy: Policy, kind: str, model: str) -> frozenset[Key]:
    """What the gate asks whoever draws this for duty to be in date in."""
    governing = policy.kind(kind, "OPERATIONAL")
    asked = {name for code, name in ASKED.items() if governing is not None and governing.asks(code)}
    return frozenset((name, model if name == "CED" else None) for name in asked)


def _issued(row: tuple[object, ...], moment: Moment, lacking: tuple[Key, ...]) -> IssuedThen:
    _, item_id, kind, model, serial, at_us, closed_us, decision_id, _ = row
    return IssuedThen(
        moment.person_id, item_id, kind, model, serial, at_us, closed_us, decision_id, lacking,  # type: ignore[arg-type]
    )  # fmt: skip
