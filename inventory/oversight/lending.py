"""Suggestions between stores, with the very pieces that would go and the reason in a sentence (Q5).

One rule for the editor: nothing is moved here. A suggestion is what `redistribute` found for what the gate would let
go now; a person opens the transfer, and its two signatures decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inventory.gate.kind_policy import Policy
from inventory.oversight.demand import by_shift, peak
from inventory.oversight.force_kit import ForceKit, serviceable
from inventory.oversight.moments import Asked, StoreSaid
from inventory.oversight.program import Solve
from inventory.oversight.redistribute import BANDS, Holding, Sort, band_of, ready_by_sort, reason, suggest
from inventory.oversight.targets import Target
from inventory.people.calendar import day_start_us, local_day
from inventory.stock.kinds import label

LENT = ("CED_HANDLE", "CED_CARTRIDGE", "BWV_CAMERA")
"""The kinds that stores lend each other."""
POOL = "OPERATIONAL"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """So many pieces of a model from one store to another: `items` are those to take, the soonest to expire first.
    `within_days`: they expire within so many days; None where they do not soon. `why` is a sentence."""

    kind: str
    model: str
    from_id: int
    to_id: int
    items: tuple[int, ...]
    within_days: int | None
    why: str

    @property
    def pieces(self) -> int:
        """How many."""
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Force:
    """What suggestions are made from: the stores, the kit as it is, the targets of the day, and when that was."""

    stores: Sequence[StoreSaid]
    kit: ForceKit
    targets: Sequence[Target]
    policy: Policy
    now_us: int


def suggestions(force: Force, solve: Solve, kinds: Iterable[str] = LENT) -> list[Suggestion]:
    """What the stores should lend each other, kind by kind. None where no store is short of anything."""
    return [each for kind in kinds for each in _of_kind(force, kind, solve)]


def _of_kind(force: Force, kind: str, solve: Solve) -> list[Suggestion]:
    shelves = _shelves(force, kind)
    holdings = [_holding(force, kind, each, shelves) for each in force.stores]
    by_id = {each.store_id: each for each in holdings}
    names = {each.id: each.name for each in force.stores}
    found = []
    for move in suggest(holdings, solve):
        shelf = shelves.ready[move.from_id][move.sort]
        items, shelves.ready[move.from_id][move.sort] = shelf[: move.pieces], shelf[move.pieces :]
        why = reason(move, by_id[move.from_id], by_id[move.to_id], names, label(kind, 2))
        within = BANDS[move.sort.band] if move.sort.band < len(BANDS) else None
        found.append(Suggestion(kind, move.sort.model, move.from_id, move.to_id, tuple(items), within, why))
    return found


@dataclass(frozen=True, slots=True)
class _Shelves:
    """Of one kind: ready pieces by store and sort, the soonest to expire first; what there is beside them (out, or
    ready and somebody's own); the models of each store."""

    ready: dict[int, dict[Sort, list[int]]]
    beside: Mapping[int, int]
    models: Mapping[int, frozenset[str]]


def _shelves(force: Force, kind: str) -> _Shelves:
    kit, today = force.kit, local_day(force.now_us)
    own = [
        item_id for item_id, each in kit.items.items()
        if each.kind == kind and each.pool == POOL and each.fitted_in is None
    ]  # fmt: skip
    asked = Asked(force.now_us, force.now_us)
    fit = serviceable(kit, own, force.policy, force.now_us, asked)
    ready: dict[int, dict[Sort, list[int]]] = defaultdict(lambda: defaultdict(list))
    beside: dict[int, int] = defaultdict(int)
    models: dict[int, set[str]] = defaultdict(set)
    own.sort(key=lambda item_id: (str(kit.items[item_id].expires_on or "9999"), kit.items[item_id].serial))
    for item_id in own:
        each = kit.items[item_id]
        models[each.home_store_id].add(each.model)
        if each.holder == "PERSON" or (fit[item_id] and each.personal_to is not None):
            beside[each.home_store_id] += 1
        elif fit[item_id]:
            days = (each.expires_on - today).days if each.expires_on else None
            ready[each.holder_id or 0][Sort(each.model, band_of(days))].append(item_id)
    return _Shelves(ready, beside, {store_id: frozenset(some) for store_id, some in models.items()})


def _holding(force: Force, kind: str, store: StoreSaid, shelves: _Shelves) -> Holding:
    here = shelves.ready.get(store.id, {})
    ready = ready_by_sort(sort for sort, items in here.items() for _ in items)
    there = sum(ready.values()) + shelves.beside.get(store.id, 0)
    models = shelves.models.get(store.id, frozenset())
    return Holding(store.id, store.division, need_of(force, kind, store, models), there, ready, models)


def need_of(force: Force, kind: str, store: StoreSaid, models: Iterable[str] = ()) -> int:
    """What a store needs of a kind at its busiest. Cartridges without a target of their own: as many as its handles
    are drawn with."""
    mine = [each for each in force.targets if each.store_id == store.id]
    day_us = day_start_us(local_day(force.now_us))
    if kind == "CED_CARTRIDGE" and not any(each.kind == kind for each in mine):
        handles = peak(store.patterns, by_shift(mine, "CED_HANDLE"), day_us)
        return handles * max((_drawn_with(force.policy, model) for model in models), default=0)
    return peak(store.patterns, by_shift(mine, kind), day_us)


def _drawn_with(policy: Policy, model: str) -> int:
    """Loaded and spare cartridges of a model that is loaded with loose ones; 0 for one that takes magazines."""
    terms = policy.terms("CED_CARTRIDGE", POOL, model)
    if terms is None or terms.count("cartridges_loaded") is None:
        return 0
    return terms.count("cartridges_most") or 0
