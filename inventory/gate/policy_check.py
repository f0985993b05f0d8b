"""Checks a policy file before anything is made of it: words, types, bounds, and what nobody may soften.

One rule for the editor: each check names the key it looked at and says what was expected, never only what was
wrong.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from inventory.gate.facts import SECTION_5_KINDS
from inventory.gate.policy_error import PolicyError, line_of
from inventory.gate.rule import BOTH, EVERY_KIND, NONE, Number, Rule
from inventory.gate.rules import BY_CODE, RULES
from inventory.stock.versions import read_version

ORIGINS = ("LAW", "N", "M", "L", "D")
"""Where a rule or number comes from: law, national, maker, local, design."""
WEIGHTS = ("HARD", "SOFT", "WARN", "OFF")
RETURNS = ("DUTY", "PERSONAL")
FAMILY_KEYS = (
    "title", "version", "purposes", "kinds", "section_5", "return", "return_own", "review_days", "rules", "numbers",
)  # fmt: skip
NUMBER_KEYS = ("value", "origin", "source")
DEVICE_KEYS = ("minimum", "not_ready", "origin", "source")
CED_MONTHS_MAX = 12
"""A person is authorised "for no longer than 12 months from the date of their last period of CED training"."""

NUMBERS: dict[str, Number] = {number.name: number for rule in RULES for number in rule.numbers}


@dataclass(frozen=True, slots=True)
class Source:
    """A policy file as read: `name` is its stem, `data` its content with the overlay's laid over, if any."""

    name: str
    file: str
    text: str
    data: dict[str, Any]
    over: "Source | None" = None

    def wrong(self, key: str, expected: str) -> NoReturn:
        """Raise PolicyError at `key`, in the overlay (the newest of several) where that is what set it."""
        over = self.over
        while over:
            if _reaches(over.data.get(self.name, {}), key.split(".")):
                full = f"{self.name}.{key}"
                raise PolicyError(over.file, line_of(over.text, full), full, expected)
            over = over.over
        raise PolicyError(self.file, line_of(self.text, key), key, expected)

    def need(self, holds: bool, key: str, expected: str) -> None:
        """Raise PolicyError at `key` unless `holds`."""
        if not holds:
            self.wrong(key, expected)


def _reaches(table: Any, path: list[str]) -> bool:
    for name in path:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True


def one_of(words: Iterable[str]) -> str:
    """What to say where one of `words` was expected."""
    return f"one of {', '.join(words)}"


# ---- kinds -----------------------------------------------------------------------------------------


