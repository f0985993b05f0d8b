"""How long to wait before trying again: doubling, capped, and shaken where many would try at once.

One rule for the editor: a success does not reset it, a *stable* one does. A flapping cable opens well and
dies at once; reset on opening and it is reopened eighty times a second (hardware.md A2).
"""

import math
import random
from dataclasses import dataclass, field

DOUBLINGS_MAX = 32


@dataclass(slots=True)
class Backoff:
    """Waits of `first_s`, twice that, and so on up to `cap_s`, beginning again once things were good for
    `stable_s` seconds.

    With `shake` each wait is drawn between nothing and that length ("full jitter"), so that a hundred
    bridges do not fall on a service that has just come back.
    """

    first_s: float
    cap_s: float
    stable_s: float = math.inf
    shake: random.Random | None = None
    _tries: int = field(default=0, init=False)

    def next_s(self, good_for_s: float = 0.0) -> float:
        """The next wait in seconds, after things were good for `good_for_s` (0: they failed at once).

        Never less than a twentieth of `first_s`.
        """
        if good_for_s >= self.stable_s:
            self.reset()
        length = min(self.cap_s, self.first_s * 2**self._tries)
        self._tries = min(self._tries + 1, DOUBLINGS_MAX)
        return self.shake.uniform(self.first_s / 20, length) if self.shake else length

    def lengths(self, first_s: float, cap_s: float, stable_s: float = math.inf) -> None:
        """From now on wait so long; how many times was tried already stays."""
        self.first_s, self.cap_s, self.stable_s = first_s, cap_s, stable_s

    def reset(self) -> None:
        """Begin again at `first_s`."""
        self._tries = 0
