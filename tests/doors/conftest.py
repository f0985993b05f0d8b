"""The service over HTTP with the small force, the ineligible and the staff of `people` behind it."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.api.conftest import Hand, House, running
from tests.built_once import built_once
from tests.doors import people


@pytest.fixture
def anyio_backend() -> str:
    """Tests run on asyncio alone."""
    return "asyncio"


@pytest.fixture(scope="module")
def peopled(make_database: Callable[..., str]) -> str:
    """URL of a database with everybody in it; copy it, do not change it."""
    return built_once(make_database, people.build)


@pytest.fixture
def hand() -> Hand:
    """A clock that stands at the small force's morning."""
    return Hand()


@pytest.fixture
async def house(make_database: Callable[..., str], peopled: str, hand: Hand) -> AsyncIterator[House]:
    """The service on a fresh copy of the force."""
    async with running(make_database(template=peopled), hand) as house:
        yield house
