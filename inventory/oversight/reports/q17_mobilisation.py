"""Q17: who could be called to the front line by the JNCC's list, and what kit is left for them after business as usual.

One rule for the editor: who holds a role is `mobilisation.roles`; what the stores keep is `mobilisation.answer`.
"""

import sqlalchemy as sa

from inventory.oversight.mobilisation.answer import ground, left_over
from inventory.oversight.mobilisation.operation import Operation, Post
from inventory.oversight.mobilisation.people import SAFETY
from inventory.oversight.mobilisation.roles import callable_people, roles
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Plot, Report, Row
from inventory.people.calendar import day_end_us, local_day
from inventory.people.standing import standings

EVERYBODY = "Everybody, each once"
STATES = {"IN_DATE": "in date", "DUE": "due", "OVERDUE": "overdue, over 13 months", "REMOVED": "off the list"}


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """A row a role, the newest review beside it, and one for everybody, each counted once."""
    at_us = asked.given["when"] if isinstance(asked.given["when"], int) else asked.now_us
    day = local_day(at_us)
    called = callable_people(conn, day)
    known = standings(conn, called, asked.now_us, asked.policy.courses)
    until_us = day_end_us(day)
    holds = {
        who: frozenset(name for name in SAFETY if (held := each.training.get((name, None))) and held.covers(until_us))
        for who, each in known.items()
        if not each.left
    }
    sized = {who for who, held in called.items() if any(each.ppe_sized_on for each in held)}
    all_roles = roles(conn, day)
    rows = [
        _row(each.name, {who for who, held in called.items() if any(one.role_id == each.id for one in held)}, holds,
             sized, (STATES[each.state(day)], each.next_due.isoformat()))
        for each in all_roles
    ]  # fmt: skip
    rows.append(_row(EVERYBODY, set(called), holds, sized, ("", None)))
    plan = Operation("Q17", at_us, 1, 1, posts=(Post("Constable", 1),))
    left = left_over(plan, ground(conn, plan, asked.policy, asked.now_us))
    left_said = f"{left['CED_HANDLE']} whole CED sets, {left['BWV_CAMERA']} pool cameras, {left['SBG']} spit guards"
    notes = (f"Left after business as usual, in all stores: {left_said}.",)
    return Answer(rows, notes, frozenset(), {"sets": left["CED_HANDLE"], "cameras": left["BWV_CAMERA"],
                                             "guards": left["SBG"]})  # fmt: skip


def _row(
    name: str, people: set[int], holds: dict[int, frozenset[str]], sized: set[int], review: tuple[str, str | None]
) -> Row:
    there = people & holds.keys()
    each = (sum(course in holds[who] for who in there) for course in SAFETY)
    return (name, len(there), *each, sum(len(holds[who]) == len(SAFETY) for who in there), len(there & sized), *review)


REPORT = Report(
    name="mobilisation",
    question="Q17",
    title="People who could be called, and the kit left for them",
    definition=(
        "People who hold a role on the JNCC's list on that day and have not left, by role: in date to the end of the"
        " day in PPST, in first aid, in the fitness test, and in all three; measured for protective equipment. Kit"
        " left: what the gate would let go, less what each store keeps for its own shifts by the targets in force (60 %"
        " of what is there where none is set)."
    ),
    trap=(
        "Somebody with two roles stands under both and is counted once at the end. To be in date is not to be trained"
        " for public order, and nobody here is asked whether they are free: that is asked for an operation. A role is"
        " on the list until a review takes it off; an overdue review is said and takes nobody off."
    ),
    source="Design domain.md 5.3 Q17 and 6 B8 (Policy O43 3.1); APP mobilisation",
    seers=("PLANNER", "DUTY_INSPECTOR", "CED_SPOC", "AUDITOR"),
    columns=(
        Column("role", "Role"), Column("people", "People", "count"), Column("ppst", "PPST in date", "count"),
        Column("first_aid", "First aid", "count"), Column("jrft", "Fitness test", "count"),
        Column("ready", "All three", "count"), Column("sized", "Measured for PPE", "count"),
        Column("review", "Review"), Column("next_due", "Review due", "day"),
    ),
    ask=ask,
    parameters=(Parameter("when", "When", "moment", default=lambda now_us: now_us),),
    plot=Plot("bars", "role", ("people", "ready")),
)  # fmt: skip
