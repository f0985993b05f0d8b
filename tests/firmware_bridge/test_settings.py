"""The bridge's configuration: what a technician reads when a line of it is wrong."""

import tomllib
from pathlib import Path

import pytest

from devices.drivers import DRIVERS
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.settings import Settings, load

GOOD = """bridge = "medway"
service = "https://kit.example"
key_file = "bridge.key"
spool_dir = "spool"
[broker]
host = "broker.example"
password_file = "secret"
[[light]]
name = "tower"
kind = "serial"
port = "/dev/ttyS9"
green_hex = "01"
red_hex = "02"
[[station]]
device = "hatch-scanner"
driver = "serial-scanner"
port = "/dev/serial/by-path/p1"
options = { prefix = "aim" }
feedback = ["tower"]
[[station]]
device = "docks"
driver = "kit-dock"
"""


def read(tmp_path: Path, text: str) -> Settings:
    """The settings in a file that holds `text`."""
    path = tmp_path / "bridge.toml"
    path.write_text(text)
    return load(path, DRIVERS)


def said_of(tmp_path: Path, text: str) -> list[str]:
    """The problems found in `text`, without the folder's name."""
    with pytest.raises(SettingsWrong) as refused:
        read(tmp_path, text)
    return [problem.replace(f"{tmp_path}/", "") for problem in refused.value.problems]


def test_a_good_file_is_read_and_its_paths_are_made_whole(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD)
    assert settings.key_file == str(tmp_path / "bridge.key")
    assert settings.broker is not None
    assert settings.broker.password_file == str(tmp_path / "secret")
    assert settings.broker.ca_file == ""
    assert settings.station[0].options_text() == {"prefix": "aim"}
    assert settings.timing.scan_live_s == 30.0


