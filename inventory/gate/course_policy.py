"""Checks and reads what the force's policy says of courses: how long each lasts, from when, and by which curricula.

One rule for the editor: national content comes with the program. A force's own file adds its own versions and newer
national ones; it never edits, ends or leaves out one of ours (Policy O43 3.2, design `domain.md` 6, B9).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from inventory.gate.policy_check import CED_MONTHS_MAX, Source, check_origin, is_whole, one_of
from inventory.gate.rule import NONE
from inventory.people.curricula import NATIONAL, OWNERS, Curriculum
from inventory.people.training import FAMILIES, Boundary, ValidityRule

BOUNDARIES = ("EXCLUSIVE", "INCLUSIVE")
RULE_KEYS = ("months", "boundary", "grace_months", "minutes_min", "origin", "source")
COURSE_KEYS = (*RULE_KEYS, "changes")
CHANGE_KEYS = (*RULE_KEYS, "from", "for_all")
CURRICULA = "curricula"
CURRICULUM_KEYS = ("course", "owner", "title", "from", "to", "minutes", "origin", "source")


# ---- how long each qualification lasts -----------------------------------------------------------------


def check_courses(source: Source) -> None:
    """Check the file that says how long each qualification lasts. Raises PolicyError."""
    for name in source.data:
        source.need(name in ("title", "version", "courses", "feed_sources"), name, "no such key")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    feeds = source.data.get("feed_sources", [])
    good = isinstance(feeds, list) and all(isinstance(each, str) for each in feeds)
    source.need(good, "feed_sources", "a list of the sources whose word on training must be fresh")
    courses = source.data["courses"]
    source.need(isinstance(courses, dict), "courses", "a table of qualifications")
    for name in sorted(set(FAMILIES.values()) - set(courses)):
        source.wrong(f"courses.{name}", "a table for this qualification")
    for name, table in courses.items():
        source.need(name in FAMILIES.values(), f"courses.{name}", one_of(sorted(set(FAMILIES.values()))))
        _check_course(source, f"courses.{name}", table)
    for number, table in enumerate(in_turn(courses["CED"])):
        _check_ced_cap(source, "courses.CED" if number == 0 else "courses.CED.changes", table)


def _check_course(source: Source, key: str, table: Any) -> None:
    source.need(isinstance(table, dict), key, "a table")
    _check_rule(source, key, table, COURSE_KEYS)
    changes = table.get("changes", [])
    source.need(
        isinstance(changes, list) and all(isinstance(each, dict) for each in changes), f"{key}.changes",
        "a list of tables, each from a date",
    )  # fmt: skip
    for change in changes:
        source.need(day_said(change.get("from")) is not None, f"{key}.changes", 'from, a date as "2026-11-22"')
        source.need(isinstance(change.get("for_all", False), bool), f"{key}.changes", "for_all, true or false")
    for each in in_turn(table)[1:]:
        _check_rule(source, f"{key}.changes", each, CHANGE_KEYS)
    days = [str(each["from"]) for each in changes]
    source.need(all(a < b for a, b in pairwise(days)), f"{key}.changes", "each from a later day than the one before")


def _check_rule(source: Source, key: str, table: Any, keys: Sequence[str]) -> None:
    for part in table:
        source.need(part in keys, f"{key}.{part}", one_of(keys))
    months = table.get("months")
    source.need(months == NONE or (is_whole(months) and months >= 1), f"{key}.months", f"months, or {NONE}")
    grace = table.get("grace_months", 0)
    source.need(is_whole(grace) and grace >= 0, f"{key}.grace_months", "a number of months")
    source.need(table.get("boundary", "EXCLUSIVE") in BOUNDARIES, f"{key}.boundary", one_of(BOUNDARIES))
    minutes = table.get("minutes_min", {})
    source.need(isinstance(minutes, dict), f"{key}.minutes_min", "a table of courses and minutes")
    for course, least in minutes.items():
        source.need(course in FAMILIES, f"{key}.minutes_min.{course}", one_of(FAMILIES))
        source.need(is_whole(least) and least >= 0, f"{key}.minutes_min.{course}", "a number of minutes")
    check_origin(source, key, table)


def _check_ced_cap(source: Source, key: str, table: Mapping[str, Any]) -> None:
    months, grace = table["months"], table.get("grace_months", 0)
    short = is_whole(months) and months + grace <= CED_MONTHS_MAX
    source.need(short, f"{key}.months", f"{CED_MONTHS_MAX} or less with any grace; never lengthened")
    source.need(table.get("boundary") != "INCLUSIVE", f"{key}.boundary", "EXCLUSIVE; never lengthened")


def in_turn(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rule and each that follows it, what a change does not say taken from the one before it."""
    found = [{name: value for name, value in table.items() if name != "changes"}]
    for change in table.get("changes", []):
        kept = {name: value for name, value in found[-1].items() if name not in ("from", "for_all")}
        found.append({**kept, **change})
    return found


