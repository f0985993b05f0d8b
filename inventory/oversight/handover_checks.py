"""Whether kit that was handed over moved as one act among three people, and nothing that was reserved went to others.

One rule for the editor: what is asked here is asked of the stored rows alone, and not by the code that wrote them.
"""

import sqlalchemy as sa

from inventory.schema.custody import custody, decision, ledger
from inventory.schema.handovers import handover, handover_item
from inventory.schema.people import person
from inventory.schema.reservations import reservation, reservation_ended, reservation_line, reservation_person

Told = list[tuple[str, str]]
"""(what it is about, a sentence)."""


def handovers_are_two_movements_of_one_act(conn: sa.Connection) -> Told:
    """Every item of a hand-over was handed in by the giver and issued to the receiver in one transaction, by one ALLOW
    decision, and each movement names the other officer; and no movement says so of itself without its hand-over."""
    back, out = ledger.alias("back"), ledger.alias("out")
    joined = (
        handover.join(handover_item, handover_item.c.handover_id == handover.c.id)
        .outerjoin(decision, decision.c.id == handover.c.decision_id)
        .outerjoin(back, back.c.id == handover_item.c.returned_entry)
        .outerjoin(out, out.c.id == handover_item.c.issued_entry)
    )
    is_so = sa.and_(
        decision.c.verdict == "ALLOW", decision.c.person_id == handover.c.receiver_id,
        back.c.kind == "RETURNED", back.c.item_id == handover_item.c.item_id,
        back.c.giver_id == handover.c.giver_id, back.c.second_person == handover.c.receiver_id,
        out.c.kind == "ISSUED", out.c.item_id == handover_item.c.item_id,
        out.c.taker_id == handover.c.receiver_id, out.c.second_person == handover.c.giver_id,
        out.c.decision_id == handover.c.decision_id, back.c.tx_id == out.c.tx_id, out.c.tx_id == handover.c.tx_id,
    )  # fmt: skip
    asked = sa.select(handover.c.id, handover_item.c.item_id).select_from(joined)
    rows = conn.execute(asked.where(sa.not_(sa.func.coalesce(is_so, sa.false()))))
    found = [(f"handover {row[0]}", f"item {row[1]} has not both its movements in one act") for row in rows]
    return found + _without_the_other(conn)


def _without_the_other(conn: sa.Connection) -> Told:
    """Movements that name who handed over, without a hand-over, and hand-overs of nothing."""
    bare = conn.execute(
        sa.select(ledger.c.id, ledger.c.item_id)
        .select_from(ledger.outerjoin(handover_item, handover_item.c.issued_entry == ledger.c.id))
        .where(ledger.c.kind == "ISSUED", ledger.c.second_person.is_not(None), handover_item.c.id.is_(None))
    )
    empty = conn.execute(
        sa.select(handover.c.id)
        .select_from(handover.outerjoin(handover_item, handover_item.c.handover_id == handover.c.id))
        .where(handover_item.c.id.is_(None))
    )
    return [
        *((f"item {row[1]}", f"entry {row[0]} names who handed it over, and there is no hand-over") for row in bare),
        *((f"handover {row[0]}", "nothing was handed over by it") for row in empty),
    ]


def handovers_are_among_three_people(conn: sa.Connection) -> Told:
    """Giver, receiver and who countersigned are three people, however many records each has."""
    rows = conn.execute(
        sa.select(handover.c.id, *(_root(handover.c[name]) for name in ("giver_id", "receiver_id", "by_person")))
    )
    return [(f"handover {row[0]}", "by fewer than three people") for row in rows if len(set(row[1:])) < 3]


def _root(column: sa.Column[int]) -> sa.ScalarSelect[int]:
    found = sa.select(sa.func.coalesce(person.c.same_as, person.c.id)).where(person.c.id == column)
    return found.correlate_except(person).scalar_subquery()


def nothing_reserved_was_issued_to_others(conn: sa.Connection) -> Told:
    """No item was issued to somebody else while it was reserved, nor for a duty that runs into a reservation that was
    made before."""
    owner = _root(custody.c.person_id)
    theirs = (
        sa.select(reservation_person.c.id)
        .where(
            reservation_person.c.reservation_id == reservation.c.id,
            sa.or_(reservation_person.c.person_id == custody.c.person_id, reservation_person.c.person_id == owner),
        )
        .correlate_except(reservation_person)
    )
    until = sa.func.coalesce(custody.c.planned_return_us, custody.c.opened_us)
    rows = conn.execute(
        sa.select(custody.c.item_id, custody.c.person_id, reservation.c.id)
        .select_from(
            custody.join(reservation_line, reservation_line.c.item_id == custody.c.item_id)
            .join(reservation, reservation.c.id == reservation_line.c.reservation_id)
            .outerjoin(reservation_ended, reservation_ended.c.reservation_id == reservation.c.id)
        )
        .where(
            custody.c.basis == "ISSUED",
            reservation.c.made_us < custody.c.opened_us,
            reservation.c.to_us > custody.c.opened_us,
            sa.or_(reservation.c.from_us < until, reservation.c.from_us <= custody.c.opened_us),
            sa.or_(reservation_ended.c.at_us.is_(None), reservation_ended.c.at_us > custody.c.opened_us),
            ~theirs.exists(),
        )
    )
    return [(f"item {row[0]}", f"issued to person {row[1]} though reservation {row[2]} keeps it") for row in rows]


CHECKS = (
    handovers_are_two_movements_of_one_act,
    handovers_are_among_three_people,
    nothing_reserved_was_issued_to_others,
)
