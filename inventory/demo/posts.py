"""Who keeps the stores of the demo force and watches over them: capabilities, and the people file.

One rule for the editor: those who hold an office are police staff from the front of the list, in a fixed order,
so that the same person has the same office on every day.
"""

from collections.abc import Iterator

from inventory.demo import plan
from inventory.demo.records import CapabilityRow, PersonRow, PlaceRow, ShiftRow, StoreRow
from inventory.demo.roster import Member
from inventory.demo.training import Force, joined_on

STOREKEEPERS_A_STORE = 4
FORCE_WIDE = (
    ("TECHNICIAN", 6),
    ("TRAINING_RECORDER", 6),
    ("CED_SPOC", 3),
    ("EXHIBITS", 3),
    ("PSD", 3),
    ("AUDITOR", 2),
    ("LOG_READER", 2),
    ("ADMINISTRATOR", 2),
    ("PLANNER", 2),
    ("POLICY_OWNER", 2),
    ("EQUALITY_ANALYST", 1),
    ("RECORDS_MANAGER", 2),
)
"""Offices for every store, and how many hold each."""
INSTRUCTORS = 20
STORE_OPENED_MONTH = 1


def capabilities(force: Force) -> list[CapabilityRow]:
    """Who may do what: storekeepers, sergeants, inspectors and managers in their store, the others everywhere."""
    staff = iter([each.ref for each in force.people if each.kind == "POLICE_STAFF"])
    rows = []
    for code in plan.STORE_CODES:
        keepers = [next(staff) for _ in range(STOREKEEPERS_A_STORE)]
        rows += [CapabilityRow(ref, word, code) for ref in keepers for word in ("ISSUER", "COUNTERSIGNER")]
        rows.append(CapabilityRow(next(staff), "STORE_MANAGER", code))
    for word, number in FORCE_WIDE:
        rows += [CapabilityRow(next(staff), word, "") for _ in range(number)]
    sergeants = [each for each in force.people if each.store and each.rank == "Sgt"]
    rows += [CapabilityRow(each.ref, word, each.store) for word in ("ISSUER", "SUPERVISOR") for each in sergeants]
    inspectors = [each for each in force.people if each.store and each.rank == "Insp"]
    rows += [CapabilityRow(each.ref, "DUTY_INSPECTOR", each.store) for each in inspectors]
    teachers = [each.ref for each in force.people if each.frontline and not each.store][:INSTRUCTORS]
    return rows + [CapabilityRow(ref, "INSTRUCTOR", "") for ref in teachers]


def holder(force: Force, capability: str, store: str = "") -> str:
    """The first person with a capability in a store ("" for the force-wide offices)."""
    return next(row.ref for row in capabilities(force) if (row.capability, row.store) == (capability, store))


def people(force: Force) -> Iterator[PersonRow]:
    """The people file."""
    teams = _office_teams(force)
    for each in force.people:
        yield _person(force, each, teams.get(each.ref, each.team))


def _person(force: Force, member: Member, team: str) -> PersonRow:
    return PersonRow(
        ref=member.ref, kind=member.kind, family_name=member.family_name, given_name=member.given_name,
        rank=member.rank, team=team, home_store=member.store, frontline="yes" if member.frontline else "no",
        joined_on=joined_on(force, member), collar=member.collar, cards=f"EM4100:{member.card}",
        opted_in="yes" if member.model else "",
    )  # fmt: skip


def _office_teams(force: Force) -> dict[str, str]:
    staff = {each.ref for each in force.people if each.kind == "POLICE_STAFF"}
    rows = [row for row in capabilities(force) if row.ref in staff]
    titles = {row.ref: row.capability.replace("_", " ").title() for row in rows}
    return titles | {row.ref: f"Kit store {row.store}" for row in rows if row.store}


def stores() -> Iterator[StoreRow]:
    """The fourteen stores."""
    for each in plan.STORES:
        yield StoreRow(each.code, each.name, each.division)


def places() -> Iterator[PlaceRow]:
    """Each store's hatch (Medway has two), shelf, receiving bench and docks."""
    for each in plan.STORES:
        hatches = ("Hatch 1", "Hatch 2") if each.code == plan.MEDWAY else ("Hatch",)
        for name in hatches:
            yield PlaceRow(each.code, name, "HATCH")
        for name, activity in (("Shelf", "SHELF"), ("Receiving", "RECEIVING"), ("Docks", "DOCK")):
            yield PlaceRow(each.code, name, activity)


def shifts(force: Force) -> Iterator[ShiftRow]:
    """Early, late and night in every store, since the beginning of the year before."""
    since = force.anchor.replace(year=force.anchor.year - 1, month=STORE_OPENED_MONTH, day=1)
    for each in plan.STORES:
        for name, starts, ends in plan.SHIFTS:
            yield ShiftRow(each.code, name, starts, ends, since)
