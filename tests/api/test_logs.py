"""The operations log holds no secret: no local variable, no parameter of a statement."""

import json

import pytest
import sqlalchemy as sa
import structlog

from api import logs
from inventory.schema.engine import make_engine


def test_a_traceback_shows_no_local_variable(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    secret_pin = "719" + "204"
    try:
        raise RuntimeError("something of ours")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    structlog.reset_defaults()
    line = capsys.readouterr().err
    assert json.loads(line)["event"] == "failed"
    assert "something of ours" in line
    assert secret_pin not in line


def test_a_statement_that_fails_does_not_tell_its_parameters() -> None:
    engine = make_engine("sqlite://")
    with engine.connect() as conn, pytest.raises(sa.exc.OperationalError) as problem:
        conn.execute(sa.text("INSERT INTO nowhere VALUES (:pin)"), {"pin": "719204"})
    engine.dispose()
    assert "719204" not in str(problem.value)
