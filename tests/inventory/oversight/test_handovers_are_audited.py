"""What is promised of hand-overs and reservations is broken once behind the triggers, and the audit says so by name."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.custody.handovers.act import Handing, hand_over
from inventory.custody.issue import Request, issue_kit
from inventory.custody.reservations.making import Reserving, reserve
from inventory.oversight.audit import CHECKS, audit
from inventory.oversight.handover_checks import CHECKS as OF_HANDOVERS
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests import small_force as force
from tests.inventory.custody.test_handovers import to
from tests.inventory.oversight.test_passages_are_audited import _without_triggers

POLICY = force.demo_policy()
BROKEN = {
    "handovers_are_two_movements_of_one_act": (
        "UPDATE ledger SET second_person = NULL WHERE kind = 'RETURNED'",
        "DELETE FROM handover_item",
        f"UPDATE handover SET giver_id = {force.LAPSED}",
    ),
    "handovers_are_among_three_people": (
        f"UPDATE person SET same_as = {force.HOLLIS} WHERE id = {force.ISSUER}",
    ),
    "nothing_reserved_was_issued_to_others": (
        f"UPDATE reservation_person SET person_id = {force.LAPSED}",
    ),
}  # fmt: skip
"""Check -> what breaks its promise, each by itself."""


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    """A set was handed over, and a reserved camera was drawn by who it was kept for."""
    url = make_database()
    force.build(url)
    engine = make_engine(url)
    ids = Ids(writing(engine))
    kept = Reserving(force.MEDWAY, (force.PCSO,), force.NOW, force.SHIFT_ENDS, "Op Larch", force.ISSUER, force.CAMERAS)
    with force.acting(engine, ids) as tx:
        reserve(tx, kept)
        assert issue_kit(tx, [Request(force.ced_ask(force.HOLLIS))], POLICY)[0].allowed
    with force.acting(engine, ids, force.NOW + force.HOUR) as tx:
        assert hand_over(tx, Handing(to(force.MERCER), "PIN"), POLICY).issued is not None
    with force.acting(engine, ids, force.NOW + 1_000_000) as tx:
        assert issue_kit(tx, [Request(force.camera_ask(force.PCSO))], POLICY)[0].allowed
    yield engine
    engine.dispose()


def test_what_is_in_order_is_no_fault(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        assert audit(conn) == []


@pytest.mark.parametrize("name", [check.__name__ for check in OF_HANDOVERS])
def test_what_breaks_a_promise_is_said_by_its_name(engine: sa.Engine, name: str) -> None:
    check = next(check for check in CHECKS if check.__name__ == name)
    for breaks in BROKEN[name]:
        with engine.connect() as conn:
            _without_triggers(conn)
            assert check(conn) == []
            conn.exec_driver_sql(breaks)
            assert {fault.check for fault in check(conn)} == {name}, breaks
            conn.rollback()
