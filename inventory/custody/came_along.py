"""What came back with its magazine by one scan, looked at afterwards in the same visit: one was used, one is not there.

One rule for the editor: only what came along in this visit is spoken of, and nothing that was written is changed.
A cartridge that turns out to be missing was never seen here: it is unaccounted for from its return on.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.fittings import Fit, lock_fitted
from inventory.custody.holds import Placing, place_holds
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.returns import MISSING, SPENT
from inventory.schema.custody import custody, ledger
from inventory.schema.fast import Fast
from inventory.schema.tx import Tx

WORDS = ("USED", MISSING)


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody sees of one cartridge that came along: a word of WORDS."""

    item_id: int
    store_id: int
    visit_id: int
    word: str
    by_person: int | None


_CAME = Fast(
    sa.select(ledger.c.giver, ledger.c.giver_id)
    .select_from(custody.join(ledger, ledger.c.id == custody.c.opened_entry))
    .where(
        custody.c.item_id == sa.bindparam("item_id"),
        custody.c.closed_entry.is_(None),
        custody.c.holder == "STORE",
        custody.c.holder_id == sa.bindparam("store_id"),
        ledger.c.visit_id == sa.bindparam("visit_id"),
    )
)


def say_of(tx: Tx, seen: Seen) -> Fit:
    """Write down what is seen of a cartridge that came back with its magazine in this visit.

    USED: it stays here, spent, and never goes out again. MISSING: it is unaccounted for, and an alarm names whose
    return is short. Gives where it was recorded. Raises LookupError for anything else than such a cartridge.
    """
    if seen.word not in WORDS:
        raise ValueError(f"word: expected one of {', '.join(WORDS)}")
    fit = lock_fitted(tx, [seen.item_id]).within.get(seen.item_id)
    asked = {"item_id": seen.item_id, "store_id": seen.store_id, "visit_id": seen.visit_id}
    came = _CAME.rows(tx.conn, asked)
    if fit is None or not came or fit.child_kind not in SPENT:
        raise LookupError(f"item {seen.item_id} did not come back in anything in this visit")
    if seen.word == MISSING:
        giver, giver_id = came[0]
        said = f"{fit.child} was not in {fit.parent} when it was handed in"
        person = giver_id if giver == "PERSON" else None
        report_unaccounted(
            tx, [Missing(seen.item_id, seen.store_id, seen.by_person, said, person, seen.visit_id)]
        )
    else:
        reason, detail = SPENT[fit.child_kind]
        place_holds(
            tx, [Placing(item_id=seen.item_id, reason=reason, detail=detail, placed_by=seen.by_person)]
        )
    return fit
