"""Q4: who is rostered for a duty that their training or authority does not last for, duty by duty.

One rule for the editor: the gate judges the whole duty, and so does this: what runs out before a duty ends does not
cover it, however soon after its start.
"""

import sqlalchemy as sa

from inventory.oversight.reports.q04_expiring_training import SEERS, WHAT, notes_of
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Report, Row
from inventory.people.due_reading import people_due, rostered_past


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """A line for each person and qualification, the soonest duty first."""
    store_id, what = asked.given["store"], asked.given["what"]
    assert store_id is None or isinstance(store_id, int), "a store's id, or every store"
    people = people_due(conn, asked.policy.courses, asked.now_us, store_id)
    asked.told(0.6)
    found = [
        each for each in rostered_past(conn, people, asked.now_us) if what in ("ALL", each.due.what)
    ]
    rows: list[Row] = [
        (each.first.starts_us, each.first.store_id, each.person.id, each.person.team, each.due.what, each.due.model,
         each.due.last_good_day.isoformat(), each.due.days, each.duties)
        for each in found
    ]  # fmt: skip
    named = frozenset(each.person.id for each in found)
    return Answer(rows, notes_of(conn), named, {"people": len(named), "duties": sum(each.duties for each in found)})


REPORT = Report(
    name="rostered-past-expiry",
    question="Q4",
    title="Rostered past the end of training or authority",
    definition="People with a duty within four weeks that ends after a qualification of theirs, or their permission to"
    " carry, counts no more. The first such duty is shown, and how many there are.",
    trap="A roster allows and refuses nothing: the gate refuses the kit on the day, unless they have passed by then."
    " Beyond the last duty on record nobody is shown, which does not mean that nobody is on.",
    source="design 5.3 Q4; 2.1 M-01",
    seers=SEERS,
    columns=(
        Column("duty", "First duty", "moment"), Column("store", "Store", "store"), Column("person", "Person", "person"),
        Column("team", "Team"), Column("what", "Qualification"), Column("model", "Model"),
        Column("last_good_day", "Last good day", "day"), Column("days", "Days left", "count"),
        Column("duties", "Duties past it", "count"),
    ),
    ask=ask,
    parameters=(
        Parameter("store", "Store", "store", optional=True),
        Parameter("what", "Qualification", "word", "ALL", choices=WHAT),
    ),
    names_people=True,
)  # fmt: skip
