"""What the caller got wrong, in a form that a person can act on.

One rule for the editor: it is always one field, the value as given, and what was expected instead.
"""


class BadField(ValueError):
    """A value that cannot be taken. `field`, `value` as given (shortened) and `expected` in plain words."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        self.field = field
        self.value = str(value)[:80]
        self.expected = expected
        super().__init__(f"{field}: expected {expected}, got {self.value!r}")
