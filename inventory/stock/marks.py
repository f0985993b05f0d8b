"""From what a scanner read to what it names: live bindings first, then printed serials.

One rule for the editor: nothing is guessed. Every match is returned; whoever asked filters by place or asks by
touch. A decoded EPC is a hint, the binding decides. A person is the record that a duplicate is linked to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.people import binding, person
from inventory.schema.steps import Steps, once, read
from inventory.schema.stock import item

SERIAL = "SERIAL"
COLLAR = "COLLAR"
LABEL = "LABEL"
EM4100 = "EM4100"
EM4100_END = "EM4100_END"
"""Asks for every EM4100 whose number ends so, in hex: what is printed on a card leaves the number's beginning out."""

END_DIGITS = 6
"""The fewest digits such an end has (24 bits are printed), and as many as the index of ends holds."""


@dataclass(frozen=True, slots=True)
class Match:
    """One item a code names, and who holds it now."""

    item_id: int
    kind: str
    model: str
    serial: str
    pool: str
    holder: str | None
    holder_id: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """Everything a code names. `lost` holds the people whose token this is, reported lost and not bound again."""

    people: tuple[int, ...] = ()
    items: tuple[Match, ...] = ()
    lots: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()


_BINDINGS = (
    sa.select(
        binding.c.technology, binding.c.value, sa.func.coalesce(person.c.same_as, binding.c.person_id),
        binding.c.item_id, binding.c.lot_id, binding.c.to_us, binding.c.end_reason,
    )
    .select_from(binding.outerjoin(person, person.c.id == binding.c.person_id))
    .order_by(binding.c.from_us, binding.c.id)
)  # fmt: skip
_BOUND = Fast(_BINDINGS.where(among(binding.c.value, "texts", texts=True)))
_ENDING = Fast(
    _BINDINGS.where(
        binding.c.technology == sa.literal_column(f"'{EM4100}'"),  # written out, as in the index that serves this
        sa.func.substr(binding.c.value, sa.func.length(binding.c.value) - sa.literal_column(str(END_DIGITS - 1)))
        == sa.bindparam("last"),
        binding.c.value.like(sa.bindparam("pattern")),
    )
)
_MATCH = (
    sa.select(
        item.c.id, item.c.kind, item.c.model, item.c.serial, item.c.pool, custody.c.holder, custody.c.holder_id
    ).select_from(item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))))
)  # fmt: skip
_BY_ID = Fast(_MATCH.where(among(item.c.id, "ids")))
_BY_SERIAL = Fast(_MATCH.where(among(item.c.serial, "texts", texts=True)))


def item_now(conn: sa.Connection, item_id: int) -> Match:
    """One item and who holds it now. Raises LookupError for an unknown item."""
    rows = _BY_ID.rows(conn, {"ids": [item_id]})
    if not rows:
        raise LookupError(f"item {item_id} is not known")
    return Match(*rows[0])


def find(conn: sa.Connection, lookups: Sequence[tuple[str, str]]) -> Found:
    """What `lookups` ((technology, value) pairs) name. A bare serial is tried as a collar and as a label of ours."""
    return read(conn, find_steps(lookups))


def find_steps(lookups: Sequence[tuple[str, str]]) -> Steps[Found]:
    """The reader behind `find`: one step, and one more where something is bound."""
    wanted = {(technology, value) for technology, value in lookups}
    plain = {value for technology, value in lookups if technology == SERIAL}
    wanted |= {(technology, value) for technology in (COLLAR, LABEL) for value in plain}
    endings = sorted({value for technology, value in lookups if technology == EM4100_END})
    rows, by_serial, *ended = yield [
        (_BOUND, {"texts": sorted({value for _, value in wanted})}),
        (_BY_SERIAL, {"texts": sorted(plain)}),
        *((_ENDING, {"pattern": f"%{ending}", "last": ending[-END_DIGITS:]}) for ending in endings),
    ]
    bound = [row for row in rows if (row[0], row[1]) in wanted] + [row for some in ended for row in some]
    live = [row for row in bound if row[5] is None]
    last = {(row[0], row[1]): row for row in bound}
    ids = [row[3] for row in live if row[3] is not None]
    matches = (yield from once(_BY_ID, {"ids": ids})) if ids else []
    items = {row[0]: Match(*row) for row in (*matches, *by_serial)}
    return Found(
        people=tuple(dict.fromkeys(row[2] for row in live if row[2] is not None)),
        items=tuple(items.values()),
        lots=tuple(dict.fromkeys(row[4] for row in live if row[4] is not None)),
        lost=tuple(dict.fromkeys(row[2] for row in last.values() if row[6] == "LOST" and row[2])),
    )
