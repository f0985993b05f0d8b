"""The force's kit, all of it read at once, and what the gate says of each piece: where, ready for a duty, or why not.

One rule for the editor: no rule of its own. What is serviceable is what the gate would let go (`gate.readiness`); here
is only laid over the facts what a later moment changes, and that is said in `as_then`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import judging, loaded_in
from inventory.oversight.moments import Asked
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.stock import item
from inventory.stock.item_facts import read_items
from inventory.stock.kept import keep_in_mind
from inventory.stock.kit_facts import ItemFacts

GONE: tuple[sa.ColumnElement[str], ...] = tuple(sa.literal_column(f"'{each}'") for each in ("DISPOSAL", "SUPPLIER"))
CED_KINDS = frozenset({"CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE"})


@dataclass(frozen=True, slots=True)
class Out:
    """A piece that a person has: who, and when it is due back (None: it is kept)."""

    person_id: int
    due_us: int | None


@dataclass(frozen=True, slots=True)
class ForceKit:
    """Everything on the books as it is now, by id; and of what is with people, with whom."""

    items: Mapping[int, ItemFacts]
    out: Mapping[int, Out]


_ON_BOOKS = Fast(
    sa.select(item.c.id)
    .select_from(item.join(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))))
    .where(custody.c.holder.not_in(GONE))
)
_OUT = Fast(
    sa.select(custody.c.item_id, custody.c.person_id, custody.c.planned_return_us).where(
        custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None)
    )
)


def read_force_kit(conn: sa.Connection, now_us: int) -> ForceKit:
    """Read all of it, in a number of statements that does not grow with it."""
    ids = [row[0] for row in _ON_BOOKS.rows(conn)]
    items = keep_in_mind(conn, read_items(conn, ids), now_us)
    return ForceKit(items, {row[0]: Out(row[1], row[2]) for row in _OUT.rows(conn)})


def serviceable(
    kit: ForceKit, ids: Iterable[int], policy: Policy, now_us: int, asked: Asked
) -> dict[int, bool]:
    """Whether nothing would stop each of these from being issued at a moment for the whole of its duty, by id.

    What is in no store then is not serviceable. What is loaded in a piece goes with it, and what stops that stops both.
    """
    judge = judging(policy, asked.at_us, asked.until_us)
    wanted = list(ids)
    inside = {each: loaded_in(kit.items[each], kit.items) for each in wanted if kit.items[each].fitted}
    own: dict[int, bool] = {}
    for each in dict.fromkeys([*wanted, *(child for some in inside.values() for child in some)]):
        there = as_then(kit, each, now_us, asked)
        own[each] = there.holder == "STORE" and not any(found.stops for found in judge(there))
    return {each: own[each] and all(own[child] for child in inside.get(each, ())) for each in wanted}


def is_back(kit: ForceKit, item_id: int, now_us: int, asked: Asked) -> bool:
    """Whether a piece that is out is due back by the moment; what is overdue already is not counted on."""
    out = kit.out.get(item_id)
    return out is not None and out.due_us is not None and now_us < out.due_us <= asked.at_us


def as_then(kit: ForceKit, item_id: int, now_us: int, asked: Asked) -> ItemFacts:
    """What an item is taken to be at the moment that is asked about.

    What is due back by then is back in its own store, with a charge that nobody knows. What stands in a dock stands
    there still, with the charge it has now: its dock goes on speaking. Everything else is as it is.
    """
    there, later_us = kit.items[item_id], asked.at_us - now_us
    if is_back(kit, item_id, now_us, asked):
        return replace(there, holder="STORE", holder_id=there.home_store_id, bay=None, vendor=None)
    if later_us <= 0 or (there.bay is None and there.vendor is None):
        return there
    bay = there.bay and replace(there.bay, observed_us=there.bay.observed_us + later_us)
    vendor = there.vendor and replace(there.vendor, charge_us=there.vendor.charge_us + later_us)
    return replace(there, bay=bay, vendor=vendor)


def store_of(kit: ForceKit, item_id: int, now_us: int, asked: Asked) -> int | None:
    """The store a piece is in at a moment; None where it is in none."""
    there = kit.items[item_id]
    if there.holder == "STORE":
        return there.holder_id
    return there.home_store_id if is_back(kit, item_id, now_us, asked) else None
