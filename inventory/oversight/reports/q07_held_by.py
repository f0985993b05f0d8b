"""Q7: everything an officer holds, for a suspension, a leaver, an arrest or a sickness.

One rule for the editor: what is held is read by `custody.life.holdings`, which the person's page and the hatch ask too.
"""

import sqlalchemy as sa

from inventory.custody.life import holdings
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Report, Row
from inventory.schema.fast import Fast
from inventory.schema.stock import item
from inventory.stock.kinds import title

_OWN = Fast(
    sa.select(item.c.id, item.c.kind, item.c.serial)
    .where(item.c.personal_to == sa.bindparam("person_id"))
    .order_by(item.c.kind, item.c.serial)
)


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Every item and every piece of a lot that the person has now, what is loaded in what beneath it."""
    person_id = asked.given["person"]
    assert isinstance(person_id, int), "the parameter is asked for"
    held = holdings(conn, person_id)
    rows: list[Row] = [
        (
            each["item_id"], title(each["kind"]), each["model"], each["serial"], each["quantity"], each["since_us"],
            each["planned_return_us"], _is_late(each["planned_return_us"], asked.now_us), each.get("basis"),
            each.get("within"),
        )
        for each in held
    ]  # fmt: skip
    mine = {each["item_id"] for each in held}
    elsewhere = [f"{title(kind)} {serial}" for item_id, kind, serial in _OWN.rows(conn, {"person_id": person_id})
                 if item_id not in mine]  # fmt: skip
    notes = (f"Assigned to this person and not with them now: {', '.join(elsewhere)}.",) if elsewhere else ()
    pieces = sum(each["quantity"] for each in held)
    late = sum(1 for row in rows if row[7])
    return Answer(rows, notes, frozenset({person_id}), {"pieces": pieces, "late": late})


def _is_late(due_us: int | None, now_us: int) -> bool:
    return due_us is not None and due_us < now_us


COLUMNS = (
    Column("item", "Item", "item"), Column("kind", "Kind"), Column("model", "Model"),
    Column("serial", "Serial or lot"), Column("pieces", "Pieces", "count"), Column("since", "Since", "moment"),
    Column("due", "Due back", "moment"), Column("late", "Late", "yes"), Column("basis", "Basis"),
    Column("within", "Loaded in", "item"),
)  # fmt: skip
SEERS = (
    "SUPERVISOR",
    "DUTY_INSPECTOR",
    "PSD",
    "CED_SPOC",
    "STORE_MANAGER",
    "ISSUER",
    "AUDITOR",
    "ADMINISTRATOR",
)

REPORT = Report(
    name="held-by",
    question="Q7",
    title="Everything an officer holds",
    definition=(
        "Every item whose open custody is with this person, and every piece of a lot in their balance, as the ledger"
        " says now. What is loaded in something else is a row of its own and says in what. Late: its planned return"
        " has passed."
    ),
    trap=(
        "It is what the ledger says that they hold, not what is in their locker: look, and let a count or a return"
        " settle it. Kit assigned to them that is in a store is in the notes, and not in the rows."
    ),
    source="Design domain.md 5.3, Q7 (suspension, leaver, arrest, sickness)",
    seers=SEERS,
    columns=COLUMNS,
    ask=ask,
    parameters=(Parameter("person", "Officer", "person"),),
    names_people=True,
)
