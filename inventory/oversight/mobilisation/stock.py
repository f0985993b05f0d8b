"""What kit every store could give for an operation: whole sets, cameras, spit guards, judged by the gate to its end.

One rule for the editor: readiness is the gate's (`gate.readiness`), asked of the first duty and of the whole operation.
What a night in a dock puts right (`MENDED`) stops nothing where there is time for it; it is listed as to be done.

Times are UTC microseconds.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from inventory.gate.ask import COMPLETING, Ask
from inventory.gate.decision import Refusal, judge_kit
from inventory.gate.facts import Facts
from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import judging, loaded_in
from inventory.oversight.force_kit import CED_KINDS, as_then, read_force_kit, store_of
from inventory.oversight.mobilisation.choosing import CED, Shelf
from inventory.oversight.mobilisation.operation import Operation
from inventory.oversight.moments import Asked
from inventory.oversight.most_pairs import Sets
from inventory.oversight.pairs import sets_of
from inventory.people.calendar import HOUR_US, local_day
from inventory.schema.fast import Fast
from inventory.schema.steps import read
from inventory.schema.stock import lot, lot_balance
from inventory.stock.item_facts import lot_steps
from inventory.stock.kit_facts import ItemFacts

MENDED = frozenset({
    "CHARGE_LOW", "CHARGE_UNKNOWN", "CAMERA_CHARGE_LOW", "UPLOAD_NOT_COMPLETE", "DOCK_OVERDUE", "STORAGE_LOW",
    "FUNCTION_TEST_MISSING",
})  # fmt: skip
"""What a dock, or whoever hands it out, puts right: charge, films, the weekly docking, the test at the draw."""
MEND_US = 12 * HOUR_US
"""The time that takes: a camera recharges in up to nine hours (design `domain.md` I-18), and is uploaded meanwhile."""
DUTY_US = 12 * HOUR_US
"""A long duty: what charge is asked for, between two nights in a dock."""
CAMERA, GUARD = "BWV_CAMERA", "SBG"
POOL = "OPERATIONAL"
Judge = Callable[[ItemFacts], tuple[Refusal, ...]]


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece that could go: `before` and `during`: the codes of what is to be put right by then, and meanwhile."""

    item: ItemFacts
    before: frozenset[str]
    during: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is. `units`: (store, kind, model) -> pieces that could go; `own`: person -> their own camera;
    `guards`: store -> spit guards by lot; `with_guard`: who carries one already; `stopped`: (kind, code) -> pieces that
    it stops. Only kinds that the operation draws are looked at."""

    units: Mapping[tuple[int, str, str], Sequence[Unit]]
    own: Mapping[int, Unit]
    guards: Mapping[int, Mapping[int, int]]
    with_guard: frozenset[int]
    stopped: Mapping[tuple[str, str], int]
    policy: Policy
    sets: Mapping[int, Sets] = field(default_factory=dict)

    def shelf(self, store_id: int, keeps: Mapping[str, int], owners: int) -> Shelf:
        """What a store can give, less what it keeps. `owners`: of its people with a camera of their own."""
        sets = self.sets.get(store_id, Sets({}, {}, {}))
        pieces = {
            of: sum(len(some) for (at, kind, _), some in self.units.items() if (at, kind) == (store_id, of))
            for of in (CAMERA, GUARD)
        }
        pieces[GUARD] += sum(self.guards.get(store_id, {}).values())
        return Shelf(
            sets.handles, sets.loads, sets.packs, sets.packs_each, pieces, keeps, {CAMERA: owners},
        )  # fmt: skip

    def owned_by(self, person_id: int) -> frozenset[str]:
        """The kinds that somebody has of their own, ready to go with them."""
        return frozenset(
            kind for kind, there in ((CAMERA, self.own), (GUARD, self.with_guard)) if person_id in there
        )

    def without(self, gone: Collection[int], store_id: int) -> Sets:
        """The sets of a store when these items have left it."""
        left = {
            at: [unit for unit in some if unit.item.id not in gone]
            for at, some in self.units.items()
            if at[0] == store_id
        }
        return _sets(left, self.policy).get(store_id, Sets({}, {}, {}))


_GUARDS = Fast(
    sa.select(lot_balance.c.lot_id, lot_balance.c.holder, lot_balance.c.holder_id, lot_balance.c.quantity)
    .select_from(lot_balance.join(lot, lot.c.id == lot_balance.c.lot_id))
    .where(lot.c.kind == sa.literal_column("'SBG'"), lot_balance.c.quantity > sa.literal_column("0"))
)


def stock(conn: sa.Connection, asked: Operation, policy: Policy, now_us: int) -> Stock:
    """Read and judge all of it, in a number of statements that does not grow with the force."""
    kit = read_force_kit(conn, now_us)
    begins = max(now_us, asked.from_us)
    drawn = {kind for post in asked.posts for kind in post.kit}
    kinds = drawn | (CED_KINDS if CED in drawn else set())
    first = Asked(begins, begins + DUTY_US)
    judges = (judging(policy, begins, begins + DUTY_US), judging(policy, begins, max(begins, asked.until_us)))
    has_time = asked.from_us - now_us >= MEND_US
    units: dict[tuple[int, str, str], list[Unit]] = defaultdict(list)
    own: dict[int, Unit] = {}
    stopped: Counter[tuple[str, str]] = Counter()
    made: dict[int, tuple[frozenset[str], frozenset[str]]] = {}

    def codes(item_id: int) -> tuple[frozenset[str], frozenset[str]]:
        if item_id not in made:
            there = _at_home(as_then(kit, item_id, now_us, first))
            made[item_id] = _codes(there, judges)
        return made[item_id]

    for item_id, each in kit.items.items():
        if each.pool != POOL or each.fitted_in is not None or each.kind not in kinds:
            continue
        at = each.home_store_id if _is_with_owner(each) else store_of(kit, item_id, now_us, first)
        both = [codes(one) for one in (item_id, *loaded_in(each, kit.items))]
        now, whole = (frozenset().union(*some) for some in zip(*both, strict=True))
        stops = (now - MENDED if has_time else now) | (whole - now - MENDED)
        if at is None or stops:
            stopped.update((each.kind, code) for code in stops or {"NOT_IN_A_STORE"})
        elif each.personal_to is not None:
            own[each.personal_to] = Unit(each, now & MENDED, (whole - now) & MENDED)
        else:
            units[at, each.kind, each.model].append(Unit(each, now & MENDED, (whole - now) & MENDED))
    guards, carried = _guards(conn, asked, policy, now_us)
    return Stock(units, own, guards, carried, stopped, policy, _sets(units, policy))


def _is_with_owner(each: ItemFacts) -> bool:
    return each.personal_to is not None and (each.holder, each.holder_id) == ("PERSON", each.personal_to)


def _at_home(there: ItemFacts) -> ItemFacts:
    """What its owner has is not out with somebody else: it goes where they go."""
    return replace(there, holder="STORE", holder_id=there.home_store_id) if _is_with_owner(there) else there


def _codes(there: ItemFacts, judges: tuple[Judge, Judge]) -> tuple[frozenset[str], frozenset[str]]:
    """What stops it on the first duty, and over the whole operation: what lasts for the whole lasts for the first."""
    first, to_the_end = judges
    whole = frozenset(each.code for each in to_the_end(there) if each.stops)
    return (frozenset(each.code for each in first(there) if each.stops) if whole else whole), whole


def _sets(units: Mapping[tuple[int, str, str], Sequence[Unit]], policy: Policy) -> dict[int, Sets]:
    ready: dict[int, Counter[tuple[str, str, str | None]]] = defaultdict(Counter)
    for (store_id, kind, model), some in units.items():
        for unit in some:
            ready[store_id][kind, model, unit.item.variant] += 1
    return {store_id: sets_of(some, policy) for store_id, some in ready.items()}


def _guards(
    conn: sa.Connection, asked: Operation, policy: Policy, now_us: int
) -> tuple[dict[int, dict[int, int]], frozenset[int]]:
    """Spit guards in stores by lot, of lots that nothing stops; and who has one."""
    rows = _GUARDS.rows(conn)
    there = [(row[0], 1, row[2]) for row in rows if row[1] == "STORE"]
    lots = read(conn, lot_steps(there)) if there else {}
    nobody = _nobody(max(now_us, asked.from_us), max(now_us, asked.until_us))
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for (lot_id, _, store_id), facts in lots.items():
        stops = [each for each in judge_kit(nobody, facts, policy.terms(GUARD, POOL, facts.model)) if each.stops]
        if not stops:
            found[store_id][lot_id] = facts.balance
    return dict(found), frozenset(row[2] for row in rows if row[1] == "PERSON")


def _nobody(at_us: int, until_us: int) -> Facts:
    ask = Ask(
        person_id=0, store_id=0, item_ids=(), lots=(), purpose=POOL, planned_return_us=until_us, door="plan",
        by_person_id=None, stage=COMPLETING,
    )  # fmt: skip
    return Facts(
        ask=ask, now_us=at_us, today=local_day(at_us), person=None, items=(), lots=(), store=None, issuer=None,
        feed_us=None,
    )  # fmt: skip


def counted(units: Iterable[Unit]) -> Counter[str]:
    """How many pieces each code is to be put right on, before it."""
    return Counter(code for unit in units for code in unit.before)