def validity(table: Mapping[str, Any]) -> ValidityRule:
    """The rule a checked table of a qualification gives, its changes in it."""
    first, *later = in_turn(table)
    return _rule(first, tuple(_rule(each) for each in later))


def _rule(table: Mapping[str, Any], changes: tuple[ValidityRule, ...] = ()) -> ValidityRule:
    months = table["months"]
    return ValidityRule(
        months=months if isinstance(months, int) else None, boundary=Boundary(table.get("boundary", "EXCLUSIVE")),
        grace_months=table.get("grace_months", 0), minutes_min=table.get("minutes_min", {}),
        from_on=day_said(table.get("from")), for_all=table.get("for_all", False), origin=table["origin"],
        source=table["source"], changes=changes,
    )  # fmt: skip


# ---- curricula -----------------------------------------------------------------------------------------


def check_curricula(source: Source) -> None:
    """Check a file of curricula by itself. Raises PolicyError."""
    for name in source.data:
        source.need(name in ("title", "version", CURRICULA), name, f"no such key; one of title, version, {CURRICULA}")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    tables = source.data[CURRICULA]
    source.need(isinstance(tables, dict), CURRICULA, "a table of versions by name")
    for name, table in tables.items():
        _check_curriculum(source, f"{CURRICULA}.{name}", table)


def _check_curriculum(source: Source, key: str, table: Any) -> None:
    source.need(isinstance(table, dict), key, "a table with course, owner, title, from, origin and source")
    for part in table:
        source.need(part in CURRICULUM_KEYS, f"{key}.{part}", one_of(CURRICULUM_KEYS))
    source.need(table.get("course") in FAMILIES, f"{key}.course", one_of(FAMILIES))
    source.need(table.get("owner") in OWNERS, f"{key}.owner", one_of(OWNERS))
    title = table.get("title")
    source.need(isinstance(title, str) and bool(title.strip()), f"{key}.title", "what it is called")
    begins, ends = day_said(table.get("from")), day_said(table.get("to"))
    source.need(begins is not None, f"{key}.from", 'a date as "2026-11-22"')
    in_order = begins is not None and ends is not None and begins < ends
    source.need("to" not in table or in_order, f"{key}.to", "a later date")
    minutes = table.get("minutes")
    source.need(minutes is None or (is_whole(minutes) and minutes >= 1), f"{key}.minutes", "a number of minutes")
    check_origin(source, key, table)


def check_national(own: Source, ours: Mapping[str, Any]) -> None:
    """Check that a force's own file leaves the national versions that come with the program as they are.

    Raises PolicyError where it names one of them, or claims a course that others own.
    """
    owned = {table["course"] for table in ours.values() if table["owner"] in NATIONAL}
    newest = {course: max(t["from"] for t in ours.values() if t["course"] == course) for course in owned}
    for name, table in own.data[CURRICULA].items():
        key = f"{CURRICULA}.{name}"
        own.need(
            name not in ours or table == ours[name], key,
            "a name of its own: national content comes with the program, and no force edits it",
        )  # fmt: skip
        if name in ours:
            continue
        own.need(
            table["owner"] in NATIONAL or table["course"] not in owned, f"{key}.course",
            "a course of the force's own: the College and the NPCC own this one's content",
        )  # fmt: skip
        later = table["course"] not in owned or table["from"] > newest[table["course"]]
        own.need(later, f"{key}.from", f"a day after {newest.get(table['course'])}, when the last one began")


def curricula(tables: Mapping[str, Any]) -> tuple[Curriculum, ...]:
    """The versions in checked tables, by course and date."""
    made = [
        Curriculum(
            name, t["course"], t["owner"], t["title"], date.fromisoformat(t["from"]), day_said(t.get("to")),
            t.get("minutes"), t["source"],
        )
        for name, t in tables.items()
    ]  # fmt: skip
    return tuple(sorted(made, key=lambda each: (each.course, each.from_on, each.name)))


def check_hours(source: Source, rules: Mapping[str, ValidityRule], known: Sequence[Curriculum]) -> None:
    """Check that no rule takes fewer minutes for a pass than a national curriculum asks. Raises PolicyError."""
    for each in known:
        if each.is_national and each.minutes is not None:
            family = FAMILIES[each.course]
            least = rules[family].at(each.from_on).minutes_min.get(each.course, 0)
            source.need(
                least >= each.minutes, f"courses.{family}.minutes_min",
                f"{each.course} = {each.minutes} or more from {each.from_on}, as {each.name} asks; it had {least}",
            )  # fmt: skip


def day_said(value: object) -> date | None:
    """A date of a policy, ISO text; None where it is none."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
