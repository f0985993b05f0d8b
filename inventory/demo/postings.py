"""Who of the demo force came to their team on the day it begins: somebody is to look at their permission to carry.

One rule for the editor: nothing about the people changes; what is written is the move that a file would have left.
"""

from collections.abc import Mapping

from inventory.demo import plan
from inventory.demo.force import DemoForce
from inventory.demo.plan import dice
from inventory.schema.authority import role_move
from inventory.schema.fast import Inserter
from inventory.schema.tx import Tx

MOVED = 6
_MOVE = Inserter(role_move)


def post(tx: Tx, demo: DemoForce, people: Mapping[str, int]) -> None:
    """Write the moves of those few down; `people` are ids by the force's number."""
    force = demo.force
    slots = {ref for slot in force.standing.slots for ref in slot.people}
    may = [each for each in force.people if each.model == "T7" and each.rank == "PC" and each.ref not in slots]
    _MOVE.add(tx.conn, [
        {"id": tx.ids.take(), "person_id": people[each.ref], "what": "TEAM", "was": _before(each.team),
         "becomes": each.team, "at_us": tx.now_us}
        for each in dice(force.seed, "postings").sample(may, MOVED)
    ])  # fmt: skip


def _before(team: str) -> str:
    store, _, letter = team.rpartition("-")
    return f"{store}-{plan.TEAMS[plan.TEAMS.index(letter) - 1]}"
