"""Who is sent and whose kit goes: the solver's choice against every choice there is, tried one by one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from api.solver import solve
from inventory.oversight.mobilisation.choosing import CED, Alike, Choice, Problem, Shelf, choose

T7, T10 = "T7", "T10"
BOTH = frozenset({T7, T10})
STORES = ("ME", "DO")
CAMERA = "BWV_CAMERA"
few = st.integers(0, 2)

shelves = st.builds(
    Shelf,
    handles=st.fixed_dictionaries({T7: few, T10: few}),
    loads=st.fixed_dictionaries({T7: few, T10: few}),
    packs=st.fixed_dictionaries({frozenset({T7}): few, BOTH: few}),
    pieces=st.fixed_dictionaries({CAMERA: few}),
)
people = st.builds(
    Alike,
    key=st.just(0),
    count=st.just(1),
    store=st.sampled_from((*STORES, None)),
    posts=st.dictionaries(st.sampled_from(("PC", "SGT")), st.integers(0, 3), min_size=1),
    models=st.sets(st.sampled_from((T7, T10))).map(frozenset),
    own=st.sampled_from((frozenset(), frozenset({CAMERA}))),
    shifts=st.sampled_from((frozenset(), frozenset({"early"}), frozenset({"early", "late"}))),
    counted=st.sampled_from((frozenset(), frozenset({CED}), frozenset({CED, CAMERA}))),
)


@st.composite
def problems(draw: st.DrawFn, most: int = 4) -> Problem:
    """A small force with an operation; nothing is kept that is not there, as `business_as_usual` sees to it."""
    force = [replace(each, key=n) for n, each in enumerate(draw(st.lists(people, max_size=most)))]
    there = {store: draw(shelves) for store in STORES}
    keeping = {}
    for store, shelf in there.items():
        owners = sum(each.store == store and CAMERA in each.own for each in force)
        keeps = {
            CED: min(draw(few), max(sum(one) for one in sets_of(shelf))),
            CAMERA: min(draw(few), shelf.pieces[CAMERA] + owners),
        }
        keeping[store] = replace(shelf, keeps=keeps, own={CAMERA: owners})
    counts = Counter((shift, kind) for each in force for shift in each.shifts for kind in each.counted)
    spare = {at: draw(st.integers(0, count)) for at, count in sorted(counts.items())}
    draws = {"PC": draw(st.sampled_from((frozenset({CED}), frozenset({CED, CAMERA}), frozenset()))),
             "SGT": draw(st.sampled_from((frozenset({CAMERA}), frozenset())))}  # fmt: skip
    wanted = {"PC": draw(st.integers(0, 3)), "SGT": draw(st.integers(0, 1))}
    return Problem(wanted, draws, force, keeping, spare)


# ---- every choice there is, by plain counting ------------------------------------------------------------------


def sets_of(shelf: Shelf) -> Iterator[tuple[int, int]]:
    """Every (T7 sets, T10 sets) that a shelf can make at once."""
    for t7, t10 in product(range(3), range(3)):
        fits = t7 <= min(shelf.handles[T7], shelf.loads[T7]) and t10 <= min(shelf.handles[T10], shelf.loads[T10])
        if fits and t10 <= shelf.packs[BOTH] and t7 + t10 <= sum(shelf.packs.values()):
            yield t7, t10


def gives(shelf: Shelf) -> set[tuple[int, int]]:
    """Every (T7, T10) that it can give and keep what it must beside."""
    return {
        (t7, t10)
        for t7, t10 in sets_of(shelf)
        if any(a >= t7 and b >= t10 and a + b - t7 - t10 >= shelf.keeps[CED] for a, b in sets_of(shelf))
    }


def best(problem: Problem) -> tuple[int, int, int]:
    """(posts unfilled, cost, things brought) of the best choice, all of them tried."""
    ways = []
    for each in problem.people:
        mine: list[tuple[str, str, int] | None] = [None]
        for post, cost in each.posts.items():
            mine += [(post, model, cost) for model in (sorted(each.models) if CED in problem.draws[post] else ("",))]
        ways.append(mine)
    found = []
    for sent in product(*ways):
        filled = Counter(one[0] for one in sent if one)
        if any(filled[post] > count for post, count in problem.wanted.items()) or breaks_a_shift(problem, sent):
            continue
        brought = least_brought(problem, sent)
        if brought is not None:
            lacking = sum(problem.wanted.values()) - sum(filled.values())
            found.append((lacking, sum(one[2] for one in sent if one), brought))
    return min(found)


def breaks_a_shift(problem: Problem, sent: tuple[tuple[str, str, int] | None, ...]) -> bool:
    gone = Counter(
        (shift, kind) for each, one in zip(problem.people, sent, strict=True) if one
        for shift in each.shifts for kind in each.counted
    )  # fmt: skip
    return any(count > problem.spare[at] for at, count in gone.items())


def least_brought(problem: Problem, sent: tuple[tuple[str, str, int] | None, ...]) -> int | None:
    """The fewest things that change stores for it; None where the kit does not do."""
    needs: Counter[tuple[object, str]] = Counter()
    with_own: Counter[object] = Counter()
    for each, one in zip(problem.people, sent, strict=True):
        if one is None:
            continue
        if CED in problem.draws[one[0]]:
            needs[each.store, one[1]] += 1
        if CAMERA in problem.draws[one[0]] and CAMERA not in each.own:
            needs[each.store, CAMERA] += 1
        if CAMERA in each.own:
            with_own[each.store] += 1
    cameras = []
    for store, shelf in problem.shelves.items():
        left = shelf.pieces[CAMERA] + shelf.own[CAMERA] - shelf.keeps[CAMERA] - with_own[store]
        if left < 0:
            return None
        cameras.append(range(min(shelf.pieces[CAMERA], left) + 1))
    costs = []
    for giving in product(*(sorted(gives(problem.shelves[store])) for store in STORES)):
        given = {(store, model): n for store, both in zip(STORES, giving, strict=True)
                 for model, n in zip((T7, T10), both, strict=True)}  # fmt: skip
        costs.append(cost_of(needs, given, (T7, T10)))
    camera_costs = [
        cost_of(needs, {(store, CAMERA): n for store, n in zip(STORES, some, strict=True)}, (CAMERA,))
        for some in product(*cameras)
    ]
    known = [[each for each in some if each is not None] for some in (costs, camera_costs)]
    return min(known[0]) + min(known[1]) if all(known) else None


def cost_of(
    needs: Counter[tuple[object, str]], given: dict[tuple[str, str], int], sorts: tuple[str, ...]
) -> int | None:
    """What is brought where exactly this is given; None where it is not exactly what is needed."""
    for sort in sorts:
        if sum(n for (_, of), n in given.items() if of == sort) != sum(n for (_, of), n in needs.items() if of == sort):
            return None
    wanting = ((store, of) for store, of in needs if of in sorts)
    return sum(max(0, needs[at] - given.get(at, 0)) for at in wanting)  # type: ignore[call-overload]


def worth(problem: Problem, choice: Choice) -> tuple[int, int, int]:
    """The same three numbers of a choice, and that it is one: nobody twice, no shift short."""
    by_key = {each.key: each for each in problem.people}
    sent: list[tuple[str, str, int] | None] = [None] * len(problem.people)
    for (key, post, model), count in choice.sent.items():
        assert isinstance(key, int)
        assert (count, sent[key]) == (1, None), "nobody goes twice"
        sent[key] = (post, model, by_key[key].posts[post])
    assert not breaks_a_shift(problem, tuple(sent)), "business as usual is kept"
    brought = least_brought(problem, tuple(sent))
    assert brought is not None, "the kit is there, and what is kept beside it"
    return sum(choice.unfilled.values()), sum(one[2] for one in sent if one), brought


@settings(max_examples=60)
@given(problems())
def test_no_other_choice_fills_more_costs_less_or_carries_less(problem: Problem) -> None:
    assert worth(problem, choose(problem, solve)) == best(problem)


@settings(max_examples=25)
@given(problems(), people)
def test_one_person_more_never_turns_a_yes_into_a_no(problem: Problem, more: Alike) -> None:
    """The person counts on their shifts, which keep what they kept before or one more."""
    added = replace(more, key=len(problem.people))
    counted = {(shift, kind) for shift in added.shifts for kind in added.counted}
    with_them = replace(
        problem, people=[*problem.people, added], spare={**dict.fromkeys(counted, 0), **problem.spare}
    )
    assert sum(choose(with_them, solve).unfilled.values()) <= sum(choose(problem, solve).unfilled.values())


@settings(max_examples=10)
@given(problems())
def test_nobody_at_all_can_always_be_sent(problem: Problem) -> None:
    none = replace(problem, wanted=dict.fromkeys(problem.wanted, 0))
    choice = choose(none, solve)
    assert (choice.is_whole, choice.sent, choice.given) == (True, {}, {})


def test_a_pack_that_fits_both_models_goes_once() -> None:
    one = {T7: 1, T10: 1}
    shelf = Shelf(handles=one, loads=one, packs={BOTH: 1}, pieces={CAMERA: 0})
    two = [Alike(n, 1, "ME", {"PC": 0}, frozenset({model})) for n, model in enumerate((T7, T10))]
    choice = choose(Problem({"PC": 2}, {"PC": frozenset({CED})}, two, {"ME": shelf}), solve)
    assert choice.unfilled == {"PC": 1}
