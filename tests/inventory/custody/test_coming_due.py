"""What comes due: full checks by their check list, dockings by a dock's word, dates caught before they are reached."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.checking import due_now, look
from inventory.custody.coming_due import expiring
from inventory.custody.docking import bay_reported
from inventory.custody.issue import Request, issue_kit
from inventory.custody.losses.late import expiry_alarms
from inventory.custody.passages.fields import BadEvidence
from inventory.oversight.audit import audit
from inventory.schema.custody import alarm
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.stock import inspection, item, lot
from inventory.stock.docks import BayWord
from tests import small_force
from tests.inventory.custody.passage_force import EXHIBITS, TECHNICIAN, Doing
from tests.small_force import (
    BATTERIES,
    CARTRIDGES,
    GUARD_LOT,
    HANDLES,
    HOLLIS,
    HOUR,
    MEDWAY,
    NOW,
    TODAY,
    acting,
)

from tests.small_force import ced_ask, demo_policy, serial  # isort: skip

POLICY = demo_policy()
DAY = 24 * HOUR


@pytest.fixture(scope="module")
def built(make_database: Callable[..., str]) -> str:
    """URL of a database with the small force in it."""
    url = make_database()
    small_force.build(url)
    return url


@pytest.fixture
def doing(make_database: Callable[..., str], built: str) -> Iterator[Doing]:
    """The small force with a technician."""
    engine = make_engine(make_database(template=built))
    yield Doing(engine, Ids(writing(engine)))
    engine.dispose()


def bands(doing: Doing, now_us: int) -> dict[int, str]:
    """The band of each item's check."""
    with doing.engine.connect() as conn:
        return {each.item_id: each.band for each in due_now(conn, POLICY, now_us)}


def alarms(doing: Doing, now_us: int) -> list[str]:
    """The kinds of the alarms that are open after a look."""
    with acting(doing.engine, doing.ids, now_us) as tx:
        look(tx, POLICY)
        asked = sa.select(alarm.c.kind).where(alarm.c.settled_us.is_(None)).order_by(alarm.c.kind)
        return sorted(set(tx.conn.execute(asked).scalars()))


def test_a_full_check_is_an_alarm_before_it_is_overdue_and_over_when_it_is_made(doing: Doing) -> None:
    due_us = NOW - 7 * DAY + 24 * 7 * DAY
    for left, band, said in ((31, "LATER", []), (30, "DUE_30", []), (14, "DUE_14", ["FULL_CHECK_DUE"]),
                             (0, "OVERDUE", ["FULL_CHECK_OVERDUE"])):  # fmt: skip
        now_us = due_us - left * DAY
        assert bands(doing, now_us)[HANDLES[0]] == band
        assert [each for each in alarms(doing, now_us) if each.startswith("FULL")] == said
    doing.now_us = due_us
    for each in (*HANDLES, small_force.DOVER_HANDLE):
        by = TECHNICIAN if each != small_force.DOVER_HANDLE else None
        if by:
            doing.do("INSPECT", each, by)
    assert bands(doing, due_us)[HANDLES[0]] == "LATER"
    assert bands(doing, due_us)[small_force.DOVER_HANDLE] == "OVERDUE"
    assert doing.state(HANDLES[0]) == "AVAILABLE"
    with doing.engine.connect() as conn:
        assert audit(conn) == []


def test_a_check_that_fails_takes_the_handle_out_of_use_and_every_point_must_be_a_yes(doing: Doing) -> None:
    with pytest.raises(BadEvidence, match="spark_test"):
        doing.do("INSPECT", HANDLES[0], TECHNICIAN, spark_test=False)
    with pytest.raises(Exception, match="technician"):
        doing.do("INSPECT", HANDLES[0], EXHIBITS)
    doing.do("INSPECT_FAILED", HANDLES[0], TECHNICIAN)
    assert doing.state(HANDLES[0]) == "DEFECTIVE"
    with doing.engine.connect() as conn:
        (found,) = [each for each in due_now(conn, POLICY, NOW) if each.item_id == HANDLES[0]]
    assert found.failed


def test_a_pack_was_docked_when_it_came_to_a_bay_and_until_it_left(doing: Doing) -> None:
    pack = BATTERIES[0]

    def told(at_us: int, *, present: bool, number: int = 40) -> None:
        word, code = ("READY", serial(pack)) if present else ("EMPTY", None)
        said = BayWord("rack-9", number, MEDWAY, word, present, code, at_us, f"k{at_us}", charge_percent=90)
        with acting(doing.engine, doing.ids, at_us) as tx:
            bay_reported(tx, said)

    def docked() -> list[int]:
        with doing.engine.connect() as conn:
            asked = sa.select(inspection.c.at_us).where(inspection.c.item_id == pack, inspection.c.kind == "DOCKED")
            return sorted(conn.execute(asked).scalars())

    before = len(docked())
    told(NOW, present=True)
    told(NOW + 5 * DAY, present=True)
    assert docked()[before:] == [NOW], "written as it comes, not for every word"
    assert bands(doing, NOW + 34 * DAY)[pack] == "DUE_3", "what stands in a bay counts by the bay's own word"
    told(NOW + 40 * DAY, present=False)
    assert docked()[before:] == [NOW, NOW + 40 * DAY]
    assert bands(doing, NOW + 41 * DAY)[pack] == "LATER"
    assert bands(doing, NOW + 70 * DAY)[pack] == "OVERDUE"


def test_dates_are_listed_first_to_expire_first_on_the_shelf_or_out_by_item_and_by_lot(doing: Doing) -> None:
    soon, sooner = (TODAY + timedelta(days=40)).isoformat(), (TODAY + timedelta(days=9)).isoformat()
    with acting(doing.engine, doing.ids, NOW) as tx:
        assert issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0].decision.verdict == "ALLOW"
        tx.conn.execute(sa.update(item).where(item.c.id == CARTRIDGES[8]).values(expires_on=soon))
        tx.conn.execute(sa.update(lot).where(lot.c.id == GUARD_LOT).values(expires_on=soon))
        new = {"id": 950, "kind": "CED_CARTRIDGE", "maker": "AXON", "lot_no": "C1", "product": "T7", "recorded_us": 1}
        tx.conn.execute(sa.insert(lot), new | {"expires_on": sooner})
        tx.conn.execute(sa.update(item).where(item.c.id == CARTRIDGES[0]).values(lot_id=950))
    with doing.engine.connect() as conn:
        found = expiring(conn, 90, NOW)
        late: list[Any] = expiry_alarms(conn, POLICY.losses, NOW + 3 * DAY)
    listed = [(each.item_id or each.lot_id, each.days, each.is_out, each.quantity) for each in found]
    assert listed == [(CARTRIDGES[0], 9, True, 1), (GUARD_LOT, 40, False, 20), (CARTRIDGES[8], 40, False, 1)]
    assert not found[0].is_out_past, "it is back before"
    assert [each.raised.item_id for each in late] == [CARTRIDGES[0]], "the date on its lot counts as well"
