"""How far the first load has come: bars on a terminal, elsewhere a line for each thing that is done.

One rule for the editor: steps of one name are one bar; a step that counts no rows is one of its bar's.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

COLUMNS = (TextColumn("  {task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


@dataclass(slots=True)
class Bars:
    """Bars by the names of steps."""

    console: Console
    bars: Progress
    left: dict[str, int]
    tasks: dict[str, TaskID] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    ended: dict[str, int] = field(default_factory=dict)

    def rows(self, step: str, done: int, total: int) -> None:
        """`done` of `total` rows of a step's file are taken."""
        self.counted.add(step)
        self.bars.update(self._task(step), completed=done, total=total)

    def end(self, step: str) -> None:
        """One step of this name is done."""
        self.left[step] -= 1
        if step not in self.counted:
            self.ended[step] = self.ended.get(step, 0) + 1
            whole = self.ended[step] + self.left[step]
            self.bars.update(self._task(step), completed=self.ended[step], total=whole)
        if not self.left[step] and not self.console.is_terminal:
            self.console.print(f"  {step}", highlight=False)

    def _task(self, step: str) -> TaskID:
        if step not in self.tasks:
            self.tasks[step] = self.bars.add_task(step, total=None)
        return self.tasks[step]


@contextmanager
def bars_for(steps: Iterable[str]) -> Iterator[Bars]:
    """Bars for steps of these names, as often as they come."""
    console = Console(soft_wrap=True)
    left: dict[str, int] = {}
    for step in steps:
        left[step] = left.get(step, 0) + 1
    with Progress(*COLUMNS, console=console, disable=not console.is_terminal) as bars:
        yield Bars(console, bars, left)
