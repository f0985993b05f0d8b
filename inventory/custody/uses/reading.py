"""Declared uses as people look at them: by store, by item, with what is owed and what was answered.

One rule for the editor: read only, in a number of statements that does not grow with the uses.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise
from inventory.custody.uses.points import POINTS, OpenPoint, open_of
from inventory.schema.fast import Fast, Row, among
from inventory.schema.stock import item, lot
from inventory.schema.uses import use_answer, use_declared, use_item, use_point
from inventory.stock.kinds import title

OVERDUE = {point: f"{point}_OVERDUE" for point in POINTS}
"""Point -> the alarm that is raised when its time is over."""


@dataclass(frozen=True, slots=True)
class UsePart:
    """One thing of a use."""

    item_id: int
    kind: str
    serial: str
    part: str
    sort: str | None
    decision_id: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: which point, when, by whom, what it says; `settles` false where the point stayed owed."""

    point: str
    at_us: int
    by_person: int
    second_person: int | None
    facts: Mapping[str, Any]
    settles: bool


@dataclass(frozen=True, slots=True)
class Use:
    """One declaration with everything about it. `name` is the handle or guard as sentences say it."""

    id: int
    item_id: int | None
    lot_id: int | None
    quantity: int | None
    name: str
    store_id: int
    person_id: int | None
    decision_id: int | None
    uses: tuple[str, ...]
    sort: str
    dsi: bool
    reason: str | None
    used_us: int
    at_us: int
    by_person: int
    incident_ref: str | None
    uof_ref: str | None
    parts: tuple[UsePart, ...]
    owed: tuple[OpenPoint, ...]
    answers: tuple[Answered, ...]

    @property
    def people(self) -> set[int]:
        """Everybody named in it."""
        named = {self.person_id, self.by_person}
        for each in self.answers:
            named |= {each.by_person, each.second_person}
        return {each for each in named if each is not None}


_COLUMNS = (
    use_declared.c.id, use_declared.c.item_id, use_declared.c.lot_id, use_declared.c.quantity, item.c.kind,
    item.c.serial, lot.c.kind, lot.c.lot_no, use_declared.c.store_id, use_declared.c.person_id,
    use_declared.c.decision_id, use_declared.c.uses, use_declared.c.sort, use_declared.c.dsi, use_declared.c.reason,
    use_declared.c.used_us, use_declared.c.at_us, use_declared.c.by_person, use_declared.c.incident_ref,
    use_declared.c.uof_ref,
)  # fmt: skip
_FROM = use_declared.outerjoin(item, item.c.id == use_declared.c.item_id).outerjoin(
    lot, lot.c.id == use_declared.c.lot_id
)
_ONES = Fast(sa.select(*_COLUMNS).select_from(_FROM).where(among(use_declared.c.id, "ids")))
_OF_STORE = Fast(
    sa.select(use_declared.c.id)
    .where(use_declared.c.store_id == sa.bindparam("of_store"), use_declared.c.at_us >= sa.bindparam("since_us"))
    .order_by(use_declared.c.at_us.desc(), use_declared.c.id.desc())
    .limit(sa.bindparam("most"))
)
_OWING = Fast(
    sa.select(use_point.c.use_id, use_declared.c.store_id)
    .select_from(use_point.join(use_declared, use_declared.c.id == use_point.c.use_id))
    .where(use_point.c.answer_id.is_(None))
    .order_by(use_point.c.due_us)
)
_OF_ITEM = Fast(
    sa.select(use_item.c.use_id)
    .where(use_item.c.item_id == sa.bindparam("of_item"))
    .order_by(use_item.c.id.desc())
    .limit(20)
)
_PARTS = Fast(
    sa.select(
        use_item.c.use_id, use_item.c.item_id, item.c.kind, item.c.serial, use_item.c.part, use_item.c.sort,
        use_item.c.decision_id,
    )
    .select_from(use_item.join(item, item.c.id == use_item.c.item_id))
    .where(among(use_item.c.use_id, "ids"))
    .order_by(use_item.c.id)
)  # fmt: skip
_ANSWERS = Fast(
    sa.select(
        use_answer.c.use_id, use_answer.c.point, use_answer.c.at_us, use_answer.c.by_person,
        use_answer.c.second_person, use_answer.c.facts, use_answer.c.settles,
    )
    .where(among(use_answer.c.use_id, "ids"))
    .order_by(use_answer.c.at_us, use_answer.c.id)
)  # fmt: skip
_LATE = Fast(
    sa.select(
        use_point.c.point, use_point.c.due_us, use_declared.c.store_id, use_declared.c.item_id,
        use_declared.c.person_id, item.c.kind, item.c.serial, lot.c.kind, lot.c.lot_no, use_point.c.use_id,
    )
    .select_from(use_point.join(use_declared, use_declared.c.id == use_point.c.use_id)
                 .outerjoin(item, item.c.id == use_declared.c.item_id)
                 .outerjoin(lot, lot.c.id == use_declared.c.lot_id))
    .where(use_point.c.answer_id.is_(None), use_point.c.due_us < sa.bindparam("now_us"))
    .order_by(use_point.c.due_us)
)  # fmt: skip


