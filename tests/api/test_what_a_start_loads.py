"""A start loads what it uses: the front of `kitstore` no command, the service nothing that only other commands need."""

import gc
import subprocess
import sys
from pathlib import Path

import click
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from click.testing import CliRunner

from api.cli import COMMANDS, main
from api.commands.opened import bring_up
from api.later import Later
from inventory.schema import revision
from inventory.schema.engine import make_engine, writing
from tests.house.source_tree import TOP

NOT_FOR_THE_SERVICE = {
    "alembic", "mako", "rich", "pygments", "psycopg", "openpyxl", "amqtt", "pydantic", "serial", "usb", "paho",
    "highspy", "numpy",
}  # fmt: skip
NOT_FOR_THE_FRONT = NOT_FOR_THE_SERVICE | {"sqlalchemy", "litestar", "uvicorn", "inventory", "devices"}


def loaded_by(statement: str) -> set[str]:
    """The top names of every module that is loaded after `statement` in a fresh interpreter."""
    script = f"import sys; {statement}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=TOP)
    return set(said.stdout.split())


def test_the_front_loads_no_command() -> None:
    assert loaded_by("import api.cli") & NOT_FOR_THE_FRONT == set()


def test_the_service_on_sqlite_loads_nothing_that_only_other_commands_need() -> None:
    chosen = "from api.cli import COMMANDS; COMMANDS['serve'].load()"
    made = "import api.app, api.settings as s; api.app.create_app(s.Settings(database='sqlite:////nowhere/kit.sqlite3'))"
    loaded = loaded_by(f"{chosen}; {made}")
    assert loaded & NOT_FOR_THE_SERVICE == set()
    assert {"sqlalchemy", "litestar", "uvicorn"} <= loaded


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_list_is_there_and_helps(name: str) -> None:
    command = COMMANDS[name].load()
    assert isinstance(command, click.Command)
    assert command.name == name
    helped = CliRunner().invoke(main, [name, "--help"])
    assert helped.exit_code == 0, helped.output
    assert f"Usage: main {name}" in helped.output


def test_what_was_loaded_later_is_the_thing_itself_and_garbage_is_collected_again() -> None:
    assert Later("api.cli:main")() is main
    assert gc.isenabled()
    gc.disable()
    try:
        Later("api.cli:main")()
        assert not gc.isenabled(), "whoever turned it off turns it on"
    finally:
        gc.enable()
    with pytest.raises(AttributeError):
        Later("api.cli:nothing")()


def test_the_list_shows_every_command_whole() -> None:
    listed = " ".join(CliRunner().invoke(main, ["--help"]).output.split())
    assert all(f"{name} {each.says}" in listed for name, each in COMMANDS.items())


def test_a_command_nobody_knows_is_said_to_be_none() -> None:
    done = CliRunner().invoke(main, ["gift"])
    assert (done.exit_code, "No such command 'gift'" in done.output) == (2, True)


# ---- the revision, without Alembic ---------------------------------------------------------------------


def test_the_revisions_are_those_that_alembic_knows() -> None:
    config = Config()
    config.set_main_option("script_location", "inventory.schema:migrations")
    script = ScriptDirectory.from_config(config)
    assert revision.head() == script.get_current_head()
    assert revision.known() == sorted(each.revision for each in script.walk_revisions())


def test_a_database_is_brought_up_once_and_again_when_a_promise_is_gone(database_url: str) -> None:
    engine = make_engine(database_url)
    bring_up(engine)
    with engine.connect() as conn:
        assert (revision.current(conn), revision.stale(conn)) == (revision.head(), "")
    with writing(engine).connect() as conn, conn.begin():
        on = " ON ledger" if conn.dialect.name == "postgresql" else ""
        conn.exec_driver_sql(f"DROP TRIGGER ledger_no_update{on}")
        assert "ledger_no_update" in revision.stale(conn)
    bring_up(engine)
    with engine.connect() as conn:
        assert revision.stale(conn) == ""
    engine.dispose()


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'kit.sqlite3'}")
    bring_up(engine)
    with writing(engine).connect() as conn, conn.begin():
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(revision.TooNew, match="9999"):
        bring_up(engine)
    engine.dispose()