def test_the_example_in_the_manual_is_a_good_file(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "docs" / "bridge.example.toml"
    settings = read(tmp_path, example.read_text("utf-8"))
    assert len(settings.station) >= 3
    shown = set(tomllib.loads(example.read_text("utf-8")))
    assert shown == set(Settings.__struct_fields__)


WRONG = [
    ('bridge = "medway"', 'bridge = "med/way"', "line 1: `bridge`", "regex"),
    ('bridge = "medway"', "", "line 1: `bridge`", "is missing"),
    ("https://kit.example", "kit.example", "line 2: `service`", "expected an address"),
    ("https://kit.example", "http://kit.example", "line 2: `service`", "plain http would show"),
    ("https://kit.example", "https://kit.example:99999", "line 2: `service`", "0-65535"),
    ("https://kit.example", "https://[::1", "line 2: `service`", "expected an address"),
    ('host = "broker.example"', "host = 5", "line 6: `broker.host`", "Expected `str`"),
    ('host = "broker.example"', 'host = "b"\nprot = 3', "line 7: `broker.prot`", "`port` is meant? (there are"),
    ('red_hex = "02"', "", "line 8: `light[0]`", "needs `red_hex`"),
    ("[broker]", "broker = 5", "line 5: `broker`", "expected a table, [broker]"),
    ('kind = "serial"', 'kind = "smoke"', "line 10: `light[0].kind`", "Invalid enum value 'smoke'"),
    ('kind = "serial"', 'kind = "lines"', "line 8: `light[0]`", "needs `rts` or `dtr`"),
    ('device = "docks"', 'device = "docks"\nbays_at = "hub"', "line 22: `station[1].bays_at`", "no other device"),
    ('driver = "serial-scanner"', 'driver = "laser"', "line 16: `station[0].driver`", "no driver is called"),
    ('port = "/dev/serial/by-path/p1"', "", "line 14: `station[0]`", "needs its `port`"),
    ('prefix = "aim"', 'sufix = "cr"', "line 18: `station[0].options.sufix`", "`suffix` is meant? (there are"),
    ('prefix = "aim"', 'prefix = "moon"', "line 18: `station[0].options`", "none, aim, zebra"),
    ('["tower"]', '["tower", "sun"]', "line 19: `station[0].feedback`", "no light is called 'sun'"),
    ('device = "docks"', 'device = "hatch-scanner"', "line 21: `station[1].device`", "named twice"),
]


@pytest.mark.parametrize(("good", "wrong", "place", "why"), WRONG, ids=[row[3] for row in WRONG])
def test_a_wrong_line_is_named_with_its_field_and_what_was_expected(
    tmp_path: Path, good: str, wrong: str, place: str, why: str
) -> None:
    assert good in GOOD
    said = said_of(tmp_path, GOOD.replace(good, wrong, 1))
    assert any(f"bridge.toml {place}" in line and why in line for line in said), said


def test_two_stations_on_one_port_are_refused(tmp_path: Path) -> None:
    more = '[[station]]\ndevice = "b"\ndriver = "em4100"\nport = "/dev/serial/by-path/p1"\n'
    assert "already the port of 'hatch-scanner'" in said_of(tmp_path, GOOD + more)[0]


def test_a_dock_without_a_broker_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace('[broker]\nhost = "broker.example"\npassword_file = "secret"\n', "")
    assert "there is no [broker]" in said_of(tmp_path, text)[0]


def test_a_light_of_its_own_is_asked_only_of_a_device_that_has_one(tmp_path: Path) -> None:
    own = GOOD.replace('["tower"]', '["device", "tower"]')
    assert "serial-scanner has no light" in said_of(tmp_path, own)[0]
    assert read(tmp_path, own.replace("serial-scanner", "ssi-scanner"))
    named = GOOD.replace('name = "tower"', 'name = "device"')
    assert any("own light is called" in said for said in said_of(tmp_path, named))


def test_every_wrong_line_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("https://kit.example", "x").replace("serial-scanner", "laser")
    text = text.replace('password_file = "', 'keepalive = 5\npasword_file = "')
    text = text.replace('port = "/dev/ttyS9"', "baud = 3")
    assert [line.partition("`: ")[0].rpartition(" ")[2] for line in said_of(tmp_path, text)] == [
        "`service", "`broker.keepalive", "`broker.pasword_file", "`light[0].baud", "`station[0].driver",
    ]  # fmt: skip


def test_what_only_follows_from_another_fault_is_not_told(tmp_path: Path) -> None:
    for good, wrong in (('port = "/dev/serial', 'prot = "/dev/serial'), ("[broker]", "[brokr]")):
        assert len(said_of(tmp_path, GOOD.replace(good, wrong))) == 1


def test_a_single_bracket_where_two_belong_is_named(tmp_path: Path) -> None:
    single = GOOD[: GOOD.index("[[station]]")] + '[station]\ndevice = "docks"\ndriver = "kit-dock"\n'
    assert "under its own [[station]] in two brackets" in said_of(tmp_path, single)[0]


def test_a_scans_life_may_be_shortened_and_never_lengthened(tmp_path: Path) -> None:
    shorter = GOOD.replace("[broker]", "[timing]\nscan_live_s = 5\n[broker]")
    assert read(tmp_path, shorter).timing.scan_live_s == 5
    longer = GOOD.replace("[broker]", "[timing]\nscan_live_s = 31\n[broker]")
    assert "`timing.scan_live_s`" in said_of(tmp_path, longer)[0]


def test_plain_http_is_allowed_at_home_or_when_it_is_said_aloud(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD.replace("https://kit.example", "http://127.0.0.1:8000"))
    aloud = GOOD.replace("https://kit.example", "http://kit.example").replace(
        "[broker]", "allow_plain_http = true\n[broker]"
    )
    assert read(tmp_path, aloud).allow_plain_http


@pytest.mark.parametrize("text", ["bridge = ", "\x00"])
def test_what_is_no_toml_is_said_with_its_line(tmp_path: Path, text: str) -> None:
    assert "not TOML" in said_of(tmp_path, text)[0]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match="cannot be read"):
        load(tmp_path / "none.toml", DRIVERS)
