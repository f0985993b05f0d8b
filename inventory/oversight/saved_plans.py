"""Operations and what-ifs that were saved: the newest of a sort and name is the one meant by it.

One rule for the editor: what is saved are the parameters, never an answer. Reopened, it is asked of the facts of the
day, and may answer otherwise.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.people.errors import BadField
from inventory.schema import words
from inventory.schema.fast import Fast
from inventory.schema.mobilisation import saved_plan
from inventory.schema.tx import Tx

SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """One that was saved: its parameters as JSON."""

    id: int
    sort: str
    name: str
    body: str
    made_us: int
    made_by: int


_NEWEST = sa.select(sa.func.max(saved_plan.c.id)).group_by(saved_plan.c.sort, saved_plan.c.name)
_COLUMNS = (
    saved_plan.c.id, saved_plan.c.sort, saved_plan.c.name, saved_plan.c.body, saved_plan.c.made_us,
    saved_plan.c.made_by,
)  # fmt: skip
_ALL = Fast(
    sa.select(*_COLUMNS)
    .where(saved_plan.c.id.in_(_NEWEST), saved_plan.c.sort == sa.bindparam("of_sort"))
    .order_by(saved_plan.c.id.desc())
    .limit(sa.literal_column(str(SHOWN_MAX)))
)
_ONE = Fast(sa.select(*_COLUMNS).where(saved_plan.c.id == sa.bindparam("plan_id")))


def saved(conn: sa.Connection, sort: str) -> list[SavedPlan]:
    """The newest of every name of a sort, the latest first."""
    return [SavedPlan(*row) for row in _ALL.rows(conn, {"of_sort": sort})]


def one(conn: sa.Connection, plan_id: int, sort: str) -> SavedPlan:
    """The one of this id, an older one of its name too. Raises LookupError where there is none of the sort."""
    rows = _ONE.rows(conn, {"plan_id": plan_id})
    if not rows or rows[0][1] != sort:
        raise LookupError("no plan with this id")
    return SavedPlan(*rows[0])


def save(tx: Tx, sort: str, name: str, body: str, by_person: int) -> int:
    """Keep the parameters under a name; returns the id. Raises BadField."""
    if sort not in words.PLAN_SORTS:
        raise BadField("sort", sort, f"one of {', '.join(words.PLAN_SORTS)}")
    if not 1 <= len(name.strip()) <= 80:
        raise BadField("name", name, "1 to 80 characters")
    plan_id = tx.ids.take()
    row = {
        "id": plan_id, "sort": sort, "name": name.strip(), "body": body, "made_us": tx.now_us, "made_by": by_person,
    }  # fmt: skip
    tx.conn.execute(sa.insert(saved_plan), row)
    return plan_id
