"""What there is, store by store, kind by kind, model by model: on the books, ready, held back, out, elsewhere.

One rule for the editor: ready is the gate's word (`oversight.force_kit`), the same that the store's page shows; here is
only counting. Pieces of lots count as pieces.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import judging_lots
from inventory.oversight.demand import by_shift, peak
from inventory.oversight.force_kit import ForceKit, serviceable
from inventory.oversight.moments import Asked, StoreSaid
from inventory.oversight.targets import Target
from inventory.people.calendar import day_start_us, local_day
from inventory.schema.fast import Fast
from inventory.schema.people import person
from inventory.schema.steps import read
from inventory.schema.stock import lot, lot_balance
from inventory.stock.item_facts import lot_steps

POOL = "OPERATIONAL"


@dataclass(frozen=True, slots=True)
class Available:
    """One store, kind and model. `on_books`: whose home it is. `here`: in the store; of those `ready`, and the others
    held back. `out`: its own, with people. `elsewhere`: its own, in no store and with nobody: on its way, with a
    maker, an exhibit, or nobody knows."""

    store_id: int
    kind: str
    model: str
    on_books: int
    here: int
    ready: int
    out: int
    elsewhere: int

    @property
    def held_back(self) -> int:
        """In the store, and the gate would not let it go."""
        return self.here - self.ready


@dataclass(frozen=True, slots=True)
class Against:
    """One store and kind against its targets. `need`: the most that is asked at any one moment of the day; `there`:
    ready or out. `asked`: on the shift that is on."""

    store_id: int
    kind: str
    need: int
    asked: int
    ready: int
    out: int

    @property
    def there(self) -> int:
        """What could be carried: ready, or out already."""
        return self.ready + self.out

    @property
    def short(self) -> int:
        """How many there would have to be more of."""
        return max(0, self.need - self.there)


_LOTS = Fast(
    sa.select(
        lot.c.id, lot.c.kind, lot.c.product, lot_balance.c.holder, lot_balance.c.holder_id,
        person.c.home_store_id, lot_balance.c.quantity,
    )
    .select_from(
        lot.join(lot_balance, lot_balance.c.lot_id == lot.c.id).outerjoin(
            person,
            sa.and_(lot_balance.c.holder == sa.literal_column("'PERSON'"), person.c.id == lot_balance.c.holder_id),
        )
    )
    .where(lot_balance.c.quantity > 0, lot_balance.c.holder.in_(("STORE", "PERSON")))
)  # fmt: skip


def availability(
    kit: ForceKit, policy: Policy, now_us: int, known_fit: frozenset[int] = frozenset()
) -> list[Available]:
    """Serialised kit of the operational pool, by store, kind and model.

    `known_fit`: what was found serviceable for a duty that begins now. What lasts through a duty stands at its start,
    so it is not asked again.
    """
    here = [item_id for item_id, each in kit.items.items() if each.pool == POOL and each.holder == "STORE"]
    asked = [each for each in here if each not in known_fit]
    fit = dict.fromkeys(known_fit, True) | serviceable(kit, asked, policy, now_us, Asked(now_us, now_us))
    count: dict[tuple[int, str, str], Counter[str]] = defaultdict(Counter)
    for item_id, each in kit.items.items():
        if each.pool != POOL:
            continue
        count[each.home_store_id, each.kind, each.model]["on_books"] += 1
        if each.holder == "STORE":
            there = count[each.holder_id or 0, each.kind, each.model]
            there["here"] += 1
            there["ready"] += fit[item_id]
        else:
            where = "out" if each.holder == "PERSON" else "elsewhere"
            count[each.home_store_id, each.kind, each.model][where] += 1
    return _rows(count)


def lots_available(conn: sa.Connection, policy: Policy, now_us: int) -> list[Available]:
    """Kit without serials (spit guards), in pieces; out: with the people whose home the store is."""
    rows = _LOTS.rows(conn)
    asked = [(row[0], row[6], row[4]) for row in rows if row[3] == "STORE"]
    facts = read(conn, lot_steps(asked)) if asked else {}
    judge = judging_lots(policy, now_us)
    fit = {key: not any(found.stops for found in judge(each)) for key, each in facts.items()}
    count: dict[tuple[int, str, str], Counter[str]] = defaultdict(Counter)
    for lot_id, kind, product, holder, holder_id, home, quantity in rows:
        store_id = holder_id if holder == "STORE" else home
        if store_id is None:
            continue
        there = count[store_id, kind, product]
        there["on_books"] += quantity
        there["here" if holder == "STORE" else "out"] += quantity
        if fit.get((lot_id, quantity, holder_id)) and holder == "STORE":
            there["ready"] += quantity
    return _rows(count)


def _rows(count: Mapping[tuple[int, str, str], Counter[str]]) -> list[Available]:
    return [
        Available(*key, each["on_books"], each["here"], each["ready"], each["out"], each["elsewhere"])
        for key, each in sorted(count.items())
    ]


def against(
    rows: Iterable[Available], stores: Sequence[StoreSaid], targets: Sequence[Target],
    shifts: Mapping[int, str], now_us: int,
) -> list[Against]:  # fmt: skip
    """Each store and kind for which there is a target, models added up. `shifts`: the one that is on, by store."""
    there: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in rows:
        there[each.store_id, each.kind][0] += each.ready
        there[each.store_id, each.kind][1] += each.out
    day_us = day_start_us(local_day(now_us))
    found = []
    for store in stores:
        mine = [each for each in targets if each.store_id == store.id]
        for kind in dict.fromkeys(each.kind for each in mine):
            of_shift = by_shift(mine, kind)
            shift = shifts.get(store.id, "")
            asked = of_shift.get(shift, 0) + (of_shift.get("", 0) if shift else 0)
            ready, out = there[store.id, kind]
            found.append(Against(store.id, kind, peak(store.patterns, of_shift, day_us), asked, ready, out))
    return found
