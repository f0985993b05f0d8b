"""What is promised of kit on its way is broken once behind the triggers, and `kitstore audit` says so by its name."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.oversight.audit import CHECKS, audit
from inventory.oversight.transfer_checks import CHECKS as OF_TRANSFERS
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests.inventory.custody.test_transfers import Movement
from tests.inventory.oversight.test_passages_are_audited import _without_triggers
from tests.small_force import CAMERAS, GUARD_LOT, build

BROKEN = {
    "nothing_on_its_way_without_a_consignment": "UPDATE consignment_event SET act = 'UNSEEN' WHERE act = 'LISTED'",
    "consignments_are_signed_by_two": "UPDATE ledger SET second_person = NULL WHERE kind = 'DELIVERED'",
    "every_piece_that_was_sent_is_told_of": "UPDATE consignment_event SET quantity = 1 WHERE act = 'ARRIVED'",
}
"""Check -> what breaks its promise."""


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    """A force in which a consignment was sent and received short."""
    url = make_database()
    build(url)
    engine = make_engine(url)
    movement = Movement(engine, Ids(writing(engine)))
    number = movement.sent(*CAMERAS[:2], lots=((GUARD_LOT, 4),))
    movement.see(number, CAMERAS[0], lots=((GUARD_LOT, 3),))
    movement.receive(number, 4)
    yield engine
    engine.dispose()


def test_a_consignment_that_is_short_is_no_fault(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        assert audit(conn) == []


@pytest.mark.parametrize("name", [check.__name__ for check in OF_TRANSFERS])
def test_what_breaks_a_promise_is_said_by_its_name(engine: sa.Engine, name: str) -> None:
    check = next(check for check in CHECKS if check.__name__ == name)
    with engine.connect() as conn:
        _without_triggers(conn)
        assert check(conn) == []
        conn.exec_driver_sql(BROKEN[name])
        assert {fault.check for fault in check(conn)} == {name}
        conn.rollback()
