"""Two people sign for what was read: now it is kit of ours, in its store, tagged, and not accepted into service yet.

One rule for the editor: everything that is read is signed for, or nothing; and everything is asked once more. Design
`domain.md` 3.1 and 3.3: ON_ORDER to RECEIVED by a storekeeper and a second person, with order line and consignment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.holds import Placing, place_holds
from inventory.custody.marking import Mark, Marked, NotMarked, bars, bind_mark
from inventory.custody.receive import Delivered, DeliveredLot, receive, receive_lots
from inventory.custody.receiving.judging import Reading, UnitRead, judge
from inventory.custody.receiving.reading import Delivery, Line, Purchase, Unit, unit_name
from inventory.custody.receiving.terms import ACCEPTANCE
from inventory.custody.receiving.writing import Bar, NotReceived, locked_delivery, need_why, write
from inventory.people.calendar import local_day
from inventory.people.people import root_of
from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import item, lot
from inventory.schema.tx import Tx

IDS_A_UNIT = 16
"""Ids that one unit takes as it is signed for: item, entries, custody, hold, tags."""
_AGAIN = frozenset({"DUPLICATE", "LOT_DIFFERS"})
"""What may have come to be wrong since it was read."""

_ITEM, _LOT = Inserter(item), Inserter(lot)
_LOTS = Fast(
    sa.select(lot.c.id).where(
        lot.c.maker == sa.bindparam("maker"),
        lot.c.kind == sa.bindparam("kind"),
        lot.c.lot_no == sa.bindparam("lot_no"),
    )
)


@dataclass(frozen=True, slots=True)
class Signing:
    """`by_person` and `second_person` have both signed for what is read, `counted` pieces by their own count."""

    delivery_id: int
    by_person: int
    second_person: int
    counted: int


def sign(tx: Tx, signing: Signing) -> int:
    """Take what is read into the store; returns how many pieces. Raises NotReceived with every reason, LookupError.

    The caller reserves IDS_A_UNIT ids for each unit.
    """
    of, at = locked_delivery(tx, signing.delivery_id)
    found = [*_of_two(tx, signing), *_of_counts(at, signing)]
    for unit in at.pending:
        found += _once_more(tx, of, at, unit)
    if found:
        raise NotReceived(found)
    pairs = [(_line(of, each), each) for each in at.pending]
    items = [(line, unit) for line, unit in pairs if unit.serial is not None]
    pieces = [(line, unit) for line, unit in pairs if unit.serial is None]
    lots = {(line.id, unit.lot or ""): _lot_of(tx, line, unit) for line, unit in pairs if unit.lot}
    _ITEM.add(
        tx.conn, [_item(tx, of, line, unit, lots.get((line.id, unit.lot or ""))) for line, unit in items]
    )
    _into_the_store(tx, of, at, signing, items)
    by, second = signing.by_person, signing.second_person
    receive_lots(
        tx,
        [
            DeliveredLot(
                lots[line.id, unit.lot or ""], at.store_id, unit.quantity, by, second, _said(of, at, line)
            )
            for line, unit in pieces
        ],
    )
    act = {
        "act": "SIGNED", "by_person": by, "second_person": second, "quantity": signing.counted,
        "facts": {"units": [unit.id for _, unit in pairs]},
    }  # fmt: skip
    write(tx, at, [act])
    raise_alarms(tx, _differences(of, at, pairs))
    return signing.counted


def _of_two(tx: Tx, signing: Signing) -> list[Bar]:
    if root_of(tx.conn, signing.by_person) != root_of(tx.conn, signing.second_person):
        return []
    return [Bar("TWO", "Both signatures are one person's.", "Somebody else signs as the second person.")]


def _of_counts(at: Delivery, signing: Signing) -> list[Bar]:
    if not at.pending:
        return [Bar("NOTHING", "Nothing is read that is not signed for.", "Read what has come.")]
    if signing.counted == at.pieces:
        return []
    said = f"{at.pieces} pieces are read, and {signing.counted} were counted."
    return [Bar("COUNT", said, "Count again together: both must agree.")]


def _once_more(tx: Tx, of: Purchase, at: Delivery, unit: Unit) -> list[Bar]:
    """What has come to be wrong since a unit was read: its serial came on record, its tag was bound elsewhere."""
    line = _line(of, unit)
    reading = Reading("", "SCAN", unit.serial or unit.lot or "")
    asked = UnitRead(line.id, reading, None, unit.lot, unit.expires_on, unit.quantity)
    found = [each for each in judge(tx.conn, of, at, asked, local_day(tx.now_us)).bars if each.word in _AGAIN]
    marked = Marked(unit.id, line.kind, unit.serial or "")
    return found + [
        Bar("MARK", f"{unit_name(line, unit)}: {bar.sentence}", bar.remedy)
        for told in unit.marks
        for bar in bars(tx.conn, marked, Mark(**told))
    ]


def _into_the_store(
    tx: Tx, of: Purchase, at: Delivery, signing: Signing, items: Sequence[tuple[Line, Unit]]
) -> None:
    """Each item is RECEIVED by both, held until it is accepted, and its tags are bound."""
    by, second = signing.by_person, signing.second_person
    receive(
        tx,
        [
            Delivered(
                unit.id, at.store_id, by, second, _said(of, at, line), {"readings": unit.facts["readings"]}
            )
            for line, unit in items
        ],
    )
    place_holds(
        tx, [Placing(ACCEPTANCE, _said(of, at, line), item_id=unit.id, placed_by=by) for line, unit in items]
    )
    for line, unit in items:
        for told in unit.marks:
            _bind(tx, Marked(unit.id, line.kind, unit.serial or ""), Mark(**told), signing)


def _bind(tx: Tx, of: Marked, mark: Mark, signing: Signing) -> None:
    try:
        bind_mark(tx, of, mark, signing.by_person, signing.second_person)
    except NotMarked as told:
        raise NotReceived(
            [Bar("MARK", f"{of.name}: {bar.sentence}", bar.remedy) for bar in told.bars]
        ) from None


def _line(of: Purchase, unit: Unit) -> Line:
    line = of.line(unit.line_id)
    assert line is not None, "a unit has its line"
    return line


def _said(of: Purchase, at: Delivery, line: Line) -> str:
    return f"Order {of.order_ref} line {line.line_no}, delivery {at.note_ref}, {of.supplier}"


def _item(tx: Tx, of: Purchase, line: Line, unit: Unit, lot_id: int | None) -> dict[str, Any]:
    return {
        "id": unit.id, "kind": line.kind, "maker": line.maker, "serial": unit.serial, "model": line.model,
        "home_store_id": of.store_id, "pool": line.pool, "purpose": line.purpose, "variant": line.variant,
        "expires_on": unit.expires_on, "in_service_on": None, "personal_to": None, "lot_id": lot_id,
        "order_ref": of.order_ref, "recorded_us": tx.now_us,
    }  # fmt: skip


def _lot_of(tx: Tx, line: Line, unit: Unit) -> int:
    key = {"maker": line.maker, "kind": line.kind, "lot_no": unit.lot}
    found = _LOTS.rows(tx.conn, key)
    if found:
        return int(found[0][0])
    lot_id = tx.ids.take()
    more = {"product": line.model, "expires_on": unit.expires_on, "recorded_us": tx.now_us}
    _LOT.add(tx.conn, [{"id": lot_id, **key, **more}])
    return lot_id


def _differences(of: Purchase, at: Delivery, pairs: Sequence[tuple[Line, Unit]]) -> list[Raise]:
    """An alarm for each unit that was taken although it did not fit."""
    return [
        Raise(
            f"DELIVERY_{unit.told[0]}",
            f"{unit_name(line, unit)}, {_said(of, at, line)}: {', '.join(unit.told)}. {unit.facts.get('why', '')}",
            at.store_id,
            unit.id if unit.serial else None,
        )
        for line, unit in pairs
        if unit.told
    ]


def end_delivery(tx: Tx, delivery_id: int, by_person: int, reason: str | None) -> Purchase:
    """Nothing more comes with this delivery. What its list names and nobody read is short: it needs a reason, and is an
    alarm of the store. Raises NotReceived, LookupError."""
    of, at = locked_delivery(tx, delivery_id)
    if at.pending:
        said = f"{len(at.pending)} labels are read and not signed for."
        raise NotReceived([Bar("UNSIGNED", said, "Sign for them, or take them back.")])
    missing = [each.serial for each in at.not_seen]
    why = (
        need_why(reason, f"A delivery without {len(missing)} of those listed")
        if missing
        else (reason or "").strip()
    )
    write(tx, at, [{"act": "ENDED", "by_person": by_person, "facts": {"reason": why, "missing": missing}}])
    if missing:
        named = ", ".join(missing[:20]) + (f" and {len(missing) - 20} more" if len(missing) > 20 else "")
        raise_alarms(tx, [Raise("DELIVERY_SHORT", f"{of.supplier}, delivery {at.note_ref}: not there: {named}. {why}",
                                at.store_id)])  # fmt: skip
    return of
