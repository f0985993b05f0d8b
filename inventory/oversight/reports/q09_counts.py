"""Q9: what counts of stores came to, by whoever closed them, and how long ago each serial was last seen.

One rule for the editor: what a closed count says is its stored result (`custody.stocktake.reading`), never judged anew;
when something was last seen is `stock.last_seen`'s.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from inventory.custody.stocktake.reading import Count, counts_of, lines_now, settled_of
from inventory.oversight.reports.period import STORE, hours, last_days, percent, since_us, stores_asked
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Plot, Report, Row
from inventory.stock.counting import VARIANCES
from inventory.stock.kinds import title
from inventory.stock.last_seen import seen_everywhere

EVERY = 2**31
DAY_US = 86_400_000_000
SEERS = ("STORE_MANAGER", "CED_SPOC", "AUDITOR", "ADMINISTRATOR", "DUTY_INSPECTOR")
HOLDERS = {"STORE": "In store", "PERSON": "With a person", "EXHIBIT": "Exhibit store", "CARRIER": "On its way",
           "UNKNOWN": "Nobody knows"}  # fmt: skip


@dataclass(slots=True)
class _Sum:
    """What the counts of one store that one person closed came to."""

    closed: int = 0
    abandoned: int = 0
    expected: int = 0
    with_variance: int = 0
    settled: int = 0
    words: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, conn: sa.Connection, count: Count) -> None:
        """Take one count in."""
        if count.outcome != "CLOSED":
            self.abandoned += 1
            return
        self.closed += 1
        self.expected += len(count.expected_items)
        lines = [line.word for line in lines_now(conn, count) if line.word in VARIANCES]
        for word in lines:
            self.words[word] += 1
        self.with_variance += bool(lines)
        self.settled += len(settled_of(conn, count.id))

    def row(self, store_id: int, person_id: int) -> Row:
        """The row of the report."""
        wrong = sum(self.words.values())
        return (
            store_id, person_id, self.closed, self.abandoned, self.expected, self.words["MISSING"],
            self.words["STRAYED"], self.words["UNKNOWN"], percent(wrong, self.expected), self.with_variance,
            self.settled,
        )  # fmt: skip


def variance(conn: sa.Connection, asked: Asked) -> Answer:
    """The counts that were ended in the days asked for, by store and by who ended them."""
    from_us = since_us(asked)
    sums: dict[tuple[int, int], _Sum] = defaultdict(_Sum)
    for store_id in stores_asked(conn, asked):
        for count in counts_of(conn, store_id, EVERY):
            if count.closed_us is not None and count.closed_by is not None and from_us <= count.closed_us:
                sums[store_id, count.closed_by].add(conn, count)
    rows = [each.row(*key) for key, each in sorted(sums.items())]
    never = [each for each in stores_asked(conn, asked) if each not in {key[0] for key in sums}]
    notes = (f"Stores that ended no count in this time, and have no row: {len(never)}.",) if never else ()
    people = frozenset(person_id for _, person_id in sums)
    return Answer(rows, notes, people, _totals(sums.values()))


def _totals(sums: Iterable[_Sum]) -> dict[str, int]:
    found = list(sums)
    return {
        "counts": sum(each.closed for each in found),
        "expected": sum(each.expected for each in found),
        "variances": sum(sum(each.words.values()) for each in found),
    }


def sighted(conn: sa.Connection, asked: Asked) -> Answer:
    """What nobody and nothing has seen for so many days, the longest first."""
    least, now_us = asked.given["days"], asked.now_us
    assert isinstance(least, int), "the parameter has a default"
    store_id = asked.given["store"]
    found = [
        each for each in seen_everywhere(conn)
        if store_id in (None, each.store_id) and now_us - each.seen_us >= least * DAY_US
    ]  # fmt: skip
    rows: list[Row] = [
        (
            each.item_id, title(each.kind), each.model, each.store_id, HOLDERS.get(each.holder, each.holder),
            each.seen_us, hours(now_us - each.seen_us), "Movement" if each.way is None else each.way.capitalize(),
        )
        for each in found
    ]  # fmt: skip
    return Answer(rows, totals={"serials": len(rows)})


VARIANCE = Report(
    name="count-variance",
    question="Q9",
    title="What counts came to, by store and auditor",
    definition=(
        "Counts ended in the days asked for, by store and by who ended them. Missing: expected, and nobody saw it."
        " Strayed: seen there, and somebody else has it by the ledger. Unknown: read, and not one known item."
        " Variance: those three of what was expected. Settled: variances that a movement has settled since."
    ),
    trap=(
        "An auditor who finds nothing is not a better one: look at how many items they counted and at what others found"
        " in the same store. A recount counts what the first one found again, and is a count of its own."
    ),
    source="Design domain.md 5.3, Q9 (West Yorkshire: up to seven months until a loss was noticed)",
    seers=SEERS,
    columns=(
        Column("store", "Store", "store"), Column("person", "Ended by", "person"), Column("counts", "Counts", "count"),
        Column("abandoned", "Abandoned", "count"), Column("expected", "Items expected", "count"),
        Column("missing", "Missing", "count"), Column("strayed", "Strayed", "count"),
        Column("unknown", "Unknown", "count"), Column("variance", "Variance", "percent"),
        Column("differing", "Counts that differed", "count"), Column("settled", "Settled", "count"),
    ),
    ask=variance,
    parameters=(STORE, last_days(90)),
    plot=Plot("stacked", "store", ("missing", "strayed", "unknown")),
    names_people=True,
)  # fmt: skip

SIGHTED = Report(
    name="last-sighted",
    question="Q9",
    title="How long ago each serial was last seen",
    definition=(
        "Every serial that is not disposed of or back with its supplier, by the newest of: a scan, a sweep of tags, a"
        " dock's bay, a count, or the movement that brought it to whoever has it. Only those that were not seen for the"
        " days asked for, the longest first. The store is the one that has it, or owns it while it is elsewhere."
    ),
    trap=(
        "Seen is not checked, and a tag seen is not its item seen. What is out with a person counts as seen when they"
        " drew it: how late it is, late-and-lost says."
    ),
    source="Design domain.md 5.3, Q9: catch the seven-month gap",
    seers=SEERS,
    columns=(
        Column("item", "Item", "item"), Column("kind", "Kind"), Column("model", "Model"),
        Column("store", "Store", "store"), Column("where", "Where"), Column("seen", "Last seen", "moment"),
        Column("age", "Not seen for", "hours"), Column("way", "By"),
    ),
    ask=sighted,
    parameters=(STORE, Parameter("days", "Not seen for so many days", "number", default=7, least=0, most=3650)),
    plot=Plot("ages", "kind", ("age",)),
)  # fmt: skip
