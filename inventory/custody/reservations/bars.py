"""Why kit cannot be promised: it is not there then, it is promised already, or fewer are left than are asked for.

One rule for the editor: every reason is given at once, each with what is possible instead.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.people.calendar import moment_said
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Row, among
from inventory.schema.reservations import reservation, reservation_ended, reservation_line
from inventory.schema.steps import read
from inventory.schema.stock import hold, hold_lift, item
from inventory.schema.tx import Tx
from inventory.stock.item_facts import read_items
from inventory.stock.kept import by_item, kept_steps
from inventory.stock.kinds import label
from inventory.stock.kit_facts import ItemFacts, Kept

_DUE = Fast(
    sa.select(custody.c.item_id, custody.c.planned_return_us).where(
        among(custody.c.item_id, "items"), custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None)
    )
)
_HELD = (
    sa.select(hold.c.id)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(hold_lift.c.hold_id.is_(None), sa.or_(hold.c.item_id == item.c.id, hold.c.lot_id == item.c.lot_id))
)
_THERE = Fast(
    sa.select(item.c.kind, item.c.model, sa.func.count())
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.closed_entry.is_(None),
        among(item.c.kind, "kinds", texts=True),
        item.c.pool == sa.literal_column("'OPERATIONAL'"),
        sa.or_(
            sa.and_(
                custody.c.holder == sa.literal_column("'STORE'"), custody.c.holder_id == sa.bindparam("store_id")
            ),
            sa.and_(
                custody.c.person_id.is_not(None),
                item.c.home_store_id == sa.bindparam("store_id"),
                custody.c.planned_return_us <= sa.bindparam("from_us", type_=sa.BigInteger),
            ),
        ),
        ~_HELD.exists(),
    )
    .group_by(item.c.kind, item.c.model)
)
"""What will be in a store: what stands there, and what is due back by then."""

_PROMISED = Fast(
    sa.select(reservation_line.c.item_id)
    .select_from(
        reservation_line.join(reservation, reservation.c.id == reservation_line.c.reservation_id)
        .join(item, item.c.id == reservation_line.c.item_id)
        .outerjoin(reservation_ended, reservation_ended.c.reservation_id == reservation.c.id)
    )
    .where(
        reservation.c.store_id == sa.bindparam("store_id"),
        among(item.c.kind, "kinds", texts=True),
        reservation.c.from_us < sa.bindparam("to_us", type_=sa.BigInteger),
        reservation.c.to_us > sa.bindparam("from_us", type_=sa.BigInteger),
        reservation_ended.c.reservation_id.is_(None),
    )
)
"""What is promised there by itself at any time between."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Why something cannot be promised, and what puts that right; `item_id` where it is about one item."""

    sentence: str
    remedy: str = ""
    item_id: int | None = None


class NotReserved(ValueError):
    """Nothing was done. Every reason is given at once."""

    def __init__(self, bars: Sequence[Bar]) -> None:
        super().__init__(" ".join(f"{bar.sentence} {bar.remedy}".strip() for bar in bars))
        self.bars = tuple(bars)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be promised: items, and (kind, model or None, pieces), at a store from when to when."""

    store_id: int
    from_us: int
    to_us: int
    items: tuple[int, ...]
    kinds: tuple[tuple[str, str | None, int], ...]


def bars_of(tx: Tx, wanted: Wanted) -> list[Bar]:
    """Every reason why this cannot be promised."""
    kept = [
        each
        for each in read(tx.conn, kept_steps([wanted.store_id], wanted.items, tx.now_us)).lines
        if each.meets(wanted.from_us, wanted.to_us)
    ]
    facts = read_items(tx.conn, wanted.items)
    due = {row[0]: row[1] for row in _DUE.rows(tx.conn, {"items": list(wanted.items)})} if wanted.items else {}
    promised = by_item(kept)
    bars = [bar for each in wanted.items for bar in _of_item(wanted, each, facts, due, promised)]
    return bars + _of_kinds(tx, wanted, kept, facts)


def _of_item(
    wanted: Wanted, item_id: int, facts: Mapping[int, ItemFacts], due: Mapping[int, int | None],
    promised: Mapping[int, Sequence[Kept]],
) -> list[Bar]:  # fmt: skip
    kit = facts.get(item_id)
    if kit is None:
        return [Bar(f"Item {item_id} is not known.", item_id=item_id)]
    name = f"{label(kit.kind)} {kit.serial}"
    name = name[:1].upper() + name[1:]
    bars = [
        Bar(f"{name} is reserved already until {moment_said(each.to_us)}, by reservation {each.reservation_id}.",
            "End that one first, or take another.", item_id)
        for each in promised.get(item_id, ())
    ]  # fmt: skip
    if kit.holds:
        bars.append(Bar(f"{name} is held back.", "Lift the hold first, or take another.", item_id))
    if kit.fitted_in is not None:
        bars.append(Bar(f"{name} is loaded in something.", "Reserve what it is loaded in.", item_id))
    is_due = kit.holder == "PERSON" and (due.get(item_id) or wanted.to_us) <= wanted.from_us
    if (kit.holder, kit.holder_id) != ("STORE", wanted.store_id) and not (
        is_due and kit.home_store_id == wanted.store_id
    ):
        bars.append(Bar(f"{name} is not in this store then.", "Reserve one that is, or have it moved here.", item_id))
    return bars


def _of_kinds(tx: Tx, wanted: Wanted, kept: Sequence[Kept], facts: Mapping[int, ItemFacts]) -> list[Bar]:
    """Whether enough is left of each kind and model for what is promised by number, with what is asked for now."""
    asked = [Kept(0, wanted.store_id, frozenset(), wanted.from_us, wanted.to_us, None, kind, model, count)
             for kind, model, count in wanted.kinds]  # fmt: skip
    lines = [each for each in (*kept, *asked) if each.kind is not None]
    kinds = sorted({str(each.kind) for each in lines})
    if not kinds:
        return []
    asked_of = {"kinds": kinds, "store_id": wanted.store_id, "from_us": wanted.from_us, "to_us": wanted.to_us}
    there, promised = _THERE.rows(tx.conn, asked_of), _PROMISED.rows(tx.conn, asked_of)
    apart = read_items(tx.conn, {*(row[0] for row in promised), *facts}).values()
    return [bar for kind in kinds for bar in _short(kind, _left(kind, there, apart), lines)]


def _left(kind: str, there: Sequence[Row], apart: Iterable[ItemFacts]) -> Counter[str]:
    left = Counter({model: int(count) for of, model, count in there if of == kind})
    left.subtract(each.model for each in apart if each.kind == kind)
    return left


def _short(kind: str, left: Counter[str], lines: Sequence[Kept]) -> list[Bar]:
    """Where more is promised of a kind, or of a model of it, than there will be."""
    mine = [each for each in lines if each.kind == kind]
    for each in mine:
        if each.model is not None:
            left[each.model] -= each.pieces
    bars = [
        Bar(f"{-left[model]} {model} {label(kind, -left[model])} too few will be in this store then.",
            "Ask for fewer, or at another time.")
        for model in sorted({each.model for each in mine if each.model is not None})
        if left[model] < 0
    ]  # fmt: skip
    any_model = sum(each.pieces for each in mine if each.model is None)
    spare = sum(max(0, count) for count in left.values())
    if spare < any_model and not bars:
        short = any_model - spare
        bars.append(Bar(f"{short} {label(kind, short)} too few will be in this store then.",
                        "Ask for fewer, or at another time."))  # fmt: skip
    return bars
