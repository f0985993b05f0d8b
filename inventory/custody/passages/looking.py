"""What is known of items for a passage, and the passages that are possible from there now, and for whom.

One rule for the editor: this reads and never writes, in a number of statements that does not grow with the items.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.passages.row import Bar, Looked, OpenHold, Row
from inventory.custody.passages.table import rows_from
from inventory.gate.kind_policy import MODELS, KindPolicy, Policy
from inventory.people.calendar import local_day
from inventory.people.capabilities import Held, held_by
from inventory.schema.fast import Fast, among
from inventory.schema.people import binding
from inventory.schema.stock import hold, hold_lift, item
from inventory.stock.state import Clock, Seen, look_at, state_of

FEED_MINUTES = "dock_feed_minutes_max"
DOCK_DAYS = "dock_days"
FEED_MINUTES_AT_MOST = 10
"""How old a dock's word about a camera may be where the force has not said (design `domain.md` 3.6)."""
MINUTE_US = 60_000_000

_HOLD_COLUMNS = (hold.c.id, hold.c.reason, hold.c.placed_us, hold.c.authority)
_OPEN = Fast(
    sa.union_all(
        sa.select(hold.c.item_id, *_HOLD_COLUMNS, sa.literal_column("0"))
        .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
        .where(among(hold.c.item_id, "ids"), hold_lift.c.hold_id.is_(None)),
        sa.select(item.c.id, *_HOLD_COLUMNS, sa.literal_column("1"))
        .select_from(
            item.join(hold, hold.c.lot_id == item.c.lot_id).outerjoin(
                hold_lift, hold_lift.c.hold_id == hold.c.id
            )
        )
        .where(among(item.c.id, "ids"), hold_lift.c.hold_id.is_(None)),
    )
)
_MARKS = Fast(
    sa.select(binding.c.item_id, binding.c.technology).where(
        among(binding.c.item_id, "ids"), binding.c.to_us.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class Option:
    """One passage from where an item is. `may`: whether the person asked about is one of those who may.

    `bars` is empty where nothing is against it.
    """

    row: Row
    may: bool
    bars: tuple[Bar, ...]


def clock_of(policy: Policy, now_us: int) -> Clock:
    """The clock that states are told by, with the force's numbers out of its policy."""
    packs = policy.kinds.get(("CED_BATTERY", "OPERATIONAL"))
    days = {model: packs.terms(model).count(DOCK_DAYS) for model in _models(packs)} if packs else {}
    minutes = _minutes(policy.kinds.get(("BWV_CAMERA", "OPERATIONAL")))
    known = {model: each for model, each in days.items() if each is not None}
    return Clock(now_us, local_day(now_us), minutes * MINUTE_US, known)


def _models(rules: KindPolicy) -> tuple[str, ...]:
    approved = rules.settings.get(MODELS)
    return approved.value if approved is not None and isinstance(approved.value, tuple) else ()


def _minutes(rules: KindPolicy | None) -> int:
    setting = rules.settings.get(FEED_MINUTES) if rules else None
    return setting.value if setting is not None and isinstance(setting.value, int) else FEED_MINUTES_AT_MOST


def look(conn: sa.Connection, item_ids: Sequence[int], policy: Policy, now_us: int) -> dict[int, Looked]:
    """What guards are given of each item, by id; an unknown id has no entry."""
    ids = list(dict.fromkeys(item_ids))
    seen = look_at(conn, ids, clock_of(policy, now_us))
    holds: dict[int, list[OpenHold]] = defaultdict(list)
    for item_id, hold_id, reason, placed_us, authority, of_lot in _OPEN.rows(conn, {"ids": ids}):
        holds[item_id].append(OpenHold(hold_id, reason, placed_us, authority, bool(of_lot)))
    marks: dict[int, set[str]] = defaultdict(set)
    for item_id, technology in _MARKS.rows(conn, {"ids": ids}):
        marks[item_id].add(technology)
    return {
        item_id: Looked(
            each, state_of(each), store_of(each), tuple(sorted(holds[item_id], key=lambda one: one.id)),
            frozenset(marks[item_id]), policy,
        )
        for item_id, each in seen.items()
    }  # fmt: skip


def store_of(seen: Seen) -> int:
    """The store that has the item, or owns it where no store has it."""
    holder_id = seen.item.holder_id
    return holder_id if seen.item.holder == "STORE" and holder_id is not None else seen.item.home_store_id


def capable(held: frozenset[Held], capabilities: Sequence[str], store_id: int) -> bool:
    """Whether somebody holds one of these capabilities for the store; for () everybody does."""
    wanted = {Held(each, at) for each in capabilities for at in (None, store_id)}
    return not capabilities or bool(wanted & held)


def possible(
    conn: sa.Connection, item_ids: Sequence[int], policy: Policy, now_us: int, person_id: int
) -> dict[int, tuple[Looked, tuple[Option, ...]]]:
    """Where each item stands, and every passage from there, for this person; an unknown id has no entry."""
    held = held_by(conn, [person_id], now_us)[person_id]
    looked = look(conn, item_ids, policy, now_us)
    return {item_id: (each, options(each, held)) for item_id, each in looked.items()}


def options(looked: Looked, held: frozenset[Held]) -> tuple[Option, ...]:
    """Every passage from where an item is, for somebody who holds these capabilities."""
    return tuple(
        Option(row, capable(held, row.who, looked.store_id), tuple(row.bars(looked)))
        for row in rows_from(looked)
    )
