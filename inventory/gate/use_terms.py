"""What the force asks after kit was used: each point that is still to be written down, by when, and by whom.

One rule for the editor: no clock is asked here, and nothing is checked; `use_policy` does that first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AFTERS = ("USE", "DISCHARGE", "FIRED", "OPERATIONAL", "TRAINING", "UNINTENTIONAL", "DSI", "GUARD", "LOG")
MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class PointTerms:
    """One point: owed `after` these words, `within_us` of the use, written down by any one of `who`."""

    point: str
    after: frozenset[str]
    within_us: int
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UseTerms:
    """Every point that the force asks for. `authority`: who alone releases what is held for a death or injury."""

    points: Mapping[str, PointTerms] = field(default_factory=dict)
    authority: str = "Professional Standards"

    def owed(self, words: frozenset[str]) -> list[PointTerms]:
        """The points that are owed after a use that these words describe."""
        return [each for each in self.points.values() if each.after & words]


def use_terms(data: Mapping[str, Any]) -> UseTerms:
    """What a checked file says."""
    points = {
        name: PointTerms(name, frozenset(table["after"]), table["within_minutes"] * MINUTE_US, tuple(table["who"]))
        for name, table in data["points"].items()
    }
    return UseTerms(points, data["authority"]["dsi"])
