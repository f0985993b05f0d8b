"""Deployable pairs: how many people could go out with a CED at once, store by store, now and at the next duty (Q2).

A pair is a person whom the gate would let draw, and a whole set of a model they may carry: a handle, its charged pack
or packs, and as many cartridges in date (or full magazines) as the model is loaded with. A pack that fits two models is
counted once, and so is a person who may carry two: the largest number of pairs is found, not guessed model by model.

One rule for the editor: what may go out is the gate's to say (`oversight.force_kit`, `oversight.carriers`), and what a
set consists of is the policy's; here is only counting.

Source: design `domain.md` section 5.3, Q1 and Q2. Trap: an STO trained on X2 alone counts nothing at a T7 store.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.oversight.carriers import (
    Carrier,
    CarrierFacts,
    Then,
    by_models,
    handles_out,
    judged,
    on_roster,
    read_carriers,
)
from inventory.oversight.force_kit import CED_KINDS, ForceKit, read_force_kit, serviceable, store_of
from inventory.oversight.moments import MOMENTS, Asked, StoreSaid, by_store, open_stores
from inventory.oversight.most_pairs import Sets, most_pairs, most_sets, short_of

PURPOSE = "OPERATIONAL"


@dataclass(frozen=True, slots=True)
class ModelReady:
    """One model at one store: how many may draw it, what is serviceable of it, and how many whole sets that makes.

    `packs` are those that fit it, `loads` how many handles can be loaded.
    """

    model: str
    people: int
    handles: int
    packs: int
    loads: int

    @property
    def sets(self) -> int:
        """Whole sets, were there no other model."""
        return min(self.handles, self.packs, self.loads)


@dataclass(frozen=True, slots=True)
class StoreReady:
    """One store at one moment.

    Of its carriers: `stos` all, `current` in date on some model, `pass_rules` let draw some model by the rules about
    people, `deployable` one that the store has; `rostered` how many of those are on (None: nobody said who is).
    `out`: with a CED in hand. `sets` in the store; `pairs` the most that could be out, those out among them. `short_of`
    is what there would have to be more of: HANDLES, PACKS, LOADS, PEOPLE, or "" (several at once).
    """

    store_id: int
    moment: str
    asked: Asked
    stos: int
    current: int
    pass_rules: int
    deployable: int
    rostered: int | None
    out: int
    sets: int
    pairs: int
    short_of: str
    models: tuple[ModelReady, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Readiness:
    """The force: its stores, what each moment asks of each, the kit and the carriers by moment, and the answer. `fit`:
    the CED kit that is serviceable at a moment."""

    stores: tuple[StoreSaid, ...]
    asked: Mapping[int, Mapping[str, Asked]]
    kit: ForceKit
    carriers: Mapping[str, Sequence[Carrier]]
    rows: tuple[StoreReady, ...]
    read: CarrierFacts
    fit: Mapping[str, frozenset[int]]

    def of(self, moment: str) -> list[StoreReady]:
        """The rows of a moment, by the stores' names."""
        return [each for each in self.rows if each.moment == moment]


def readiness(
    conn: sa.Connection, policy: Policy, now_us: int, moments: Sequence[str] = MOMENTS
) -> Readiness:
    """The force's readiness, read now: a dozen statements, however many people and pieces there are."""
    stores = open_stores(conn)
    asked = by_store(stores, now_us)
    kit = read_force_kit(conn, now_us)
    read = read_carriers(conn, asked, policy, now_us)
    held = [(out.person_id, kit.items[each].kind, out.due_us) for each, out in kit.out.items() if each in kit.items]
    carriers: dict[str, list[Carrier]] = {}
    rows: list[StoreReady] = []
    fit: dict[str, frozenset[int]] = {}
    for moment in moments:
        at_us = max((each[moment].at_us for each in asked.values() if moment in each), default=now_us)
        then = Then(moment, now_us, handles_out(held, at_us, now_us), on_roster(conn, asked, moment))
        carriers[moment] = judged(read, asked, policy, then)
        at = _Moment(stores, asked, moment, carriers[moment])
        ready, fit[moment] = _ready_by_store(at, kit, policy, now_us)
        rows += _rows(at, ready, policy)
    return Readiness(tuple(stores), asked, kit, carriers, tuple(rows), read, fit)


@dataclass(frozen=True, slots=True)
class _Moment:
    stores: Sequence[StoreSaid]
    asked: Mapping[int, Mapping[str, Asked]]
    name: str
    carriers: Sequence[Carrier]


def _rows(moment: _Moment, ready: Mapping[int, "Ready"], policy: Policy) -> list[StoreReady]:
    people: dict[int, list[Carrier]] = defaultdict(list)
    for each in moment.carriers:
        people[each.store_id].append(each)
    return [
        _row(each.id, moment, people.get(each.id, []), sets_of(ready.get(each.id, Counter()), policy))
        for each in moment.stores
        if moment.name in moment.asked[each.id]
    ]


