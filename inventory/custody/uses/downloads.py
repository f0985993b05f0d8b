"""The log of what was used: read and reviewed by a technician, who says whether it shows what was declared.

One rule for the editor: kit whose log shows what nobody declared stays held until a supervisor has settled that.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.holds import lift_hold
from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.passages.row import Act, Looked
from inventory.custody.uses.points import (
    PROPER,
    UNDECLARED,
    Answer,
    OpenPoint,
    open_of,
    open_points,
    write_answer,
)
from inventory.gate.kind_policy import Policy
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.stock import hold, hold_lift, inspection, item
from inventory.schema.tx import Tx
from inventory.schema.uses import use_declared, use_item, use_point
from inventory.stock.kinds import title

_CHECK = Inserter(inspection)
_DECLARED = Inserter(use_declared)
_PART = Inserter(use_item)
_LOGGED: tuple[sa.ColumnElement[str], ...] = (sa.literal_column("'HANDLE'"), sa.literal_column("'BATTERY'"))
_PARTS = Fast(
    sa.select(use_item.c.item_id).where(
        among(use_item.c.use_id, "uses"), use_item.c.part.in_(_LOGGED)
    )
)
_HOLDS = Fast(
    sa.select(hold.c.id, hold.c.item_id)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(among(hold.c.item_id, "ids"), hold.c.reason == "DOWNLOAD", hold_lift.c.hold_id.is_(None))
    .order_by(hold.c.id)
)
_AWAITED = Fast(
    sa.select(use_point.c.use_id)
    .select_from(use_point.join(use_item, use_item.c.use_id == use_point.c.use_id))
    .where(
        use_item.c.item_id == sa.bindparam("of_item"), use_point.c.answer_id.is_(None),
        use_point.c.point.in_((sa.literal_column("'DOWNLOAD'"), sa.literal_column("'LOG_REVIEW'"))),
    )
    .distinct()
)  # fmt: skip
_NAMES = Fast(sa.select(item.c.id, item.c.kind, item.c.serial).where(among(item.c.id, "ids")))


def names_of(conn: sa.Connection, ids: Sequence[int]) -> dict[int, str]:
    """ "TASER handle X00201", by id."""
    return {row[0]: f"{title(row[1])} {row[2]}" for row in _NAMES.rows(conn, {"ids": sorted(set(ids))})}


def parts_of(conn: sa.Connection, use_id: int) -> list[int]:
    """The handle and the battery of a use."""
    return [row[0] for row in _PARTS.rows(conn, {"uses": [use_id]})]


def downloaded(tx: Tx, owed: OpenPoint, answer: Answer, policy: Policy) -> int:
    """Answer the DOWNLOAD point of a use: what holds its kit is lifted where the log shows what was declared."""
    entry = write_answer(tx, owed, answer)
    parts = parts_of(tx.conn, owed.use_id)
    shows = str(answer.facts["review"])
    _write_check(tx, parts, answer, shows)
    if shows == PROPER:
        release(tx, parts, answer.by_person)
    else:
        _not_declared(tx, owed, policy)
    return entry


def release(tx: Tx, item_ids: Sequence[int], by_person: int) -> None:
    """Lift what holds these for their log's sake, but for what another use of them still waits for."""
    for hold_id, item_id in _HOLDS.rows(tx.conn, {"ids": sorted(set(item_ids))}):
        if not _AWAITED.rows(tx.conn, {"of_item": item_id}):
            lift_hold(tx, hold_id, by_person, "Log downloaded and reviewed")


def by_passage(tx: Tx, looked: Looked, act: Act) -> None:
    """A passage's download: it answers every use of the item that waits for one; a routine one has none.

    What a routine download shows that nobody declared is written down as a use that its log alone tells of.
    """
    item_id, policy = looked.seen.item.id, looked.policy
    shows = PROPER if act.evidence["review"] == PROPER else UNDECLARED
    facts = {**act.evidence, "review": shows}
    answer = Answer(act.by_person, facts)
    uses = [row[0] for row in _AWAITED.rows(tx.conn, {"of_item": item_id})]
    waiting = [each for each in open_of(tx.conn, uses) if each.point == "DOWNLOAD"]
    for owed in waiting:
        downloaded(tx, owed, answer, policy)
    if waiting or uses:
        return
    _write_check(tx, [item_id], answer, shows)
    if shows == PROPER:
        release(tx, [item_id], act.by_person)
    else:
        _by_its_log_alone(tx, looked, act)


def _write_check(tx: Tx, item_ids: Sequence[int], answer: Answer, shows: str) -> None:
    told = f"{answer.facts['download_ref']}: {shows.lower()}"
    _CHECK.add(
        tx.conn,
        [
            {"id": tx.ids.take(), "item_id": each, "kind": "DOWNLOAD", "at_us": tx.now_us,
             "by_person": answer.by_person, "passed": 1, "detail": told}
            for each in item_ids
        ],
    )  # fmt: skip


def _not_declared(tx: Tx, owed: OpenPoint, policy: Policy) -> None:
    open_points(tx, owed.use_id, policy.uses.owed(frozenset({"LOG"})), tx.now_us)
    name = names_of(tx.conn, [owed.item_id or 0]).get(owed.item_id or 0, "It")
    said = f"{name}: its log shows what nobody declared. It stays held until a supervisor has settled that."
    raise_alarms(tx, [Raise("UNDECLARED_ACTIVITY", said, owed.store_id, owed.item_id, owed.person_id)])


def _by_its_log_alone(tx: Tx, looked: Looked, act: Act) -> None:
    item_id, use_id = looked.seen.item.id, tx.ids.take()
    entry = Entry(
        chain=item_chain(item_id), kind="USED", item_id=item_id, by_person=act.by_person,
        reason="By its log alone", payload={"use": use_id, "uses": [], "evidence": dict(act.evidence)},
    )  # fmt: skip
    entry_id = append(tx, [entry])[0]
    made = dict.fromkeys(column.name for column in use_declared.columns)
    made |= {
        "id": use_id, "tx_id": tx.id, "item_id": item_id, "store_id": looked.store_id, "uses": "",
        "sort": "OPERATIONAL", "dsi": 0, "used_us": tx.now_us, "at_us": tx.now_us, "by_person": act.by_person,
        "entry_id": entry_id,
    }  # fmt: skip
    _DECLARED.add(tx.conn, [made])
    part = "BATTERY" if looked.seen.item.kind == "CED_BATTERY" else "HANDLE"
    _PART.add(
        tx.conn,
        [
            {"id": tx.ids.take(), "tx_id": tx.id, "use_id": use_id, "item_id": item_id, "part": part, "sort": None,
             "decision_id": None, "custody_id": None, "hold_id": None}
        ],
    )  # fmt: skip
    owed = OpenPoint(0, use_id, "LOG_REVIEW", tx.now_us, item_id, None, looked.store_id, None)
    _not_declared(tx, owed, looked.policy)
