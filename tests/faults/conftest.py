"""Stations for the tests that kill: one store each, with processes of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.service_process import quick_to_start
from tests.faults.station import Make, Station, build_station


@pytest.fixture(autouse=True)
def _compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services and bridges are started dozens of times here, and all by this environment."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    for name, value in quick_to_start().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def make_station(make_database: Callable[..., str], tmp_path: Path) -> Iterator[Make]:
    """`make_station()` on a database of its own, once on each kind."""
    yield from _stations(make_database, tmp_path)


@pytest.fixture
def make_sqlite_station(make_sqlite_database: Callable[..., str], tmp_path: Path) -> Iterator[Make]:
    """As `make_station`, where the kind of database makes no difference: SQLite's is the quicker."""
    yield from _stations(make_sqlite_database, tmp_path)


def _stations(make_database: Callable[..., str], folder: Path) -> Iterator[Make]:
    made: list[Station] = []

    def make() -> Station:
        place = folder / f"station{len(made)}"
        place.mkdir()
        made.append(build_station(make_database(), place))
        return made[-1]

    yield make
    for each in made:
        each.close()
