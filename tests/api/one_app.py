"""The service's routes, made once in a process: each test gives them a service of its own.

One rule for the editor: every part of the service is made anew by `make_service`, as `create_app` has it; only what is
made of the source alone (the routes, the document) is used again, and by one service at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields

from litestar import Litestar

from api.app import create_app, make_service
from api.context import Service
from api.settings import Settings

_FREE: list[Litestar] = []


@contextmanager
def one_app(settings: Settings, clock: Callable[[], int], instance: int = 1) -> Iterator[Litestar]:
    """What `create_app` makes, a quarter of a second sooner. Raises PolicyError for a policy not right."""
    if _FREE:
        app = _FREE.pop()
        fresh = make_service(settings, clock, instance)
        for part in fields(Service):
            setattr(app.state["service"], part.name, getattr(fresh, part.name))
    else:
        app = create_app(settings, clock, instance)
    yield app
    _FREE.append(app)  # not if the test's service did not start or end as it should
