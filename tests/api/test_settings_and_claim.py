"""Settings that are wrong stop the start, and a database is written by whom it belongs to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api.claim import Taken, claim
from api.keys import checkpoint_key
from api.settings import Settings, SettingsError, load


def test_variables_go_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "kit.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\n[sign_in]\nidle_minutes = 20\n')
    told = load(file, {"KIT_PORT": "9100", "KIT_SIGN_IN__KIOSK_DAYS": "30", "PATH": "/bin"})
    assert (told.port, told.host, told.sign_in.idle_minutes, told.sign_in.kiosk_days) == (9100, "0.0.0.0", 20, 30)


@pytest.mark.parametrize(
    ("text", "environ", "named"),
    [
        ("prot = 9000", {}, "prot"),
        ("port = 99999", {}, "$.port"),
        ("port = [", {}, "kit.toml"),
        ("", {"KIT_SIGN_IN__IDLE_MINUTES": "soon"}, "$.sign_in.idle_minutes"),
        ("", {"KIT_PORT__NUMBER": "1"}, "$.port"),
        ('port = 1', {"KIT_PORT__NUMBER": "1"}, "KIT_PORT__NUMBER"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, environ: dict[str, str], named: str) -> None:
    file = tmp_path / "kit.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as told:
        load(file, environ)
    assert named in str(told.value)


def test_one_process_holds_an_sqlite_file_and_a_second_is_told_who(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'kit.sqlite3'}")
    with claim(settings) as held:
        assert held.instance == 1
        with pytest.raises(Taken, match="in use by process"):
            claim(settings)
    claim(settings).release()


@pytest.mark.db
def test_instances_on_postgresql_take_different_numbers(make_pg_database: Callable[..., str]) -> None:
    settings = Settings(database=make_pg_database())
    with claim(settings) as one, claim(settings) as two:
        assert (one.instance, two.instance) == (1, 2)
    with claim(settings) as again:
        assert again.instance == 1


def test_the_checkpoint_key_is_made_once_and_for_our_eyes_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "checkpoint.pem"
    made, read = checkpoint_key(path), checkpoint_key(path)
    assert (made.id, made.public) == (read.id, read.public)
    assert path.stat().st_mode & 0o777 == 0o600
    assert made.sign(b"x") == read.sign(b"x")
    path.write_text("not a key")
    with pytest.raises(SettingsError, match="holds no key"):
        checkpoint_key(path)
