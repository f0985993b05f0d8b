"""Counts of people that name nobody: small ones are withheld, and so is whatever would let them be worked out.

One rule for the editor: what is withheld looks the same whatever the reason, and a parent that is withheld withholds
all below it. The least count shown is `LEAST`, in every table that calls itself aggregate.

Source: design `domain.md` 5.3 Q20 (suppress n < 10), issue 5 lines 9 and 11 (also by differencing).
"""

from collections import defaultdict
from collections.abc import Mapping

LEAST = 10
Path = tuple[object, ...]
"""Where a count stands: () is the whole, (a,) a part of it, (a, b) a part of that. Every part's whole must be there."""


def shown(counts: Mapping[Path, int], least: int = LEAST) -> dict[Path, int | None]:
    """The same counts, each a number or None (withheld); the parts of one whole must add up to it.

    Zero is shown: it is about nobody. From 1 to `least` - 1 is withheld. Of the parts of a whole that is shown, more
    are withheld, the smallest first, until those withheld are at least two, `least` people together, and more people
    than parts: else the whole less the parts shown would tell them. Where that cannot be reached, the empty parts are
    withheld too.
    """
    parts: dict[Path, list[Path]] = defaultdict(list)
    for path in counts:
        if path:
            parts[path[:-1]].append(path)
    told: dict[Path, int | None] = {(): _own(counts.get((), 0), least)}
    for whole in sorted(parts, key=lambda path: (len(path), repr(path))):
        told |= _parts({path: counts[path] for path in parts[whole]}, told.get(whole), least)
    return told


def _own(count: int, least: int) -> int | None:
    return None if 0 < count < least else count


def _parts(counts: Mapping[Path, int], said: int | None, least: int) -> dict[Path, int | None]:
    """The parts of one whole. A whole that is not shown hides its parts."""
    if said is None:
        return dict.fromkeys(counts)
    hidden = {path for path, count in counts.items() if 0 < count < least}
    spare = sorted((path for path in counts if counts[path] >= least), key=lambda path: (counts[path], repr(path)))
    while hidden and spare and not _is_safe([counts[path] for path in hidden], least):
        hidden.add(spare.pop(0))
    if hidden and not _is_safe([counts[path] for path in hidden], least):
        hidden = set(counts)
    return {path: None if path in hidden else count for path, count in counts.items()}


def _is_safe(hidden: list[int], least: int) -> bool:
    """Whether the sum of what is withheld tells none of it."""
    return len(hidden) >= 2 and sum(hidden) >= max(least, len(hidden) + 1)
