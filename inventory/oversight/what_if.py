"""What if: more officers at a store, more seats a month, a delivery of a model, another number in the policy.

One rule for the editor: a pure function over the facts as they are, with the changes laid over them; nothing is written
and nobody is named. Before and after are worked out by the same code, of the same facts.

Issue 5 line 9; design `domain.md` 6 row A6 (capacity planner takes a headcount scenario), 5.3 Q2 and Q19 (trained but
no kit, kit but untrained). Dates are Europe/London days, times UTC microseconds.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.oversight.carriers import Carrier, by_models
from inventory.oversight.force_kit import CED_KINDS, ForceKit, serviceable, store_of
from inventory.oversight.moments import NOW, Asked
from inventory.oversight.most_pairs import Sets, most_pairs, most_sets, short_of
from inventory.oversight.pairs import PURPOSE, readiness, sets_of
from inventory.oversight.what_if_policy import Group, preview
from inventory.people.calendar import add_months, local_day
from inventory.people.due_reading import course_months, people_due, seats_ahead
from inventory.people.errors import BadField

PARTS_MAX = 20
NUMBER_MAX = 10_000
MONTHS = 12
RENEWED = ("PPST", "FIRST_AID", "JRFT", "CED", "SBG", "BWV_USER")


@dataclass(frozen=True, slots=True)
class Officers:
    """So many more officers at a store, trained, authorised and willing to carry `model`."""

    store_id: int
    model: str
    people: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """Handles of a model for a store, with packs, cartridges of one type and full magazines."""

    store_id: int
    model: str
    handles: int
    packs: int = 0
    cartridges: int = 0
    magazines: int = 0


@dataclass(frozen=True, slots=True)
class Seats:
    """So many more seats every month, this one too, that renew a qualification (of CED: for a model)."""

    what: str
    model: str
    per_month: int


@dataclass(frozen=True, slots=True)
class Number:
    """Another value for one number or word of the policy: the file's stem, the key in it, the value as JSON."""

    family: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that is laid over the facts."""

    name: str
    officers: tuple[Officers, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    seats: tuple[Seats, ...] = ()
    number: Number | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """`people` of a store who may draw a CED, whole `sets`, and the most `pairs` of one and the other; people left
    without a set (trained but no kit), sets left without a person (kit but untrained), and of what more is needed."""

    people: int
    sets: int
    pairs: int
    short_of: str

    @property
    def without_kit(self) -> int:
        """Trained, and no set for them."""
        return self.people - self.pairs

    @property
    def without_people(self) -> int:
        """Sets that nobody trained would carry."""
        return self.sets - self.pairs


@dataclass(frozen=True, slots=True)
class StoreThen:
    """One store before and after."""

    store_id: int
    before: Pairs
    after: Pairs


@dataclass(frozen=True, slots=True)
class MonthThen:
    """One month of one qualification: whose runs out, seats, and who waits, before and after."""

    what: str
    model: str
    month: date
    runs_out: int
    seats: int
    seats_then: int
    waiting: int
    waiting_then: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it comes to: the stores that something is laid over, the months of the qualifications that get seats, and
    the groups that another policy would touch."""

    scenario: Scenario
    stores: tuple[StoreThen, ...]
    months: tuple[MonthThen, ...]
    groups: tuple[Group, ...]


def outcome(
    conn: sa.Connection, asked: Scenario, policy: Policy, policy_then: Policy | None, now_us: int
) -> Outcome:
    """Work it out. `policy_then`: the policy with the scenario's number, where it has one."""
    return Outcome(
        asked,
        _stores(conn, asked, policy, now_us),
        _months(conn, asked, policy, now_us),
        tuple(preview(conn, policy, policy_then, now_us)) if policy_then is not None else (),
    )


# ---- people and sets -------------------------------------------------------------------------------


def _stores(conn: sa.Connection, asked: Scenario, policy: Policy, now_us: int) -> tuple[StoreThen, ...]:
    touched = sorted({*(each.store_id for each in asked.officers), *(each.store_id for each in asked.deliveries)})
    if not touched:
        return ()
    known = readiness(conn, policy, now_us, (NOW,))
    people: dict[int, list[Carrier]] = defaultdict(list)
    for each in known.carriers[NOW]:
        people[each.store_id].append(each)
    found = []
    for store_id in touched:
        moments = known.asked.get(store_id)
        if moments is None:
            raise BadField("store_id", store_id, "a store that is open")
        there = by_models(people[store_id])
        ready = _ready(known.kit, store_id, policy, now_us, moments[NOW])
        more, kit = Counter(there), ready.copy()
        for officers in asked.officers:
            if officers.store_id == store_id:
                more[frozenset({officers.model})] += officers.people
        for delivery in asked.deliveries:
            if delivery.store_id == store_id:
                kit.update(_delivered(delivery))
        before, after = (sets_of(some, policy) for some in (ready, kit))
        found.append(StoreThen(store_id, _pairs(there, before), _pairs(more, after)))
    return tuple(found)


