"""Reconciliation: every serial that was issued together, matched with what became of it.

One rule for the editor: an issue is closed when nothing of it is open; nobody can close it otherwise. What is short
stays in the person's custody and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.fittings import fits_of
from inventory.schema.custody import custody, ledger
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.schema.tx import Tx
from inventory.stock.kinds import label, title

OPEN = ("OUT", "UNACCOUNTED")
"""Words of outcomes that leave an issue open."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One serial of an issue: `word` is OUT while the person holds it, else the ledger's word for how it left.

    UNACCOUNTED is also the word of what came back by its magazine's scan and was then seen not to be in it.
    """

    decision_id: int
    item_id: int
    kind: str
    serial: str
    person_id: int
    word: str

    @property
    def name(self) -> str:
        """ "Cartridge C31017NX4"."""
        return f"{title(self.kind)} {self.serial}"


_SINCE, _MISSED = custody.alias("since"), ledger.alias("missed")
_OUTCOMES = Fast(
    sa.select(
        custody.c.decision_id,
        item.c.id,
        item.c.kind,
        item.c.serial,
        custody.c.person_id,
        sa.case((_MISSED.c.id.is_not(None), "UNACCOUNTED"), else_=sa.func.coalesce(ledger.c.kind, "OUT")),
    )
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id)
        .outerjoin(ledger, ledger.c.id == custody.c.closed_entry)
        .outerjoin(
            _SINCE,
            sa.and_(
                _SINCE.c.item_id == custody.c.item_id,
                _SINCE.c.closed_entry.is_(None),
                _SINCE.c.holder == "UNKNOWN",
            ),
        )
        .outerjoin(
            _MISSED,
            sa.and_(_MISSED.c.id == _SINCE.c.opened_entry, _MISSED.c.visit_id == ledger.c.visit_id),
        )
    )
    .where(among(custody.c.decision_id, "decisions"))
    .order_by(item.c.kind, item.c.serial)
)
_CAME_BACK = Fast(
    sa.select(custody.c.decision_id)
    .where(among(custody.c.item_id, "items"), custody.c.closed_us >= sa.bindparam("since_us"))
    .where(custody.c.decision_id.is_not(None))
    .distinct()
)


def came_back(conn: sa.Connection, item_ids: Sequence[int], since_us: int) -> list[int]:
    """The decisions by which items returned since `since_us` had been issued."""
    return [row[0] for row in _CAME_BACK.rows(conn, {"items": list(item_ids), "since_us": since_us})]


def outcomes(conn: sa.Connection, decision_ids: Sequence[int]) -> list[Outcome]:
    """What became of every item these decisions issued."""
    return [Outcome(*row) for row in _OUTCOMES.rows(conn, {"decisions": sorted(set(decision_ids))})]


def still_out(conn: sa.Connection, decision_ids: Sequence[int]) -> list[Outcome]:
    """The items of these decisions that did not come back: their person holds them, or nobody knows who does."""
    return [each for each in outcomes(conn, decision_ids) if each.word in OPEN]


def names_of(conn: sa.Connection, short: Sequence[Outcome]) -> list[str]:
    """What is short as a sentence names it: "Magazine M1004 and the 10 cartridges in it" is one of them."""
    fits = fits_of(conn, [each.item_id for each in short])
    out = {each.item_id for each in short}
    named = []
    for each in short:
        fit = fits.within.get(each.item_id)
        if fit is not None and fit.parent_id in out:
            continue
        inside = [one for one in fits.of(each.item_id) if one.child_id in out]
        what = f" and the {len(inside)} {label(inside[0].child_kind, len(inside))} in it" if inside else ""
        named.append(f"{each.name}{what}")
    return named


def raise_short(tx: Tx, store_id: int, decision_ids: Sequence[int]) -> list[Outcome]:
    """Raise an alarm for each item that did not come back with the rest of its set; returns them."""
    short = still_out(tx.conn, decision_ids)
    raise_alarms(
        tx,
        [
            Raise(
                "RETURN_SHORT",
                f"{each.name} did not come back with its set",
                store_id,
                each.item_id,
                each.person_id,
            )
            for each in short
        ],
    )
    return short
