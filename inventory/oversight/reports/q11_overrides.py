"""Q11: who answered refusals for others, and who wrote down afterwards what had already happened.

One rule for the editor: every row names whoever signed for it. What paper said is read by `custody.paper.reading`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.paper.reading import LineRead, PageRead, lines_of, pages_of
from inventory.oversight.reports.period import STORE, among_stores, last_days, since_us, stores_asked
from inventory.oversight.reports.report import Answer, Asked, Column, Report, Row
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.overrides import decision_override, override, override_revoked
from inventory.schema.paper import paper_line
from inventory.schema.stock import item

EVERY = 2**31
SORTS = {
    "REGISTER": "Paper register", "OPENING_BALANCE": "Opening balance", "FOUND_IN_HAND": "Found in hand",
    "OTHER": "Written down otherwise",
}  # fmt: skip
_RELIED = (
    sa.select(sa.func.count())
    .select_from(decision_override)
    .where(decision_override.c.override_id == override.c.id)
    .scalar_subquery()
)
_OVERRIDES = Fast(
    sa.select(
        override.c.by_person, override.c.store_id, override.c.code, override.c.capability, _RELIED,
        sa.case((override_revoked.c.override_id.is_not(None), 1), else_=0),
    )
    .select_from(override.outerjoin(override_revoked, override_revoked.c.override_id == override.c.id))
    .where(override.c.given_us >= sa.bindparam("from_us"))
    .order_by(override.c.given_us, override.c.id)
)  # fmt: skip
_ASSERTED = Fast(
    sa.select(custody.c.asserted_by, custody.c.asserted_second, item.c.home_store_id)
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id).outerjoin(
            paper_line, paper_line.c.entry_id == custody.c.opened_entry
        )
    )
    .where(
        custody.c.basis == sa.literal_column("'ASSERTED'"), custody.c.person_id.is_not(None),
        custody.c.opened_us >= sa.bindparam("from_us"), paper_line.c.id.is_(None),
    )
    .order_by(custody.c.opened_us, custody.c.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Key:
    """What is summed: who signed, where, what it was, and by what right or as which of the two."""

    person_id: int
    store_id: int
    act: str
    detail: str
    part: str


@dataclass(slots=True)
class _Sum:
    number: int = 0
    relied: int = 0
    revoked: int = 0
    late: int = 0
    refused: int = 0


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Overrides given, and backfills written down, in the days asked for, by whoever signed."""
    from_us = since_us(asked)
    sums: dict[_Key, _Sum] = defaultdict(_Sum)
    for by, store_id, code, capability, relied, revoked in _OVERRIDES.rows(conn, {"from_us": from_us}):
        one = sums[_Key(by, store_id, "Override", code, capability)]
        one.number, one.relied, one.revoked = one.number + 1, one.relied + relied, one.revoked + revoked
    for page, lines in _pages(conn, asked, from_us):
        for by, part in ((page.by_person, "Wrote it up"), (page.second_person, "Second person")):
            one = sums[_Key(by, page.store_id, "Backfill", SORTS[page.sort], part)]
            one.number += len(lines)
            one.late += sum(line.late for line in lines)
            one.refused += sum(line.decision_id is not None for line in lines)
    for first, second, store_id in _ASSERTED.rows(conn, {"from_us": from_us}):
        for by, part in ((first, "Wrote it up"), (second, "Second person")):
            sums[_Key(by, store_id, "Backfill", SORTS["OTHER"], part)].number += 1
    kept = {key: one for key, one in sums.items() if among_stores(asked, [key.store_id])}
    rows: list[Row] = [
        (key.person_id, key.store_id, key.act, key.detail, key.part, one.number, one.relied, one.revoked, one.late,
         one.refused)
        for key, one in sorted(kept.items(), key=lambda pair: (-pair[1].number, str(pair[0])))
    ]  # fmt: skip
    overrides = sum(one.number for key, one in kept.items() if key.act == "Override")
    backfills = sum(
        one.number for key, one in kept.items() if key.act == "Backfill" and key.part == "Wrote it up"
    )
    people = frozenset(key.person_id for key in kept)
    return Answer(rows, (), people, {"overrides": overrides, "lines_backfilled": backfills})


def _pages(conn: sa.Connection, asked: Asked, from_us: int) -> Iterator[tuple[PageRead, list[LineRead]]]:
    every = (page for store_id in stores_asked(conn, asked) for page in pages_of(conn, store_id, EVERY))
    pages = [page for page in every if page.at_us >= from_us]
    lines: dict[int, list[LineRead]] = defaultdict(list)
    for line in lines_of(conn, [page.id for page in pages]):
        lines[line.page_id].append(line)
    return ((page, lines[page.id]) for page in pages)


REPORT = Report(
    name="overrides-and-backfills",
    question="Q11",
    title="Overrides and backfills, by who authorised them",
    definition=(
        "Overrides: SOFT refusals answered in the days asked for, by who answered and by which capability. Relied on:"
        " decisions that went by them. Backfills: what was written up in that time of kit that people had already, a"
        " line a thing, once under each of the two who signed. Late: after the hours the force allows. Refused: what"
        " the gate would have refused."
    ),
    trap=(
        "A backfill has two signers and two rows: do not add the parts up. Nobody overrides a HARD rule, so none is"
        " here. An override that nobody relied on changed nothing. A returned item on a page counts as a line."
    ),
    source="Design domain.md 5.3, Q11, and 2.3",
    seers=("STORE_MANAGER", "CED_SPOC", "DUTY_INSPECTOR", "PSD", "AUDITOR", "POLICY_OWNER"),
    columns=(
        Column("person", "Who signed", "person"), Column("store", "Store", "store"), Column("act", "Act"),
        Column("what", "What"), Column("part", "As"), Column("number", "Number", "count"),
        Column("relied", "Relied on", "count"), Column("revoked", "Revoked", "count"), Column("late", "Late", "count"),
        Column("refused", "Would be refused", "count"),
    ),
    ask=ask,
    parameters=(STORE, last_days(28)),
    names_people=True,
)  # fmt: skip
