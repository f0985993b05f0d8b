"""Q20: training, authority and refusals by protected characteristic, as published.

One rule for the editor: this report reads published figures and nothing else. Whoever asks it again, otherwise or later
gets parts of the same figures, so that no two answers can be taken from each other to find a person.
"""

import math
from datetime import date

import sqlalchemy as sa

from inventory.oversight.equality.answers import ANSWERS, MEANS, NESTED, WHOLE
from inventory.oversight.equality.cutting import ALL, Figure
from inventory.oversight.equality.declared import ANALYST
from inventory.oversight.equality.quarters import quarter_of
from inventory.oversight.equality.releases import figures, releases
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Plot, Report, Row
from inventory.oversight.small_numbers import LEAST

Z = 1.96
"""For 95 in 100."""
FORCE, DIVISIONS = "FORCE", "DIVISIONS"
WIDE_POINTS = 20.0
"""An interval wider than this says little: it is marked."""


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """The figures of one published quarter and one characteristic, each with its share and how sure that is."""
    wanted = asked.given["quarter"]  # a day of it
    published = {each.quarter: each for each in releases(conn)}
    if not published:
        return Answer((), ("No quarter was published yet.",))
    name = next(iter(published)) if wanted is None else quarter_of(date.fromisoformat(str(wanted))).name
    if name not in published:
        return Answer((), (f"{name} was not published. There are: {', '.join(published)}.",))
    by_division = asked.given["cut"] == DIVISIONS
    found = [
        each
        for each in figures(conn, published[name].id)
        if each.characteristic == asked.given["characteristic"] and (each.division is not None) == by_division
    ]
    notes = [f"Quarter {name}. Published for: {published[name].reason}."]
    if by_division and not found:
        notes.append("By division the groups would be too small: only the whole force is told.")
    if any(each.people is None for each in found):
        notes.append(f"Too few: fewer than {LEAST} people, or it would leave fewer than {LEAST} of its whole.")
    notes.append("Sizes of kit are recorded of nobody here, so how kit fits cannot be told.")
    return Answer([_row(each, found) for each in found], tuple(notes))


def _row(figure: Figure, found: list[Figure]) -> Row:
    whole, share, low, high = share_of(figure, found)
    wide = "wide" if share is not None and high is not None and low is not None and high - low > WIDE_POINTS else None
    return (
        figure.division or "Whole force", answers_said(figure.answers), MEANS[figure.measure],
        "too few" if figure.people is None else str(figure.people), whole, share, low, high, wide,
    )  # fmt: skip


def share_of(figure: Figure, found: list[Figure]) -> tuple[int | None, float | None, float | None, float | None]:
    """Of how many a figure is a part, its share in percent, and between what that lies in 95 of 100 such forces."""
    whole = _whole_of(figure, found)
    return whole, *_share(figure.people, whole)


def _whole_of(figure: Figure, found: list[Figure]) -> int | None:
    """How many the figure is a part of: that measure over the same answers, put together where it is told finer."""
    if figure.measure == WHOLE:
        return None
    parts = [
        each
        for each in found
        if each.measure == NESTED[figure.measure]
        and each.division == figure.division
        and (figure.answers == ALL or set(each.answers) <= set(figure.answers))
    ]
    told = [each.people for each in parts if each.people is not None]
    return sum(told) if told and len(told) == len(parts) else None


def _share(people: int | None, whole: int | None) -> tuple[float | None, float | None, float | None]:
    """The share in percent, and between what it lies in 95 of 100 such forces (Wilson 1927)."""
    if people is None or not whole:
        return None, None, None
    p = min(1.0, people / whole)
    middle = (p + Z * Z / (2 * whole)) / (1 + Z * Z / whole)
    half = Z / (1 + Z * Z / whole) * math.sqrt(p * (1 - p) / whole + Z * Z / (4 * whole * whole))
    return round(100 * p), round(100 * max(0.0, middle - half)), round(100 * min(1.0, middle + half))


def answers_said(answers: tuple[str, ...]) -> str:
    """The answers counted together, in words."""
    if answers == ALL:
        return "All together"
    return " and ".join(each.replace("_", " ").capitalize() for each in answers)


REPORT = Report(
    name="equality",
    question="Q20",
    title="Equality: training, authority and refusals",
    definition=(
        "Persons, each counted once, of those who served on any day of the quarter: offered, attended and passed"
        " training; given an authority to carry, or suspended from one; asked for kit, and refused at least once."
        f" By what they declared of themselves. Nothing is told of fewer than {LEAST} people, nor what would leave"
        " fewer: such answers are put together. Serving is told to the nearest five, and shares are reckoned from that."
    ),
    trap=(
        "A difference is no proof of unfairness, and no difference is none of fairness: look at the interval, and at"
        " who declared nothing. Quarters are told as they were published and are never counted anew."
    ),
    source="Design domain.md 5.3, Q20; 6, rows A13 and B15; Equality Act 2010 s.149",
    seers=(ANALYST,),
    columns=(
        Column("division", "Division"), Column("answer", "Declared"), Column("measure", "Measure"),
        Column("people", "People"), Column("whole", "Of", "count"), Column("share", "Share", "percent"),
        Column("low", "At least", "percent"), Column("high", "At most", "percent"), Column("hint", "How sure"),
    ),
    ask=ask,
    parameters=(
        Parameter("characteristic", "Characteristic", "word", default="ETHNICITY", choices=tuple(ANSWERS)),
        Parameter("quarter", "Any day of the quarter (none: the newest published)", "day", optional=True),
        Parameter("cut", "Told by", "word", default=FORCE, choices=(FORCE, DIVISIONS)),
    ),
    plot=Plot("bars", "answer", ("share",)),
)  # fmt: skip
