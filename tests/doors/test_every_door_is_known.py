"""A new way into the service stops the build until the table of doors says what can come of it."""

import pytest

from tests.doors import table
from tests.doors.every_door import (
    acts,
    bulk_kinds,
    commands,
    consumers,
    every_door,
    imports,
    jobs,
    readings,
    routes,
)
from tests.house.source_tree import refuse

KINDS = {table.ISSUES, table.DRAFTS, table.ASSERTS, table.RETURNS, table.ADMITS, table.KEEPS, table.READS,
         table.COPIES}  # fmt: skip


def test_no_door_is_without_its_row() -> None:
    refuse(f"a new door appeared: {name}; say in tests/doors/table.py what can come of it"
           for name in sorted(every_door() - set(table.DOORS)))  # fmt: skip


def test_no_row_is_without_its_door() -> None:
    refuse(f"this door has gone: {name}" for name in sorted(set(table.DOORS) - every_door()))


def test_every_row_says_one_of_the_words() -> None:
    assert set(table.DOORS.values()) <= KINDS


@pytest.mark.parametrize("find", [routes, commands, readings, jobs, imports, bulk_kinds, acts],
                         ids=lambda each: each.__name__)  # fmt: skip
def test_each_search_finds_doors(find: object) -> None:
    assert len(set(find())) >= 5, "a search that finds nothing guards nothing"  # type: ignore[operator]


def test_the_search_for_what_listens_to_a_broker_finds_the_one_that_does() -> None:
    assert set(consumers()) == {"consumer api.mqtt_ingest"}


def test_a_route_that_is_not_a_get_is_never_said_to_show_only() -> None:
    unsafe = ("POST ", "PUT ", "PATCH ", "DELETE ")
    said = {name for name, kind in table.DOORS.items() if kind == table.READS and name.startswith(unsafe)}
    looks = {f"POST /api/v1/vendor-imports/{look}" for look in ("columns", "preview")}
    looks |= {"POST /api/v1/policy/changes/try", "POST /api/v1/file-previews/columns", "POST /api/v1/assessments/read"}
    looks |= {"POST /api/v1/operations/answer", "POST /api/v1/what-ifs/outcome"}
    assert said == {"POST /api/v1/issues/ask", "POST /api/v1/recalls/matches", *looks}
