"""A hatch for whoever tries the demo: their browser becomes Medway's second hatch, and they issue kit themselves.

One rule for the editor: the code is asked for as a store manager asks for one; a code nobody used is taken back at the
next start, so that they do not pile up.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from api.demo.desk import Desk
from inventory.demo.force import DemoForce
from inventory.demo.plan import MEDWAY
from inventory.demo.shift import Step
from inventory.demo.view import people_of

NAME = "Hatch 2 (for whoever tries the demo)"


def example(demo: DemoForce, steps: Iterable[Step], day: date) -> tuple[str, str]:
    """The collar of a Medway officer who may draw a T7 today and is not in the script, and a T7's serial."""
    busy = {step.ref for step in steps}
    may = [each.member for each in people_of(demo.force, MEDWAY, day) if each.is_a("T7")]
    free = [each for each in may if each.ref not in busy] or may
    handles = [
        each for each in demo.kit if (each.kind, each.model, each.store) == ("CED_HANDLE", "T7", MEDWAY)
    ]
    return free[0].collar, handles[-1].serial


def offer(manager: Desk, place_id: int, shown: tuple[str, str]) -> Iterator[str]:
    """A fresh pairing code and what to do with it. `manager` is a store manager's desk, `shown` an example."""
    for kiosk in manager.get("/kiosks"):
        if kiosk["name"] == NAME and kiosk["paired_us"] is None and kiosk["revoked_us"] is None:
            manager.post(f"/kiosks/{kiosk['id']}/revoke", {})
    code = manager.post("/kiosks", {"place_id": place_id, "name": NAME})["code"]
    manager.sign_out()
    collar, serial = shown
    yield f"A hatch of your own: open http://{manager.host}:{manager.port}/pair, type {code} (good for an hour),"
    yield f"  sign in as relief, and type what a scanner would read, each with Enter: {collar}, then {serial}."
