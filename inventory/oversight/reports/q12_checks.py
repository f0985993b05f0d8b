"""Q12: CEDs past their full check, packs past their docking, and X2 whose log nobody has read for long.

One rule for the editor: when a check is due is `custody.checking`, the same numbers that the gate asks. How full a ring
of log entries is no device tells; duties since it was read stand for it, and the report says so.
"""

import sqlalchemy as sa

from inventory.custody.checking import due_now
from inventory.custody.coming_due import LATER, OVERDUE, CheckDue
from inventory.oversight.reports.period import STORE, among_stores
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Report, Row
from inventory.people.calendar import local_day
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.stock import inspection, item
from inventory.stock.kinds import title

PRESSING, EVERY = "PRESSING", "EVERY"
CHECKS = {"FULL_CHECK": "Full check", "DOCKED": "Docking"}
BANDS = {
    "OVERDUE": "Overdue", "NEVER": "None on record", "DUE_3": "Within 3 days", "DUE_7": "Within 7 days",
    "DUE_14": "Within 14 days", "DUE_30": "Within 30 days", "LATER": "Later", "NOT_SET": "No interval set",
}  # fmt: skip
RING = "Log of an X2"
RING_NOTE = (
    "An X2 keeps about 16,000 entries of its log and drops the oldest 4,000: no device tells how full it is. The duties"
    " since its log was last read stand for it."
)
_READ = (
    sa.select(sa.func.max(inspection.c.at_us))
    .where(inspection.c.item_id == item.c.id, inspection.c.kind == sa.literal_column("'DOWNLOAD'"))
    .scalar_subquery()
)
_X2 = Fast(
    sa.select(item.c.id, item.c.home_store_id, custody.c.holder, custody.c.holder_id, _READ)
    .select_from(
        item.join(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
    )
    .where(
        item.c.kind == sa.literal_column("'CED_HANDLE'"), item.c.model == sa.literal_column("'X2'"),
        custody.c.holder.in_(("STORE", "PERSON")),
    )
    .order_by(item.c.id)
)  # fmt: skip
_DUTIES = Fast(
    sa.select(sa.func.count())
    .select_from(custody)
    .where(
        custody.c.item_id == sa.bindparam("item_id"), custody.c.opened_us >= sa.bindparam("since_us"),
        custody.c.person_id.is_not(None),
    )
)  # fmt: skip


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Checks that press, or every one; then each X2 in use."""
    due = [each for each in due_now(conn, asked.policy, asked.now_us) if among_stores(asked, [each.store_id])]
    shown = [each for each in due if asked.given["which"] == EVERY or each.band != LATER]
    rows = [_row(each, asked.now_us) for each in shown]
    ring = _rings(conn, asked)
    totals = {
        f"{CHECKS[check].lower().replace(' ', '_')}_overdue": sum(
            (e.check, e.band) == (check, OVERDUE) for e in due
        )
        for check in CHECKS
    }
    return Answer([*rows, *ring], (RING_NOTE,) if ring else (), totals=totals)


def _row(due: CheckDue, now_us: int) -> Row:
    left = None if due.due_on is None else (due.due_on - local_day(now_us)).days
    return (
        CHECKS[due.check], BANDS[due.band], due.item_id, title(due.kind), due.model, due.store_id,
        due.person_id is not None, due.last_us, due.due_on.isoformat() if due.due_on else None, left, due.failed, None,
    )  # fmt: skip


def _rings(conn: sa.Connection, asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for item_id, home, holder, holder_id, read_us in _X2.rows(conn):
        store_id = holder_id if holder == "STORE" else home
        if among_stores(asked, [store_id]):
            duties = _DUTIES.rows(conn, {"item_id": item_id, "since_us": read_us or 0})[0][0]
            band = BANDS["NEVER"] if read_us is None else "Read"
            out = holder == "PERSON"
            rows.append(
                (
                    RING,
                    band,
                    item_id,
                    title("CED_HANDLE"),
                    "X2",
                    store_id,
                    out,
                    read_us,
                    None,
                    None,
                    None,
                    duties,
                )
            )
    return rows


REPORT = Report(
    name="checks-due",
    question="Q12",
    title="Full checks, dockings and X2 logs",
    definition=(
        "Every handle by its last full check that passed, and every pack by when it last stood in a dock, against the"
        " interval that the force has set for its model: overdue, none on record, or due within so many days. It is"
        " overdue from the start of the day named. X2 in use: duties since their log was last read."
    ),
    trap=(
        "What is overdue is not issued, and may be out all the same: see the column. No interval set means that the"
        " model is not issued, not that it is in order. What is disposed of or with its supplier is not listed."
    ),
    source="Design domain.md 5.3, Q12; full check 24 weeks, T7 docking 30 days (APP), X2 ring (maker's manual)",
    seers=("ISSUER", "STORE_MANAGER", "TECHNICIAN", "CED_SPOC", "AUDITOR", "SUPERVISOR"),
    columns=(
        Column("check", "Check"), Column("band", "So"), Column("item", "Item", "item"), Column("kind", "Kind"),
        Column("model", "Model"), Column("store", "Store", "store"), Column("out", "Out", "yes"),
        Column("last", "Last done", "moment"), Column("due", "Due before", "day"),
        Column("left", "Days left", "count"), Column("failed", "The last one failed", "yes"),
        Column("duties", "Duties since its log was read", "count"),
    ),
    ask=ask,
    parameters=(
        STORE,
        Parameter("which", "Which", "word", default=PRESSING, choices=(PRESSING, EVERY)),
    ),
)  # fmt: skip
