"""A word about a camera's films that says nothing of where the camera is (Axis body-worn): it moves nothing."""

from dataclasses import replace

import sqlalchemy as sa

from inventory.custody.docking import Docked, bay_reported
from inventory.custody.issue import Request, issue_kit
from inventory.schema.ids import Ids
from inventory.stock.docks import BayWord
from inventory.stock.item_facts import read_items
from tests.small_force import CAMERAS, HOUR, LAPSED, MEDWAY, NOW, acting, camera_ask, demo_policy, serial

POLICY = demo_policy()
UPLOADING = BayWord(
    dock="medway/axis-films", bay=17, store_id=MEDWAY, word="UPLOADING", present=None, serial=serial(CAMERAS[1]),
    observed_us=NOW, reading_key="medway/b/obs/1", files_pending=2,
)  # fmt: skip


def test_films_that_arrive_late_do_not_return_the_camera_that_an_officer_wears(
    engine: sa.Engine, ids: Ids
) -> None:
    docked = replace(
        UPLOADING, dock="medway/d1", word="READY", present=True, charge_percent=97, files_pending=0
    )
    with acting(engine, ids, NOW) as tx:
        bay_reported(tx, docked)
        done = issue_kit(tx, [Request(camera_ask(LAPSED, CAMERAS[1]))], POLICY)[0]
        assert done.decision.allowed, done.decision.refusals
    late = replace(UPLOADING, observed_us=NOW + HOUR)
    with acting(engine, ids, NOW + HOUR) as tx:
        assert bay_reported(tx, late) == Docked("REFRESHED", CAMERAS[1])
        facts = read_items(tx.conn, [CAMERAS[1]])[CAMERAS[1]]
    assert facts.holder == "PERSON"


def test_a_camera_with_films_on_their_way_is_not_issued(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids, NOW) as tx:
        bay_reported(tx, UPLOADING)
        done = issue_kit(tx, [Request(camera_ask(LAPSED, CAMERAS[1]))], POLICY)[0]
    said = {reason.code: reason.sentence for reason in done.decision.refusals}
    assert "2 films to upload" in said["UPLOAD_NOT_COMPLETE"]
