"""Q4: expiring training by team, in the due bands, and how many of each team are rostered past it.

One rule for the editor: nothing is counted here but what `people.due` says of each person, as their own page does.
"""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Plot, Report, Row
from inventory.people.bands import BANDS
from inventory.people.due import AUTHORITY
from inventory.people.due_reading import DuePerson, people_due, rostered_past
from inventory.people.roster import rostered_upto
from inventory.people.training import FAMILIES

WHAT = ("ALL", *sorted(set(FAMILIES.values())), AUTHORITY)
NARROW_FIRST = tuple(sorted(BANDS))
SEERS = (
    "TRAINING_RECORDER", "CED_SPOC", "INSTRUCTOR", "STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "AUDITOR",
    "PLANNER",
)  # fmt: skip
Key = tuple[int | None, str, str, str]


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """A line for each team and qualification with anybody in a band, store by store."""
    store_id, what = asked.given["store"], asked.given["what"]
    assert store_id is None or isinstance(store_id, int), "a store's id, or every store"
    people = people_due(conn, asked.policy.courses, asked.now_us, store_id)
    asked.told(0.6)
    counted, past = tally(people, what), Counter[Key]()
    for each in rostered_past(conn, people, asked.now_us):
        past[key_of(each.person, each.due.what, each.due.model)] += 1
    rows: list[Row] = [
        (*key, *(counted[key][band] for band in NARROW_FIRST), past[key], sum(counted[key].values()))
        for key in sorted(counted, key=lambda each: (each[0] or 0, each[1:]))
    ]
    totals: dict[str, Any] = {
        f"band_{band}": sum(counted[key][band] for key in counted) for band in NARROW_FIRST
    }
    return Answer(rows, notes_of(conn), totals=totals)


def tally(people: list[DuePerson], what: object) -> dict[Key, Counter[int]]:
    """Team and qualification -> how many are in each band."""
    counted: dict[Key, Counter[int]] = {}
    wanted = [(one, due) for one in people for due in one.due if what in ("ALL", due.what)]
    for one, due in wanted:
        if due.band is not None:
            counted.setdefault(key_of(one, due.what, due.model), Counter())[due.band] += 1
    return counted


def key_of(one: DuePerson, what: str, model: str) -> Key:
    """The line of the report that somebody's qualification is counted in."""
    return one.store_id, one.team, what, model


def notes_of(conn: sa.Connection) -> tuple[str, ...]:
    """What is not known of the roster."""
    if rostered_upto(conn):
        return ()
    return ("No roster is on record: nobody is shown as rostered past anything, which does not mean that nobody is.",)


REPORT = Report(
    name="expiring-training",
    question="Q4",
    title="Expiring training and authority, by team",
    definition="People of each team by the days left until a qualification, or a permission to carry, counts no more:"
    " 0 has run out, 14 is 1 to 14 days, 30 is 15 to 30, 60 is 31 to 60, 90 is 61 to 90. Rostered past: people with a"
    " duty within four weeks that ends after theirs does. CED training is counted for the model that somebody is"
    " permitted to carry, or was within the last year and nobody ended it.",
    trap="Whoever is in two bands with two qualifications is counted in both lines: the lines do not add up to people."
    " A course that is booked changes nothing until it is passed.",
    source="design 5.3 Q4, 4.3",
    seers=SEERS,
    columns=(
        Column("store", "Store", "store"), Column("team", "Team"), Column("what", "Qualification"),
        Column("model", "Model"), Column("band_0", "Run out", "count"), Column("band_14", "1-14 days", "count"),
        Column("band_30", "15-30 days", "count"), Column("band_60", "31-60 days", "count"),
        Column("band_90", "61-90 days", "count"), Column("rostered_past", "Rostered past", "count"),
        Column("people", "In a band", "count"),
    ),
    ask=ask,
    parameters=(
        Parameter("store", "Store", "store", optional=True),
        Parameter("what", "Qualification", "word", "CED", choices=WHAT),
    ),
    plot=Plot("stacked", "team", ("band_0", "band_14", "band_30", "band_60", "band_90")),
)  # fmt: skip
