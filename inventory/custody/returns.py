"""Return: kit comes back. Never blocked, whoever brings it and whatever is wrong with it.

One rule for the editor: nothing in this file refuses. What is not as it should be is written down (a hold, an
alarm, a sentence), after the kit is back.

A magazine brings back what is loaded in it, serial by serial, each with its own entry, unless somebody says
otherwise of one: used, damaged, or not there. What is not there stays with its person, and is said to be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.fittings import Fit, Fits, Took, lock_fitted, take_out
from inventory.custody.holds import Placing, place_holds
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, Passed, pass_items
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Row, among
from inventory.schema.stock import item
from inventory.schema.tx import Tx

CONDITIONS = {
    "GOOD": None,
    "DAMAGED": ("QUARANTINE", "Handed in damaged"),
    "WET": ("WET", "Handed in wet: dry for 24 hours, then the technician's test"),
    "USED": ("DOWNLOAD", "Use declared: its log must be downloaded before it may go out again"),
    "FAULTY": ("DEFECT", "Handed in faulty"),
}
"""What the storekeeper may say of returned kit -> the hold it places (design `domain.md` 2.2)."""

MISSING = "MISSING"
"""Said of a cartridge that should be in a magazine handed in and is not."""

SPENT = {
    "CED_CARTRIDGE": ("WITHDRAWN", "Used: it is spent, and never loaded again"),
    "SBG": ("WITHDRAWN", "Used: for single use, to be disposed of"),
}
"""Kind -> the hold on what is spent once it is used (design `domain.md` 3.0, invariant 6)."""

FOUND_AGAIN = "RECOVERED"
"""The hold on whatever was missing, until two people have said how it was found (`losses`)."""

NOT_LOOKED_AT = "QUARANTINE"
"""The hold on what was loaded in something handed in damaged, faulty or used, until somebody has looked at it."""


@dataclass(frozen=True, slots=True)
class Back:
    """One item handed in at a store. `condition` is a word of CONDITIONS.

    `cartridges` says of single cartridges loaded in it what is not as it should be: (item id, a word of CONDITIONS
    or MISSING). The others come back with it. `handed_to` is the officer it goes on to in the same act, `handover_id`.
    """

    item_id: int
    store_id: int
    by_person: int | None = None
    condition: str = "GOOD"
    visit_id: int | None = None
    reading_key: str | None = None
    cartridges: tuple[tuple[int, str], ...] = ()
    handed_to: int | None = None
    handover_id: int | None = None


@dataclass(frozen=True, slots=True)
class Along:
    """What became of one thing loaded in an item handed in: RETURNED with it, or MISSING."""

    item_id: int
    kind: str
    serial: str
    word: str
    entry_id: int | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of one item handed in.

    `word`: RETURNED (it was with a person, a carrier or unaccounted for), ALREADY_HERE (this store holds it), or
    STRAYED (another holder's kit: seen here, an alarm raised, custody unchanged). `along` is what was loaded in it;
    `out_of` names what it was loaded in and came back without.
    """

    item_id: int
    word: str
    from_person: int | None = None
    entry_id: int | None = None
    held_since_us: int | None = None
    decision_id: int | None = None
    hold: str | None = None
    along: tuple[Along, ...] = ()
    out_of: str | None = None


@dataclass(frozen=True, slots=True)
class _Coming:
    """An item on its way into custody of the store; `fit` where it comes along with what it is loaded in."""

    back: Back
    kind: str
    was: Holder
    hold: tuple[str, str] | None
    fit: Fit | None = None


_WHERE = Fast(
    sa.select(item.c.id, item.c.kind, custody.c.holder, custody.c.holder_id)
    .select_from(
        item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
    )
    .where(among(item.c.id, "items"))
)
_BACK_FROM = {"PERSON": "RETURNED", "CARRIER": "TRANSFERRED", "UNKNOWN": "FOUND"}


