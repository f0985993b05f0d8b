"""What both databases refuse by themselves: a bay that is let go without the issue of what is in it."""

from typing import Any

import pytest
import sqlalchemy as sa

from inventory.schema.bays import bay_command
from inventory.schema.engine import writing
from inventory.schema.ids import Ids
from tests.inventory.custody.bay_stage import SECOND, store_of_bays
from tests.small_force import CAMERAS, HOLLIS, NOW

FORGED: dict[str, dict[str, Any]] = {
    "no entry": {"entry": None},
    "another item": {"item_id": CAMERAS[0]},
    "another bay": {"bay": 1},
    "another moment": {"at_us": NOW + 90 * SECOND, "until_us": NOW + 95 * SECOND},
    "for longer": {"until_us": NOW + 90 * SECOND},
}


def test_the_database_lets_no_bay_go_but_by_an_issue_and_keeps_the_record(engine: sa.Engine, ids: Ids) -> None:
    store = store_of_bays(engine, ids)
    store.shows(HOLLIS)
    store.completes(store.scans(CAMERAS[1]))
    (opened,) = store.told(act="RELEASE")
    for why, forged in FORGED.items():
        refused = pytest.raises(sa.exc.DatabaseError, match="nothing in this bay was issued")
        with refused, writing(engine).begin() as conn:
            conn.execute(sa.insert(bay_command).values(**(opened | {"id": 7} | forged)))
            pytest.fail(f"taken: {why}")
    assert store.answers(opened, "DONE")
    this = bay_command.c.id == opened["id"]
    for attack in (
        sa.delete(bay_command).where(this),
        sa.update(bay_command).where(this).values(word="SILENT"),
        sa.update(bay_command).where(this).values(bay=3),
    ):
        with pytest.raises(sa.exc.DatabaseError), writing(engine).begin() as conn:
            conn.execute(attack)
    assert [row["word"] for row in store.told(act="RELEASE")] == ["DONE"]
