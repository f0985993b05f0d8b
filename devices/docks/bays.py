"""Bays that are places: which place is which bay, what has stayed in one for long enough to be told, and what was.

One rule for the editor: a place that nobody named as a bay is none; nothing is counted or guessed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from devices.errors import NotConfigured
from devices.readings import BayReported

BAY_MAX = 999

AGAIN_S = 240.0
"""What is so in a bay is told again this often: the kit store takes a bay that nobody speaks of for unknown (after ten
minutes: design domain.md 3.6), and a driver that spoke of changes alone would fall silent over every camera at rest."""

Value = TypeVar("Value")


def read_bays(driver: str, option: str, read_place: Callable[[str], str | None]) -> dict[str, int]:
    """The places in "1=1.1 9=1.3" and their bays. `read_place` gives a place as it is compared, None for none.

    Raises NotConfigured naming the option and the word that is wrong.
    """
    bays: dict[str, int] = {}
    for word in option.replace(",", " ").split():
        number, equals, text = word.partition("=")
        place = read_place(text)
        is_bay = number.isascii() and number.isdigit() and len(number) <= 3 and 1 <= int(number) <= BAY_MAX
        if not equals or not is_bay or place is None:
            raise NotConfigured(
                f"{driver}: option bays: expected a bay and its place as in 9=..., found {word!r}"
            )
        if place in bays or int(number) in bays.values():
            raise NotConfigured(f"{driver}: option bays: {word!r} names a bay or a place for the second time")
        bays[place] = int(number)
    return bays


class Settled(Generic[Value]):
    """The value of each bay that has lasted. What makes a bay empty (`is_gone`) must last `gone_s`, other things
    `came_s`: a device that starts again leaves its port for a moment, and an unplugged hub takes its time."""

    def __init__(self, came_s: float, gone_s: float, is_gone: Callable[[Value], bool]) -> None:
        self._came_s = came_s
        self._gone_s = gone_s
        self._is_gone = is_gone
        self._new: dict[int, tuple[Value, float]] = {}
        self._now: dict[int, Value] = {}
        self.repeated = 0

    @property
    def now(self) -> Mapping[int, Value]:
        """What has settled, by bay."""
        return self._now

    def see(self, bay: int, value: Value, at_s: float) -> None:
        """The bay was seen so at `at_s`."""
        waiting = self._new.get(bay)
        if bay in self._now and self._now[bay] == value:
            self.repeated += waiting is not None
            self._new.pop(bay, None)
        elif waiting is None or waiting[0] != value:
            self._new[bay] = (value, at_s)

    def settle(self, at_s: float) -> bool:
        """Time has come to `at_s`. True if something has settled."""
        ripe = [
            (bay, value)
            for bay, (value, since_s) in self._new.items()
            if at_s - since_s >= (self._gone_s if self._is_gone(value) else self._came_s)
        ]
        for bay, value in ripe:
            del self._new[bay]
            self._now[bay] = value
        return bool(ripe)

    def hurry(self, bay: int) -> None:
        """Settle what waits to: something else has shown that it is so."""
        waiting = self._new.pop(bay, None)
        if waiting is not None:
            self._now[bay] = waiting[0]


class Told:
    """What was last told of each bay, and when: what is new is told, and what is still so now and then."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[BayReported, float]] = {}

    def last(self, bay: int) -> BayReported | None:
        """What was last told of it, None before the first word."""
        return self._last[bay][0] if bay in self._last else None

    def due(self, said: Iterable[BayReported], at_s: float) -> list[BayReported]:
        """Of what is so at `at_s`, what is to be told now. That nothing is known of a bay is said once."""
        now = [it for it in said if self._is_due(it, at_s)]
        self._last.update({it.bay: (it, at_s) for it in now})
        return now

    def _is_due(self, said: BayReported, at_s: float) -> bool:
        last, told_s = self._last.get(said.bay, (None, at_s))
        return last != said or (said.present is not None and at_s - told_s >= AGAIN_S)
