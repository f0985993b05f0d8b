"""One instance decides a draw while another changes what it is decided on: whoever is second knows of the first.

The two are held in step by events, not by luck: without the locks each of these fails every time.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.database import Database
from inventory.custody.holds import Placing, place_holds
from inventory.custody.issue import Request, issue_kit
from inventory.custody.lapse import raise_ineligible
from inventory.oversight.audit import audit
from inventory.people.authority import StopOrder, stop
from inventory.schema.tx import Tx
from tests import small_force
from tests.small_force import GUARD_LOT, HANDLES, HOLLIS, ISSUER, NOW, ced_ask, demo_policy

pytestmark = pytest.mark.db
POLICY = demo_policy()
SECOND_WAITS_S = 0.2
Act = Callable[[Tx], Any]


@pytest.fixture
def instances(make_pg_database: Callable[..., str], template: str) -> Iterator[list[Database]]:
    """Two instances of the service's writer on one PostgreSQL; what they leave is sound."""
    url = make_pg_database(template=template)
    found = [Database(url, lambda: NOW, instance=number) for number in (1, 2)]
    for each in found:
        each.start()
    yield found
    with found[0].reading() as conn:
        assert audit(conn) == []
    for each in found:
        each.stop()


@pytest.fixture(scope="module")
def template(make_pg_database: Callable[..., str]) -> str:
    """URL of a database with the small force."""
    url = make_pg_database()
    small_force.build(url)
    return url


def in_step(instances: list[Database], first: Act, second: Act) -> tuple[Any, Any]:
    """`first` is done and not yet committed when `second` begins; what each of them gave."""
    is_done, is_over = threading.Event(), threading.Event()
    given: list[Any] = [None, None]

    def one(tx: Tx) -> Any:
        given[0] = first(tx)
        is_done.set()
        is_over.wait(SECOND_WAITS_S)
        return given[0]

    def other() -> None:
        is_done.wait()
        given[1] = instances[1].write(second)
        is_over.set()

    beside = threading.Thread(target=other)
    beside.start()
    instances[0].write(one)
    beside.join()
    return given[0], given[1]


def draws(tx: Tx) -> Any:
    return issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0]


def draws_of_the_lot(tx: Tx) -> Any:
    return issue_kit(tx, [Request(ced_ask(HOLLIS, item_ids=(), lots=((GUARD_LOT, 1),)))], POLICY)[0]


def is_held(item_id: int | None, lot_id: int | None) -> Act:
    return lambda tx: place_holds(tx, [Placing("QUARANTINE", "Dropped", item_id, lot_id, ISSUER)])


def is_suspended(tx: Tx) -> list[int]:
    stop(tx.conn, tx.ids, StopOrder(HOLLIS, "SUSPENDED", NOW, "CI Ward", "S1", "REVIEW"), NOW)
    return raise_ineligible(tx, POLICY, [HOLLIS])


@pytest.mark.parametrize(
    ("change", "draw", "code"),
    [
        (is_held(HANDLES[0], None), draws, "QUARANTINED"),
        (is_held(None, GUARD_LOT), draws_of_the_lot, "QUARANTINED"),
        (is_suspended, draws, "AUTHORITY_SUSPENDED"),
    ],
    ids=["a hold on an item", "a hold on a lot", "a suspension"],
)
def test_what_is_being_changed_is_waited_for_and_refused(
    instances: list[Database], change: Act, draw: Act, code: str
) -> None:
    _, answer = in_step(instances, change, draw)
    assert not answer.allowed
    assert code in {each.code for each in answer.decision.refusals}


def test_whoever_is_suspended_while_kit_is_issued_to_them_is_told_to_bring_it_back(instances: list[Database]) -> None:
    answer, raised = in_step(instances, draws, is_suspended)
    assert answer.allowed
    assert raised == [HOLLIS]
