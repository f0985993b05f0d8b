"""Loading a magazine and unloading it, in the store that holds it: who, when, which cartridge in which place.

One rule for the editor: only what the gate's own rules about kit find sound goes in, and all of it is in this store.
Kit that is with a person is neither loaded nor unloaded here: it comes back first, and goes out by the gate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.fittings import Fit, Fits, Put, Took, fits_of, lock_fitted, put_in, take_out
from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import judge_item
from inventory.gate.rules.magazine_not_full import CAPACITY
from inventory.gate.wording import how_many, label_of
from inventory.schema.tx import Tx
from inventory.stock.item_facts import read_items
from inventory.stock.kit_facts import ItemFacts

CARTRIDGE, MAGAZINE = "CED_CARTRIDGE", "CED_MAGAZINE"
NO_BAR = frozenset({"MAGAZINE_NOT_FULL", "RESERVED", "POLICY_INCOMPLETE", "KIND_HAS_NO_POLICY"})
"""What stops an issue and not a loading: it is told, and the gate asks again."""

KEPT_AS_IT_IS = frozenset({"EVIDENTIAL", "EXTERNAL_EXAM"})
"""Holds under which nothing is taken apart."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not loaded or unloaded, and what puts it right; both may be shown."""

    item_id: int
    sentence: str
    remedy: str


class NotDone(ValueError):
    """Nothing was loaded or unloaded; `reasons` has all there are."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(" ".join(dict.fromkeys(each.sentence for each in reasons)))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Loading:
    """Cartridges that somebody puts in one magazine, or takes out of it, in this order."""

    magazine_id: int
    cartridge_ids: tuple[int, ...]
    by_person: int | None = None


@dataclass(frozen=True, slots=True)
class Magazine:
    """A magazine as it stands: what is in it, how many it holds (None: the force has not set it).

    `told` says all that keeps it from going out now, in sentences; an empty one means it is ready.
    """

    item_id: int
    serial: str
    model: str
    holder: str | None
    holder_id: int | None
    capacity: int | None
    cartridges: tuple[Fit, ...]
    told: tuple[str, ...]


def magazine_now(conn: sa.Connection, magazine_id: int, policy: Policy, now_us: int) -> Magazine | None:
    """One magazine as it stands now; None where there is no magazine with this id."""
    items = read_items(conn, [magazine_id], fitted_too=True)
    if magazine_id not in items or items[magazine_id].kind != MAGAZINE:
        return None
    return _stands(items[magazine_id], items, fits_of(conn, [magazine_id]), policy, now_us)


def load(tx: Tx, loadings: Sequence[Loading], policy: Policy) -> list[Magazine]:
    """Load cartridges into magazines, all of them or none; one that is in it already stays where it is.

    Magazines must be distinct. Raises NotDone with every reason, LookupError for an item that is not known.
    """
    fits, items = _read(tx, loadings)
    reasons, puts = [], []
    for loading in loadings:
        magazine = items[loading.magazine_id]
        inside = {fit.child_id for fit in fits.of(magazine.id)}
        fresh = [items[each] for each in dict.fromkeys(loading.cartridge_ids) if each not in inside]
        reasons += _bars_magazine(magazine, policy, tx.now_us)
        alike = next((items[each].purpose for each in [*inside, *(one.id for one in fresh)]), None)
        reasons += [reason for each in fresh for reason in _bars_cartridge(each, magazine, fits, alike)]
        reasons += [reason for each in fresh for reason in _unsound(each, policy, tx.now_us)]
        places = _free(magazine, fits.of(magazine.id), policy)
        if len(fresh) > len(places):
            reasons.append(_too_many(magazine, len(inside) + len(fresh), policy))
        puts += [(loading.by_person, _put(magazine, each, at)) for each, at in zip(fresh, places, strict=False)]
    reasons += _named_twice(puts, items)
    if reasons:
        raise NotDone(reasons)
    for by_person in dict.fromkeys(by for by, _ in puts):
        put_in(tx, [put for by, put in puts if by == by_person], by_person)
    return _all_now(tx, loadings, policy)


def unload(tx: Tx, loading: Loading, policy: Policy) -> Magazine:
    """Take cartridges out of a magazine, all of those named or none.

    Raises NotDone with every reason, LookupError for an item that is not known.
    """
    fits, items = _read(tx, [loading])
    magazine = items[loading.magazine_id]
    reasons = [*_bars_place(magazine), *_bars_taking_apart(magazine)]
    taken = []
    for each in dict.fromkeys(loading.cartridge_ids):
        fit = fits.within.get(each)
        if fit is None or fit.parent_id != magazine.id:
            said = f"{label_of(items[each])} is not loaded in {magazine.label}."
            reasons.append(Reason(each, said, "Look at what is recorded in it."))
            continue
        reasons += _bars_taking_apart(items[each])
        taken.append(Took(fit, by_person=loading.by_person))
    if reasons:
        raise NotDone(reasons)
    take_out(tx, taken)
    return _all_now(tx, [loading], policy)[0]


def _read(tx: Tx, loadings: Sequence[Loading]) -> tuple[Fits, dict[int, ItemFacts]]:
    magazines = [loading.magazine_id for loading in loadings]
    if len(set(magazines)) < len(magazines):
        raise ValueError("magazine_id: each magazine once")
    asked = [*magazines, *(each for loading in loadings for each in loading.cartridge_ids)]
    fits = lock_fitted(tx, asked)
    items = read_items(tx.conn, asked, fitted_too=True)
    unknown = [each for each in asked if each not in items]
    if unknown:
        raise LookupError(f"item {unknown[0]} is not known")
    return fits, items


def _all_now(tx: Tx, loadings: Sequence[Loading], policy: Policy) -> list[Magazine]:
    magazines = [loading.magazine_id for loading in loadings]
    items, fits = read_items(tx.conn, magazines, fitted_too=True), fits_of(tx.conn, magazines)
    now = [_stands(items[each], items, fits, policy, tx.now_us) for each in magazines]
    for each in now:
        if each.holder == "STORE":
            tx.say(f"store:{each.holder_id}", {"type": "loaded", "item_id": each.item_id, "at_us": tx.now_us})
    return now


def _stands(
    magazine: ItemFacts, items: Mapping[int, ItemFacts], fits: Fits, policy: Policy, now_us: int
) -> Magazine:
    inside = fits.of(magazine.id)
    judged = [magazine, *(items[fit.child_id] for fit in inside)]
    told = [refusal.sentence for each in judged for refusal in judge_item(each, policy, now_us)]
    return Magazine(
        magazine.id, magazine.serial, magazine.model, magazine.holder, magazine.holder_id,
        _capacity(magazine, policy), inside, tuple(dict.fromkeys(told)),
    )  # fmt: skip


# ---- what bars it ------------------------------------------------------------------------------------


def _bars_place(magazine: ItemFacts) -> list[Reason]:
    """It is a magazine, and this store has it."""
    name = label_of(magazine)
    if magazine.kind != MAGAZINE:
        return [Reason(magazine.id, f"{name} is not a magazine.", "Scan the magazine first.")]
    if magazine.holder == "PERSON":
        remedy = "Take it back at the hatch first; loaded, it goes out again by the hatch."
        return [Reason(magazine.id, f"{name} is out with somebody.", remedy)]
    if magazine.holder != "STORE":
        return [Reason(magazine.id, f"{name} is not in a store.", "Book it in first.")]
    return []


def _bars_magazine(magazine: ItemFacts, policy: Policy, now_us: int) -> list[Reason]:
    if placed := _bars_place(magazine):
        return placed
    if _capacity(magazine, policy) is None:
        said = f"The force has not set how many cartridges a {magazine.model} magazine holds."
        return [Reason(magazine.id, said, "Tell the CED single point of contact.")]
    return _unsound(magazine, policy, now_us)


def _bars_taking_apart(item: ItemFacts) -> list[Reason]:
    if item.holds is None or not item.holds & KEPT_AS_IT_IS:
        return []
    said = f"{label_of(item)} is held as evidence: nothing is taken out of it or apart."
    return [Reason(item.id, said, "Ask who holds the evidence.")]


def _bars_cartridge(item: ItemFacts, magazine: ItemFacts, fits: Fits, alike: str | None) -> list[Reason]:
    """It is a cartridge of the magazine's sort and of the purpose they all have, here, in no other magazine."""
    name = label_of(item)
    if item.kind != CARTRIDGE:
        return [Reason(item.id, f"{name} is not a cartridge.", "Only cartridges are loaded.")]
    found = []
    other = fits.within.get(item.id)
    if other is not None:
        found.append(Reason(item.id, f"{name} is loaded in {other.parent}.", "Unload it there first."))
    if item.holder == "STORE" and magazine.holder == "STORE" and item.holder_id != magazine.holder_id:
        found.append(Reason(item.id, f"{name} is in another store.", "Have it moved here first."))
    if item.model != magazine.model:
        said = f"{name} is for the {item.model} and does not fit a {magazine.model} magazine."
        found.append(Reason(item.id, said, "Take another."))
    if item.pool != magazine.pool:
        said = f"{name} is {item.pool.lower()} stock and {magazine.label} is {magazine.pool.lower()} stock."
        found.append(Reason(item.id, said, "They are never mixed."))
    if item.purpose != alike:
        said = f"{name} is for another purpose than the other cartridges."
        found.append(Reason(item.id, said, "They are never mixed."))
    return found


