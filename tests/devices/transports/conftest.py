"""Fixtures of the transports' tests: a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devices.mosquitto import Mosquitto


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets anyone in."""
    broker = Mosquitto(tmp_path).start()
    yield broker
    broker.kill()
