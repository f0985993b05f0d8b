"""Where a person's permission to carry stands now, model by model: worked out of permissions, stops and training.

One rule for the editor: nothing here is stored, and "dormant" least of all: a permission sleeps while the training for
its model is out of date, and wakes with the next pass, without anybody's act (design `domain.md` 4.4).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from inventory.people.authority import Authorisation
from inventory.people.standing import Standing


class CarryState(StrEnum):
    """What a permission to carry amounts to now."""

    LIVE = "LIVE"
    DORMANT = "DORMANT"
    SUSPENDED = "SUSPENDED"
    NOT_YET = "NOT_YET"
    OVER = "OVER"


@dataclass(frozen=True, slots=True)
class CarryingState:
    """One model and mode: the permission in force, else the next, else the last; and what it amounts to now.

    `until_us` is when carrying ends as things stand: with the permission, or with the training if that is sooner.
    `since_us` is when this state began, where that is known: the suspension, the lapse of the training, the end.
    """

    model: str
    mode: str
    state: CarryState
    from_us: int
    to_us: int
    until_us: int
    since_us: int | None


def carrying_states(standing: Standing, now_us: int) -> list[CarryingState]:
    """Every model and mode a person was ever permitted to carry, by model."""
    keys = sorted({(each.model, each.mode) for each in standing.authorisations})
    return [_state(standing, key, now_us) for key in keys]


def _state(standing: Standing, key: tuple[str, str], now_us: int) -> CarryingState:
    model, mode = key
    shown = _shown((each for each in standing.authorisations if (each.model, each.mode) == key), now_us)
    trained = standing.training.get(("CED", model))
    ends = [shown.to_us]
    if trained is None:
        ends.append(shown.from_us)
    elif trained.valid_until_us is not None:
        ends.append(trained.valid_until_us)
    state, since_us = _now(standing, shown, min(ends), now_us)
    return CarryingState(model, mode, state, shown.from_us, shown.to_us, min(ends), since_us)


def _shown(windows: Iterable[Authorisation], now_us: int) -> Authorisation:
    """The window in force, else the next to begin, else the last that was."""
    ordered = sorted(windows, key=lambda each: each.from_us)
    ahead = [each for each in ordered if each.to_us > now_us]
    return ahead[0] if ahead else ordered[-1]


def _now(
    standing: Standing, shown: Authorisation, until_us: int, now_us: int
) -> tuple[CarryState, int | None]:
    if shown.to_us <= now_us:
        return CarryState.OVER, shown.to_us
    stopped = [
        each.from_us
        for each in standing.stops
        if each.kind == "SUSPENDED"
        and each.concerns(shown.model, shown.mode)
        and each.touches(now_us, now_us + 1)
    ]
    if stopped:
        return CarryState.SUSPENDED, min(stopped)
    if shown.from_us > now_us:
        return CarryState.NOT_YET, None
    return (CarryState.DORMANT, until_us) if until_us <= now_us else (CarryState.LIVE, shown.from_us)