def _unsound(item: ItemFacts, policy: Policy, now_us: int) -> list[Reason]:
    """What the gate's rules about kit have against it, but what only bars an issue."""
    return [
        Reason(item.id, each.sentence, each.remedy)
        for each in judge_item(item, policy, now_us)
        if each.stops and each.code not in NO_BAR
    ]


def _named_twice(puts: Sequence[tuple[int | None, Put]], items: Mapping[int, ItemFacts]) -> list[Reason]:
    named = [put.child_id for _, put in puts]
    twice = sorted({each for each in named if named.count(each) > 1})
    return [
        Reason(each, f"{label_of(items[each])} is named for two magazines.", "Load it in one.") for each in twice
    ]


def _too_many(magazine: ItemFacts, there: int, policy: Policy) -> Reason:
    holds = how_many(_capacity(magazine, policy) or 0, "cartridge")
    said = f"{label_of(magazine)} holds {holds}; that would be {there}."
    return Reason(magazine.id, said, "Load the rest in another magazine.")


# ---- places --------------------------------------------------------------------------------------------


def _capacity(magazine: ItemFacts, policy: Policy) -> int | None:
    """How many cartridges the maker's magazine holds: the duty policy's number, whatever the stock."""
    terms = policy.terms(MAGAZINE, "OPERATIONAL", magazine.model)
    return terms.count(CAPACITY.name) if terms else None


def _free(magazine: ItemFacts, inside: Sequence[Fit], policy: Policy) -> list[int]:
    """The places that are free, counted from 1; what is in it without a place takes one as well."""
    taken = {fit.slot for fit in inside}
    free = [at for at in range(1, (_capacity(magazine, policy) or 0) + 1) if at not in taken]
    without_place = sum(fit.slot is None for fit in inside)
    return free[: max(0, len(free) - without_place)]


def _put(magazine: ItemFacts, cartridge: ItemFacts, at: int) -> Put:
    return Put(cartridge.id, cartridge.kind, cartridge.serial, magazine.id, magazine.label, at)
