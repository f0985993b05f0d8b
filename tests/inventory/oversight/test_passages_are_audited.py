"""Each invariant of the design is broken once behind the triggers' back, and `kitstore audit` says so by its name."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.custody.issue import Request, issue_kit
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import CHECKS, audit
from inventory.oversight.passage_checks import CHECKS as OF_PASSAGES
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests.inventory.custody.passage_force import EXHIBITS, POLICY, PSD, SERGEANT, SPOC, TECHNICIAN, Doing
from tests.small_force import (
    BATTERIES,
    CARTRIDGES,
    HANDLES,
    HOLLIS,
    ISSUER,
    MEDWAY,
    SECOND_ISSUER,
    acting,
    build,
    ced_ask,
)

SEIZED, TRAINED, ENDED = HANDLES[1], HANDLES[2], CARTRIDGES[8]
DRAWN = (HANDLES[0], BATTERIES[0], *CARTRIDGES[:4])


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    """A force in which kit was drawn and handed in, seized and released, trained with, and disposed of."""
    url = make_database()
    build(url)
    engine = make_engine(url)
    doing = Doing(engine, Ids(writing(engine)))
    with acting(engine, doing.ids) as tx:
        assert issue_kit(tx, [Request(ced_ask(HOLLIS, charges=((BATTERIES[0], 90),)))], POLICY)[0].allowed
    with acting(engine, doing.ids, doing.now_us + 10) as tx:
        return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in DRAWN])
    doing.now_us += 20
    doing.do("SEIZE", SEIZED, SERGEANT)
    doing.do("SEND_TO_EXAM", SEIZED, EXHIBITS)
    doing.do("BACK_FROM_EXAM", SEIZED, EXHIBITS)
    doing.do("RELEASE", SEIZED, PSD)
    doing.do("TO_TRAINING", TRAINED, SPOC, TECHNICIAN)
    doing.do("WITHDRAW", ENDED, SPOC)
    doing.do("DISPOSE", ENDED, SPOC, SECOND_ISSUER)
    yield engine
    engine.dispose()


BROKEN = {
    "issues_closed_without_remainder": "UPDATE ledger SET giver_id = giver_id + 1 WHERE kind = 'RETURNED'",
    "corrections_name_what_they_correct": "UPDATE ledger SET corrects = 999999999 WHERE kind = 'RETURNED'",
    "evidence_released_by_its_authority": f"UPDATE hold_lift SET lifted_by = {SECOND_ISSUER}",
    "nothing_leaves_a_terminal_state": "UPDATE ledger SET taker = 'DISPOSAL' WHERE kind = 'ISSUED'",
    "two_people_are_two": "UPDATE ledger SET second_person = by_person WHERE kind = 'PASSED'",
    "passages_are_in_the_table": "UPDATE ledger SET reason = 'DESTROY: ISSUED to DESTROYED' WHERE kind = 'PASSED'",
    "dates_are_calendar_dates": "UPDATE item SET expires_on = '2026-02-30' WHERE kind = 'CED_CARTRIDGE'",
    "magazines_hold_one_sort": f"UPDATE item SET kind = 'CED_MAGAZINE', model = 'T10' WHERE id = {TRAINED}",
    "decisions_were_fresh": "UPDATE decision SET decided_us = decided_us - 121000000",
    "pools_never_mix": f"UPDATE item SET pool = 'TRAINING' WHERE id = {BATTERIES[0]}",
    "holds_are_in_the_ledger": "UPDATE ledger SET hold_id = NULL WHERE kind = 'LIFTED'",
}
"""Check -> what breaks its promise."""

LOADED = f"INSERT INTO fitting (id, child_id, parent_id, slot, from_us) VALUES (1, {CARTRIDGES[9]}, {TRAINED}, 1, 1)"


def test_the_ledger_as_it_was_written_has_no_fault(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        assert audit(conn) == []


def test_every_check_of_passages_is_asked_by_the_audit_and_broken_here() -> None:
    names = [check.__name__ for check in OF_PASSAGES]
    assert set(names) == BROKEN.keys()
    assert set(names) <= {check.__name__ for check in CHECKS}
    assert all(check.__doc__ for check in CHECKS)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_what_breaks_an_invariant_is_said_by_its_name(engine: sa.Engine, name: str) -> None:
    check = next(check for check in CHECKS if check.__name__ == name)
    with engine.connect() as conn:
        _without_triggers(conn)
        if name == "magazines_hold_one_sort":
            conn.execute(sa.text(LOADED))
        conn.execute(sa.text(BROKEN[name]))
        told = check(conn)
        conn.rollback()
    assert told, "the broken promise is not seen"
    assert {fault.check for fault in told} == {name}


def _without_triggers(conn: sa.Connection) -> None:
    """Make this transaction one whose writes no trigger refuses."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text("SET LOCAL session_replication_role = replica"))
        return
    for (trigger,) in list(conn.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))):
        conn.execute(sa.text(f"DROP TRIGGER {trigger}"))
