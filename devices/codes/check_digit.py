"""The mod-10 check digit of GS1 keys (General Specifications 7.9).

One rule for the editor: callers pass ASCII digits only; nothing is checked here. Four digits are weighed at
once, by a table: every label and tag passes here, and a tray of tags is read many times a second.
"""

_WEIGHED = tuple(3 * (n % 10 + n // 100 % 10) + n // 10 % 10 + n // 1000 for n in range(10_000))
"""Of four digits, weights 1, 3, 1, 3."""


def check_digit(digits: str) -> str:
    """The digit that belongs after `digits`, weights 3, 1, 3 ... from the right."""
    rest, total = int(digits), 0
    while rest:
        rest, four = divmod(rest, 10_000)
        total += _WEIGHED[four]
    return "0987654321"[total % 10]


def has_check_digit(digits: str) -> bool:
    """Whether the last of `digits` (two or more) is the check digit of those before it."""
    return digits[-1] == check_digit(digits[:-1])
