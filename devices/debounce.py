"""Holds back what a reader says again and again while a tag lies on it.

One rule for the editor: bounded, and no clock of its own.
"""

VALUES_MAX = 64
"""Most values remembered at once; a reader of one tag at a time needs one."""


class Debounce:
    """Says whether a value is fresh: not seen within `quiet_s` seconds. Each sighting renews the wait."""

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        self._seen_s: dict[str, float] = {}
        self.repeated = 0

    def fresh(self, value: str, at_s: float) -> bool:
        """True the first time `value` is seen, and again once it was gone for `quiet_s`; counts the rest."""
        last_s = self._seen_s.pop(value, None)
        if last_s is None and len(self._seen_s) >= VALUES_MAX:
            del self._seen_s[next(iter(self._seen_s))]
        self._seen_s[value] = at_s
        if last_s is None or at_s - last_s >= self._quiet_s:
            return True
        self.repeated += 1
        return False
