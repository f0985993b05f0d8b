"""The relay's configuration is refused whole with the line that is wrong; a connection file changes in two places."""

import base64
import tomllib
from pathlib import Path

import msgspec
import pytest

from firmware_bridge.errors import SettingsWrong
from firmware_bridge.relay_settings import RelaySettings, connection_file, load_relay

GOOD = """listen = "0.0.0.0:8443"
address = "https://relay.kit.example:8443"
cert_file = "relay.pem"
cert_key_file = "relay.key"
destination = "https://dems.example/auth/v1.0"
controllers = ["10.20.0.5"]
"""
THEIRS = {
    "ConnectionFileVersion": "1.0",
    "AuthenticationTokenURI": ["https://dems.example/auth/v1.0"],
    "HTTPSCertificate": ["dGhlaXJz"],
    "BlobAPIKey": "secret",
    "WantEncryption": True,
    "PublicKey": "a key",
}


def read(folder: Path, text: str) -> RelaySettings:
    (folder / "relay.pem").write_text("a certificate")
    (folder / "relay.key").write_text("a key")
    (folder / "relay.key").chmod(0o600)
    (folder / "relay.toml").write_text(text)
    return load_relay(folder / "relay.toml")


def test_a_good_file_is_read_and_its_paths_are_made_whole(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD)
    plan = settings.plan()
    assert (plan.host, plan.port, plan.own_origin) == ("0.0.0.0", 8443, "https://relay.kit.example:8443")
    assert (plan.cert_key_file, settings.book) == (
        str(tmp_path / "relay.key"),
        str(tmp_path / "cameras.json"),
    )
    assert plan.clients == {"10.20.0.5"}
    assert read(tmp_path, GOOD.replace("0.0.0.0:8443", "[::]:8443")).plan().host == "::"


def test_the_example_in_the_manual_shows_every_key() -> None:
    example = (Path(__file__).parents[2] / "docs" / "relay.example.toml").read_text("utf-8")
    assert set(tomllib.loads(example.replace("# destination_ca", "destination_ca"))) == set(
        RelaySettings.__struct_fields__
    )


WRONG = [
    ('listen = "0.0.0.0:8443"', "", "line 1: `listen`", "is missing"),
    ("0.0.0.0:8443", "8443", "line 1: `listen`", "expected an address and a port"),
    ("0.0.0.0:8443", "0.0.0.0:99999", "line 1: `listen`", "expected an address and a port"),
    ("https://relay", "http://relay", "line 2: `address`", "expected an address such as https://"),
    ("https://relay", "https://[relay", "line 2: `address`", "expected an address such as https://"),
    ("https://dems", "https://dems]", "line 5: `destination`", "expected an address such as"),
    (':8443"\ncert', ':8443/x"\ncert', "line 2: `address`", "expected no path"),
    ("relay.pem", "none.pem", "line 3: `cert_file`", "cannot be read"),
    ("/auth/v1.0", "", "line 5: `destination`", "expected the whole address"),
    ("https://dems", "https://axis:key@dems", "line 5: `destination`", "expected an address such as"),
    ('["10.20.0.5"]', "5", "line 6: `controllers`", "Expected `array`"),
    ("controllers", "controlers", "line 6: `controlers`", "`controllers` is meant?"),
]


@pytest.mark.parametrize(("good", "bad", "place", "why"), WRONG)
def test_a_wrong_file_is_refused_with_its_line(
    tmp_path: Path, good: str, bad: str, place: str, why: str
) -> None:
    assert good in GOOD
    with pytest.raises(SettingsWrong) as refused:
        read(tmp_path, GOOD.replace(good, bad))
    assert place in str(refused.value)
    assert why in str(refused.value)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    read(tmp_path, GOOD)
    (tmp_path / "relay.key").chmod(0o640)
    with pytest.raises(SettingsWrong, match="chmod 600"):
        load_relay(tmp_path / "relay.toml")


def test_a_connection_file_leads_to_the_relay_and_is_otherwise_the_evidence_systems(tmp_path: Path) -> None:
    made = msgspec.json.decode(connection_file(msgspec.json.encode(THEIRS), read(tmp_path, GOOD)))
    assert made == THEIRS | {
        "AuthenticationTokenURI": ["https://relay.kit.example:8443/auth/v1.0"],
        "HTTPSCertificate": [base64.b64encode(b"a certificate").decode()],
    }


@pytest.mark.parametrize(
    ("theirs", "why"),
    [
        (b"{", "no JSON object"),
        (b"[]", "no JSON object"),
        (
            msgspec.json.encode(THEIRS | {"AuthenticationTokenURI": ["https://other/auth"]}),
            "must be one of them",
        ),
        (msgspec.json.encode(THEIRS | {"SiteName": "x" * 64_000}), "64 kB"),
    ],
)
def test_a_connection_file_of_something_else_is_refused(tmp_path: Path, theirs: bytes, why: str) -> None:
    with pytest.raises(SettingsWrong, match=why):
        connection_file(theirs, read(tmp_path, GOOD))


def test_films_that_would_travel_unencrypted_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = read(tmp_path, GOOD)
    connection_file(msgspec.json.encode(THEIRS), settings)
    assert not caplog.records
    connection_file(msgspec.json.encode(THEIRS | {"WantEncryption": False}), settings)
    assert "unencrypted" in caplog.text
