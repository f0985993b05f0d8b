"""The facts that the gate would have about everybody, in bulk: for plans and what-ifs over the whole force.

One rule for the editor: this gathers with the gate's own reader and judges with the gate's own rules, once for all;
nothing is written, and what is laid over the facts (another moment, empty hands) is said in one place, here.

Times are UTC microseconds.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from inventory.gate.ask import ADDING, Ask
from inventory.gate.decision import judge_person
from inventory.gate.facts import Facts
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import local_day
from inventory.schema.fast import Fast
from inventory.schema.people import person, store
from inventory.schema.stock import item

KIND_HAS_NO_POLICY, POLICY_INCOMPLETE = "KIND_HAS_NO_POLICY", "POLICY_INCOMPLETE"
DRAWN = ("CED_HANDLE", "BWV_CAMERA", "SBG")
"""What a person asks for by name (`custody.may_draw`)."""
BY_MODEL = frozenset({"CED_HANDLE"})
OF_LOTS = frozenset({"SBG"})


@dataclass(frozen=True, slots=True)
class Who:
    """One person of the force (duplicates left out): what plans sort by. `store_id` None: on no store's books."""

    id: int
    ref: str
    name: str
    kind: str
    rank: str
    team: str
    store_id: int | None
    frontline: bool


@dataclass(frozen=True, slots=True)
class Window:
    """The duty that is asked about, end exclusive."""

    from_us: int
    until_us: int


_EVERYBODY = Fast(
    sa.select(
        person.c.id, person.c.ref, person.c.given_name, person.c.family_name, person.c.kind, person.c.rank,
        person.c.team, person.c.home_store_id, person.c.frontline,
    ).where(person.c.same_as.is_(None), sa.or_(person.c.left_on.is_(None), person.c.left_on >= sa.bindparam("today")))
)  # fmt: skip
_STORES = Fast(sa.select(store.c.id, store.c.name).where(store.c.closed_us.is_(None)).order_by(store.c.id))
_OFFERED = Fast(
    sa.select(item.c.home_store_id, item.c.kind, item.c.model)
    .where(item.c.pool == sa.literal_column("'OPERATIONAL'"), item.c.kind.in_(("CED_HANDLE", "BWV_CAMERA")))
    .distinct()
)


def everybody(conn: sa.Connection, now_us: int) -> list[Who]:
    """Everybody who has not left, each once, by id."""
    rows = _EVERYBODY.rows(conn, {"today": local_day(now_us).isoformat()})
    return sorted(
        (
            Who(row[0], row[1], f"{row[2]} {row[3]}", row[4], row[5] or "", row[6] or "", row[7], bool(row[8]))
            for row in rows
        ),
        key=lambda each: each.id,
    )


def stores(conn: sa.Connection) -> dict[int, str]:
    """The stores that are open: id -> name."""
    return dict(_STORES.rows(conn))


def offered(conn: sa.Connection) -> dict[int, list[tuple[str, str]]]:
    """Store -> the (kind, model) that its own people ask for: every model of its CEDs, its cameras, spit guards."""
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for store_id, kind, model in _OFFERED.rows(conn):
        found[store_id].add((kind, model))
    return {store_id: sorted({*some, ("SBG", "")}) for store_id, some in found.items()}


def facts_of(
    conn: sa.Connection, people: Iterable[Who], policy: Policy, now_us: int, window: Window
) -> dict[int, Facts]:
    """The gate's facts about each person for this duty, as they will be with empty hands when it begins.

    Training, authority and limits are those on record now. The training feed is as fresh then as it is now.
    """
    known = list(people)
    somewhere = min(stores(conn), default=0)
    asks = [
        Ask(
            person_id=each.id, store_id=each.store_id or somewhere, item_ids=(), lots=(), purpose="OPERATIONAL",
            planned_return_us=window.until_us, door="plan", by_person_id=None, stage=ADDING,
        )
        for each in known
    ]  # fmt: skip
    later_us, today = window.from_us - now_us, local_day(window.from_us)
    return {
        who.id: replace(
            facts,
            now_us=window.from_us,
            today=today,
            feed_us=None if facts.feed_us is None else facts.feed_us + later_us,
            person=None if facts.person is None else replace(facts.person, holding=(), lots_held={}),
        )
        for who, facts in zip(known, gather(conn, asks, policy, now_us), strict=True)
    }


def refused(facts: Facts, policy: Policy, kind: str, model: str) -> tuple[str, ...]:
    """The codes that stop this person from drawing this kind and model for the duty; empty where nothing does."""
    terms = policy.terms(kind, "OPERATIONAL", model)
    if terms is None:
        return (KIND_HAS_NO_POLICY,)
    if terms.unset:
        return (POLICY_INCOMPLETE,)
    return tuple(each.code for each in judge_person(facts, policy, kind, model) if each.stops)
