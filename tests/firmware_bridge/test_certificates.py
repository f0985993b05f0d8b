"""Certificates that end are spoken of before they do, and a renewed one is believed without a restart."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.certificates import DAY_US, Watched, certificates, named
from firmware_bridge.clock import SYSTEM
from firmware_bridge.settings import BrokerSettings, Settings, StationSettings
from tests.devices.mosquitto import Shipped
from tests.devices.transports.test_mqtt_shipped import signed_by

pytestmark = pytest.mark.mqtt  # its certificates are made by the script beside the broker's configuration
Configured = Callable[..., Settings]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority in it, good for ten years."""
    folder = tmp_path_factory.mktemp("authority")
    Shipped(folder).certificates("ca")
    return folder


@pytest.fixture
def configured(authority: Path, tmp_path: Path) -> Configured:
    """Settings whose client certificate ends in so many days."""

    def make(days: int) -> Settings:
        files = signed_by(authority, "medway", tmp_path, days)
        broker = BrokerSettings(host="b", ca_file=str(authority / "ca.pem"), **files)
        station = StationSettings(device="s", driver="serial-scanner", port="p")
        return Settings(
            bridge="medway",
            service="https://kit",
            key_file="k",
            spool_dir="s",
            broker=broker,
            station=(station,),
        )

    return make


@pytest.mark.parametrize(
    ("days", "said"),
    [(45, ""), (31, ""), (29, "expires on "), (0, "in 0 days"), (-2, "expired on ")],
)
def test_a_certificate_is_spoken_of_a_month_ahead_and_when_it_has_ended(
    configured: Configured, days: int, said: str
) -> None:
    now_us = SYSTEM.wall_us() - 60_000_000
    troubles = {it.key: it.trouble(now_us) for it in certificates(configured(days))}
    assert troubles["broker.ca_file"] == ""
    assert said in troubles["broker.cert_file"]
    assert bool(said) == bool(troubles["broker.cert_file"])


def test_the_first_end_of_all_is_told_and_a_renewed_file_is_read_again(configured: Configured) -> None:
    settings = configured(3)
    watched = Watched(settings)
    first = watched.first_end_us()
    assert first is not None
    assert 2 <= (first - SYSTEM.wall_us()) / DAY_US <= 3
    configured(90)
    renewed = watched.first_end_us()
    assert renewed is not None
    assert 89 <= (renewed - SYSTEM.wall_us()) / DAY_US <= 90


def test_while_an_authority_is_replaced_the_one_that_stays_counts(
    configured: Configured, authority: Path, tmp_path: Path
) -> None:
    old = Path(signed_by(authority, "old-authority", tmp_path, -5)["cert_file"])
    both = tmp_path / "both.pem"
    both.write_bytes(old.read_bytes() + (authority / "ca.pem").read_bytes())
    station = StationSettings(device="s", driver="serial-scanner", port="p")
    settings = Settings(
        bridge="medway",
        service="https://kit",
        key_file="k",
        spool_dir="s",
        ca_file=str(both),
        station=(station,),
    )
    (only,) = certificates(settings)
    assert only.trouble(SYSTEM.wall_us()) == ""


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n", b"\xff" * 100])
def test_a_file_that_holds_no_certificate_has_no_end(
    configured: Configured, tmp_path: Path, content: bytes
) -> None:
    settings = configured(3)
    assert settings.broker is not None
    Path(settings.broker.cert_file).write_bytes(content)
    assert [it.key for it in certificates(settings)] == ["broker.ca_file"]
    Path(settings.broker.cert_file).unlink()
    assert [it.key for it in certificates(settings)] == ["broker.ca_file"]
    assert set(named(settings)) == {"broker.ca_file", "broker.cert_file"}
