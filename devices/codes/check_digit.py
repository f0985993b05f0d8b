"""The mod-10 check digit of GS1 keys (General Specifications 7.9).

One rule for the editor: callers pass ASCII digits only; nothing is checked here.
"""


def check_digit(digits: str) -> str:
    """The digit that belongs after `digits`, weights 3, 1, 3 ... from the right."""
    codes = digits.encode()
    threes, ones = codes[::-2], codes[-2::-2]
    total = 3 * sum(threes) + sum(ones) - 48 * (3 * len(threes) + len(ones))
    return str(-total % 10)


def has_check_digit(digits: str) -> bool:
    """Whether the last of `digits` is the check digit of those before it."""
    codes = digits.encode()
    ones, threes = codes[::-2], codes[-2::-2]
    return (sum(ones) + 3 * sum(threes) - 48 * (len(ones) + 3 * len(threes))) % 10 == 0
