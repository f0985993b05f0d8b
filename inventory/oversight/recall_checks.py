"""What must hold of recalls and of lapses in hand over the whole ledger, for `audit`.

One rule for the editor: as in `audit`, a check reads everything it needs and changes nothing.
"""

import sqlalchemy as sa

from inventory.schema.custody import custody, ledger
from inventory.schema.lapses import lapse, lapse_event
from inventory.schema.people import person
from inventory.schema.recalls import recall, recall_event, recall_line
from inventory.schema.stock import hold, hold_lift, item
from inventory.schema.words import SECTION_5_KINDS

Said = tuple[str, str]
"""(what it is about, a sentence)."""

RELEASES = ("CORRECTED", "NOT_AFFECTED")
"""Ends of a line after which its thing is held no longer."""


def recalled_and_not_held(conn: sa.Connection) -> list[Said]:
    """What a recall lists is held until the line's end releases it, or the whole recall is lifted; and held then."""
    released = sa.exists(
        sa.select(recall_event.c.id).where(
            recall_event.c.recall_id == recall_line.c.recall_id,
            sa.or_(
                recall_event.c.act == "LIFTED",
                sa.and_(recall_event.c.line_id == recall_line.c.id, recall_event.c.outcome.in_(RELEASES)),
            ),
        )
    )
    loose = (
        sa.select(recall_line.c.id, recall_line.c.recall_id)
        .select_from(recall_line.outerjoin(hold_lift, hold_lift.c.hold_id == recall_line.c.hold_id))
        .where(recall_line.c.hold_id.is_not(None), hold_lift.c.hold_id.is_not(None), ~released)
    )
    kept = (
        sa.select(recall_line.c.id, recall_line.c.recall_id)
        .select_from(recall_line.outerjoin(hold_lift, hold_lift.c.hold_id == recall_line.c.hold_id))
        .where(recall_line.c.hold_id.is_not(None), hold_lift.c.hold_id.is_(None), released)
    )
    return [
        (f"recall {recall_id}", f"line {line_id} is held no longer, and nothing says why")
        for line_id, recall_id in conn.execute(loose)
    ] + [
        (f"recall {recall_id}", f"line {line_id} is held still, though its end or the recall's says otherwise")
        for line_id, recall_id in conn.execute(kept)
    ]


def issued_while_recalled(conn: sa.Connection) -> list[Said]:
    """Nothing was issued while a recall held it."""
    went = (
        sa.select(custody.c.item_id, recall_line.c.recall_id, custody.c.opened_entry)
        .select_from(
            recall_line.join(hold, hold.c.id == recall_line.c.hold_id)
            .outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id)
            .join(custody, custody.c.item_id == recall_line.c.item_id)
        )
        .where(
            custody.c.basis == "ISSUED", custody.c.opened_us > hold.c.placed_us,
            sa.or_(hold_lift.c.lifted_us.is_(None), hold_lift.c.lifted_us > custody.c.opened_us),
        )
    )  # fmt: skip
    return [
        (f"item {item_id}", f"recall {recall_id} held it, and entry {entry} issued it")
        for item_id, recall_id, entry in conn.execute(went)
    ]


def closed_too_soon(conn: sa.Connection) -> list[Said]:
    """No recall was closed while something on its list was out, on its way or missing without a written end."""
    then = sa.and_(
        custody.c.item_id == recall_line.c.item_id, custody.c.opened_us <= recall_event.c.at_us,
        sa.or_(custody.c.closed_us.is_(None), custody.c.closed_us > recall_event.c.at_us),
    )  # fmt: skip
    ended = recall_event.alias("ended")
    said = sa.exists(
        sa.select(ended.c.id).where(ended.c.line_id == recall_line.c.id, ended.c.act == "ENDED")
    )
    soon = (
        sa.select(recall_event.c.recall_id, recall_line.c.id)
        .select_from(
            recall_event.join(recall_line, recall_line.c.recall_id == recall_event.c.recall_id).join(custody, then)
        )
        .where(
            recall_event.c.act == "CLOSED", recall_line.c.found_us <= recall_event.c.at_us, ~said,
            custody.c.holder.in_(("PERSON", "CARRIER", "UNKNOWN")),
        )
    )  # fmt: skip
    return [
        (f"recall {recall_id}", f"it was closed while line {line_id} was not accounted for")
        for recall_id, line_id in conn.execute(soon)
    ]


