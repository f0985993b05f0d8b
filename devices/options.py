"""A driver's options: the chosen values over the defaults, each checked.

One rule for the editor: a wrong option is refused by name, never ignored.


A driver lists its options in `Driver.options` as name -> (default, meaning). An option whose meaning starts
with words joined by "|" ("none|aim|zebra: ...") takes one of those words and nothing else.
"""

from collections.abc import Mapping

from devices.errors import NotConfigured


def choose(driver: str, options: Mapping[str, tuple[str, str]], chosen: Mapping[str, str]) -> dict[str, str]:
    """`chosen` over the defaults of `options`. Raises NotConfigured naming the option and what it takes."""
    for name in chosen:
        if name not in options:
            known = ", ".join(sorted(options)) or "none"
            raise NotConfigured(f"{driver}: no option is called {name!r}; it has: {known}")
    values = {name: chosen.get(name, default) for name, (default, _) in options.items()}
    for name, value in values.items():
        words = allowed_words(options[name][1])
        if words and value not in words:
            raise NotConfigured(f"{driver}: option {name} is {value!r}; it takes one of: {', '.join(words)}")
    return values


def allowed_words(meaning: str) -> tuple[str, ...]:
    """The words that an option takes, from the head of its meaning; empty where it takes any text."""
    head, colon, _ = meaning.partition(":")
    return tuple(head.split("|")) if colon and "|" in head and " " not in head else ()


def number(
    driver: str, chosen: Mapping[str, str], name: str, limits: tuple[float, float], *, is_whole: bool = False
) -> float:
    """The option `name` as a number within `limits`, both included. Raises NotConfigured naming it."""
    value, (low, high) = chosen[name], limits
    try:
        found = float(int(value) if is_whole else value)
    except ValueError:
        found = float("nan")
    if not low <= found <= high:
        kind = "a whole number" if is_whole else "a number"
        raise NotConfigured(f"{driver}: option {name} is {value!r}; it takes {kind} from {low:g} to {high:g}")
    return found


def seconds(driver: str, name: str, value: str) -> float:
    """An option given in seconds, 0 to 60. Raises NotConfigured naming it."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 60:
        raise NotConfigured(f"{driver}: option {name} is {value!r}; it takes seconds from 0 to 60")
    return number
