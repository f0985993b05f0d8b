"""`kitstore db` as a person types it: who may do what on PostgreSQL, and what is said to whom may not."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from api.cli import main
from tests.postgresql_server import as_the_service

Typed = Callable[..., Result]


@pytest.fixture
def typed() -> Typed:
    """`typed(url, "upgrade", owner=url)` -> what `kitstore db upgrade` said with `url` in the settings."""

    def run(url: str, *words: str, owner: str | None = None) -> Result:
        environment = {"KIT_DATABASE": url, "KITSTORE_OWNER_DATABASE": owner}
        done = CliRunner().invoke(main, ["db", *words], env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


def said(done: Result) -> str:
    """All of it on one line."""
    return " ".join(done.output.split())


@pytest.fixture
def empty(make_pg_database: Callable[..., str]) -> str:
    """URL of an empty database on PostgreSQL, as who owns it."""
    return make_pg_database()


@pytest.mark.db
def test_the_owner_makes_the_tables_and_the_service_finds_them_ready(empty: str, typed: Typed) -> None:
    service = as_the_service(empty)
    refused = typed(service, "upgrade")
    assert refused.exit_code == 1
    assert "this connection is the role kit_service" in said(refused)
    assert "KITSTORE_OWNER_DATABASE and run `kitstore db upgrade`" in said(refused)
    made = typed(service, "upgrade", owner=empty)
    assert (made.exit_code, "kit_app has this version's rights" in said(made)) == (0, True)
    assert typed(service, "upgrade").exit_code == 0, "nothing is left to do"
    checked = typed(service, "check")
    assert "kit_service can do what the service needs and nothing more" in said(checked)


@pytest.mark.db
def test_check_says_who_the_service_must_not_run_as(empty: str, typed: Typed) -> None:
    typed(empty, "upgrade")
    assert "kit is a superuser: do not run the service as kit" in said(typed(empty, "check"))


@pytest.mark.db
def test_roles_lets_a_new_sign_in_serve(empty: str, typed: Typed) -> None:
    early = typed(empty, "roles")
    assert (early.exit_code, "run `kitstore db upgrade` first" in said(early)) == (1, True)
    typed(empty, "upgrade")
    done = typed(empty, "roles", "--login", "desk-2")
    assert done.exit_code == 0
    assert said(done).startswith("kit_app: reads ")
    assert "alters none" in said(done)
    assert r"\password desk-2" in said(done)
    at_the_desk = empty.replace("//kit@", "//desk-2@")
    assert "desk-2 can do what the service needs and nothing more" in said(typed(at_the_desk, "check"))
    refused = typed(at_the_desk, "roles")
    assert (refused.exit_code, "the role desk-2" in said(refused)) == (1, True)


@pytest.mark.db
def test_the_sql_can_be_read_before_anything_is_changed(empty: str, typed: Typed) -> None:
    typed(empty, "upgrade")
    lines = typed(empty, "roles", "--print", "--login", "never-made").output.splitlines()
    assert "GRANT UPDATE (closed_entry, closed_us) ON public.custody TO kit_app;" in lines
    assert all(line.startswith(("GRANT ", "REVOKE ", "ALTER DEFAULT PRIVILEGES ")) for line in lines)
    assert typed(empty.replace("//kit@", "//never-made@"), "check").exit_code == 1


@pytest.mark.db
def test_the_service_backs_up_and_the_owner_restores(
    empty: str, typed: Typed, make_pg_database: Callable[..., str], tmp_path: Path
) -> None:
    typed(empty, "upgrade")
    copy = str(tmp_path / "kit.backup")
    assert typed(as_the_service(empty), "backup", copy).exit_code == 0
    back = make_pg_database()
    refused = typed(as_the_service(back), "restore", copy)
    assert refused.exit_code == 1
    assert "a restore makes the tables and fills them. That takes the owner of the tables" in said(refused)
    assert typed(as_the_service(back), "restore", copy, owner=back).exit_code == 0
    assert typed(as_the_service(back), "check").exit_code == 0


@pytest.mark.db
def test_a_sign_in_without_rights_is_told_so_in_a_sentence(empty: str, typed: Typed) -> None:
    typed(empty, "upgrade")
    typed(empty, "roles", "--login", "desk-3")
    with psycopg.connect(empty.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute('REVOKE kit_app FROM "desk-3"')
    for words in (["check"], ["upgrade"]):
        done = typed(empty.replace("//kit@", "//desk-3@"), *words)
        assert (done.exit_code, "permission denied for table alembic_version" in said(done)) == (1, True)


def test_a_file_has_no_roles_and_is_restored_by_anybody(
    make_sqlite_database: Callable[..., str], typed: Typed, tmp_path: Path
) -> None:
    url = make_sqlite_database()
    assert typed(url, "upgrade").exit_code == 0
    refused = typed(url, "roles")
    assert (refused.exit_code, "an SQLite file has no roles" in said(refused)) == (1, True)
    copy = str(tmp_path / "kit.backup")
    assert typed(url, "backup", copy).exit_code == 0
    assert typed(f"sqlite:///{tmp_path / 'new.sqlite3'}", "restore", copy).exit_code == 0
    assert said(typed(url, "check")).endswith("every trigger in place")
