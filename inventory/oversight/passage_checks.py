"""Checks of how kit went from state to state: the invariants of design `domain.md` 3.0, over the whole ledger.

One rule for the editor: each gives (what it is about, a sentence) for every place where it does not hold, reads all
that it needs itself, and changes nothing. `audit` names them.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.custody.passages.table import ROWS
from inventory.schema.custody import custody, decision, decision_item, ledger
from inventory.schema.people import capability_grant, person
from inventory.schema.stock import fitting, hold, hold_lift, item, lot
from inventory.schema.words import SPENT_FOR_GOOD
from inventory.stock.state import MAGAZINE_HOLDS

Told = list[tuple[str, str]]
FRESH_US = 120_000_000
"""No decision older than this is used (domain 3.0, invariant 10)."""

RELEASERS = ("EXHIBITS", "PSD")
ENDINGS = (
    "RETURNED", "UNACCOUNTED", "HANDED_OVER", "TRANSFERRED", "ASSERTED", "DISPOSED", "CORRECTED",
)  # fmt: skip
"""How kit leaves a person: back, missing, to somebody else, or put right."""


def issues_closed_without_remainder(conn: sa.Connection) -> Told:
    """Invariant 3: custody with a person is closed by an entry of that very item, given by that very person."""
    rows = conn.execute(
        sa.select(custody.c.id, custody.c.item_id, custody.c.person_id)
        .select_from(custody.join(ledger, ledger.c.id == custody.c.closed_entry))
        .where(
            custody.c.person_id.is_not(None),
            sa.or_(
                ledger.c.item_id.is_distinct_from(custody.c.item_id),
                ledger.c.giver.is_distinct_from("PERSON"),
                ledger.c.giver_id.is_distinct_from(custody.c.person_id),
                ledger.c.kind.not_in(ENDINGS),
            ),
        )
    )
    return [
        (f"custody {row[0]}", f"item {row[1]} left person {row[2]} by an entry that does not say so")
        for row in rows
    ]


def corrections_name_what_they_correct(conn: sa.Connection) -> Told:
    """Invariant 4: a correction names an earlier entry of the same item or lot."""
    was = ledger.alias("was")
    rows = conn.execute(
        sa.select(ledger.c.id)
        .select_from(ledger.outerjoin(was, was.c.id == ledger.c.corrects))
        .where(
            sa.or_(ledger.c.kind == "CORRECTED", ledger.c.corrects.is_not(None)),
            sa.or_(
                was.c.id.is_(None),
                was.c.at_us > ledger.c.at_us,
                was.c.id == ledger.c.id,
                was.c.item_id.is_distinct_from(ledger.c.item_id),
                was.c.lot_id.is_distinct_from(ledger.c.lot_id),
            ),
        )
    )
    return [(f"entry {row[0]}", "corrects nothing, or another item's entry, or a later one") for row in rows]


def evidence_released_by_its_authority(conn: sa.Connection) -> Told:
    """Invariant 5: an evidential hold names its authority, and who lifted it might release evidence at that moment."""
    entitled = sa.exists().where(
        capability_grant.c.person_id == hold_lift.c.lifted_by,
        capability_grant.c.capability.in_(RELEASERS),
        capability_grant.c.from_us <= hold_lift.c.lifted_us,
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > hold_lift.c.lifted_us),
    )
    lifted = sa.and_(hold_lift.c.hold_id.is_not(None), sa.not_(entitled))
    rows = conn.execute(
        sa.select(hold.c.id, hold_lift.c.lifted_by)
        .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
        .where(
            hold.c.reason == "EVIDENTIAL", sa.or_(hold.c.authority.is_(None), hold.c.authority == "", lifted)
        )
    )
    return [
        (f"hold {row[0]}", "evidential, and names nobody who may release it" if row[1] is None else
         f"evidential, and lifted by person {row[1]}, who might not release it")
        for row in rows
    ]  # fmt: skip


def nothing_leaves_a_terminal_state(conn: sa.Connection) -> Told:
    """Invariant 6: what was disposed of goes nowhere, and what was used up is not taken back into use."""
    ended = (
        sa.select(ledger.c.item_id, sa.func.min(ledger.c.seq).label("seq"))
        .where(ledger.c.taker == "DISPOSAL", ledger.c.item_id.is_not(None))
        .group_by(ledger.c.item_id)
        .subquery()
    )
    later = conn.execute(
        sa.select(ledger.c.item_id, ledger.c.kind)
        .select_from(
            ledger.join(ended, sa.and_(ended.c.item_id == ledger.c.item_id, ledger.c.seq > ended.c.seq))
        )
        .where(sa.or_(ledger.c.taker.is_not(None), ledger.c.kind == "PASSED"))
    )
    again = conn.execute(
        sa.select(hold.c.id, hold.c.reason)
        .select_from(hold.join(hold_lift, hold_lift.c.hold_id == hold.c.id))
        .where(hold.c.reason.in_(SPENT_FOR_GOOD))
    )
    return [(f"item {row[0]}", f"{row[1]} after it was disposed of") for row in later] + [
        (f"hold {row[0]}", f"{row[1]}, which nobody lifts, was lifted") for row in again
    ]


def two_people_are_two(conn: sa.Connection) -> Told:
    """Invariant 7: whatever the table of passages gives to two people was signed by two, however many records they
    have; and nobody vouches twice for what had already happened."""
    one, other = person.alias("one"), person.alias("other")
    root = sa.func.coalesce(one.c.same_as, one.c.id), sa.func.coalesce(other.c.same_as, other.c.id)
    acts = tuple(row.act for row in ROWS if row.second is not None)
    rows = conn.execute(
        sa.select(ledger.c.id, ledger.c.item_id, item.c.kind, ledger.c.reason, root[0], root[1])
        .select_from(
            ledger.join(item, item.c.id == ledger.c.item_id)
            .outerjoin(one, one.c.id == ledger.c.by_person)
            .outerjoin(other, other.c.id == ledger.c.second_person)
        )
        .where(ledger.c.kind == "PASSED")
    )
    vouched = conn.execute(
        sa.select(custody.c.id, custody.c.item_id)
        .select_from(
            custody.join(one, one.c.id == custody.c.asserted_by).join(
                other, other.c.id == custody.c.asserted_second
            )
        )
        .where(custody.c.basis == "ASSERTED", root[0] == root[1])
    )
    needed = {(row.act, kind, state) for row in ROWS if row.second is not None for kind in row.kinds
              for state in row.from_states}  # fmt: skip
    told = []
    for entry, item_id, kind, reason, first, second in rows:
        act, before = passage_named(reason)
        is_for_two = act in acts and (act, kind, before) in needed
        if is_for_two and (first is None or second is None or first == second):
            told.append((f"entry {entry}", f"{act} of item {item_id} takes two people and has one"))
    return told + [
        (f"custody {row[0]}", f"item {row[1]} was vouched for twice by one person") for row in vouched
    ]


def passages_are_in_the_table(conn: sa.Connection) -> Told:
    """What was done to an item is a passage of the table, from a state that it leads from."""
    known = {(row.act, kind, state) for row in ROWS for kind in row.kinds for state in row.from_states}
    rows = conn.execute(
        sa.select(ledger.c.id, ledger.c.reason, item.c.kind)
        .select_from(ledger.outerjoin(item, item.c.id == ledger.c.item_id))
        .where(ledger.c.kind == "PASSED")
    )
    told = []
    for entry, reason, kind in rows:
        act, before = passage_named(reason)
        if (act, kind, before) not in known:
            told.append((f"entry {entry}", f"{reason or 'nothing'} is no passage of {kind or 'no item'}"))
    return told


def passage_named(reason: str | None) -> tuple[str, str]:
    """(act, state before) of a PASSED entry: "ACT: FROM to TO"."""
    act, _, rest = (reason or "").partition(": ")
    return act, rest.partition(" to ")[0]


def dates_are_calendar_dates(conn: sa.Connection) -> Told:
    """Invariant 8: a validity date is a date of the calendar."""
    told = []
    for table, column in ((item, item.c.expires_on), (item, item.c.in_service_on), (lot, lot.c.expires_on),
                          (custody, custody.c.review_on)):  # fmt: skip
        for (text,) in conn.execute(sa.select(column).where(column.is_not(None)).distinct()):
            if not _is_date(text):
                told.append((f"{table.name}.{column.name}", f"{text} is no date"))
    return told


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def magazines_hold_one_sort(conn: sa.Connection) -> Told:
    """Invariant 9: what is loaded in a magazine is of its model, of one purpose, and ten at most."""
    child, parent = item.alias("child"), item.alias("parent")
    purposes = sa.func.count(sa.distinct(sa.func.coalesce(child.c.purpose, "")))
    others = sa.func.sum(sa.case((child.c.model != parent.c.model, 1), else_=0))
    rows = conn.execute(
        sa.select(parent.c.id, sa.func.count(), purposes, others)
        .select_from(
            fitting.join(child, child.c.id == fitting.c.child_id).join(
                parent, parent.c.id == fitting.c.parent_id
            )
        )
        .where(fitting.c.to_us.is_(None), parent.c.kind == "CED_MAGAZINE")
        .group_by(parent.c.id)
        .having(sa.or_(sa.func.count() > MAGAZINE_HOLDS, purposes > 1, others > 0))
    )
    return [
        (f"item {row[0]}", f"{row[1]} cartridges are loaded, of {row[2]} purposes, {row[3]} of another model")
        for row in rows
    ]


def decisions_were_fresh(conn: sa.Connection) -> Told:
    """Invariant 10: nothing was issued by a decision that was older than two minutes, or not made yet."""
    age = custody.c.opened_us - decision.c.decided_us
    rows = conn.execute(
        sa.select(custody.c.id, custody.c.item_id, age)
        .select_from(custody.join(decision, decision.c.id == custody.c.decision_id))
        .where(custody.c.basis == "ISSUED", sa.or_(age < 0, age > FRESH_US))
    )
    return [(f"custody {row[0]}", f"item {row[1]} was issued by a decision {row[2]} µs old") for row in rows]


def pools_never_mix(conn: sa.Connection) -> Told:
    """Invariant 11: what one decision issued was of one pool at that moment."""
    changes = _pool_changes(conn)
    mixed_now = (
        sa.select(decision_item.c.decision_id)
        .join(item, item.c.id == decision_item.c.item_id)
        .group_by(decision_item.c.decision_id)
        .having(sa.func.count(sa.distinct(item.c.pool)) > 1)
    )
    touched = sa.select(decision_item.c.decision_id).where(decision_item.c.item_id.in_(_CHANGED))
    rows = conn.execute(
        sa.select(decision.c.id, decision.c.decided_us, item.c.id, item.c.pool)
        .select_from(
            decision.join(decision_item, decision_item.c.decision_id == decision.c.id).join(
                item, item.c.id == decision_item.c.item_id
            )
        )
        .where(decision.c.verdict == "ALLOW", decision.c.id.in_(mixed_now.union(touched)))
    )
    pools: dict[int, set[str]] = defaultdict(set)
    for decision_id, at_us, item_id, pool in rows:
        pools[decision_id].add(_pool_then(changes, item_id, pool, at_us))
    return [
        (f"decision {decision_id}", f"issued {' and '.join(sorted(words))} stock together")
        for decision_id, words in sorted(pools.items())
        if len(words) > 1
    ]


_BEFORE = {"TO_TRAINING": "OPERATIONAL", "FROM_TRAINING": "TRAINING"}
_POOL_ACT = sa.and_(
    ledger.c.kind == "PASSED", sa.or_(*(ledger.c.reason.startswith(f"{act}:") for act in _BEFORE))
)
_CHANGED = sa.select(ledger.c.item_id).where(_POOL_ACT)


def _pool_changes(conn: sa.Connection) -> Mapping[int, list[tuple[int, str]]]:
    """Item -> when its pool was changed, in order, and which it was before."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = conn.execute(
        sa.select(ledger.c.item_id, ledger.c.at_us, ledger.c.reason).where(_POOL_ACT).order_by(ledger.c.seq)
    )
    for item_id, at_us, reason in rows:
        found[item_id].append((at_us, _BEFORE[passage_named(reason)[0]]))
    return found


