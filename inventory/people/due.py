"""What comes due of people: the bands of days in which each qualification and each permission to carry runs out.

One rule for the editor: the dates are those the gate judges by (`training`, `authority`); none is worked out here, and
a band is nothing but the days from today to the first day on which something no longer counts.

Source: design `domain.md` 4.3 (bands of 90, 60, 30, 14 and 0 days), 5.3 Q4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.people.authority import Authorisation, Stop
from inventory.people.bands import band_of
from inventory.people.calendar import day_start_us, local_day
from inventory.people.standing import Standing
from inventory.people.training import BY_MODEL, Currency, Ending

AUTHORITY = "AUTHORITY"
"""Stands where a qualification does, for a permission to carry."""

CARRIED_DAYS = 365
"""Whoever's permission for a model ran out longer ago is no longer looked for with that model."""


@dataclass(frozen=True, slots=True)
class Due:
    """One person's qualification or permission (`what`, with a `model` or ""): it counts no more from `ends_on` on.

    `days` are those left to that day, none or fewer once it has run out; `band` is None where it is beyond all bands.
    `failed`: it was ended by a failed course, not by time. `suspended`: the person's authority is, now.
    """

    person_id: int
    what: str
    model: str
    ends_on: date
    days: int
    band: int | None
    failed: bool = False
    suspended: bool = False

    @property
    def ends_us(self) -> int:
        """From when on it counts no more."""
        return day_start_us(self.ends_on)

    @property
    def last_good_day(self) -> date:
        """The last day on which it counts."""
        return self.ends_on - timedelta(days=1)


def due_of(standing: Standing, now_us: int) -> list[Due]:
    """Everything of one person that runs out some day, the first first; nothing of whoever has left.

    CED training counts for a model that they are permitted to carry, or were within the last year: whoever went over to
    another model need not renew the old one.
    """
    if standing.left:
        return []
    today, suspended = local_day(now_us), standing.suspended_from_us(now_us) is not None
    carried = carried_until(standing.authorisations, standing.stops, now_us)
    found = [
        _due(standing, (name, model or ""), _ends_on(held), today, suspended, failed=held.ended_by is Ending.FAIL)
        for (name, model), held in standing.training.items()
        if held.valid_until_us is not None and (name not in BY_MODEL or any(each == model for each, _ in carried))
    ]
    for (model, _mode), to_us in carried.items():
        found.append(_due(standing, (AUTHORITY, model), local_day(to_us), today, suspended))
    return sorted(found, key=lambda each: (each.ends_on, each.what, each.model))


def _ends_on(held: Currency) -> date:
    assert held.valid_until_us is not None, "asked of what ends alone"
    return local_day(held.valid_until_us)


def _due(
    standing: Standing, of: tuple[str, str], ends_on: date, today: date, suspended: bool, *, failed: bool = False
) -> Due:
    days = (ends_on - today).days
    return Due(standing.person_id, *of, ends_on, days, band_of(days), failed, suspended)


def carried_until(
    authorisations: Iterable[Authorisation], stops: Iterable[Stop], now_us: int
) -> Mapping[tuple[str, str], int]:
    """(model, mode) -> when the permission to carry it ends, or ended within the last year; ended ones left out."""
    oldest = day_start_us(local_day(now_us) - timedelta(days=CARRIED_DAYS))
    ends = [each for each in stops if each.kind == "ENDED" and each.from_us <= now_us]
    latest: dict[tuple[str, str], Authorisation] = {}
    for each in authorisations:
        if each.from_us <= now_us:
            latest[each.model, each.mode] = each  # they come in order, the last begun last
    return {
        key: each.to_us
        for key, each in latest.items()
        if each.to_us > oldest and not any(one.concerns(*key) and one.from_us == each.to_us for one in ends)
    }
