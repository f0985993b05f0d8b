"""What the caller got wrong, in a form that a person can act on.

One rule for the editor: it is always one field, the value as given, and what was expected instead.
"""

from collections.abc import Sequence


class BadField(ValueError):
    """A value that cannot be taken. `field`, `value` as given (shortened) and `expected` in plain words."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        self.field = field
        self.value = str(value)[:80]
        self.expected = expected
        super().__init__(f"{field}: expected {expected}, got {self.value!r}")


class BadRows(ValueError):
    """Rows that cannot be taken together, each as a `BadField`: nothing of them was written."""

    def __init__(self, bad: Sequence[BadField]) -> None:
        self.bad = tuple(bad)
        super().__init__("; ".join(str(each) for each in self.bad))
