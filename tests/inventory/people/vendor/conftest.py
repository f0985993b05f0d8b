"""A small force for tests about vendors' files: built once a module, and what each test writes is rolled back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.issue import Request, issue_kit
from inventory.gate.ask import Ask
from inventory.people.imports.run import ImportRun
from inventory.people.imports.sheet import Source
from inventory.people.imports.vendor.grid import read_grid
from inventory.people.imports.vendor.mapping import VendorMapping, checked
from inventory.people.imports.vendor.vendor_file import (
    VendorFile,
    VendorReport,
    hashed,
    import_vendor,
    look_over,
)
from inventory.schema import metadata
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.built_once import built_once

COLUMNS = {
    "Device Serial": "serial", "FW": "firmware", "Last Dock": "docked", "Battery": "charge", "Badge": "assignee_collar",
    "Owner": "assignee", "Status": "state", "Warranty": "warranty", "Expiry": "expires", "As of": "as_of",
}  # fmt: skip
"""A vendor's headings, made up for tests: no vendor's document names any."""


def mapping(*headings: str, **changes: Any) -> VendorMapping:
    """A mapping of these of the made-up headings: Axon batteries, times as DD/MM/YYYY in London."""
    values: dict[str, Any] = {
        "name": "Battery docks", "vendor": "Axon Evidence", "maker": "AXON", "times": "DMY", "zone": "Europe/London",
        "columns": tuple((each, COLUMNS[each]) for each in headings),
    }  # fmt: skip
    return checked(VendorMapping(**(values | changes)))


def csv_of(*rows: str) -> bytes:
    """A CSV file of these lines."""
    return "".join(f"{row}\n" for row in rows).encode()


def offered(data: Source, how: VendorMapping, as_of_us: int | None = force.NOW - force.HOUR) -> VendorFile:
    """A file, as it is handed over."""
    raw = data if isinstance(data, bytes) else b"sheet"
    return VendorFile(read_grid(data, how.reading), how, "export.csv", hashed(raw), len(raw), as_of_us)


@dataclass
class Desk:
    """Whoever takes vendors' files in: an open write transaction of the small force."""

    tx: Tx

    def looks(self, data: Source, how: VendorMapping, **more: Any) -> VendorReport:
        """What taking it in would do."""
        return look_over(self.tx.conn, offered(data, how, **more), force.NOW)

    def takes(self, data: Source, how: VendorMapping, **more: Any) -> VendorReport:
        """Take it in."""
        run = ImportRun(self.tx.conn, self.tx.ids, force.NOW)
        return import_vendor(run, offered(data, how, **more), force.ISSUER)

    def issues(self, ask: Ask) -> None:
        """Issue kit, by the gate."""
        (done,) = issue_kit(self.tx, [Request(ask)], force.demo_policy())
        assert done.decision.verdict == "ALLOW", done

    def rows(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """What a statement finds."""
        return [tuple(row) for row in self.tx.conn.execute(statement)]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        return {name: self.rows(sa.select(table)) for name, table in metadata.tables.items()}


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    engine = make_engine(make_database(template=built_once(make_database, force.build)))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def ids(engine: sa.Engine) -> Ids:
    ids = Ids(writing(engine))
    ids.reserve(200_000)
    return ids


@pytest.fixture
def desk(engine: sa.Engine, ids: Ids) -> Iterator[Desk]:
    with writing(engine).connect() as conn, conn.begin() as transaction:
        yield Desk(Tx(conn, ids, ids.take(), force.NOW))
        transaction.rollback()


