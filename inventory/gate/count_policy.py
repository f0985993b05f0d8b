"""How often the policy asks for each sort of count, and how the file that says so is checked.

One rule for the editor: as `gate.policy_check`: nothing is mended, and what is wrong is named with what was expected.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.gate.policy_check import Source, check_origin, is_whole
from inventory.gate.rule import EVERY_KIND
from inventory.schema.words import COUNT_SORTS

COUNTS = "counts"
COUNT_KEYS = ("every_hours", "kinds", "blind", "two_person", "docks", "origin", "source")


@dataclass(frozen=True, slots=True)
class CountTerms:
    """How often the force asks for one sort of count, and how it is made: of which kinds (none named: all kit), blind,
    signed by two people, with the word of a dock's bays taken for what stands in them."""

    every_hours: int
    origin: str
    source: str
    kinds: tuple[str, ...] = ()
    blind: bool = False
    two_person: bool = False
    docks: bool = False


def count_terms(sources: Iterable[Source]) -> dict[str, CountTerms]:
    """What the file asks, by sort of count; nothing without one."""
    tables = {sort: table for source in sources for sort, table in source.data[COUNTS].items()}
    return {
        sort: CountTerms(**table | {"kinds": tuple(table.get("kinds", ()))}) for sort, table in tables.items()
    }


def check_counts(source: Source) -> None:
    """Check the file that says how often a store is counted, and how. Raises PolicyError."""
    for name in source.data:
        source.need(
            name in ("title", "version", "counts"), name, "no such key; one of title, version, counts"
        )
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    tables = source.data["counts"]
    source.need(isinstance(tables, dict), "counts", "a table of sorts of count")
    for sort, table in tables.items():
        key = f"counts.{sort}"
        source.need(sort in COUNT_SORTS and sort != "SPOT", key, f"one of {', '.join(COUNT_SORTS[:-1])}")
        source.need(isinstance(table, dict), key, f"a table with {', '.join(COUNT_KEYS)}")
        for part, value in table.items():
            source.need(part in COUNT_KEYS, f"{key}.{part}", f"one of {', '.join(COUNT_KEYS)}")
            if part in ("blind", "two_person", "docks"):
                source.need(isinstance(value, bool), f"{key}.{part}", "true or false")
        hours, kinds = table.get("every_hours"), table.get("kinds", [])
        source.need(is_whole(hours) and hours >= 1, f"{key}.every_hours", "a number of hours, at least 1")
        good = isinstance(kinds, list) and all(kind in EVERY_KIND for kind in kinds)
        source.need(good, f"{key}.kinds", f"a list of {', '.join(sorted(EVERY_KIND))}")
        check_origin(source, key, table)
