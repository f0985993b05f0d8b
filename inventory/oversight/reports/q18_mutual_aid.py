"""Q18: can we send so many Police Support Units with their kit for so many days, and keep business as usual?

One rule for the editor: the answer is `mobilisation.answer`, the same as on the page of operations, where people are
named; here nobody is.
"""

import sqlalchemy as sa

from inventory.oversight.mobilisation.answer import answer
from inventory.oversight.mobilisation.operation import (
    DAY_US,
    DAYS_MAX,
    KIT,
    PSU,
    UNITS_MAX,
    Operation,
    Post,
)  # fmt: skip
from inventory.oversight.mobilisation.wording import during_words, in_words, short_words
from inventory.oversight.reports.report import Answer, Asked, Cell, Column, Parameter, Plot, Report

WITH_CED, WITHOUT_CED = "WITH_CED", "WITHOUT_CED"
NONE = "NONE"


def _number(value: Cell) -> int:
    return value if isinstance(value, int) else 0


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """A row a post: how many are wanted, how many could go, how many lack."""
    given = asked.given
    kit = KIT if given["kit"] == WITH_CED else tuple(each for each in KIT if each != "CED_HANDLE")
    wanted = Operation(
        name="Q18", from_us=_number(given["from"]), days=_number(given["days"]), units=_number(given["units"]),
        level="" if given["level"] == NONE else str(given["level"]),
        posts=tuple(Post(each.name, each.each, each.grade, kit) for each in PSU),
    )  # fmt: skip
    found = answer(conn, wanted, asked.policy, asked.solve, asked.now_us)
    rows = [
        (post, count, count - found.unfilled[post], found.unfilled[post]) for post, count in wanted.wanted.items()
    ]
    return Answer(
        rows, (in_words(found), *short_words(found), *during_words(found)),
        frozenset(),
        {"answer": "yes" if found.yes else "no", "judged": found.asked_people, "could_be_sent": found.candidates},
    )  # fmt: skip


REPORT = Report(
    name="mutual-aid",
    question="Q18",
    title="Mutual aid: so many units, with kit, for so many days",
    definition=(
        "A unit is one inspector, three sergeants and eighteen constables. A person could go whom the gate would let"
        " draw what the post draws for the whole of it, who is in date to its end in PPST, first aid and the fitness"
        " test, on full duties, and trained to the level of public order that is asked. Every store keeps on each shift"
        " what its targets ask, and the kit for the shifts that overlap. The most that can be sent is found exactly."
    ),
    trap=(
        "A no says what is short, and not that nothing could be sent. What a unit consists of differs between forces:"
        " the page of operations takes any composition. It promises nothing: between now and then people fall ill,"
        " and kit breaks. More than eight weeks is a secondment."
    ),
    source="Design domain.md 5.3 Q18, 1.4 (PSU), 6 B7; Police Act 1996 s.24",
    seers=("PLANNER", "DUTY_INSPECTOR", "CED_SPOC", "AUDITOR"),
    columns=(
        Column("post", "Post"), Column("wanted", "Wanted", "count"), Column("could", "Could go", "count"),
        Column("lacking", "Lacking", "count"),
    ),
    ask=ask,
    parameters=(
        Parameter("units", "Units", "number", default=1, most=UNITS_MAX),
        Parameter("level", "Public order level", "word", default=NONE, choices=(NONE, "1", "2", "3")),
        Parameter("days", "Days", "number", default=3, least=1, most=DAYS_MAX),
        Parameter("from", "From", "moment", default=lambda now_us: now_us + DAY_US),
        Parameter("kit", "Kit", "word", default=WITHOUT_CED, choices=(WITHOUT_CED, WITH_CED)),
    ),
    plot=Plot("stacked", "post", ("could", "lacking")),
)  # fmt: skip
