"""Mobilisation in the demo force: roles on a made-up JNCC's list and who holds them, public order training, two plans.

One rule for the editor: fictional, and in the shapes that the ordinary files have. The 420 are `plan`'s mobilisable
officers; one role's review is overdue on the anchor day, so that the clock has something to say.
"""

from collections.abc import Iterable
from datetime import timedelta

from inventory.demo import plan, posts
from inventory.demo.plan import dice
from inventory.demo.roster import Member
from inventory.demo.training import Force
from inventory.oversight import saved_plans, what_if
from inventory.oversight.mobilisation import operation
from inventory.oversight.mobilisation.operation import DAY_US, PSU, Operation, Post
from inventory.oversight.mobilisation.roles import Review, add_role
from inventory.oversight.mobilisation.roles_file import import_roles
from inventory.oversight.what_if import Delivery, Number, Officers, Scenario, Seats
from inventory.people.calendar import HOUR_US, add_months, day_start_us
from inventory.people.imports.report import ImportReport
from inventory.people.imports.run import ImportRun
from inventory.people.imports.specialist_file import import_specialist
from inventory.schema.people import store
from inventory.schema.tx import Tx

ROLES = (
    ("Professional standards investigator", 14, 40), ("Detective, volume crime", 5, 180),
    ("Learning and development", 3, 60), ("Headquarters planning", 12, 40), ("Neighbourhood support", 8, 100),
)  # fmt: skip
"""Name, months since its last review, and how many of the 420 hold it: one overdue, one due, three in date."""
SIZED = 0.8
LEVEL_TWO, LEVEL_THREE = 0.18, 0.35
"""Shares of the front line trained to level 2, and below that to level 3."""
SOURCE = "Fictional extract"
SEED = 420
IDS = 12_000


def mobilise(tx: Tx, force: Force, people: dict[str, int]) -> None:
    """Put the roles on the list, bring their holders and public order training in, and save two plans."""
    planner = people[posts.holder(force, "PLANNER")]
    for name, months, _ in ROLES:
        reviewed = Review(add_months(force.anchor, -months), f"Fictional JNCC minute {months}/1")
        add_role(tx, name, "Called to the front line in extraordinary demand", reviewed, planner)
    run = ImportRun(tx.conn, tx.ids, tx.now_us)
    for report in (import_roles(run, holders(force).encode()), import_specialist(run, public_order(force).encode())):
        _sound(report)
    for plan_ in _operations(force):
        saved_plans.save(tx, "OPERATION", plan_.name, operation.as_json(plan_), planner)
    for scenario in _what_ifs(tx):
        saved_plans.save(tx, "WHAT_IF", scenario.name, what_if.as_json(scenario), planner)


def _sound(report: ImportReport) -> None:
    if report.problems:
        raise ValueError(f"the demo's own rows do not fit: {report.problems[0]}")


def holders(force: Force) -> str:
    """Who holds which role, as the file would say it."""
    called = [each for each in force.people if each.mobilisable]
    since = add_months(force.anchor, -18).isoformat()
    lines = ["ref,role,from,to,ppe sized on,reference"]
    at = 0
    for name, _, count in ROLES:
        for each in called[at : at + count]:
            sized = add_months(force.anchor, -9).isoformat() if _drawn("sized", each) < SIZED else ""
            lines.append(f'{each.ref},"{name}",{since},,{sized},{SOURCE}')
        at += count
    return "\n".join(lines) + "\n"


def public_order(force: Force) -> str:
    """Public order training of the front line, as the unit that gives it would send it."""
    lines = ["ref,domain,course,attended,valid to,record"]
    lines += [
        f"{each.ref},PSU,PSU LEVEL {level},{_day(force, each, -1)},{_day(force, each, 1)},PO-{each.ref}"
        for each, level in _trained(force.people)
    ]
    return "\n".join(lines) + "\n"


def _trained(people: Iterable[Member]) -> Iterable[tuple[Member, int]]:
    for each in people:
        drawn = _drawn("public order", each)
        if each.frontline and each.kind == "REGULAR" and (each.rank != "PC" or drawn < LEVEL_THREE):
            yield each, 2 if each.rank != "PC" or drawn < LEVEL_TWO else 3


def _day(force: Force, each: Member, way: int) -> str:
    days = 30 + int(_drawn("when", each) * 300)
    return (force.anchor + timedelta(days=365 - days if way > 0 else -days)).isoformat()


def _drawn(what: str, each: Member) -> float:
    return dice(SEED, what, each.ref).random()


def _operations(force: Force) -> tuple[Operation, ...]:
    six = day_start_us(force.anchor) + DAY_US + 6 * HOUR_US
    taser = ("CED_HANDLE", "BWV_CAMERA", "SBG")
    return (
        Operation("Fictional Harvest", six, 3, 1, "REGIONAL", "2", PSU),
        Operation("Fictional Lantern", six, 2, 1, "LOCAL", "", (Post("Sergeant", 1, "SERGEANT", taser),
                                                                Post("Constable", 12, "CONSTABLE", taser))),
    )  # fmt: skip


def _what_ifs(tx: Tx) -> tuple[Scenario, ...]:
    medway, maidstone = (
        tx.conn.execute(store.select().where(store.c.code == code)).one().id for code in (plan.MEDWAY, "MA")
    )
    return (
        Scenario("Twenty more at Medway, thirty seats", (Officers(medway, "T7", 20),), (), (Seats("CED", "T7", 30),)),
        Scenario("T10 for Maidstone", (), (Delivery(maidstone, "T10", 30, 30, 0, 30),), (),
                 Number("ced", "numbers.expiry_margin_days.value", "30")),
    )  # fmt: skip
