"""Whether what suppliers delivered came in by two people and two readings, looked at once more from the stored rows.

One rule for the editor: what is asked here is asked of the stored rows alone, and not by the code that wrote them.
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from inventory.schema.custody import ledger
from inventory.schema.people import binding, person
from inventory.schema.receiving import delivery, delivery_event, purchase_line
from inventory.schema.stock import item
from inventory.schema.words import SECTION_5_KINDS

Told = list[tuple[str, str]]
"""(what it is about, a sentence)."""


def what_is_signed_for_was_received_by_both(conn: sa.Connection) -> Told:
    """What two different people signed for is an item that the ledger RECEIVED by both, in the delivery's store."""
    one, other = person.alias("one"), person.alias("other")
    signed = conn.execute(
        sa.select(
            delivery_event.c.delivery_id, delivery_event.c.by_person, delivery_event.c.second_person,
            sa.func.coalesce(one.c.same_as, one.c.id), sa.func.coalesce(other.c.same_as, other.c.id),
            delivery_event.c.facts, delivery.c.store_id, delivery_event.c.tx_id,
        )
        .select_from(
            delivery_event.join(delivery, delivery.c.id == delivery_event.c.delivery_id)
            .outerjoin(one, one.c.id == delivery_event.c.by_person)
            .outerjoin(other, other.c.id == delivery_event.c.second_person)
        )
        .where(delivery_event.c.act == "SIGNED")
    ).all()  # fmt: skip
    by_lot = set(conn.execute(
        sa.select(delivery_event.c.unit_id).where(delivery_event.c.act == "READ", delivery_event.c.serial.is_(None))
    ).scalars())  # fmt: skip
    received = _received(conn)
    found: Told = []
    for number, by, second, first_root, second_root, facts, store_id, tx_id in signed:
        if first_root is None or second_root is None or first_root == second_root:
            found.append((f"delivery {number}", "signed for by one person alone"))
        missing = [
            unit for unit in json.loads(facts)["units"]
            if unit not in by_lot and received.get(unit) != (by, second, store_id, tx_id)
        ]  # fmt: skip
        said = f"signed for in delivery {number}, and the ledger does not say so"
        found += [(f"item {unit}", said) for unit in missing]
    return found


def _received(conn: sa.Connection) -> dict[int, tuple[Any, ...]]:
    rows = conn.execute(
        sa.select(ledger.c.item_id, ledger.c.by_person, ledger.c.second_person, ledger.c.taker_id, ledger.c.tx_id)
        .where(ledger.c.kind == "RECEIVED", ledger.c.giver.is_(None), ledger.c.item_id.is_not(None))
    )  # fmt: skip
    return {row[0]: tuple(row[1:]) for row in rows}


def labels_were_read_twice_alike(conn: sa.Connection) -> Told:
    """Every unit has two readings, and an item that came of one is of its serial, kind and maker, unless corrected."""
    corrected = sa.select(ledger.c.item_id).where(ledger.c.kind == "CORRECTED", ledger.c.item_id.is_not(None))
    rows = conn.execute(
        sa.select(
            delivery_event.c.unit_id, delivery_event.c.serial, delivery_event.c.facts, purchase_line.c.kind,
            purchase_line.c.maker, item.c.serial, item.c.kind, item.c.maker,
        )
        .select_from(
            delivery_event.join(purchase_line, purchase_line.c.id == delivery_event.c.line_id).outerjoin(
                item, sa.and_(item.c.id == delivery_event.c.unit_id, item.c.id.not_in(corrected))
            )
        )
        .where(delivery_event.c.act == "READ")
    )  # fmt: skip
    return list(_unlike(rows.all()))


def _unlike(rows: Any) -> Iterator[tuple[str, str]]:
    for unit, serial, facts, kind, maker, its_serial, its_kind, its_maker in rows:
        if len(json.loads(facts).get("readings", ())) != 2:
            yield f"unit {unit}", "its label was not read twice"
        if its_serial is not None and (serial, kind, maker) != (its_serial, its_kind, its_maker):
            yield (
                f"item {unit}",
                f"it was read as {maker} {kind} {serial}, and is {its_maker} {its_kind} {its_serial}",
            )


def no_metal_on_a_taser(conn: sa.Connection) -> Told:
    """No tag of metal and no etching was ever bound to a CED or a part of one."""
    rows = conn.execute(
        sa.select(ledger.c.item_id, ledger.c.reason)
        .select_from(ledger.join(item, item.c.id == ledger.c.item_id))
        .where(
            ledger.c.kind == "MARKED", item.c.kind.in_(SECTION_5_KINDS),
            sa.or_(ledger.c.reason.like("%, metal, on the item itself"),
                   ledger.c.reason.like("%, etched, on the item itself")),
        )
    )  # fmt: skip
    return [(f"item {item_id}", f"bound: {reason}") for item_id, reason in rows]


def codes_of_items_have_their_entries(conn: sa.Connection) -> Told:
    """Every code bound to an item by a person has its entry on the item's chain."""
    told = sa.exists(
        sa.select(ledger.c.id).where(
            ledger.c.item_id == binding.c.item_id,
            ledger.c.kind == "MARKED",
            ledger.c.at_us == binding.c.from_us,
        )
    )
    rows = conn.execute(
        sa.select(binding.c.item_id, binding.c.technology, binding.c.value).where(
            binding.c.item_id.is_not(None), binding.c.recorded_by.is_not(None), ~told
        )
    )
    return [
        (f"item {row[0]}", f"{row[1]} {row[2]} was bound, and the ledger does not say so") for row in rows
    ]


CHECKS = (
    what_is_signed_for_was_received_by_both,
    labels_were_read_twice_alike,
    no_metal_on_a_taser,
    codes_of_items_have_their_entries,
)
