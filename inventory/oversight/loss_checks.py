"""What must hold of losses over the whole ledger, for `audit`.

One rule for the editor: as in `audit`, a check reads everything it needs and changes nothing.
"""

import sqlalchemy as sa

from inventory.schema.custody import custody, ledger
from inventory.schema.losses import loss_case, loss_event
from inventory.schema.stock import hold, hold_lift

Said = tuple[str, str]
"""(what it is about, a sentence)."""


def missing_without_a_case(conn: sa.Connection) -> list[Said]:
    """Every item that went missing since losses have cases is in one that is open, for as long as it is missing."""
    began = sa.select(sa.func.min(loss_case.c.opened_us)).scalar_subquery()
    without = (
        sa.select(custody.c.item_id, custody.c.opened_entry)
        .select_from(
            custody.outerjoin(
                loss_case, sa.and_(loss_case.c.item_id == custody.c.item_id, loss_case.c.closed_event.is_(None))
            )
        )
        .where(
            custody.c.closed_entry.is_(None), custody.c.holder == "UNKNOWN", loss_case.c.id.is_(None),
            custody.c.opened_us >= began,
        )
    )  # fmt: skip
    return [
        (f"item {item_id}", f"it is missing since entry {entry}, and no case is open for it")
        for item_id, entry in conn.execute(without)
    ]


def closed_while_missing(conn: sa.Connection) -> list[Said]:
    """No case was closed at a moment at which nobody knew where its item was, nor otherwise than by its last act."""
    then = sa.and_(
        custody.c.item_id == loss_case.c.item_id, custody.c.holder == "UNKNOWN",
        custody.c.opened_us <= loss_case.c.closed_us,
        sa.or_(custody.c.closed_us.is_(None), custody.c.closed_us > loss_case.c.closed_us),
    )  # fmt: skip
    missing = sa.select(loss_case.c.id).select_from(loss_case.join(custody, then))
    last = sa.select(loss_event.c.case_id, sa.func.max(loss_event.c.id)).group_by(loss_event.c.case_id)
    ends = {row[0]: row[1] for row in conn.execute(last)}
    closed = conn.execute(
        sa.select(loss_case.c.id, loss_case.c.closed_event).where(loss_case.c.closed_event.is_not(None))
    )
    return [(f"loss {row[0]}", "it was closed while its item was missing") for row in conn.execute(missing)] + [
        (f"loss {case_id}", f"event {event_id} closed it, and is not its last act")
        for case_id, event_id in closed
        if ends.get(case_id) != event_id
    ]


def not_as_the_ledger_says(conn: sa.Connection) -> list[Said]:
    """Every act of a case has its entry in the chain of its item, and every such entry its act."""
    match = sa.and_(
        ledger.c.id == loss_event.c.entry_id, ledger.c.kind == "LOSS", ledger.c.item_id == loss_case.c.item_id,
        ledger.c.by_person == loss_event.c.by_person, ledger.c.tx_id == loss_event.c.tx_id,
        ledger.c.second_person.is_not_distinct_from(loss_event.c.second_person),
    )  # fmt: skip
    acts = loss_event.join(loss_case, loss_case.c.id == loss_event.c.case_id).outerjoin(ledger, match)
    lone = sa.select(loss_event.c.id).select_from(acts).where(ledger.c.id.is_(None))
    bare = (
        sa.select(ledger.c.id)
        .select_from(ledger.outerjoin(loss_event, loss_event.c.entry_id == ledger.c.id))
        .where(ledger.c.kind == "LOSS", loss_event.c.id.is_(None))
    )
    return [(f"event {row[0]}", "the ledger has no entry of it") for row in conn.execute(lone)] + [
        (f"entry {row[0]}", "it stands for no act in a loss") for row in conn.execute(bare)
    ]


def found_and_not_held(conn: sa.Connection) -> list[Said]:
    """Whatever came back from nowhere is held, until two people have written down how it was found."""
    held = sa.exists(
        sa.select(hold.c.id)
        .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
        .where(hold.c.item_id == custody.c.item_id, hold_lift.c.hold_id.is_(None))
    )
    said = sa.exists(
        sa.select(loss_event.c.id).where(
            loss_event.c.case_id == loss_case.c.id, loss_event.c.act.in_(("RECOVERED", "DISPOSED")),
            loss_event.c.at_us >= custody.c.opened_us,
        )
    )  # fmt: skip
    loose = (
        sa.select(custody.c.item_id, loss_case.c.id)
        .select_from(
            custody.join(ledger, ledger.c.id == custody.c.opened_entry).join(
                loss_case, sa.and_(loss_case.c.item_id == custody.c.item_id, loss_case.c.closed_event.is_(None))
            )
        )
        .where(custody.c.closed_entry.is_(None), ledger.c.kind == "FOUND", ~held, ~said)
    )
    return [
        (f"item {item_id}", f"it was missing (loss {case_id}), was found, and nothing holds it")
        for item_id, case_id in conn.execute(loose)
    ]
