"""The draft set of a visit, put as a question to the gate.

One rule for the editor: this file only asks; it writes nothing.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from inventory.custody.visits import Line, Visit
from inventory.gate.ask import Ask
from inventory.gate.decision import Decision, decide
from inventory.gate.facts import Facts
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy


def in_set(lines: Sequence[Line]) -> list[Line]:
    """The lines that are in the set now."""
    return [line for line in lines if line.word == "IN_SET"]


def ask_of(visit: Visit, lines: Sequence[Line], issuer_id: int | None, stage: str) -> Ask:
    """What the visit's person wants, at `stage` ADDING or COMPLETING."""
    items = [line for line in lines if line.item_id is not None]
    return Ask(
        person_id=visit.person_id,
        store_id=visit.store_id,
        item_ids=tuple(line.item_id for line in items if line.item_id is not None),
        lots=_lots(lines),
        purpose=visit.purpose,
        planned_return_us=visit.planned_return_us,
        door="hatch",
        by_person_id=issuer_id,
        stage=stage,
        fit_declared=bool(visit.fit_declared),
        function_tests=frozenset(
            line.item_id for line in items if line.function_test_passed and line.item_id
        ),
        charges=tuple(
            (line.item_id, line.charge_percent)
            for line in items
            if line.item_id and line.charge_percent is not None
        ),
        authenticated_by=visit.authenticated_by,
        handed_by=visit.giver_id,
    )


def _lots(lines: Sequence[Line]) -> tuple[tuple[int, int], ...]:
    wanted: dict[int, int] = {}
    for line in lines:
        if line.lot_id is not None:
            wanted[line.lot_id] = wanted.get(line.lot_id, 0) + line.quantity
    return tuple(wanted.items())


def judge(conn: sa.Connection, ask: Ask, policy: Policy, now_us: int) -> tuple[Facts, Decision]:
    """The gate's decision on `ask` and the facts it was made on; nothing is stored."""
    facts = gather(conn, [ask], policy, now_us)[0]
    return facts, decide(facts, policy)
