"""Who is sent and which store's kit goes, as a program for a solver, and the reading of its answer. Pure.

People who are alike in everything that counts are one group, so that there are hundreds of variables and not thousands.
The goals stand in order: as many posts filled as can be; then the preferences of the people sent, together; then as few
things carried from store to store as can be.

One rule for the editor: nothing here knows what a shift or a thing is; what is kept is a limit, and sending nobody
keeps every limit. A solver is given (`oversight.program`).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from inventory.oversight.program import Limit, Program, Solve

Key = Hashable
CED = "CED_HANDLE"
Sort = tuple[str, str]
"""(kind, model); the model is "" of everything but a CED."""
Sent = tuple[Key, str, str]
"""(group, post, model of CED or "")."""
Given = tuple[Key, str, str]
"""(store, kind, model)."""


@dataclass(frozen=True, slots=True)
class Alike:
    """People who are alike: `count` of them, at a store (None: at none), the posts they may fill with what it costs to
    send one, the models of CED they may draw, the kinds they have of their own, and the shifts that count them, for
    these kinds of kit."""

    key: Key
    count: int
    store: Key
    posts: Mapping[str, int]
    models: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    shifts: frozenset[Key] = frozenset()
    counted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a store could give: `handles` and `loads` by model, `packs` by the models they fit, and pieces of other
    kinds. `keeps`: kind -> how many it holds back, in all models together; no more than there are. `own`: kind -> how
    many of its people have one of their own, which counts as kept while they stay."""

    handles: Mapping[str, int] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)
    packs: Mapping[frozenset[str], int] = field(default_factory=dict)
    packs_each: int = 1
    pieces: Mapping[str, int] = field(default_factory=dict)
    keeps: Mapping[str, int] = field(default_factory=dict)
    own: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """`wanted`: post -> people; `draws`: post -> kinds of kit; `spare`: (shift, kind) -> how many of the people it
    counts may be sent (a shift that is not named keeps nobody)."""

    wanted: Mapping[str, int]
    draws: Mapping[str, frozenset[str]]
    people: Sequence[Alike]
    shelves: Mapping[Key, Shelf]
    spare: Mapping[tuple[Key, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """`sent`: people by group, post and model; `given`: things that leave a store's shelf; `unfilled`: by post."""

    sent: Mapping[Sent, int]
    given: Mapping[Given, int]
    unfilled: Mapping[str, int]

    @property
    def is_whole(self) -> bool:
        """Whether every post is filled."""
        return not any(self.unfilled.values())


@dataclass(slots=True)
class _Asked:
    """The program as it is put together, and which variable is what."""

    program: Program = field(default_factory=Program)
    sent: dict[Sent, int] = field(default_factory=dict)
    given: dict[Given, int] = field(default_factory=dict)
    lacking: dict[str, int] = field(default_factory=dict)
    costs: dict[int, float] = field(default_factory=dict)
    brought: dict[int, float] = field(default_factory=dict)

    def limit(self, parts: Iterable[tuple[int, float]], most: float | None = None, least: float | None = None) -> None:
        factors: dict[int, float] = defaultdict(float)
        for number, factor in parts:
            factors[number] += factor
        if factors:
            self.program.limits.append(Limit(dict(factors), most, least))


def choose(problem: Problem, solve: Solve) -> Choice:
    """The best that can be sent. Raises ValueError where the solver finds nothing, which no problem should bring."""
    asked = _Asked()
    _people(problem, asked)
    for post, count in problem.wanted.items():
        asked.lacking[post] = asked.program.variable(count)
        filling = [(number, 1.0) for (_, of, _), number in asked.sent.items() if of == post]
        asked.limit([*filling, (asked.lacking[post], 1.0)], count, count)
    for store, shelf in problem.shelves.items():
        _shelf(problem, asked, store, shelf)
    _carried(problem, asked)
    asked.program.goals = [dict.fromkeys(asked.lacking.values(), 1.0), asked.costs, asked.brought]
    values = solve(asked.program)
    return Choice(
        {key: values[number] for key, number in asked.sent.items() if values[number]},
        {key: values[number] for key, number in asked.given.items() if values[number]},
        {post: values[number] for post, number in asked.lacking.items()},
    )


def _people(problem: Problem, asked: _Asked) -> None:
    """A variable for every group, post and model: nobody is sent twice, and no shift is left with too few."""
    by_shift: dict[tuple[Key, str], list[tuple[int, float]]] = defaultdict(list)
    for group in problem.people:
        mine = []
        for post, cost in group.posts.items():
            models: Iterable[str] = sorted(group.models) if CED in problem.draws[post] else ("",)
            for model in models:
                number = asked.sent[group.key, post, model] = asked.program.variable(group.count)
                asked.costs[number] = cost
                mine.append((number, 1.0))
        asked.limit(mine, group.count)
        for shift in group.shifts:
            for kind in group.counted:
                by_shift[shift, kind] += mine
    for at, some in by_shift.items():
        if at in problem.spare:
            asked.limit(some, problem.spare[at])


def _shelf(problem: Problem, asked: _Asked, store: Key, shelf: Shelf) -> None:
    """What one store gives and what it keeps are on its shelf together."""
    kept: dict[str, int] = {}
    for model in shelf.handles:
        most = min(shelf.handles[model], shelf.loads.get(model, 0))
        given, kept[model] = asked.program.variable(most), asked.program.variable(most)
        asked.given[store, CED, model] = given
        asked.limit([(given, 1.0), (kept[model], 1.0)], most)
    models = sorted(shelf.handles)
    for some in (each for size in range(1, len(models) + 1) for each in combinations(models, size)):
        fitting = sum(count for fits, count in shelf.packs.items() if fits & set(some)) // shelf.packs_each
        asked.limit(
            [(number, 1.0) for model in some for number in (asked.given[store, CED, model], kept[model])], fitting
        )
    asked.limit([(kept[model], 1.0) for model in models], least=shelf.keeps.get(CED, 0))
    for kind, pieces in shelf.pieces.items():
        number = asked.given[store, kind, ""] = asked.program.variable(pieces)
        with_own = {group.key for group in problem.people if group.store == store and kind in group.own}
        leaves = [(column, 1.0) for (key, _, _), column in asked.sent.items() if key in with_own] if with_own else []
        most = pieces + shelf.own.get(kind, 0) - shelf.keeps.get(kind, 0)
        asked.limit([(number, 1.0), *leaves], max(0, most))


def _carried(problem: Problem, asked: _Asked) -> None:
    """As much of each sort is given as is drawn; what a store's people draw and it does not give is brought there."""
    groups = {group.key: group for group in problem.people}
    drawn: dict[Sort, dict[Key, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for (key, post, model), number in asked.sent.items():
        for kind in problem.draws[post] - groups[key].own:
            drawn[kind, model if kind == CED else ""][groups[key].store].append((number, -1.0))
    by_sort: dict[Sort, list[tuple[int, float]]] = defaultdict(list)
    for (_, kind, model), number in asked.given.items():
        by_sort[kind, model].append((number, 1.0))
    for sort in {*drawn, *by_sort}:
        uses = [part for some in drawn[sort].values() for part in some]
        asked.limit([*by_sort[sort], *uses], 0, 0)
        for store, some in drawn[sort].items():
            brought = asked.program.variable(sum(problem.wanted.values()))
            asked.brought[brought] = 1.0
            here = asked.given.get((store, *sort))
            asked.limit([(brought, 1.0), *([(here, 1.0)] if here is not None else []), *some], least=0)
