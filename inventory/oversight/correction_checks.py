"""Checks over what was put right and what was written up from paper: signed by two, and in the ledger as it says.

One rule for the editor: a check reads everything and changes nothing; what it finds is (about, sentence).
"""

import base64
import hashlib

import sqlalchemy as sa

from inventory.schema.corrections import correction, told_later
from inventory.schema.custody import custody, ledger
from inventory.schema.paper import paper_line, paper_page, paper_scan
from inventory.schema.people import person

Found = list[tuple[str, str]]


def not_as_the_ledger_says(conn: sa.Connection) -> Found:
    """Corrections whose entry does not name what they correct, or that one person made alone."""
    one, other = person.alias("one"), person.alias("other")
    root = sa.func.coalesce(one.c.same_as, one.c.id), sa.func.coalesce(other.c.same_as, other.c.id)
    rows = conn.execute(
        sa.select(correction.c.id, correction.c.sort, ledger.c.id, root[0] == root[1]).select_from(
            correction.outerjoin(
                ledger,
                sa.and_(
                    ledger.c.id == correction.c.entry_id,
                    ledger.c.corrects == correction.c.corrects,
                    ledger.c.item_id == correction.c.item_id,
                ),
            )
            .outerjoin(one, one.c.id == correction.c.by_person)
            .outerjoin(other, other.c.id == correction.c.second_person)
        )
    )
    return [
        (
            f"correction {row[0]}",
            "no entry of the ledger makes it" if row[2] is None else "one person made it twice",
        )
        for row in rows
        if row[2] is None or row[3]
    ]


def given_by_a_correction(conn: sa.Connection) -> Found:
    """Entries that put another right by giving kit to a person, and are not ASSERTED by two with a document."""
    rows = conn.execute(
        sa.select(ledger.c.id, ledger.c.kind, custody.c.basis)
        .select_from(ledger.outerjoin(custody, custody.c.opened_entry == ledger.c.id))
        .where(
            ledger.c.corrects.is_not(None),
            ledger.c.item_id.is_not(None),
            ledger.c.taker == "PERSON",
            sa.or_(ledger.c.kind != "ASSERTED", custody.c.basis.is_distinct_from("ASSERTED")),
        )
    )
    return [(f"entry {row[0]}", f"a correction gave kit to a person as {row[1]}") for row in rows]


def told_otherwise(conn: sa.Connection) -> Found:
    """What the ledger was told later and does not say itself."""
    says = sa.and_(
        ledger.c.id == told_later.c.entry_id, ledger.c.item_id == told_later.c.item_id,
        ledger.c.taker == told_later.c.holder, ledger.c.taker_id == told_later.c.holder_id,
        ledger.c.at_us == told_later.c.upto_us,
    )  # fmt: skip
    rows = conn.execute(
        sa.select(told_later.c.id, told_later.c.item_id)
        .select_from(told_later.outerjoin(ledger, says))
        .where(ledger.c.id.is_(None))
    )
    return [(f"item {row[1]}", f"it was told later ({row[0]}) what no movement says") for row in rows]


def paper_not_as_signed(conn: sa.Connection) -> Found:
    """Pages whose scan is not the one that was signed for, or whose entry in the ledger names another."""
    rows = conn.execute(
        sa.select(paper_page.c.id, paper_page.c.sha256, paper_scan.c.body, ledger.c.reason).select_from(
            paper_page.outerjoin(paper_scan, paper_scan.c.page_id == paper_page.c.id).outerjoin(
                ledger, sa.and_(ledger.c.id == paper_page.c.entry_id, ledger.c.kind == "WRITTEN_UP")
            )
        )
    )
    told = []
    for page_id, sha256, body, reason in rows:
        scanned = hashlib.sha256(base64.b64decode(body or "")).hexdigest()
        if scanned != sha256 or not (reason or "").endswith(sha256):
            told.append((f"page {page_id}", "its scan is not the one that was signed for"))
    return told


def paper_not_in_the_ledger(conn: sa.Connection) -> Found:
    """Lines of pages that name no movement of their item or lot: to the person who drew it, or from a person back."""
    moved = sa.and_(
        ledger.c.id == paper_line.c.entry_id,
        sa.or_(ledger.c.item_id == paper_line.c.item_id, ledger.c.lot_id == paper_line.c.lot_id),
        sa.or_(
            sa.and_(
                paper_line.c.act == "DRAWN",
                ledger.c.kind == "ASSERTED",
                ledger.c.taker_id == paper_line.c.person_id,
            ),
            sa.and_(paper_line.c.act == "RETURNED", ledger.c.kind == "RETURNED"),
        ),
    )
    rows = conn.execute(
        sa.select(paper_line.c.page_id, paper_line.c.line_no)
        .select_from(paper_line.outerjoin(ledger, moved))
        .where(ledger.c.id.is_(None))
    )
    return [(f"page {row[0]}", f"line {row[1]} names no movement of the ledger") for row in rows]


def corrections_are_in_order(conn: sa.Connection) -> Found:
    """Whatever was put right was put right by two and by an entry that names it, what a correction gave to a person is
    ASSERTED, and what the ledger was told later it says itself."""
    return [*not_as_the_ledger_says(conn), *given_by_a_correction(conn), *told_otherwise(conn)]


def paper_is_in_order(conn: sa.Connection) -> Found:
    """Every page that was written up has the scan that was signed for, and every line of it its movement."""
    return [*paper_not_as_signed(conn), *paper_not_in_the_ledger(conn)]


CHECKS = (corrections_are_in_order, paper_is_in_order)
