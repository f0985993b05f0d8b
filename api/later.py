"""What is loaded only when it is used: a command of `kitstore`, and Alembic where a database is behind.

One rule for the editor: this is the one place that imports by name. A name stands in a module as `Later("a.b:c")`,
where the tests of the house find it and hold it to the directions of every other import (decision record 0011).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Later:
    """What `where` names ("module:attribute"), loaded when this is called."""

    where: str

    def __call__(self) -> Any:
        """The thing itself."""
        module, _, name = self.where.partition(":")
        with uncollected():
            return getattr(import_module(module), name)


@contextmanager
def uncollected() -> Iterator[None]:
    """Garbage is left lying meanwhile.

    What a program makes while it is loaded is there to stay; looking through all of it again and again for garbage
    is a fifth of the time that loading takes.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
