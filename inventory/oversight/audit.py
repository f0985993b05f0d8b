"""Named checks over the whole ledger: every promise is checked when it is written, and here once more for all of it.

One rule for the editor: a check states in its docstring what must hold, reads everything it needs, never stops at
the first fault, and changes nothing. Add it to CHECKS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.oversight import (
    authority_checks,
    camera_checks,
    correction_checks,
    count_checks,
    delivery_checks,
    feed_checks,
    guard_checks,
    handover_checks,
    loss_checks,
    override_checks,
    passage_checks,
    policy_checks,
    recall_checks,
    transfer_checks,
    use_checks,
)  # fmt: skip
from inventory.schema import revision
from inventory.schema.custody import custody, decision, decision_item, ledger
from inventory.schema.stock import fitting, item, lot_balance

MOVES = (
    "RECEIVED", "ISSUED", "RETURNED", "TRANSFERRED", "ASSERTED", "HANDED_OVER", "UNACCOUNTED", "FOUND", "DISPOSED",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a promise does not hold: the check's name, what it is about, and a sentence."""

    check: str
    about: str
    sentence: str


Check = Callable[[sa.Connection], list[Fault]]
Row = tuple[Any, ...]


def _faults(check: str, rows: list[Row], sentence: str) -> list[Fault]:
    return [Fault(check, str(row[0]), sentence.format(*row)) for row in rows]


def _rows(conn: sa.Connection, statement: sa.Select[Any]) -> list[Row]:
    return [tuple(row) for row in conn.execute(statement)]


def promises_are_in_force(conn: sa.Connection) -> list[Fault]:
    """Every trigger the house relies on exists and is enabled."""
    return [
        Fault("promises_are_in_force", name, "this trigger is missing")
        for name in revision.missing_triggers(conn)
    ]


def custody_is_the_last_movement(conn: sa.Connection) -> list[Fault]:
    """The open custody of every item is what its last movement in the ledger says, and nothing else is open."""
    newest = (
        sa.select(ledger.c.item_id, sa.func.max(ledger.c.seq).label("seq"))
        .where(ledger.c.kind.in_(MOVES), ledger.c.item_id.is_not(None))
        .group_by(ledger.c.item_id)
        .subquery()
    )
    said = (
        sa.select(ledger.c.item_id, ledger.c.taker, ledger.c.taker_id, ledger.c.id)
        .join(newest, sa.and_(newest.c.item_id == ledger.c.item_id, newest.c.seq == ledger.c.seq))
        .where(ledger.c.kind.in_(MOVES))
    )
    stands = sa.select(
        custody.c.item_id, custody.c.holder, custody.c.holder_id, custody.c.opened_entry
    ).where(custody.c.closed_entry.is_(None))
    by_ledger, by_custody = set(_rows(conn, said)), set(_rows(conn, stands))
    name = "custody_is_the_last_movement"
    return [
        Fault(name, f"item {r[0]}", f"the ledger says {r[1]} {r[2]} (entry {r[3]})")
        for r in by_ledger - by_custody
    ] + [
        Fault(name, f"item {r[0]}", f"custody says {r[1]} {r[2]} (entry {r[3]})")
        for r in by_custody - by_ledger
    ]


def one_open_custody_an_item(conn: sa.Connection) -> list[Fault]:
    """No item has two open custodies."""
    twice = (
        sa.select(custody.c.item_id, sa.func.count())
        .where(custody.c.closed_entry.is_(None))
        .group_by(custody.c.item_id)
        .having(sa.func.count() > 1)
    )
    return _faults("one_open_custody_an_item", _rows(conn, twice), "item {0} has {1} open custodies")


def one_handle_a_person(conn: sa.Connection) -> list[Fault]:
    """No person holds two CED handles, judged by the items' own kind."""
    twice = (
        sa.select(custody.c.person_id, sa.func.count())
        .join(item, item.c.id == custody.c.item_id)
        .where(
            custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None), item.c.kind == "CED_HANDLE"
        )
        .group_by(custody.c.person_id)
        .having(sa.func.count() > 1)
    )
    return _faults("one_handle_a_person", _rows(conn, twice), "person {0} holds {1} handles")


