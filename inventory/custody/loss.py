"""Kit that nobody can find: unaccounted for from the moment it is missed, until a scan or a dock finds it.

One rule for the editor: missing kit is said aloud at once (an alarm and a case, `losses`), and it is never written off
here; only a scan at a store brings it back (`returns`), as FOUND. What is loaded in missing kit is missing with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.fittings import Fits, Took, lock_fitted, take_out
from inventory.custody.losses.opening import Opening, open_cases
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, Passed, pass_items
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Missing:
    """One item missed by `by_person`; `detail` says how it was noticed ("Stock count of 3 November").

    `short_of` is the person whose return it is missing from, `visit_id` the visit in which that was noticed.
    """

    item_id: int
    store_id: int
    by_person: int | None
    detail: str
    short_of: int | None = None
    visit_id: int | None = None


def report_unaccounted(tx: Tx, missing: Sequence[Missing]) -> list[Passed]:
    """Write down that items cannot be found, and what is loaded in them, each with a case; answers for each.

    Raises ValueError without a detail, NotPossible from where nothing can go missing (it is unaccounted for
    already, or disposed of).
    """
    if any(not each.detail.strip() for each in missing):
        raise ValueError("detail: say how it was noticed")
    fits = lock_fitted(tx, [each.item_id for each in missing])
    gone = _with_what_is_in_it(missing, fits)
    passed = pass_items(
        tx,
        [
            Passage(
                each.item_id,
                "UNACCOUNTED",
                Holder("UNKNOWN", 0),
                by_person=each.by_person,
                visit_id=each.visit_id,
                reason=each.detail,
            )
            for each in gone
        ],
    )
    named = {each.item_id for each in gone}
    alone = [(each, fits.within.get(each.item_id)) for each in missing]
    take_out(
        tx,
        [
            Took(fit, "missed without it", each.by_person, each.visit_id)
            for each, fit in alone
            if fit is not None and fit.parent_id not in named
        ],
    )
    open_cases(
        tx, [Opening(m.store_id, m.by_person, m.detail, done) for m, done in zip(gone, passed, strict=True)]
    )
    raise_alarms(tx, [_alarm(each) for each in gone])
    return passed


def _with_what_is_in_it(missing: Sequence[Missing], fits: Fits) -> list[Missing]:
    named = {each.item_id for each in missing}
    return [
        *missing,
        *(
            replace(each, item_id=fit.child_id, detail=f"With {fit.parent}: {each.detail}")
            for each in missing
            for fit in fits.of(each.item_id)
            if fit.child_id not in named
        ),
    ]


def _alarm(each: Missing) -> Raise:
    kind = "UNACCOUNTED" if each.short_of is None else "RETURN_SHORT"
    return Raise(kind, each.detail, each.store_id, each.item_id, each.short_of)