Ready = Counter[tuple[str, str, str | None]]
"""(kind, model, variant) -> serviceable pieces."""


def _ready_by_store(
    moment: _Moment, kit: ForceKit, policy: Policy, now_us: int
) -> tuple[dict[int, Ready], frozenset[int]]:
    """What is serviceable in each store, for that store's own duty, and all of it. What is loaded counts in its
    magazine."""
    groups: dict[Asked, list[tuple[int, int]]] = defaultdict(list)
    for item_id, each in kit.items.items():
        if each.kind not in CED_KINDS or each.pool != PURPOSE or each.fitted_in is not None:
            continue
        home = each.holder_id if each.holder == "STORE" else each.home_store_id
        asked = moment.asked.get(home or 0, {}).get(moment.name)
        if asked is not None and store_of(kit, item_id, now_us, asked) == home:
            groups[asked].append((item_id, home or 0))
    found: dict[int, Ready] = defaultdict(Counter)
    well: set[int] = set()
    for asked, some in groups.items():
        fit = serviceable(kit, [item_id for item_id, _ in some], policy, now_us, asked)
        for item_id, store_id in some:
            if fit[item_id]:
                each = kit.items[item_id]
                found[store_id][each.kind, each.model, each.variant] += 1
                well.add(item_id)
    return found, frozenset(well)


def sets_of(ready: Ready, policy: Policy) -> Sets:
    """What sets can be made of: handles and loads by model, packs by the models they fit."""
    handles = Counter({model: n for (kind, model, _), n in ready.items() if kind == "CED_HANDLE"})
    packs: Counter[frozenset[str]] = Counter()
    for (kind, model, _), n in ready.items():
        if kind == "CED_BATTERY":
            terms = policy.terms(kind, PURPOSE, model)
            packs[frozenset((terms.words("fits_handles") if terms else None) or (model,))] += n
    loads = {model: _loads(ready, policy, model) for model in handles}
    needs = {model: _setting(policy, "CED_BATTERY", model, "batteries") or 1 for model in handles}
    return Sets(dict(handles), dict(packs), loads, max(needs.values(), default=1))


def _loads(ready: Ready, policy: Policy, model: str) -> int:
    """How many handles of a model can be loaded with what is in date."""
    found = []
    magazines = _setting(policy, "CED_MAGAZINE", model, "magazines")
    if magazines:
        found.append(sum(n for (kind, of, _), n in ready.items() if (kind, of) == ("CED_MAGAZINE", model)) // magazines)
    loose = {variant: n for (kind, of, variant), n in ready.items() if (kind, of) == ("CED_CARTRIDGE", model)}
    wanted = _setting(policy, "CED_CARTRIDGE", model, "cartridges_loaded")
    if wanted:
        alike = _setting(policy, "CED_CARTRIDGE", model, "loaded_of_one_type")
        found.append(sum(loose.values()) // wanted)
        if alike:
            found.append(sum(n // alike for n in loose.values()))
    return min(found, default=sum(n for (kind, of, _), n in ready.items() if (kind, of) == ("CED_HANDLE", model)))


def _setting(policy: Policy, kind: str, model: str, name: str) -> int | None:
    terms = policy.terms(kind, PURPOSE, model)
    return terms.count(name) if terms else None


def _row(store_id: int, moment: _Moment, people: Sequence[Carrier], sets: Sets) -> StoreReady:
    has = {*sets.handles, *_models_of(people)}
    may = [each for each in people if set(each.models) & set(sets.handles)]
    on = [each for each in may if each.is_rostered is not False]
    out = [each for each in people if each.is_out]
    waiting = by_models([each for each in on if not each.is_out])
    return StoreReady(
        store_id=store_id, moment=moment.name, asked=moment.asked[store_id][moment.name], stos=len(people),
        current=sum(each.is_current for each in people), pass_rules=sum(each.passes for each in people),
        deployable=len(may), rostered=None if _nobody_said(people) else len(on),
        out=len(out), sets=most_sets(sets),
        pairs=most_pairs(waiting, sets) + len(out), short_of=short_of(waiting, sets),
        models=tuple(_model(model, on, sets) for model in sorted(has)),
    )  # fmt: skip


def _nobody_said(people: Sequence[Carrier]) -> bool:
    return all(each.is_rostered is None for each in people)


def _models_of(people: Sequence[Carrier]) -> set[str]:
    return {model for each in people for model in (*each.models, *each.refusals)}


def _model(model: str, people: Sequence[Carrier], sets: Sets) -> ModelReady:
    return ModelReady(
        model, sum(model in each.models for each in people), sets.handles.get(model, 0),
        sum(n for fits, n in sets.packs.items() if model in fits) // sets.packs_each, sets.loads.get(model, 0),
    )  # fmt: skip
