"""Q23: the figures of half a year that the strategic assessment and the Commissioner's pack are made of.

One rule for the editor: each figure stands with what exactly it counts (`oversight.strategic`), beside the span before.
"""

from datetime import date, timedelta

import sqlalchemy as sa

from inventory.oversight.reports.report import Answer, Asked, Cell, Column, Parameter, Report
from inventory.oversight.strategic import figures
from inventory.people.calendar import local_day


def half_year_ago(now_us: int) -> Cell:
    """182 days before today."""
    return (local_day(now_us) - timedelta(days=182)).isoformat()


def today(now_us: int) -> Cell:
    """Today."""
    return local_day(now_us).isoformat()


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Every figure of the span, and of the span before it of the same length."""
    first, last = (date.fromisoformat(str(asked.given[key])) for key in ("from", "to"))
    if last < first:
        return Answer((), ("The last day is before the first: nothing was counted.",))
    back = (last - first) + timedelta(days=1)
    now = figures(conn, first, last)
    asked.told(0.5)
    before = {(each.part, each.title): each.value for each in figures(conn, first - back, last - back)}
    rows = [
        (each.part, each.title, each.value, before[each.part, each.title], each.definition) for each in now
    ]
    return Answer(rows, ("The packs for the chief officer and the Commissioner hold these with the reports behind.",))


REPORT = Report(
    name="half-year",
    question="Q23",
    title="Half a year in figures, for the assessment and the Commissioner",
    definition=(
        "Draws, refusals, uses of CEDs by the highest use declared, losses and checks in the span, each as its row"
        " says, beside the span of the same length before it. Nobody is named."
    ),
    trap="Uses are as declared here; the force's use-of-force figures are the published ones. Prices are not held.",
    source="design 5.3 Q23 [S1][S26]: the CED assessment, at least every six months; the report to the Commissioner",
    seers=("CED_SPOC", "AUDITOR", "PLANNER", "ADMINISTRATOR"),
    columns=(
        Column("part", "Part"), Column("figure", "Figure"), Column("now", "This span", "count"),
        Column("before", "Span before", "count"), Column("definition", "What exactly is counted"),
    ),
    ask=ask,
    parameters=(
        Parameter("from", "From", "day", default=half_year_ago), Parameter("to", "To", "day", default=today),
    ),
)  # fmt: skip
