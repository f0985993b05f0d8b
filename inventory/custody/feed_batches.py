"""A feed's batch, taken in: results recorded, whoever holds kit and no longer may raised, many refused at once said.

One rule for the editor: nobody looks over what a feed sends, so a batch that would newly refuse more people than one
person may decide is taken all the same (a lapse is never put off) and raises an alarm.
"""

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.lapse import raise_ineligible
from inventory.custody.would_be import REFUSED, answers, differences
from inventory.gate.kind_policy import Policy
from inventory.people.imports.feed import Batch, Feed, check_mark, keep_batch, last_of, take_batch
from inventory.people.imports.report import ImportReport
from inventory.people.imports.run import ImportRun
from inventory.schema.fast import Fast, among
from inventory.schema.people import person, training_result
from inventory.schema.tx import Tx

MANY = "MANY_NEWLY_REFUSED"

_NAMED = Fast(
    sa.select(person.c.id)
    .where(among(person.c.ref, "refs", texts=True))
    .union(
        sa.select(training_result.c.person_id).where(
            training_result.c.source == sa.bindparam("source"),
            training_result.c.retracted_us.is_(None),
            among(training_result.c.source_ref, "results", texts=True),
        )
    )
)


def take(
    tx: Tx, policy: Policy, feed: Feed, batch: Batch, answer: Callable[[ImportReport], str]
) -> tuple[ImportReport, list[int]]:
    """Take a batch that is next in turn, and act on holders; the report, and who holds kit and may not.

    `answer` makes what is kept as its answer. A heartbeat keeps nothing. Raises BadField for a mark that cannot be.
    """
    last = last_of(tx.conn, feed)
    check_mark(batch, last, tx.now_us)
    run = ImportRun(tx.conn, tx.ids, tx.now_us)
    people = _people(tx.conn, feed, batch)
    before = answers(tx.conn, policy, people, tx.now_us) if people else {}
    report = take_batch(run, feed, batch)
    if batch.seq > last.seq:
        keep_batch(run, feed, batch, report, answer(report))
    changed = sorted(report.person_ids_changed)
    if not changed:
        return report, []
    newly = differences(before, answers(tx.conn, policy, changed, tx.now_us))
    refused = {each.person_id for each in newly if each.word == REFUSED}
    if len(refused) > policy.imports.newly_refused_max:
        said = f"{feed.source}: batch {batch.seq} newly refuses {len(refused)} people. Ask the training unit about it."
        raise_alarms(tx, [Raise(MANY, said)])
    return report, raise_ineligible(tx, policy, changed)


def _people(conn: sa.Connection, feed: Feed, batch: Batch) -> list[int]:
    refs = sorted({each.get("ref", "").strip() for each in batch.results})
    results = {each.get("source_ref", "").strip() for each in batch.results} | set(batch.retractions)
    asked = {"refs": refs, "source": feed.source, "results": sorted(results)}
    return _ids(_NAMED.rows(conn, asked)) if refs or results else []


def _ids(rows: Iterable[tuple[int, ...]]) -> list[int]:
    return sorted(row[0] for row in rows)
