"""Q16: spit guards that were used against reports of force that say so.

One rule for the editor: what a month took is read by `custody.uses.guard_reading`, as the store's own page does; what
differs is shown and never explained away.
"""

import sqlalchemy as sa

from inventory.custody.uses.guard_reading import MONTHS_MAX, Month, months
from inventory.oversight.reports.period import STORE, stores_asked
from inventory.oversight.reports.report import Answer, Asked, Cell, Column, Parameter, Plot, Report, Row

SPOILT = ("DAMAGED", "EXPIRED", "CONTAMINATED", "OPENED")


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Each store's months, the newest first."""
    number = asked.given["months"]
    assert isinstance(number, int), "the parameter has a default"
    found = months(conn, stores_asked(conn, asked), asked.now_us, number)
    rows = [_row(each) for each in found]
    told = [each for each in found if each.reported is not None]
    silent = len(found) - len(told)
    notes = (
        f"For {silent} of these months the force gave no number of reports: their difference is not known.",
    )
    differing = sum(abs(each.difference or 0) for each in told)
    totals: dict[str, Cell] = {"used": sum(each.used for each in found), "difference": differing}
    return Answer(rows, notes if silent else (), totals=totals)


def _row(month: Month) -> Row:
    return (
        month.month, month.store_id, month.used, month.references, month.unreferenced, month.reported, month.difference,
        month.of("LOST"), sum(month.of(each) for each in SPOILT), month.source,
    )  # fmt: skip


REPORT = Report(
    name="guards-and-force",
    question="Q16",
    title="Spit guards used, and reports of force",
    definition=(
        "By store and London month: guards that were applied, as declared; different references of use-of-force reports"
        " written down for them; applications without one; and the number of reports with a guard that the force itself"
        " gives for the month. Difference: applied less reported. Lost, and spoilt without being applied, beside it."
    ),
    trap=(
        "A difference is an unreported use or a loss, or a report of one force on one person counted by each officer:"
        " look at the month. No number given is not nought. What nobody declared is not here at all."
    ),
    source="Design domain.md 5.3, Q16, and 2.2; every application is a use of force",
    seers=("STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "CED_SPOC", "PSD", "AUDITOR", "TRAINING_RECORDER"),
    columns=(
        Column("month", "Month"), Column("store", "Store", "store"), Column("used", "Applied", "count"),
        Column("references", "References", "count"), Column("unreferenced", "Without one", "count"),
        Column("reported", "Reported by the force", "count"), Column("difference", "Difference", "count"),
        Column("lost", "Lost", "count"), Column("spoilt", "Spoilt", "count"), Column("source", "The number is from"),
    ),
    ask=ask,
    parameters=(
        STORE, Parameter("months", "Months, this one among them", "number", default=12, least=1, most=MONTHS_MAX),
    ),
    plot=Plot("bars", "store", ("used", "reported")),
)  # fmt: skip
