"""A service that a module's tests share, for tests that only look: starting one costs more than the looking.

One rule for the editor: whoever uses `shared_house` changes nothing that another test of the module looks at.

A module that uses it imports both fixtures: the `anyio_backend` here lives as long as the service does.
"""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.api.conftest import Hand, House, running


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """As the conftest's, in the scope of the shared service."""
    return "asyncio"


@pytest.fixture(scope="module")
async def shared_house(
    make_database: Callable[..., str],
    staffed: str,
    anyio_backend: str,
) -> AsyncIterator[House]:
    """One service on one copy of the staffed force, for the whole module."""
    async with running(make_database(template=staffed), Hand()) as house:
        yield house
