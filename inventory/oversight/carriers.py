"""Who may draw a CED at a moment, store by store, and what stops the others: the gate's rules about people, in bulk.

One rule for the editor: nobody is judged here. The gate's facts are read once and its rules asked (`judge_person`);
what another moment changes is laid over the facts in `_then`, and nowhere else.

A carrier is somebody who was ever permitted to carry one. Times are UTC microseconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from inventory.gate.ask import ADDING, Ask
from inventory.gate.decision import Refusal, judge_person
from inventory.gate.facts import Facts
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.oversight.moments import NOW, Asked
from inventory.people.calendar import local_day
from inventory.people.roster import rostered
from inventory.schema.fast import Fast, among
from inventory.schema.people import carry_authorisation, person

HANDLE = "CED_HANDLE"


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier at one moment.

    `models`: what they may draw. `refusals`: of each other model they were permitted, what stops them. `is_current`:
    their CED training for some model is in date. `is_out`: they have a CED in hand then. `is_rostered`: for the
    duty that is asked of; None where no roster says who is on at their store.
    """

    person_id: int
    store_id: int
    team: str
    models: tuple[str, ...]
    refusals: Mapping[str, tuple[Refusal, ...]]
    is_current: bool
    is_out: bool
    is_rostered: bool | None

    @property
    def passes(self) -> bool:
        """Whether the rules about people let them draw some model, in service at their store or not."""
        return bool(self.models)


_CARRIERS = Fast(
    sa.select(
        sa.func.coalesce(person.c.same_as, person.c.id).label("root"), carry_authorisation.c.model
    )
    .select_from(carry_authorisation.join(person, person.c.id == carry_authorisation.c.person_id))
    .distinct()
)
_HOMES = Fast(
    sa.select(person.c.id, person.c.home_store_id, person.c.team, person.c.left_on).where(among(person.c.id, "ids"))
)


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """What was read of every carrier: their store, team, the models they were ever permitted, and the gate's facts."""

    stores: Mapping[int, int]
    teams: Mapping[int, str]
    models: Mapping[int, tuple[str, ...]]
    facts: Mapping[int, Facts]


def read_carriers(
    conn: sa.Connection, asked: Mapping[int, Mapping[str, Asked]], policy: Policy, now_us: int
) -> CarrierFacts:
    """Read everybody who was ever permitted to carry a CED, is still with the force and on a store's books."""
    permitted: dict[int, list[str]] = defaultdict(list)
    for who, model in _CARRIERS.rows(conn):
        permitted[who].append(model)
    today = local_day(now_us).isoformat()
    rows = [row for row in _HOMES.rows(conn, {"ids": sorted(permitted)}) if row[1] in asked]
    here = {row[0]: row for row in rows if (row[3] or today) >= today}
    asks = [
        Ask(
            person_id=who, store_id=row[1], item_ids=(), lots=(), purpose="OPERATIONAL",
            planned_return_us=asked[row[1]][NOW].until_us, door="view", by_person_id=None, stage=ADDING,
        )
        for who, row in here.items()
    ]  # fmt: skip
    found = gather(conn, asks, policy, now_us)
    return CarrierFacts(
        {who: row[1] for who, row in here.items()},
        {who: row[2] or "" for who, row in here.items()},
        {who: tuple(sorted(permitted[who])) for who in here},
        {ask.person_id: facts for ask, facts in zip(asks, found, strict=True)},
    )


def on_roster(
    conn: sa.Connection, asked: Mapping[int, Mapping[str, Asked]], moment: str
) -> dict[int, frozenset[int]]:
    """Store -> who is rostered there for the duty; a store where no duty is on record for it has no entry.

    Rostered for it: their own duty begins at most as late as half of it is over, and does not end before it begins.
    """
    found = {}
    for store_id, each in asked.items():
        wanted = each.get(moment)
        duties = rostered(conn, store_id, wanted.at_us, wanted.until_us) if wanted is not None else ()
        on = {duty.person_id for duty in duties if wanted and _is_for(duty.starts_us, duty.ends_us, wanted)}
        if on:
            found[store_id] = frozenset(on)
    return found


