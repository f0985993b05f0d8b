"""Who of the demo force changed teams on the day it begins: so that somebody's permission to carry is to be looked at.

One rule for the editor: they stay in their store and in every count of the plan; nothing but the team changes.
"""

from inventory.demo import plan
from inventory.demo.force import DemoForce
from inventory.demo.plan import dice

MOVED = 6
HEADS = ("ref", "kind", "family_name", "given_name", "team")


def postings(demo: DemoForce) -> str:
    """A file of people with those few whose team is another from today on."""
    force = demo.force
    slots = {ref for slot in force.standing.slots for ref in slot.people}
    may = [each for each in force.people if each.model == "T7" and each.rank == "PC" and each.ref not in slots]
    rows = [
        (each.ref, each.kind, each.family_name, each.given_name, _next(each.team))
        for each in dice(force.seed, "postings").sample(may, MOVED)
    ]
    return "".join(f"{','.join(row)}\n" for row in (HEADS, *rows))


def _next(team: str) -> str:
    store, _, letter = team.rpartition("-")
    return f"{store}-{plan.TEAMS[(plan.TEAMS.index(letter) + 1) % len(plan.TEAMS)]}"
