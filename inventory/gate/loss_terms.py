"""What the force asks of late and missing kit: the ladder of each kind, who is told of a loss and by when.

One rule for the editor: no clock is asked here. Minutes are elapsed minutes; what the law sets may be shortened,
never lengthened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TELLS = ("OFFICER", "SERGEANT", "INSPECTOR", "LOSS")
"""Who is told at a step of a ladder; LOSS: it is treated as a loss from there."""
AFTERS = ("REPORTED", "DECLARED")
MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """`after_us` after kit was due back, somebody is told, and what they do about it."""

    after_us: int
    tell: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps for some kinds of kit that is late, in order. `origin` and `source` as for any number."""

    name: str
    steps: tuple[Step, ...]
    origin: str
    source: str


@dataclass(frozen=True, slots=True)
class Telling:
    """`to` is told within `within_us` of when the loss was reported, or declared lost or stolen (`after`).

    `warn_us`: so long before its time it is an alarm. `breach`: owed also where the kit is back in time, because of
    what was on it. `unless_no_risk`: not owed once the breach was assessed as no risk.
    """

    to: str
    after: str
    within_us: int
    warn_us: int
    breach: bool
    unless_no_risk: bool


@dataclass(frozen=True, slots=True)
class LossTerms:
    """The ladders and the tellings, by kind of kit; `expiry_days` before its date kit that is out is called in."""

    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    tellings: Mapping[str, tuple[Telling, ...]] = field(default_factory=dict)
    expiry_days: int = 0

    def is_breach(self, kind: str) -> bool:
        """Whether the loss of such a thing is assessed as a breach of personal data."""
        return any(each.breach for each in self.tellings.get(kind, ()))


def loss_terms(data: Mapping[str, Any]) -> LossTerms:
    """What a checked file says."""
    ladders = {kind: _ladder(name, table) for name, table in data["overdue"].items() for kind in table["kinds"]}
    tellings: dict[str, tuple[Telling, ...]] = {}
    for to, table in data["told"].items():
        for kind in table["kinds"]:
            tellings[kind] = (*tellings.get(kind, ()), _telling(to, table))
    return LossTerms(ladders, tellings, data["expiry"]["days"])


def _ladder(name: str, table: Mapping[str, Any]) -> Ladder:
    steps = tuple(Step(row["after_minutes"] * MINUTE_US, row["tell"], row["remedy"]) for row in table["steps"])
    return Ladder(name, steps, table["origin"], table["source"])


def _telling(to: str, table: Mapping[str, Any]) -> Telling:
    within_us, warn_us = (table.get(name, 0) * MINUTE_US for name in ("within_minutes", "warn_minutes"))
    return Telling(
        to, table["after"], within_us, warn_us, table.get("breach", False), table.get("unless_no_risk", False)
    )
