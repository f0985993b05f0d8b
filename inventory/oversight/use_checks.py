"""Checks over declared use: whatever was discharged was issued first, and every serial of an issue is accounted for.

One rule for the editor: a check reads everything and changes nothing; what it finds is (about, sentence).
"""

import sqlalchemy as sa

from inventory.custody.moves import PASSAGES
from inventory.schema.custody import custody, decision_item, ledger
from inventory.schema.stock import hold, hold_lift
from inventory.schema.uses import use_answer, use_declared, use_item, use_point
from inventory.schema.words import SPENT_FOR_GOOD

Found = list[tuple[str, str]]
ACCOUNTED = frozenset(kind for (giver, _), kinds in PASSAGES.items() if giver == "PERSON" for kind in kinds)
"""How a person's custody may end (design `domain.md` 3.0, invariant 3): given to somebody, or missed."""


def discharged_without_issue(conn: sa.Connection) -> Found:
    """Discharged cartridges whose parent custody is not a person's, of that item, by the issue that is named."""
    parent = sa.and_(
        custody.c.id == use_item.c.custody_id, custody.c.item_id == use_item.c.item_id,
        custody.c.person_id.is_not(None), custody.c.decision_id.is_not_distinct_from(use_item.c.decision_id),
    )  # fmt: skip
    rows = conn.execute(
        sa.select(use_item.c.item_id, use_item.c.use_id)
        .select_from(use_item.outerjoin(custody, parent))
        .where(use_item.c.part == "SPENT", custody.c.id.is_(None))
    )
    return [(f"item {row[0]}", f"use {row[1]} says it was discharged, and nobody was issued it") for row in rows]


def discharged_and_free(conn: sa.Connection) -> Found:
    """Discharged cartridges that no hold for good is on, or that a person has had since."""
    since = custody.alias("since")
    rows = conn.execute(
        sa.select(use_item.c.item_id, use_item.c.use_id, hold.c.reason, hold_lift.c.hold_id, since.c.id)
        .select_from(
            use_item.join(use_declared, use_declared.c.id == use_item.c.use_id)
            .outerjoin(hold, sa.and_(hold.c.id == use_item.c.hold_id, hold.c.reason.in_(SPENT_FOR_GOOD)))
            .outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id)
            .outerjoin(
                since,
                sa.and_(since.c.item_id == use_item.c.item_id, since.c.person_id.is_not(None),
                        since.c.id != use_item.c.custody_id, since.c.opened_us >= hold.c.placed_us),
            )
        )
        .where(use_item.c.part == "SPENT")
    )  # fmt: skip
    return [
        (f"item {item_id}", f"use {use_id} discharged it, and it is not kept out of use for good")
        for item_id, use_id, reason, lifted, again in rows
        if reason is None or lifted is not None or again is not None
    ]


def issued_and_not_accounted(conn: sa.Connection) -> Found:
    """Serials of an issue that are neither out, nor returned, discharged, unaccounted for or passed on."""
    rows = conn.execute(
        sa.select(decision_item.c.decision_id, decision_item.c.item_id, custody.c.closed_entry, ledger.c.kind)
        .select_from(
            decision_item.join(
                custody,
                sa.and_(
                    custody.c.decision_id == decision_item.c.decision_id,
                    custody.c.item_id == decision_item.c.item_id,
                ),
            ).outerjoin(ledger, ledger.c.id == custody.c.closed_entry)
        )
    )
    return [
        (f"item {item_id}", f"issue {decision_id} of it ended with {kind or 'no entry'}, which accounts for nothing")
        for decision_id, item_id, closed, kind in rows
        if closed is not None and kind not in ACCOUNTED
    ]


def closed_without_answer(conn: sa.Connection) -> Found:
    """Points that are closed by an answer that does not settle them, or that stands in no ledger."""
    by = sa.and_(use_answer.c.id == use_point.c.answer_id, use_answer.c.point_id == use_point.c.id)
    rows = conn.execute(
        sa.select(use_point.c.id, use_point.c.point, use_answer.c.settles, ledger.c.kind)
        .select_from(
            use_point.outerjoin(use_answer, by).outerjoin(ledger, ledger.c.id == use_answer.c.entry_id)
        )
        .where(use_point.c.answer_id.is_not(None))
    )
    return [
        (f"point {point_id}", f"{point} is closed without an answer in the ledger")
        for point_id, point, settles, kind in rows
        if settles != 1 or kind != "USE_ANSWERED"
    ]
