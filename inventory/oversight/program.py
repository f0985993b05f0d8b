"""A question for a solver of linear programs, as plain values: what may be chosen, what limits it, and what is best.

One rule for the editor: nothing is solved here, and nothing here knows a solver. Several goals stand in order: the next
one decides only among the answers that are best by all before it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """`least` <= the sum of amount times factor <= `most`, by the number of each variable; None: no bound."""

    factors: Mapping[int, float]
    most: float | None = None
    least: float | None = None


@dataclass(slots=True)
class Program:
    """Whole numbers from 0 up to `most`, one each variable; limits; and goals, each to be made as small as can be."""

    most: list[int] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    goals: list[dict[int, float]] = field(default_factory=list)

    def variable(self, most: int) -> int:
        """A new variable; its number."""
        self.most.append(most)
        return len(self.most) - 1


Solve = Callable[[Program], Sequence[int]]
"""What gives the best value of each variable. Raises ValueError where no values keep within the limits."""
