"""What stands in the database after an attempt: who got kit, and whether the refusal was written down.

One rule for the editor: this file reads only.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.oversight import audit, verify
from inventory.schema.custody import custody, decision, ledger
from inventory.schema.stock import lot_balance
from tests.doors import people


@dataclass(frozen=True)
class Refused:
    """One DENY as stored: who asked for whom, through which door, and the codes that stopped it."""

    decision_id: int
    person_id: int
    door: str
    by_person: int | None
    refusals: str
    is_in_the_ledger: bool


def custody_of(conn: sa.Connection, person_ids: Iterable[int]) -> list[tuple[int, int, str]]:
    """(person, item, basis) of every custody, open or closed, that any of these people ever had."""
    wanted = custody.c.person_id.in_(list(person_ids))
    rows = conn.execute(sa.select(custody.c.person_id, custody.c.item_id, custody.c.basis).where(wanted))
    return [tuple(row) for row in rows]


def lots_of(conn: sa.Connection, person_ids: Iterable[int]) -> list[tuple[int, int]]:
    """(person, quantity) of every lot that any of these people holds."""
    wanted = (lot_balance.c.holder == "PERSON", lot_balance.c.holder_id.in_(list(person_ids)))
    rows = conn.execute(sa.select(lot_balance.c.holder_id, lot_balance.c.quantity).where(*wanted))
    return [tuple(row) for row in rows]


def refusals(conn: sa.Connection, person_id: int) -> list[Refused]:
    """Every refusal stored for a person, oldest first."""
    rows = conn.execute(
        sa.select(decision.c.id, decision.c.person_id, decision.c.door, decision.c.by_person, decision.c.refusals)
        .where(decision.c.person_id == person_id, decision.c.verdict == "DENY")
        .order_by(decision.c.id)
    ).all()
    told = sa.select(ledger.c.decision_id).where(ledger.c.kind == "REFUSED")
    in_ledger = set(conn.execute(told).scalars())
    return [Refused(*row, is_in_the_ledger=row[0] in in_ledger) for row in rows]


def no_ineligible_person_has_kit(conn: sa.Connection) -> None:
    """Fail naming who got what."""
    got = custody_of(conn, people.INELIGIBLE)
    assert got == [], f"kit reached the ineligible: {got}"
    assert lots_of(conn, people.INELIGIBLE) == []


def everything_is_in_order(conn: sa.Connection) -> None:
    """Fail naming what the audit or the verifier of the ledger finds."""
    assert audit.audit(conn) == []
    assert verify.verify(conn).findings == []