def _is_for(starts_us: int, ends_us: int, asked: Asked) -> bool:
    return starts_us <= (asked.at_us + asked.until_us) // 2 and ends_us > asked.at_us


@dataclass(frozen=True, slots=True)
class Then:
    """A moment, as carriers are judged at it: who has a CED in hand then, and who is rostered, by store."""

    moment: str
    now_us: int
    out: frozenset[int]
    rostered: Mapping[int, frozenset[int]]


def judged(
    read: CarrierFacts, asked: Mapping[int, Mapping[str, Asked]], policy: Policy, then: Then
) -> list[Carrier]:
    """Every carrier at the moment; those whose store has no such moment (no next duty) are left out.

    Whoever has a CED in hand is judged as if they had handed it in: they may go on carrying it.
    """
    found = []
    for who, store_id in read.stores.items():
        wanted = asked[store_id].get(then.moment)
        if wanted is not None:
            found.append(_judged(read, who, wanted, policy, then))
    return found


def _judged(read: CarrierFacts, who: int, asked: Asked, policy: Policy, then: Then) -> Carrier:
    is_out = who in then.out
    facts = _then(read.facts[who], asked, then, empty_handed=is_out or then.moment != NOW)
    stops = {model: _stops(facts, policy, model) for model in read.models[who]}
    training = facts.person.training if facts.person else {}
    lasts = [each.valid_until_us for (name, _), each in training.items() if name == "CED"]
    store_id = read.stores[who]
    on = then.rostered.get(store_id)
    return Carrier(
        person_id=who, store_id=store_id, team=read.teams[who],
        models=tuple(model for model, refusals in stops.items() if not refusals),
        refusals={model: refusals for model, refusals in stops.items() if refusals},
        is_current=any(ends is None or ends > asked.at_us for ends in lasts),
        is_out=is_out, is_rostered=None if on is None else who in on,
    )  # fmt: skip


def _then(facts: Facts, asked: Asked, then: Then, *, empty_handed: bool) -> Facts:
    """The facts as they will be: another moment and duty, training records as fresh as now, kit handed in."""
    if then.moment == NOW and not empty_handed:
        return facts
    who = facts.person
    return replace(
        facts,
        ask=replace(facts.ask, planned_return_us=asked.until_us),
        now_us=asked.at_us,
        today=local_day(asked.at_us),
        person=replace(who, holding=(), lots_held={}) if who is not None and empty_handed else who,
        feed_us=None if facts.feed_us is None else facts.feed_us + asked.at_us - then.now_us,
    )


def _stops(facts: Facts, policy: Policy, model: str) -> tuple[Refusal, ...]:
    return tuple(each for each in judge_person(facts, policy, HANDLE, model) if each.stops)


def handles_out(kinds: Iterable[tuple[int, str, int | None]], at_us: int, now_us: int) -> frozenset[int]:
    """Who has a CED in hand at `at_us`, of (person, kind, due back): whoever is due back by then has handed it in,
    but whoever is late already is not counted on."""
    return frozenset(
        who for who, kind, due_us in kinds
        if kind == HANDLE and (at_us <= now_us or due_us is None or due_us > at_us or due_us <= now_us)
    )  # fmt: skip


def by_models(carriers: Sequence[Carrier]) -> dict[frozenset[str], int]:
    """How many carriers may draw just these models, by the set of models."""
    found: dict[frozenset[str], int] = defaultdict(int)
    for each in carriers:
        if each.models:
            found[frozenset(each.models)] += 1
    return dict(found)


def lapsing(read: CarrierFacts, now_us: int, until_us: int) -> dict[int, int]:
    """Store -> how many of its carriers are in date now on a model they were permitted, and on none at `until_us`."""
    found: dict[int, int] = defaultdict(int)
    for who, facts in read.facts.items():
        training = facts.person.training if facts.person else {}
        ends = [each.valid_until_us for (name, model), each in training.items()
                if name == "CED" and model in read.models[who]]  # fmt: skip
        last = None if None in ends else max((each for each in ends if each is not None), default=0)
        if last is not None and now_us < last <= until_us:
            found[read.stores[who]] += 1
    return dict(found)
