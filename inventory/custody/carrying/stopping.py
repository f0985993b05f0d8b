"""Suspending an authority at once, lifting a suspension, choosing to carry or not, and limited duties.

One rule for the editor: a suspension takes one person and no delay; to lift it takes another, who stands higher. No
reason is written down but its class, and of limited duties not even that.

Source: design `domain.md` 4.4 to 4.6: suspension is always RETURN_NOW.
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.custody.carrying.refused import CarryingRefused
from inventory.custody.carrying.who import capability_of
from inventory.custody.carrying.writing import look_at, standing_of, write
from inventory.gate.kind_policy import Policy
from inventory.people.authority import StopOrder, lift_suspension, stop
from inventory.people.calendar import local_day
from inventory.people.duty import RestrictionOrder, lift_restriction, restrict
from inventory.people.errors import BadField
from inventory.people.people import root_of
from inventory.schema.authority import authority_act
from inventory.schema.fast import Fast
from inventory.schema.people import authority_stop, duty_restriction, opt_in
from inventory.schema.tx import Tx

REVIEW_DAYS_MAX = 366
_STOP = Fast(
    sa.select(authority_stop.c.person_id, authority_stop.c.kind, authority_stop.c.to_us).where(
        authority_stop.c.id == sa.bindparam("stop_id")
    )
)
_SUSPENDED_BY = Fast(
    sa.select(authority_act.c.by_person, authority_act.c.capability).where(
        authority_act.c.stop_id == sa.bindparam("stop_id"), authority_act.c.act == sa.literal_column("'SUSPENDED'")
    )
)
_RESTRICTED = Fast(
    sa.select(duty_restriction.c.person_id).where(duty_restriction.c.id == sa.bindparam("restriction_id"))
)


@dataclass(frozen=True, slots=True)
class Suspending:
    """Authority is suspended from now on: one permission's, or every one (None)."""

    person_id: int
    by_person: int
    reason_class: str
    document: str
    authorisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Restricting:
    """Limited duties from `from_on` on: only `kinds_allowed` may be drawn; looked at again by `review_on`."""

    person_id: int
    by_person: int
    category: str
    kinds_allowed: frozenset[str]
    from_on: date
    review_on: date
    document: str


def suspend(tx: Tx, asked: Suspending, policy: Policy) -> int:
    """Suspend at once; the stop's id. Whatever the person holds comes back now. Raises LookupError, BadField and
    CarryingRefused."""
    terms = policy.authority
    standing = standing_of(tx, asked.person_id, policy)
    capability = capability_of(tx, asked.by_person, standing, terms.stopped_by)
    if asked.reason_class not in terms.classes:
        raise BadField("reason_class", asked.reason_class, f"one of {', '.join(terms.classes)}")
    if not standing.authorisations:
        raise CarryingRefused(["No permission is on record that could be suspended."])
    order = StopOrder(standing.person_id, "SUSPENDED", tx.now_us, capability, asked.document.strip(),
                      asked.reason_class, asked.authorisation_id)  # fmt: skip
    stop_id = stop(tx.conn, tx.ids, order, tx.now_us)
    said = {"person_id": standing.person_id, "act": "SUSPENDED", "by_person": asked.by_person}
    write(tx, said | {"capability": capability, "document": asked.document.strip()}, stop_id=stop_id)
    look_at(tx, standing, policy)
    return stop_id


def lift(tx: Tx, stop_id: int, by_person: int, document: str, policy: Policy) -> int:
    """Lift a suspension from now on; the person's id. Raises LookupError, BadField and CarryingRefused."""
    found = _STOP.rows(tx.conn, {"stop_id": stop_id})
    if not found or found[0][1] != "SUSPENDED":
        raise LookupError(f"suspension {stop_id} is not known")
    standing = standing_of(tx, found[0][0], policy)
    ladder = policy.authority.stopped_by
    capability = capability_of(tx, by_person, standing, ladder)
    bars = lift_bars(tx, stop_id, (by_person, capability), ladder)
    if bars:
        raise CarryingRefused(bars, people=True)
    lift_suspension(tx.conn, stop_id, tx.now_us)
    said = {"person_id": standing.person_id, "act": "LIFTED", "by_person": by_person}
    write(tx, said | {"capability": capability, "document": document.strip()}, stop_id=stop_id)
    look_at(tx, standing, policy)
    return standing.person_id