def _pool_then(changes: Mapping[int, list[tuple[int, str]]], item_id: int, pool_now: str, at_us: int) -> str:
    return next((before for changed_us, before in changes.get(item_id, ()) if changed_us >= at_us), pool_now)


def holds_are_in_the_ledger(conn: sa.Connection) -> Told:
    """Every hold has its HELD entry, and every lifted one its LIFTED entry."""
    told: list[tuple[str, str]] = []
    wanted: tuple[tuple[str, sa.Column[Any], sa.FromClause], ...] = (
        ("HELD", hold.c.id, hold),
        ("LIFTED", hold_lift.c.hold_id, hold_lift),
    )
    for kind, key, table in wanted:
        entry = ledger.alias()
        rows = conn.execute(
            sa.select(key)
            .select_from(table.outerjoin(entry, sa.and_(entry.c.hold_id == key, entry.c.kind == kind)))
            .where(entry.c.id.is_(None))
        )
        told += [(f"hold {row[0]}", f"no {kind} entry says so") for row in rows]
    return told


CHECKS = (
    issues_closed_without_remainder,
    corrections_name_what_they_correct,
    evidence_released_by_its_authority,
    nothing_leaves_a_terminal_state,
    two_people_are_two,
    passages_are_in_the_table,
    dates_are_calendar_dates,
    magazines_hold_one_sort,
    decisions_were_fresh,
    pools_never_mix,
    holds_are_in_the_ledger,
)
"""Invariants 3 to 11 of the design. 1, 2 and the rest of 10 are `audit`'s own: `every_item_is_somewhere`,
`one_open_custody_an_item`, `one_handle_a_person`, `issued_only_by_allow`."""
