"""How a `kitstore` command speaks: on standard output, and with a progress bar where there is a terminal.

One rule for the editor: the service says nothing on a terminal, and does not load this.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Told = Callable[[int, int], None]
out = Console(highlight=False, soft_wrap=True)


@contextmanager
def progress(title: str) -> Iterator[Told]:
    """A progress bar on a terminal, nothing elsewhere; call what it gives with (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
