"""What may be told of how many: figures cut so coarse that none is about few people, nor lets few be worked out.

One rule for the editor: every figure is a count of persons in a part, each part is told for all or for none of the same
whole, and both the count and what it leaves of its whole are `least` or more. That is why nothing below `least` follows
from all the figures together; `tests/inventory/oversight/test_equality.py` asks an integer solver to try.

Why it holds. Serving is told on the finest parts (division by answers, or answers alone). Every other measure is told
on parts made of whole such parts, and a measure within another on parts made of whole parts of that one. Whoever is in
a part may change places with anybody else in it without any figure changing: so nobody can say how the members of a
part of `least` or more are spread over what was put together, nor on whom of it a count of `least` or more fell.

Primary suppression: an answer with fewer than `least` is not told alone. Complementary: it is put together with the
other such answers, and with the smallest other until two answers and `least` persons stand together; their sum is told,
which is what a reader could work out anyway. Source: design `domain.md` 5.3 Q20; issue 5 line 11.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inventory.oversight.equality.answers import NESTED, NOT_DECLARED, WHOLE
from inventory.oversight.small_numbers import LEAST

ROUND_TO = 5
"""Serving is a stock: told to the nearest five, so that two quarters less each other do not tell who joined."""
ALL = ("ALL",)
Group = tuple[str, ...]
"""Answers that are counted together."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person, without a name: the division, the answer to each characteristic, the measures that they count in."""

    division: str
    answers: Mapping[str, str]
    measures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: `division` None is the whole force; `people` None says that it would be about too few."""

    division: str | None
    characteristic: str
    answers: Group
    measure: str
    people: int | None


def cut(members: Sequence[Member], answers: Mapping[str, Iterable[str]], least: int = LEAST) -> list[Figure]:
    """Every figure that may be told, serving unrounded. `answers` are those there are to each characteristic: one that
    nobody gave is a small number too. Measures are the keys of `NESTED` and `WHOLE`."""
    return [figure for what, some in answers.items() for figure in _sheet(members, what, some, least)]


def rounded(figures: Iterable[Figure]) -> list[Figure]:
    """As they are published: how many serve to the nearest five."""
    return [
        Figure(f.division, f.characteristic, f.answers, f.measure, ROUND_TO * ((f.people + ROUND_TO // 2) // ROUND_TO))
        if f.measure == WHOLE and f.people is not None
        else f
        for f in figures
    ]


Counts = dict[str, Counter[tuple[str, str]]]
"""Measure -> (division, answer) -> persons."""


def _sheet(members: Sequence[Member], characteristic: str, answers: Iterable[str], least: int) -> list[Figure]:
    counts = _counted(members, characteristic)
    all_of_them = sorted({*answers, NOT_DECLARED, *(answer for _, answer in counts[WHOLE])})
    divisions = sorted({division for division, _ in counts[WHOLE]})
    groups = _put_together([(each,) for each in all_of_them], [_sums(counts[WHOLE], None)], least)
    if groups is None:
        return [Figure(None, characteristic, ALL, WHOLE, None)]
    told = _of_force(characteristic, groups, counts, least)
    if len(divisions) > 1 and len(groups) > 1:
        told += _of_divisions(characteristic, groups, divisions, counts, least)
    return told


def _of_force(characteristic: str, groups: list[Group], counts: Counts, least: int) -> list[Figure]:
    """The figures of the whole force, each measure on parts made of its whole's."""
    parts: dict[str, list[Group] | None] = {WHOLE: groups}
    for measure, whole in NESTED.items():
        above = parts[whole]
        both = [_sums(counts[measure], None), _sums(counts[whole] - counts[measure], None)]
        parts[measure] = None if above is None else _put_together(above, both, least)
    return [
        Figure(None, characteristic, *each)
        for measure, some in parts.items()
        for each in _told(measure, some, _sums(counts[measure], None))
    ]


def _of_divisions(
    characteristic: str, groups: list[Group], divisions: list[str], counts: Counts, least: int
) -> list[Figure]:
    """The figures of every division, on the very parts of the force: each measure for all divisions or for none."""
    found: list[Figure] = []
    fits: dict[str, bool] = {}
    for measure in (WHOLE, *NESTED):
        whole = NESTED.get(measure)
        left = counts[whole] - counts[measure] if whole else counts[measure]
        fits[measure] = (whole is None or fits[whole]) and all(
            _of(group, _sums(some, division)) >= least
            for some in (counts[measure], left)
            for division in divisions
            for group in groups
        )
        if fits[measure]:
            found += [
                Figure(division, characteristic, *each)
                for division in divisions
                for each in _told(measure, groups, _sums(counts[measure], division))
            ]
    return found


def _told(measure: str, groups: list[Group] | None, sums: Mapping[str, int]) -> list[tuple[Group, str, int | None]]:
    if groups is None:
        return [(ALL, measure, None)]
    return [(group, measure, _of(group, sums)) for group in groups]


def _put_together(parts: Sequence[Group], tallies: Sequence[Mapping[str, int]], least: int) -> list[Group] | None:
    """The parts, those that are too small in any of the tallies put together with the smallest others until none is.

    None where even all together are too few in one of them.
    """
    def small(group: Group) -> bool:
        return any(_of(group, tally) < least for tally in tallies)

    def size(group: Group) -> tuple[int, Group]:
        return min(_of(group, tally) for tally in tallies), group

    hidden = [group for group in parts if small(group)]
    others = sorted((group for group in parts if not small(group)), key=size)
    while hidden and (len(hidden) < 2 or small(_joined(hidden))) and others:
        hidden.append(others.pop(0))
    if hidden and small(_joined(hidden)):
        return None
    return sorted([*others, *([_joined(hidden)] if hidden else [])])


def _joined(groups: Iterable[Group]) -> Group:
    return tuple(sorted(answer for group in groups for answer in group))


def _of(group: Group, sums: Mapping[str, int]) -> int:
    return sum(sums.get(answer, 0) for answer in group)


def _sums(counts: Counter[tuple[str, str]], division: str | None) -> Mapping[str, int]:
    """Persons by answer, in one division or in all."""
    sums: dict[str, int] = defaultdict(int)
    for (place, answer), people in counts.items():
        if division in (None, place):
            sums[answer] += people
    return sums


def _counted(members: Sequence[Member], characteristic: str) -> Counts:
    counts: Counts = {measure: Counter() for measure in (WHOLE, *NESTED)}
    for each in members:
        cell = (each.division, each.answers.get(characteristic, NOT_DECLARED))
        counts[WHOLE][cell] += 1
        for measure in each.measures & NESTED.keys():
            counts[measure][cell] += 1
    return counts