def lift_bars(tx: Tx, stop_id: int, who: tuple[int, str], ladder: tuple[str, ...]) -> list[str]:
    """Why this person, by this capability, does not lift it. What a file brought counts as the highest's."""
    by_person, capability = who
    rows = _SUSPENDED_BY.rows(tx.conn, {"stop_id": stop_id})
    then_by, then_as = rows[0] if rows else (None, ladder[-1])
    if then_by is not None and root_of(tx.conn, then_by) == root_of(tx.conn, by_person):
        return ["Nobody lifts a suspension of their own making. Somebody who stands higher does."]
    rank = ladder.index(then_as) if then_as in ladder else len(ladder) - 1
    needed = min(rank + 1, len(ladder) - 1)
    if ladder.index(capability) >= needed:
        return []
    named = " or ".join(each.replace("_", " ").lower() for each in ladder[needed:])
    return [f"It was suspended by a {then_as.replace('_', ' ').lower()}: a {named} lifts it."]


def choose(tx: Tx, person_id: int, by_person: int, opted_in: bool, policy: Policy) -> None:
    """The person chooses to carry, or no longer; for themselves, or by whoever grants. Whoever chooses no longer has no
    permission left: it is granted anew. Raises LookupError and CarryingRefused."""
    standing = standing_of(tx, person_id, policy)
    own = root_of(tx.conn, by_person) == standing.person_id
    capability = None if own else capability_of(tx, by_person, standing, policy.authority.granted_by)
    if standing.opted_in == opted_in:
        raise CarryingRefused(["That is on record already."])
    row = {"id": tx.ids.take(), "person_id": standing.person_id, "opted_in": int(opted_in), "recorded_us": tx.now_us}
    tx.conn.execute(sa.insert(opt_in), row)
    said = {"person_id": standing.person_id, "by_person": by_person, "capability": capability, "document": ""}
    if opted_in:
        write(tx, said | {"act": "OPTED_IN"})
    else:
        order = StopOrder(standing.person_id, "ENDED", tx.now_us, "OWN CHOICE", f"OPT-{row['id']}")
        write(tx, said | {"act": "OPTED_OUT"}, stop_id=stop(tx.conn, tx.ids, order, tx.now_us))
    look_at(tx, standing, policy)


def restrict_duties(tx: Tx, asked: Restricting, policy: Policy) -> int:
    """Write limited duties down; the restriction's id. Raises LookupError, BadField and CarryingRefused."""
    standing = standing_of(tx, asked.person_id, policy)
    capability = capability_of(tx, asked.by_person, standing, policy.authority.restricted_by)
    if (asked.review_on - asked.from_on).days > REVIEW_DAYS_MAX:
        raise BadField("review_on", asked.review_on, "a date within a year: limited duties are looked at again")
    if asked.review_on <= local_day(tx.now_us):
        raise BadField("review_on", asked.review_on, "a date that is still to come")
    order = RestrictionOrder(
        standing.person_id, asked.category, asked.kinds_allowed, asked.from_on, asked.review_on
    )
    restriction_id = restrict(tx.conn, tx.ids, order, tx.now_us)
    said = {"person_id": standing.person_id, "act": "RESTRICTED", "by_person": asked.by_person}
    write(tx, said | {"capability": capability, "document": asked.document.strip()}, restriction_id=restriction_id)
    look_at(tx, standing, policy)
    return restriction_id


def lift_duties(tx: Tx, restriction_id: int, by_person: int, document: str, policy: Policy) -> int:
    """Lift limited duties; the person's id. Raises LookupError, BadField and CarryingRefused."""
    found = _RESTRICTED.rows(tx.conn, {"restriction_id": restriction_id})
    if not found:
        raise LookupError(f"restriction {restriction_id} is not known")
    standing = standing_of(tx, found[0][0], policy)
    capability = capability_of(tx, by_person, standing, policy.authority.restricted_by)
    lift_restriction(tx.conn, restriction_id, tx.now_us)
    said = {"person_id": standing.person_id, "act": "UNRESTRICTED", "by_person": by_person}
    write(tx, said | {"capability": capability, "document": document.strip()}, restriction_id=restriction_id)
    look_at(tx, standing, policy)
    return standing.person_id