def uses(conn: sa.Connection, ids: Sequence[int]) -> list[Use]:
    """These uses, in this order; one that is not known is left out."""
    asked = {"ids": sorted(set(ids))}
    parts: dict[int, list[UsePart]] = defaultdict(list)
    for row in _PARTS.rows(conn, asked):
        parts[row[0]].append(UsePart(*row[1:]))
    answers: dict[int, list[Answered]] = defaultdict(list)
    for row in _ANSWERS.rows(conn, asked):
        answers[row[0]].append(_answered(row))
    owed: dict[int, list[OpenPoint]] = defaultdict(list)
    for each in open_of(conn, ids):
        owed[each.use_id].append(each)
    found = {row[0]: row for row in _ONES.rows(conn, asked)}
    return [
        _use(found[each], tuple(parts[each]), tuple(owed[each]), tuple(answers[each]))
        for each in dict.fromkeys(ids)
        if each in found
    ]


def _use(row: Row, parts: tuple[UsePart, ...], owed: tuple[OpenPoint, ...], answers: tuple[Answered, ...]) -> Use:
    return Use(
        id=row[0], item_id=row[1], lot_id=row[2], quantity=row[3], name=_name(row[4:8]), store_id=row[8],
        person_id=row[9], decision_id=row[10], uses=tuple(each for each in row[11].split(",") if each), sort=row[12],
        dsi=bool(row[13]), reason=row[14], used_us=row[15], at_us=row[16], by_person=row[17], incident_ref=row[18],
        uof_ref=row[19], parts=parts, owed=owed, answers=answers,
    )  # fmt: skip


def _answered(row: Row) -> Answered:
    _, point, at_us, by_person, second, facts, settles = row
    return Answered(point, at_us, by_person, second, json.loads(facts), bool(settles))


def _name(said: Sequence[Any]) -> str:
    kind, serial, lot_kind, lot_no = said
    return f"{title(kind)} {serial}" if kind else f"{title(lot_kind)} of lot {lot_no}"


def uses_of_store(conn: sa.Connection, store_id: int, since_us: int, most: int = 500) -> list[Use]:
    """What was declared at a store since then, newest first; and before, where something is still owed."""
    lately = [row[0] for row in _OF_STORE.rows(conn, {"of_store": store_id, "since_us": since_us, "most": most})]
    owing = [row[0] for row in _OWING.rows(conn) if row[1] == store_id]
    return uses(conn, [*owing, *lately])


def stores_owing(conn: sa.Connection) -> list[int]:
    """The stores in which something is owed, that with the most urgent first."""
    return list(dict.fromkeys(row[1] for row in _OWING.rows(conn)))


def uses_of_item(conn: sa.Connection, item_id: int) -> list[Use]:
    """The newest uses that an item was part of."""
    return uses(conn, [row[0] for row in _OF_ITEM.rows(conn, {"of_item": item_id})])


def late(conn: sa.Connection, now_us: int) -> list[Lasting]:
    """What is owed past its time, each as an alarm that lasts until it is answered."""
    return [_lasting(row) for row in _LATE.rows(conn, {"now_us": now_us})]


def _lasting(row: Row) -> Lasting:
    point, due_us, store_id, item_id, person_id, *said, use_id = row
    detail = f"{_name(said)}: {POINTS[point].title} is overdue (use {use_id})"
    return Lasting(Raise(OVERDUE[point], detail, store_id, item_id, person_id), due_us)
