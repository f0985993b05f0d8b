"""Fixtures of the bridge's tests: a stub of the service, and a bridge in a process of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.firmware_bridge.bridge_process import BridgeFolder
from tests.firmware_bridge.running_bridge import RunningBridge
from tests.firmware_bridge.stub_service import StubService


@pytest.fixture
def service() -> Iterator[StubService]:
    """A service on a port of its own."""
    stub = StubService().start()
    yield stub
    stub.stop()


@pytest.fixture
def bridge_folder(tmp_path: Path, service: StubService) -> Iterator[Callable[..., BridgeFolder]]:
    """Makes a bridge's folder, with more TOML or other timing where a test needs it."""
    made: list[BridgeFolder] = []

    def make(more: str = "", **words: str) -> BridgeFolder:
        made.append(BridgeFolder(tmp_path, service.url, more, **words))
        return made[-1]

    yield make
    for folder in made:
        folder.close()


@pytest.fixture
def running(tmp_path: Path, service: StubService) -> Iterator[RunningBridge]:
    """A bridge in this process; the test writes its configuration and starts it."""
    made = RunningBridge(tmp_path, service)
    yield made
    made.close()
