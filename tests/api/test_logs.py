"""The operations log holds no secret: no local variable, no parameter of a statement."""

import json

import pytest
import sqlalchemy as sa

from api import logs
from inventory.schema.engine import make_engine


def test_a_traceback_shows_no_local_variable(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    secret_pin = "719" + "204"
    try:
        raise RuntimeError("something of ours")
    except RuntimeError as problem:
        logs.error("failed", problem, request_id="r-1")
    line = capsys.readouterr().err
    said = json.loads(line)
    assert (said["event"], said["level"], said["request_id"]) == ("failed", "error", "r-1")
    assert said["timestamp"].endswith("+00:00")
    assert "something of ours" in said["exception"]
    assert secret_pin not in line


def test_what_is_said_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logs.warning("the database refused", constraint='two\nlines and a "quote"', kinds=frozenset({1}))
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["constraint"] == 'two\nlines and a "quote"'


def test_a_statement_that_fails_does_not_tell_its_parameters() -> None:
    engine = make_engine("sqlite://")
    with engine.connect() as conn, pytest.raises(sa.exc.OperationalError) as problem:
        conn.execute(sa.text("INSERT INTO nowhere VALUES (:pin)"), {"pin": "719204"})
    engine.dispose()
    assert "719204" not in str(problem.value)