def _ready(
    kit: ForceKit, store_id: int, policy: Policy, now_us: int, asked: Asked
) -> Counter[tuple[str, str, str | None]]:
    """What a store has, ready or out with its own people: what is out comes back, and pairs are counted of all."""
    here = []
    for item_id, each in kit.items.items():
        if each.kind in CED_KINDS and each.pool == PURPOSE and each.fitted_in is None:
            is_out = item_id in kit.out and each.home_store_id == store_id
            if is_out or store_of(kit, item_id, now_us, asked) == store_id:
                here.append(item_id)
    fit = serviceable(kit, here, policy, now_us, asked)
    return Counter(
        (kit.items[each].kind, kit.items[each].model, kit.items[each].variant)
        for each in here
        if fit[each] or each in kit.out
    )


def _delivered(each: Delivery) -> Counter[tuple[str, str, str | None]]:
    beside = {"CED_BATTERY": each.packs, "CED_CARTRIDGE": each.cartridges, "CED_MAGAZINE": each.magazines}
    some: Counter[tuple[str, str, str | None]] = Counter({("CED_HANDLE", each.model, None): each.handles})
    some.update({(kind, each.model, None): count for kind, count in beside.items() if count})
    return some


def _pairs(people: Mapping[frozenset[str], int], sets: Sets) -> Pairs:
    may = sum(people.values())
    return Pairs(may, most_sets(sets), most_pairs(people, sets), short_of(people, sets))


# ---- seats -----------------------------------------------------------------------------------------


def _months(conn: sa.Connection, asked: Scenario, policy: Policy, now_us: int) -> tuple[MonthThen, ...]:
    if not asked.seats:
        return ()
    people, seats = people_due(conn, policy.courses, now_us), seats_ahead(conn, now_us)
    more = Counter(dict(seats))
    first = local_day(now_us).replace(day=1)
    for each in asked.seats:
        for step in range(MONTHS):
            more[each.what, each.model, add_months(first, step)] += each.per_month
    wanted = {(each.what, each.model) for each in asked.seats}
    before = {(row.what, row.model, row.month): row for row in course_months(people, seats, now_us, MONTHS)}
    found = []
    for row in course_months(people, more, now_us, MONTHS):
        if (row.what, row.model) in wanted:
            was = before.get((row.what, row.model, row.month))
            found.append(MonthThen(
                row.what, row.model, row.month, row.runs_out + row.backlog, was.seats if was else 0, row.seats,
                was.waiting if was else row.waiting, row.waiting,
            ))  # fmt: skip
    return tuple(found)


def clear_by(months: Sequence[MonthThen], *, then: bool) -> date | None:
    """The first month from which on nobody waits; None where somebody still does at the end."""
    waits = [(row.waiting_then if then else row.waiting) > 0 for row in months]
    last = max((n for n, waiting in enumerate(waits) if waiting), default=-1)
    return months[last + 1].month if last + 1 < len(months) else None


# ---- as it is kept ---------------------------------------------------------------------------------


def checked(asked: Scenario) -> Scenario:
    """The scenario, if it can be asked. Raises BadField naming what is wrong."""
    faults: list[tuple[bool, str, object, str]] = [
        (not 1 <= len(asked.name.strip()) <= 80, "name", asked.name, "1 to 80 characters"),
        (max(len(asked.officers), len(asked.deliveries), len(asked.seats)) > PARTS_MAX, "name", "too many lines",
         f"at most {PARTS_MAX} lines of each sort"),
        (not (asked.officers or asked.deliveries or asked.seats or asked.number), "name", asked.name,
         "at least one change"),
    ]  # fmt: skip
    for model in (*(one.model for one in asked.officers), *(one.model for one in asked.deliveries)):
        faults.append((not model.strip(), "model", model, "a model of CED"))
    for number in (
        *(one.people for one in asked.officers), *(one.per_month for one in asked.seats),
        *(n for one in asked.deliveries for n in (one.handles, one.packs, one.cartridges, one.magazines)),
    ):  # fmt: skip
        faults.append((not 0 <= number <= NUMBER_MAX, "number", number, f"0 to {NUMBER_MAX}"))
    for seats in asked.seats:
        faults.append((seats.what not in RENEWED, "what", seats.what, f"one of {', '.join(RENEWED)}"))
    for wrong, field, value, expected in faults:
        if wrong:
            raise BadField(field, value, expected)
    return asked


def as_json(asked: Scenario) -> str:
    """As it is kept."""
    return json.dumps(asdict(asked))


def from_json(body: str) -> Scenario:
    """What `as_json` wrote."""
    known: dict[str, Any] = json.loads(body)
    return Scenario(
        known["name"],
        tuple(Officers(**each) for each in known["officers"]),
        tuple(Delivery(**each) for each in known["deliveries"]),
        tuple(Seats(**each) for each in known["seats"]),
        Number(**known["number"]) if known["number"] else None,
    )