def check_family(source: Source) -> None:
    """Check the policy of a family of kinds. Raises PolicyError."""
    data = source.data
    for name in data:
        source.need(name in FAMILY_KEYS, name, f"no such key; {one_of(FAMILY_KEYS)}")
    source.need(isinstance(data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    _check_list(source, "kinds", sorted(EVERY_KIND))
    _check_list(source, "purposes", BOTH)
    source.need(data.get("return") in RETURNS, "return", one_of(RETURNS))
    source.need(isinstance(data.get("section_5"), bool), "section_5", "true or false")
    is_section_5 = bool(SECTION_5_KINDS & set(data["kinds"]))
    source.need(
        data["section_5"] is is_section_5, "section_5", f"{str(is_section_5).lower()} for these kinds"
    )
    review = data.get("review_days")
    own = data.get("return_own", data["return"])
    source.need(
        own in RETURNS and not (data["return"] == "PERSONAL" and own == "DUTY"), "return_own", one_of(RETURNS)
    )
    source.need(own == "DUTY" or not data["section_5"], "return_own", "DUTY: section 5 kit is never for keeps")
    source.need(
        review is None if own == "DUTY" else isinstance(review, int) and review >= 1,
        "review_days",
        "a number of days where `return` or `return_own` is PERSONAL, and only there",
    )
    source.need(isinstance(data.get("rules"), dict), "rules", "a table of rules and their weights")
    _check_rules(source, data["rules"])
    source.need(isinstance(data.get("numbers", {}), dict), "numbers", "a table of numbers")
    for name, table in data.get("numbers", {}).items():
        _check_number(source, name, table)


def _check_list(source: Source, key: str, words: Iterable[str]) -> None:
    words = tuple(words)
    given = source.data.get(key)
    good = isinstance(given, list) and bool(given) and all(word in words for word in given)
    source.need(good and len(set(given or ())) == len(given or ()), key, f"a list of {', '.join(words)}")


def _check_rules(source: Source, weights: Mapping[str, Any]) -> None:
    for code, weight in weights.items():
        key = f"rules.{code}"
        rule = BY_CODE.get(code)
        if rule is None:
            source.wrong(key, "a rule that exists; docs/rules.md lists them")
        source.need(not rule.always, key, "nothing: this rule is always asked")
        source.need(weight in WEIGHTS, key, one_of(WEIGHTS))
        source.need(bool(rule.kinds & set(source.data["kinds"])), key, "a rule that concerns these kinds")
    if source.data["section_5"]:
        for rule in RULES:
            _check_firm(source, rule, weights.get(rule.code, "OFF"))


def _check_firm(source: Source, rule: Rule, weight: str) -> None:
    """Section 5 kit is asked every firm rule, HARD: nobody can make it SOFT or leave it out."""
    concerned = set(rule.firm) & set(source.data["purposes"]) and rule.kinds & set(source.data["kinds"])
    if concerned and weight != "HARD":
        source.wrong(f"rules.{rule.code}", f"HARD, because section 5 kit is always asked {rule.rule_id}")


# ---- numbers ---------------------------------------------------------------------------------------


def _check_number(source: Source, name: str, table: Any) -> None:
    key = f"numbers.{name}"
    number = NUMBERS.get(name)
    if number is None:
        source.wrong(key, "a number that some rule needs; docs/rules.md lists them")
    source.need(isinstance(table, dict) and "value" in table, key, "a table with value, origin and source")
    for part in table:
        source.need(part in NUMBER_KEYS, f"{key}.{part}", one_of(NUMBER_KEYS))
    check_origin(source, key, table)
    value = table["value"]
    if not isinstance(value, dict):
        _check_value(source, f"{key}.value", number, value, "*")
        return
    source.need(number.by_model, f"{key}.value", "one value; this number is not set by model")
    for model, each in value.items():
        _check_value(source, f"{key}.value.{model}", number, each, model.split(" ")[-1])


def check_origin(source: Source, key: str, table: Mapping[str, Any]) -> None:
    """Check that a table says where it comes from. Raises PolicyError."""
    source.need(table.get("origin") in ORIGINS, f"{key}.origin", one_of(ORIGINS))
    text = table.get("source")
    source.need(isinstance(text, str) and bool(text.strip()), f"{key}.source", "where the number comes from")


def _check_value(source: Source, key: str, number: Number, value: Any, model: str) -> None:
    if value == NONE and number.by_model:
        source.need(not number.needs(model), key, f"a value; {NONE} is no answer here")
        return
    if number.kind_of == "int":
        source.need(is_whole(value), key, "a whole number")
        source.need(value >= number.minimum, key, f"{number.minimum} or more")
        most = number.maximum
        source.need(
            most is None or value <= most, key, f"{most} or less; it may be shortened, never lengthened"
        )
    elif number.kind_of == "bool":
        source.need(isinstance(value, bool), key, "true or false")
    elif number.kind_of == "version":
        _check_version(source, key, value)
    elif number.kind_of == "text":
        source.need(isinstance(value, str) and bool(value), key, "text")
    else:
        _check_words(source, key, number, value)


def _check_version(source: Source, key: str, value: Any) -> None:
    is_read = isinstance(value, str) and read_version(value) is not None
    source.need(is_read, key, 'a firmware version that can be compared, such as "1.24.3"')


def _check_words(source: Source, key: str, number: Number, value: Any) -> None:
    good = isinstance(value, list) and all(isinstance(word, str) and word for word in value)
    source.need(good, key, "a list of words")
    if number.among:
        source.need(set(value) <= set(number.among), key, f"no other words than {', '.join(number.among)}")


def is_whole(value: Any) -> bool:
    """Whether it is a whole number, and not true or false."""
    return isinstance(value, int) and not isinstance(value, bool)


# ---- readers, docks and bridges --------------------------------------------------------------------


def check_devices(source: Source) -> None:
    """Check the file that says what firmware readers, docks and bridges need at least. Raises PolicyError."""
    for name in source.data:
        source.need(name in ("title", "version", "firmware"), name, "no such key; one of title, version, firmware")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    tables = source.data["firmware"]
    source.need(isinstance(tables, dict), "firmware", "a table of drivers")
    for driver, table in tables.items():
        key = f"firmware.{driver}"
        source.need(isinstance(table, dict), key, "a table with minimum, not_ready, origin and source")
        for part in table:
            source.need(part in DEVICE_KEYS, f"{key}.{part}", one_of(DEVICE_KEYS))
        _check_version(source, f"{key}.minimum", table.get("minimum"))
        source.need(isinstance(table.get("not_ready"), bool), f"{key}.not_ready", "true or false")
        check_origin(source, key, table)


# ---- overlays --------------------------------------------------------------------------------------


def check_overlay(over: Source, families: Iterable[str]) -> None:
    """Check that an overlay only speaks of policies that are there. Raises PolicyError."""
    families = tuple(families)
    for name, part in over.data.items():
        if name in ("title", "fictional"):
            continue
        over.need(name in families and isinstance(part, dict), name, f"a table for {one_of(families)}")
    over.need(
        isinstance(over.data.get("fictional"), bool), "fictional", "true for made-up numbers, else false"
    )
