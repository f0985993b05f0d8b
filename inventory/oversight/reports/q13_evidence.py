"""Q13: discharges whose evidence is not whole.

One rule for the editor: what a use owes and what was answered is read by `custody.uses.reading`; a point that the force
does not ask for is not missing.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from inventory.custody.uses.points import AFIDS_LEAST, POINTS
from inventory.custody.uses.reading import Answered, Use, uses_of_store
from inventory.oversight.reports.period import STORE, hours, last_days, since_us, stores_asked
from inventory.oversight.reports.report import Answer, Asked, Cell, Column, Parameter, Plot, Report, Row

DISCHARGES = frozenset({"DRIVE_STUN", "ANGLED_DRIVE_STUN", "FIRED"})
MISSING, EVERY = "MISSING", "EVERY"
MOST = 2**31
DAY_US = 86_400_000_000
FORM_LATE = "Form sent later than 24 h"
FEW_DISCS = f"Fewer than {AFIDS_LEAST} discs a cartridge"


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Discharges written down in the days asked for, and before where something is still owed."""
    from_us = since_us(asked)
    found = {
        use.id: use for store_id in stores_asked(conn, asked) for use in uses_of_store(conn, store_id, from_us, MOST)
        if DISCHARGES & set(use.uses) and use.sort != "TRAINING"
    }  # fmt: skip
    lacks = {use_id: lacking(use) for use_id, use in found.items()}
    shown = [use for use in found.values() if asked.given["which"] == EVERY or lacks[use.id]]
    shown.sort(key=lambda use: (use.used_us, use.id))
    rows = [_row(use, lacks[use.id], asked.now_us) for use in shown]
    people = frozenset(use.person_id for use in shown if use.person_id is not None)
    totals: dict[str, Cell] = {
        "discharges": len(found),
        "lacking": sum(bool(each) for each in lacks.values()),
    }
    return Answer(rows, (), people, totals)


def lacking(use: Use) -> list[str]:
    """What of a discharge's evidence is not there, in words."""
    found = [POINTS[each.point].title for each in use.owed]
    answers = _answers(use)
    form = answers.get("BESPOKE_FORM")
    if form is not None and sent_us(form) - use.used_us > DAY_US:
        found.append(FORM_LATE)
    discs = _discs(answers)
    if discs is not None and discs < AFIDS_LEAST * fired(use):
        found.append(FEW_DISCS)
    return found


def fired(use: Use) -> int:
    """How many cartridges were fired."""
    return sum(part.part == "SPENT" for part in use.parts)


def sent_us(form: Answered) -> int:
    """When the model's own form was sent: as it is said, or else when it was written down."""
    said = form.facts.get("sent_us")
    return said if isinstance(said, int) else form.at_us


def _answers(use: Use) -> Mapping[str, Answered]:
    return {each.point: each for each in use.answers}


def _discs(answers: Mapping[str, Answered]) -> int | None:
    found = answers["DISCS"].facts.get("afids") if "DISCS" in answers else None
    return found if isinstance(found, int) else None


def _row(use: Use, lacks: list[str], now_us: int) -> Row:
    answers = _answers(use)
    form = answers.get("BESPOKE_FORM")
    uof = use.uof_ref or ("UOF_REF" in answers and answers["UOF_REF"].facts.get("reference")) or None
    return (
        use.item_id, use.store_id, use.person_id, use.used_us, ", ".join(use.uses), use.sort, "; ".join(lacks) or None,
        str(uof) if uof else None, None if form is None else hours(sent_us(form) - use.used_us), fired(use),
        _discs(answers), "DOWNLOAD" in answers, hours(now_us - use.used_us), use.id,
    )  # fmt: skip


REPORT = Report(
    name="discharge-evidence",
    question="Q13",
    title="Discharges, and the evidence they lack",
    definition=(
        "Every operational or unintentional discharge of a CED (fired, drive-stun, angled drive-stun) declared in the"
        " days asked for, and older ones for which something is still owed. Lacking: a point the force asks for that"
        " nobody has answered; the model's own form sent more than 24 hours after the use; fewer than two identity"
        " discs a cartridge fired."
    ),
    trap=(
        "Only what was declared is here: what a log shows and nobody declared, undeclared-activity says. A point within"
        " its time is listed as well: it is not there yet. Two discs is the least, and no proof of where it was fired."
    ),
    source="Design domain.md 5.3, Q13, and 2.2; bespoke form within 24 h to NLLW, 2-3 discs (APP)",
    seers=("CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR", "PSD", "STORE_MANAGER", "TECHNICIAN", "AUDITOR"),
    columns=(
        Column("item", "Item", "item"), Column("store", "Store", "store"), Column("person", "Officer", "person"),
        Column("used", "Used", "moment"), Column("uses", "Use"), Column("sort", "Sort"), Column("lacking", "Lacking"),
        Column("uof", "Use of force report"), Column("form", "Form sent after", "hours"),
        Column("fired", "Cartridges fired", "count"), Column("discs", "Discs", "count"),
        Column("download", "Log read", "yes"), Column("age", "Ago", "hours"), Column("use", "Use no."),
    ),
    ask=ask,
    parameters=(
        STORE, last_days(90), Parameter("which", "Which", "word", default=MISSING, choices=(MISSING, EVERY)),
    ),
    plot=Plot("ages", "sort", ("age",)),
    names_people=True,
)  # fmt: skip
