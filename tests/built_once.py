"""What many modules begin with, made once in a test process: databases that are filled alike, hashes of known secrets.

One rule for the editor: what is handed out here is never changed by a test. Databases are copied, always.
"""

import functools
from collections.abc import Callable

from argon2 import PasswordHasher

from inventory.schema import migrate
from inventory.schema.engine import make_engine

_BUILT: dict[tuple[Callable[..., str], Callable[[str], None]], str] = {}


def built_once(make_database: Callable[..., str], build: Callable[[str], None]) -> str:
    """URL of a database that `build(url)` has filled; copy it with `make_database(template=...)`, do not change it.

    `build` is a function of a module, so that it is the same one each time. Filling takes half a second, and as much
    again of PostgreSQL's time.
    """
    if (make_database, build) not in _BUILT:
        url = make_database()
        build(url)
        _BUILT[make_database, build] = url
    return _BUILT[make_database, build]


def with_tables(url: str) -> None:
    """For `built_once`: today's tables, and nothing in them."""
    engine = make_engine(url)
    migrate.upgrade(engine)
    engine.dispose()


@functools.cache
def quick_hash(secret: str) -> str:
    """An Argon2 hash that is quickly verified (a hash says what it costs); the service's own costs 40 times as much."""
    return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(secret)
