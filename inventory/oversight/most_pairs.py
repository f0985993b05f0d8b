"""The largest number of people who can be equipped at once, each with a whole set of a model they may carry. Pure.

People and packs may each fit several models, so it is a flow: from groups of people through models (as many as there
are handles and loads) to packs, one unit a pair. The networks are tiny: a few groups, models and sorts of packs.

One rule for the editor: no unit passes twice, and what is said to be short is tried: with plenty of it, and no more of
anything else, there are more pairs.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

Node = tuple[object, ...]
FROM: Node = ("FROM",)
TO: Node = ("TO",)
Room = dict[Node, dict[Node, int]]
"""What can still pass from one node to another."""


@dataclass(frozen=True, slots=True)
class Sets:
    """What sets are made of: handles by model, packs by the models they fit (`packs_each` go into a set), and how many
    handles of each model can be loaded."""

    handles: Mapping[str, int]
    packs: Mapping[frozenset[str], int]
    loads: Mapping[str, int]
    packs_each: int = 1


PLENTY = 10**9
SHORT = ("HANDLES", "PACKS", "LOADS", "PEOPLE")


def most_pairs(people: Mapping[frozenset[str], int], sets: Sets) -> int:
    """The most pairs. `people`: how many may carry just these models, by the set of them."""
    room = _network(people, sets)
    pairs = 0
    while (way := _way(room)) is not None:
        unit = min(room[one][next_] for one, next_ in way)
        for one, next_ in way:
            room[one][next_] -= unit
            room[next_][one] = room[next_].get(one, 0) + unit
        pairs += unit
    return pairs


def most_sets(sets: Sets) -> int:
    """The most whole sets, whoever would carry them."""
    return most_pairs({frozenset(sets.handles): PLENTY}, sets)


def short_of(people: Mapping[frozenset[str], int], sets: Sets) -> str:
    """What there would have to be more of for one pair more: a word of `SHORT`, the first that alone would do.

    "" where it takes more of two things at once.
    """
    there = most_pairs(people, sets)
    return next((each for each in SHORT if _with_plenty(each, people, sets) > there), "")


def _with_plenty(of: str, people: Mapping[frozenset[str], int], sets: Sets) -> int:
    plenty = dict.fromkeys(sets.handles, PLENTY)
    if of == "PEOPLE":
        return most_pairs({**people, frozenset(sets.handles): PLENTY}, sets)
    more = {
        "HANDLES": Sets(plenty, sets.packs, sets.loads, sets.packs_each),
        "LOADS": Sets(sets.handles, sets.packs, plenty, sets.packs_each),
        "PACKS": Sets(sets.handles, {**sets.packs, frozenset(sets.handles): PLENTY}, sets.loads, sets.packs_each),
    }
    return most_pairs(people, more[of])


def _network(people: Mapping[frozenset[str], int], sets: Sets) -> Room:
    room: Room = defaultdict(dict)
    endless = sum(people.values())
    for models, count in people.items():
        room[FROM]["people", models] = count
        for model in models & sets.handles.keys():
            room["people", models]["in", model] = endless
    for model, handles in sets.handles.items():
        room["in", model]["out", model] = min(handles, sets.loads.get(model, 0))
        for fits in sets.packs:
            if model in fits:
                room["out", model]["packs", fits] = endless
    for fits, count in sets.packs.items():
        room["packs", fits][TO] = count // sets.packs_each
    return room


def _way(room: Room) -> list[tuple[Node, Node]] | None:
    """The shortest way from end to end that still has room (Edmonds and Karp)."""
    came: dict[Node, Node] = {}
    waiting: list[Node] = [FROM]
    while waiting and TO not in came:
        here = waiting.pop(0)
        for there, left in room[here].items():
            if left > 0 and there not in came and there != FROM:
                came[there] = here
                waiting.append(there)
    if TO not in came:
        return None
    way: list[tuple[Node, Node]] = []
    there = TO
    while there != FROM:
        way.append((came[there], there))
        there = came[there]
    return way