def issued_only_by_allow(conn: sa.Connection) -> list[Fault]:
    """Every ISSUED custody has its ALLOW decision: same person, purpose, item, transaction, covering the return."""
    match = sa.and_(
        decision.c.id == custody.c.decision_id,
        decision.c.verdict == "ALLOW",
        decision.c.person_id == custody.c.person_id,
        decision.c.purpose == custody.c.purpose,
        decision.c.tx_id == custody.c.tx_id,
        sa.or_(custody.c.return_mode != "DUTY", decision.c.valid_until_us >= custody.c.planned_return_us),
    )
    covers = sa.and_(
        decision_item.c.decision_id == custody.c.decision_id, decision_item.c.item_id == custody.c.item_id
    )
    without = (
        sa.select(custody.c.id, custody.c.item_id, custody.c.person_id)
        .select_from(custody.outerjoin(decision, match).outerjoin(decision_item, covers))
        .where(
            custody.c.basis == "ISSUED", sa.or_(decision.c.id.is_(None), decision_item.c.item_id.is_(None))
        )
    )
    return _faults(
        "issued_only_by_allow",
        _rows(conn, without),
        "custody {0}: item {1} with person {2} without its ALLOW",
    )


def allowed_means_issued(conn: sa.Connection) -> list[Fault]:
    """Every ALLOW decision issued every item it names, in its own transaction."""
    without = (
        sa.select(decision_item.c.decision_id, decision_item.c.item_id)
        .select_from(
            decision_item.join(decision, decision.c.id == decision_item.c.decision_id).outerjoin(
                custody,
                sa.and_(
                    custody.c.decision_id == decision_item.c.decision_id,
                    custody.c.item_id == decision_item.c.item_id,
                ),
            )
        )
        .where(decision.c.verdict == "ALLOW", custody.c.id.is_(None))
    )
    return _faults(
        "allowed_means_issued",
        _rows(conn, without),
        "decision {0} allowed item {1}, which was not issued by it",
    )


def refusals_are_in_the_ledger(conn: sa.Connection) -> list[Fault]:
    """Every DENY decision has its REFUSED entry."""
    without = (
        sa.select(decision.c.id)
        .select_from(
            decision.outerjoin(
                ledger, sa.and_(ledger.c.decision_id == decision.c.id, ledger.c.kind == "REFUSED")
            )
        )
        .where(decision.c.verdict == "DENY", ledger.c.id.is_(None))
    )
    return _faults(
        "refusals_are_in_the_ledger", _rows(conn, without), "decision {0} refused, and no entry says so"
    )


def balances_follow_the_ledger(conn: sa.Connection) -> list[Fault]:
    """Every lot's balance with every holder is the sum of its movements."""
    moved: dict[tuple[int, str, int], int] = {}
    entries = sa.select(
        ledger.c.lot_id,
        ledger.c.quantity,
        ledger.c.giver,
        ledger.c.giver_id,
        ledger.c.taker,
        ledger.c.taker_id,
    ).where(ledger.c.lot_id.is_not(None), ledger.c.kind.in_(MOVES))
    for lot_id, quantity, giver, giver_id, taker, taker_id in _rows(conn, entries):
        for holder, holder_id, sign in ((giver, giver_id, -1), (taker, taker_id, 1)):
            if holder is not None:
                at = (lot_id, holder, holder_id)
                moved[at] = moved.get(at, 0) + sign * quantity
    stands = {(r[0], r[1], r[2]): r[3] for r in _rows(conn, sa.select(lot_balance))}
    wrong = [at for at in moved.keys() | stands.keys() if moved.get(at, 0) != stands.get(at, 0)]
    return [
        Fault(
            "balances_follow_the_ledger",
            f"lot {at[0]}",
            f"{at[1]} {at[2]}: the ledger says {moved.get(at, 0)}, the balance {stands.get(at, 0)}",
        )
        for at in sorted(wrong)
    ]


