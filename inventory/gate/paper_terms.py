"""What the force asks of its paper: how old the printed register may be, and within what time and by whom it is written
up.

One rule for the editor: no clock is asked here; both spans may be shortened by the force, never lengthened past a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.gate.policy_check import Source, check_origin, is_whole
from inventory.schema.words import CAPABILITIES

CONTINGENCY = "contingency"
HOUR_US = 3_600_000_000
HOURS_MAX = 24
HOURS = ("backfill_hours", "paper_hours", "print_every_hours")
WHO = ("written_by", "second")


@dataclass(frozen=True, slots=True)
class PaperTerms:
    """backfill: a line is written up within this time, else it is late · valid: a printed register is void after this ·
    every: how often one is made by itself. `written_by` may write a page up, `second` signs beside them."""

    backfill_us: int = 12 * HOUR_US
    valid_us: int = 24 * HOUR_US
    every_us: int = 6 * HOUR_US
    written_by: tuple[str, ...] = ("ISSUER", "STORE_MANAGER")
    second: tuple[str, ...] = ("SUPERVISOR", "DUTY_INSPECTOR", "STORE_MANAGER")


def paper_terms(data: Mapping[str, Any]) -> PaperTerms:
    """What a checked file says."""
    of = data[CONTINGENCY]
    return PaperTerms(
        backfill_us=of["backfill_hours"] * HOUR_US,
        valid_us=of["paper_hours"] * HOUR_US,
        every_us=of["print_every_hours"] * HOUR_US,
        written_by=tuple(of["written_by"]),
        second=tuple(of["second"]),
    )


def check_paper(source: Source) -> None:
    """Check the file of what is done without the system. Raises PolicyError."""
    for name in source.data:
        source.need(
            name in ("title", "version", CONTINGENCY),
            name,
            f"no such key; one of title, version, {CONTINGENCY}",
        )
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    table, keys = source.data[CONTINGENCY], (*HOURS, *WHO, "origin", "source")
    good = isinstance(table, dict) and set(table) == set(keys)
    source.need(good, CONTINGENCY, f"a table with {', '.join(keys)}")
    for name in HOURS:
        hours = table[name]
        source.need(
            is_whole(hours) and 1 <= hours <= HOURS_MAX,
            f"{CONTINGENCY}.{name}",
            f"whole hours, 1 to {HOURS_MAX}",
        )
    for name in WHO:
        words = table[name]
        listed = isinstance(words, list) and bool(words) and all(each in CAPABILITIES for each in words)
        source.need(listed, f"{CONTINGENCY}.{name}", f"a list of {', '.join(CAPABILITIES)}")
    check_origin(source, CONTINGENCY, table)
