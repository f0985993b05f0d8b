"""What a training feed sends by itself: a batch of results and retractions, numbered, and how far it is complete.

One rule for the editor: batches are taken in their order and each once. A gap is refused, because a retraction may be
in it; a number that was taken is answered as it was the first time. A feed speaks for its own source alone, and it is
as fresh as what it has sent up to: one that beats with an old mark is old.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from inventory.people.errors import BadField
from inventory.people.imports.report import ImportReport, RowProblem, Tally
from inventory.people.imports.run import ImportRun
from inventory.people.imports.sheet import Sheet
from inventory.people.imports.training_file import COLUMNS, note_feed, take_back, take_results
from inventory.schema.fast import Fast, Inserter
from inventory.schema.feeds import feed_batch

ROWS_MAX = 5000
AHEAD_US = 120_000_000
"""How far ahead of ours a feed's clock may be."""

NAMES = tuple(each.name for each in COLUMNS if each.name != "retracted")
"""What a result may say; a retraction is a message of its own."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed by its key: its id, and the source that it speaks for."""

    id: int
    source: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What a feed sent: its number, up to when (UTC microseconds) everything was sent, and what.

    `results` hold texts by name; `retractions` are the source's references. `sha256` of `body`, JSON, tells two apart.
    """

    seq: int
    upto_us: int
    results: tuple[Mapping[str, str], ...]
    retractions: tuple[str, ...]
    sha256: str
    body: str

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing but how far it is complete."""
        return not (self.results or self.retractions)


@dataclass(frozen=True, slots=True)
class Last:
    """The last batch of a feed that was taken: its number (0: none was) and its mark."""

    seq: int
    upto_us: int


class OutOfTurn(ValueError):
    """A batch whose number is not the next one, or was taken with another body; `wanted` is the next one."""

    def __init__(self, wanted: int, why: str) -> None:
        self.wanted = wanted
        super().__init__(f"{why} The next batch is number {wanted}.")


_LAST = Fast(
    sa.select(feed_batch.c.seq, feed_batch.c.upto_us)
    .where(feed_batch.c.feed_id == sa.bindparam("of_feed"))
    .order_by(feed_batch.c.seq.desc())
    .limit(1)
)
_TAKEN = Fast(
    sa.select(feed_batch.c.sha256, feed_batch.c.answer).where(
        feed_batch.c.feed_id == sa.bindparam("of_feed"), feed_batch.c.seq == sa.bindparam("of_seq")
    )
)
_ADD = Inserter(feed_batch)


def last_of(conn: sa.Connection, feed: Feed) -> Last:
    """The last batch of a feed that was taken."""
    rows = _LAST.rows(conn, {"of_feed": feed.id})
    return Last(*rows[0]) if rows else Last(0, 0)


def answered_before(conn: sa.Connection, feed: Feed, batch: Batch) -> str | None:
    """The answer (JSON) that this very batch was given; None where it is the next one, or only a heartbeat.

    Raises OutOfTurn, and BadField for a mark that is in the future or goes back.
    """
    last = last_of(conn, feed)
    if batch.is_empty and batch.seq == last.seq:
        return None
    taken = _TAKEN.rows(conn, {"of_feed": feed.id, "of_seq": batch.seq})
    if taken and taken[0][0] == batch.sha256:
        return str(taken[0][1])
    if taken:
        raise OutOfTurn(last.seq + 1, f"Batch {batch.seq} was taken with something else in it.")
    if batch.seq != last.seq + 1:
        raise OutOfTurn(last.seq + 1, f"Batch {batch.seq} is out of turn.")
    return None


def check_mark(batch: Batch, last: Last, now_us: int) -> None:
    """Raise BadField where the mark is in the future, or goes back."""
    if batch.upto_us > now_us + AHEAD_US:
        raise BadField("upto_us", batch.upto_us, "a time that is not in the future (set the feed's clock)")
    if batch.upto_us < last.upto_us:
        raise BadField("upto_us", batch.upto_us, f"the mark of the last batch, {last.upto_us}, or later")


def take_batch(run: ImportRun, feed: Feed, batch: Batch) -> ImportReport:
    """Take a batch, good rows kept and each bad one named by its number from 1, and note how fresh the feed is.

    Retractions come first, so that a result taken back and sent anew in one batch stands. `line` of a problem counts
    results from 1; of a retraction, after them.
    """
    tally = Tally()
    take_back(run, feed.source, batch.retractions, len(batch.results) + 1, tally)
    report, _ = take_results(run, _as_sheet(batch.results), feed.source)
    strange = _strange(batch.results)
    problems = sorted((*report.problems, *strange, *tally.problems), key=lambda each: each.line)
    whole = replace(
        report, changed=report.changed + tally.changed, unchanged=report.unchanged + tally.unchanged,
        problems=tuple(problems), person_ids_changed=report.person_ids_changed | frozenset(tally.people),
    )  # fmt: skip
    if batch.is_empty or whole.new + whole.changed + whole.unchanged:
        note_feed(run, feed.source, min(batch.upto_us, run.now_us), whole)
    return whole


def _as_sheet(results: Sequence[Mapping[str, str]]) -> Sheet:
    rows = tuple((line, tuple(each.get(name, "") for name in NAMES)) for line, each in enumerate(results, 1))
    return Sheet("", ((0, NAMES), *rows))


def _strange(results: Sequence[Mapping[str, str]]) -> list[RowProblem]:
    return [
        RowProblem(line, name[:40], each[name][:80], f"one of {', '.join(NAMES)}")
        for line, each in enumerate(results, 1)
        for name in each
        if name not in NAMES
    ]


def keep_batch(run: ImportRun, feed: Feed, batch: Batch, report: ImportReport, answer: str) -> None:
    """Keep a batch as it was sent, with what it was answered."""
    row = {
        "id": run.ids.take(), "feed_id": feed.id, "seq": batch.seq, "sha256": batch.sha256, "upto_us": batch.upto_us,
        "at_us": run.now_us, "new": report.new, "changed": report.changed, "unchanged": report.unchanged,
        "refused": len({each.line for each in report.problems}), "body": batch.body, "answer": answer,
    }  # fmt: skip
    _ADD.add(run.conn, [row])