def return_kit(tx: Tx, backs: Sequence[Back]) -> list[Returned]:
    """Take every item back, with what is loaded in it. Items must be distinct.

    Raises LookupError for an item that is not known, and for a cartridge that is not loaded in the item it is
    said to be in.
    """
    fits = lock_fitted(tx, [back.item_id for back in backs])
    where = _where(tx, backs, fits)
    _check_named(backs, where, fits)
    coming, missing = _who_comes(backs, where, fits)
    passed = pass_items(tx, [_passage(each) for each in coming.values()])
    by_item = {p.item_id: p for p in passed}
    place_holds(tx, [_placing(each) for each in coming.values() if each.hold is not None])
    place_holds(tx, [_found(each) for each in coming.values() if each.was.word == "UNKNOWN"])
    apart = _left_apart(coming, where, fits)
    take_out(tx, [*apart, *(_not_there(back, fit) for back, fit in missing)])
    raise_alarms(tx, [_short(back, fit, where[fit.child_id]) for back, fit in missing])
    raise_alarms(tx, _strays(backs, coming, where))
    without = {took.fit.child_id: took.fit.parent for took in apart}
    along = _along(coming, by_item, missing)
    return [_answer(back, coming.get(back.item_id), by_item, along, without, where) for back in backs]


def _where(tx: Tx, backs: Sequence[Back], fits: Fits) -> dict[int, Row]:
    beside = {fit.child_id for some in fits.inside.values() for fit in some}
    beside |= {fit.parent_id for fit in fits.within.values()}
    ids = [back.item_id for back in backs] + sorted(beside)
    return {row[0]: row for row in _WHERE.rows(tx.conn, {"items": ids})}


def _check_named(backs: Sequence[Back], where: Mapping[int, Row], fits: Fits) -> None:
    for back in backs:
        if back.item_id not in where:
            raise LookupError(f"item {back.item_id} is not known")
        inside = {fit.child_id for fit in fits.of(back.item_id)}
        for cartridge, _ in back.cartridges:
            if cartridge not in inside:
                raise LookupError(f"item {cartridge} is not loaded in item {back.item_id}")


def _who_comes(
    backs: Sequence[Back], where: Mapping[int, Row], fits: Fits
) -> tuple[dict[int, _Coming], list[tuple[Back, Fit]]]:
    """What passes to the store, by item; and what should have come along and did not."""
    coming: dict[int, _Coming] = {}
    for back in backs:
        _, kind, holder, holder_id = where[back.item_id]
        if holder in _BACK_FROM:
            coming[back.item_id] = _Coming(back, kind, Holder(holder, holder_id), _hold_of(kind, back.condition))
    missing = []
    for parent in list(coming.values()):
        said = dict(parent.back.cartridges)
        for fit in fits.of(parent.back.item_id):
            if fit.child_id in coming or where[fit.child_id][2:] != (parent.was.word, parent.was.id):
                continue  # it is handed in by itself too, or was never with the other
            if said.get(fit.child_id) == MISSING:
                missing.append((parent.back, fit))
            else:
                coming[fit.child_id] = _with(parent, fit, said.get(fit.child_id))
    return coming, missing


def _with(parent: _Coming, fit: Fit, said: str | None) -> _Coming:
    """What comes along in something handed in: as it is `said` to be, or as what it is loaded in suggests."""
    back = parent.back
    condition = said or ("WET" if back.condition == "WET" else "GOOD")
    hold = _hold_of(fit.child_kind, condition)
    told_apart = back.condition == "USED" and bool(back.cartridges)  # which were used is said: the others were not
    if said is None and hold is None and back.condition != "GOOD" and not told_apart:
        hold = (NOT_LOOKED_AT, f"Was in {fit.parent}, handed in {back.condition.lower()}: look at it first")
    own = Back(fit.child_id, back.store_id, back.by_person, condition, back.visit_id, back.reading_key,
               handed_to=back.handed_to, handover_id=back.handover_id)  # fmt: skip
    return _Coming(own, fit.child_kind, parent.was, hold, fit)


def _hold_of(kind: str, condition: str) -> tuple[str, str] | None:
    if condition == "USED" and kind in SPENT:
        return SPENT[kind]
    return CONDITIONS[condition]


def _passage(each: _Coming) -> Passage:
    back = each.back
    said = [] if back.condition == "GOOD" else [back.condition]
    if each.fit is not None:
        said.append(f"with {each.fit.parent}")
    if back.handover_id is not None:
        said.append(f"handover {back.handover_id}")
    return Passage(
        item_id=back.item_id,
        kind=_BACK_FROM[each.was.word],
        taker=Holder("STORE", back.store_id),
        by_person=back.by_person,
        visit_id=back.visit_id,
        second_person=back.handed_to,
        reading_key=back.reading_key,
        reason=", ".join(said) or None,
    )


