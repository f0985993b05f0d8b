"""What the force asks of files that change who may draw: how many people one person may newly refuse, and for how long
a look at a file holds.

One rule for the editor: no clock is asked here. Whatever is set, nobody is let draw by it: it only asks for a second
person, or for another look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.gate.policy_check import Source, check_origin, is_whole

IMPORTS = "looked_over"
PEOPLE_MAX = 1000
HOURS_MAX = 72
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """`newly_refused_max`: more than so many people newly refused by one file take a second person. `holds_us`: a
    look at a file is acted on within this time."""

    newly_refused_max: int = 20
    holds_us: int = 24 * HOUR_US


def import_terms(data: Mapping[str, Any]) -> ImportTerms:
    """What a checked file says."""
    of = data[IMPORTS]
    return ImportTerms(newly_refused_max=of["newly_refused_max"], holds_us=of["holds_hours"] * HOUR_US)


def check_imports(source: Source) -> None:
    """Check the file about files that change who may draw. Raises PolicyError."""
    for name in source.data:
        source.need(name in ("title", "version", IMPORTS), name, f"no such key; one of title, version, {IMPORTS}")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    table, keys = source.data[IMPORTS], ("newly_refused_max", "holds_hours", "origin", "source")
    source.need(isinstance(table, dict) and set(table) == set(keys), IMPORTS, f"a table with {', '.join(keys)}")
    people, hours = table["newly_refused_max"], table["holds_hours"]
    source.need(
        is_whole(people) and 0 <= people <= PEOPLE_MAX, f"{IMPORTS}.newly_refused_max", f"people, 0 to {PEOPLE_MAX}"
    )
    source.need(is_whole(hours) and 1 <= hours <= HOURS_MAX, f"{IMPORTS}.holds_hours", f"whole hours, 1 to {HOURS_MAX}")
    check_origin(source, IMPORTS, table)
