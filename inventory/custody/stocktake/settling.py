"""Settling what a count found: by movements in the ledger that name the count, never by a change to the count.

One rule for the editor: a variance is looked at as it stands now. What was seen again since, or has moved on, needs
nothing; what is settled twice is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.fittings import lock_fitted
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, Passed, pass_items
from inventory.custody.returns import Back, return_kit
from inventory.custody.stocktake.counting import NotPossible, named
from inventory.custody.stocktake.reading import Count, count_of, lines_now, settled_of
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.stocktake import item_seen, stocktake_settled
from inventory.schema.tx import Tx
from inventory.stock.counting import Line
from inventory.stock.marks import Match, item_now

RETURNS_FROM = ("PERSON", "CARRIER", "UNKNOWN")


@dataclass(frozen=True, slots=True)
class Settling:
    """What is to be done about one item of a closed count. `act` is a word of `words.COUNT_ACTS`."""

    count_id: int
    item_id: int
    act: str
    by_person: int
    reason: str
    second_person: int | None = None


@dataclass(frozen=True, slots=True)
class Variance:
    """A line that needs an answer, and what became of it: `act` is what may be done, "" where nothing need be.

    `word_now`: OPEN, SETTLED (by a movement of ours), SEEN_SINCE (in this store), MOVED_SINCE.
    """

    line: Line
    word_now: str
    act: str = ""
    since_us: int | None = None


_NOW = Fast(
    sa.select(custody.c.item_id, custody.c.holder, custody.c.holder_id, custody.c.opened_us).where(
        among(custody.c.item_id, "ids"), custody.c.closed_entry.is_(None)
    )
)
_SEEN = Fast(
    sa.select(item_seen.c.item_id, item_seen.c.store_id, item_seen.c.seen_us).where(
        among(item_seen.c.item_id, "ids")
    )
)
_ADD = Inserter(stocktake_settled)


def variances(conn: sa.Connection, count: Count, lines: list[Line]) -> list[Variance]:
    """The lines of a closed count that need an answer, each as it stands now. Unknown codes are evidence, and stay."""
    wrong = [line for line in lines if line.word in ("MISSING", "STRAYED") and line.item_id is not None]
    asked = {"ids": sorted({line.item_id or 0 for line in wrong})}
    now = {row[0]: row[1:] for row in _NOW.rows(conn, asked)}
    seen = {row[0]: row[1:] for row in _SEEN.rows(conn, asked)}
    settled = settled_of(conn, count.id)
    made = []
    for line in wrong:
        item_id = line.item_id or 0
        if item_id in settled:
            made.append(Variance(line, "SETTLED", since_us=settled[item_id].at_us))
        else:
            made.append(_as_it_stands(count, line, now.get(item_id), seen.get(item_id)))
    return made


def _as_it_stands(
    count: Count, line: Line, now: tuple[str, int, int] | None, seen: tuple[int, int] | None
) -> Variance:
    closed_us = count.closed_us or 0
    if now is None or (now[0], now[1]) != (line.holder, line.holder_id) or now[2] > closed_us:
        return Variance(line, "MOVED_SINCE", since_us=now[2] if now else None)
    if line.word == "MISSING" and seen is not None and seen[0] == count.store_id and seen[1] > closed_us:
        return Variance(line, "SEEN_SINCE", since_us=seen[1])
    return Variance(line, "OPEN", _act_for(line))


def _act_for(line: Line) -> str:
    if line.word == "MISSING":
        return "REPORTED_MISSING"
    if line.holder in RETURNS_FROM:
        return "TAKEN_BACK"
    return "TAKEN_OVER" if line.holder == "STORE" else ""


def settle(tx: Tx, asked: Settling) -> Variance:
    """Settle one variance by the movement that answers it.

    Raises NotPossible where there is no such variance, it needs nothing, another act answers it, or two people are
    needed; NotCounted; and what the movement raises.
    """
    if not asked.reason.strip():
        raise NotPossible("reason: say what was looked for and found")
    lock_fitted(tx, [asked.item_id])
    count = count_of(tx.conn, asked.count_id)
    if count.outcome != "CLOSED":
        raise NotPossible("A variance is settled when the count is closed")
    found = next(
        (v for v in variances(tx.conn, count, lines_now(tx.conn, count)) if v.line.item_id == asked.item_id),
        None,
    )
    if found is None:
        raise NotPossible("This item is neither missing nor strayed in this count")
    if found.act != asked.act:
        possible = (
            found.act or "nothing: it needs no answer here any more"
            if found.word_now == "OPEN"
            else "nothing"
        )
        raise NotPossible(f"It is {found.word_now.lower().replace('_', ' ')}; possible: {possible}")
    entry_id = _ACTS[asked.act](tx, count, asked)
    row = {
        "stocktake_id": count.id, "item_id": asked.item_id, "tx_id": tx.id, "act": asked.act, "entry_id": entry_id,
        "by_person": asked.by_person, "second_person": asked.second_person, "reason": asked.reason, "at_us": tx.now_us,
    }  # fmt: skip
    _ADD.add(tx.conn, [row])
    tx.say(f"store:{count.store_id}", {"type": "count", "count_id": count.id, "what": "settled", "number": 1})
    return Variance(found.line, "SETTLED", since_us=tx.now_us)


def _report(tx: Tx, count: Count, asked: Settling) -> int:
    missing = Missing(asked.item_id, count.store_id, asked.by_person, named(count, asked.reason))
    return _entry_of(report_unaccounted(tx, [missing]), asked.item_id)


def _take_back(tx: Tx, count: Count, asked: Settling) -> int:
    key = f"count/{count.id}"
    done = return_kit(tx, [Back(asked.item_id, count.store_id, asked.by_person, reading_key=key)])[0]
    if done.entry_id is None:
        raise NotPossible("It is this store's already")
    return done.entry_id


def _take_over(tx: Tx, count: Count, asked: Settling) -> int:
    """Another store's kit that stands here: two people of this store say so, and the other store is told."""
    if asked.second_person in (None, asked.by_person):
        raise NotPossible("Kit of another store is taken over by two people: the second gives their own PIN")
    fits = lock_fitted(tx, [asked.item_id])
    if asked.item_id in fits.within:
        raise NotPossible(f"It is loaded in {fits.within[asked.item_id].parent}: unload it there first")
    was = item_now(tx.conn, asked.item_id)
    ids = [asked.item_id, *(fit.child_id for fit in fits.of(asked.item_id))]
    said = Passage(
        asked.item_id, "TRANSFERRED", Holder("STORE", count.store_id), asked.by_person, asked.second_person,
        reading_key=f"count/{count.id}", reason=named(count, asked.reason),
    )  # fmt: skip
    passed = pass_items(tx, [replace(said, item_id=each) for each in ids])
    raise_alarms(tx, [_told(count, was)])
    return _entry_of(passed, asked.item_id)


def _told(count: Count, was: Match) -> Raise:
    says = f"{was.serial} was this store's and was counted at another, which has taken it over (count {count.id})"
    return Raise("TAKEN_OVER", says, was.holder_id, was.item_id)


def _entry_of(passed: list[Passed], item_id: int) -> int:
    return next(each.entry_id for each in passed if each.item_id == item_id)


_ACTS: dict[str, Callable[[Tx, Count, Settling], int]] = {
    "REPORTED_MISSING": _report,
    "TAKEN_BACK": _take_back,
    "TAKEN_OVER": _take_over,
}
