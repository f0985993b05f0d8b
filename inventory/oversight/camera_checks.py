"""Checks over cameras: films were brought to safety before their camera was let go, and no memory left us unwiped.

One rule for the editor: a check reads everything and changes nothing; what it finds is (about, sentence).
"""

import sqlalchemy as sa

from inventory.schema.custody import ledger
from inventory.schema.stock import hold, hold_lift, item

Found = list[tuple[str, str]]


def footage_released_without_word(conn: sa.Connection) -> Found:
    """Holds for films on board that were lifted otherwise than by the passage that says where the films are."""
    said = sa.and_(
        ledger.c.item_id == hold.c.item_id, ledger.c.tx_id == hold_lift.c.tx_id, ledger.c.kind == "PASSED",
        ledger.c.reason.startswith("FOOTAGE_SAFE:"),
    )  # fmt: skip
    rows = conn.execute(
        sa.select(hold.c.item_id, hold.c.id)
        .select_from(hold.join(hold_lift, hold_lift.c.hold_id == hold.c.id).outerjoin(ledger, said))
        .where(hold.c.reason == "FOOTAGE", ledger.c.id.is_(None))
    )
    says = "for its films was lifted, and nobody said where they are"
    return [(f"item {row[0]}", f"hold {row[1]} {says}") for row in rows]


def ended_unwiped(conn: sa.Connection) -> Found:
    """Cameras that were retired as wiped, or destroyed, and that two people never wiped before."""
    wiped = ledger.alias("wiped")
    before = sa.exists().where(
        wiped.c.item_id == ledger.c.item_id, wiped.c.seq < ledger.c.seq, wiped.c.kind == "PASSED",
        wiped.c.reason.startswith("SANITISE:"), wiped.c.second_person.is_not(None),
        wiped.c.second_person != wiped.c.by_person,
    )  # fmt: skip
    ended = sa.or_(ledger.c.reason.startswith("DESTROY:"), ledger.c.reason.endswith(" to SANITISED"))
    rows = conn.execute(
        sa.select(ledger.c.item_id, ledger.c.reason)
        .select_from(ledger.join(item, item.c.id == ledger.c.item_id))
        .where(
            ledger.c.kind == "PASSED", item.c.kind == "BWV_CAMERA", ended,
            sa.not_(ledger.c.reason.startswith("SANITISE:")), sa.not_(before),
        )
    )  # fmt: skip
    return [(f"item {row[0]}", f"{row[1].partition(':')[0]} before two people had wiped it") for row in rows]


def cameras_are_in_order(conn: sa.Connection) -> Found:
    """No film was put at risk: what holds a camera for its films was ended by a person who says where they are, and no
    camera was retired or destroyed before two people wiped it."""
    return [*footage_released_without_word(conn), *ended_unwiped(conn)]


CHECKS = (cameras_are_in_order,)
