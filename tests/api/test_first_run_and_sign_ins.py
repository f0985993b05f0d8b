"""`kitstore init` and `kitstore user` as a person types them: an empty force begins, and its promises hold at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import main

Typed = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """`typed("init")` -> what `kitstore init` said, on a database of its own."""

    def run(*words: str) -> Result:
        done = CliRunner().invoke(main, words, env={"KIT_DATABASE": f"sqlite:///{tmp_path / 'kit.sqlite3'}"})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


def refs(typed: Typed) -> dict[str, str]:
    """The force's number of everybody who may sign in, by sign-in name."""
    return {line.split()[0]: line.split()[1] for line in typed("user", "list").output.splitlines()}


def test_an_empty_force_begins_with_two_administrators_once(typed: Typed) -> None:
    begun = typed("init", "--admin", "Ashe", "--admin", "Birch")
    assert begun.exit_code == 0, begun.output
    assert "kiosk pairing code" in begun.output
    assert sorted(refs(typed)) == ["admin-ashe", "admin-birch"]
    again = typed("init")
    assert again.exit_code == 1
    assert "holds a force already" in again.output


def test_a_capability_given_on_the_servers_own_terminal_is_held_to_the_same_pairs(typed: Typed) -> None:
    typed("init", "--admin", "Ashe", "--admin", "Birch")
    ashe = refs(typed)["admin-ashe"]
    refused = typed("user", "grant", ashe, "AUDITOR", "--reason", "checks the store")
    assert refused.exit_code == 1
    assert "may be held together with ADMINISTRATOR" in " ".join(refused.output.split())
    given = typed("user", "grant", ashe, "ISSUER", "--store", "HQ", "--reason", "also at the hatch")
    assert given.exit_code == 0, given.output
    assert typed("user", "grant", "NOBODY", "ISSUER", "--reason", "x").exit_code == 1
