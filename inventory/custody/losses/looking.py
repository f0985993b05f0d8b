"""Cases read from the tables, a few or a page of them, in a number of statements that does not grow with them.

One rule for the editor: reads only. What a case comes to is `case`.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from inventory.custody.losses.case import Case, CaseEvent
from inventory.schema.custody import custody, ledger
from inventory.schema.fast import Fast, Row, among
from inventory.schema.losses import loss_case, loss_event
from inventory.schema.stock import item

_OWN = (
    "id", "item_id", "store_id", "opened_us", "opened_by", "detail", "person_id", "last_seen_us", "last_seen_way",
    "facts", "closed_us",
)  # fmt: skip
_CASES = (
    sa.select(
        *(loss_case.c[name] for name in _OWN), item.c.kind, item.c.model, item.c.serial, custody.c.holder,
        custody.c.opened_us,
    )
    .select_from(
        loss_case.join(item, item.c.id == loss_case.c.item_id).outerjoin(
            custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))
        )
    )
    .order_by(loss_case.c.id.desc())
)  # fmt: skip
_PAGE = _CASES.where(loss_case.c.id < sa.bindparam("before")).limit(sa.bindparam("most"))
_OPEN = loss_case.c.closed_event.is_(None)
_HERE = loss_case.c.store_id == sa.bindparam("store_id")
_STATEMENTS = {
    (False, False): Fast(_PAGE),
    (True, False): Fast(_PAGE.where(_OPEN)),
    (False, True): Fast(_PAGE.where(_HERE)),
    (True, True): Fast(_PAGE.where(_OPEN, _HERE)),
}
_NAMED = Fast(_CASES.where(among(loss_case.c.id, "ids")))
_OF_ITEM = Fast(_CASES.where(loss_case.c.item_id == sa.bindparam("item_id")))
_SINCE = Fast(
    _CASES.where(loss_case.c.opened_us >= sa.bindparam("from_us"), loss_case.c.opened_us < sa.bindparam("to_us"))
)
_EVENTS = Fast(
    sa.select(
        loss_event.c.case_id, loss_event.c.id, loss_event.c.act, loss_event.c.at_us, loss_event.c.happened_us,
        loss_event.c.by_person, loss_event.c.second_person, loss_event.c.told, loss_event.c.reference,
        loss_event.c.detail, loss_event.c.facts,
    )
    .where(among(loss_event.c.case_id, "ids"))
    .order_by(loss_event.c.case_id, loss_event.c.id)
)  # fmt: skip
_MISSED = Fast(
    sa.select(ledger.c.item_id, sa.func.max(ledger.c.at_us))
    .where(among(ledger.c.item_id, "ids"), ledger.c.kind == sa.literal_column("'UNACCOUNTED'"))
    .group_by(ledger.c.item_id)
)
_BACK = Fast(
    sa.select(ledger.c.item_id, ledger.c.at_us)
    .where(among(ledger.c.item_id, "ids"), ledger.c.giver == sa.literal_column("'UNKNOWN'"))
    .order_by(ledger.c.at_us)
)
EVER = 2**62


def cases(conn: sa.Connection, ids: Sequence[int]) -> dict[int, Case]:
    """The cases with these ids; an unknown one has no entry."""
    return {each.id: each for each in _made(conn, _NAMED.rows(conn, {"ids": list(ids)}))}


def cases_of_item(conn: sa.Connection, item_id: int) -> list[Case]:
    """Every case of an item, newest first."""
    return _made(conn, _OF_ITEM.rows(conn, {"item_id": item_id}))


def page_of_cases(
    conn: sa.Connection, most: int, before: int = EVER, *, only_open: bool = False, store_id: int | None = None
) -> list[Case]:
    """`most` cases before the id `before`, newest first."""
    params: dict[str, Any] = {"before": before, "most": most}
    if store_id is not None:
        params["store_id"] = store_id
    return _made(conn, _STATEMENTS[only_open, store_id is not None].rows(conn, params))


def cases_opened(conn: sa.Connection, from_us: int, to_us: int = EVER) -> list[Case]:
    """Every case opened from `from_us` to `to_us` (exclusive), newest first."""
    return _made(conn, _SINCE.rows(conn, {"from_us": from_us, "to_us": to_us}))


def open_cases_now(conn: sa.Connection) -> list[Case]:
    """Every case that is not closed."""
    return page_of_cases(conn, EVER, only_open=True)


def _made(conn: sa.Connection, rows: Sequence[Row]) -> list[Case]:
    if not rows:
        return []
    events: dict[int, list[CaseEvent]] = defaultdict(list)
    for row in _EVENTS.rows(conn, {"ids": [row[0] for row in rows]}):
        events[row[0]].append(_event(row))
    items = {"ids": sorted({row[1] for row in rows})}
    missed: dict[int, int] = dict(_MISSED.rows(conn, items))
    back: dict[int, list[int]] = defaultdict(list)
    for item_id, at_us in _BACK.rows(conn, items):
        back[item_id].append(at_us)
    return [_case(row, tuple(events[row[0]]), missed, back[row[1]]) for row in rows]


def _event(row: Row) -> CaseEvent:
    _, *said, facts = row
    return CaseEvent(*said, json.loads(facts or "{}"))  # type: ignore[call-arg]


def _case(row: Row, events: tuple[CaseEvent, ...], missed: dict[int, int], back: Sequence[int]) -> Case:
    own = dict(zip(_OWN, row[: len(_OWN)], strict=True))
    kind, model, serial, holder, since_us = row[len(_OWN) :]
    # A closed case speaks of its own loss, whatever happened to the item since.
    ends_us = own["closed_us"] if own["closed_us"] is not None else EVER
    missed_us = own["opened_us"] if own["closed_us"] is not None else missed.get(own["item_id"], own["opened_us"])
    came = [at_us for at_us in back if missed_us <= at_us <= ends_us]
    is_missing = own["closed_us"] is None and holder == "UNKNOWN"
    own["facts"] = json.loads(own["facts"])
    return Case(
        **own, kind=kind, model=model, serial=serial, holder=holder, missed_us=missed_us,
        back_us=None if is_missing else (came[0] if came else since_us), events=events,
    )  # fmt: skip