def not_as_the_ledger_says(conn: sa.Connection) -> list[Said]:
    """Every recall, every lapse and every act of either has its entry in the ledger, by the same hand."""
    rows: list[Said] = []
    for table, by, kind, name in (
        (recall, recall.c.opened_by, "RECALL", "recall"),
        (recall_event, recall_event.c.by_person, "RECALL", "recall event"),
        (lapse, sa.null(), "LAPSE", "lapse"),
        (lapse_event, lapse_event.c.by_person, "LAPSE", "lapse event"),
    ):
        match = sa.and_(
            ledger.c.id == table.c.entry_id, ledger.c.kind == kind, ledger.c.tx_id == table.c.tx_id,
            ledger.c.by_person.is_not_distinct_from(by),
        )  # fmt: skip
        lone = sa.select(table.c.id).select_from(table.outerjoin(ledger, match)).where(ledger.c.id.is_(None))
        rows += [(f"{name} {row[0]}", "the ledger has no entry of it") for row in conn.execute(lone)]
    return rows


def decided_on_their_own(conn: sa.Connection) -> list[Said]:
    """Nobody said what becomes of their own kit, and nobody let kit be kept without authority to carry."""
    holder, other = person.alias("holder"), person.alias("other")
    own = (
        sa.select(lapse_event.c.id)
        .select_from(
            lapse_event.join(lapse, lapse.c.id == lapse_event.c.lapse_id)
            .join(holder, holder.c.id == lapse.c.person_id)
            .join(other, other.c.id == lapse_event.c.by_person)
        )
        .where(sa.func.coalesce(holder.c.same_as, holder.c.id) == sa.func.coalesce(other.c.same_as, other.c.id))
    )
    kept = (
        sa.select(lapse_event.c.id)
        .select_from(lapse_event.join(lapse, lapse.c.id == lapse_event.c.lapse_id))
        .where(lapse_event.c.act == "RETAIN_UNTIL", lapse.c.must_return == 1)
    )
    return [(f"lapse event {row[0]}", "somebody decided on their own lapse") for row in conn.execute(own)] + [
        (f"lapse event {row[0]}", "kit was let be kept without authority") for row in conn.execute(kept)
    ]


def issued_while_lapsed(conn: sa.Connection) -> list[Said]:
    """Nobody was issued section 5 kit while they held kit that they might no longer hold, whatever a supervisor said of
    that; where they were eligible again before it was back, the gate had let them draw."""
    over = lapse_event.alias("over")
    drew = (
        sa.select(lapse.c.id, custody.c.item_id, custody.c.opened_entry)
        .select_from(
            lapse.outerjoin(over, sa.and_(over.c.lapse_id == lapse.c.id, over.c.act == "ENDED"))
            .join(custody, custody.c.person_id == lapse.c.person_id)
            .join(item, item.c.id == custody.c.item_id)
        )
        .where(
            custody.c.basis == "ISSUED", item.c.kind.in_(SECTION_5_KINDS), custody.c.opened_us > lapse.c.opened_us,
            sa.or_(over.c.id.is_(None), sa.and_(over.c.how == "KIT_BACK", custody.c.opened_us < over.c.at_us)),
        )
    )  # fmt: skip
    return [
        (f"lapse {lapse_id}", f"item {item_id} was issued to its holder meanwhile (entry {entry})")
        for lapse_id, item_id, entry in conn.execute(drew)
    ]


OF_RECALLS = (recalled_and_not_held, issued_while_recalled, closed_too_soon, not_as_the_ledger_says)
OF_LAPSES = (decided_on_their_own, issued_while_lapsed)
