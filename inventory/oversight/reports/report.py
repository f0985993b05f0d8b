"""What a named report is: a question with its definition, its parameters, its columns, and the function that answers.

One rule for the editor: `ask` reads on the connection it is given, takes the time as an argument, and returns rows of
plain values in the order of `columns`; what is shown how is the doors' business (`api.reports`). It tells `told` how
far it is (0 to 1) where it takes more than a moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.oversight.program import Program, Solve

Cell = str | int | float | bool | None
Row = tuple[Cell, ...]
As = Literal["text", "count", "percent", "hours", "moment", "day", "item", "person", "store", "yes"]
"""How a cell is read: `percent` 0-100, `hours` a number of hours, `moment` UTC microseconds, `day` a London date
(ISO 8601), `item`, `person` and `store` ids that a screen names and links and a file names; the rest is as it says."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `key` for programs, `title` for people."""

    key: str
    title: str
    kind: As = "text"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a report is asked with. `default` None: it must be given, unless `optional`; a callable is asked with now
    (UTC microseconds). `choices`: the words a "word" may be; `least` and `most` bound a "number"."""

    key: str
    title: str
    kind: Literal["store", "person", "serial", "moment", "day", "number", "word"]
    default: Cell | Callable[[int], Cell] = None
    optional: bool = False
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 3650


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture of the rows: `x` and each of `ys` are keys of columns; `target` a column drawn as a line across.
    `only` (key, value): the rows that are drawn, where rows tell of the same thing twice (now and next)."""

    kind: Literal["bars", "stacked", "line", "ages"]
    x: str
    ys: tuple[str, ...]
    target: str | None = None
    only: tuple[str, Cell] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a report found: its rows, the sentences said with it (what was left out, what is not known), and the ids of
    the persons it is about, for the processing log; `people` is empty where it names nobody."""

    rows: Sequence[Row]
    notes: tuple[str, ...] = ()
    people: frozenset[int] = frozenset()
    totals: Mapping[str, Cell] = field(default_factory=dict)


def no_solver(_program: Program) -> Sequence[int]:
    """Where nobody gave a solver. Raises ValueError, always."""
    raise ValueError("this report needs a solver, and none was given")


@dataclass(frozen=True, slots=True)
class Asked:
    """With what a report is answered: the parameters by key, checked already; now; the policy in force; `told`, which
    hears how much of the work is done; and `solve`, for those that need a solver (`oversight.program`)."""

    given: Mapping[str, Cell]
    now_us: int
    policy: Policy
    told: Callable[[float], None] = lambda _share: None
    solve: Solve = no_solver


@dataclass(frozen=True, slots=True)
class Report:
    """A named report. `name` as in `kitstore report NAME` (lower case, hyphens); `question` "Q7"; `definition` what
    exactly is counted and `trap` what it must not be taken for, both printed with the answer; `source` where the
    question comes from; `seers` the capabilities that may ask, any one of them; `names_people` whether rows tell of
    persons; `is_long` whether it is answered in the background."""

    name: str
    question: str
    title: str
    definition: str
    trap: str
    source: str
    seers: tuple[str, ...]
    columns: tuple[Column, ...]
    ask: Callable[[sa.Connection, Asked], Answer]
    parameters: tuple[Parameter, ...] = ()
    plot: Plot | None = None
    names_people: bool = False
    is_long: bool = False
