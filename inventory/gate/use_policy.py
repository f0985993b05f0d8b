"""Checks the file of declared use before anything is made of it: every point, its clock, and who may answer it.

One rule for the editor: as in `policy_check`, each check names its key and says what was expected; the form that goes
out within 24 hours may be asked for sooner, never later.
"""

from typing import Any

from inventory.gate.policy_check import Source, check_origin, is_whole
from inventory.gate.use_terms import AFTERS
from inventory.schema.words import CAPABILITIES, USE_POINTS

POINT_KEYS = ("after", "within_minutes", "who", "origin", "source")
FORM_MINUTES_MAX = 24 * 60
"""The model's own form is with the National Less Lethal Weapons Secretariat within 24 hours (design 2.2, S4)."""


def check_uses(source: Source) -> None:
    """Check the file of declared use. Raises PolicyError."""
    for name in source.data:
        source.need(name in ("title", "version", "authority", "points"), name, "title, version, authority, points")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    authority: dict[str, Any] = source.data.get("authority", {})
    _check_table(source, "authority", authority, ("dsi", "origin", "source"))
    who = authority["dsi"]
    source.need(isinstance(who, str) and bool(who.strip()), "authority.dsi", "who alone releases it, in words")
    check_origin(source, "authority", authority)
    points = source.data.get("points")
    source.need(isinstance(points, dict), "points", "a table for each point")
    lacking = sorted(set(USE_POINTS) - set(points or {}))
    source.need(not lacking, "points", f"a table for {', '.join(lacking)} too")
    for name, table in (points or {}).items():
        source.need(name in USE_POINTS, f"points.{name}", f"one of {', '.join(USE_POINTS)}")
        _check_point(source, f"points.{name}", name, table)


def _check_table(source: Source, key: str, table: Any, keys: tuple[str, ...]) -> None:
    good = isinstance(table, dict) and set(table) == set(keys)
    source.need(good, key, f"a table with {', '.join(keys)}")


def _check_point(source: Source, key: str, name: str, table: Any) -> None:
    _check_table(source, key, table, POINT_KEYS)
    for part, known in (("after", AFTERS), ("who", CAPABILITIES)):
        words = table[part]
        listed = isinstance(words, list) and bool(words) and all(each in known for each in words)
        source.need(listed, f"{key}.{part}", f"a list of {', '.join(known)}")
    minutes = table["within_minutes"]
    source.need(is_whole(minutes) and minutes >= 0, f"{key}.within_minutes", "whole minutes, 0 or more")
    if name == "BESPOKE_FORM":
        source.need(minutes <= FORM_MINUTES_MAX, f"{key}.within_minutes",
                    f"{FORM_MINUTES_MAX} or less; never lengthened")  # fmt: skip
    check_origin(source, key, table)