def every_item_is_somewhere(conn: sa.Connection) -> list[Fault]:
    """Every item has an open custody: kit in the register that nobody holds is kit nobody misses."""
    nowhere = (
        sa.select(item.c.id, item.c.kind, item.c.serial)
        .select_from(
            item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
        )
        .where(custody.c.id.is_(None))
    )
    return _faults("every_item_is_somewhere", _rows(conn, nowhere), "{1} {2} (item {0}) is held by nobody")


def loaded_is_where_its_magazine_is(conn: sa.Connection) -> list[Fault]:
    """Whatever is loaded in something is held by whoever holds that."""
    own, other = custody.alias("own"), custody.alias("other")
    now = sa.select(fitting.c.child_id, fitting.c.parent_id, own.c.holder, own.c.holder_id, other.c.holder,
                    other.c.holder_id)  # fmt: skip
    apart = now.select_from(
        fitting.outerjoin(own, sa.and_(own.c.item_id == fitting.c.child_id, own.c.closed_entry.is_(None))).outerjoin(
            other, sa.and_(other.c.item_id == fitting.c.parent_id, other.c.closed_entry.is_(None))
        )
    ).where(
        fitting.c.to_us.is_(None),
        sa.or_(own.c.holder.is_distinct_from(other.c.holder), own.c.holder_id.is_distinct_from(other.c.holder_id)),
    )
    return _faults(
        "loaded_is_where_its_magazine_is",
        _rows(conn, apart),
        "item {0} is with {2} {3}, and item {1}, in which it is loaded, with {4} {5}",
    )


def loaded_as_the_ledger_says(conn: sa.Connection) -> list[Fault]:
    """What is loaded now is what the ledger last said of it: LOADED, by the entry it names. (Older rows name none.)"""
    words = ("LOADED", "UNLOADED")
    ever = sa.select(fitting.c.child_id)
    newest = (
        sa.select(ledger.c.item_id, sa.func.max(ledger.c.seq).label("seq"))
        .where(ledger.c.kind.in_(words), ledger.c.item_id.in_(ever))
        .group_by(ledger.c.item_id)
        .subquery()
    )
    said = (
        sa.select(ledger.c.item_id, ledger.c.id)
        .join(newest, sa.and_(newest.c.item_id == ledger.c.item_id, newest.c.seq == ledger.c.seq))
        .where(ledger.c.kind == "LOADED")
    )
    stands = sa.select(fitting.c.child_id, fitting.c.loaded_entry).where(
        fitting.c.to_us.is_(None), fitting.c.loaded_entry.is_not(None)
    )
    by_ledger, by_fitting = set(_rows(conn, said)), set(_rows(conn, stands))
    name = "loaded_as_the_ledger_says"
    return [
        Fault(name, f"item {r[0]}", f"entry {r[1]} loaded it, and it is not loaded") for r in by_ledger - by_fitting
    ] + [
        Fault(name, f"item {r[0]}", f"it is loaded by entry {r[1]}, which is not the ledger's last word on it")
        for r in by_fitting - by_ledger
    ]


def overrides_were_valid(conn: sa.Connection) -> list[Fault]:
    """Every decision that relied on an override had a valid one for each rule: its person, store, duty and moment."""
    return [Fault("overrides_were_valid", *each) for each in override_checks.relied_on_in_vain(conn)]


def overrides_were_given_by_another(conn: sa.Connection) -> list[Fault]:
    """Every override was given by somebody else who might, and stands in the ledger as it stands in its table."""
    return [Fault("overrides_were_given_by_another", *each) for each in override_checks.not_as_given(conn)]


