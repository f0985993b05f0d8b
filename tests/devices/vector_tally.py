"""How many wire vectors passed, group by group: said at the end of a run that had them all, and by `scripts/vectors`.

One rule for the editor: a vector counts by the tests that have it for their parameter, or that name its group in a mark
(`vectors`), and only where none of them failed.
"""

import functools
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.devices import feeding

ASKED = os.environ.get("KIT_VECTORS") == "1"
"""Set by `scripts/vectors`: the table is printed whatever was run."""

_NAME = "vector"
vectors = functools.cache(feeding.vectors)


def tell_vector(item: pytest.Item) -> None:
    """Have the reports of a test say which vectors it is about."""
    item.user_properties.extend((_NAME, each) for each in vectors_of(item))


def vectors_of(item: pytest.Item) -> list[str]:
    """The ids of the vectors that a test is about."""
    callspec = getattr(item, "callspec", None)
    vector = callspec.params.get(_NAME) if callspec else None
    own = [vector["id"]] if isinstance(vector, Mapping) and "id" in vector else []
    groups = {group for mark in item.iter_markers("vectors") for group in mark.args}
    return own + [it["id"] for it in vectors() if it["transport"] in groups] if groups else own


def not_passed(stats: Mapping[str, Iterable[Any]]) -> list[str]:
    """The vectors of which no test passed, or one failed."""
    passed, failed = _outcome(stats)
    return sorted(it["id"] for it in vectors() if it["id"] not in passed - failed)


def vector_lines(stats: Mapping[str, Iterable[Any]], *, is_asked: bool = ASKED) -> list[str]:
    """A line a group, `passed/total`, and one for all; nothing where not all were run and nobody asked."""
    known = {it["id"]: it["transport"] for it in vectors()}
    if not is_asked and not set().union(*_outcome(stats)) >= known.keys():
        return []
    missing = not_passed(stats)
    total, lacking = Counter(known.values()), Counter(known[it] for it in missing)
    lines = [f"  {it:42} {total[it] - lacking[it]:3}/{total[it]}" for it in sorted(total, key=str.lower)]
    lines += [f"  {'all':42} {len(known) - len(missing):3}/{len(known)}"]
    return ["VECTORS, passed/total:", *lines, *([f"  not passed: {', '.join(missing)}"] if missing else [])]


def _outcome(stats: Mapping[str, Iterable[Any]]) -> tuple[set[str], set[str]]:
    failed = {*_ids(stats.get("failed", ())), *_ids(stats.get("error", ()))}
    return set(_ids(stats.get("passed", ()))), failed


def _ids(reports: Iterable[Any]) -> Iterable[str]:
    for report in reports:
        yield from (value for name, value in getattr(report, "user_properties", ()) if name == _NAME)
