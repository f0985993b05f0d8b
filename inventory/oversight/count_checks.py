"""Checks of counting: that a result is the one its entry names, made of what it was made of, and settled by movements.

One rule for the editor: as `oversight.audit`: reads everything, never stops at the first fault, changes nothing.
"""

import json
from collections import defaultdict

import sqlalchemy as sa

from inventory.schema.custody import ledger
from inventory.schema.stocktake import stocktake, stocktake_closed, stocktake_settled, stocktake_sighting
from inventory.stock.counting import digest, lines_of

About = tuple[str, str]


def not_as_signed(conn: sa.Connection) -> list[About]:
    """(count, what is wrong) where a stored result is not what its entry in the ledger names."""
    rows = conn.execute(
        sa.select(
            stocktake_closed.c.stocktake_id, stocktake_closed.c.result, stocktake_closed.c.result_hash, ledger.c.reason,
            ledger.c.kind,
        ).select_from(stocktake_closed.outerjoin(ledger, ledger.c.id == stocktake_closed.c.entry_id))
    )  # fmt: skip
    found = []
    for count_id, result, named, reason, kind in rows:
        if digest(result) != named:
            found.append((f"count {count_id}", "its result is not what was hashed"))
        if kind != "COUNT_CLOSED" or not str(reason).endswith(named):
            found.append((f"count {count_id}", "the ledger's entry names another result"))
    return found


def not_as_seen(conn: sa.Connection) -> list[About]:
    """(count, what is wrong) where a result leaves out what was expected or seen, or finds what nobody has seen."""
    seen: dict[int, set[int]] = defaultdict(set)
    for count_id, item_id in conn.execute(
        sa.select(stocktake_sighting.c.stocktake_id, stocktake_sighting.c.item_id).where(
            stocktake_sighting.c.late == 0, stocktake_sighting.c.item_id.is_not(None)
        )
    ):
        seen[count_id].add(item_id)
    closed = conn.execute(
        sa.select(stocktake.c.id, stocktake.c.expected, stocktake_closed.c.result)
        .select_from(stocktake.join(stocktake_closed, stocktake_closed.c.stocktake_id == stocktake.c.id))
        .where(stocktake_closed.c.outcome == "CLOSED")
    )
    return [
        fault for row in closed for fault in _of_one(row[0], set(json.loads(row[1])), row[2], seen[row[0]])
    ]


def _of_one(count_id: int, expected: set[int], result: str, seen: set[int]) -> list[About]:
    words = {line.item_id: line.word for line in lines_of(result) if line.item_id is not None}
    wrong = {
        "was expected, and no line says what became of it": expected - words.keys(),
        "is found, and was never seen": {each for each, word in words.items() if word == "FOUND"} - seen,
        "is missing, and was seen": {each for each, word in words.items() if word == "MISSING"} & seen,
    }
    return [
        (f"count {count_id}", f"item {item_id} {says}")
        for says, ids in wrong.items()
        for item_id in sorted(ids)
    ]


def not_by_a_movement(conn: sa.Connection) -> list[About]:
    """(count, what is wrong) where a variance was not settled by a movement of its item for that count."""
    rows = conn.execute(
        sa.select(
            stocktake_settled.c.stocktake_id, stocktake_settled.c.item_id, ledger.c.item_id, ledger.c.taker,
            ledger.c.reason, ledger.c.reading_key,
        ).select_from(stocktake_settled.outerjoin(ledger, ledger.c.id == stocktake_settled.c.entry_id))
    )  # fmt: skip
    return [
        (f"count {count_id}", f"item {item_id} was not settled by a movement that names the count")
        for count_id, item_id, moved, taker, reason, key in rows
        if moved != item_id
        or taker is None
        or (f"Count {count_id}:" not in str(reason) and key != f"count/{count_id}")
    ]
