"""A delivery is unpacked: each label is read twice, then its tag. Nothing is kit of ours before two people sign for it.

One rule for the editor: a unit's number is the number that its item will have, so that its label can be printed before
it is signed for.
"""

from dataclasses import asdict, dataclass

from inventory.custody.marking import Mark, Marked, bars, tidy
from inventory.custody.receiving.judging import Judged, UnitRead, judge
from inventory.custody.receiving.reading import Delivery, Purchase, Unit, unit_name
from inventory.custody.receiving.writing import Bar, NotReceived, locked_delivery, write
from inventory.people.calendar import local_day
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Unpacking:
    """One label, read in a delivery."""

    delivery_id: int
    by_person: int
    unit: UnitRead


def read_unit(tx: Tx, asked: Unpacking) -> int:
    """Write down one label that was read twice; returns the unit's number.

    Raises NotReceived with everything that does not fit, LookupError for an unknown delivery or line.
    """
    of, at = locked_delivery(tx, asked.delivery_id)
    unit = asked.unit
    judged = judge(tx.conn, of, at, unit, local_day(tx.now_us))
    found = list(judged.bars)
    if unit.second is None:
        found.insert(0, Bar("READ_ONCE", "The label is read once.", "Scan it again, or type what it says."))
    if found:
        raise NotReceived(found)
    unit_id = tx.ids.take()
    act = {
        "act": "READ", "by_person": asked.by_person, "line_id": unit.line_id, "unit_id": unit_id,
        "serial": judged.serial, "quantity": judged.quantity, "facts": _facts(unit, judged),
    }  # fmt: skip
    write(tx, at, [act])
    return unit_id


def _facts(unit: UnitRead, judged: Judged) -> dict[str, object]:
    assert unit.second is not None, "asked before"
    readings = [{"way": each.way, "text": each.text[:200]} for each in (unit.first, unit.second)]
    why = unit.why.strip() if unit.why and judged.told else None
    told = {
        "readings": readings,
        "lot": judged.lot,
        "expires_on": judged.expires_on,
        "told": judged.told,
        "why": why,
    }
    return {name: value for name, value in told.items() if value}


def mark_unit(tx: Tx, delivery_id: int, unit_id: int, mark: Mark, by_person: int) -> Mark:
    """Note the tag that was scanned after a unit; it is bound as the unit is signed for.

    Raises NotReceived where it cannot be bound or sits on another unit, BadField, LookupError.
    """
    of, at = locked_delivery(tx, delivery_id)
    unit = _pending(at, unit_id)
    line = of.line(unit.line_id)
    assert line is not None, "a unit has its line"
    if unit.serial is None:
        raise NotReceived(
            [Bar("LOT", "Pieces of a lot carry no tags of their own.", "Print a label for the box.")]
        )
    mark = tidy(mark)
    found = [
        Bar("MARK", each.sentence, each.remedy)
        for each in bars(tx.conn, Marked(unit_id, line.kind, unit.serial), mark)
    ] + _on_another_unit(of, at, unit, mark)
    if found:
        raise NotReceived(found)
    if all((told["technology"], told["value"]) != (mark.technology, mark.value) for told in unit.marks):
        act = {"act": "MARKED", "by_person": by_person, "unit_id": unit_id, "facts": asdict(mark)}
        write(tx, at, [act])
    return mark


def _on_another_unit(of: Purchase, at: Delivery, unit: Unit, mark: Mark) -> list[Bar]:
    said = (mark.technology, mark.value)
    for other in at.pending:
        if other.id != unit.id and any((told["technology"], told["value"]) == said for told in other.marks):
            line = of.line(other.line_id)
            assert line is not None, "a unit has its line"
            return [Bar("MARK", f"{mark.value} is on {unit_name(line, other)} already.", "Use another tag.")]
    return []


def take_back(tx: Tx, delivery_id: int, unit_id: int, by_person: int) -> None:
    """Take back what was read by mistake, with its tags. Raises LookupError where it is not there or is signed for."""
    _of, at = locked_delivery(tx, delivery_id)
    unit = _pending(at, unit_id)
    act = {"act": "TAKEN_BACK", "by_person": by_person, "unit_id": unit.id, "line_id": unit.line_id}
    write(tx, at, [act])


def _pending(at: Delivery, unit_id: int) -> Unit:
    unit = at.unit(unit_id)
    if unit is None or unit.is_signed:
        raise LookupError(f"unit {unit_id} is not among what is read and not signed for")
    return unit
