"""Whether everything on its way is in a consignment that two people sent, looked at once more from the stored rows.

One rule for the editor: what is asked here is asked of the stored rows alone, and not by the code that wrote them.
"""

from collections import Counter

import sqlalchemy as sa

from inventory.schema.custody import custody, ledger
from inventory.schema.people import person
from inventory.schema.stock import lot_balance
from inventory.schema.transfers import consignment_event

Told = list[tuple[str, str]]
"""(what it is about, a sentence)."""

_SENT = sa.select(consignment_event.c.consignment_id).where(consignment_event.c.act == "SENT")


def nothing_on_its_way_without_a_consignment(conn: sa.Connection) -> Told:
    """Whatever a carrier has or had is on the list of a consignment that was sent, items and pieces alike."""
    listed = sa.select(consignment_event.c.id).where(
        consignment_event.c.consignment_id == custody.c.holder_id,
        consignment_event.c.item_id == custody.c.item_id,
        consignment_event.c.act.in_(("LISTED", "WITH")),
    )
    items = sa.select(custody.c.item_id, custody.c.holder_id).where(
        custody.c.holder == "CARRIER", sa.or_(custody.c.holder_id.not_in(_SENT), ~listed.exists())
    )
    lots = sa.select(lot_balance.c.lot_id, lot_balance.c.holder_id, lot_balance.c.quantity).where(
        lot_balance.c.holder == "CARRIER", lot_balance.c.holder_id.not_in(_SENT)
    )
    return [
        *((f"item {row[0]}", f"a carrier has it by consignment {row[1]}, not sent") for row in conn.execute(items)),
        *((f"lot {row[0]}", f"a carrier has {row[2]} by consignment {row[1]}, not sent") for row in conn.execute(lots)),
    ]


def consignments_are_signed_by_two(conn: sa.Connection) -> Told:
    """Every consignment was sent, and received, by two different people, and the ledger says so too."""
    one, other = person.alias("one"), person.alias("other")
    rows = conn.execute(
        sa.select(
            consignment_event.c.consignment_id, consignment_event.c.act, sa.func.coalesce(one.c.same_as, one.c.id),
            sa.func.coalesce(other.c.same_as, other.c.id), consignment_event.c.by_person,
            consignment_event.c.second_person, ledger.c.kind, ledger.c.by_person, ledger.c.second_person,
        )
        .select_from(
            consignment_event.outerjoin(one, one.c.id == consignment_event.c.by_person)
            .outerjoin(other, other.c.id == consignment_event.c.second_person)
            .outerjoin(ledger, ledger.c.id == consignment_event.c.entry_id)
        )
        .where(consignment_event.c.act.in_(("SENT", "RECEIVED")))
    )  # fmt: skip
    words = {"SENT": "SENT", "RECEIVED": "DELIVERED"}
    found: Told = []
    for number, act, first, second, by, carrier, kind, entry_by, entry_second in rows:
        if first is None or second is None or first == second:
            found.append((f"consignment {number}", f"{act} by one person alone"))
        if (kind, entry_by, entry_second) != (words[act], by, carrier):
            found.append((f"consignment {number}", f"{act}, and the ledger does not say so"))
    return found


def every_piece_that_was_sent_is_told_of(conn: sa.Connection) -> Told:
    """Of every lot that was sent, each piece arrived, is with the carrier, or is unaccounted for."""
    listed: dict[tuple[int, int], int] = {}
    told: Counter[tuple[int, int]] = Counter()
    rows = conn.execute(
        sa.select(
            consignment_event.c.consignment_id, consignment_event.c.lot_id, consignment_event.c.act,
            consignment_event.c.quantity,
        )
        .where(consignment_event.c.lot_id.is_not(None), consignment_event.c.consignment_id.in_(_SENT))
        .order_by(consignment_event.c.at_us, consignment_event.c.id)
    )  # fmt: skip
    for number, lot_id, act, quantity in rows:
        if act in ("LISTED", "UNLISTED"):
            listed[number, lot_id] = quantity if act == "LISTED" else 0
        elif act in ("ARRIVED", "MISSED"):
            told[number, lot_id] += quantity
    carried = sa.select(lot_balance.c.holder_id, lot_balance.c.lot_id, lot_balance.c.quantity).where(
        lot_balance.c.holder == "CARRIER"
    )
    for number, lot_id, quantity in conn.execute(carried):
        told[number, lot_id] += quantity
    return [
        (f"consignment {at[0]}", f"{listed.get(at, 0)} pieces of lot {at[1]} were sent, and {told[at]} are told of")
        for at in sorted(listed.keys() | told.keys())
        if listed.get(at, 0) != told[at]
    ]


CHECKS = (
    nothing_on_its_way_without_a_consignment,
    consignments_are_signed_by_two,
    every_piece_that_was_sent_is_told_of,
)
