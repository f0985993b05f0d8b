"""Q6: where is a serial, who had it at a moment, and whether a CED was readily available to an officer then.

One rule for the editor: who had what when is read by `custody.life.who_had`: as the ledger knew it then, and as it was
told later by a correction or a page of paper. Both are rows, and neither hides the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from inventory.custody.life import who_had
from inventory.oversight.reports.asking import Fault, NotAsked
from inventory.oversight.reports.report import Answer, Asked, Cell, Column, Parameter, Report, Row
from inventory.schema.corrections import told_later
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.stock import item
from inventory.stock.kinds import title

THEN, LATER = "As the ledger knew it then", "As it was told later"
EITHER = "a serial, or an officer"
HOLDERS = {
    "STORE": "Store", "PERSON": "Person", "EXHIBIT": "Exhibit store", "CARRIER": "On its way", "SUPPLIER": "Supplier",
    "DISPOSAL": "Disposed of", "UNKNOWN": "Nobody knows", "": "Not in the ledger yet",
}  # fmt: skip
_SERIAL = Fast(
    sa.select(item.c.id, item.c.kind).where(item.c.serial == sa.bindparam("serial")).order_by(item.c.id)
)
_KINDS = Fast(sa.select(item.c.id, item.c.kind).where(item.c.id == sa.bindparam("item_id")))
_HAD_BY = Fast(
    sa.select(custody.c.item_id)
    .where(
        custody.c.person_id == sa.bindparam("person_id"), custody.c.opened_us <= sa.bindparam("at_us"),
        sa.or_(custody.c.closed_us.is_(None), custody.c.closed_us > sa.bindparam("at_us")),
    )
    .union(
        sa.select(told_later.c.item_id).where(
            told_later.c.holder == sa.literal_column("'PERSON'"), told_later.c.holder_id == sa.bindparam("person_id"),
            told_later.c.from_us <= sa.bindparam("at_us"), told_later.c.upto_us > sa.bindparam("at_us"),
        )
    )
)  # fmt: skip


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Each item's holder at the moment. Raises NotAsked where neither a serial nor an officer is named."""
    serial, person_id, at_us = asked.given["serial"], asked.given["person"], asked.given["at"]
    assert isinstance(at_us, int), "the parameter has a default"
    items = _items(conn, serial, person_id, at_us)
    rows = [row for item_id, kind in items for row in _rows(conn, item_id, kind, at_us)]
    if person_id is None:
        return Answer(rows)
    own = [row for row in rows if row[4] == person_id]
    kinds = dict(items)
    told = {row[0] for row in rows if row[2] == LATER}
    then = {kinds[_id(row)] for row in own if row[2] == THEN}
    now = {kinds[_id(row)] for row in own if row[2] == LATER or row[0] not in told}
    totals: dict[str, Cell] = {
        "CED_readily_available_as_known_then": _said(then),
        "as_told_later": _said(now),
    }
    return Answer(own, totals=totals)


def _id(row: Row) -> int:
    assert isinstance(row[0], int), "the column of items"
    return row[0]


def _items(conn: sa.Connection, serial: Cell, person_id: Cell, at_us: int) -> list[tuple[int, str]]:
    if serial is None and person_id is None:
        raise NotAsked((Fault("serial", EITHER, ""), Fault("person", EITHER, "")))
    named = _SERIAL.rows(conn, {"serial": serial}) if serial is not None else []
    if serial is not None and not named:
        raise NotAsked((Fault("serial", "the serial of an item on record", str(serial)),))
    if person_id is None:
        return [(row[0], row[1]) for row in named]
    had = sorted(row[0] for row in _HAD_BY.rows(conn, {"person_id": person_id, "at_us": at_us}))
    wanted = {row[0] for row in named}
    chosen = [each for each in had if serial is None or each in wanted]
    return [(row[0], row[1]) for each in chosen for row in _KINDS.rows(conn, {"item_id": each})]


def _rows(conn: sa.Connection, item_id: int, kind: str, at_us: int) -> Iterator[Row]:
    found = who_had(conn, item_id, at_us)
    if found is None:
        yield (item_id, title(kind), THEN, HOLDERS[""], None, None, None, None, None, None)
        return
    spans = (found["opened_us"], found["closed_us"])
    yield _row((item_id, title(kind), THEN), found, spans, (found["basis"], found["decision_id"]))
    later = found.get("known_now")
    if later is not None:  # until when is another moment's answer: `upto_us` says when the ledger was told
        yield _row((item_id, title(kind), LATER), later, (later["from_us"], None), (None, None))


def _row(
    what: Sequence[Cell], holder: Mapping[str, Any], span: Sequence[int | None], by: Sequence[Cell]
) -> Row:
    word, holder_id = holder["holder"], holder["holder_id"]
    person = holder_id if word == "PERSON" else None
    store = holder_id if word == "STORE" else None
    return (*what, HOLDERS[word], person, store, *span, *by)


def _said(kinds: set[str]) -> str:
    if "CED_HANDLE" not in kinds:
        return "No"
    return "Yes" if "CED_CARTRIDGE" in kinds else "No: a handle without a cartridge"


COLUMNS = (
    Column("item", "Item", "item"), Column("kind", "Kind"), Column("known", "How it is known"),
    Column("holder", "Who had it"), Column("person", "Person", "person"), Column("store", "Store", "store"),
    Column("since", "Since", "moment"), Column("until", "Until", "moment"), Column("basis", "Basis"),
    Column("decision", "Decision"),
)  # fmt: skip

REPORT = Report(
    name="where-is",
    question="Q6",
    title="Where a serial is, and who had it",
    definition=(
        "Who held the item at the moment asked for, by its open custody in the ledger; a second row where a correction"
        " or a page of paper told later that it was otherwise. Asked of an officer: everything that they held then. A"
        " CED was readily available to them where they held a handle and at least one cartridge."
    ),
    trap=(
        "It says in whose custody an item was, not where it lay or whether it was worn. Two makers may share a serial:"
        " each item is a row. A CED in the store that the officer might have drawn was not readily available."
    ),
    source="Design domain.md 5.3, Q6; Home Office use-of-force data (whether a CED was readily available)",
    seers=(
        "ISSUER", "STORE_MANAGER", "TECHNICIAN", "CED_SPOC", "EXHIBITS", "PSD", "SUPERVISOR", "DUTY_INSPECTOR",
        "AUDITOR", "ADMINISTRATOR",
    ),
    columns=COLUMNS,
    ask=ask,
    parameters=(
        Parameter("serial", "Serial", "serial", optional=True),
        Parameter("person", "Officer", "person", optional=True),
        Parameter("at", "At", "moment", default=lambda now_us: now_us),
    ),
    names_people=True,
)  # fmt: skip
