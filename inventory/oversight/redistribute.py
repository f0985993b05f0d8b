"""Which store should lend what to which: what is short against the targets, by what others have to spare.

A transport problem in whole numbers, with three goals in order: as little missing as can be; then as few and as short
trips as can be; then what expires soonest goes first, because it is wanted where it is missing. No store is stripped
below its own day-to-day need (the most that its targets ask at any one moment), and no model is sent to a store that
does not have it already: nobody there may be trained on it.

One rule for the editor: this says what to choose among and reads the answer; a solver is given (`oversight.program`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inventory.oversight.program import Limit, Program, Solve

SAME_DIVISION, ELSEWHERE = 12, 30
"""Miles between two stores of one division and of two, roughly (design): enough to tell near from far."""
BANDS = (30, 90, 180)
"""Days up to which something expires soon, sooner or later."""


@dataclass(frozen=True, slots=True)
class Sort:
    """What may be sent in place of each other: a model, and how soon it expires (number of the band; cartridges)."""

    model: str
    band: int = len(BANDS)


@dataclass(frozen=True, slots=True)
class Holding:
    """One store: where it lies, what it needs of the kind, what it could have out at once (`there`: ready or out), and
    what of it is on the shelf and could be sent, by sort. `models`: those it has."""

    store_id: int
    division: str
    need: int
    there: int
    ready: Mapping[Sort, int]
    models: frozenset[str]

    @property
    def short(self) -> int:
        """How many are missing."""
        return max(0, self.need - self.there)

    @property
    def spare(self) -> int:
        """How many could go, with its own need still met."""
        return max(0, min(self.there - self.need, sum(self.ready.values())))


@dataclass(frozen=True, slots=True)
class Move:
    """So many pieces of a sort from one store to another."""

    from_id: int
    to_id: int
    sort: Sort
    pieces: int


def miles(one: Holding, other: Holding) -> int:
    """How far apart two stores are, roughly."""
    if not one.division or not other.division:
        return ELSEWHERE
    return SAME_DIVISION if one.division == other.division else ELSEWHERE


def suggest(holdings: Sequence[Holding], solve: Solve) -> list[Move]:
    """The best moves, by the stores' order; none where nothing is short or nothing is to spare."""
    givers = [each for each in holdings if each.spare]
    takers = [each for each in holdings if each.short]
    ways = [
        (one, other, sort)
        for one in givers for other in takers for sort in one.ready
        if sort.model in other.models and one.ready[sort]
    ]  # fmt: skip
    if not ways:
        return []
    program, sent = _program(givers, takers, ways)
    values = solve(program)
    return [
        Move(one.store_id, other.store_id, sort, values[sent[one.store_id, other.store_id, sort]])
        for one, other, sort in ways
        if values[sent[one.store_id, other.store_id, sort]] > 0
    ]


Way = tuple[Holding, Holding, Sort]


def _program(
    givers: Sequence[Holding], takers: Sequence[Holding], ways: Sequence[Way]
) -> tuple[Program, dict[tuple[int, int, Sort], int]]:
    program = Program()
    sent = {
        (one.store_id, other.store_id, sort): program.variable(min(one.ready[sort], one.spare, other.short))
        for one, other, sort in ways
    }
    for one in givers:
        _at_most(program, one.spare, (n for key, n in sent.items() if key[0] == one.store_id))
        for sort, pieces in one.ready.items():
            _at_most(program, pieces, (n for key, n in sent.items() if (key[0], key[2]) == (one.store_id, sort)))
    for other in takers:
        _at_most(program, other.short, (n for key, n in sent.items() if key[1] == other.store_id))
    trips = _trips(program, ways, sent)
    program.goals = [
        dict.fromkeys(sent.values(), -1.0),
        trips,
        {n: float(key[2].band) for key, n in sent.items()},
    ]
    return program, sent


def _at_most(program: Program, most: int, variables: Iterable[int]) -> None:
    factors = dict.fromkeys(variables, 1.0)
    if factors:
        program.limits.append(Limit(factors, most=most))


def _trips(
    program: Program, ways: Sequence[Way], sent: Mapping[tuple[int, int, Sort], int]
) -> dict[int, float]:
    """A trip is made where anything is sent: its variable, and how far it is."""
    between: dict[tuple[int, int], list[Way]] = defaultdict(list)
    for way in ways:
        between[way[0].store_id, way[1].store_id].append(way)
    goal = {}
    for (from_id, to_id), some in between.items():
        one, other, _ = some[0]
        trip = program.variable(1)
        goal[trip] = float(miles(one, other))
        factors = {sent[from_id, to_id, sort]: 1.0 for _, _, sort in some}
        program.limits.append(Limit({**factors, trip: -float(min(one.spare, other.short))}, most=0))
    return goal


def band_of(days: int | None) -> int:
    """The band of something that expires in so many days (None: never)."""
    if days is None:
        return len(BANDS)
    return next((n for n, most in enumerate(BANDS) if days <= most), len(BANDS))


def ready_by_sort(pieces: Iterable[Sort]) -> dict[Sort, int]:
    """Pieces counted by sort."""
    return dict(Counter(pieces))


def reason(move: Move, one: Holding, other: Holding, names: Mapping[int, str], says: str) -> str:
    """Why, in a sentence. `says`: what goes ("TASER handles")."""
    soon = move.sort.band < len(BANDS)
    expiring = f" They expire within {BANDS[move.sort.band]} days and are wanted there." if soon else ""
    spare = one.there - one.need
    return (
        f"{names[other.store_id]} needs {other.need} {says} at its busiest and has {other.there}; {names[one.store_id]}"
        f" has {one.there} for a need of {one.need}, so {spare} to spare.{expiring}"
    )
