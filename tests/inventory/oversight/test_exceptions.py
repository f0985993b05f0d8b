"""What needs somebody: each sort from its own list, the gravest first, and each store its own."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.custody.loss import Missing, report_unaccounted
from inventory.oversight.exceptions import Needs, exceptions
from inventory.oversight.targets import NewAssessment, Target, record
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.stock import item
from tests import small_force as force
from tests.built_once import built_once

POLICY = force.demo_policy()


@pytest.fixture
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    made = make_engine(make_database(template=built_once(make_database, force.build)))
    yield made
    made.dispose()


def needs(engine: sa.Engine, now_us: int, stores: set[int] | None = None) -> dict[str, Needs]:
    with engine.connect() as conn:
        found = exceptions(conn, POLICY, now_us, stores)
    return {each.what: each for each in found if each.what != "POLICY"}  # a shipped document is overdue: see its tests


def test_a_quiet_morning_needs_nobody(engine: sa.Engine) -> None:
    assert needs(engine, force.NOW) == {}


def test_a_feed_is_told_of_before_it_stops_every_ced(engine: sa.Engine) -> None:
    lately, late = needs(engine, force.NOW + 18 * force.HOUR), needs(engine, force.NOW + 24 * force.HOUR)
    assert [row.tone for row in lately["FEED"].rows] == ["warn"]
    assert [(row.tone, row.says) for row in late["FEED"].rows] == [("bad", "test is silent: no CED can be issued")]


def test_each_store_has_its_own_and_all_have_what_is_the_forces(engine: sa.Engine) -> None:
    ids = Ids(writing(engine))
    with force.acting(engine, ids) as tx:
        report_unaccounted(tx, [Missing(force.CAMERAS[0], force.MEDWAY, force.ISSUER, "Not on the shelf")])
        tx.conn.execute(sa.update(item).where(item.c.id == force.CARTRIDGES[0]).values(expires_on="2026-12-01"))
        tx.conn.execute(sa.update(item).where(item.c.id == force.CARTRIDGES[1]).values(expires_on="2026-11-01"))
        targets = (Target(force.MEDWAY, "", "CED_HANDLE", "", 2),)
        old = NewAssessment("STRA", "S/1", force.date(2026, 5, 1), "ACC", force.date(2026, 5, 1), targets)
        record(tx, old, force.ISSUER, force.SECOND_ISSUER)
    found = needs(engine, force.NOW)
    assert list(found) == ["UNACCOUNTED", "EXPIRING", "REVIEW"]
    assert found["UNACCOUNTED"].rows[0].item_id == force.CAMERAS[0]
    assert [(row.tone, row.says, row.pieces) for row in found["EXPIRING"].rows] == [
        ("bad", "1 cartridge past the printed date", 1), ("warn", "1 cartridge within 30 days", 1),
    ]  # fmt: skip
    assert "S/1" in found["REVIEW"].rows[0].says
    assert list(needs(engine, force.NOW, {force.DOVER})) == ["REVIEW"], "an assessment is everybody's"
