"""The figures of half a year that a chief officer answers for: draws, refusals, uses, losses, checks, what was bought.

One rule for the editor: numbers only, nobody is named; each figure says what exactly it counts. What counts over months
is counted from rows that are never changed, so the same span gives the same figures (but for what was put right since).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import day_end_us, day_start_us
from inventory.schema import words
from inventory.schema.custody import custody, decision
from inventory.schema.losses import loss_case
from inventory.schema.people import person
from inventory.schema.receiving import purchase, purchase_line
from inventory.schema.stock import inspection, item
from inventory.schema.stocktake import stocktake_closed
from inventory.schema.uses import use_declared
from inventory.stock.kinds import label

NO_DISCHARGE = ("DRAWN", "AIMED", "RED_DOT", "ARCED")
USES = {
    "DRAWN": "Drawn", "AIMED": "Aimed", "RED_DOT": "Red dot", "ARCED": "Arced", "DRIVE_STUN": "Drive stun",
    "ANGLED_DRIVE_STUN": "Angled drive stun", "FIRED": "Fired",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: its part of the pack, what it is called, and what exactly it counts."""

    part: str
    title: str
    value: int
    definition: str


@dataclass(frozen=True, slots=True)
class Bought:
    """What a fund paid for: pieces ordered by kind."""

    funding: str
    orders: int
    kind: str
    model: str
    ordered: int


def figures(conn: sa.Connection, first: date, last: date) -> list[Figure]:
    """Every figure of the days from `first` to `last`, in order."""
    span = day_start_us(first), day_end_us(last)
    return [*_draws(conn, span), *_uses(conn, span), *_losses(conn, span), *_checks(conn, span)]


def _count(conn: sa.Connection, table: sa.FromClause, *where: sa.ColumnElement[bool]) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def _draws(conn: sa.Connection, span: tuple[int, int]) -> Iterable[Figure]:
    part = "Draws"
    within = decision.c.decided_us >= span[0], decision.c.decided_us < span[1]
    handles = sa.select(sa.func.count()).select_from(custody).where(
        custody.c.is_handle == 1, custody.c.basis == "ISSUED", custody.c.opened_us >= span[0],
        custody.c.opened_us < span[1], custody.c.purpose == "OPERATIONAL",
    )  # fmt: skip
    carriers = sa.select(sa.func.count(sa.distinct(custody.c.person_id))).where(
        custody.c.is_handle == 1, custody.c.basis == "ISSUED", custody.c.opened_us >= span[0],
        custody.c.opened_us < span[1], custody.c.purpose == "OPERATIONAL",
    )  # fmt: skip
    allowed = _count(conn, decision, *within, decision.c.verdict == "ALLOW")
    refused = _count(conn, decision, *within, decision.c.verdict == "DENY")
    yield Figure(part, "Draws allowed", allowed, "Decisions that allowed a draw of any kit, and issued it.")
    yield Figure(part, "Draws refused", refused, "Decisions that refused a draw, each with every reason.")
    yield Figure(part, "CED handles issued for duty", int(conn.execute(handles).scalar_one()),
                 "Issues of a CED handle for operational duty; carrying is no use of force.")  # fmt: skip
    yield Figure(part, "Officers who carried a CED", int(conn.execute(carriers).scalar_one()),
                 "Different people who were issued a CED handle for operational duty at least once.")  # fmt: skip


def _uses(conn: sa.Connection, span: tuple[int, int]) -> Iterable[Figure]:
    part = "Uses of CEDs as declared"
    asked = sa.select(use_declared.c.uses, use_declared.c.sort, use_declared.c.dsi).where(
        use_declared.c.used_us >= span[0], use_declared.c.used_us < span[1], use_declared.c.item_id.is_not(None)
    )
    highest: Counter[str] = Counter()
    unintentional = injuries = 0
    for uses, sort, dsi in conn.execute(asked):
        listed = [each for each in words.USES if each in uses.split(",")]
        if sort == "OPERATIONAL" and listed:
            highest[listed[-1]] += 1
        unintentional += sort == "UNINTENTIONAL"
        injuries += bool(dsi)
    for word, said in USES.items():
        kind = "no discharge" if word in NO_DISCHARGE else "a discharge"
        yield Figure(part, said, highest[word], f"Operational declarations whose highest use was this; {kind}.")
    yield Figure(part, "Unintentional discharges", unintentional, "Declarations of a discharge that was not meant.")
    yield Figure(part, "Death or serious injury", injuries, "Declarations that say so; each is referred to the IOPC.")


def _losses(conn: sa.Connection, span: tuple[int, int]) -> Iterable[Figure]:
    part = "Losses"
    within = loss_case.c.opened_us >= span[0], loss_case.c.opened_us < span[1]
    of_kind = loss_case.join(item, item.c.id == loss_case.c.item_id)
    for kind in words.ITEM_KINDS:
        found = _count(conn, of_kind, *within, item.c.kind == kind)
        yield Figure(part, f"{label(kind, 2).capitalize()} missed", found, "Cases opened in the span, closed ones too.")
    still = _count(conn, loss_case, loss_case.c.opened_us < span[1],
                   sa.or_(loss_case.c.closed_us.is_(None), loss_case.c.closed_us >= span[1]))  # fmt: skip
    yield Figure(part, "Cases open at the end", still, "Cases opened by then and not closed by then.")


def _checks(conn: sa.Connection, span: tuple[int, int]) -> Iterable[Figure]:
    part = "Compliance"
    within = inspection.c.at_us >= span[0], inspection.c.at_us < span[1]
    full = _count(conn, inspection, *within, inspection.c.kind == "FULL_CHECK")
    failed = _count(conn, inspection, *within, inspection.c.kind == "FULL_CHECK", inspection.c.passed == 0)
    closed = stocktake_closed.c.closed_us
    counts = _count(conn, stocktake_closed, closed >= span[0], closed < span[1])
    yield Figure(part, "Full checks of kit", full, "Full checks of CEDs recorded by a technician, passed or not.")
    yield Figure(part, "Full checks failed", failed, "Of those, the ones that did not pass.")
    yield Figure(part, "Counts closed", counts, "Stock counts that were signed and closed, of every sort.")


def bought(conn: sa.Connection, first: date, last: date) -> list[Bought]:
    """What each fund ordered in the span, by kind and model."""
    rows = conn.execute(
        sa.select(
            purchase.c.funding, sa.func.count(sa.distinct(purchase.c.id)), purchase_line.c.kind, purchase_line.c.model,
            sa.func.sum(purchase_line.c.quantity),
        )
        .select_from(purchase.join(purchase_line, purchase_line.c.purchase_id == purchase.c.id))
        .where(purchase.c.opened_us >= day_start_us(first), purchase.c.opened_us < day_end_us(last))
        .group_by(purchase.c.funding, purchase_line.c.kind, purchase_line.c.model)
        .order_by(purchase.c.funding, purchase_line.c.kind, purchase_line.c.model)
    )  # fmt: skip
    return [Bought(row[0], int(row[1]), row[2], row[3], int(row[4])) for row in rows]


def establishment(conn: sa.Connection) -> int:
    """People on record who have not left."""
    return _count(conn, person, person.c.left_on.is_(None), person.c.same_as.is_(None))
