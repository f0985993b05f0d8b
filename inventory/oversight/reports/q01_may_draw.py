"""Q1: who may draw a CED at a store now, or at its next duty, and what stops the others.

One rule for the editor: the gate's rules about people are asked (`oversight.carriers`), and only the words that a hatch
may show are written.
"""

import sqlalchemy as sa

from inventory.custody.reasons import reasons_shown
from inventory.oversight.carriers import Carrier
from inventory.oversight.moments import MOMENTS, NOW
from inventory.oversight.pairs import readiness
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Report, Row


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Every carrier on the store's books, those who may first."""
    store_id, moment = asked.given["store"], str(asked.given["moment"])
    found = readiness(conn, asked.policy, asked.now_us, (moment,))
    of_store = next((each for each in found.rows if each.store_id == store_id), None)
    if of_store is None:
        return Answer((), ("This store is closed, or has no shifts, so that there is no next duty to ask of.",))
    here = {each.model for each in of_store.models if each.handles}
    people = [each for each in found.carriers[moment] if each.store_id == store_id]
    rows = sorted((_row(each, here) for each in people), key=lambda row: (not row[1], str(row[2]), row[0]))
    may = sum(1 for row in rows if row[1])
    shift = of_store.asked.shift or "no shift"
    notes = (
        f"For the {shift} duty. Models with a CED that could go out here: {', '.join(sorted(here)) or 'none'}.",
        "Nobody said who is on duty, so everybody on the store's books is asked."
        if of_store.rostered is None
        else f"{of_store.rostered} of those who may are rostered for it.",
    )
    return Answer(rows, notes, frozenset(each.person_id for each in people), {"may": may, "carriers": len(rows)})


def _row(each: Carrier, here: set[str]) -> Row:
    may = [model for model in each.models if model in here]
    stops = [reason for reasons in each.refusals.values() for reason in reasons]
    sentences, _ = reasons_shown(stops) if not may else ([], [])
    elsewhere = ", ".join(model for model in each.models if model not in here)
    said = list(dict.fromkeys(sentences))
    if elsewhere and not may:
        said.append(f"May carry the {elsewhere}, of which none is ready here.")
    return (
        each.person_id, bool(may), each.team, ", ".join(may or each.models), " ".join(said), each.is_rostered,
        each.is_out,
    )  # fmt: skip


REPORT = Report(
    name="may-draw",
    question="Q1",
    title="Who may draw a CED",
    definition=(
        "Everybody of the store who was ever permitted to carry a CED, asked the gate's rules about people for the"
        " whole of the duty: training for that very model, permission, limits, opting in, and what they hold already."
        " May: for some model of which the store has one ready."
    ),
    trap=(
        "An officer trained on X2 alone counts nothing at a store of T7s. It is who may and not who is in: see who is"
        " rostered. The kit is asked again at the hatch."
    ),
    source="Design domain.md 5.3, Q1",
    seers=("STORE_MANAGER", "CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR", "PLANNER", "TRAINING_RECORDER", "AUDITOR"),
    columns=(
        Column("person", "Officer", "person"), Column("may", "May draw", "yes"), Column("team", "Team"),
        Column("models", "Models"), Column("why", "What stops it"), Column("rostered", "Rostered", "yes"),
        Column("out", "Has one now", "yes"),
    ),
    ask=ask,
    parameters=(
        Parameter("store", "Store", "store"),
        Parameter("moment", "When", "word", default=NOW, choices=MOMENTS),
    ),
    names_people=True,
)  # fmt: skip
