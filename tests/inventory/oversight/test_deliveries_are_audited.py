"""What is promised of deliveries is broken once behind the triggers, and `kitstore audit` says so by its name."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.oversight.audit import CHECKS, audit
from inventory.oversight.delivery_checks import CHECKS as OF_DELIVERIES
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests.inventory.custody.test_receiving import Unpacked
from tests.inventory.oversight.test_passages_are_audited import _without_triggers
from tests.small_force import build

BROKEN = {
    "what_is_signed_for_was_received_by_both": "UPDATE ledger SET second_person = NULL WHERE second_person IS NOT NULL",
    "labels_were_read_twice_alike": "UPDATE item SET serial = 'X7000' WHERE serial = 'X7200'",
    "no_metal_on_a_taser": "UPDATE ledger SET reason = 'LABEL T-1, metal, on the item itself' WHERE kind = 'MARKED'",
    "codes_of_items_have_their_entries": "UPDATE ledger SET kind = 'HELD' WHERE kind = 'MARKED'",
}
"""Check -> what breaks its promise."""


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    """A force in which one TASER was received and tagged, and pieces of a lot."""
    url = make_database()
    build(url)
    engine = make_engine(url)
    store = Unpacked(engine, Ids(writing(engine)))
    of = store.order()
    at = store.delivered(of)
    unit = store.read(at, of.lines[0].id, "X7200")
    store.tag(at, unit, "T-1")
    store.read(at, of.lines[2].id, "SG-1", quantity=5)
    store.sign(at, 6)
    yield engine
    engine.dispose()


def test_a_delivery_that_is_in_order_is_no_fault(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        assert audit(conn) == []


@pytest.mark.parametrize("name", [check.__name__ for check in OF_DELIVERIES])
def test_what_breaks_a_promise_is_said_by_its_name(engine: sa.Engine, name: str) -> None:
    check = next(check for check in CHECKS if check.__name__ == name)
    with engine.connect() as conn:
        _without_triggers(conn)
        assert check(conn) == []
        conn.exec_driver_sql(BROKEN[name])
        assert {fault.check for fault in check(conn)} == {name}
        conn.rollback()
