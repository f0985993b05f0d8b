"""Every statement that the source has ready is one that the service's role may run on PostgreSQL.

One rule for the editor: a statement that is refused here is one that would fail at a force. Give its right in
`inventory/schema/roles.py`, or do without it.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.schema import migrate
from inventory.schema.engine import make_engine
from inventory.schema.fast import Fast
from tests.house.source_tree import modules
from tests.postgresql_server import as_the_service

pytestmark = pytest.mark.db

NOT_THE_SERVICE = ("inventory.demo", "inventory.schema.migrations", "api.demo")
PARAMETER = re.compile(r"%\((\w+)\)s")


def ready() -> Iterator[tuple[str, str]]:
    """(where, SQL for PostgreSQL) of every statement at the top of a module of the service."""
    for module in modules():
        if module.name.startswith(("inventory.", "api.")) and not module.name.startswith(NOT_THE_SERVICE):
            for name, value in vars(importlib.import_module(module.name)).items():
                yield from ((f"{module.name}.{name}", text) for text in texts_of(value))


def texts_of(value: Any) -> Iterator[str]:
    """The SQL of a statement, or of each of those kept by name."""
    found = [text_of(each) for each in (value.values() if isinstance(value, dict) else [value])]
    yield from (text for text in found if text is not None)


def text_of(value: Any) -> str | None:
    """The SQL of a statement, or of a bulk one as it goes to PostgreSQL; None for anything else."""
    if isinstance(value, Fast):
        return value.text("postgresql")
    lists = getattr(value, "_lists", None)
    return lists if isinstance(lists, str) else None


@pytest.fixture(scope="module")
def service(make_pg_database: Callable[..., str]) -> Iterator[sa.Engine]:
    """The service's connections to an empty kit store."""
    url = make_pg_database()
    owner = make_engine(url)
    migrate.upgrade(owner)
    owner.dispose()
    engine = make_engine(as_the_service(url))
    yield engine
    engine.dispose()


def denied(conn: sa.Connection, text: str) -> str:
    """What PostgreSQL says of running it, without running it; "" where the role may."""
    nothing = dict.fromkeys(PARAMETER.findall(text))
    try:
        conn.exec_driver_sql(f"EXPLAIN {text}", nothing)
    except sa.exc.ProgrammingError as problem:
        if getattr(problem.orig, "sqlstate", None) != "42501":
            raise
        return str(problem.orig).splitlines()[0]
    finally:
        conn.rollback()
    return ""


def test_the_service_may_run_every_statement_it_has_ready(service: sa.Engine) -> None:
    statements = dict(ready())
    assert len(statements) > 100, "a search that finds nothing proves nothing"
    with service.connect() as conn:
        refused = [f"{where}: {said}" for where, text in statements.items() if (said := denied(conn, text))]
    assert refused == []


@pytest.mark.parametrize("text", [
    "UPDATE ledger SET hash = %(hash)s", "UPDATE custody SET person_id = %(p)s", "DELETE FROM hold WHERE id = %(id)s",
    "SELECT id FROM tx_seal FOR UPDATE", "INSERT INTO meta VALUES (%(n)s, %(v)s)",
    "INSERT INTO policy_version VALUES ('h', 1, 'b') ON CONFLICT (hash) DO UPDATE SET body = excluded.body",
])  # fmt: skip
def test_what_is_beyond_the_rights_is_found_without_being_run(service: sa.Engine, text: str) -> None:
    with service.connect() as conn:
        assert denied(conn, text).startswith("permission denied for table")