def _placing(each: _Coming) -> Placing:
    reason, detail = each.hold or (NOT_LOOKED_AT, "")
    return Placing(item_id=each.back.item_id, reason=reason, detail=detail, placed_by=each.back.by_person)


def _found(each: _Coming) -> Placing:
    said = "It was missing: two people write down how it was found before anything else"
    return Placing(FOUND_AGAIN, said, item_id=each.back.item_id, placed_by=each.back.by_person)


# ---- what is short, apart, or another's ------------------------------------------------------------------


def _left_apart(coming: Mapping[int, _Coming], where: Mapping[int, Row], fits: Fits) -> list[Took]:
    """What came back while the thing it is recorded in stays elsewhere: it was taken out."""
    apart = []
    for item_id, each in coming.items():
        fit = fits.within.get(item_id)
        if fit is None:
            continue
        parent = coming.get(fit.parent_id)
        at = ("STORE", parent.back.store_id) if parent else where[fit.parent_id][2:]
        if at != ("STORE", each.back.store_id):
            apart.append(_took(each.back, fit, "handed in by itself"))
    return apart


def _not_there(back: Back, fit: Fit) -> Took:
    return _took(back, fit, "not there when it was handed in")


def _took(back: Back, fit: Fit, why: str) -> Took:
    return Took(fit, why, back.by_person, back.visit_id, back.reading_key)


def _short(back: Back, fit: Fit, where: Row) -> Raise:
    detail = f"{fit.child} was not in {fit.parent} when it was handed in"
    person = where[3] if where[2] == "PERSON" else None
    return Raise("RETURN_SHORT", detail, back.store_id, fit.child_id, person)


def _strays(backs: Iterable[Back], coming: Mapping[int, _Coming], where: Mapping[int, Row]) -> list[Raise]:
    return [
        Raise(
            "STRAYED",
            f"Seen at this hatch, held by {where[back.item_id][2] or 'nobody'}",
            back.store_id,
            back.item_id,
        )
        for back in backs
        if back.item_id not in coming and where[back.item_id][2:] != ("STORE", back.store_id)
    ]


# ---- what became of it -----------------------------------------------------------------------------------


def _along(
    coming: Mapping[int, _Coming], passed: Mapping[int, Passed], missing: Iterable[tuple[Back, Fit]]
) -> dict[int, tuple[Along, ...]]:
    """What was loaded in each item handed in, by the order of the places."""
    found: dict[int, list[tuple[int, Along]]] = {}
    for item_id, each in coming.items():
        if each.fit is not None:
            hold = each.hold[0] if each.hold else None
            along = Along(item_id, each.kind, each.fit.child_serial, "RETURNED", passed[item_id].entry_id, hold)
            found.setdefault(each.fit.parent_id, []).append((each.fit.slot or 0, along))
    for _, fit in missing:
        along = Along(fit.child_id, fit.child_kind, fit.child_serial, MISSING)
        found.setdefault(fit.parent_id, []).append((fit.slot or 0, along))
    return {
        parent: tuple(along for _, along in sorted(some, key=lambda pair: (pair[0], pair[1].item_id)))
        for parent, some in found.items()
    }


def _answer(
    back: Back,
    each: _Coming | None,
    passed: Mapping[int, Passed],
    along: Mapping[int, tuple[Along, ...]],
    without: Mapping[int, str],
    where: Mapping[int, Row],
) -> Returned:
    if each is None:
        here = where[back.item_id][2:] == ("STORE", back.store_id)
        return Returned(back.item_id, "ALREADY_HERE" if here else "STRAYED")
    done = passed[back.item_id]
    return Returned(
        item_id=back.item_id,
        word="RETURNED",
        from_person=each.was.id if each.was.word == "PERSON" else None,
        entry_id=done.entry_id,
        held_since_us=done.held_since_us,
        decision_id=done.decision_id,
        hold=FOUND_AGAIN if each.was.word == "UNKNOWN" else each.hold[0] if each.hold else None,
        along=along.get(back.item_id, ()),
        out_of=without.get(back.item_id),
    )
