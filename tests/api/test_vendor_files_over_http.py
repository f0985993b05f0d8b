"""Vendors' files over HTTP: their columns, a look that writes nothing, taking in, alarms, and who may."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from api import vendor_files
from inventory.schema.custody import alarm, custody
from inventory.schema.vendor import vendor_fact, vendor_import, vendor_mapping
from tests import small_force as force
from tests.api.asks import camera
from tests.api.conftest import MANAGER, House, Person
from tests.workbook_files import workbook

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def make_database(make_sqlite_database: Callable[..., str]) -> Callable[..., str]:
    """SQLite alone: what is written is judged on both databases in tests/inventory/people/vendor."""
    return make_sqlite_database


CAMERA, OTHER = force.serial(force.CAMERAS[0]), force.serial(force.CAMERAS[1])
TEXT = (
    "Device Serial;Badge Number;Firmware Version;Last Docked\n"
    f"{CAMERA};4418;1.23.1;21/11/2026 22:40\n"
    f"{OTHER};;1.22.0;not yet\n"
    "X98765;;1.22.0;21/11/2026 22:41\n"
)
MAPPING = {
    "name": "Cameras, weekly", "vendor": "Axon Evidence", "maker": "AXON", "kind": "BWV_CAMERA", "times": "DMY",
    "zone": "Europe/London", "columns": {
        "Device Serial": "serial", "Badge Number": "assignee_collar", "Firmware Version": "firmware",
        "Last Docked": "docked",
    },
}  # fmt: skip
TABLES = (vendor_mapping, vendor_import, vendor_fact, alarm)


def upload(content: bytes | str = TEXT, **more: Any) -> dict[str, Any]:
    """A file as the API takes it."""
    data = content.encode() if isinstance(content, str) else content
    return {"file_name": "devices.csv", "content": base64.b64encode(data).decode()} | more


def whole(**more: Any) -> dict[str, Any]:
    """A file, how it is read and when it was exported."""
    return upload(mapping=MAPPING, as_of_us=force.NOW - force.HOUR) | more


def counts(house: House) -> list[int]:
    """How many rows each table of this has."""
    with house.service.database.reading() as conn:
        return [int(conn.execute(sa.select(sa.func.count()).select_from(each)).scalar_one()) for each in TABLES]


async def manager_of(house: House) -> Person:
    """A manager, with PC 4417 out with a camera."""
    issuer = await house.sign_in("ivory")
    assert (await issuer.post("/api/v1/issues", camera(force.HOLLIS))).status_code == 201
    return await house.sign_in("manager")


async def test_the_columns_are_shown_with_samples_and_likely_fields(house: House) -> None:
    manager = await house.sign_in("manager")
    told = (await manager.post("/api/v1/vendor-imports/columns", upload())).json()
    assert [(each["name"], each["field"]) for each in told["columns"]] == [
        ("Device Serial", "serial"), ("Badge Number", "assignee_collar"), ("Firmware Version", "firmware"),
        ("Last Docked", "docked"),
    ]  # fmt: skip
    assert told["columns"][2]["samples"] == ["1.23.1", "1.22.0"]
    assert (told["delimiter"], told["row_count"], told["mapping"]) == (";", 3, None)


async def test_a_look_writes_nothing_and_taking_in_does_what_it_showed(house: House) -> None:
    manager = await manager_of(house)
    before = counts(house)
    shown = (await manager.post("/api/v1/vendor-imports/preview", whole())).json()
    assert counts(house) == before
    assert {name: shown[name] for name in ("new", "unknown", "refused", "contradicted", "import_id")} == {
        "new": 1, "unknown": 1, "refused": 1, "contradicted": 1, "import_id": None,
    }  # fmt: skip
    assert [(each["line"], each["field"], each["value"]) for each in shown["bad"]] == [
        (3, "docked", "not yet"), (4, "serial", "X98765"),
    ]  # fmt: skip
    first, unknown = shown["rows"]
    says = "Axon Evidence says it is assigned to collar 4418; the ledger says collar 4417 has it."
    assert first["contradicts"] == [{"says": says, "is_new": True}]
    assert {"fact": "FIRMWARE", "before": "", "after": "1.23.1", "word": "NEW"} in first["changes"]
    assert (unknown["word"], unknown["item_id"]) == ("UNKNOWN", None)
    done = (await manager.post("/api/v1/vendor-imports", whole())).json()
    assert done.pop("import_id")
    assert done == {name: value for name, value in shown.items() if name != "import_id"}


async def test_what_contradicts_the_ledger_becomes_an_alarm_once_and_moves_nothing(house: House) -> None:
    manager = await manager_of(house)
    for _ in range(2):
        assert (await manager.post("/api/v1/vendor-imports", whole())).status_code == 200
    with house.service.database.reading() as conn:
        raised = conn.execute(sa.select(alarm.c.kind, alarm.c.item_id, alarm.c.person_id, alarm.c.store_id)).all()
        is_its = sa.and_(custody.c.item_id == force.CAMERAS[0], custody.c.closed_us.is_(None))
        held = conn.execute(sa.select(custody.c.person_id).where(is_its)).scalar_one()
    assert raised == [("VENDOR_ASSIGNEE_DIFFERS", force.CAMERAS[0], force.HOLLIS, force.MEDWAY)]
    assert held == force.HOLLIS


async def test_firmware_that_a_vendor_names_is_in_the_inventory_from_when_it_was_so(house: House) -> None:
    manager = await house.sign_in("manager")
    newer = TEXT.replace("1.23.1", "1.24.0")
    for content, as_of_us in ((TEXT, force.NOW - 2 * force.HOUR), (newer, force.NOW - force.HOUR)):
        body = upload(content, mapping=MAPPING, as_of_us=as_of_us)
        assert (await manager.post("/api/v1/vendor-imports", body)).status_code == 200
    told = (await manager.get(f"/api/v1/stores/{force.MEDWAY}/firmware")).json()
    ran = [(it["version"], it["first_us"], it["is_now"]) for it in told if it["name"] == CAMERA]
    assert ran == [("1.24.0", force.NOW - force.HOUR, True), ("1.23.1", force.NOW - 2 * force.HOUR, False)]


async def test_the_same_file_twice_changes_nothing_and_says_when_it_was_taken(house: House) -> None:
    manager = await house.sign_in("manager")
    first = (await manager.post("/api/v1/vendor-imports", whole())).json()
    before = counts(house)
    again = (await manager.post("/api/v1/vendor-imports", whole())).json()
    assert (again["import_id"], again["before_id"], again["new"]) == (None, first["import_id"], 0)
    assert counts(house) == before


async def test_what_was_taken_in_is_listed_with_its_evidence(house: House) -> None:
    manager = await house.sign_in("manager")
    import_id = (await manager.post("/api/v1/vendor-imports", whole())).json()["import_id"]
    (row,) = (await manager.get("/api/v1/vendor-imports")).json()["rows"]
    assert (row["id"], row["file_name"], row["by_person"], row["taken"], row["unknown"], row["refused"]) == (
        import_id, "devices.csv", MANAGER, 1, 1, 1,
    )  # fmt: skip
    one = (await manager.get(f"/api/v1/vendor-imports/{import_id}")).json()
    assert one["taken"] == row
    assert [(each["line"], each["field"]) for each in one["refused"]] == [(3, "docked"), (4, "serial")]
    assert "4418" not in one["refused"][0]["raw"]
    assert (await manager.get("/api/v1/vendor-imports/1")).status_code == 404


async def test_a_mapping_is_learned_from_a_file_and_proposed_for_the_next_with_its_columns(house: House) -> None:
    manager = await house.sign_in("manager")
    await manager.post("/api/v1/vendor-imports", whole())
    told = (await manager.post("/api/v1/vendor-imports/columns", upload(TEXT.replace("1.23.1", "1.24")))).json()
    assert told["mapping"]["name"] == "Cameras, weekly"
    (kept,) = (await manager.get("/api/v1/vendor-mappings")).json()
    answer = await manager.post("/api/v1/vendor-imports/preview", upload(mapping_id=kept["id"], as_of_us=force.NOW))
    assert answer.json()["new"] == 1


async def test_a_mapping_is_made_by_itself_and_the_newest_of_a_name_is_in_force(house: House) -> None:
    manager = await house.sign_in("manager")
    for times in ("DMY", "MDY"):
        assert (await manager.post("/api/v1/vendor-mappings", MAPPING | {"times": times})).status_code == 201
    (kept,) = (await manager.get("/api/v1/vendor-mappings")).json()
    assert (kept["mapping"]["times"], kept["made_by"]) == ("MDY", MANAGER)
    refused = await manager.post("/api/v1/vendor-mappings", MAPPING | {"times": ""})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "times")


async def test_a_workbook_is_taken_as_its_csv_file_is(house: House) -> None:
    manager = await house.sign_in("manager")
    rows: list[list[object]] = [
        ["Device Serial", "Firmware Version", "Last Docked"],
        [CAMERA, "1.23.1", datetime.fromisoformat("2026-11-21 22:40")],
    ]  # fmt: skip
    columns = {name: field for name, field in MAPPING["columns"].items() if name != "Badge Number"}  # type: ignore[attr-defined]
    how = MAPPING | {"columns": columns, "times": "ISO"}
    body = upload(workbook(Devices=rows, Notes=[["x"]]), mapping=how, as_of_us=force.NOW, sheet="Devices")
    told = (await manager.post("/api/v1/vendor-imports", body)).json()
    assert (told["new"], told["bad"]) == (1, [])
    docked = next(each for each in told["rows"][0]["changes"] if each["fact"] == "DOCKED")
    assert docked["after"] == "21/11/2026 22:40"


NOT_TAKEN: list[tuple[dict[str, Any], str]] = [
    ({"content": ""}, "content"), ({"content": "%%%"}, "content"), ({"mapping": None}, "mapping"),
    ({"mapping_id": 5}, "mapping"), ({"sheet": "Devices"}, "sheet"), ({"file_name": ""}, "file_name"),
    ({"file_name": "a\0b"}, "file_name"), ({"as_of_us": -1}, "as_of_us"), ({"as_of_us": 10**20}, "as_of_us"),
    ({"holder": 5}, "holder"),
]  # fmt: skip
NOT_READ: list[tuple[dict[str, Any], str]] = [
    ({"delimiter": "::"}, "delimiter"), ({"encoding": "ebcdic"}, "encoding"), ({"heading_row": -1}, "heading_row"),
    ({"sheet": "x"}, "sheet"),
]  # fmt: skip


async def test_what_cannot_be_taken_names_the_field(house: House) -> None:
    manager = await house.sign_in("manager")
    asked = [("vendor-imports", whole(**changes), field) for changes, field in NOT_TAKEN]
    asked += [("vendor-imports/columns", upload(**changes), field) for changes, field in NOT_READ]
    for path, body, field in asked:
        answer = await manager.post(f"/api/v1/{path}", body)
        assert answer.status_code in (400, 422), (field, answer.text)
        assert answer.json()["errors"][0]["field"] == field
    assert counts(house)[:3] == [0, 0, 0]


async def test_a_file_that_contradicts_very_often_raises_no_flood(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendor_files, "ALARMS_MAX", 1)
    manager = await house.sign_in("manager")
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(alarm.c.id)).all() == []
    cartridges = [force.serial(each) for each in force.CARTRIDGES[:3]]
    text = "\n".join(["Serial,Use by", *(f"{each},01/01/2031" for each in cartridges)])
    how = MAPPING | {"kind": "CED_CARTRIDGE", "columns": {"Serial": "serial", "Use by": "expires"}}
    await manager.post("/api/v1/vendor-imports", upload(text, mapping=how, as_of_us=force.NOW))
    with house.service.database.reading() as conn:
        kinds = conn.execute(sa.select(alarm.c.kind).order_by(alarm.c.id)).scalars().all()
    assert kinds == ["VENDOR_EXPIRY_DIFFERS", "VENDOR_FILE_CONTRADICTS"]


async def test_only_who_may_speak_for_every_store_takes_a_vendors_file(house: House) -> None:
    for name in ("ivory", "hollis", "auditor"):
        person = await house.sign_in(name)
        for path, body in (("vendor-imports", whole()), ("vendor-imports/preview", whole()),
                           ("vendor-imports/columns", upload()), ("vendor-mappings", MAPPING)):  # fmt: skip
            assert (await person.post(f"/api/v1/{path}", body)).status_code == 403, (name, path)
        for path in ("vendor-imports", "vendor-imports/5", "vendor-mappings"):
            assert (await person.get(f"/api/v1/{path}")).status_code == 403, (name, path)


async def test_whose_data_a_file_touched_is_in_the_processing_log(house: House) -> None:
    manager = await manager_of(house)
    await manager.post("/api/v1/vendor-imports/preview", whole())
    await manager.post("/api/v1/vendor-imports", whole())
    looked, taken = (house.lines(route=f"POST /api/v1/vendor-imports{end}")[-1] for end in ("/preview", ""))
    assert (looked["operation"], taken["operation"]) == ("CONSULTATION", "COLLECTION")
    assert looked["subjects"] == taken["subjects"] == f"[{force.HOLLIS}, {force.MERCER}]".replace(" ", "")
    assert "devices.csv" in taken["query"]
