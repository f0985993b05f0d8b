"""A vendor's file from the first look to what its item's page shows, on each database."""

import pytest

from tests import small_force as force
from tests.api.conftest import House
from tests.api.test_vendor_files_over_http import manager_of, upload, whole

pytestmark = pytest.mark.anyio


async def test_a_file_is_looked_over_taken_in_listed_learned_and_read_again(house: House) -> None:
    manager = await manager_of(house)
    shown = (await manager.post("/api/v1/vendor-imports/preview", whole())).json()
    done = (await manager.post("/api/v1/vendor-imports", whole())).json()
    assert (shown["new"], done["new"], done["contradicted"]) == (1, 1, 1)
    assert (await manager.post("/api/v1/vendor-imports", whole())).json()["before_id"] == done["import_id"]
    (row,) = (await manager.get("/api/v1/vendor-imports", limit=1)).json()["rows"]
    assert (await manager.get(f"/api/v1/vendor-imports/{row['id']}")).json()["taken"] == row
    assert (await manager.post("/api/v1/vendor-imports/columns", upload())).json()["mapping"]["vendor"] == row["vendor"]
    assert len((await manager.get("/api/v1/vendor-mappings")).json()) == 1
    words = (await manager.get(f"/api/v1/items/{force.CAMERAS[0]}/vendor-words")).json()
    assert [(each["fact"], each["value"]) for each in words] == [
        ("FIRMWARE", "1.23.1"), ("DOCKED", "21/11/2026 22:40"), ("ASSIGNED_COLLAR", "4418"),
    ]  # fmt: skip
    pages = [await manager.get(path) for path in ("/vendor-files", f"/vendor-files/{row['id']}", "/vendor-files/1")]
    assert [page.status_code for page in pages] == [200, 200, 404]
    assert "devices.csv" in pages[0].text
