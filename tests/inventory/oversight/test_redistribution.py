"""What one store should lend another: solved, and checked against every possible answer of small forces."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.solver import solve
from inventory.oversight.program import Limit, Program
from inventory.oversight.redistribute import Holding, Move, Sort, band_of, miles, reason, suggest

T7, T10, SOON = Sort("T7"), Sort("T10"), Sort("T7", band=0)


def store(number: int, need: int, there: int, ready: dict[Sort, int], division: str = "North") -> Holding:
    return Holding(number, division, need, there, ready, frozenset(each.model for each in ready))


def worth(moves: dict[tuple[int, int, Sort], int], stores: dict[int, Holding]) -> tuple[int, int, int]:
    """What is to be as small as can be, in order: missing, miles driven, later dates sent."""
    arrived = {number: sum(n for key, n in moves.items() if key[1] == number) for number in stores}
    missing = sum(max(0, each.short - arrived[number]) for number, each in stores.items())
    trips = {key[:2] for key, n in moves.items() if n}
    return missing, sum(miles(stores[a], stores[b]) for a, b in trips), sum(key[2].band * n for key, n in moves.items())


def may_be(moves: dict[tuple[int, int, Sort], int], stores: dict[int, Holding]) -> bool:
    """Nobody is stripped below their need or sends what they have not; nobody is sent more than is missing."""
    for number, each in stores.items():
        sent = {sort: sum(n for key, n in moves.items() if (key[0], key[2]) == (number, sort)) for sort in each.ready}
        if any(n > each.ready[sort] for sort, n in sent.items()):
            return False
        if sum(sent.values()) > max(0, each.there - each.need):
            return False
        if sum(n for key, n in moves.items() if key[1] == number) > each.short:
            return False
    return True


def best_of_all(stores: dict[int, Holding]) -> tuple[int, int, int]:
    """The best that any moves at all would do."""
    ways = [
        (a, b, sort)
        for a, one in stores.items() for b, other in stores.items() if a != b and other.short
        for sort, n in one.ready.items() if n and sort.model in other.models
    ]  # fmt: skip
    tried = product(*(range(stores[a].ready[sort] + 1) for a, _, sort in ways))
    found = (dict(zip(ways, each, strict=True)) for each in tried)
    return min(worth(moves, stores) for moves in found if may_be(moves, stores))


few = st.integers(0, 2)


@st.composite
def forces(draw: st.DrawFn) -> dict[int, Holding]:
    found = {}
    for number in (1, 2, 3):
        ready = {sort: draw(few) for sort in draw(st.sets(st.sampled_from((T7, T10, SOON)), min_size=1, max_size=2))}
        there = sum(ready.values()) + draw(st.integers(0, 1))
        found[number] = store(number, draw(st.integers(0, 4)), there, ready, draw(st.sampled_from("NS")))
    return found


@settings(max_examples=40)
@given(forces())
def test_no_other_moves_would_do_better_and_nobody_is_stripped(stores: dict[int, Holding]) -> None:
    moves = {(m.from_id, m.to_id, m.sort): m.pieces for m in suggest(list(stores.values()), solve)}
    assert may_be(moves, stores)
    assert worth(moves, stores) == best_of_all(stores)


def test_the_nearest_lends_first_and_what_expires_soonest_goes() -> None:
    near = store(1, 2, 6, {SOON: 2, T7: 4})
    far = store(2, 2, 9, {SOON: 9}, "South")
    short = store(3, 5, 2, {T7: 2})
    moves = suggest([near, far, short], solve)
    assert sorted((m.from_id, m.sort.band, m.pieces) for m in moves) == [(1, 0, 2), (1, 3, 1)]


def test_nothing_is_sent_where_nothing_is_missing_or_nobody_knows_the_model() -> None:
    assert suggest([store(1, 1, 5, {T7: 5}), store(2, 1, 5, {T7: 5})], solve) == []
    assert suggest([store(1, 1, 5, {T10: 5}), store(2, 5, 1, {T7: 1})], solve) == []


def test_what_nothing_fulfils_is_said_and_not_guessed() -> None:
    program = Program(most=[1], limits=[Limit({0: 1.0}, least=2)], goals=[{0: 1.0}])
    with pytest.raises(ValueError, match="Infeasible"):
        solve(program)


def test_a_suggestion_says_why() -> None:
    one, other = store(1, 2, 6, {SOON: 4}), store(2, 5, 2, {T7: 2})
    said = reason(Move(1, 2, SOON, 3), one, other, {1: "Medway", 2: "Swale"}, "cartridges")
    assert said == (
        "Swale needs 5 cartridges at its busiest and has 2; Medway has 6 for a need of 2, so 4 to spare."
        " They expire within 30 days and are wanted there."
    )
    assert [band_of(days) for days in (None, -1, 30, 31, 180, 181)] == [3, 0, 0, 1, 2, 3]
