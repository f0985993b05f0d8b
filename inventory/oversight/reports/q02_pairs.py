"""Q2: how many people could go out with a CED at once, by store, now and at the next duty.

One rule for the editor: the counting is `oversight.pairs`, which the console asks too.
"""

import sqlalchemy as sa

from inventory.oversight.pairs import StoreReady, readiness
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Plot, Report, Row

SHORT_SAID = {
    "HANDLES": "handles", "PACKS": "charged packs", "LOADS": "cartridges in date", "PEOPLE": "people",
    "": "more than one thing",
}  # fmt: skip


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """A row a store and moment, NOW first."""
    found = readiness(conn, asked.policy, asked.now_us)
    wanted = asked.given.get("store")
    rows = [_row(each) for each in found.rows if wanted in (None, each.store_id)]
    now = [each for each in found.of("NOW") if wanted in (None, each.store_id)]
    totals = {
        name: sum(getattr(each, name) for each in now)
        for name in ("stos", "current", "pass_rules", "deployable", "sets", "pairs", "out")
    }
    notes: tuple[str, ...] = ("The totals and the picture are those of now.",)
    if any(each.rostered is None for each in found.rows):
        notes += ("Where no roster says who is on, everybody on the store's books is counted.",)
    return Answer(rows, notes, frozenset(), totals)


def _row(each: StoreReady) -> Row:
    return (
        each.store_id, "Now" if each.moment == "NOW" else "Next", each.asked.shift, each.asked.at_us,
        each.asked.until_us, each.stos, each.current, each.pass_rules, each.deployable, each.rostered, each.out,
        each.sets, each.pairs, SHORT_SAID[each.short_of],
    )  # fmt: skip


REPORT = Report(
    name="deployable-pairs",
    question="Q2",
    title="Deployable pairs",
    definition=(
        "The most people who could be out with a CED at once: those who have one, and of those who may draw one as many"
        " as there are whole sets of a model they may carry. A set is a handle, its charged pack and as many cartridges"
        " in date (or full magazines) as it is loaded with, all of which the gate would let go for the whole duty. At"
        " the next duty, training and dates are those of then, what is due back by then is back, and a pack in a dock"
        " has the charge it has now."
    ),
    trap=(
        "It is not the smaller of two totals: an officer trained on one model and a set of another make no pair, and a"
        " pack that fits two models is counted once. Carriers are those on the store's books; pairs, where a roster"
        " says who is on, those of them who are."
    ),
    source="Design domain.md 5.3, Q2",
    seers=("STORE_MANAGER", "CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR", "PLANNER", "AUDITOR", "ADMINISTRATOR"),
    columns=(
        Column("store", "Store", "store"), Column("moment", "When"), Column("shift", "Shift"),
        Column("from", "From", "moment"), Column("until", "Until", "moment"), Column("stos", "Carriers", "count"),
        Column("current", "In date", "count"), Column("pass", "Pass the rules", "count"),
        Column("deployable", "Of a model here", "count"), Column("rostered", "Rostered", "count"),
        Column("out", "Out", "count"), Column("sets", "Whole sets", "count"), Column("pairs", "Pairs", "count"),
        Column("short", "Would take more"),
    ),
    ask=ask,
    parameters=(Parameter("store", "Store", "store", optional=True),),
    plot=Plot("bars", "store", ("pairs", "sets", "deployable"), only=("moment", "Now")),
)  # fmt: skip