def losses_are_in_order(conn: sa.Connection) -> list[Fault]:
    """Whatever is missing has its case, no case was closed while its item was missing, what was found is held, and
    every act of a case stands in the ledger."""
    checks = (
        loss_checks.missing_without_a_case,
        loss_checks.closed_while_missing,
        loss_checks.not_as_the_ledger_says,
        loss_checks.found_and_not_held,
    )
    return [Fault("losses_are_in_order", *each) for check in checks for each in check(conn)]


def _named(check: Callable[[sa.Connection], passage_checks.Told]) -> Check:
    """A check under its own name, with its own sentence of what must hold."""

    def named(conn: sa.Connection) -> list[Fault]:
        return [Fault(check.__name__, *each) for each in check(conn)]

    named.__name__, named.__doc__ = check.__name__, check.__doc__
    return named


def uses_are_in_order(conn: sa.Connection) -> list[Fault]:
    """Every discharged cartridge has its parent issue and is kept out of use for good, every serial of an issue is
    accounted for, and what was owed after a use was closed by an answer."""
    checks = (
        use_checks.discharged_without_issue,
        use_checks.discharged_and_free,
        use_checks.issued_and_not_accounted,
        use_checks.closed_without_answer,
    )
    return [Fault("uses_are_in_order", *each) for check in checks for each in check(conn)]


def recalls_are_in_order(conn: sa.Connection) -> list[Fault]:
    """What a recall lists is held until its end or the recall's says otherwise and was not issued meanwhile, no recall
    was closed while something was not accounted for, and every act stands in the ledger."""
    return [Fault("recalls_are_in_order", *each) for check in recall_checks.OF_RECALLS for each in check(conn)]


def lapses_are_in_order(conn: sa.Connection) -> list[Fault]:
    """Nobody whose lapse was open was issued section 5 kit, decided on their own, or kept kit without authority."""
    return [Fault("lapses_are_in_order", *each) for check in recall_checks.OF_LAPSES for each in check(conn)]


def counts_are_as_they_were_signed(conn: sa.Connection) -> list[Fault]:
    """Every closed count's result is the one whose hash its entry in the ledger names."""
    return [Fault("counts_are_as_they_were_signed", *each) for each in count_checks.not_as_signed(conn)]


def counts_say_what_was_seen(conn: sa.Connection) -> list[Fault]:
    """Every closed count says what became of all that it expected, and finds only what somebody or something saw."""
    return [Fault("counts_say_what_was_seen", *each) for each in count_checks.not_as_seen(conn)]


def variances_are_settled_by_movements(conn: sa.Connection) -> list[Fault]:
    """Every variance that was settled was settled by a movement of its item, which names the count."""
    return [Fault("variances_are_settled_by_movements", *each) for each in count_checks.not_by_a_movement(conn)]


CHECKS: tuple[Check, ...] = (
    counts_are_as_they_were_signed,
    counts_say_what_was_seen,
    variances_are_settled_by_movements,
    uses_are_in_order,
    recalls_are_in_order,
    lapses_are_in_order,
    losses_are_in_order,
    overrides_were_valid,
    overrides_were_given_by_another,
    promises_are_in_force,
    custody_is_the_last_movement,
    one_open_custody_an_item,
    one_handle_a_person,
    issued_only_by_allow,
    allowed_means_issued,
    refusals_are_in_the_ledger,
    balances_follow_the_ledger,
    every_item_is_somewhere,
    loaded_is_where_its_magazine_is,
    loaded_as_the_ledger_says,
    *(_named(check) for check in correction_checks.CHECKS),
    *(_named(check) for check in passage_checks.CHECKS),
    *(_named(check) for check in (*transfer_checks.CHECKS, *handover_checks.CHECKS, *delivery_checks.CHECKS)),
    *(_named(check) for check in (*guard_checks.CHECKS, *camera_checks.CHECKS, *policy_checks.CHECKS)),
    *(_named(check) for check in (*authority_checks.CHECKS, *feed_checks.CHECKS)),
)


def audit(conn: sa.Connection) -> list[Fault]:
    """Every fault every check finds."""
    return [fault for check in CHECKS for fault in check(conn)]
