"""Two instances reach for the same magazine at once: one of them is first, and the other is told."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.database import Database
from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import who_had
from inventory.custody.loading import Loading, NotDone, load, magazine_now, unload
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.schema.tx import Tx
from tests import small_force, t10
from tests.small_force import HOLLIS, ISSUER, MEDWAY, MERCER, NOW, demo_policy

POLICY = demo_policy()
FIRST, OTHER, THIRD = t10.MAGAZINES
TEN = t10.inside()
ROUNDS = 6
Act = Callable[[Tx], Any]


@pytest.fixture
def instances(make_pg_database: Callable[..., str], template: str) -> Iterator[list[Database]]:
    """Two instances of the service's writer on one PostgreSQL, the first magazine loaded; sound at the end."""
    url = make_pg_database(template=template)
    found = [Database(url, lambda: NOW, instance=number) for number in (1, 2)]
    for each in found:
        each.start()
    found[0].write(lambda tx: t10.fill(tx, POLICY))
    yield found
    with found[0].reading() as conn:
        assert audit(conn) == []
    for each in found:
        each.stop()


@pytest.fixture(scope="module")
def template(make_pg_database: Callable[..., str]) -> str:
    """URL of a database with the small force and the T10 kit."""
    url = make_pg_database()
    small_force.build(url)
    t10.add_to(url)
    return url


def at_once(instances: list[Database], *acts: Act) -> list[Any]:
    """Each act by another instance, as nearly at once as threads can; what each gave, or what it was told."""
    ready = threading.Barrier(len(acts))
    given: list[Any] = [None] * len(acts)

    def run(number: int, act: Act) -> None:
        ready.wait()
        try:
            given[number] = instances[number].write(act)
        except NotDone as told:
            given[number] = told

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return given


def loads(magazine: int, *cartridges: int) -> Act:
    return lambda tx: load(tx, [Loading(magazine, cartridges, ISSUER)], POLICY)


def unloads(magazine: int, *cartridges: int) -> Act:
    return lambda tx: unload(tx, Loading(magazine, cartridges, ISSUER), POLICY)


def issues(person: int, number: int = 0) -> Act:
    ask = t10.t10_ask(person, number, item_ids=(t10.HANDLES[number], t10.BATTERIES[number], FIRST))
    return lambda tx: issue_kit(tx, [Request(ask)], POLICY)[0]


def returns(*items: int) -> Act:
    return lambda tx: return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in items])


def inside(instances: list[Database], magazine: int) -> list[int]:
    with instances[0].reading() as conn:
        now = magazine_now(conn, magazine, POLICY, NOW)
    assert now is not None
    return [fit.child_id for fit in now.cartridges]


@pytest.mark.db
def test_one_cartridge_is_loaded_by_one_of_two(instances: list[Database]) -> None:
    for cartridge in t10.CARTRIDGES[10 : 10 + ROUNDS]:
        done = at_once(instances, loads(OTHER, cartridge), loads(THIRD, cartridge))
        assert sorted(isinstance(each, NotDone) for each in done) == [False, True]


@pytest.mark.db
def test_a_place_is_taken_by_one_of_two(instances: list[Database]) -> None:
    some = t10.CARTRIDGES[10:30]
    for one, other in zip(some[::2], some[1::2], strict=True):
        at_once(instances, loads(OTHER, one), loads(OTHER, other))
    assert len(inside(instances, OTHER)) == 10


@pytest.mark.db
def test_a_magazine_goes_out_whole_or_not_at_all(instances: list[Database]) -> None:
    for _ in range(ROUNDS):
        issued, unloaded = at_once(instances, issues(HOLLIS), unloads(FIRST, TEN[4]))
        assert issued.allowed == isinstance(unloaded, NotDone)
        if issued.allowed:
            instances[0].write(returns(t10.HANDLES[0], t10.BATTERIES[0], FIRST))
        else:
            instances[0].write(loads(FIRST, TEN[4]))
        assert sorted(inside(instances, FIRST)) == list(TEN)


@pytest.mark.db
def test_one_of_two_officers_gets_the_magazine_and_all_that_is_in_it(instances: list[Database]) -> None:
    done = at_once(instances, issues(HOLLIS, 0), issues(MERCER, 1))
    assert sorted(each.allowed for each in done) == [False, True]
    holder = HOLLIS if done[0].allowed else MERCER
    with instances[0].reading() as conn:
        held = [who_had(conn, each, NOW) for each in TEN]
    assert {each["holder_id"] for each in held if each} == {holder}


@pytest.mark.db
def test_a_magazine_and_one_of_its_cartridges_come_back_at_two_hatches(instances: list[Database]) -> None:
    for _ in range(ROUNDS):
        assert instances[0].write(issues(HOLLIS)).allowed
        (magazine,), (alone,) = at_once(instances, returns(FIRST), returns(TEN[4]))
        assert magazine.word == "RETURNED"
        assert (alone.word, len(magazine.along)) in (("RETURNED", 9), ("ALREADY_HERE", 10))
        instances[0].write(returns(t10.HANDLES[0], t10.BATTERIES[0]))
        if alone.word == "RETURNED":
            instances[0].write(loads(FIRST, TEN[4]))
